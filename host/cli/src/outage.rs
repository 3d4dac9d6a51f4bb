//! Outages that the next runs remember.
//!
//! One `make menuconfig` asks for several values by as many runs of the program: a cloud that did not answer the first
//! must not be waited for by each.

use cloudhost_files::SharedRate;
use std::path::Path;
use std::time::Duration;

/// Time for which a cloud that did not answer is not asked again.
const PAUSE: Duration = Duration::from_secs(30);

/// The last outage of a provider. Where it cannot be stored, the cloud is asked.
pub struct Outage(SharedRate);

impl Outage {
    pub fn of(cache_dir: &Path, provider: &str) -> Self {
        let path = cache_dir.join("outages").join(provider);
        Self(SharedRate::new(path, cloudhost::clock::now))
    }

    /// Returns whether it was a moment ago.
    pub fn is_recent(&self) -> bool {
        self.0.is_within(PAUSE)
    }

    /// Stores that it is now.
    pub fn note(&self) {
        if let Err(error) = self.0.set() {
            tracing::debug!(%error, "the outage is not remembered");
        }
    }
}
