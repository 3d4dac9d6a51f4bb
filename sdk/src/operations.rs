//! Changes of the cloud, carried out step by step. The host keeps the journal, waits, retries and recovers.

pub use crate::bindings::operations::exports::cloudhost::provider::operations::{
    Begun, Ending, Guarantee, Intent, Made, Operation, Progress, Repetition, Status,
};
use crate::error::unsupported;
use crate::resources::{Action, ResourceId, ResourceKind, Step};
use crate::{Error, Timestamp, World};

/// A cloud that can be changed. Only [`Operations::run`], [`Operations::undo`] and [`Operations::cancel`] can send a
/// change, one in each call; all other functions only read.
pub trait Operations {
    /// Returns the promises of the cloud for a change of this kind of resource. Cheap, with the same result at each call.
    fn guarantees(kind: ResourceKind, action: Action) -> Guarantee;

    /// Sends a step; `made` has the results of the steps before it. The same arguments give the same request, byte for byte.
    /// An error of kind `indeterminate` means that the request may have had an effect.
    fn run<W: World>(
        world: &W,
        step: Step,
        made: Vec<Made>,
        intent: Intent,
    ) -> impl Future<Output = Result<Begun, Error>>;

    /// Reverts a step, because a later one failed. Unless overridden, an `unsupported` error.
    fn undo<W: World>(
        _world: &W,
        _step: Step,
        _target: ResourceId,
        _intent: Intent,
    ) -> impl Future<Output = Result<Begun, Error>> {
        async { Err(unsupported("this plugin cannot revert a step")) }
    }

    /// Cancels a running change. Unless overridden, an `unsupported` error.
    fn cancel<W: World>(
        _world: &W,
        _operation: Operation,
    ) -> impl Future<Output = Result<(), Error>> {
        async { Err(unsupported("this plugin cannot cancel a change")) }
    }

    /// Reads the state of changes, with one request where one list has them all: one result for each, in the same order.
    fn poll<W: World>(
        world: &W,
        operations: Vec<Operation>,
    ) -> impl Future<Output = Vec<Result<Status, Error>>>;

    /// Finds all that a step has made with this intent, as far as the cloud shows it now. Empty: not seen yet.
    fn recover<W: World>(
        world: &W,
        step: Step,
        made: Vec<Made>,
        intent: Intent,
    ) -> impl Future<Output = Result<Vec<Begun>, Error>>;

    /// Plans a change of the cloud's protection against deletion. Unless overridden, an `unsupported` error.
    fn protect<W: World>(
        _world: &W,
        _id: ResourceId,
        _on: bool,
    ) -> impl Future<Output = Result<Vec<Step>, Error>> {
        async { Err(unsupported("this cloud has no protection against deletion")) }
    }

    /// Plans a change of the time at which the cloud ends a resource. Unless overridden, an `unsupported` error.
    fn set_end<W: World>(
        _world: &W,
        _id: ResourceId,
        _ends_at: Option<Timestamp>,
    ) -> impl Future<Output = Result<Vec<Step>, Error>> {
        async { Err(unsupported("this cloud ends no resource at a time")) }
    }
}
