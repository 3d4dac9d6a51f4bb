//! When a cloud was asked in vain.
//!
//! One `make menuconfig` asks for several values by as many runs of the program: a cloud that did not answer the first
//! must not be waited for by each.

use std::fs::{DirBuilder, File};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a cloud that did not answer is not asked again.
const PAUSE: Duration = Duration::from_secs(30);

/// A file whose time of change says when a provider was asked in vain. Where it cannot be had, the cloud is asked.
pub struct Vain(PathBuf);

impl Vain {
    pub fn of(cache_dir: &Path, provider: &str) -> Self {
        Self(cache_dir.join("in-vain").join(provider))
    }

    /// Whether that was a moment ago.
    pub fn is_recent(&self) -> bool {
        let changed = std::fs::metadata(&self.0).and_then(|file| file.modified());
        changed.is_ok_and(|changed| {
            let ago = cloudhost::clock::now().duration_since(changed);
            ago.is_ok_and(|ago| ago < PAUSE)
        })
    }

    /// It was in vain now.
    pub fn note(&self) {
        if let Some(folder) = self.0.parent() {
            let _ = DirBuilder::new().recursive(true).mode(0o700).create(folder);
        }
        let touched = File::create(&self.0).and_then(|file| file.set_modified(cloudhost::clock::now()));
        if let Err(error) = touched {
            tracing::debug!(path = %self.0.display(), %error, "not noted that the cloud does not answer");
        }
    }
}
