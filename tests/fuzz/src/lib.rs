//! What must hold for any bytes that a plugin or a server can send.
//!
//! One module for each parser that they reach; its `check` panics where a promise is broken. `cargo xtask fuzz` lets
//! libFuzzer look for such bytes; `cargo test` gives each the inputs kept in `corpus/`, with some thousand
//! changes of them.
#![deny(missing_docs)]
// A promise that is broken ends the program: that is what libFuzzer looks for.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used)]

pub mod catalog;
pub mod component;
pub mod ec2_xml;
pub mod egress;
pub mod kconfig;
pub mod manifest;
