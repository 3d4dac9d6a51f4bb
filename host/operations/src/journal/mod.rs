//! The journal: every operation, what was sent for it, and the queue of what is due. Journal and queue are one, so that no
//! crash can fall between them.
//!
//! A worker claims due operations for a while: a [`Lease`] with a fencing number that grows with each claim. A change is
//! applied only under the number of the latest claim, so a worker that was too slow changes nothing. The journal's clock
//! is the one that counts; an implementation on a server can use its database's.

mod error;
#[cfg(test)]
pub(crate) mod memory;
mod sqlite;
#[cfg(test)]
pub(crate) mod tests;

pub use error::{JournalError, JournalFix};
pub use sqlite::Sqlite;

use crate::{
    Account, NewOperation, Operation, OperationId, Owned, Plan, Request, ResourceId, Row, State,
};
use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// Result of the journal.
pub(crate) type Reply<'a, T> = BoxFuture<'a, Result<T, JournalError>>;

/// Longest lease, and the furthest that anything can be due: a time beyond it is of a clock that has gone back since.
pub(crate) const FURTHEST: Duration = Duration::from_secs(2 * 3600);

/// Identifier of a worker, new for each.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct WorkerId(pub String);

/// The right to work on an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The operation.
    pub operation: OperationId,
    /// Fencing number: grows with each claim.
    pub fence: u64,
}

/// An operation to work on.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// The operation, with all its requests.
    pub operation: Operation,
    /// The right to work on it.
    pub lease: Lease,
    /// Time of the claim, by the journal's clock.
    pub now: Timestamp,
}

/// Results of work, applied as a whole or not at all.
#[derive(Clone, Debug)]
pub struct Change {
    /// The right to apply it.
    pub lease: Lease,
    /// State of the operation.
    pub state: State,
    /// Index of its plan.
    pub attempt: u32,
    /// Index of the plan that follows.
    pub next: Option<u32>,
    /// Error that made it fail.
    pub error: Option<crate::Error>,
    /// All events that the user must know.
    pub notes: Vec<String>,
    /// Requests of users that the worker has seen: if there is a later one, the operation is due at once.
    pub requests: u64,
    /// Time of the next work.
    pub due: Option<Timestamp>,
    /// New and changed rows.
    pub rows: Vec<Row>,
    /// Resources that were made.
    pub made: Vec<Owned>,
    /// Resources that the cloud says are gone.
    pub gone: Vec<ResourceId>,
    /// `true`: the work is done for now.
    pub release: bool,
}

/// Filter of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only operations that are not at their end.
    pub unfinished: bool,
}

/// A line of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Its identifier.
    pub id: OperationId,
    /// The account that it changes.
    pub account: Account,
    /// Description for people.
    pub title: String,
    /// The user who began it.
    pub owner: String,
    /// The time at which it began.
    pub created: Timestamp,
    /// State.
    pub state: State,
    /// Time of the next work.
    pub due: Option<Timestamp>,
    /// Error that made it fail.
    pub error: Option<crate::Error>,
}

/// Journal of operations, and the queue of what is due.
///
/// Everything that a function has returned is durable. A function that fails has changed nothing.
pub trait Journal: Send + Sync {
    /// Identifier of this installation, made once: the value of the tag of the owner.
    fn installation(&self) -> Reply<'_, String>;

    /// Adds an operation that is due at once. The same id again changes nothing.
    fn add<'a>(&'a self, id: &'a OperationId, operation: &'a NewOperation) -> Reply<'a, ()>;

    /// Claims up to `limit` due operations that no other worker has, the longest due first; with `only`, that one, due or
    /// not, unless it is at its end.
    fn claim<'a>(
        &'a self,
        worker: &'a WorkerId,
        lease: Duration,
        limit: u32,
        only: Option<&'a OperationId>,
    ) -> Reply<'a, Vec<Claimed>>;

    /// Makes leases that still hold end later.
    fn renew<'a>(&'a self, leases: &'a [Lease], lease: Duration) -> Reply<'a, ()>;

    /// Applies changes, each under its lease, all in one write. Returns for each `false` if its lease is lost.
    fn apply<'a>(&'a self, changes: &'a [Change]) -> Reply<'a, Vec<bool>>;

    /// Records a user's request, and makes the operation due. Returns `false` if it is at its end.
    fn request<'a>(&'a self, id: &'a OperationId, request: Request) -> Reply<'a, bool>;

    /// Reads an operation.
    fn get<'a>(&'a self, id: &'a OperationId) -> Reply<'a, Option<Operation>>;

    /// Reads the plans of an operation.
    fn plans<'a>(&'a self, id: &'a OperationId) -> Reply<'a, Vec<Plan>>;

    /// Lists the newest operations, newest first.
    fn list(&self, newest: u32, filter: Filter) -> Reply<'_, Vec<Summary>>;

    /// Lists the resources of an account that operations have made and that the cloud has not called gone.
    fn owned<'a>(&'a self, account: &'a Account) -> Reply<'a, Vec<Owned>>;

    /// Records the creation time that the cloud reports of a resource. The first one stays.
    fn seen<'a>(
        &'a self,
        account: &'a Account,
        id: &'a ResourceId,
        created: Timestamp,
    ) -> Reply<'a, ()>;

    /// Records a new end of a resource; `none`: never.
    fn set_end<'a>(
        &'a self,
        account: &'a Account,
        id: &'a ResourceId,
        ends_at: Option<Timestamp>,
    ) -> Reply<'a, ()>;

    /// Forgets a resource that the cloud calls gone.
    fn gone<'a>(&'a self, account: &'a Account, id: &'a ResourceId) -> Reply<'a, ()>;

    /// Time until the next operation is due; `none` if nothing is.
    fn next_due(&self) -> Reply<'_, Option<Duration>>;

    /// Waits until something may have changed, at most this long.
    fn wait(&self, at_most: Duration) -> BoxFuture<'_, ()>;
}

/// True if a stored time has come. One that is further than anything can be was stored before the clock went back.
pub(crate) fn has_come(time: Timestamp, now: Timestamp) -> bool {
    let ahead = time.duration_since(now);
    !ahead.is_positive()
        || ahead > SignedDuration::try_from(FURTHEST).unwrap_or(SignedDuration::MAX)
}
