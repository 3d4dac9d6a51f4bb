//! Errors of the audit log.

use crate::{FilePurpose, HasRemedy, Remedy};
use cloudhost_files::Fix;
use std::io;
use std::path::PathBuf;

/// An error of an audit log.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuditError {
    /// The file cannot be opened for writing.
    #[error("cannot write the audit log {path}")]
    Open {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// Other users can write the file, and so change its content.
    #[error("the audit log {} is writable by other users", .path.display())]
    NotPrivate {
        /// The file.
        path: PathBuf,
    },
    /// The file was opened, but not all events could be written.
    #[error("the audit log {path} is incomplete")]
    Write {
        /// The file.
        path: PathBuf,
        /// The reason for the first missing event.
        source: io::Error,
    },
}

impl HasRemedy for AuditError {
    fn remedy(&self) -> Option<Remedy> {
        let purpose = FilePurpose::AuditLog;
        let fix = match self {
            Self::Open { path, .. } => Fix::Inspect(path.clone()),
            Self::NotPrivate { path } => {
                let path = path.clone();
                return Some(Remedy::ReplaceUntrusted { path, purpose });
            }
            Self::Write { path, .. } => Fix::MakeRoom(path.clone()),
        };
        Some(Remedy::Files { fix, purpose })
    }
}
