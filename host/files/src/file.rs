//! Single files by path: opened without blocking, private to this user, or replaced atomically.

use crate::failpoint::failpoint;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use std::fs::{DirBuilder, File, Metadata, Permissions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Prefix of the names of incomplete files.
const UNFINISHED: &str = ".cloudhost-";
/// Bytes of one write: a larger file is written in several steps.
pub(crate) const CHUNK: usize = 64 * 1024;

/// A file is rejected.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The operating system returned an error.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is a directory, a pipe, a device or a socket.
    #[error("it is not a regular file")]
    NotRegular,
    /// It belongs to another user, or other users can write it.
    #[error("it is writable by other users")]
    NotPrivate,
}

impl From<FileError> for io::Error {
    fn from(error: FileError) -> Self {
        match error {
            FileError::Io(error) => error,
            other => io::Error::other(other),
        }
    }
}

/// Opens a file for reading; `None` if it does not exist. A pipe or terminal does not block: reading fails if there is
/// nothing to read. Symlinks are followed: the path is the user's own.
pub fn open_nonblocking(path: &Path) -> io::Result<Option<File>> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(fd) => Ok(Some(File::from(fd))),
        Err(Errno::NOENT | Errno::NOTDIR) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Opens a regular file for reading. Symlinks are followed, pipes are rejected without waiting for a writer.
///
/// # Errors
/// [`FileError::NotRegular`], or the error of the operating system.
pub fn open_regular(path: &Path) -> Result<File, FileError> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    regular(open(path, flags)?)
}

/// Reads a regular file, but at most `max` bytes and one more, which reveals that it is larger.
pub fn read_regular(path: &Path, max: u64) -> io::Result<Vec<u8>> {
    read_within(open_regular(path)?, max)
}

/// Opens a regular file of this user that no other user can write. A symlink is not followed.
///
/// # Errors
/// [`FileError::NotRegular`], [`FileError::NotPrivate`], or the error of the operating system.
pub fn open_private(path: &Path) -> Result<File, FileError> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    private(open(path, flags)?)
}

/// Reads a file as [`open_private`] opens it, but at most `max` bytes and one more.
pub fn read_private(path: &Path, max: u64) -> io::Result<Vec<u8>> {
    read_within(open_private(path)?, max)
}

/// Opens a private file for appending, and creates a missing one with mode 0600. A symlink is not followed.
pub fn append_private(path: &Path) -> Result<File, FileError> {
    failpoint()?;
    let flags = OFlags::WRONLY
        | OFlags::APPEND
        | OFlags::CREATE
        | OFlags::NOFOLLOW
        | OFlags::NONBLOCK
        | OFlags::CLOEXEC;
    private(open(path, flags)?)
}

/// Replaces a file atomically by one with mode 0600. A missing directory is created (mode 0700). A symlink stays one:
/// its target is replaced.
///
/// # Errors
/// The error of the operating system; the file is then unchanged.
pub fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let path = match path.canonicalize() {
        Err(error) if error.kind() == ErrorKind::NotFound => path.to_owned(),
        real => real?,
    };
    failpoint()?;
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder_of(&path))?;
    let mut draft = Draft::private(&path)?;
    draft.write(bytes)?;
    draft.commit()
}

/// Returns true if a file or directory belongs to this user, neither group nor others can write it, and it is no
/// symlink.
pub fn is_private(metadata: &Metadata) -> bool {
    !metadata.is_symlink()
        && metadata.uid() == rustix::process::geteuid().as_raw()
        && metadata.mode() & 0o022 == 0
}

/// Returns an open file if it is a regular one.
///
/// # Errors
/// [`FileError::NotRegular`], or the error of the operating system.
pub fn regular(file: File) -> Result<File, FileError> {
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(FileError::NotRegular),
    }
}

fn private(file: File) -> Result<File, FileError> {
    let file = regular(file)?;
    match is_private(&file.metadata()?) {
        true => Ok(file),
        false => Err(FileError::NotPrivate),
    }
}

/// Opens a file; a new one gets mode 0600.
fn open(path: &Path, flags: OFlags) -> io::Result<File> {
    let mode = Mode::RUSR | Mode::WUSR;
    Ok(File::from(rustix::fs::open(path, flags, mode)?))
}

/// Reads a file from its current position, but at most `max` bytes and one more, which reveals that it is larger.
pub fn read_within(file: File, max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(max.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Directory that contains a file.
fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// A file that is written under a temporary hidden name, and renamed when it is complete. Dropping it earlier removes
/// it.
#[derive(Debug)]
pub struct Draft {
    path: PathBuf,
    file: NamedTempFile,
}

impl Draft {
    /// Creates a file with mode 0600.
    pub fn private(path: &Path) -> io::Result<Self> {
        Self::with_mode(path, 0o600)
    }

    /// Creates a file with the mode of any new file: 0666 less the umask.
    pub fn public(path: &Path) -> io::Result<Self> {
        Self::with_mode(path, 0o666)
    }

    fn with_mode(path: &Path, mode: u32) -> io::Result<Self> {
        failpoint()?;
        let file = tempfile::Builder::new()
            .prefix(UNFINISHED)
            .permissions(Permissions::from_mode(mode))
            .tempfile_in(folder_of(path))?;
        Ok(Self {
            path: path.to_owned(),
            file,
        })
    }

    /// Final path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The open file.
    pub fn file(&self) -> &File {
        self.file.as_file()
    }

    /// Appends some bytes.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        for part in bytes.chunks(CHUNK) {
            failpoint()?;
            self.file.write_all(part)?;
        }
        Ok(())
    }

    /// Syncs the file, renames it, and syncs the directory.
    pub fn commit(self) -> io::Result<()> {
        failpoint()?;
        self.file.as_file().sync_all()?;
        let folder = folder_of(&self.path).to_owned();
        self.commit_unsynced()?;
        failpoint()?;
        File::open(folder)?.sync_all()
    }

    /// Renames the file without syncing it. After a power failure its content may be missing: for caches that check it.
    pub fn commit_unsynced(self) -> io::Result<()> {
        failpoint()?;
        self.file.persist(&self.path)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::process::Command;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    /// Directory with a regular file, a link to it, a pipe, a directory, and a file that others can write.
    fn samples() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        for (name, mode) in [
            ("file", 0o600),
            ("readable", 0o644),
            ("group", 0o620),
            ("others", 0o602),
        ] {
            fs::write(at(name), "text").unwrap();
            fs::set_permissions(at(name), Permissions::from_mode(mode)).unwrap();
        }
        fs::create_dir(at("folder")).unwrap();
        symlink("file", at("link")).unwrap();
        symlink("pipe", at("link-to-pipe")).unwrap();
        let made = Command::new("mkfifo").arg(at("pipe")).status();
        assert!(made.unwrap().success());
        root
    }

    /// A pipe without a writer: opening would block forever.
    #[rstest]
    #[case("file", Ok(()), Ok(()), Ok(()))]
    #[case("readable", Ok(()), Ok(()), Ok(()))]
    #[case("group", Ok(()), Err("writable by other users"), Err("writable by other users"))]
    #[case("others", Ok(()), Err("writable by other users"), Err("writable by other users"))]
    #[case("link", Ok(()), Err("symbolic links"), Err("symbolic links"))]
    #[case(
        "link-to-pipe",
        Err("not a regular"),
        Err("symbolic links"),
        Err("symbolic links")
    )]
    #[case(
        "pipe",
        Err("not a regular"),
        Err("not a regular"),
        Err("No such device")
    )]
    #[case(
        "folder",
        Err("not a regular"),
        Err("not a regular"),
        Err("Is a directory")
    )]
    #[case("nothing", Err("No such file"), Err("No such file"), Ok(()))]
    fn what_is_opened(
        #[case] name: &str,
        #[case] read: Result<(), &str>,
        #[case] private: Result<(), &str>,
        #[case] append: Result<(), &str>,
    ) {
        let root = samples();
        let path = root.path().join(name);
        for (outcome, expected) in [
            (open_regular(&path), read),
            (open_private(&path), private),
            (append_private(&path), append),
        ] {
            match (outcome, expected) {
                (Ok(_), Ok(())) => {}
                (Err(error), Err(part)) if error.to_string().contains(part) => {}
                (outcome, expected) => panic!("{name}: {outcome:?} and not {expected:?}"),
            }
        }
    }

    #[test]
    fn nothing_is_waited_for() {
        let root = samples();
        let at = |name: &str| root.path().join(name);
        assert!(open_nonblocking(&at("nothing")).unwrap().is_none());
        assert!(open_nonblocking(&at("file/below")).unwrap().is_none());
        for name in ["file", "link", "pipe", "link-to-pipe"] {
            assert!(open_nonblocking(&at(name)).unwrap().is_some(), "{name}");
        }
    }

    #[test]
    fn a_large_file_shows() {
        let root = samples();
        let file = root.path().join("file");
        assert_eq!(read_regular(&file, 4).unwrap(), b"text");
        assert_eq!(read_regular(&file, 2).unwrap(), b"tex");
        assert_eq!(read_private(&file, u64::MAX).unwrap(), b"text");
    }

    #[test]
    fn what_is_appended_is_private() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("log");
        for line in ["a\n", "b\n"] {
            append_private(&path)
                .unwrap()
                .write_all(line.as_bytes())
                .unwrap();
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "a\nb\n");
        assert_eq!(mode(&path), 0o600);
    }

    #[test]
    fn a_private_file_is_replaced() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("not/there/file");
        write_private(&path, b"first").unwrap();
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        let link = root.path().join("link");
        symlink(&path, &link).unwrap();
        write_private(&link, b"second").unwrap();
        assert!(link.is_symlink());
        assert_eq!(
            (fs::read(&path).unwrap(), mode(&path)),
            (b"second".to_vec(), 0o600)
        );
    }

    #[test]
    fn a_public_file_has_the_mode_of_any_other() {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        fs::write(at("plain"), "").unwrap();
        Draft::public(&at("public")).unwrap().commit().unwrap();
        assert_eq!(mode(&at("public")), mode(&at("plain")));
    }

    #[cfg(feature = "failpoints")]
    mod failing {
        use super::*;
        use crate::failpoint::{Injected, set, taken};

        /// Large enough for more than one chunk.
        fn new() -> Vec<u8> {
            vec![b'n'; CHUNK + 1]
        }

        /// The number of failpoints of a write in which nothing goes wrong.
        fn steps() -> usize {
            let root = tempfile::tempdir().unwrap();
            set(Injected::None);
            write_private(&root.path().join("file"), &new()).unwrap();
            taken()
        }

        /// A write that fails at any step leaves the old file or the new one, complete, and no other file.
        #[test]
        fn a_write_is_all_or_nothing() {
            let mut replaced = 0;
            for step in 0..steps() {
                let root = tempfile::tempdir().unwrap();
                let path = root.path().join("file");
                write_private(&path, b"old").unwrap();
                set(Injected::FailsAt(step));
                write_private(&path, &new()).unwrap_err();
                set(Injected::None);
                let now = fs::read(&path).unwrap();
                assert!(now == b"old" || now == new(), "failed at {step}");
                replaced += usize::from(now == new());
                assert_eq!(
                    fs::read_dir(root.path()).unwrap().count(),
                    1,
                    "failed at {step}"
                );
            }
            // Only the sync of the name comes after.
            assert_eq!((steps(), replaced), (7, 1));
        }

        #[test]
        #[ignore = "run by another test, in a process of its own"]
        fn child_is_killed() {
            let number = std::env::var("CLOUDHOST_TEST_STEP")
                .unwrap()
                .parse()
                .unwrap();
            set(Injected::KilledAt(number));
            write_private(Path::new("file"), &new()).unwrap();
        }

        #[test]
        fn a_killed_write_is_all_or_nothing() {
            use std::os::unix::process::ExitStatusExt as _;
            for step in 0..steps() {
                let root = tempfile::tempdir().unwrap();
                let path = root.path().join("file");
                write_private(&path, b"old").unwrap();
                let child = Command::new(std::env::current_exe().unwrap())
                    .args(["--exact", "file::tests::failing::child_is_killed"])
                    .args(["--ignored", "--test-threads=1"])
                    .env("CLOUDHOST_TEST_STEP", step.to_string())
                    .current_dir(root.path())
                    .output()
                    .unwrap();
                assert_eq!(child.status.signal(), Some(9), "{child:?}");
                let now = fs::read(&path).unwrap();
                assert!(now == b"old" || now == new(), "killed at {step}");
                assert_eq!(mode(&path), 0o600);
            }
        }
    }
}
