//! A timestamp that processes share: the last request to a host, or the last time one of them gave up on it.
//!
//! It is the modification time of a file. The file is empty, so it cannot be corrupt. Its lock is held only to read and
//! write the time, never while waiting. The rate is a courtesy to the server: if the file is unusable (a read-only
//! cache directory, a clock that was set back), the request is sent.

use crate::lock::Wait;
use rustix::fs::{Mode, OFlags};
use std::fs::{DirBuilder, File, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// Timeout for a process that holds the lock. It holds it for a moment, unless it was stopped.
const PATIENCE: Duration = Duration::from_millis(200);
/// Pause while another process creates the file.
const SOON: Duration = Duration::from_millis(5);

/// The timestamp of one file.
#[derive(Debug)]
pub struct SharedRate {
    path: PathBuf,
    clock: fn() -> SystemTime,
    /// Wait for the lock of another process.
    busy: Mutex<Option<Wait>>,
}

impl SharedRate {
    /// Uses the file at a path. It is created on first use, with its directory.
    #[must_use]
    pub fn new(path: PathBuf, clock: fn() -> SystemTime) -> Self {
        Self {
            path,
            clock,
            busy: Mutex::new(None),
        }
    }

    /// Takes a slot now, or returns the time until the next one: at most one spacing. So many as `burst` can be taken at
    /// once, after a pause; the file then has a timestamp ahead of the clock.
    ///
    /// # Errors
    /// The time to wait.
    pub fn claim(&self, spacing: Duration, burst: u32) -> Result<(), Duration> {
        match self.try_claim(spacing, burst) {
            Ok(Some(wait)) => Err(wait),
            Ok(None) => Ok(()),
            Err(error) => {
                let path = self.path.display();
                tracing::debug!("{path}: the rate limit is not shared between runs: {error}");
                Ok(())
            }
        }
    }

    /// Sets the timestamp to now. A concurrent process writes the same time.
    pub fn set(&self) -> io::Result<()> {
        match self.open_or_make()? {
            Some((file, _)) => self.touch(&file),
            None => Ok(()),
        }
    }

    /// Returns true if the timestamp is less than `spacing` ago.
    #[must_use]
    pub fn is_within(&self, spacing: Duration) -> bool {
        let last = self
            .path
            .symlink_metadata()
            .and_then(|file| file.modified());
        last.is_ok_and(|last| left(last, (self.clock)(), spacing).is_some())
    }

    fn try_claim(&self, spacing: Duration, burst: u32) -> io::Result<Option<Duration>> {
        let Some((file, new)) = self.open_or_make()? else {
            return Ok(Some(SOON));
        };
        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        match file.try_lock() {
            Ok(()) => *busy = None,
            Err(TryLockError::WouldBlock) => {
                let busy = busy.get_or_insert_with(|| Wait::at_most(PATIENCE));
                return Ok(busy.pause(&self.path).ok());
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let (last, now) = (file.metadata()?.modified()?, (self.clock)());
        let ahead = spacing * burst.saturating_sub(1);
        // A timestamp further ahead is of a clock that was set back.
        if !new && last <= now + ahead {
            let latest = now + ahead;
            if let Some(wait) = left(last, latest, spacing) {
                return Ok(Some(wait));
            }
            file.set_modified((last + spacing).max(now))?;
            return Ok(None);
        }
        self.touch(&file).map(|()| None)
    }

    /// Opens the file, and returns true if it is new; `None` while another process creates it.
    fn open_or_make(&self) -> io::Result<Option<(File, bool)>> {
        match self.open(OFlags::empty()) {
            Ok(file) => return Ok(Some((file, false))),
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            Err(_) => {}
        }
        if let Some(folder) = self.path.parent() {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(folder)?;
        }
        match self.open(OFlags::CREATE | OFlags::EXCL) {
            Ok(file) => Ok(Some((file, true))),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn touch(&self, file: &File) -> io::Result<()> {
        file.set_modified((self.clock)())
    }

    fn open(&self, more: OFlags) -> io::Result<File> {
        let flags = OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC | more;
        let mode = Mode::RUSR | Mode::WUSR;
        Ok(File::from(rustix::fs::open(&self.path, flags, mode)?))
    }
}

/// Remaining time of a spacing. A timestamp in the future is ignored.
fn left(last: SystemTime, now: SystemTime, spacing: Duration) -> Option<Duration> {
    let left = spacing.checked_sub(now.duration_since(last).ok()?)?;
    (!left.is_zero()).then_some(left)
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)]
mod tests {
    use super::*;
    use rstest::rstest;
    use std::path::Path;
    use std::time::Instant;

    const SPACING: Duration = Duration::from_secs(10);

    fn rate(folder: &Path, host: &str) -> SharedRate {
        SharedRate::new(folder.join(host), SystemTime::now)
    }

    /// One process after another.
    fn claim(folder: &Path) -> Result<(), Duration> {
        rate(&folder.join("p"), "a.com").claim(SPACING, 1)
    }

    fn file(folder: &Path) -> File {
        File::options()
            .write(true)
            .open(folder.join("p/a.com"))
            .unwrap()
    }

    fn ago(seconds: u64) -> SystemTime {
        SystemTime::now() - Duration::from_secs(seconds)
    }

    #[test]
    fn the_next_process_waits() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        assert_eq!(claim(folder), Ok(()));
        let wait = claim(folder).unwrap_err();
        assert!(wait > SPACING / 2 && wait <= SPACING, "{wait:?}");
        // Another host is another rate.
        assert_eq!(rate(&folder.join("p"), "b.com").claim(SPACING, 1), Ok(()));
        file(folder).set_modified(ago(4)).unwrap();
        let wait = claim(folder).unwrap_err();
        assert!(
            wait > SPACING * 2 / 5 && wait <= SPACING * 3 / 5,
            "{wait:?}"
        );
        // Waiting does not change the timestamp.
        file(folder).set_modified(ago(11)).unwrap();
        assert_eq!(claim(folder), Ok(()));
        assert!(claim(folder).is_err());
    }

    #[test]
    fn a_burst_and_then_the_spacing() {
        let folder = tempfile::tempdir().unwrap();
        let rate = rate(folder.path(), "a.com");
        for _ in 0..3 {
            assert_eq!(rate.claim(SPACING, 3), Ok(()));
        }
        let wait = rate.claim(SPACING, 3).unwrap_err();
        assert!(wait > SPACING / 2 && wait <= SPACING, "{wait:?}");
        let file = File::options()
            .write(true)
            .open(folder.path().join("a.com"))
            .unwrap();
        file.set_modified(ago(10)).unwrap();
        assert_eq!(rate.claim(SPACING, 3), Ok(()));
    }

    #[test]
    fn the_spacing_counts_from_the_answer() {
        let folder = tempfile::tempdir().unwrap();
        let rate = rate(folder.path(), "a.com");
        assert_eq!(rate.claim(SPACING, 1), Ok(()));
        let file = File::options()
            .write(true)
            .open(folder.path().join("a.com"));
        file.unwrap().set_modified(ago(60)).unwrap();
        assert!(!rate.is_within(SPACING));
        rate.set().unwrap();
        assert!(rate.is_within(SPACING));
        assert!(rate.claim(SPACING, 1).is_err());
    }

    #[test]
    fn a_moment_in_the_future_is_ignored() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(claim(folder.path()), Ok(()));
        let future = SystemTime::now() + Duration::from_secs(86_400);
        file(folder.path()).set_modified(future).unwrap();
        assert!(!rate(&folder.path().join("p"), "a.com").is_within(SPACING));
        assert_eq!(claim(folder.path()), Ok(()));
        assert!(claim(folder.path()).is_err(), "and replaced");
    }

    #[rstest]
    #[case::a_folder(|path: &Path| std::fs::create_dir(path))]
    #[case::a_symlink(|path: &Path| std::os::unix::fs::symlink("/dev/null", path))]
    fn what_is_no_file_is_ignored(#[case] make: fn(&Path) -> io::Result<()>) {
        let folder = tempfile::tempdir().unwrap();
        make(&folder.path().join("a.com")).unwrap();
        let rate = rate(folder.path(), "a.com");
        assert_eq!(rate.claim(SPACING, 1), Ok(()));
        assert!(rate.set().is_err());
    }

    #[test]
    fn the_content_of_the_file_is_ignored() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.com"), b"\0damaged").unwrap();
        assert!(rate(folder.path(), "a.com").claim(SPACING, 1).is_err());
        assert_eq!(
            std::fs::read(folder.path().join("a.com")).unwrap(),
            b"\0damaged"
        );
    }

    #[test]
    fn no_folder_can_be_made() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("p"), "").unwrap();
        assert_eq!(claim(folder.path()), Ok(()));
        assert_eq!(claim(folder.path()), Ok(()));
    }

    /// A stopped process that holds the lock does not delay others for long.
    #[test]
    fn a_lock_is_waited_for_in_steps_and_not_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(claim(folder.path()), Ok(()));
        let other = file(folder.path());
        other.lock().unwrap();
        let rate = rate(&folder.path().join("p"), "a.com");
        let start = Instant::now();
        while let Err(pause) = rate.claim(SPACING, 1) {
            assert!(pause < PATIENCE, "{pause:?}");
            std::thread::sleep(pause);
        }
        assert!(start.elapsed() >= PATIENCE);
        assert_eq!(rate.claim(SPACING, 1), Ok(()), "nor each time again");
        other.unlock().unwrap();
        assert!(rate.claim(SPACING, 1).unwrap_err() > PATIENCE);
    }
}
