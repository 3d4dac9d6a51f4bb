# Menus of AWS and Lambda Cloud by cloudhost. A kdevops checkout includes this file; README.md says how.
#
# No cloud is asked but by the targets `cloud-*`, and, before Kconfig runs, for a provider that .config selects. Before
# Kconfig runs, files that are not there are made from what cloudhost keeps, or from the catalog inside it: without
# credentials, without a network.

# The program, and options for each of its runs, as `--timeout 20`.
CLOUDHOST ?= cloudhost
CLOUDHOST_FLAGS ?=
# Options of `bill`: `-y` does not ask before a request that costs money, `--month 2026-10` is another month.
CLOUDHOST_BILL_FLAGS ?=
# The configuration that says which provider is selected.
CLOUDHOST_CONFIG ?= $(or $(KCONFIG_CONFIG),.config)
# The folder of this file's scripts.
CLOUDHOST_SCRIPTS ?= scripts
Q ?= @

CLOUDHOST_PROVIDERS := aws lambdalabs
CLOUDHOST_DIR_aws := terraform/aws/kconfigs
CLOUDHOST_DIR_lambdalabs := terraform/lambdalabs/kconfigs
CLOUDHOST_FILES_aws := $(addprefix $(CLOUDHOST_DIR_aws)/Kconfig.,ami.generated instance.generated location.generated)
CLOUDHOST_FILES_lambdalabs := $(addprefix $(CLOUDHOST_DIR_lambdalabs)/Kconfig.,compute.generated location.generated smart.generated)

KDEVOPS_MRPROPER += $(foreach p,$(CLOUDHOST_PROVIDERS),$(CLOUDHOST_FILES_$(p)))
HELP_TARGETS += cloud-config-help

# Those of the providers that the configuration selects.
cloudhost-selected = $(foreach p,$(CLOUDHOST_PROVIDERS),$(shell \
	grep -qsx CONFIG_TERRAFORM_$(shell echo $(p) | tr a-z A-Z)=y $(CLOUDHOST_CONFIG) && echo $(p)))

# cloudhost-generate,OPTIONS: the files of one provider. The smart choices are made from the catalog that the menus were
# made from.
cloudhost-generate-aws = $(CLOUDHOST) $(CLOUDHOST_FLAGS) run $(1) aws generate-kconfig \
	--output-dir $(CLOUDHOST_DIR_aws) --layout kdevops-main
cloudhost-generate-lambdalabs = $(CLOUDHOST) $(CLOUDHOST_FLAGS) run $(1) lambdalabs generate-kconfig \
	--output-dir $(CLOUDHOST_DIR_lambdalabs) && \
	$(CLOUDHOST_SCRIPTS)/cloudhost-smart-kconfig.sh $(CLOUDHOST_DIR_lambdalabs) $(CLOUDHOST) $(CLOUDHOST_FLAGS)

# Both at once; what one does is not told in the middle of the other, and the failure of one does not stop the other,
# but is the failure of the whole. A variable of the command line reaches the inner make.
cloudhost-each = $(MAKE) --no-print-directory --keep-going --jobs=$(words $(1)) --output-sync=target $(1)

cloud-config:
	$(Q)+$(call cloudhost-each,$(addprefix cloud-config-,$(CLOUDHOST_PROVIDERS)))

cloud-update:
	$(Q)+$(call cloudhost-each,$(addprefix cloud-update-,$(CLOUDHOST_PROVIDERS)))

cloud-config-aws cloud-config-lambdalabs: cloud-config-%:
	$(Q)mkdir -p $(CLOUDHOST_DIR_$*)
	$(Q)$(call cloudhost-generate-$*)

cloud-update-aws cloud-update-lambdalabs: cloud-update-%:
	$(Q)mkdir -p $(CLOUDHOST_DIR_$*)
	$(Q)$(call cloudhost-generate-$*,--refresh)

# What Kconfig needs before it runs: see the head of this file. A cloud that cannot answer must not be in the way of
# `make menuconfig`: what is wrong is told, the files stay as they were, and Kconfig reads them.
cloudhost-kconfig: $(addprefix cloudhost-kconfig-,$(CLOUDHOST_PROVIDERS))

$(addprefix cloudhost-kconfig-,$(CLOUDHOST_PROVIDERS)): cloudhost-kconfig-%:
	$(Q)mkdir -p $(CLOUDHOST_DIR_$*)
	$(Q)$(if $(filter $*,$(cloudhost-selected)),{ $(call cloudhost-generate-$*,) ; } || \
		echo "$*: the menus are not new: see above" >&2)
	$(Q)for file in $(CLOUDHOST_FILES_$*); do \
		test -s $$file || { { $(call cloudhost-generate-$*,--offline) ; } && break; } || exit; \
	done

# kdevops makes these before every target that runs Kconfig.
DYNAMIC_KCONFIG += cloudhost-kconfig

clean-cloud-config: $(addprefix clean-cloud-config-,$(CLOUDHOST_PROVIDERS))

clean-cloud-config-aws clean-cloud-config-lambdalabs: clean-cloud-config-%:
	$(Q)rm -f $(CLOUDHOST_FILES_$*) $(CLOUDHOST_DIR_$*)/.cloudhost-$*.json $(CLOUDHOST_DIR_$*)/.cloudhost-$*.lock

# Of the providers here only AWS tells what was spent.
cloud-bill: cloud-bill-aws

cloud-bill-aws:
	$(Q)$(CLOUDHOST) $(CLOUDHOST_FLAGS) run aws bill $(CLOUDHOST_BILL_FLAGS)

cloud-list-all:
	$(Q)$(if $(cloudhost-selected),,echo "$(CLOUDHOST_CONFIG) selects no provider of: $(CLOUDHOST_PROVIDERS)" >&2; exit 1)
	$(Q)set -e; $(foreach p,$(cloudhost-selected),$(CLOUDHOST) $(CLOUDHOST_FLAGS) run $(p) instance-types list;)

cloud-config-help:
	@echo "Cloud menus:"
	@echo "cloud-config              - makes the menus of all providers, at once"
	@echo "cloud-config-PROVIDER     - makes those of aws or lambdalabs"
	@echo "cloud-update              - as cloud-config, but asks the clouds even if what is kept is fresh"
	@echo "cloud-update-PROVIDER     - the same for aws or lambdalabs"
	@echo "clean-cloud-config        - removes the generated files of all providers"
	@echo "clean-cloud-config-PROVIDER - removes those of aws or lambdalabs"
	@echo "cloud-bill, cloud-bill-aws  - what the AWS account has spent this month; asks before a request that costs"
	@echo "cloud-list-all            - lists the machine types of the provider that .config selects"

PHONY += cloud-config cloud-update clean-cloud-config cloud-bill cloud-bill-aws cloud-list-all cloud-config-help
PHONY += cloudhost-kconfig $(foreach p,$(CLOUDHOST_PROVIDERS),cloud-config-$(p) cloud-update-$(p) \
	clean-cloud-config-$(p) cloudhost-kconfig-$(p))
