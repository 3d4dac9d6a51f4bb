//! Blocking work: disk access and long computations.

use std::panic::resume_unwind;
use tokio::task::spawn_blocking;

/// The program ended before the work could begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the program is shutting down")]
pub struct Cancelled;

/// Runs `work` on the blocking pool, to completion even if the caller is dropped: a write is whole, and the locks that it
/// was given are free then.
///
/// # Errors
/// [`Cancelled`].
pub(crate) async fn run_blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Cancelled> {
    let span = tracing::Span::current();
    match spawn_blocking(move || span.in_scope(work)).await {
        Ok(done) => Ok(done),
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            Err(_) => Err(Cancelled),
        },
    }
}
