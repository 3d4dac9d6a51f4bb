//! Rate limits of hosts.

use super::manifest::{check_count, field};
use super::{HostPattern, Manifest, ManifestError};
use serde::{Deserialize, Serialize};
use std::time::Duration;

const MAX_RATES: usize = 16;
const MAX_REQUESTS: u32 = 100_000;
/// One hour.
const MAX_SECONDS: u32 = 3_600;
/// The longest time between two requests: more would leave a call unable to do anything useful.
const MAX_SPACING: Duration = Duration::from_secs(60);

/// The rate limit that a cloud publishes for a host: a number of requests in a number of seconds, and how many of them at
/// once. All requests with one identity to each host that the pattern covers keep it together, so that no plugin needs a
/// clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// The host, or a family of hosts of which each has this rate. `hosts` must cover it.
    pub host: HostPattern,
    /// Requests in that time: 1 to 100,000.
    pub requests: u32,
    /// The time in seconds: 1 to 3,600, and at most 60 for each request.
    pub seconds: u32,
    /// Requests that can be sent at once after a pause: 1 to `requests`. Default: 1.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub burst: u32,
}

fn one() -> u32 {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_one(burst: &u32) -> bool {
    *burst == 1
}

impl Rate {
    /// The time from one request to the next.
    pub fn spacing(&self) -> Duration {
        Duration::from_secs(self.seconds.into()) / self.requests.max(1)
    }

    pub(super) fn check_all(manifest: &Manifest) -> Result<(), ManifestError> {
        check_count("rates", manifest.rates.len(), MAX_RATES)?;
        for rate in &manifest.rates {
            if !(1..=MAX_REQUESTS).contains(&rate.requests) {
                return Err(field(
                    "rates.requests",
                    format!("expected 1 to {MAX_REQUESTS}"),
                ));
            }
            if !(1..=MAX_SECONDS).contains(&rate.seconds) || rate.spacing() > MAX_SPACING {
                return Err(field(
                    "rates.seconds",
                    format!(
                        "expected 1 to {MAX_SECONDS}, and at most {} for each request",
                        MAX_SPACING.as_secs()
                    ),
                ));
            }
            if !(1..=rate.requests).contains(&rate.burst) {
                return Err(field("rates.burst", "expected 1 to the number of requests"));
            }
            // A typing error here would be a rate that is never applied.
            if !manifest.hosts.iter().any(|host| host.covers(&rate.host)) {
                return Err(field(
                    "rates.host",
                    format!("`{}` is not among `hosts`", rate.host),
                ));
            }
        }
        Ok(())
    }
}
