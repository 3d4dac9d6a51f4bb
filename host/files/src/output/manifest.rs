//! Manifest of the files that an owner wrote last.

use serde::{Deserialize, Serialize};

use super::names::Names;
use super::{Generation, OutputError, digest_of, path_fault, read};
use crate::Folder;

const VERSION: u32 = 1;

/// Content of `.cloudhost-OWNER.json`.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Manifest {
    version: u32,
    owner: String,
    pub(super) key: String,
    /// Sorted by path.
    pub(super) files: Vec<Written>,
}

/// One file.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Written {
    pub(super) path: String,
    /// Size in bytes; for people who read the manifest.
    size: u64,
    /// Digest in hexadecimal.
    pub(super) blake3: String,
}

impl Manifest {
    pub(super) fn of(generation: &Generation) -> Self {
        let mut files: Vec<Written> = generation
            .files
            .iter()
            .map(|file| Written {
                path: file.path.clone(),
                size: file.text.len() as u64,
                blake3: digest_of(file.text.as_bytes()),
            })
            .collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Self {
            version: VERSION,
            owner: generation.owner.clone(),
            key: generation.key.clone(),
            files,
        }
    }

    /// Loads the manifest in `folder`. `None` if there is none, and also if it is corrupt or of a different version:
    /// then no file is known to be ours, and nothing is removed.
    pub(super) fn load(folder: &Folder, names: &Names) -> Result<Option<Self>, OutputError> {
        let Some(bytes) = read(folder, &names.manifest)? else {
            return Ok(None);
        };
        let manifest = serde_json::from_slice(&bytes)
            .ok()
            .filter(|manifest: &Self| {
                manifest.version == VERSION
                    && manifest
                        .files
                        .iter()
                        .all(|file| path_fault(&file.path).is_none())
            });
        Ok(manifest)
    }

    /// Returns true if a file of this path was written, regardless of case.
    pub(super) fn names(&self, path: &str) -> bool {
        let mut files = self.files.iter();
        files.any(|file| file.path.eq_ignore_ascii_case(path))
    }

    /// Encodes the file.
    pub(super) fn to_text(&self) -> String {
        // Strings and numbers only: cannot fail.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}
