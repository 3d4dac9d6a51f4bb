//! Outages, stored for the next runs.
//!
//! One `make menuconfig` runs the program once for each of several values: the later runs do not wait for a cloud that
//! did not respond to the first.

use cloudhost::plugin::Digest;
use cloudhost_files::SharedRate;
use std::path::Path;
use std::time::Duration;
use url::Url;

/// Time without requests to a cloud that did not respond.
const PAUSE: Duration = Duration::from_secs(30);

/// The last outage of a provider, or of an endpoint that was given for it. If it cannot be stored, requests are sent.
pub struct Outage(SharedRate);

impl Outage {
    pub fn of(cache_dir: &Path, provider: &str, endpoint: Option<&Url>) -> Self {
        // A URL is no file name; the name of a provider has no `@`.
        let at = endpoint.map(|url| format!("@{}", Digest::of(url.as_str().as_bytes()).hex()));
        let name = format!("{provider}{}", at.unwrap_or_default());
        let path = cache_dir.join("outages").join(name);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_has_outages_of_its_own() {
        let cache = tempfile::tempdir().unwrap();
        let url = |text: &str| text.parse::<Url>().unwrap();
        let (one, other) = (url("http://127.0.0.1:1/a"), url("http://127.0.0.1:2/a"));
        let of = |endpoint| Outage::of(cache.path(), "aws", endpoint);
        of(Some(&one)).note();
        assert!(of(Some(&one)).is_recent());
        assert!(!of(Some(&other)).is_recent() && !of(None).is_recent());
        of(None).note();
        assert!(of(None).is_recent() && !of(Some(&other)).is_recent());
    }
}
