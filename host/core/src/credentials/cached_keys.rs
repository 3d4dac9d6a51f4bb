//! Cached keys: obtained once for all requests that wait for them, and renewed shortly before they expire.

use super::CredentialsError;
use super::keys::Keys;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::Mutex;

/// Credentials are renewed this long before they expire, so that none expires on its way to the cloud.
const RENEW_BEFORE: Duration = Duration::from_secs(5 * 60);
/// Shorter-lived ones are still used for this long: not every request may start a process.
const SHORTEST_USE: Duration = Duration::from_secs(30);
/// A failed attempt is not retried for this long: hundreds of waiting requests share one attempt.
const FAILURE_HOLDS: Duration = Duration::from_secs(5);

type Outcome = Result<Arc<Keys>, CredentialsError>;

/// The keys of one name.
#[derive(Default)]
pub(super) struct CachedKeys(Mutex<Option<(Outcome, Option<SystemTime>)>>);

impl CachedKeys {
    /// The keys, from memory while they are fresh. Concurrent callers share one attempt; if it is cancelled, the next
    /// caller retries.
    pub(super) async fn get(
        &self,
        obtain: impl Future<Output = Result<Keys, CredentialsError>>,
    ) -> Outcome {
        let mut cached = self.0.lock().await;
        if let Some((outcome, until)) = cached.as_ref()
            && until.is_none_or(|until| crate::clock::now() < until)
        {
            return outcome.clone();
        }
        let outcome = obtain.await.map(Arc::new);
        let now = crate::clock::now();
        let until = match &outcome {
            Ok(keys) => keys.expires().map(|end| use_until(end, now)),
            Err(_) => Some(now + FAILURE_HOLDS),
        };
        *cached = Some((outcome.clone(), until));
        outcome
    }
}

/// End of the use of a credential that expires then.
fn use_until(end: SystemTime, now: SystemTime) -> SystemTime {
    let early = end.checked_sub(RENEW_BEFORE).unwrap_or(end);
    early.max(now + SHORTEST_USE).min(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    /// End of the use of a credential, in seconds from now.
    #[rstest]
    #[case::hour(3600, 3300)]
    #[case::just_over(331, 31)]
    #[case::short(100, 30)]
    #[case::very_short(10, 10)]
    fn renewed_before_it_ends(#[case] ends: u64, #[case] used: u64) {
        let now = crate::clock::now();
        let until = use_until(now + Duration::from_secs(ends), now);
        assert_eq!(until, now + Duration::from_secs(used));
    }
}
