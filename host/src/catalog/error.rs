//! What can go wrong with a catalog, and what to do about it.

use std::{io, path::PathBuf};

use thiserror::Error;

use super::check::AnswerError;
use super::filter::FilterError;
use crate::Hint;
use crate::hint::quoted;

/// A failure at the catalog's door.
#[derive(Debug, Error)]
pub enum CatalogError {
    /// What the plugin returned contradicts itself or the contract.
    #[error("the provider's answer cannot be used")]
    Answer(#[from] AnswerError),
    /// A filter names what the catalog does not have.
    #[error(transparent)]
    Filter(#[from] FilterError),
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
        /// A symbolic link, which is followed nowhere in the catalog.
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
    /// Another run is fetching or saving the same catalog for too long.
    #[error("another run has been using the catalog of {provider} for {seconds} seconds")]
    Busy {
        /// The provider.
        provider: String,
        /// How long was waited.
        seconds: u64,
    },
    /// A provider's name that cannot name a folder.
    #[error("{name:?} is not a provider's name")]
    Provider {
        /// The name.
        name: String,
    },
    /// The catalog cannot be written as Arrow or JSON.
    #[error("the catalog cannot be encoded: {0}")]
    Encode(String),
}

impl CatalogError {
    /// For `map_err`: a failed action on a file or folder.
    pub(super) fn disk(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> CatalogError {
        let path = path.into();
        move |source| CatalogError::Disk {
            action,
            path,
            source,
        }
    }
}

impl From<arrow_schema::ArrowError> for CatalogError {
    fn from(error: arrow_schema::ArrowError) -> CatalogError {
        CatalogError::Encode(error.to_string())
    }
}

impl Hint for CatalogError {
    fn hint(&self) -> Option<String> {
        match self {
            CatalogError::Answer(_) => {
                Some("try again; if it stays, report it to the plugin's author".into())
            }
            CatalogError::Filter(error) => error.hint(),
            CatalogError::Disk { path, source, .. } => Some(match source.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                    format!("free some space: df -h {}", quoted(path))
                }
                _ => format!(
                    "use another folder with --cache-dir DIR, or look at: ls -ld {}",
                    quoted(path)
                ),
            }),
            CatalogError::InTheWay { path, link: true } => Some(format!("rm {}", quoted(path))),
            CatalogError::InTheWay { path, .. } => Some(format!(
                "mv {} elsewhere, or use another folder with --cache-dir DIR",
                quoted(path)
            )),
            CatalogError::NotOurs { .. } => {
                Some("use a folder of your own with --cache-dir DIR".into())
            }
            CatalogError::Writable { path } => Some(format!("chmod go-w {}", quoted(path))),
            CatalogError::Busy { .. } => Some("wait for the other run, or end it".into()),
            CatalogError::Provider { .. } => {
                Some("list the names with: cloudhost plugin list".into())
            }
            CatalogError::Encode(_) => None,
        }
    }
}
