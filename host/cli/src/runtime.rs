//! The tokio runtime of a run.

use anyhow::Context as _;
use tokio::runtime::Builder;

/// Threads that poll the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threads {
    /// This one: for a request or two.
    One,
    /// One for each processor.
    Many,
}

/// Runs work to completion. A blocked thread, such as one in a hanging name lookup, does not delay the return.
pub fn block_on<T>(threads: Threads, work: impl Future<Output = T>) -> anyhow::Result<T> {
    let mut builder = match threads {
        Threads::One => Builder::new_current_thread(),
        Threads::Many => Builder::new_multi_thread(),
    };
    let runtime = builder.enable_all().build();
    let runtime = runtime.context("cannot start the runtime")?;
    let result = runtime.block_on(work);
    runtime.shutdown_background();
    Ok(result)
}
