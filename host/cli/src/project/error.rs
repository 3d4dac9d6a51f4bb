//! Errors of creating and building a project.

use super::Language;
use crate::exit::{Exit, Failure};
use crate::quote::quoted;
use cloudhost::capability::ManifestError;
use cloudhost::plugin::PackError;
use std::path::{Path, PathBuf};

/// Creating or building a project failed.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// The name is not valid for a plugin.
    #[error(
        "invalid plugin name `{name}`: expected 1 to 32 of a-z, 0-9 and -, beginning with a letter"
    )]
    Name {
        /// The given name, control characters escaped.
        name: String,
    },
    /// No plugin can have this name.
    #[error("`{name}` {why}")]
    Taken {
        /// The name.
        name: String,
        /// The reason.
        why: String,
    },
    /// The directory already exists.
    #[error("{dir} already exists")]
    Exists {
        /// The directory.
        dir: PathBuf,
    },
    /// The directory has no project.
    #[error("no plugin in {dir}: expected Cargo.toml or provider.py")]
    None {
        /// The directory.
        dir: PathBuf,
    },
    /// The given directory has no recording.
    #[error("no recording in {dir}: expected a file that ends in .jsonl")]
    NoRecordings {
        /// The directory.
        dir: PathBuf,
    },
    /// The fields file of a recording is invalid.
    #[error("invalid fields file {path}")]
    Fields {
        /// The file.
        path: PathBuf,
        /// Cause, with the line.
        source: cloudhost_conformance::FieldsError,
    },
    /// A file cannot be read or written.
    #[error("cannot {what} {path}")]
    Disk {
        /// Attempted action.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// The manifest is invalid.
    #[error("invalid {}", super::MANIFEST)]
    Manifest(#[source] ManifestError),
    /// A build tool is not installed.
    #[error("cannot run {tool}, which builds it: {why}")]
    Tool {
        /// The tool.
        tool: &'static str,
        /// Error of the system.
        why: String,
        /// The project.
        dir: PathBuf,
        /// Its language.
        language: Language,
    },
    /// Rust is installed without the target.
    #[error("the Rust target {} is not installed", super::build::TARGET)]
    Target,
    /// The tool failed and has printed the cause.
    #[error("{tool} failed; its output is above")]
    Failed {
        /// The tool.
        tool: &'static str,
    },
    /// The tool did not build exactly one component.
    #[error("expected one .wasm file from cargo, found {count}")]
    Components {
        /// Number of components.
        count: usize,
    },
    /// The build result is not a plugin.
    #[error("the build result is not a plugin")]
    Pack(#[from] PackError),
}

impl ProjectError {
    /// A file cannot be read or written.
    pub fn disk(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Disk { what, path, source }
    }
}

impl Failure for ProjectError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Name { .. } => "cloudhost plugin new my-cloud".to_owned(),
            Self::Taken { name, .. } => format!("cloudhost plugin new my-{}", name.trim_end_matches('-')),
            Self::Exists { dir } => format!("remove it, or give another name: ls {}", quoted(dir)),
            Self::None { .. } => {
                "cloudhost plugin new my-cloud, or for a component that is built already: cloudhost plugin pack FILE"
                    .to_owned()
            }
            Self::NoRecordings { dir } => format!(
                "cloudhost run NAME instance-types list --record {}",
                quoted(&dir.join("machine-types.jsonl"))
            ),
            Self::Fields { path, .. } => format!("correct {}", quoted(path)),
            Self::Manifest(_) => format!("correct {} and build again", super::MANIFEST),
            Self::Tool { language: Language::Rust, .. } => "install Rust: https://rustup.rs".to_owned(),
            Self::Tool { dir, .. } => format!(
                "cd {} && python3 -m venv .venv && .venv/bin/pip install -r requirements.txt",
                quoted(dir)
            ),
            Self::Target => format!("rustup target add {}", super::build::TARGET),
            Self::Components { .. } => {
                "its Cargo.toml needs `crate-type = [\"cdylib\", \"rlib\"]` under [lib], once".to_owned()
            }
            Self::Pack(error) => return error.hint(),
            Self::Disk { .. } | Self::Failed { .. } => return None,
        })
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Name { .. }
            | Self::Taken { .. }
            | Self::Exists { .. }
            | Self::None { .. }
            | Self::NoRecordings { .. }
            | Self::Fields { .. } => Exit::Usage,
            Self::Disk {
                what: "create" | "write",
                ..
            } => Exit::Output,
            Self::Pack(error) => error.exit(),
            _ => Exit::Failed,
        }
    }
}
