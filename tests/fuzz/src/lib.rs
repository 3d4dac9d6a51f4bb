//! Invariants for any bytes that a plugin or a server can send.
//!
//! There is one module for each parser of such bytes. Its `check` panics if an invariant is broken. `cargo xtask fuzz`
//! lets libFuzzer search for such bytes. `cargo test` runs each `check` on the inputs in `corpus/` and on 1,000
//! mutations of them.
#![deny(missing_docs)]
// A broken invariant ends the program: libFuzzer looks for that.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used)]

pub mod catalog;
pub mod component;
pub mod ec2_xml;
pub mod egress;
pub mod kconfig;
pub mod manifest;
pub mod redaction;
