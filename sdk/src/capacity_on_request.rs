//! Capacity now, for one type and place at a time.

pub use crate::bindings::capacity_on_request::exports::cloudhost::provider::capacity_on_request::{
    Demand, Outlook,
};
use crate::{Error, World};

/// A cloud that reports capacity for one type and place at a time. It changes nothing.
pub trait CapacityOnRequest {
    /// Requests estimates: one result for each demand, in the same order.
    fn ask<W: World>(
        world: &W,
        demands: Vec<Demand>,
    ) -> impl Future<Output = Result<Vec<Result<Outlook, Error>>, Error>>;
}
