//! Changes to clouds that survive: a journal, and the engine that carries out what stands in it.
//!
//! A change is a [`Plan`] of steps that a plugin made. [`Runner::start`] writes it into the [`Journal`]; from then on any
//! process with that journal can go on with it. Nothing is sent before its token, the digest of the request and the place
//! are durable, and nothing is sent twice unless the cloud's promise ([`Guarantee`]) makes that harmless or a look has
//! shown that the first request had no effect.
//!
//! The crate knows neither WebAssembly nor HTTP: a [`Cloud`] sends the requests, and asks its [`Permit`] just before each
//! one that changes something.
#![deny(missing_docs)]

mod backoff;
mod cloud;
mod collector;
mod environment;
mod journal;
mod owner;
mod permit;
mod plan;
mod record;
mod runner;
#[cfg(test)]
mod tests;

pub use cloud::{Cloud, Clouds};
pub use cloudhost_contract::cloudhost::provider::resources::{
    Action, Place, ResourceId, ResourceKind, Step, Tag,
};
pub use cloudhost_contract::cloudhost::provider::types::{Error, ErrorKind, Scope};
pub use cloudhost_contract::with_operations::exports::cloudhost::provider::operations::{
    Begun, Ending, Guarantee, Intent, Made, Operation as Running, Progress, Repetition, Status,
};
pub use collector::{
    CollectError, Collector, Finding, Inventory, Listing, Outcome, Reason, Report, Seen, Subject,
};
pub use environment::{Environment, System};
pub use journal::{
    Change, Claimed, Filter, Journal, JournalError, JournalFix, Lease, Sqlite, Summary, WorkerId,
};
pub use owner::{CREATED_TOLERANCE, OPERATION_TAG, OWNER_TAG, Proofs, TOKEN_TAG, proofs};
pub use permit::{Permit, Refused};
pub use plan::{MAX_PLANS, MAX_STEPS, MAX_TEXT, Plan, PlanError, PlannedStep};
pub use record::{
    Account, Decision, NewOperation, OnFailure, Operation, OperationId, Options, Owned, Request,
    Row, RowState, State,
};
pub use runner::{Runner, Settings, Stopped};
