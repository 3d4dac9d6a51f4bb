//! SDK for authors of cloudhost plugins.
//!
//! A plugin is pure translation: it turns typed queries into HTTP requests, and their responses into typed records. It
//! never sleeps, retries, caches, prints or opens a socket; the host does that for all plugins. A plugin is one type
//! that implements [`Provider`], which [`plugin!`] exports as a component:
//!
//! ```
//! use cloudhost_sdk::http::Request;
//! use cloudhost_sdk::{DataKind, Description, Error, Listing, Offer, Provider, Query, World};
//!
//! struct Example;
//!
//! impl Provider for Example {
//!     fn describe() -> Description {
//!         Description {
//!             title: "Example Cloud".to_owned(),
//!             settings: Vec::new(),
//!             freshness: Vec::new(),
//!             menus: vec![DataKind::Offers],
//!         }
//!     }
//!
//!     async fn fetch<W: World>(world: &W, _query: Query) -> Result<Listing, Error> {
//!         let request = Request::get("https://api.example.com/v1/offers").bearer("example");
//!         let answer = request.send(world).await?.ok("list of offers")?;
//!         let sold: Vec<(String, String)> = answer.json("list of offers")?;
//!         let offers = sold.iter().map(|(name, region)| Offer::on_demand(name, region));
//!         Ok(Listing { offers: Some(offers.collect()), ..Listing::default() })
//!     }
//! }
//!
//! cloudhost_sdk::plugin!(Example, manifest = "../manifest.toml");
//! ```
//!
//! `examples/minimal.rs` is a complete provider in under 100 lines. A plugin reaches the outside only through
//! [`World`], so that its logic runs natively in tests, against canned responses.
#![deny(missing_docs)]
#![allow(
    clippy::result_large_err,
    reason = "the contract's error record is what an export returns; boxing it would gain nothing"
)]

pub mod account;
pub mod bindings;
pub mod bundle;
pub mod capacity_on_request;
pub mod change;
pub mod clusters;
pub mod decimal;
mod error;
mod export;
mod failures;
pub mod http;
pub mod instances;
mod join;
pub mod kconfig;
pub mod node_pools;
pub mod operations;
mod optional;
mod pages;
mod provider;
pub mod query;
mod records;
pub mod resources;
mod setting;
pub mod storage;
mod text;
mod time;
mod world;
pub mod xml;

pub use bindings::billing::exports::cloudhost::provider::billing::{Amount, Charge, Period};
pub use bindings::cloudhost::provider::credentials::Facts;
pub use bindings::cloudhost::provider::types::{
    Accelerator, AcceleratorKind, Capacity, DataKind, Disk, DiskKind, Error, ErrorKind, Gap, Image,
    InstanceType, Location, Market, Money, Offer, Price, Region, Scope, Timestamp, Zone,
};
pub use bindings::exports::cloudhost::provider::catalog::{Bundle, Listing, Query};
pub use bindings::exports::cloudhost::provider::provider::{Description, Freshness, Setting};
pub use bindings::identity::exports::cloudhost::provider::identity::Account;
pub use error::most_telling;
pub use failures::Failures;
pub use join::join_all;
pub use optional::{Billing, Identity};
pub use pages::{PAGE_CAP, all_pages};
pub use provider::Provider;
pub use setting::setting;
pub use text::{excerpt, is_name, is_value};
pub use time::timestamp;
pub use world::{Host, Level, World, log};

/// Internals of the macro, not part of the public API.
#[doc(hidden)]
pub mod __private {
    pub use crate::bindings as b;
}
