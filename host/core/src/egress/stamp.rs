//! When a host was last asked, for the next run of the program.
//!
//! The stamp is a file's time of change: nothing is in the file, so nothing in it can be damaged. Its lock is held
//! for the moment of looking and stamping, never while waiting. A stamp is a courtesy to the cloud: where it
//! cannot be had (a cache folder that cannot be written, a clock that was set back), the request goes out.

use rustix::fs::{Mode, OFlags};
use std::fs::{DirBuilder, File, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

/// How soon to look again where another process has the lock, and how often: it has it for a moment, unless
/// it was stopped.
const POLL: Duration = Duration::from_millis(5);
const POLLS: u32 = 40;

/// The stamp of one plugin and host.
pub(super) struct Stamp {
    path: PathBuf,
    /// Times in a row that the lock was not to be had.
    busy: AtomicU32,
}

impl Stamp {
    pub(super) fn new(folder: &Path, host: &str) -> Self {
        Self {
            path: folder.join(host),
            busy: AtomicU32::new(0),
        }
    }

    /// Stamps the file, or says how long it is until that can be: at most one spacing.
    pub(super) fn claim(&self, spacing: Duration) -> Result<(), Duration> {
        match self.stamp(spacing) {
            Ok(Some(wait)) => Err(wait),
            Ok(None) => Ok(()),
            Err(error) => {
                let path = self.path.display();
                tracing::debug!("{path}: no rate is kept across runs: {error}");
                Ok(())
            }
        }
    }

    /// The request has its answer: the spacing counts from now.
    pub(super) fn renew(&self) {
        // Whoever stamps meanwhile writes the same time.
        let _ = self.open(OFlags::empty()).and_then(|file| touch(&file));
    }

    fn stamp(&self, spacing: Duration) -> io::Result<Option<Duration>> {
        let Some((file, new)) = self.open_or_make()? else {
            return Ok(Some(POLL));
        };
        match file.try_lock() {
            Ok(()) => self.busy.store(0, Ordering::Relaxed),
            Err(TryLockError::WouldBlock) => {
                let waits = self.busy.fetch_add(1, Ordering::Relaxed) < POLLS;
                return Ok(waits.then_some(POLL));
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let last = file.metadata()?.modified()?;
        if !new && let Some(wait) = wait(last, crate::clock::now(), spacing) {
            return Ok(Some(wait));
        }
        touch(&file).map(|()| None)
    }

    /// The file, and whether it is new; `None` where another process makes it just now.
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

    fn open(&self, more: OFlags) -> io::Result<File> {
        let flags = OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC | more;
        Ok(File::from(rustix::fs::open(
            &self.path,
            flags,
            Mode::RUSR | Mode::WUSR,
        )?))
    }
}

fn touch(file: &File) -> io::Result<()> {
    file.set_modified(crate::clock::now())
}

/// How long to wait because of a stamp. One of the future says nothing.
fn wait(stamp: SystemTime, now: SystemTime, spacing: Duration) -> Option<Duration> {
    let left = spacing.checked_sub(now.duration_since(stamp).ok()?)?;
    (!left.is_zero()).then_some(left)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const SPACING: Duration = Duration::from_secs(10);

    /// One process after another.
    fn claim(folder: &Path) -> Result<(), Duration> {
        Stamp::new(&folder.join("p"), "a.com").claim(SPACING)
    }

    fn file(folder: &Path) -> File {
        File::options()
            .write(true)
            .open(folder.join("p/a.com"))
            .unwrap()
    }

    fn ago(seconds: u64) -> SystemTime {
        crate::clock::now() - Duration::from_secs(seconds)
    }

    #[test]
    fn the_next_process_waits() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        assert_eq!(claim(folder), Ok(()));
        let wait = claim(folder).unwrap_err();
        assert!(wait > SPACING / 2 && wait <= SPACING, "{wait:?}");
        // Another host is another rate.
        assert_eq!(
            Stamp::new(&folder.join("p"), "b.com").claim(SPACING),
            Ok(())
        );
        file(folder).set_modified(ago(4)).unwrap();
        let wait = claim(folder).unwrap_err();
        assert!(
            wait > SPACING * 2 / 5 && wait <= SPACING * 3 / 5,
            "{wait:?}"
        );
        // Waiting does not stamp.
        file(folder).set_modified(ago(11)).unwrap();
        assert_eq!(claim(folder), Ok(()));
        assert!(claim(folder).is_err());
    }

    #[test]
    fn the_spacing_counts_from_the_answer() {
        let folder = tempfile::tempdir().unwrap();
        let stamp = Stamp::new(folder.path(), "a.com");
        assert_eq!(stamp.claim(SPACING), Ok(()));
        let file = File::options()
            .write(true)
            .open(folder.path().join("a.com"));
        file.unwrap().set_modified(ago(60)).unwrap();
        stamp.renew();
        assert!(stamp.claim(SPACING).is_err());
    }

    #[test]
    fn a_stamp_of_the_future_is_ignored() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(claim(folder.path()), Ok(()));
        let future = crate::clock::now() + Duration::from_secs(86_400);
        file(folder.path()).set_modified(future).unwrap();
        assert_eq!(claim(folder.path()), Ok(()));
        assert!(claim(folder.path()).is_err(), "and replaced");
    }

    #[rstest]
    #[case::a_folder(|path: &Path| std::fs::create_dir(path))]
    #[case::a_symlink(|path: &Path| std::os::unix::fs::symlink("/dev/null", path))]
    fn what_is_no_stamp_is_ignored(#[case] make: fn(&Path) -> io::Result<()>) {
        let folder = tempfile::tempdir().unwrap();
        make(&folder.path().join("a.com")).unwrap();
        let stamp = Stamp::new(folder.path(), "a.com");
        assert_eq!(stamp.claim(SPACING), Ok(()));
        stamp.renew();
    }

    #[test]
    fn what_is_in_the_file_is_nobodys() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.com"), b"\0damaged").unwrap();
        assert!(Stamp::new(folder.path(), "a.com").claim(SPACING).is_err());
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

    /// Whoever holds the lock and was stopped holds up nobody for long.
    #[test]
    fn a_lock_is_waited_for_in_steps_and_not_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(claim(folder.path()), Ok(()));
        let other = file(folder.path());
        other.lock().unwrap();
        let stamp = Stamp::new(&folder.path().join("p"), "a.com");
        for _ in 0..POLLS {
            assert_eq!(stamp.claim(SPACING), Err(POLL));
        }
        assert_eq!(stamp.claim(SPACING), Ok(()));
        other.unlock().unwrap();
        assert!(stamp.claim(SPACING).unwrap_err() > POLL);
    }
}
