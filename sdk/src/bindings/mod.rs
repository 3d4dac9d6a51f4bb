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
            "cloudhost:provider/types@0.1.0": crate::bindings::cloudhost::provider::types,
            "cloudhost:provider/http@0.1.0": crate::bindings::cloudhost::provider::http,
            "cloudhost:provider/credentials@0.1.0": crate::bindings::cloudhost::provider::credentials,
            "cloudhost:provider/log@0.1.0": crate::bindings::cloudhost::provider::log,
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
            "cloudhost:provider/types@0.1.0": crate::bindings::cloudhost::provider::types,
            "cloudhost:provider/http@0.1.0": crate::bindings::cloudhost::provider::http,
            "cloudhost:provider/credentials@0.1.0": crate::bindings::cloudhost::provider::credentials,
            "cloudhost:provider/log@0.1.0": crate::bindings::cloudhost::provider::log,
        },
        pub_export_macro: true,
        export_macro_name: "export_billing",
        default_bindings_module: "cloudhost_sdk::bindings::billing",
        additional_derives: [PartialEq, serde::Serialize, serde::Deserialize],
        generate_all,
    });
}
