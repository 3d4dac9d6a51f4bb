//! Why there is no recording.

use super::FORMAT;
use crate::{FilePurpose, HasRemedy, Remedy};
use cloudhost_files::Fix;
use std::io;
use std::path::PathBuf;

/// The last line of a recording that a person changed.
const EDITED: &str = r#"{"end":{"edited":true}}"#;

/// Why text is no recording.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// It is something else.
    #[error("its first line is not that of a recording")]
    None,
    /// It was made by another version of cloudhost.
    #[error("it has the format {format}, and this cloudhost reads the format {FORMAT}")]
    Version {
        /// The version of its format.
        format: u32,
    },
    /// It ends too early.
    #[error("it is cut off: its last line, which begins with {{\"end\":, is not there")]
    Cut,
    /// The seal does not fit.
    #[error("it was changed after it was recorded: the seal in its last line is for other lines")]
    Changed,
    /// A line makes no sense.
    #[error("its line {number} is not understood: {why}")]
    Line {
        /// The line, counted from 1.
        number: u64,
        /// What is wrong with it.
        why: String,
    },
    /// It is larger than any recording.
    #[error("it is larger than 256 MiB")]
    TooLarge,
}

/// Why a recording cannot be replayed or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordingError {
    /// The file cannot be read.
    #[error("{} cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is no recording, or no longer one.
    #[error("{} cannot be replayed: {why}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: FormatError,
    },
    /// It is of another plugin than the one that runs.
    #[error("{} is a recording of {recorded}, not of {asked}", path.display())]
    OtherPlugin {
        /// The file.
        path: PathBuf,
        /// Whose it is.
        recorded: String,
        /// Which plugin runs.
        asked: String,
    },
    /// The file cannot be written.
    #[error("the recording {} cannot be written", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is more than a recording can hold.
    #[error("the recording {} is not written: {why}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        why: FormatError,
    },
}

impl HasRemedy for RecordingError {
    fn remedy(&self) -> Option<Remedy> {
        let again = |path: &PathBuf| Remedy::Record { path: path.clone() };
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
            Self::Read { path, .. } | Self::Format { path, .. } => again(path),
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
