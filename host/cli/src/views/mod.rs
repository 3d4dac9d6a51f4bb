//! Tables and closing lines of the records, for people.

mod bill;
mod cache;
mod conformance;
mod credentials;
mod images;
mod instance_types;
mod operations;
mod plugins;
mod prices;
mod push;
mod regions;
mod resources;
mod schemas;
mod selection;
mod verification;

pub use bill::{bill, total};
pub use cache::{cache_status, cached, cleared};
pub use conformance::{failures, report, summary, test_report};
pub use credentials::{credential_check, credential_list, credential_test};
pub use images::images;
pub use instance_types::instance_types;
pub use operations::{
    collection, doctor, operation, operations, plan, plan_notes, planned, pruned,
};
pub use plugins::{may, plugin, plugin_list};
pub use prices::{price_comparison, prices};
pub use push::pushed_plugin;
pub use regions::regions;
pub use resources::{
    accounts, instance, instances, snapshot, snapshots, ssh_keys, volume, volumes,
};
pub use schemas::schema_list;
pub use selection::{availability, selection, tier_list};
pub use verification::{not_as_granted, plugin_verification};

/// Text of a yes or no that may be unknown.
fn yes_or_no(known: Option<bool>) -> String {
    match known {
        Some(true) => "yes",
        Some(false) => "no",
        None => "unknown",
    }
    .to_owned()
}

/// Text of a value that may be unknown.
fn known<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(|| "unknown".to_owned(), |value| value.to_string())
}

/// Text of a value that may be missing.
fn or_dash(value: &Option<String>) -> String {
    value.clone().unwrap_or_else(|| "-".to_owned())
}

fn joined<T>(items: &[T], one: impl Fn(&T) -> String) -> String {
    if items.is_empty() {
        return "-".to_owned();
    }
    items.iter().map(one).collect::<Vec<_>>().join(", ")
}
