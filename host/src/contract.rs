//! The contract in Rust: types and call stubs made from `wit/` at compile time.
//!
//! These records are the catalog's model too, so that what a plugin returned, what the store keeps and what
//! JSON output shows are one set of types. Their documentation is the documentation in `wit/`.
#![allow(missing_docs, clippy::all)]

wasmtime::component::bindgen!({
    path: "../wit",
    world: "plugin",
    exports: { default: async },
    additional_derives: [PartialEq, serde::Serialize, serde::Deserialize],
});

/// What a plugin may add: whose a credential is.
pub mod with_identity {
    wasmtime::component::bindgen!({
        path: "../wit",
        world: "with-identity",
        exports: { default: async },
        with: {
            "cloudhost:provider/types": super::cloudhost::provider::types,
            "cloudhost:provider/http": super::cloudhost::provider::http,
            "cloudhost:provider/credentials": super::cloudhost::provider::credentials,
            "cloudhost:provider/log": super::cloudhost::provider::log,
        },
        additional_derives: [PartialEq, serde::Serialize, serde::Deserialize],
    });
}

/// What a plugin may add: what was spent.
pub mod with_billing {
    wasmtime::component::bindgen!({
        path: "../wit",
        world: "with-billing",
        exports: { default: async },
        with: {
            "cloudhost:provider/types": super::cloudhost::provider::types,
            "cloudhost:provider/http": super::cloudhost::provider::http,
            "cloudhost:provider/credentials": super::cloudhost::provider::credentials,
            "cloudhost:provider/log": super::cloudhost::provider::log,
        },
        additional_derives: [PartialEq, serde::Serialize, serde::Deserialize],
    });
}
