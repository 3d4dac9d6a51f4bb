//! The clouds, as the engine sees them.

use crate::{Account, Begun, Error, Intent, Made, Permit, ResourceId, Running, Status, Step};
use futures::future::BoxFuture;
use std::sync::Arc;

/// One account of one cloud: the functions of the contract's `operations`.
///
/// `run`, `undo` and `cancel` call [`Permit::sending`] just before the request that changes something leaves, and do not
/// send it if that is refused. An error of kind `indeterminate`, `unavailable` or `internal` after that call means that the
/// request can have had an effect; any other kind is the cloud's refusal.
pub trait Cloud: Send + Sync {
    /// Sends a step.
    fn run<'a>(
        &'a self,
        step: &'a Step,
        made: &'a [Made],
        intent: &'a Intent,
        permit: Arc<Permit>,
    ) -> BoxFuture<'a, Result<Begun, Error>>;

    /// Reverts a step. Repeating it has the same outcome.
    fn undo<'a>(
        &'a self,
        step: &'a Step,
        target: &'a ResourceId,
        intent: &'a Intent,
        permit: Arc<Permit>,
    ) -> BoxFuture<'a, Result<Begun, Error>>;

    /// Cancels a running change. Repeating it has the same outcome.
    fn cancel<'a>(
        &'a self,
        running: &'a Running,
        permit: Arc<Permit>,
    ) -> BoxFuture<'a, Result<(), Error>>;

    /// Reads the state of changes: one result for each, in the same order.
    fn poll<'a>(&'a self, running: &'a [Running]) -> BoxFuture<'a, Vec<Result<Status, Error>>>;

    /// Finds what a step has made with this intent.
    fn recover<'a>(
        &'a self,
        step: &'a Step,
        made: &'a [Made],
        intent: &'a Intent,
    ) -> BoxFuture<'a, Result<Vec<Begun>, Error>>;
}

/// The clouds by account.
pub trait Clouds: Send + Sync {
    /// Returns the cloud of an account.
    ///
    /// # Errors
    /// The plugin is missing, or the credential is of another account: the operation waits, and says why.
    fn cloud<'a>(&'a self, account: &'a Account) -> BoxFuture<'a, Result<Arc<dyn Cloud>, Error>>;
}
