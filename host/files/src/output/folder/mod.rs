//! The output folder as a capability: no path and no symbolic link below it leads out.

mod change;
mod read;

pub(super) use read::{Kind, digest_of};

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Component, Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::Dir;

use super::{OutputError, shown};
use crate::paths::in_the_way;

/// An open folder. All paths are relative to it; an empty one is the folder itself.
#[derive(Debug)]
pub(super) struct Folder {
    dir: Dir,
    path: PathBuf,
}

/// Opening.
impl Folder {
    /// Opens a folder that exists.
    pub(super) fn existing(path: &Path) -> Result<Self, OutputError> {
        Self::at(path, false)
    }

    /// Opens a folder, and creates it and those above it where missing.
    pub(super) fn create(path: &Path) -> Result<Self, OutputError> {
        Self::at(path, true)
    }

    fn at(path: &Path, create: bool) -> Result<Self, OutputError> {
        let mut components = path
            .components()
            .filter(|component| !matches!(component, Component::CurDir));
        let opened =
            match components.next() {
                None => Dir::open_ambient_dir(".", ambient_authority()),
                Some(Component::Normal(_)) => Dir::open_ambient_dir(".", ambient_authority())
                    .and_then(|current| match current.open_dir(path) {
                        Err(error) if create && error.kind() == ErrorKind::NotFound => {
                            current.create_dir_all(path)?;
                            current.open_dir(path)
                        }
                        opened => opened,
                    }),
                // The user named a place elsewhere, so links on the way there are the user's too.
                Some(_) => (if create {
                    fs::create_dir_all(path)
                } else {
                    Ok(())
                })
                .and_then(|()| Dir::open_ambient_dir(path, ambient_authority())),
            };
        let path = path.to_owned();
        match opened {
            Ok(dir) => Ok(Self { dir, path }),
            Err(error) if escapes(&error) => Err(OutputError::Escapes { path, folder: true }),
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::NotADirectory | ErrorKind::AlreadyExists
                ) =>
            {
                Err(OutputError::NotAFolder {
                    path: in_the_way(&path).unwrap_or(path),
                })
            }
            Err(source) => Err(OutputError::Io {
                action: "open",
                path,
                source,
            }),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The error for what the operating system answered about `path`.
    pub(super) fn failed(
        &self,
        action: &'static str,
        path: &str,
        source: io::Error,
    ) -> OutputError {
        if escapes(&source) {
            return OutputError::Escapes {
                path: shown(&self.path, self.link_out(path)),
                folder: false,
            };
        }
        OutputError::Io {
            action,
            path: shown(&self.path, path),
            source,
        }
    }

    /// The first part of a path that leads out of the folder: the link itself, and not what is beyond it.
    fn link_out<'p>(&self, path: &'p str) -> &'p str {
        let ends = path.match_indices('/').map(|(end, _)| end);
        ends.chain([path.len()])
            .filter_map(|end| path.get(..end))
            .find(|part| self.dir.metadata(part).is_err_and(|error| escapes(&error)))
            .unwrap_or(path)
    }
}

/// cap-std's own refusal: the operating system's carry a number.
fn escapes(error: &io::Error) -> bool {
    error.kind() == ErrorKind::PermissionDenied && error.raw_os_error().is_none()
}

/// Nothing is there.
fn missing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}
