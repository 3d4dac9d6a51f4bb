//! The answers of `plugin new|build|pack`.

use crate::project::Language;
use cloudhost::plugin::Artifact;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// A project that was made.
#[derive(Debug, Serialize)]
pub struct NewView {
    name: String,
    language: &'static str,
    path: PathBuf,
}

impl NewView {
    pub fn new(name: &str, language: Language, path: &Path) -> Self {
        Self {
            name: name.to_owned(),
            language: language.label(),
            path: path.to_owned(),
        }
    }
}

/// A component that was built or packed.
#[derive(Debug, Serialize)]
pub struct BuiltView {
    name: String,
    version: String,
    digest: String,
    bytes: usize,
    path: PathBuf,
}

impl BuiltView {
    pub fn new(artifact: &Artifact, path: &Path) -> Self {
        Self {
            name: artifact.manifest.name.clone(),
            version: artifact.manifest.version.clone(),
            digest: artifact.digest.to_string(),
            bytes: artifact.bytes.len(),
            path: path.to_owned(),
        }
    }
}
