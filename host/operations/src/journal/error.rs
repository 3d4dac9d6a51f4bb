//! Errors of the journal.

use cloudhost_files::{Fix, FolderError, is_private};
use std::path::PathBuf;

/// The journal cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// Its directory or file cannot be opened.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A newer version of the program made it.
    #[error("{} was written by a newer cloudhost (version {found} of the journal; this one reads up to {known})", .path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// It is damaged, or not a journal.
    #[error("{} is damaged or is not a journal: {reason}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
    /// There is no room for it. What was stored before is still there.
    #[error("cannot write {}: no space left", .path.display())]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// Other users could read or change it.
    #[error("{} can be changed by other users", .path.display())]
    NotPrivate {
        /// The file.
        path: PathBuf,
    },
    /// Another process kept it busy for too long.
    #[error("{} is busy", .path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// It cannot be read or written.
    #[error("cannot use {}: {reason}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
}

/// Remedy of an error of the journal, as data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JournalFix {
    /// Update the program.
    Update,
    /// A remedy of files.
    Files(Fix),
    /// Restore the file from a backup. Moving it away loses the record of what is ours, but nothing in a cloud.
    Restore(PathBuf),
}

impl JournalError {
    /// Remedy.
    pub fn fix(&self) -> JournalFix {
        match self {
            Self::Folder(error) => JournalFix::Files(error.fix()),
            Self::Newer { .. } => JournalFix::Update,
            Self::Damaged { path, .. } => JournalFix::Restore(path.clone()),
            Self::Full { path } => {
                JournalFix::Files(Fix::MakeRoom(path.parent().unwrap_or(path).to_owned()))
            }
            Self::NotPrivate { path } => {
                let own = path
                    .symlink_metadata()
                    .is_ok_and(|metadata| is_private(&metadata));
                JournalFix::Files(match own {
                    true => Fix::MakePrivate(path.clone()),
                    false => Fix::DenyOthers(path.clone()),
                })
            }
            Self::Busy { path } => JournalFix::Files(Fix::Wait(path.clone())),
            Self::Io { path, .. } => JournalFix::Files(Fix::Inspect(path.clone())),
        }
    }
}
