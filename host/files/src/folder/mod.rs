//! Files in one directory, accessed only through its descriptor.
//!
//! No path leads out of the directory, neither through `..` nor through a symlink, and a symlink at the end of a path
//! is never followed. Only regular files are opened. Each change of the disk is one [`failpoint`].
//!
//! A *private* directory belongs to this user, and no other user can write it; new files in it have mode 0700 and 0600.
//! A *shared* one can belong to any user, such as a directory of generated files in a source tree; new files in it have
//! mode 0755 and 0644 less the umask, and lock files 0600.

mod change;
mod read;
#[cfg(test)]
mod tests;

pub(crate) use read::Kind;

use crate::error::FolderError;
use crate::failpoint::failpoint;
use crate::lock::{Lock, wait};
use crate::paths::in_the_way;
use cap_std::ambient_authority;
use cap_std::fs::{Dir, MetadataExt as _};
use rustix::fs::{Mode, OFlags, ResolveFlags};
use std::fs::{self, File, Permissions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

/// Suffix of the name of an incomplete file.
const UNFINISHED: &str = ".tmp";
/// Mode of a file that only its owner can open.
const PRIVATE: Mode = Mode::RUSR.union(Mode::WUSR);

/// An open directory. Paths are relative to it; an empty one is the directory itself.
#[derive(Debug)]
pub struct Folder {
    dir: Dir,
    path: PathBuf,
    private: bool,
}

/// Opening.
impl Folder {
    /// Opens the private directory at a path. It and its parents are created if they are missing. A symlink in the path
    /// is followed, because this path is the user's own choice.
    ///
    /// # Errors
    /// [`FolderError::NotOurs`], [`FolderError::Writable`], [`FolderError::InTheWay`], or the error of the operating
    /// system.
    pub fn private(path: &Path) -> Result<Self, FolderError> {
        let make = fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path);
        make.map_err(|error| no_folder("create the directory", path, error))?;
        let gone = || no_folder("open the directory", path, ErrorKind::NotFound.into());
        Self::find_private(path)?.ok_or_else(gone)
    }

    /// Opens the private directory at a path if it exists, as [`Folder::private`], and creates nothing.
    pub fn find_private(path: &Path) -> Result<Option<Self>, FolderError> {
        match Dir::open_ambient_dir(path, ambient_authority()) {
            Ok(dir) => Self::of(dir, path.to_owned(), true).map(Some),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(no_folder("open the directory", path, error)),
        }
    }

    /// Rejects a directory in which other users can replace the private directories of this one. A missing one is none.
    ///
    /// # Errors
    /// [`FolderError::NotOurs`] and [`FolderError::Writable`].
    pub fn check_closed(path: &Path) -> Result<(), FolderError> {
        let metadata = match fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(error) if missing(&error) => return Ok(()),
            Err(error) => return Err(FolderError::disk("examine", path)(error)),
        };
        let path = || path.to_owned();
        // With the sticky bit, files are renamed and removed by their owners alone.
        let (others, sticky) = (metadata.mode() & 0o022 != 0, metadata.mode() & 0o1000 != 0);
        if others && !sticky {
            return Err(FolderError::Writable { path: path() });
        }
        let (owner, user) = (metadata.uid(), rustix::process::geteuid().as_raw());
        match [user, 0].contains(&owner) {
            true => Ok(()),
            false => Err(FolderError::NotOurs {
                path: path(),
                owner,
                user,
            }),
        }
    }

    /// Opens the shared directory at a path. It and its parents are created if they are missing.
    ///
    /// A relative path is resolved below the current directory and must not leave it through symlinks. A path that is
    /// absolute or begins with `..` is used as given.
    ///
    /// # Errors
    /// [`FolderError::Escapes`], [`FolderError::InTheWay`], or the error of the operating system.
    pub fn shared(path: &Path) -> Result<Self, FolderError> {
        Self::at_shared(path, true)
    }

    /// Opens the shared directory at a path, as [`Folder::shared`], but creates nothing.
    pub fn existing_shared(path: &Path) -> Result<Self, FolderError> {
        Self::at_shared(path, false)
    }

    fn at_shared(path: &Path, make: bool) -> Result<Self, FolderError> {
        let mut parts = path
            .components()
            .filter(|part| !matches!(part, Component::CurDir));
        let current = || Dir::open_ambient_dir(".", ambient_authority());
        let opened = match parts.next() {
            None => current(),
            Some(Component::Normal(_)) => {
                current().and_then(|current| match current.open_dir(path) {
                    Err(error) if make && error.kind() == ErrorKind::NotFound => {
                        current.create_dir_all(path)?;
                        current.open_dir(path)
                    }
                    opened => opened,
                })
            }
            // The user chose this location, so symlinks in its path are the user's too.
            Some(_) => match make {
                true => fs::create_dir_all(path),
                false => Ok(()),
            }
            .and_then(|()| Dir::open_ambient_dir(path, ambient_authority())),
        };
        match opened {
            Ok(dir) => Self::of(dir, path.to_owned(), false),
            Err(error) => Err(no_folder("open the directory", path, error)),
        }
    }

    /// Opens a subdirectory if it exists. A symlink of that name is rejected.
    pub fn sub(&self, name: &str) -> Result<Option<Self>, FolderError> {
        let error = match self.open_at(name, OFlags::DIRECTORY | OFlags::RDONLY) {
            Ok(dir) => {
                return Self::of(Dir::from_std_file(dir), self.at(name), self.private).map(Some);
            }
            Err(error) => error,
        };
        match self.kind(name)? {
            Kind::Missing => Ok(None),
            Kind::Folder => Err(self.failed("open the directory", name, error)),
            kind => Err(FolderError::InTheWay {
                path: self.at(name),
                link: kind == Kind::Link,
            }),
        }
    }

    /// Opens a subdirectory, and creates it if it is missing.
    pub fn make(&self, name: &str) -> Result<Self, FolderError> {
        match self.make_dir(name) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                return Err(self.failed("create the directory", name, error));
            }
            _ => {}
        }
        let gone = || self.failed("open the directory", name, ErrorKind::NotFound.into());
        self.sub(name)?.ok_or_else(gone)
    }

    /// Checks the owner and permissions of a private directory.
    fn of(dir: Dir, path: PathBuf, private: bool) -> Result<Self, FolderError> {
        if private {
            let metadata = dir.dir_metadata();
            let metadata = metadata.map_err(FolderError::disk("examine", &path))?;
            let (owner, user) = (metadata.uid(), rustix::process::geteuid().as_raw());
            if metadata.mode() & 0o022 != 0 {
                return Err(FolderError::Writable { path });
            }
            if owner != user {
                return Err(FolderError::NotOurs { path, owner, user });
            }
        }
        Ok(Self { dir, path, private })
    }

    /// Path by which the directory was opened.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Path of a file or subdirectory, for messages.
    #[must_use]
    pub fn at(&self, path: &str) -> PathBuf {
        match path {
            "" => self.path.clone(),
            path => self.path.join(path),
        }
    }

    /// Inode of the directory.
    pub(crate) fn inode(&self) -> Result<u64, FolderError> {
        let metadata = self.dir.dir_metadata();
        Ok(metadata
            .map_err(|error| self.failed("examine", "", error))?
            .ino())
    }

    /// Opens a path without following a symlink at its end, and without waiting for the other end of a pipe. Its
    /// parents can be symlinks to other directories inside.
    fn open_at(&self, path: &str, flags: OFlags) -> io::Result<File> {
        let mode = match self.private {
            true => PRIVATE,
            false => PRIVATE | Mode::RGRP | Mode::ROTH,
        };
        self.open_with(path, flags, mode)
    }

    /// Opens a path as [`Self::open_at`]; a new file gets this mode.
    fn open_with(&self, path: &str, flags: OFlags, mode: Mode) -> io::Result<File> {
        let flags = flags | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let fd = match path.rsplit_once('/') {
            None => rustix::fs::openat(&self.dir, path, flags, mode),
            // One call where the kernel has it (Linux 5.6). The two calls tell errors apart.
            Some((above, name)) => match beneath(&self.dir, path, flags, mode) {
                Ok(fd) => Ok(fd),
                Err(_) => rustix::fs::openat(self.dir.open_dir(above)?, name, flags, mode),
            },
        };
        Ok(File::from(fd?))
    }

    /// Builds the error of a failed action on a path.
    fn failed(&self, action: &'static str, path: &str, source: io::Error) -> FolderError {
        if escapes(&source) {
            return FolderError::Escapes {
                path: self.at(self.link_out(path)),
                folder: false,
            };
        }
        FolderError::disk(action, self.at(path))(source)
    }

    /// Finds the first part of a path that leads out of the directory: the link itself, not its target.
    fn link_out<'p>(&self, path: &'p str) -> &'p str {
        let ends = path.match_indices('/').map(|(end, _)| end);
        ends.chain([path.len()])
            .filter_map(|end| path.get(..end))
            .find(|part| self.dir.metadata(part).is_err_and(|error| escapes(&error)))
            .unwrap_or(path)
    }
}

/// Opens a path whose parents stay in this directory.
fn beneath(dir: &Dir, path: &str, flags: OFlags, mode: Mode) -> rustix::io::Result<OwnedFd> {
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
    let mode = match flags.contains(OFlags::CREATE) {
        true => mode,
        false => Mode::empty(),
    };
    rustix::fs::openat2(dir, path, flags, mode, resolve)
}

/// Locks.
impl Folder {
    /// Takes the lock of a dedicated file, which is created if it is missing; `None` while another process holds it.
    /// No other user can open the file: whoever can read a file can lock it.
    ///
    /// # Errors
    /// [`FolderError::NotAFile`], or the error of the operating system.
    pub fn try_lock(&self, name: &str) -> Result<Option<Lock>, FolderError> {
        let open = || self.open_with(name, OFlags::RDWR | OFlags::CREATE, PRIVATE);
        let file = match failpoint().and_then(|()| open()) {
            Ok(file) => file,
            // Another process is removing this directory.
            Err(error) if self.private && error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.refused("lock", name, error)),
        };
        let metadata = file.metadata();
        let metadata = metadata.map_err(|error| self.failed("lock", name, error))?;
        if !metadata.is_file() {
            return Err(FolderError::NotAFile {
                path: self.at(name),
            });
        }
        if metadata.mode() & 0o077 != 0 {
            // Only its owner can do this. Someone who opened it before can still hold it.
            let _ = file.set_permissions(Permissions::from_mode(0o600));
        }
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(self.failed("lock", name, error)),
        }
        // Another process may have removed the file between open and lock. Then this lock excludes no other process.
        let same = match self.dir.symlink_metadata(name) {
            Ok(named) => (named.dev(), named.ino()) == (metadata.dev(), metadata.ino()),
            Err(error) if missing(&error) => false,
            Err(error) => return Err(self.failed("lock", name, error)),
        };
        Ok(same.then_some(Lock(file)))
    }

    /// Waits for the lock of a file, until the timeout.
    ///
    /// # Errors
    /// [`FolderError::Busy`], and as [`Folder::try_lock`].
    pub fn lock(&self, name: &str, patience: Duration) -> Result<Lock, FolderError> {
        wait(&self.at(name), patience, || self.try_lock(name))
    }
}

/// Builds the error of a directory that cannot be opened, mostly because something else has its path.
fn no_folder(action: &'static str, path: &Path, error: io::Error) -> FolderError {
    if escapes(&error) {
        return FolderError::Escapes {
            path: path.to_owned(),
            folder: true,
        };
    }
    match in_the_way(path) {
        Some(path) => FolderError::InTheWay {
            link: path.is_symlink(),
            path,
        },
        None => FolderError::disk(action, path)(error),
    }
}

/// Detects cap-std's own error: those of the operating system have a code.
fn escapes(error: &io::Error) -> bool {
    error.kind() == ErrorKind::PermissionDenied && error.raw_os_error().is_none()
}

/// Detects the error for a missing path.
fn missing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// Returns the final name of an incomplete file.
#[must_use]
pub fn unfinished(name: &str) -> Option<&str> {
    name.strip_suffix(UNFINISHED)
}
