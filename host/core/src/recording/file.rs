//! Recordings on the disk: complete or not there, for their owner alone.

use super::{LARGEST, Recording, RecordingError};
use rustix::fs::{Mode, OFlags};
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// A file that a recording will be written to. Until then, what was there before stays.
#[derive(Debug)]
pub struct RecordingFile {
    path: PathBuf,
    unfinished: NamedTempFile,
}

impl RecordingFile {
    /// Makes sure that a recording can be written there, before anything is asked that would be lost.
    ///
    /// # Errors
    /// [`RecordingError::Write`] where it cannot, or where something else than a plain file is in its place.
    pub fn create(path: &Path) -> Result<Self, RecordingError> {
        let make = || -> io::Result<NamedTempFile> {
            if path.symlink_metadata().is_ok_and(|found| !found.is_file()) {
                return Err(io::Error::other("it is not a regular file"));
            }
            let folder = match path.parent() {
                Some(folder) if folder != Path::new("") => folder,
                _ => Path::new("."),
            };
            // For its owner alone (mode 0600).
            tempfile::Builder::new()
                .prefix(".cloudhost-recording-")
                .tempfile_in(folder)
        };
        Ok(Self {
            unfinished: make().map_err(|source| RecordingError::Write {
                path: path.to_owned(),
                source,
            })?,
            path: path.to_owned(),
        })
    }

    /// Where it will be.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the recording to the disk, and then gives it its name.
    ///
    /// # Errors
    /// [`RecordingError::Write`] and [`RecordingError::Unwritable`]; what was there before is there still.
    pub fn commit(self, recording: &Recording) -> Result<(), RecordingError> {
        let Self {
            path,
            mut unfinished,
        } = self;
        let bytes = match recording.to_bytes() {
            Ok(bytes) => bytes,
            Err(why) => return Err(RecordingError::Unwritable { path, why }),
        };
        let mut write = || -> io::Result<()> {
            unfinished.write_all(&bytes)?;
            unfinished.as_file().sync_all()
        };
        let written = write().and_then(|()| Ok(unfinished.persist(&path)?));
        match written {
            Ok(_) => Ok(()),
            Err(source) => Err(RecordingError::Write { path, source }),
        }
    }
}

impl Recording {
    /// Reads a recording, as [`Self::parse`].
    ///
    /// # Errors
    /// [`RecordingError::Read`] and [`RecordingError::Format`].
    pub fn read(path: &Path) -> Result<Self, RecordingError> {
        let read = || -> io::Result<Vec<u8>> {
            // A pipe of that name must not stop the program.
            let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
            let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
            if !file.metadata()?.is_file() {
                return Err(io::Error::other("it is not a regular file"));
            }
            let mut bytes = Vec::new();
            file.take(LARGEST + 1).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        let path = || path.to_owned();
        let bytes = read().map_err(|source| RecordingError::Read {
            path: path(),
            source,
        })?;
        Self::parse(&bytes).map_err(|why| RecordingError::Format { path: path(), why })
    }
}
