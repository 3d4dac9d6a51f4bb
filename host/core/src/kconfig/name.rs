//! Names: symbols, paths of files, and the prefix of `source` lines.

use super::KconfigError;
use super::Options;
use super::text::push_escaped;
use crate::contract::exports::cloudhost::provider::kconfig::{Dialect, Symbol, SymbolKind};
use crate::contract::is_invisible_or_control;

/// Longest prefix of a `source` line.
const MAX_PREFIX: usize = 1024;
/// Longest name of a symbol.
const MAX_NAME: usize = 128;

/// Returns the reason that `name` is not a valid symbol.
pub(super) fn symbol_fault(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        Some("it is empty")
    } else if name.len() > MAX_NAME {
        Some("it is longer than 128 characters")
    } else if name.starts_with(|c: char| c.is_ascii_digit()) {
        Some("it starts with a digit")
    } else if !name
        .bytes()
        .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
    {
        Some("only A-Z, 0-9 and _ are allowed")
    } else {
        None
    }
}

/// Clouds of kdevops: the symbols that begin with these names are of the plugin of the same name, or of the tree.
const CLOUDS_OF_KDEVOPS: [&str; 7] = [
    "aws",
    "azure",
    "datacrunch",
    "gce",
    "lambdalabs",
    "oci",
    "rcloud",
];

/// Beginnings of the symbols, after `TERRAFORM_`, that files of kdevops (4b6bbb7f) define by hand and its makefiles and
/// playbooks read. The others of a cloud are those of menus, which a plugin replaces.
const OF_KDEVOPS: [&str; 46] = [
    "AWS_DATA_VOLUME_",
    "AWS_EBS_",
    "AWS_PROFILE",
    "AWS_SPARSE_VOLUME_",
    "AZURE_ACCELERATED_NETWORKING_",
    "AZURE_DATA_VOLUME_",
    "AZURE_MANAGED_DISKS_",
    "AZURE_RESOURCE_GROUP_",
    "AZURE_SPARSE_VOLUME_",
    "AZURE_SUBSCRIPTION_ID",
    "BINARY_PATH",
    "DATACRUNCH_API_KEY_",
    "DATACRUNCH_KEEP_VOLUMES",
    "DATACRUNCH_SSH_",
    "GCE_CREDENTIALS",
    "GCE_DATA_VOLUME_",
    "GCE_DISK_",
    "GCE_PROJECT",
    "GCE_SPARSE_VOLUME_",
    "INSTANCE_SUPPORTS_",
    "LAMBDALABS_IMAGE",
    "LAMBDALABS_INSTANCE_TYPE_8X_A100_OR_LESS",
    "LAMBDALABS_INSTANCE_TYPE_8X_B200_OR_LESS",
    "LAMBDALABS_INSTANCE_TYPE_8X_H100_OR_LESS",
    "LAMBDALABS_INSTANCE_TYPE_A100_OR_LESS",
    "LAMBDALABS_INSTANCE_TYPE_A6000_OR_LESS",
    "LAMBDALABS_INSTANCE_TYPE_GH200_OR_LESS",
    "LAMBDALABS_INSTANCE_TYPE_H100_OR_LESS",
    "LAMBDALABS_REGION_MANUAL",
    "LAMBDALABS_REGION_SMART_",
    "LAMBDALABS_SMART_",
    "LAMBDALABS_SSH_",
    "OCI_ASSIGN_PUBLIC_IP",
    "OCI_CONFIG_FILE_",
    "OCI_DATA_VOLUME_",
    "OCI_SPARSE_VOLUME_",
    "OCI_SUBNET_",
    "OCI_TENANCY_",
    "OCI_USE_EXISTING_VCN",
    "OCI_VOLUMES_",
    "OCI_VPUS_PER_GB",
    "PRIVATE_NET",
    "RCLOUD_API_URL",
    "RCLOUD_BASE_IMAGE",
    "SSH_",
    "USE_",
];

/// Symbols that the plain dialect defines, because no tree around the files does.
const OF_PLAIN: [&str; 2] = ["TARGET_ARCH_X86_64", "TARGET_ARCH_ARM64"];

/// Returns the prefix of the symbols that a plugin of this name may define.
fn own_prefix(plugin: &str) -> String {
    let name = plugin.to_ascii_uppercase().replace('-', "_");
    format!("TERRAFORM_{name}_")
}

/// Returns the reason that the plugin may not define the symbol. A symbol has one owner at most: the prefix of a name can
/// be a part of another's (`my`, `my-cloud`), so one that begins with two prefixes is of neither.
pub(super) fn owner_fault(symbol: &Symbol, options: &Options) -> Option<String> {
    let name = symbol.name.as_str();
    let plain = options.dialect == Dialect::Plain && symbol.kind == SymbolKind::Boolean;
    if plain && OF_PLAIN.contains(&name) {
        return None;
    }
    let prefix = own_prefix(&options.plugin);
    if !name.starts_with(&prefix) || name == prefix {
        return Some(format!("its symbols begin with {prefix}"));
    }
    let rest = name.strip_prefix("TERRAFORM_").unwrap_or_default();
    if OF_KDEVOPS.iter().any(|begin| rest.starts_with(begin)) {
        return Some("it is a symbol of kdevops itself".to_owned());
    }
    let others = options.others.iter().map(String::as_str);
    others
        .chain(CLOUDS_OF_KDEVOPS)
        .find(|other| *other != options.plugin && name.starts_with(&own_prefix(other)))
        .map(|other| format!("it begins as those of `{other}` do"))
}

/// Quotes the user's prefix, with its `/`, for the inside of a string.
///
/// # Errors
/// When it has characters that some readers expand in the path of a `source`: variables (all but the kernel
/// even where `$` is escaped) and patterns (kconfiglib).
pub(crate) fn source_prefix(prefix: &str) -> Result<String, KconfigError> {
    let fault = |reason| {
        Err(KconfigError::Prefix {
            prefix: prefix.to_owned(),
            reason,
        })
    };
    if prefix.contains('$') {
        return fault("readers disagree about `$` in a path");
    }
    if prefix.contains(['*', '?', '[']) {
        return fault("some readers take `*`, `?` and `[` for patterns");
    }
    if prefix.contains(is_invisible_or_control) {
        return fault("it has invisible characters");
    }
    if prefix.len() > MAX_PREFIX {
        return fault("it is longer than 1024 bytes");
    }
    if prefix.is_empty() {
        return Ok(String::new());
    }
    let mut quoted = String::with_capacity(prefix.len() + 1);
    prefix
        .trim_end_matches('/')
        .chars()
        .for_each(|c| push_escaped(&mut quoted, c));
    quoted.push('/');
    Ok(quoted)
}
