//! Errors of writing files.

use crate::{Fix, FolderError};
use std::path::PathBuf;

/// Writing files failed. After all of these but [`OutputError::Stuck`] this run changed no file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutputError {
    /// The name is not valid for an owner.
    #[error(
        "invalid owner {owner:?} of files: expected a-z, 0-9 and hyphens, beginning with a letter"
    )]
    Owner {
        /// The given name.
        owner: String,
    },
    /// The path is not valid for a generated file.
    #[error("invalid path {path:?} of a generated file: {reason}")]
    Path {
        /// The given path.
        path: String,
        /// Reason.
        reason: &'static str,
    },
    /// The directory or a file in it cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A generated file would replace a file of a different origin, or one that was changed since.
    #[error("{} is not known to be written by this plugin, or was changed since", path.display())]
    NotOurs {
        /// The path.
        path: PathBuf,
    },
    /// The plan of an interrupted commit, or a file that it names, is damaged.
    #[error(
        "{} was left by an interrupted run and is damaged: it is not completed, and files can be of two runs",
        path.display()
    )]
    Damaged {
        /// The plan.
        path: PathBuf,
    },
    /// The plan of an interrupted commit has no seal of this user for this directory: it can come from anywhere.
    #[error(
        "{} is the plan of an interrupted run {}: it is not completed, and files can be of two runs",
        path.display(),
        if *.sealed { "that this user did not make here" } else { "that had no secret to seal it with" }
    )]
    Unsealed {
        /// The plan.
        path: PathBuf,
        /// True: it has a seal of another user, machine or directory; false: it has none.
        sealed: bool,
    },
    /// Some files were replaced, others could not be, and the replaced ones could not be restored.
    #[error(
        "some files were replaced, others could not be, and the replaced ones could not be restored ({cause})"
    )]
    Stuck {
        /// Directory with the earlier files, until a run restores them.
        stage: PathBuf,
        /// Error of replacing the files.
        cause: Box<OutputError>,
        /// Error of restoring them.
        source: Box<OutputError>,
    },
}

impl OutputError {
    /// Remedy, if there is one.
    pub fn fix(&self) -> Option<Fix> {
        match self {
            Self::Owner { .. } | Self::Path { .. } => None,
            Self::Folder(error) => Some(error.fix()),
            Self::NotOurs { path } => Some(Fix::MoveAway(path.clone())),
            Self::Damaged { path } | Self::Unsealed { path, .. } => {
                Some(Fix::Discard(path.parent().unwrap_or(path).to_owned()))
            }
            Self::Stuck { stage, source, .. } => Some(Fix::RunAgain {
                stage: stage.clone(),
                first: source.fix().map(Box::new),
            }),
        }
    }
}
