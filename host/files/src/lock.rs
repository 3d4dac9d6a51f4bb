//! Waiting for a lock that another process holds: one interval, one message, one error.

use crate::FolderError;
use std::fs::File;
use std::path::Path;
use std::time::{Duration, Instant};

/// Timeout for a process whose work takes less than a second.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// Pause between two attempts.
const POLL: Duration = Duration::from_millis(10);
/// Time after which a message names the lock.
const NOTICE: Duration = Duration::from_secs(1);

/// An exclusive `flock`. It is released on drop, and by any end of its process.
#[derive(Debug)]
#[must_use]
pub struct Lock(#[allow(dead_code)] pub(crate) File);

/// Retries an attempt that returns `None` while another process holds a lock, until the timeout. After a second a
/// warning names the lock, once.
///
/// # Errors
/// Those of the attempt, and [`FolderError::Busy`] on timeout.
pub fn wait<T, E: From<FolderError>>(
    lock: &Path,
    patience: Duration,
    mut attempt: impl FnMut() -> Result<Option<T>, E>,
) -> Result<T, E> {
    let mut wait = Wait::at_most(patience);
    loop {
        match attempt()? {
            Some(done) => return Ok(done),
            None => std::thread::sleep(wait.pause(lock)?),
        }
    }
}

/// Retries an attempt as [`wait`] does, with the runtime's own `sleep`. Dropping the future stops waiting.
pub async fn wait_async<T, E, A, S>(
    lock: &Path,
    patience: Duration,
    mut attempt: impl FnMut() -> A,
    sleep: impl Fn(Duration) -> S,
) -> Result<T, E>
where
    E: From<FolderError>,
    A: Future<Output = Result<Option<T>, E>>,
    S: Future<Output = ()>,
{
    let mut wait = Wait::at_most(patience);
    loop {
        match attempt().await? {
            Some(done) => return Ok(done),
            None => sleep(wait.pause(lock)?).await,
        }
    }
}

/// One wait for a lock.
#[derive(Debug)]
pub(crate) struct Wait {
    start: Instant,
    patience: Duration,
    announced: bool,
}

impl Wait {
    pub(crate) fn at_most(patience: Duration) -> Self {
        Self {
            start: Instant::now(),
            patience,
            announced: false,
        }
    }

    /// Returns the pause before the next attempt, or the error on timeout.
    pub(crate) fn pause(&mut self, lock: &Path) -> Result<Duration, FolderError> {
        let waited = self.start.elapsed();
        if waited >= self.patience {
            return Err(FolderError::Busy {
                lock: lock.to_owned(),
                seconds: self.patience.as_secs(),
            });
        }
        if waited >= NOTICE && !self.announced {
            self.announced = true;
            tracing::warn!(
                "waiting for the lock {}, held by another cloudhost",
                lock.display()
            );
        }
        Ok(POLL)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Folder;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use tracing::span;

    /// Counts the events of one thread.
    struct Counter(Arc<AtomicU32>);

    impl tracing::Subscriber for Counter {
        fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
            *metadata.level() == tracing::Level::WARN
        }
        fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
            span::Id::from_u64(1)
        }
        fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
        fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
        fn event(&self, _: &tracing::Event<'_>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
        fn enter(&self, _: &span::Id) {}
        fn exit(&self, _: &span::Id) {}
    }

    #[test]
    fn waiting_ends_and_is_announced_once() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::private(root.path()).unwrap();
        let held = folder.try_lock("lock").unwrap().unwrap();
        let messages = Arc::new(AtomicU32::new(0));
        let start = Instant::now();
        let patience = NOTICE + Duration::from_millis(100);
        let error = tracing::subscriber::with_default(Counter(messages.clone()), || {
            folder.lock("lock", Duration::ZERO).unwrap_err();
            assert_eq!(messages.load(Ordering::Relaxed), 0);
            folder.lock("lock", patience).unwrap_err()
        });
        assert!(start.elapsed() >= patience);
        assert_eq!(messages.load(Ordering::Relaxed), 1);
        match &error {
            FolderError::Busy { lock, seconds: 1 } => assert_eq!(lock, &root.path().join("lock")),
            other => panic!("{other}"),
        }
        drop(held);
        // A child that another test forks holds the lock until it runs its own program.
        let _lock = folder.lock("lock", Duration::from_secs(60)).unwrap();
    }

    /// A waiting process gets the lock when it is released, or its file removed.
    #[test]
    fn the_lock_is_passed_on() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::private(root.path()).unwrap();
        let first = folder.try_lock("lock").unwrap().unwrap();
        std::thread::scope(|scope| {
            let second = scope.spawn(|| folder.lock("lock", Duration::from_secs(60)));
            std::thread::sleep(Duration::from_millis(50));
            assert!(!second.is_finished());
            folder.remove("lock").unwrap();
            drop(first);
            let second = second.join().unwrap().unwrap();
            assert!(folder.try_lock("lock").unwrap().is_none());
            drop(second);
        });
    }
}
