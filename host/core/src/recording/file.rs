//! Recordings on disk: written atomically, readable by their owner alone.

use super::{LARGEST, Recording, RecordingError};
use cloudhost_files::{Draft, read_regular};
use std::io;
use std::path::Path;

/// A file to write a recording to. Until then, a previous file stays.
#[derive(Debug)]
pub struct RecordingFile {
    draft: Draft,
}

impl RecordingFile {
    /// Checks that a recording can be written there, before a request is made whose response would be lost.
    ///
    /// # Errors
    /// [`RecordingError::Write`] if it cannot, or if the path is not a regular file.
    pub fn create(path: &Path) -> Result<Self, RecordingError> {
        let draft = match path.symlink_metadata() {
            Ok(found) if !found.is_file() => Err(io::Error::other("it is not a regular file")),
            _ => Draft::private(path),
        };
        match draft {
            Ok(draft) => Ok(Self { draft }),
            Err(source) => Err(RecordingError::Write {
                path: path.to_owned(),
                source,
            }),
        }
    }

    /// Path of the recording.
    pub fn path(&self) -> &Path {
        self.draft.path()
    }

    /// Writes the recording to the disk, and then renames it.
    ///
    /// # Errors
    /// [`RecordingError::Write`] and [`RecordingError::Unwritable`]; a previous file is unchanged.
    pub fn commit(self, recording: &Recording) -> Result<(), RecordingError> {
        let Self { mut draft } = self;
        let path = draft.path().to_owned();
        let bytes = match recording.to_bytes() {
            Ok(bytes) => bytes,
            Err(why) => return Err(RecordingError::Unwritable { path, why }),
        };
        let written = draft.write(&bytes).and_then(|()| draft.commit());
        written.map_err(|source| RecordingError::Write { path, source })
    }
}

impl Recording {
    /// Reads a recording, as [`Self::parse`].
    ///
    /// # Errors
    /// [`RecordingError::Read`] and [`RecordingError::Format`].
    pub fn read(path: &Path) -> Result<Self, RecordingError> {
        let bytes = read_regular(path, LARGEST).map_err(|source| RecordingError::Read {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&bytes).map_err(|why| RecordingError::Format {
            path: path.to_owned(),
            why,
        })
    }
}
