//! Errors of directories and the files in them.

use crate::Fix;
use crate::paths::{is_ours, last_seen};
use std::{io, path::PathBuf};

/// A directory or a file in it cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// The operating system refused it.
    #[error("cannot {action} {}", .path.display())]
    Disk {
        /// Attempted action, such as `write`.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// Error of the operating system.
        source: io::Error,
    },
    /// Something else exists in place of a directory.
    #[error("{} {} and is not a directory", .path.display(), if *.link { "is a symbolic link" } else { "exists" })]
    InTheWay {
        /// Path of it.
        path: PathBuf,
        /// True: it is a symbolic link.
        link: bool,
    },
    /// Something else exists in place of a file.
    #[error("{} exists and is not a file", .path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// A symbolic link in the path leads out of the directory.
    #[error("{} leaves its directory through a symbolic link", .path.display())]
    Escapes {
        /// The path.
        path: PathBuf,
        /// True: it is the directory itself, not a file in it.
        folder: bool,
    },
    /// A private directory belongs to another user, who could change its content.
    #[error("the directory {} belongs to user {owner}, not to user {user}", .path.display())]
    NotOurs {
        /// The directory.
        path: PathBuf,
        /// Its owner.
        owner: u32,
        /// User of this process.
        user: u32,
    },
    /// Other users can write to a private directory, and change its content.
    #[error("the directory {} is writable by other users", .path.display())]
    Writable {
        /// The directory.
        path: PathBuf,
    },
    /// Another process holds the lock.
    #[error("the lock {} is held by another cloudhost (waited {seconds} s)", .lock.display())]
    Busy {
        /// The lock file.
        lock: PathBuf,
        /// Time waited.
        seconds: u64,
    },
}

impl FolderError {
    /// Builds the error of a failed action on a file or directory, for `map_err`.
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

    /// Cause without the path, for a message that already has the path.
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
                    // The permissions of the containing directory decide about names.
                    let named = matches!(*action, "remove" | "replace");
                    let place = last_seen(path.parent().filter(|_| named).unwrap_or(path));
                    match is_ours(&place) {
                        true => Fix::MakeWritable(place),
                        false => Fix::Elsewhere,
                    }
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
            Self::InTheWay { path, .. } | Self::NotAFile { path } => match is_ours(path) {
                true => Fix::MoveAway(path.clone()),
                false => Fix::Elsewhere,
            },
            Self::Escapes { folder: true, .. } => Fix::RealPath,
            Self::Escapes { path, .. } => Fix::Remove(path.clone()),
            Self::NotOurs { .. } => Fix::Elsewhere,
            Self::Writable { path } => Fix::DenyOthers(path.clone()),
            Self::Busy { lock, .. } => Fix::Wait(lock.clone()),
        }
    }
}
