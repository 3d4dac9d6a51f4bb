//! Files and links in the place of a generated file.

use super::{OutputError, digest_of, read};
use crate::FolderError;
use crate::folder::{Folder, Kind};
use std::os::unix::ffi::OsStrExt as _;

/// A file or link at a path.
pub(super) enum There {
    /// Content of the file.
    File(Vec<u8>),
    /// Target of the link.
    Link(Vec<u8>),
}

impl There {
    /// Reads what a new file would replace; `None`: nothing. Of a link, that is the link itself, never its target.
    ///
    /// # Errors
    /// Something else than a file or a link is there, or a link that leads out of the directory.
    pub(super) fn to_replace(folder: &Folder, path: &str) -> Result<Option<Self>, OutputError> {
        let there = Self::read(folder, path)?;
        if let Some(Self::Link(_)) = there {
            folder.check_link(path)?;
        }
        Ok(there)
    }

    /// Reads a file or link, wherever that leads; `None`: nothing.
    ///
    /// # Errors
    /// Something else is there.
    pub(super) fn read(folder: &Folder, path: &str) -> Result<Option<Self>, OutputError> {
        match folder.kind(path)? {
            Kind::Missing => Ok(None),
            Kind::File(_) => Ok(read(folder, path)?.map(Self::File)),
            Kind::Link => {
                let target = folder.link_target(path)?.into_os_string();
                Ok(Some(Self::Link(target.as_bytes().to_owned())))
            }
            Kind::Folder | Kind::Other => Err(OutputError::Folder(FolderError::NotAFile {
                path: folder.at(path),
            })),
        }
    }

    /// The content; of a link, none.
    pub(super) fn content(&self) -> &[u8] {
        match self {
            Self::File(content) => content,
            Self::Link(_) => &[],
        }
    }

    /// Returns true if it is a file with this content.
    pub(super) fn holds(&self, text: &str) -> bool {
        matches!(self, Self::File(content) if content == text.as_bytes())
    }

    /// Digests it. Links and files never have the same digest.
    pub(super) fn digest(&self) -> String {
        match self {
            Self::File(content) => digest_of(content),
            Self::Link(target) => format!("link {}", digest_of(target)),
        }
    }
}
