//! The contract in Rust: types and call stubs made from `wit/` at compile time.
//!
//! These records are the catalog's model too: plugins return them, the store holds them, and JSON output is made
//! from them. Their documentation is the documentation in `wit/`.
#![allow(missing_docs, clippy::all)]

mod digest;
mod labels;
mod money;
mod text;
pub mod v0_1;
mod version;

pub use digest::{Digest, DigestError};
pub use labels::Label;
pub use money::{AmountError, amount, parse_money};
pub use text::{escape_untrusted, excerpt, excerpt_at, is_invisible_or_control, value_fault};
pub use version::{ContractError, SPOKEN, check, newest, parts, spoken};

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "plugin",
    imports: { "cloudhost:provider/http.fetch-all": async },
    exports: { default: async },
    additional_derives: [PartialEq, serde::Serialize, serde::Deserialize],
});

/// Nothing fetched, and no gaps.
impl Default for exports::cloudhost::provider::catalog::Listing {
    fn default() -> Self {
        Self {
            regions: None,
            instance_types: None,
            offers: None,
            images: None,
            prices: None,
            capacity: None,
            missing: Vec::new(),
        }
    }
}

/// Worlds of interfaces that a plugin may add, with the records of the first one.
macro_rules! added {
    ($($(#[$doc:meta])* $name:ident: $world:tt;)*) => {$(
        $(#[$doc])*
        pub mod $name {
            wasmtime::component::bindgen!({
                path: "../../wit",
                world: $world,
                exports: { default: async },
                with: {
                    "cloudhost:provider/types": super::cloudhost::provider::types,
                    "cloudhost:provider/http": super::cloudhost::provider::http,
                    "cloudhost:provider/credentials": super::cloudhost::provider::credentials,
                    "cloudhost:provider/log": super::cloudhost::provider::log,
                    "cloudhost:provider/resources": super::cloudhost::provider::resources,
                    "cloudhost:provider/pools": super::cloudhost::provider::pools,
                },
                additional_derives: [PartialEq, serde::Serialize, serde::Deserialize],
            });
        }
    )*};
}

added! {
    /// Optional interface of a plugin: owner of a credential.
    with_identity: "with-identity";
    /// Optional interface of a plugin: bills.
    with_billing: "with-billing";
    /// Optional interface of a plugin: changes.
    with_operations: "with-operations";
    /// Optional interface of a plugin: instances and SSH keys.
    with_instances: "with-instances";
    /// Optional interface of a plugin: volumes and snapshots.
    with_storage: "with-storage";
    /// Optional interface of a plugin: Kubernetes clusters.
    with_clusters: "with-clusters";
    /// Optional interface of a plugin: node pools.
    with_node_pools: "with-node-pools";
    /// Optional interface of a plugin: limits and permissions of the account.
    with_account: "with-account";
    /// Optional interface of a plugin: capacity, one question at a time.
    with_capacity_on_request: "with-capacity-on-request";
}
