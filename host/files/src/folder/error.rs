//! Why a folder of this user's cannot be used.

use crate::Fix;
use std::{io, path::PathBuf};

/// A folder that only this user may write, or a file in it, cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// The disk did not do what was asked.
    #[error("cannot {action} {}", .path.display())]
    Disk {
        /// What was tried, as `write`.
        action: &'static str,
        /// With which file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A folder should be there, and something else is.
    #[error("{} is {} and not a folder", .path.display(), if *.link { "a symbolic link" } else { "a file" })]
    InTheWay {
        /// What is there.
        path: PathBuf,
        /// A symbolic link, which is not followed here.
        link: bool,
    },
    /// The folder belongs to someone else, who could change what is in it.
    #[error("the folder {} belongs to user {owner}, and this is user {user}", .path.display())]
    NotOurs {
        /// The folder.
        path: PathBuf,
        /// Whose it is.
        owner: u32,
        /// Who runs this program.
        user: u32,
    },
    /// Others may write into the folder, and change what is in it.
    #[error("the folder {} can be written by others than its owner", .path.display())]
    Writable {
        /// The folder.
        path: PathBuf,
    },
}

impl FolderError {
    /// For `map_err`: a failed action on a file or folder.
    pub fn disk(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> FolderError {
        let path = path.into();
        move |source| FolderError::Disk {
            action,
            path,
            source,
        }
    }

    /// Remedy.
    pub fn fix(&self) -> Fix {
        match self {
            Self::Disk { path, source, .. } => match source.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                    Fix::MakeRoom(path.clone())
                }
                _ => Fix::Inspect(path.clone()),
            },
            Self::InTheWay { path, link: true } => Fix::Remove(path.clone()),
            Self::InTheWay { path, .. } => Fix::MoveAway(path.clone()),
            Self::NotOurs { .. } => Fix::Elsewhere,
            Self::Writable { path } => Fix::DenyOthers(path.clone()),
        }
    }
}
