//! Changes of clouds: from the plans of a plugin to operations of the engine.
//!
//! [`Changes`] is the journal of this user with the clouds of a [`Host`]. A change begins as plans of
//! [`Provider`](crate::host::Provider), which only read; [`Changes::check`] adds the cloud's promises,
//! [`Changes::begin`] writes the operation into the journal, and [`Changes::work`] carries it out. What goes on is in the
//! journal alone: any later process can carry on.

mod cloud;
mod collect;
mod error;
mod find;
mod journal;
mod known;
mod places;
mod price;
mod ssh;

pub use cloudhost_operations::{
    Account, Decision, Finding, JournalError, NewOperation, OnFailure, Operation, OperationId,
    Options, Outcome, Plan, PlanError, Proofs, Reason, Report, Request, Row, RowState, State,
    Subject, Summary,
};
pub use error::ChangeError;
pub use find::find;
pub use journal::{Changes, Until, ends_by_cloud};
pub use known::Known;
pub use places::places;
pub use price::{HOURS_A_MONTH, PlanPrice, price};
pub use ssh::{HostKey, SshKeyError, host_key, public_key};
