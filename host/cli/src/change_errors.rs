//! Errors of commands about resources, that are this program's own.

use crate::exit::{Exit, Failure};
use crate::remedy;
use cloudhost::Remedy;
use std::path::PathBuf;

/// The user said no.
#[derive(Debug, thiserror::Error)]
#[error("nothing was changed: the answer was not yes")]
pub struct Declined;

impl Failure for Declined {
    fn hint(&self) -> Option<String> {
        None
    }

    fn exit(&self) -> Exit {
        Exit::Failed
    }
}

/// A part of a list is missing, and the options require all of it.
#[derive(Debug, thiserror::Error)]
#[error("the list is incomplete, and all of it is required: {provider}: {message}")]
pub struct Incomplete {
    /// The first provider with a missing part.
    pub provider: String,
    /// The reason.
    pub message: String,
}

impl Failure for Incomplete {
    fn hint(&self) -> Option<String> {
        remedy::hint(&Remedy::AllowIncomplete)
    }

    fn exit(&self) -> Exit {
        Exit::Incomplete
    }
}

/// A file that an option names cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot use {}: {why}", path.display())]
pub struct InvalidRequest {
    /// The file.
    pub path: PathBuf,
    /// The fault.
    pub why: String,
}

impl Failure for InvalidRequest {
    fn hint(&self) -> Option<String> {
        None
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }
}
