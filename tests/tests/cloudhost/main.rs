//! The `cloudhost` binary, run as its users run it, against third-party and stand-in servers.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr
)] // Clippy does not see helpers of tests as tests.

mod again;
mod around;
mod audit;
mod authoring;
mod billing;
mod bundled;
mod changes;
mod cloud_failures;
mod contract;
mod credentials;
mod examples;
mod gaps;
mod kconfig_value;
mod kdevops;
mod keyring;
mod lambda;
mod lambda_failures;
mod lists;
mod main_job;
mod odd_names;
mod output_failures;
mod plugins;
mod price_sources;
mod prices;
mod processes;
mod push;
mod recordings;
mod retries;
mod schemas;
mod secrets;
mod selection;
mod snapshots;
mod support;
