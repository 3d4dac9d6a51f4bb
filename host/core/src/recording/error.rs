//! Errors of recordings.

use super::FORMAT;
use crate::{FilePurpose, HasRemedy, Remedy};
use cloudhost_files::Fix;
use std::io;
use std::path::PathBuf;

/// Last line of a recording that was edited by hand.
const EDITED: &str = r#"{"end":{"edited":true}}"#;

/// The text is not a valid recording.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// The text is something else.
    #[error("its first line is not the header of a recording")]
    None,
    /// A different version of cloudhost wrote it.
    #[error("unsupported format {format}: expected {FORMAT}")]
    Version {
        /// Version of its format.
        format: u32,
    },
    /// The end is missing.
    #[error("it is truncated: its last line, which begins with {{\"end\":, is missing")]
    Cut,
    /// The seal does not match.
    #[error("it was changed after it was recorded: the seal in its last line does not match")]
    Changed,
    /// A line is invalid.
    #[error("its line {number} is invalid: {why}")]
    Line {
        /// The line, counted from 1.
        number: u64,
        /// The fault in it.
        why: String,
    },
    /// It exceeds the size limit.
    #[error("it is larger than 256 MiB")]
    TooLarge,
}

/// Replaying or writing a recording failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordingError {
    /// The file cannot be read.
    #[error("{} cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Cause.
        source: io::Error,
    },
    /// The file is not a valid recording.
    #[error("{} cannot be replayed: {why}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// Cause.
        why: FormatError,
    },
    /// The recording is of a different plugin than the running one.
    #[error("{} is a recording of {recorded}, not of {running}", path.display())]
    OtherPlugin {
        /// The file.
        path: PathBuf,
        /// The recorded plugin.
        recorded: String,
        /// The running plugin.
        running: String,
    },
    /// The file cannot be written.
    #[error("the recording {} cannot be written", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Cause.
        source: io::Error,
    },
    /// The recording exceeds the size limit.
    #[error("the recording {} is not written: {why}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Cause.
        why: FormatError,
    },
}

impl HasRemedy for RecordingError {
    fn remedy(&self) -> Option<Remedy> {
        let again = |path: &PathBuf| Remedy::Record { path: path.clone() };
        let search = |path: &PathBuf| Remedy::Files {
            fix: Fix::search(path),
            purpose: FilePurpose::Recording,
        };
        Some(match self {
            Self::Format {
                path,
                why: why @ (FormatError::Changed | FormatError::Cut),
            } => Remedy::any_of([
                again(path),
                Remedy::MarkEdited {
                    line: EDITED,
                    append: *why == FormatError::Cut,
                },
            ]),
            Self::Format {
                path,
                why: FormatError::Version { format },
            } if *format > FORMAT => Remedy::any_of([Remedy::UpdateHost, again(path)]),
            Self::Read { path, source } if source.kind() == io::ErrorKind::NotFound => {
                Remedy::any_of([search(path), again(path)])
            }
            // A recording in its place would replace a file of another kind.
            Self::Read { path, .. }
            | Self::Format {
                path,
                why: FormatError::None | FormatError::TooLarge,
            } => search(path),
            Self::Format { path, .. } => again(path),
            Self::OtherPlugin { recorded, .. } => Remedy::RunPlugin {
                name: recorded.clone(),
            },
            Self::Write { .. } => Remedy::Files {
                fix: Fix::Elsewhere,
                purpose: FilePurpose::Recording,
            },
            Self::Unwritable { .. } => Remedy::FetchLess,
        })
    }
}
