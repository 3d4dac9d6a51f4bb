//! Changes of files. Each change is one [`failpoint`].

use super::{Folder, UNFINISHED, missing};
use crate::error::FolderError;
use crate::failpoint::failpoint;
use crate::file::CHUNK;
use cap_std::fs::{DirBuilder, DirBuilderExt as _, OpenOptions};
use rustix::fs::OFlags;
use std::io::{self, ErrorKind, Write as _};

/// Writing.
impl Folder {
    /// Writes a complete file to the disk, and then renames it. The caller holds the lock.
    ///
    /// # Errors
    /// The error of the operating system; the previous file then still exists.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), FolderError> {
        let unfinished = format!("{name}{UNFINISHED}");
        let write = || {
            self.remove(&unfinished)?;
            self.create(&unfinished, bytes, true)?;
            self.rename(&unfinished, name)
        };
        write().map_err(|error| {
            let _ = self.remove(&unfinished);
            match error {
                FolderError::Disk { source, .. } => self.failed("write", name, source),
                other => other,
            }
        })
    }

    /// Writes a new file. With `flush` its content is on disk when this returns.
    pub(crate) fn create(&self, path: &str, bytes: &[u8], flush: bool) -> Result<(), FolderError> {
        let write = || {
            failpoint()?;
            let mut file = self.open_at(path, OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL)?;
            for part in bytes.chunks(CHUNK) {
                failpoint()?;
                file.write_all(part)?;
            }
            if flush {
                failpoint()?;
                file.sync_all()?;
            }
            Ok(())
        };
        write().map_err(|error| self.failed("write", path, error))
    }

    /// Renames a file; an existing one of the new name is replaced. Nothing happens if both are the same file.
    pub fn rename(&self, from: &str, to: &str) -> Result<(), FolderError> {
        failpoint()
            .and_then(|()| self.dir.rename(from, &self.dir, to))
            .map_err(|error| self.failed("replace", to, error))
    }

    /// Removes a file and returns its size; `None` if it does not exist.
    pub fn remove(&self, path: &str) -> Result<Option<u64>, FolderError> {
        let Some(size) = self.size(path)? else {
            return Ok(None);
        };
        match failpoint().and_then(|()| self.dir.remove_file(path)) {
            Ok(()) => Ok(Some(size)),
            Err(error) if missing(&error) => Ok(None),
            Err(error) => Err(self.failed("remove", path, error)),
        }
    }

    /// Creates a hard link of a file (or link); a copy of the same age if the file system has no hard links or does not
    /// allow this user to create one.
    pub(crate) fn keep(&self, from: &str, to: &str) -> Result<(), FolderError> {
        failpoint()
            .and_then(|()| {
                self.dir
                    .hard_link(from, &self.dir, to)
                    .or_else(|_| self.copy(from, to))
            })
            .map_err(|error| self.failed("copy", from, error))
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

    /// Creates a directory; an existing one stays.
    pub(crate) fn make_folder(&self, path: &str) -> Result<(), FolderError> {
        match self.make_dir(path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists && self.dir.is_dir(path) => {
                Ok(())
            }
            other => other.map_err(|error| self.failed("create the directory", path, error)),
        }
    }

    pub(super) fn make_dir(&self, path: &str) -> io::Result<()> {
        let mut folder = DirBuilder::new();
        folder.mode(if self.private { 0o700 } else { 0o777 });
        failpoint().and_then(|()| self.dir.create_dir_with(path, &folder))
    }

    /// Removes a subdirectory if it exists and is empty.
    pub fn remove_empty(&self, path: &str) -> Result<(), FolderError> {
        match failpoint().and_then(|()| self.dir.remove_dir(path)) {
            Err(error) if missing(&error) || error.kind() == ErrorKind::DirectoryNotEmpty => Ok(()),
            other => other.map_err(|error| self.failed("remove", path, error)),
        }
    }

    /// Removes a directory with its content; nothing happens if there is none.
    pub(crate) fn remove_tree(&self, path: &str) -> Result<(), FolderError> {
        match failpoint().and_then(|()| self.dir.remove_dir_all(path)) {
            Err(error) if missing(&error) => Ok(()),
            other => other.map_err(|error| self.failed("remove", path, error)),
        }
    }

    /// Syncs the names in a directory; an empty path is this one. Some file systems do not support it, and do not need
    /// it.
    pub fn sync(&self, path: &str) -> Result<(), FolderError> {
        let folder = if path.is_empty() { "." } else { path };
        match failpoint().and_then(|()| self.dir.open(folder)?.into_std().sync_all()) {
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::InvalidInput | ErrorKind::Unsupported
                ) =>
            {
                Ok(())
            }
            other => other.map_err(|error| self.failed("write the directory", path, error)),
        }
    }

    /// Syncs the directory's file system.
    pub(crate) fn sync_all(&self) -> Result<(), FolderError> {
        let sync = || {
            failpoint()?;
            let folder = self.dir.open(".")?;
            #[cfg(target_os = "linux")]
            rustix::fs::syncfs(folder)?;
            #[cfg(not(target_os = "linux"))]
            folder.sync_all()?;
            Ok(())
        };
        sync().map_err(|error| self.failed("write the directory", "", error))
    }
}
