//! Errors of the catalog, and their remedies.

use thiserror::Error;

use super::check::AnswerError;
use super::filter::FilterError;
use crate::{AuthorTask, FilePurpose, HasRemedy, Remedy};
use cloudhost_files::FolderError;

/// An error of the catalog.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CatalogError {
    /// The plugin's result contradicts itself or the contract.
    #[error("the provider returned an invalid result")]
    Answer(#[from] AnswerError),
    /// A filter names something that the catalog does not have.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// A directory or a file of the store cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A provider name that cannot name a directory.
    #[error("invalid provider name {name:?}")]
    Provider {
        /// The name.
        name: String,
    },
    /// The catalog cannot be written as Arrow or JSON.
    #[error("cannot encode the catalog: {0}")]
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
