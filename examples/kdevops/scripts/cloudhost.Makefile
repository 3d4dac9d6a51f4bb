# Menus of AWS and Lambda Cloud by cloudhost. A kdevops checkout includes this file; README.md says how.
#
# No cloud is asked but by the targets `cloud-*`, and, before Kconfig runs, for a provider that .config selects. Before
# Kconfig runs, files that are not there are made from what cloudhost keeps, or from the catalog inside it: without
# credentials, without a network.

# The program, and options of `cloudhost run` for each of its runs, as `--timeout 20`.
CLOUDHOST ?= cloudhost
CLOUDHOST_FLAGS ?=
# Seconds that a cloud is waited for before Kconfig runs.
CLOUDHOST_PATIENCE ?= 10
# Options of `bill`: `-y` does not ask before a request that costs money, `--month 2026-10` is another month.
CLOUDHOST_BILL_FLAGS ?=
# Where the machines of Lambda's smart choices come from: `values` writes them into a generated file, which every Kconfig
# reader understands; with `shell` the reader runs `cloudhost kconfig-value` itself, and must know `$(shell,..)`.
CLOUDHOST_SMART ?= values
# The configuration that says which provider is selected.
CLOUDHOST_CONFIG ?= $(or $(KCONFIG_CONFIG),.config)
# The folder of this file's scripts.
CLOUDHOST_SCRIPTS ?= scripts
Q ?= @

# Kconfig.smart.shell names them in `$(shell,..)`.
export CLOUDHOST CLOUDHOST_FLAGS

CLOUDHOST_PROVIDERS := aws lambdalabs
CLOUDHOST_DIR_aws := terraform/aws/kconfigs
CLOUDHOST_DIR_lambdalabs := terraform/lambdalabs/kconfigs
CLOUDHOST_FILES_aws := $(addprefix $(CLOUDHOST_DIR_aws)/Kconfig.,ami.generated instance.generated location.generated)
CLOUDHOST_FILES_lambdalabs := $(addprefix $(CLOUDHOST_DIR_lambdalabs)/Kconfig.,compute.generated location.generated smart.generated)

KDEVOPS_MRPROPER += $(foreach p,$(CLOUDHOST_PROVIDERS),$(CLOUDHOST_FILES_$(p)))
HELP_TARGETS += cloud-config-help

# Those of the providers that the configuration selects.
cloudhost-selected = $(strip $(foreach p,$(CLOUDHOST_PROVIDERS),$(shell \
	grep -qsx CONFIG_TERRAFORM_$(shell echo $(p) | tr a-z A-Z)=y $(CLOUDHOST_CONFIG) && echo $(p))))

# cloudhost-generate-PROVIDER,OPTIONS: the files of one provider, and the status of the run. 5 is: the files were written,
# but something was missing in the answer.
cloudhost-generate-aws = ( $(call cloudhost-run,aws,$(1)) --layout kdevops-main )
cloudhost-generate-lambdalabs = ( $(call cloudhost-run,lambdalabs,$(1)); status=$$?; \
	test $$status != 0 -a $$status != 5 || { $(cloudhost-smart-$(CLOUDHOST_SMART)) ; } || status=$$?; exit $$status )
cloudhost-run = mkdir -p $(CLOUDHOST_DIR_$(1)) && \
	$(CLOUDHOST) run $(CLOUDHOST_FLAGS) $(2) $(1) generate-kconfig --output-dir $(CLOUDHOST_DIR_$(1))

# The machines of the smart choices, from the catalog that the menus were made from.
cloudhost-smart-values = $(CLOUDHOST_SCRIPTS)/cloudhost-smart-kconfig.sh $(CLOUDHOST_DIR_lambdalabs) \
	$(CLOUDHOST) $(CLOUDHOST_FLAGS)
cloudhost-smart-shell = cp $(CLOUDHOST_DIR_lambdalabs)/Kconfig.smart.shell \
	$(CLOUDHOST_DIR_lambdalabs)/Kconfig.smart.generated

# Both at once; what one does is not told in the middle of the other, and the failure of one does not stop the other,
# but is the failure of the whole. A variable of the command line reaches the inner make.
cloudhost-each = $(MAKE) --no-print-directory --keep-going --jobs=$(words $(1)) --output-sync=target $(1)

cloud-config:
	$(Q)+$(call cloudhost-each,$(addprefix cloud-config-,$(CLOUDHOST_PROVIDERS)))

cloud-update:
	$(Q)+$(call cloudhost-each,$(addprefix cloud-update-,$(CLOUDHOST_PROVIDERS)))

cloud-config-aws cloud-config-lambdalabs: cloud-config-%:
	$(Q)$(call cloudhost-generate-$*)

cloud-update-aws cloud-update-lambdalabs: cloud-update-%:
	$(Q)$(call cloudhost-generate-$*,--refresh)

cloudhost-patience = $(if $(findstring --timeout,$(CLOUDHOST_FLAGS)),,--timeout $(CLOUDHOST_PATIENCE))

# What Kconfig needs before it runs: see the head of this file. A cloud that cannot answer must not be in the way of
# `make menuconfig`: what is wrong is told, the files stay as they were, and Kconfig reads them. It is the same where there
# is no cloudhost: the menus are empty then.
cloudhost-kconfig: $(addprefix cloudhost-kconfig-,$(CLOUDHOST_PROVIDERS))

$(addprefix cloudhost-kconfig-,$(CLOUDHOST_PROVIDERS)): cloudhost-kconfig-%:
	$(Q)$(if $(filter $*,$(cloudhost-selected)),$(call cloudhost-generate-$*,$(cloudhost-patience)) || \
		echo "$*: the menus may be old: see above; make cloud-config-$* tries again" >&2)
	$(Q)for file in $(CLOUDHOST_FILES_$*); do \
		test -s $$file && continue; \
		$(call cloudhost-generate-$*,--offline) || \
			echo "$*: the menus are empty: see above; make cloud-config-$* tries again" >&2; \
		break; \
	done
	$(Q)for file in $(CLOUDHOST_FILES_$*); do test -e $$file || : >$$file || exit; done

# kdevops makes these before every target that runs Kconfig.
DYNAMIC_KCONFIG += cloudhost-kconfig

clean-cloud-config: $(addprefix clean-cloud-config-,$(CLOUDHOST_PROVIDERS))

clean-cloud-config-aws clean-cloud-config-lambdalabs: clean-cloud-config-%:
	$(Q)rm -f $(CLOUDHOST_FILES_$*) $(CLOUDHOST_DIR_$*)/.cloudhost-$*.json $(CLOUDHOST_DIR_$*)/.cloudhost-$*.lock

# Of the providers here only AWS tells what was spent.
cloud-bill: cloud-bill-aws

cloud-bill-aws:
	$(Q)$(CLOUDHOST) run $(CLOUDHOST_FLAGS) aws bill $(CLOUDHOST_BILL_FLAGS)

cloud-list-all:
	$(Q)$(if $(cloudhost-selected),,echo "$(CLOUDHOST_CONFIG) selects no provider of: $(CLOUDHOST_PROVIDERS)" >&2; exit 1)
	$(Q)set -e; $(foreach p,$(cloudhost-selected),$(CLOUDHOST) run $(CLOUDHOST_FLAGS) $(p) instance-types list;)

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
