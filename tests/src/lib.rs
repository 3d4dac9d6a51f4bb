//! The test kit: counterparts of cloudhost that others wrote, and what stands between them.
//!
//! - [`Moto`] is an AWS with real data, run as a process of its own.
//! - [`Proxy`] stands before it: it delays, records, remembers and breaks answers.
//! - [`PriceFeeds`] stands before either: it answers for AWS's price lists, which moto does not have.
//! - [`LambdaCloud`] stands in for Lambda Cloud, with content and failures that a test sets.
//! - [`PagedCloud`] stands in for Hetzner Cloud or DigitalOcean; [`python_plugin`] is the component that knows the latter.
//! - [`Registry`] is a registry of components, run as a process of its own; [`HostileRegistry`] is a server that lies.
//! - [`Collector`] takes spans as OpenTelemetry sends them.
//! - [`Signer`] signs with minisign.
//! - [`ScriptedServer`] is any other server: a function from a request to an answer.
//! - [`Sandbox`] runs the `cloudhost` binary with an environment that holds nothing of this machine.
//! - [`Tree`] is what a folder holds, so that "nothing changed" can be checked.
//! - [`Facts`] is what boto3 hears from the same AWS.
//! - [`kconfig`] reads generated menus with programs that know nothing of cloudhost.
//! - [`schema_faults`] holds JSON to its schemas.
//! - [`python`] runs the kit's scripts in the test environment that `cargo xtask setup` makes.
//! - [`program`] finds or installs programs of the system, and excuses tests where they are missing.
//!
//! What can fail returns [`std::io::Result`], so that benchmarks report it and tests unwrap it.
#![deny(missing_docs)]
// Tests and stand-ins keep their own time.
#![allow(clippy::disallowed_methods)]

use std::sync::{Mutex, MutexGuard, PoisonError};

pub mod kconfig;
pub mod program;
pub mod python;

mod answers;
mod collector;
mod door;
mod ec2;
mod example;
mod facts;
mod fault;
mod http;
mod lambda;
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
mod signer;
mod tree;

pub use answers::{Asked, HostileRegistry};
pub use collector::Collector;
pub use example::python_plugin;
pub use facts::Facts;
pub use fault::{Fault, Match, Rule, ec2_error};
pub use lambda::{LAMBDA_KEY, LambdaCloud, LambdaFault, LambdaRequest};
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

/// What a panicking thread left is as good as any: a test that fails says so itself.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
