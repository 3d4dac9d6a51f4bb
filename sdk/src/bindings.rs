//! The contract in Rust, generated from `wit/` at compile time. Its documentation is that in `wit/`; the crate's
//! root re-exports the records under short names.
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
