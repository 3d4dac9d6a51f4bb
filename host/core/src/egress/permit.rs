//! The right to change a cloud.

use crate::capability::Denial;
use crate::contract::Digest;
use futures::future::BoxFuture;

/// The right of one call to send one change. `run`, `undo` and `cancel` of a plugin get one; no other call can send a
/// change.
pub trait Permit: Send + Sync {
    /// Is called once, just before the request leaves: after all checks, waits and signatures. The digest is of method, URL and
    /// body, without credentials. What it writes must be durable when it returns.
    ///
    /// # Errors
    /// The reason for which the request is not sent.
    fn sending(&self, digest: Digest) -> BoxFuture<'_, Result<(), Denial>>;
}
