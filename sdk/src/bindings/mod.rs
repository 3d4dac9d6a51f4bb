//! Bindings of the contract, generated from `wit/` at compile time. Their documentation is in `wit/`; the crate's root
//! re-exports the records under short names.
//!
//! Each optional interface is a separate world, so that a component exports only what its plugin implements. These
//! worlds share the types and imports of the first one.
#![allow(missing_docs, unsafe_code, clippy::all, clippy::pedantic)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::indexing_slicing)]

wit_bindgen::generate!({
    path: "../wit",
    world: "plugin",
    pub_export_macro: true,
    default_bindings_module: "cloudhost_sdk::bindings",
    additional_derives: [PartialEq, serde::Serialize, serde::Deserialize],
    generate_all,
});

/// The world `with-identity`.
pub mod identity {
    wit_bindgen::generate!({
        path: "../wit",
        world: "with-identity",
        with: {
            "cloudhost:provider/types@0.2.0": crate::bindings::cloudhost::provider::types,
            "cloudhost:provider/http@0.2.0": crate::bindings::cloudhost::provider::http,
            "cloudhost:provider/credentials@0.2.0": crate::bindings::cloudhost::provider::credentials,
            "cloudhost:provider/log@0.2.0": crate::bindings::cloudhost::provider::log,
            "cloudhost:provider/resources@0.2.0": crate::bindings::cloudhost::provider::resources,
            "cloudhost:provider/pools@0.2.0": crate::bindings::cloudhost::provider::pools,
        },
        pub_export_macro: true,
        export_macro_name: "export_identity",
        default_bindings_module: "cloudhost_sdk::bindings::identity",
        additional_derives: [PartialEq, serde::Serialize, serde::Deserialize],
        generate_all,
    });
}

/// The world `with-billing`.
pub mod billing {
    wit_bindgen::generate!({
        path: "../wit",
        world: "with-billing",
        with: {
            "cloudhost:provider/types@0.2.0": crate::bindings::cloudhost::provider::types,
            "cloudhost:provider/http@0.2.0": crate::bindings::cloudhost::provider::http,
            "cloudhost:provider/credentials@0.2.0": crate::bindings::cloudhost::provider::credentials,
            "cloudhost:provider/log@0.2.0": crate::bindings::cloudhost::provider::log,
            "cloudhost:provider/resources@0.2.0": crate::bindings::cloudhost::provider::resources,
            "cloudhost:provider/pools@0.2.0": crate::bindings::cloudhost::provider::pools,
        },
        pub_export_macro: true,
        export_macro_name: "export_billing",
        default_bindings_module: "cloudhost_sdk::bindings::billing",
        additional_derives: [PartialEq, serde::Serialize, serde::Deserialize],
        generate_all,
    });
}

/// The world `with-operations`.
pub mod operations {
    wit_bindgen::generate!({
        path: "../wit",
        world: "with-operations",
        with: {
            "cloudhost:provider/types@0.2.0": crate::bindings::cloudhost::provider::types,
            "cloudhost:provider/http@0.2.0": crate::bindings::cloudhost::provider::http,
            "cloudhost:provider/credentials@0.2.0": crate::bindings::cloudhost::provider::credentials,
            "cloudhost:provider/log@0.2.0": crate::bindings::cloudhost::provider::log,
            "cloudhost:provider/resources@0.2.0": crate::bindings::cloudhost::provider::resources,
            "cloudhost:provider/pools@0.2.0": crate::bindings::cloudhost::provider::pools,
        },
        pub_export_macro: true,
        export_macro_name: "export_operations",
        default_bindings_module: "cloudhost_sdk::bindings::operations",
        additional_derives: [PartialEq, serde::Serialize, serde::Deserialize],
        generate_all,
    });
}

/// The world `with-instances`.
pub mod instances {
    wit_bindgen::generate!({
        path: "../wit",
        world: "with-instances",
        with: {
            "cloudhost:provider/types@0.2.0": crate::bindings::cloudhost::provider::types,
            "cloudhost:provider/http@0.2.0": crate::bindings::cloudhost::provider::http,
            "cloudhost:provider/credentials@0.2.0": crate::bindings::cloudhost::provider::credentials,
            "cloudhost:provider/log@0.2.0": crate::bindings::cloudhost::provider::log,
            "cloudhost:provider/resources@0.2.0": crate::bindings::cloudhost::provider::resources,
            "cloudhost:provider/pools@0.2.0": crate::bindings::cloudhost::provider::pools,
        },
        pub_export_macro: true,
        export_macro_name: "export_instances",
        default_bindings_module: "cloudhost_sdk::bindings::instances",
        additional_derives: [PartialEq, serde::Serialize, serde::Deserialize],
        generate_all,
    });
}

/// The world `with-storage`.
pub mod storage {
    wit_bindgen::generate!({
        path: "../wit",
        world: "with-storage",
        with: {
            "cloudhost:provider/types@0.2.0": crate::bindings::cloudhost::provider::types,
            "cloudhost:provider/http@0.2.0": crate::bindings::cloudhost::provider::http,
            "cloudhost:provider/credentials@0.2.0": crate::bindings::cloudhost::provider::credentials,
            "cloudhost:provider/log@0.2.0": crate::bindings::cloudhost::provider::log,
            "cloudhost:provider/resources@0.2.0": crate::bindings::cloudhost::provider::resources,
            "cloudhost:provider/pools@0.2.0": crate::bindings::cloudhost::provider::pools,
        },
        pub_export_macro: true,
        export_macro_name: "export_storage",
        default_bindings_module: "cloudhost_sdk::bindings::storage",
        additional_derives: [PartialEq, serde::Serialize, serde::Deserialize],
        generate_all,
    });
}

/// The world `with-clusters`.
pub mod clusters {
    wit_bindgen::generate!({
        path: "../wit",
        world: "with-clusters",
        with: {
            "cloudhost:provider/types@0.2.0": crate::bindings::cloudhost::provider::types,
            "cloudhost:provider/http@0.2.0": crate::bindings::cloudhost::provider::http,
            "cloudhost:provider/credentials@0.2.0": crate::bindings::cloudhost::provider::credentials,
            "cloudhost:provider/log@0.2.0": crate::bindings::cloudhost::provider::log,
            "cloudhost:provider/resources@0.2.0": crate::bindings::cloudhost::provider::resources,
            "cloudhost:provider/pools@0.2.0": crate::bindings::cloudhost::provider::pools,
        },
        pub_export_macro: true,
        export_macro_name: "export_clusters",
        default_bindings_module: "cloudhost_sdk::bindings::clusters",
        additional_derives: [PartialEq, serde::Serialize, serde::Deserialize],
        generate_all,
    });
}

/// The world `with-node-pools`.
pub mod node_pools {
    wit_bindgen::generate!({
        path: "../wit",
        world: "with-node-pools",
        with: {
            "cloudhost:provider/types@0.2.0": crate::bindings::cloudhost::provider::types,
            "cloudhost:provider/http@0.2.0": crate::bindings::cloudhost::provider::http,
            "cloudhost:provider/credentials@0.2.0": crate::bindings::cloudhost::provider::credentials,
            "cloudhost:provider/log@0.2.0": crate::bindings::cloudhost::provider::log,
            "cloudhost:provider/resources@0.2.0": crate::bindings::cloudhost::provider::resources,
            "cloudhost:provider/pools@0.2.0": crate::bindings::cloudhost::provider::pools,
        },
        pub_export_macro: true,
        export_macro_name: "export_node_pools",
        default_bindings_module: "cloudhost_sdk::bindings::node_pools",
        additional_derives: [PartialEq, serde::Serialize, serde::Deserialize],
        generate_all,
    });
}

/// The world `with-account`.
pub mod account {
    wit_bindgen::generate!({
        path: "../wit",
        world: "with-account",
        with: {
            "cloudhost:provider/types@0.2.0": crate::bindings::cloudhost::provider::types,
            "cloudhost:provider/http@0.2.0": crate::bindings::cloudhost::provider::http,
            "cloudhost:provider/credentials@0.2.0": crate::bindings::cloudhost::provider::credentials,
            "cloudhost:provider/log@0.2.0": crate::bindings::cloudhost::provider::log,
            "cloudhost:provider/resources@0.2.0": crate::bindings::cloudhost::provider::resources,
            "cloudhost:provider/pools@0.2.0": crate::bindings::cloudhost::provider::pools,
        },
        pub_export_macro: true,
        export_macro_name: "export_account",
        default_bindings_module: "cloudhost_sdk::bindings::account",
        additional_derives: [PartialEq, serde::Serialize, serde::Deserialize],
        generate_all,
    });
}

/// The world `with-capacity-on-request`.
pub mod capacity_on_request {
    wit_bindgen::generate!({
        path: "../wit",
        world: "with-capacity-on-request",
        with: {
            "cloudhost:provider/types@0.2.0": crate::bindings::cloudhost::provider::types,
            "cloudhost:provider/http@0.2.0": crate::bindings::cloudhost::provider::http,
            "cloudhost:provider/credentials@0.2.0": crate::bindings::cloudhost::provider::credentials,
            "cloudhost:provider/log@0.2.0": crate::bindings::cloudhost::provider::log,
            "cloudhost:provider/resources@0.2.0": crate::bindings::cloudhost::provider::resources,
            "cloudhost:provider/pools@0.2.0": crate::bindings::cloudhost::provider::pools,
        },
        pub_export_macro: true,
        export_macro_name: "export_capacity_on_request",
        default_bindings_module: "cloudhost_sdk::bindings::capacity_on_request",
        additional_derives: [PartialEq, serde::Serialize, serde::Deserialize],
        generate_all,
    });
}
