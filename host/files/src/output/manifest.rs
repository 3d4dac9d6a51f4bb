//! Manifest of the files that an owner wrote last.

use serde::{Deserialize, Serialize};

use super::names::Names;
use super::sealed::{self, Fault};
use super::{Generation, OutputError, digest_of, path_fault};
use crate::{Folder, SealKey};

const VERSION: u32 = 1;

/// Record of `.cloudhost-OWNER.json`.
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

    /// Loads the manifest in `folder`. The inner error: it is corrupt, of a different version, or not sealed by this
    /// user for this directory. Then no file is known to be ours, and nothing is removed.
    pub(super) fn load(
        folder: &Folder,
        names: &Names,
        seal: &SealKey,
    ) -> Result<Option<Result<Self, Fault<Self>>>, OutputError> {
        let name = &names.manifest;
        let good = |manifest: &Self| {
            let mut files = manifest.files.iter();
            manifest.version == VERSION && files.all(|file| path_fault(&file.path).is_none())
        };
        let found = sealed::read::<Self>(seal, folder, name, name)?;
        Ok(found.map(|found| match found {
            Ok(manifest) | Err(Fault::NoSeal(manifest) | Fault::OtherSeal(manifest))
                if !good(&manifest) =>
            {
                Err(Fault::Damaged)
            }
            found => found,
        }))
    }

    /// Returns true if it lists this file with this digest. Names that differ in case alone are one file where the file
    /// system says so.
    pub(super) fn lists(
        &self,
        folder: &Folder,
        path: &str,
        digest: &str,
    ) -> Result<bool, OutputError> {
        let alike = |file: &&Written| file.path.eq_ignore_ascii_case(path) && file.blake3 == digest;
        for file in self.files.iter().filter(alike) {
            if file.path == path || folder.is_same(&file.path, path)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Encodes the file, with its seal.
    pub(super) fn to_text(&self, folder: &Folder, names: &Names, seal: &SealKey) -> String {
        sealed::encode(seal, folder, &names.manifest, self)
    }
}
