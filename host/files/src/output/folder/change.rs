//! Changing files. Each change is one [`step`].

use std::fs;
use std::io::{self, Write};

use cap_std::fs::{OpenOptions, OpenOptionsExt};
use rustix::fs::OFlags;

use super::{ErrorKind, Folder, Kind, OutputError, missing, shown};
use crate::failpoint::failpoint;

/// Mode of new files, less what the umask takes away.
const MODE: u32 = 0o644;

impl Folder {
    /// The lock file, created where missing. A pipe of that name is refused and not waited for.
    pub(in crate::output) fn open_lock(&self, path: &str) -> Result<fs::File, OutputError> {
        let mut options = OpenOptions::new();
        options
            .create(true)
            .write(true)
            .mode(MODE)
            .custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed());
        let open = || {
            failpoint()?;
            let file = self.dir.open_with(path, &options)?.into_std();
            Ok(file.metadata()?.is_file().then_some(file))
        };
        let strange = |kind| !matches!(kind, Kind::Missing | Kind::File(_));
        match open() {
            Ok(Some(file)) => Ok(file),
            Err(error) if !self.kind(path).is_ok_and(strange) => {
                Err(self.failed("open", path, error))
            }
            _ => Err(OutputError::NotAFile {
                path: shown(&self.path, path),
            }),
        }
    }

    /// A new file. With `flush` its content is on the disk when this returns.
    pub(in crate::output) fn write(
        &self,
        path: &str,
        content: &[u8],
        flush: bool,
    ) -> Result<(), OutputError> {
        let mut options = OpenOptions::new();
        options.create_new(true).write(true).mode(MODE);
        let write = || {
            failpoint()?;
            let mut file = self.dir.open_with(path, &options)?;
            failpoint()?;
            file.write_all(content)?;
            if flush {
                failpoint()?;
                file.sync_all()?;
            }
            Ok(())
        };
        write().map_err(|error| self.failed("write", path, error))
    }

    /// Brings everything on the folder's file system to the disk.
    pub(in crate::output) fn flush_all(&self) -> Result<(), OutputError> {
        let flush = || {
            failpoint()?;
            let folder = self.dir.open(".")?;
            #[cfg(target_os = "linux")]
            rustix::fs::syncfs(folder)?;
            #[cfg(not(target_os = "linux"))]
            folder.sync_all()?;
            Ok(())
        };
        flush().map_err(|error| self.failed("write", "", error))
    }

    /// Brings the names in a folder to the disk. Some file systems cannot, and some need not.
    pub(in crate::output) fn flush_names(&self, path: &str) -> Result<(), OutputError> {
        let folder = if path.is_empty() { "." } else { path };
        let flushed = failpoint().and_then(|()| self.dir.open(folder)?.into_std().sync_all());
        match flushed {
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::InvalidInput | ErrorKind::Unsupported
                ) =>
            {
                Ok(())
            }
            other => other.map_err(|error| self.failed("write", path, error)),
        }
    }

    /// Replaces whatever file is at `to`. Nothing happens if both are the same file.
    pub(in crate::output) fn rename(&self, from: &str, to: &str) -> Result<(), OutputError> {
        failpoint()
            .and_then(|()| self.dir.rename(from, &self.dir, to))
            .map_err(|error| self.failed("replace", to, error))
    }

    /// A second name `to` for the file (or link) `from`; a copy of the same age where the file system has no
    /// second names or does not let this user make one.
    pub(in crate::output) fn keep(&self, from: &str, to: &str) -> Result<(), OutputError> {
        failpoint()
            .and_then(|()| {
                self.dir
                    .hard_link(from, &self.dir, to)
                    .or_else(|_| self.copy(from, to))
            })
            .map_err(|error| self.failed("keep a copy of", from, error))
    }

    fn copy(&self, from: &str, to: &str) -> io::Result<()> {
        if self.dir.symlink_metadata(from)?.is_symlink() {
            return self.dir.symlink(self.dir.read_link_contents(from)?, to);
        }
        let changed = self.dir.metadata(from)?.modified()?.into_std();
        self.dir.copy(from, &self.dir, to)?;
        let copy = self
            .dir
            .open_with(to, OpenOptions::new().write(true))?
            .into_std();
        copy.set_modified(changed)?;
        copy.sync_all()
    }

    /// Removes a file; nothing happens if there is none.
    pub(in crate::output) fn remove(&self, path: &str) -> Result<(), OutputError> {
        match failpoint().and_then(|()| self.dir.remove_file(path)) {
            Err(error) if missing(&error) => Ok(()),
            other => other.map_err(|error| self.failed("remove", path, error)),
        }
    }

    /// Creates a folder; nothing happens if there is one.
    pub(in crate::output) fn create_folder(&self, path: &str) -> Result<(), OutputError> {
        match failpoint().and_then(|()| self.dir.create_dir(path)) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists && self.dir.is_dir(path) => {
                Ok(())
            }
            other => other.map_err(|error| self.failed("create", path, error)),
        }
    }

    /// Removes a folder if it is there and empty.
    pub(in crate::output) fn remove_empty_folder(&self, path: &str) -> Result<(), OutputError> {
        match failpoint().and_then(|()| self.dir.remove_dir(path)) {
            Err(error) if missing(&error) || error.kind() == ErrorKind::DirectoryNotEmpty => Ok(()),
            other => other.map_err(|error| self.failed("remove", path, error)),
        }
    }

    /// Removes a folder with all that it holds; nothing happens if there is none.
    pub(in crate::output) fn remove_tree(&self, path: &str) -> Result<(), OutputError> {
        match failpoint().and_then(|()| self.dir.remove_dir_all(path)) {
            Err(error) if missing(&error) => Ok(()),
            other => other.map_err(|error| self.failed("remove", path, error)),
        }
    }
}
