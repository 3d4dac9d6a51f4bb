//! Why there is no whole audit log.

use crate::Hint;
use crate::hint::quoted;
use std::io;
use std::path::PathBuf;

/// What is wrong with an audit log.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuditError {
    /// The file cannot be opened for writing.
    #[error("cannot write the audit log {path}")]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Others could write the file, and so change what it says.
    #[error("the audit log {} can be written by others than this user", .path.display())]
    NotPrivate {
        /// The file.
        path: PathBuf,
    },
    /// It could be opened, and not all events could be written.
    #[error("the audit log {path} is not whole")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why the first event that is missing could not be written.
        source: io::Error,
    },
}

impl Hint for AuditError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Open { path, .. } => format!(
                "name a plain file, or one that is not there yet: ls -ld {}",
                quoted(path)
            ),
            Self::NotPrivate { path } => {
                let path = quoted(path);
                format!(
                    "begin a new one: mv {path} {path}.old; or, where what it says is right: chmod go-w {path}"
                )
            }
            Self::Write { path, .. } => format!("look for room: df -h {}", quoted(path)),
        })
    }
}
