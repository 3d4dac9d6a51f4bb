//! Reading files, without following links.

use super::{Folder, escapes, missing};
use crate::error::FolderError;
use cap_std::fs::{FileType, MetadataExt as _};
use rustix::fs::OFlags;
use rustix::io::Errno;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::PathBuf;

/// Type of the file at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Missing,
    File(u64),
    Link,
    Folder,
    Other,
}

/// Reading.
impl Folder {
    /// Opens a regular file for reading, if it exists.
    ///
    /// # Errors
    /// [`FolderError::NotAFile`], [`FolderError::Escapes`], or the error of the operating system.
    pub fn open(&self, path: &str) -> Result<Option<File>, FolderError> {
        let file = match self.open_at(path, OFlags::RDONLY) {
            Ok(file) => file,
            Err(error) if missing(&error) => return Ok(None),
            Err(error) => return Err(self.refused("read", path, error)),
        };
        match file.metadata() {
            Ok(metadata) if metadata.is_file() => Ok(Some(file)),
            Ok(_) => Err(FolderError::NotAFile {
                path: self.at(path),
            }),
            Err(error) => Err(self.failed("read", path, error)),
        }
    }

    /// Reads a whole file of at most `limit` bytes, if it exists.
    ///
    /// # Errors
    /// As [`Folder::open`], and when the file is larger.
    pub fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>, FolderError> {
        let mut bytes = Vec::new();
        Ok(self.read_into(path, limit, &mut bytes)?.then_some(bytes))
    }

    /// Reads a file as [`Folder::read`] does, into an empty buffer. Returns true if the file exists.
    pub(crate) fn read_into(
        &self,
        path: &str,
        limit: u64,
        bytes: &mut Vec<u8>,
    ) -> Result<bool, FolderError> {
        let Some(file) = self.open(path)? else {
            return Ok(false);
        };
        let read = || {
            let size = file.metadata()?.len().min(limit);
            bytes.reserve(usize::try_from(size).unwrap_or_default().saturating_add(1));
            file.take(limit.saturating_add(1)).read_to_end(bytes)?;
            match bytes.len() as u64 > limit {
                true => Err(io::Error::other("it is too large")),
                false => Ok(true),
            }
        };
        read().map_err(|error| self.failed("read", path, error))
    }

    /// Builds the error of a path that cannot be opened as a file.
    pub(super) fn refused(
        &self,
        action: &'static str,
        path: &str,
        error: io::Error,
    ) -> FolderError {
        // A link is not followed, and a socket cannot be opened.
        let strange = [Errno::LOOP, Errno::NXIO, Errno::ISDIR];
        match Errno::from_io_error(&error) {
            Some(code) if strange.contains(&code) => FolderError::NotAFile {
                path: self.at(path),
            },
            _ => self.failed(action, path, error),
        }
    }

    pub(crate) fn kind(&self, path: &str) -> Result<Kind, FolderError> {
        match self.dir.symlink_metadata(path) {
            Ok(metadata) => Ok(kind(metadata.file_type(), metadata.len())),
            Err(error) if missing(&error) => Ok(Kind::Missing),
            Err(error) => Err(self.failed("examine", path, error)),
        }
    }

    pub(crate) fn exists(&self, path: &str) -> Result<bool, FolderError> {
        Ok(self.kind(path)? != Kind::Missing)
    }

    /// Returns true if both paths exist and are one file, as different spellings can be.
    pub(crate) fn is_same(&self, one: &str, other: &str) -> Result<bool, FolderError> {
        let identity = |path: &str| match self.dir.symlink_metadata(path) {
            Ok(metadata) => Ok(Some((metadata.dev(), metadata.ino()))),
            Err(error) if missing(&error) => Ok(None),
            Err(error) => Err(self.failed("examine", path, error)),
        };
        let one = identity(one)?;
        Ok(one.is_some() && one == identity(other)?)
    }

    /// Returns the size of a file or symlink, if it exists.
    pub fn size(&self, path: &str) -> Result<Option<u64>, FolderError> {
        match self.dir.symlink_metadata(path) {
            Ok(metadata) => Ok(Some(metadata.len())),
            Err(error) if missing(&error) => Ok(None),
            Err(error) => Err(self.failed("examine", path, error)),
        }
    }

    /// Rejects a symlink whose target is outside of the directory.
    pub(crate) fn check_link(&self, path: &str) -> Result<(), FolderError> {
        match self.dir.metadata(path) {
            Err(error) if escapes(&error) => Err(self.failed("follow", path, error)),
            _ => Ok(()),
        }
    }

    /// Returns the target of a symlink, as it is written.
    pub(crate) fn link_target(&self, path: &str) -> Result<PathBuf, FolderError> {
        let target = self.dir.read_link_contents(path);
        target.map_err(|error| self.failed("read", path, error))
    }

    /// Returns the sorted names of the subdirectories, or of everything else. Names that are not UTF-8 are left out.
    pub fn names(&self, folders: bool) -> Result<Vec<String>, FolderError> {
        self.names_of(|kind| (kind == Kind::Folder) == folders)
    }

    /// Returns the sorted names of the symlinks.
    pub fn links(&self) -> Result<Vec<String>, FolderError> {
        self.names_of(|kind| kind == Kind::Link)
    }

    pub(crate) fn names_of(
        &self,
        wanted: impl Fn(Kind) -> bool,
    ) -> Result<Vec<String>, FolderError> {
        let failed = |error| self.failed("list the directory", "", error);
        let mut names = Vec::new();
        for entry in self.dir.entries().map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            let kind = match kind(entry.file_type().map_err(failed)?, 0) {
                // Some file systems do not return the type.
                Kind::Other => self.kind(&name)?,
                kind => kind,
            };
            if wanted(kind) {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }
}

fn kind(kind: FileType, size: u64) -> Kind {
    match () {
        () if kind.is_symlink() => Kind::Link,
        () if kind.is_dir() => Kind::Folder,
        () if kind.is_file() => Kind::File(size),
        () => Kind::Other,
    }
}
