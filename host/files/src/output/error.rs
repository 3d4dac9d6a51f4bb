//! Why files could not be written.

use std::io;
use std::path::PathBuf;

use crate::Fix;
use crate::paths::last_seen;

/// Why files could not be written. After all of these but [`OutputError::Stuck`] the files are what they were.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutputError {
    /// Not the name of an owner.
    #[error(
        "{owner:?} cannot own files: a name is made of a-z, 0-9 and hyphens and begins with a letter"
    )]
    Owner {
        /// As given.
        owner: String,
    },
    /// Not the path of a generated file.
    #[error("{path:?} cannot be the path of a generated file: {reason}")]
    Path {
        /// As given.
        path: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// A symbolic link on the way.
    #[error("{} leads through a symbolic link out of the folder that it is in", path.display())]
    Escapes {
        /// Which path.
        path: PathBuf,
        /// Whether it is the output folder itself and not a file in it.
        folder: bool,
    },
    /// Something else is where a folder should be.
    #[error("{} exists and is not a folder", path.display())]
    NotAFolder {
        /// Which path.
        path: PathBuf,
    },
    /// Something else is where a file should be.
    #[error("{} exists and is not a file", path.display())]
    NotAFile {
        /// Which path.
        path: PathBuf,
    },
    /// A file of someone else has the name of a generated one.
    #[error("{} exists, and is not what this plugin wrote", path.display())]
    NotOurs {
        /// Which path.
        path: PathBuf,
    },
    /// Another process is writing.
    #[error("another process is writing these files: {} is locked", path.display())]
    Busy {
        /// The file that is locked.
        path: PathBuf,
    },
    /// The operating system said no.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Its answer.
        source: io::Error,
    },
    /// The plan of an interrupted commit cannot be read.
    #[error("{} is what an interrupted run left, and it is damaged", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// Some files were replaced, others could not be, and neither could those be put back.
    #[error(
        "some files were replaced, and neither the others could be, nor the replaced ones be put back ({cause})"
    )]
    Stuck {
        /// Where the earlier files are until a run succeeds in putting them back.
        stage: PathBuf,
        /// Why not all could be replaced.
        cause: Box<OutputError>,
        /// Why they could not be put back.
        source: Box<OutputError>,
    },
}

impl OutputError {
    /// Remedy, where there is one.
    pub fn fix(&self) -> Option<Fix> {
        match self {
            Self::Owner { .. } | Self::Path { .. } => None,
            Self::Escapes { folder: true, .. } => Some(Fix::RealPath),
            Self::Escapes { path, .. } => Some(Fix::Remove(path.clone())),
            Self::NotAFolder { path } | Self::NotAFile { path } | Self::NotOurs { path } => {
                Some(Fix::MoveAway(path.clone()))
            }
            Self::Busy { path, .. } => Some(Fix::Wait(path.clone())),
            Self::Io {
                action,
                path,
                source,
            } => match source.kind() {
                io::ErrorKind::PermissionDenied => {
                    // Names come and go by the rights of the folder that they are in.
                    let named = matches!(*action, "create" | "remove" | "replace");
                    let place = path.parent().filter(|_| named).unwrap_or(path);
                    Some(Fix::MakeWritable(last_seen(place)))
                }
                io::ErrorKind::ReadOnlyFilesystem => Some(Fix::Elsewhere),
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                    Some(Fix::MakeRoom(last_seen(path.parent().unwrap_or(path))))
                }
                io::ErrorKind::InvalidFilename => Some(Fix::ShorterPath),
                // As of `/proc`, where no folder can be made.
                io::ErrorKind::NotFound => Some(Fix::Inspect(last_seen(path))),
                io::ErrorKind::FileTooLarge => Some(Fix::AllowLargerFiles),
                _ => None,
            },
            Self::Damaged { path } => Some(Fix::Discard(path.parent().unwrap_or(path).to_owned())),
            Self::Stuck { stage, source, .. } => Some(Fix::RunAgain {
                stage: stage.clone(),
                first: source.fix().map(Box::new),
            }),
        }
    }
}
