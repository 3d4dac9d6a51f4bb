//! Why files could not be written.

use crate::{Fix, FolderError};
use std::path::PathBuf;

/// Files could not be written. After all of these but [`OutputError::Stuck`] the files are what they were.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutputError {
    /// Not the name of an owner.
    #[error(
        "{owner:?} cannot own files: a name is made of a-z, 0-9 and hyphens and begins with a letter"
    )]
    Owner {
        /// As given.
        owner: String,
    },
    /// Not the path of a generated file.
    #[error("{path:?} cannot be the path of a generated file: {reason}")]
    Path {
        /// As given.
        path: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// The folder or a file in it cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A file of someone else has the name of a generated one.
    #[error("{} exists, and is not what this plugin wrote", path.display())]
    NotOurs {
        /// Which path.
        path: PathBuf,
    },
    /// The plan of an interrupted commit cannot be read.
    #[error("{} is what an interrupted run left, and it is damaged", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// Some files were replaced, others could not be, and neither could those be put back.
    #[error(
        "some files were replaced, and neither the others could be, nor the replaced ones be put back ({cause})"
    )]
    Stuck {
        /// Folder of the earlier files until a run succeeds in putting them back.
        stage: PathBuf,
        /// Why not all could be replaced.
        cause: Box<OutputError>,
        /// Why they could not be put back.
        source: Box<OutputError>,
    },
}

impl OutputError {
    /// Remedy, where there is one.
    pub fn fix(&self) -> Option<Fix> {
        match self {
            Self::Owner { .. } | Self::Path { .. } => None,
            Self::Folder(error) => Some(error.fix()),
            Self::NotOurs { path } => Some(Fix::MoveAway(path.clone())),
            Self::Damaged { path } => Some(Fix::Discard(path.parent().unwrap_or(path).to_owned())),
            Self::Stuck { stage, source, .. } => Some(Fix::RunAgain {
                stage: stage.clone(),
                first: source.fix().map(Box::new),
            }),
        }
    }
}
