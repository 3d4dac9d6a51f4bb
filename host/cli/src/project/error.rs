//! Why a project cannot be made or built.

use super::Language;
use crate::exit::{Exit, Failure};
use crate::quote::quoted;
use cloudhost::capability::ManifestError;
use cloudhost::plugin::PackError;
use std::path::{Path, PathBuf};

/// What went wrong with a project.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// The name is none of a plugin.
    #[error(
        "`{name}` cannot be the name of a plugin: it is one to 32 of a-z, 0-9 and -, and begins with a letter"
    )]
    Name {
        /// What was given, control characters escaped.
        name: String,
    },
    /// A plugin that is built in has this name, and would be the one that runs.
    #[error("there is a built-in plugin `{name}`")]
    Taken {
        /// The name.
        name: String,
    },
    /// Something is where the folder would be.
    #[error("{dir} exists already")]
    Exists {
        /// The folder.
        dir: PathBuf,
    },
    /// The folder holds no project.
    #[error("{dir} has no plugin in it: neither Cargo.toml nor provider.py is there")]
    None {
        /// The folder.
        dir: PathBuf,
    },
    /// The folder that was named holds no recording.
    #[error("{dir} has no recording in it: no file there ends in .jsonl")]
    NoRecordings {
        /// The folder.
        dir: PathBuf,
    },
    /// The fields file of a recording is invalid.
    #[error("invalid fields file {path}")]
    Fields {
        /// The file.
        path: PathBuf,
        /// Why, with the line.
        source: cloudhost_conformance::FieldsError,
    },
    /// A file cannot be read or written.
    #[error("cannot {what} {path}")]
    Disk {
        /// What was tried.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The manifest is not one.
    #[error("{} cannot be used", super::MANIFEST)]
    Manifest(#[source] ManifestError),
    /// A tool that builds it is not on this machine.
    #[error("{tool} is needed to build it, and cannot be started: {why}")]
    Tool {
        /// The tool.
        tool: &'static str,
        /// What the system says.
        why: String,
        /// The project.
        dir: PathBuf,
        /// What it is written in.
        language: Language,
    },
    /// Rust is there without the target.
    #[error("the Rust on this machine cannot build for {}", super::build::TARGET)]
    Target,
    /// The tool has said why.
    #[error("{tool} failed; what it said is above")]
    Failed {
        /// The tool.
        tool: &'static str,
    },
    /// The tool made something else than one component.
    #[error("cargo made {count} files .wasm of this project, and one is needed")]
    Components {
        /// How many.
        count: usize,
    },
    /// What was built is no plugin.
    #[error("what was built is no plugin")]
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
            Self::Taken { name } => format!("cloudhost plugin new my-{name}"),
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
                what: "make" | "write",
                ..
            } => Exit::Output,
            Self::Pack(error) => error.exit(),
            _ => Exit::Failed,
        }
    }
}
