# Menus of AWS and Lambda Cloud by cloudhost. A kdevops checkout includes this file: see README.md.
#
# Only the targets `cloud-*` contact a cloud, and, before Kconfig runs, the menus of the provider that .config selects.
# Before Kconfig runs, missing files are made from cloudhost's cache or its bundled catalog: without credentials, without
# a network.

# The program, and options for each `cloudhost run`, such as `--timeout 20`.
CLOUDHOST ?= cloudhost
CLOUDHOST_FLAGS ?=
# Seconds to wait for a cloud before Kconfig runs.
CLOUDHOST_PATIENCE ?= 10
# Options of `bill`: `-y` skips the question before a request that costs money, `--month 2026-10` selects another month.
CLOUDHOST_BILL_FLAGS ?=
# Source of the results of Lambda's smart choices: `values` writes them into a generated file, which every Kconfig reader
# understands; with `shell` the reader runs `cloudhost kconfig-value` itself, and must support `$(shell,..)`, which
# kconfig-frontends does not.
CLOUDHOST_SMART ?= values
# The configuration that selects the provider.
CLOUDHOST_CONFIG ?= $(or $(KCONFIG_CONFIG),.config)
# The directory of this file's scripts.
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

# The providers that the configuration selects.
cloudhost-selected = $(strip $(foreach p,$(CLOUDHOST_PROVIDERS),$(shell \
	grep -qsx CONFIG_TERRAFORM_$(shell echo $(p) | tr a-z A-Z)=y $(CLOUDHOST_CONFIG) && echo $(p))))

# cloudhost-generate-PROVIDER,OPTIONS: the files of one provider, and the status of the run. Status 5: the files were
# written, but data is missing.
cloudhost-generate-aws = ( $(call cloudhost-run,aws,$(1)) --layout kdevops-main )
cloudhost-generate-lambdalabs = ( $(call cloudhost-run,lambdalabs,$(1)); status=$$?; \
	test $$status != 0 -a $$status != 5 || { $(cloudhost-smart-$(CLOUDHOST_SMART)) ; } || status=$$?; exit $$status )
cloudhost-run = mkdir -p $(CLOUDHOST_DIR_$(1)) && \
	$(CLOUDHOST) run $(CLOUDHOST_FLAGS) $(2) $(1) generate-kconfig --output-dir $(CLOUDHOST_DIR_$(1))

# The results of the smart choices, from the catalog that the menus were made from.
cloudhost-smart-values = $(CLOUDHOST_SCRIPTS)/cloudhost-smart-kconfig.sh $(CLOUDHOST_DIR_lambdalabs) \
	$(CLOUDHOST) $(CLOUDHOST_FLAGS)
cloudhost-smart-shell = cp $(CLOUDHOST_DIR_lambdalabs)/Kconfig.smart.shell \
	$(CLOUDHOST_DIR_lambdalabs)/Kconfig.smart.generated

# All in parallel, with separate output. A failure of one does not stop the others, but fails the whole. Variables of the
# command line reach the inner make.
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

# The files that Kconfig needs before it runs: see the head of this file. An unreachable cloud must not block
# `make menuconfig`: the failure is reported, the files stay as they were, and Kconfig reads them. The same holds without
# cloudhost; the menus are empty then.
cloudhost-kconfig: $(addprefix cloudhost-kconfig-,$(CLOUDHOST_PROVIDERS))

$(addprefix cloudhost-kconfig-,$(CLOUDHOST_PROVIDERS)): cloudhost-kconfig-%:
	$(Q)$(if $(filter $*,$(cloudhost-selected)),$(call cloudhost-generate-$*,$(cloudhost-patience)) || \
		echo "$*: the menus may be stale: see above; make cloud-config-$* tries again" >&2)
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

# Of these providers only AWS reports charges.
cloud-bill: cloud-bill-aws

cloud-bill-aws:
	$(Q)$(CLOUDHOST) run $(CLOUDHOST_FLAGS) aws bill $(CLOUDHOST_BILL_FLAGS)

cloud-list-all:
	$(Q)$(if $(cloudhost-selected),,echo "$(CLOUDHOST_CONFIG) selects no provider of: $(CLOUDHOST_PROVIDERS)" >&2; exit 1)
	$(Q)set -e; $(foreach p,$(cloudhost-selected),$(CLOUDHOST) run $(CLOUDHOST_FLAGS) $(p) instance-types list;)

cloud-config-help:
	@echo "Cloud menus:"
	@echo "cloud-config              - makes the menus of all providers, in parallel"
	@echo "cloud-config-PROVIDER     - makes those of aws or lambdalabs"
	@echo "cloud-update              - like cloud-config, but bypasses the cache"
	@echo "cloud-update-PROVIDER     - the same for aws or lambdalabs"
	@echo "clean-cloud-config        - removes the generated files of all providers"
	@echo "clean-cloud-config-PROVIDER - removes those of aws or lambdalabs"
	@echo "cloud-bill, cloud-bill-aws  - shows the AWS charges of this month; asks before a request that costs money"
	@echo "cloud-list-all            - lists the instance types of the provider that .config selects"

PHONY += cloud-config cloud-update clean-cloud-config cloud-bill cloud-bill-aws cloud-list-all cloud-config-help
PHONY += cloudhost-kconfig $(foreach p,$(CLOUDHOST_PROVIDERS),cloud-config-$(p) cloud-update-$(p) \
	clean-cloud-config-$(p) cloudhost-kconfig-$(p))
