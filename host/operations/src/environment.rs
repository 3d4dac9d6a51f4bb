//! Time and randomness, so that a simulation can replace both.

use futures::future::BoxFuture;
use jiff::Timestamp;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Time, waiting and randomness.
pub trait Environment: Send + Sync {
    /// Time of day. It can jump.
    fn now(&self) -> Timestamp;

    /// Time since some moment. It never goes back.
    fn monotonic(&self) -> Duration;

    /// Waits.
    fn sleep(&self, time: Duration) -> BoxFuture<'_, ()>;

    /// Sixteen random bytes.
    ///
    /// # Errors
    /// The operating system has none.
    fn random(&self) -> std::io::Result<[u8; 16]>;

    /// A new UUID in lower case.
    ///
    /// # Errors
    /// As [`Environment::random`].
    fn uuid(&self) -> std::io::Result<String> {
        let uuid = uuid::Builder::from_random_bytes(self.random()?).into_uuid();
        Ok(uuid.to_string())
    }
}

/// A time, carried on by the monotonic clock.
#[derive(Clone)]
pub(crate) struct Clock {
    environment: Arc<dyn Environment>,
    base: Timestamp,
    since: Duration,
}

impl Clock {
    /// Starts at this time.
    pub(crate) fn new(environment: Arc<dyn Environment>, base: Timestamp) -> Self {
        Self {
            since: environment.monotonic(),
            environment,
            base,
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        let passed = self.environment.monotonic().saturating_sub(self.since);
        self.base.saturating_add(passed).unwrap_or(self.base)
    }
}

/// The clock, timer and randomness of the operating system. Waiting needs a tokio runtime.
#[derive(Debug)]
pub struct System {
    start: Instant,
}

impl Default for System {
    fn default() -> Self {
        Self {
            start: Instant::now(),
        }
    }
}

impl Environment for System {
    #[allow(clippy::disallowed_methods)]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'_, ()> {
        Box::pin(tokio::time::sleep(time))
    }

    fn random(&self) -> std::io::Result<[u8; 16]> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|error| std::io::Error::other(error.to_string()))?;
        Ok(bytes)
    }
}
