//! Attacks of hostile plugins and their outcomes: README.md has the table. Every case runs a real guest and ends with
//! the same check, `Sandboxed::assert_contained`.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)] // Clippy does not see helpers of tests as tests.

mod bytes;
mod calls;
mod changes;
mod compiled;
mod consent;
mod guests;
mod installs;
mod machine;
mod menus;
mod network;
mod outcome;
mod pins;
mod recordings;
mod said;
mod secrets;
mod stage;
mod synchronous;
mod table;
mod traffic;
mod trees;
mod watch;
