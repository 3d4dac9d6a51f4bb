//! Outages, stored for the next runs.
//!
//! One `make menuconfig` runs the program once for each of several values: the later runs do not wait for a cloud that
//! did not respond to the first.

use cloudhost_files::SharedRate;
use std::path::Path;
use std::time::Duration;

/// Time without requests to a cloud that did not respond.
const PAUSE: Duration = Duration::from_secs(30);

/// The last outage of a provider. If it cannot be stored, requests are sent.
pub struct Outage(SharedRate);

impl Outage {
    pub fn of(cache_dir: &Path, provider: &str) -> Self {
        let path = cache_dir.join("outages").join(provider);
        Self(SharedRate::new(path, cloudhost::clock::now))
    }

    /// Returns true if it was within the pause.
    pub fn is_recent(&self) -> bool {
        self.0.is_within(PAUSE)
    }

    /// Stores an outage now.
    pub fn note(&self) {
        if let Err(error) = self.0.set() {
            tracing::debug!(%error, "the outage is not stored");
        }
    }
}
