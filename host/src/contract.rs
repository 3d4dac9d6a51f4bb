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
