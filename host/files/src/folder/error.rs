//! Why a folder, or a file in it, cannot be used.

use crate::Fix;
use crate::paths::last_seen;
use std::{io, path::PathBuf};

/// A folder or a file in it cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// The operating system refused it.
    #[error("cannot {action} {}", .path.display())]
    Disk {
        /// What was tried, such as `write`.
        action: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Something else is where a folder should be.
    #[error("{} {} and is not a folder", .path.display(), if *.link { "is a symbolic link" } else { "exists" })]
    InTheWay {
        /// What is there.
        path: PathBuf,
        /// Whether it is a symbolic link.
        link: bool,
    },
    /// Something else is where a file should be.
    #[error("{} exists and is not a file", .path.display())]
    NotAFile {
        /// Which path.
        path: PathBuf,
    },
    /// A symbolic link on the way leads out of the folder.
    #[error("{} leads through a symbolic link out of the folder that it is in", .path.display())]
    Escapes {
        /// Which path.
        path: PathBuf,
        /// Whether it is the folder itself and not a file in it.
        folder: bool,
    },
    /// A private folder belongs to another user, who could change what is in it.
    #[error("the folder {} belongs to user {owner}, and this is user {user}", .path.display())]
    NotOurs {
        /// The folder.
        path: PathBuf,
        /// User who owns it.
        owner: u32,
        /// User who runs this program.
        user: u32,
    },
    /// Others may write into a private folder, and change what is in it.
    #[error("the folder {} can be written by others than its owner", .path.display())]
    Writable {
        /// The folder.
        path: PathBuf,
    },
    /// Another process holds the lock.
    #[error("another cloudhost holds {} (waited {seconds} s)", .lock.display())]
    Busy {
        /// The file that is locked.
        lock: PathBuf,
        /// Time that was waited.
        seconds: u64,
    },
}

impl FolderError {
    /// Makes the error of a failed action on a file or folder, for `map_err`.
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

    /// The cause without the path, for a message that names the file itself.
    pub fn cause(&self) -> String {
        match self {
            Self::Disk { source, .. } => source.to_string(),
            Self::NotAFile { .. } => "it is not a regular file".to_owned(),
            other => other.to_string(),
        }
    }

    /// Remedy.
    pub fn fix(&self) -> Fix {
        match self {
            Self::Disk {
                action,
                path,
                source,
            } => match source.kind() {
                io::ErrorKind::PermissionDenied => {
                    // Names come and go by the rights of the folder that they are in.
                    let named = matches!(*action, "remove" | "replace");
                    let place = path.parent().filter(|_| named).unwrap_or(path);
                    Fix::MakeWritable(last_seen(place))
                }
                io::ErrorKind::ReadOnlyFilesystem => Fix::Elsewhere,
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                    Fix::MakeRoom(last_seen(path.parent().unwrap_or(path)))
                }
                io::ErrorKind::InvalidFilename => Fix::ShorterPath,
                io::ErrorKind::FileTooLarge => Fix::AllowLargerFiles,
                _ => Fix::Inspect(last_seen(path)),
            },
            Self::InTheWay { path, link: true } => Fix::Remove(path.clone()),
            Self::InTheWay { path, .. } | Self::NotAFile { path } => Fix::MoveAway(path.clone()),
            Self::Escapes { folder: true, .. } => Fix::RealPath,
            Self::Escapes { path, .. } => Fix::Remove(path.clone()),
            Self::NotOurs { .. } => Fix::Elsewhere,
            Self::Writable { path } => Fix::DenyOthers(path.clone()),
            Self::Busy { lock, .. } => Fix::Wait(lock.clone()),
        }
    }
}
