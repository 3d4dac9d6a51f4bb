//! Work that would hold up other tasks of a thread: what waits for the disk, or computes for a while.

use crate::plugin::PluginError;
use std::panic::resume_unwind;
use tokio::task::spawn_blocking;

/// Does it on a thread for such work. It goes on to its end when nobody waits for it any more: what it began to write is
/// written whole, and the locks that it was given are free then.
///
/// # Errors
/// When the program ends before it could begin.
pub(crate) async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, PluginError> {
    let span = tracing::Span::current();
    match spawn_blocking(move || span.in_scope(work)).await {
        Ok(done) => Ok(done),
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            Err(_) => Err(PluginError::Engine("the program ends".to_owned())),
        },
    }
}
