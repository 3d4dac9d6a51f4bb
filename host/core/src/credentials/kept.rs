//! A credential in memory: obtained once for all who wait for it, and again shortly before it ends.

use super::CredentialsError;
use super::keys::Keys;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::Mutex;

/// Credentials are renewed this long before they end, so that none ends on its way to the cloud.
const RENEW_BEFORE: Duration = Duration::from_secs(5 * 60);
/// One that lives shorter than that is still used for this long: not every request may start a process.
const SHORTEST_USE: Duration = Duration::from_secs(30);
/// What failed is not tried again for this long: hundreds of requests that wait learn it from one attempt.
const FAILURE_HOLDS: Duration = Duration::from_secs(5);

type Outcome = Result<Arc<Keys>, CredentialsError>;

/// The keys of one name.
#[derive(Default)]
pub(super) struct Kept(Mutex<Option<(Outcome, Option<SystemTime>)>>);

impl Kept {
    /// The keys, from memory where they are fresh. Whoever comes while they are being obtained waits for that; if the
    /// one who obtains them gives up, the next one starts over.
    pub(super) async fn get(
        &self,
        obtain: impl Future<Output = Result<Keys, CredentialsError>>,
    ) -> Outcome {
        let mut kept = self.0.lock().await;
        if let Some((outcome, until)) = kept.as_ref()
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
        *kept = Some((outcome.clone(), until));
        outcome
    }
}

/// Until when a credential that ends then is used.
fn use_until(end: SystemTime, now: SystemTime) -> SystemTime {
    let early = end.checked_sub(RENEW_BEFORE).unwrap_or(end);
    early.max(now + SHORTEST_USE).min(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    /// Until when a credential is used, in seconds from now.
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
