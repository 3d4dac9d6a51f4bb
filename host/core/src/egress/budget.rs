//! Budget of one call. Reaching a limit is not a denial: the same call with less would succeed.

use super::FetchError;
use crate::limits::{CallLimits, Exceeded, Limit};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Usage of one call.
pub(super) struct Budget {
    pub limits: CallLimits,
    pub requests: AtomicU32,
    pub sent: AtomicU32,
    pub retries: AtomicU32,
    pub bytes_in: AtomicU64,
    bytes_came: AtomicU64,
    bytes_out: AtomicU64,
}

impl Budget {
    pub(super) fn new(limits: CallLimits) -> Self {
        Self {
            limits,
            requests: AtomicU32::new(0),
            sent: AtomicU32::new(0),
            retries: AtomicU32::new(0),
            bytes_in: AtomicU64::new(0),
            bytes_came: AtomicU64::new(0),
            bytes_out: AtomicU64::new(0),
        }
    }

    /// Counts one more request with a body of this size.
    pub(super) fn request(&self, body: usize) -> Result<(), FetchError> {
        self.came(0)?;
        let most = self.limits.requests;
        let more = |used: u32| (used < most).then_some(used + 1);
        if self
            .requests
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more)
            .is_err()
        {
            return Err(exceeded(Limit::Requests, most.into()));
        }
        if body as u64 > self.limits.request_body {
            return Err(exceeded(Limit::RequestBody, self.limits.request_body));
        }
        let most = self.limits.bytes_out;
        let before = self.bytes_out.fetch_add(body as u64, Ordering::Relaxed);
        if before.saturating_add(body as u64) > most {
            return Err(exceeded(Limit::BytesOut, most));
        }
        Ok(())
    }

    /// Counts more bytes that a socket received. Fails as well if the limit was reached before.
    pub(super) fn came(&self, bytes: usize) -> Result<(), FetchError> {
        self.counted(&self.bytes_came, bytes)
    }

    /// Counts more bytes of a response, decoded.
    pub(super) fn received(&self, bytes: usize) -> Result<(), FetchError> {
        self.counted(&self.bytes_in, bytes)
    }

    fn counted(&self, count: &AtomicU64, bytes: usize) -> Result<(), FetchError> {
        let most = self.limits.bytes_in;
        let before = count.fetch_add(bytes as u64, Ordering::Relaxed);
        if before.saturating_add(bytes as u64) > most {
            return Err(exceeded(Limit::BytesIn, most));
        }
        Ok(())
    }
}

/// The error of a limit.
pub(super) fn exceeded(limit: Limit, most: u64) -> FetchError {
    FetchError::Limit(Exceeded { limit, most })
}

/// Requests in flight, counted for each plugin, so that one cannot use up another's share.
#[derive(Default)]
pub(super) struct InFlight {
    plugins: Mutex<HashMap<String, Arc<Semaphore>>>,
}

/// The right to have one request on the network while this is held.
pub(super) type Permit = OwnedSemaphorePermit;

impl InFlight {
    /// The plugin's share, whose size is set at the first use.
    pub(super) fn of(&self, plugin: &str, share: usize) -> Arc<Semaphore> {
        let mut plugins = self.plugins.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(share) = plugins.get(plugin) {
            return share.clone();
        }
        let share = Arc::new(Semaphore::new(share.clamp(1, Semaphore::MAX_PERMITS)));
        plugins.insert(plugin.to_owned(), share.clone());
        share
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_to_its_limits() {
        let budget = Budget::new(CallLimits {
            requests: 4,
            bytes_in: 10,
            bytes_out: 8,
            request_body: 5,
            ..CallLimits::default()
        });
        let limit = |outcome: Result<(), FetchError>| match outcome {
            Err(FetchError::Limit(Exceeded { limit, most })) => Some((limit, most)),
            _ => None,
        };
        assert_eq!(limit(budget.request(5)), None);
        assert_eq!(limit(budget.request(6)), Some((Limit::RequestBody, 5)));
        assert_eq!(limit(budget.request(3)), None);
        assert_eq!(limit(budget.request(1)), Some((Limit::BytesOut, 8)));
        assert_eq!(limit(budget.request(0)), Some((Limit::Requests, 4)));
        assert_eq!(budget.requests.load(Ordering::Relaxed), 4);
        assert_eq!(limit(budget.received(10)), None);
        assert_eq!(limit(budget.received(1)), Some((Limit::BytesIn, 10)));
        assert_eq!(limit(budget.came(10)), None);
        assert_eq!(limit(budget.came(0)), None);
        assert_eq!(limit(budget.came(1)), Some((Limit::BytesIn, 10)));
        // Whatever is sent then could receive nothing.
        assert_eq!(limit(budget.came(0)), Some((Limit::BytesIn, 10)));
        assert_eq!(limit(budget.request(0)), Some((Limit::BytesIn, 10)));
    }

    #[test]
    fn each_plugin_has_its_share() {
        let in_flight = InFlight::default();
        let held = in_flight.of("a", 1).try_acquire_owned();
        assert!(held.is_ok());
        assert!(in_flight.of("a", 1).try_acquire_owned().is_err());
        assert!(in_flight.of("b", 1).try_acquire_owned().is_ok());
    }
}
