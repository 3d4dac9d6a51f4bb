//! The lock file: the list of installed plugins, with a seal over its content.

use super::{InstallError, Installed};
use crate::contract::Digest;
use cloudhost_files::{Folder, FolderError, is_private, read_within};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Its name in the directory.
pub(super) const LOCK_FILE: &str = "plugins.lock";
/// Version of the format.
const FORMAT: u32 = 1;
/// Size limit, in bytes: a record has a few kilobytes.
const LIMIT: u64 = 8 << 20;

/// Comment above the seal, for people who open the file.
const HEAD: &str =
    "# What is installed and what it may do. Do not edit: a file that was edited is refused.\n";

/// The content of the lock file, below its seal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LockFile {
    format: u32,
    /// By name.
    #[serde(default)]
    pub(super) plugins: BTreeMap<String, Installed>,
}

impl Default for LockFile {
    fn default() -> Self {
        Self {
            format: FORMAT,
            plugins: BTreeMap::new(),
        }
    }
}

impl LockFile {
    /// Reads it; a missing file is empty.
    pub(super) fn read(folder: &Folder) -> Result<Self, InstallError> {
        let path = folder.at(LOCK_FILE);
        let Some(file) = folder.open(LOCK_FILE)? else {
            return Ok(Self::default());
        };
        let disk = |error| FolderError::disk("read", &path)(error);
        if !is_private(&file.metadata().map_err(disk)?) {
            return Err(InstallError::NotPrivate { path });
        }
        let bytes = read_within(file, LIMIT).map_err(disk)?;
        if newer(&bytes) {
            return Err(InstallError::Newer { path });
        }
        Self::parse(&bytes).map_err(|why| InstallError::LockFile { path, why })
    }

    fn parse(bytes: &[u8]) -> Result<Self, String> {
        if bytes.len() as u64 > LIMIT {
            return Err(format!("it has more than {LIMIT} bytes"));
        }
        let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
        let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
        if head.strip_prefix(HEAD) != Some(&seal(body)) {
            return Err("its seal does not match its content".to_owned());
        }
        let file: Self = toml::from_str(body).map_err(|error| error.to_string())?;
        for (name, installed) in &file.plugins {
            if let Some(fault) = installed.fault(name) {
                return Err(format!("{name}: {fault}"));
            }
        }
        Ok(file)
    }

    /// The file's text.
    pub(super) fn to_text(&self) -> Result<String, InstallError> {
        let body =
            toml::to_string(self).map_err(|error| InstallError::Encode(error.to_string()))?;
        Ok(format!("{HEAD}{}\n\n{body}", seal(&body)))
    }

    /// Replaces a record, which must not have changed since.
    pub(super) fn replace(
        &mut self,
        name: &str,
        old: Option<&Installed>,
        new: Option<Installed>,
    ) -> Result<(), InstallError> {
        if self.plugins.get(name) != old {
            return Err(InstallError::ChangedMeanwhile {
                name: name.to_owned(),
            });
        }
        match new {
            Some(new) => self.plugins.insert(name.to_owned(), new),
            None => self.plugins.remove(name),
        };
        Ok(())
    }

    /// Returns true if it references this object file.
    pub(super) fn names(&self, file: &str) -> bool {
        let mut all = self.plugins.values();
        all.any(|installed| super::object(&installed.digest) == file)
    }
}

/// Detects a file of a newer version, which must not be reported as corrupt.
fn newer(bytes: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Form {
        format: u32,
    }
    toml::from_slice(bytes).is_ok_and(|Form { format }| format > FORMAT)
}

/// Computes the seal line, which detects an edited or damaged file. It prevents mistakes. It is no protection from the
/// user, who can write any seal.
fn seal(body: &str) -> String {
    format!("seal = \"{}\"", Digest::of(body.as_bytes()))
}
