//! Plugin projects: created from a template, and built to one file.
//!
//! Creating is atomic. Building runs the tools of the language and installs nothing: a missing tool is an error with the
//! line that installs it.

mod build;
mod create;
mod error;

pub use create::create;
pub use error::ProjectError;

use clap::ValueEnum;
use cloudhost::capability::Manifest;
use cloudhost_files::Draft;
use std::path::{Path, PathBuf};

/// File name of a manifest.
const MANIFEST: &str = "manifest.toml";

/// Programming language of a plugin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// Rust, with the SDK
    #[default]
    Rust,
    /// Python, with componentize-py
    Python,
}

impl Language {
    /// File that marks a project of this language.
    fn mark(self) -> &'static str {
        match self {
            Self::Rust => "Cargo.toml",
            Self::Python => "provider.py",
        }
    }

    /// Label of the language, as options have it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::Python => "python",
        }
    }
}

/// Plugin project.
#[derive(Debug)]
pub struct Project {
    dir: PathBuf,
    language: Language,
    /// Text of the manifest, as written.
    text: String,
    name: String,
}

impl Project {
    /// Opens the project in this directory.
    ///
    /// # Errors
    /// There is none, or its manifest is invalid.
    pub fn open(dir: &Path) -> Result<Self, ProjectError> {
        // Tools run in it, and get paths.
        let dir = std::path::absolute(dir).map_err(ProjectError::disk("find", dir))?;
        let language = [Language::Rust, Language::Python]
            .into_iter()
            .find(|language| dir.join(language.mark()).is_file());
        let Some(language) = language else {
            return Err(ProjectError::None { dir });
        };
        let text = read_manifest(&dir.join(MANIFEST))?;
        let manifest = Manifest::parse(&text).map_err(ProjectError::Manifest)?;
        Ok(Self {
            dir,
            language,
            text,
            name: manifest.name,
        })
    }

    /// Name of the plugin.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Path of the component that [`Project::build`] writes.
    pub fn component(&self) -> PathBuf {
        self.dir.join(format!("{}.wasm", self.name))
    }

    /// Directory of the recordings.
    pub fn recordings(&self) -> PathBuf {
        self.dir.join("recordings")
    }
}

/// Reads the text of a manifest.
///
/// # Errors
/// The file cannot be read.
pub fn read_manifest(path: &Path) -> Result<String, ProjectError> {
    std::fs::read_to_string(path).map_err(ProjectError::disk("read", path))
}

/// Writes a component atomically.
///
/// # Errors
/// The file cannot be written.
pub fn place(bytes: &[u8], to: &Path) -> Result<(), ProjectError> {
    let write = || {
        // A component is not secret.
        let mut draft = Draft::public(to)?;
        draft.write(bytes)?;
        draft.commit()
    };
    write().map_err(ProjectError::disk("write", to))
}
