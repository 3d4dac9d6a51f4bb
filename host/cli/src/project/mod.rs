//! The folder in which someone writes a plugin: made from a template, and built to one file.
//!
//! What is made is whole or not there. Building runs the language's own tool and adds nothing to the machine: what
//! is missing is named, with the line that installs it.

mod build;
mod create;
mod error;

pub use create::create;
pub use error::ProjectError;

use clap::ValueEnum;
use cloudhost::capability::Manifest;
use std::path::{Path, PathBuf};

/// The manifest of a project.
const MANIFEST: &str = "manifest.toml";

/// What a plugin is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// Rust, with the SDK
    #[default]
    Rust,
    /// Python, with componentize-py
    Python,
}

impl Language {
    /// The file by which a project of it is known.
    fn mark(self) -> &'static str {
        match self {
            Self::Rust => "Cargo.toml",
            Self::Python => "provider.py",
        }
    }

    /// As it is written.
    pub fn label(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::Python => "python",
        }
    }
}

/// A project.
#[derive(Debug)]
pub struct Project {
    dir: PathBuf,
    language: Language,
    /// Its manifest, as text: it travels as it was written.
    text: String,
    name: String,
}

impl Project {
    /// The project in this folder.
    ///
    /// # Errors
    /// When there is none, or its manifest is not one.
    pub fn open(dir: &Path) -> Result<Self, ProjectError> {
        // Tools run in it, and are told paths.
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

    /// The name of its plugin.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where [`Project::build`] puts the component.
    pub fn component(&self) -> PathBuf {
        self.dir.join(format!("{}.wasm", self.name))
    }

    /// Where its recordings lie.
    pub fn recordings(&self) -> PathBuf {
        self.dir.join("recordings")
    }
}

/// The text of a manifest.
///
/// # Errors
/// When it cannot be read.
pub fn read_manifest(path: &Path) -> Result<String, ProjectError> {
    std::fs::read_to_string(path).map_err(ProjectError::disk("read", path))
}

/// Puts a component where it belongs, in one step.
///
/// # Errors
/// When the file cannot be written.
pub fn place(bytes: &[u8], to: &Path) -> Result<(), ProjectError> {
    use std::io::Write as _;
    use std::os::unix::fs::PermissionsExt as _;
    let dir = match to.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir,
        _ => Path::new("."),
    };
    let write = || {
        // As any new file: a component is no secret.
        let readable = std::fs::Permissions::from_mode(0o666);
        let mut file = tempfile::Builder::new()
            .permissions(readable)
            .tempfile_in(dir)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(to).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(ProjectError::disk("write", to))
}
