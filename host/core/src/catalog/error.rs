//! What can go wrong with a catalog, and what to do about it.

use thiserror::Error;

use super::check::AnswerError;
use super::filter::FilterError;
use crate::{AuthorTask, FilePurpose, HasRemedy, Remedy};
use cloudhost_files::FolderError;

/// A failure at the catalog's door.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CatalogError {
    /// What the plugin returned contradicts itself or the contract.
    #[error("the provider's answer cannot be used")]
    Answer(#[from] AnswerError),
    /// A filter names what the catalog does not have.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// A folder or a file of the store cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
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

impl From<arrow_schema::ArrowError> for CatalogError {
    fn from(error: arrow_schema::ArrowError) -> CatalogError {
        CatalogError::Encode(error.to_string())
    }
}

impl HasRemedy for CatalogError {
    fn remedy(&self) -> Option<Remedy> {
        match self {
            CatalogError::Answer(_) => Some(Remedy::any_of([
                Remedy::RunAgain,
                Remedy::AskAuthor(AuthorTask::FixDefect { log: false }),
            ])),
            CatalogError::Filter(error) => error.remedy(),
            CatalogError::Folder(error) => Some(Remedy::of_folder(error, FilePurpose::Cache)),
            CatalogError::Provider { .. } => Some(Remedy::ListPlugins),
            CatalogError::Encode(_) => None,
        }
    }
}
