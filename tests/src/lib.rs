//! The test kit: third-party and stand-in servers for cloudhost, proxies, and checkers of its output.
//!
//! - [`Moto`] is an AWS with real data, run as a separate process.
//! - [`Ec2Cloud`] is moto behind rules, lags, passing states and faults, for tests of changes.
//! - [`Proxy`] delays, records, caches and breaks its responses.
//! - [`PriceFeeds`] in front of either serves AWS's price lists, which moto does not have.
//! - [`LambdaCloud`] stands in for Lambda Cloud, with content and failures that a test sets.
//! - [`PagedCloud`] stands in for Hetzner Cloud or DigitalOcean; [`python_plugin`] is the component for the latter.
//! - [`Registry`] is a registry of components, run as a separate process; [`HostileRegistry`] is a server with
//!   arbitrary responses.
//! - [`Collector`] receives OpenTelemetry spans.
//! - [`Signer`] signs with minisign.
//! - [`ScriptedServer`] is any other server: a function from a request to a reply.
//! - [`Sandbox`] runs the `cloudhost` binary in an isolated environment.
//! - [`Tree`] is a snapshot of a directory, to check that nothing changed.
//! - [`Facts`] has boto3's data from the same AWS.
//! - [`kconfig`] reads generated menus with programs that are independent of cloudhost.
//! - [`schema_faults`] validates JSON against its schemas.
//! - [`python`] runs the kit's scripts in the test environment that `cargo xtask setup` creates.
//! - [`program`] finds or installs system programs. Tests are skipped if one is missing.
//!
//! Fallible functions return [`std::io::Result`], so that benchmarks report errors and tests unwrap them.
#![deny(missing_docs)]
// Tests and stand-ins use the system's clock.
#![allow(clippy::disallowed_methods)]

use std::sync::{Mutex, MutexGuard, PoisonError};

pub mod kconfig;
pub mod program;
pub mod python;

mod answers;
mod collector;
mod door;
mod ec2;
mod ec2_cloud;
mod example;
mod facts;
mod fault;
mod http;
mod lambda;
mod lambda_account;
mod lambda_content;
mod memory;
mod moto;
mod paged;
mod peer;
mod place;
mod price_feeds;
mod proxy;
mod recording;
mod registry;
mod run;
mod sandbox;
mod schemas;
mod server;
mod signer;
mod tree;

pub use answers::{Asked, HostileRegistry};
pub use collector::Collector;
pub use ec2_cloud::{Ec2Cloud, Ec2Fault, Ec2Lag, Ec2Rate, Ec2Request, Ec2Resource, Ec2Settings};
pub use example::python_plugin;
pub use facts::Facts;
pub use fault::{Fault, Match, Rule, ec2_error};
pub use lambda::{LAMBDA_KEY, LambdaCloud, LambdaFault, LambdaRequest};
pub use lambda_account::{LAMBDA_JUPYTER_TOKEN, LambdaInstance, LambdaResource, LambdaSettings};
pub use lambda_content::Content as LambdaContent;
pub use memory::Memory;
pub use moto::Moto;
pub use paged::{PAGED_TOKEN, PagedCloud, PagedFault};
pub use peer::{ReceivedRequest, Reply, ScriptedServer};
pub use place::{binary, plugin_dir, target_dir, test_env, workspace};
pub use price_feeds::PriceFeeds;
pub use proxy::{Proxy, closed_port};
pub use recording::{Exchange, verify_signatures};
pub use registry::{REGISTRY_PASSWORD, REGISTRY_USER, Registry};
pub use run::{ACCESS_KEY, Invocation, Outcome, Running, SECRET_KEY};
pub use sandbox::Sandbox;
pub use schemas::schema_faults;
pub use signer::Signer;
pub use tree::Tree;

/// Locks a mutex and ignores poisoning: a test that panicked fails by itself.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
