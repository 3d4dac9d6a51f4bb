//! The lock file: what is installed, in one file that is believed only as it was written.

use super::{InstallError, Installed};
use crate::contract::Digest;
use cloudhost_files::{Folder, FolderError, is_private, read_within};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Its name in the folder.
pub(super) const LOCK_FILE: &str = "plugins.lock";
/// The form that this version writes.
const FORMAT: u32 = 1;
/// Bytes that are read: a record has some kilobytes.
const LIMIT: u64 = 8 << 20;

/// Before the seal, for whoever opens the file.
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
    /// Reads it; an absent one is empty.
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
            return Err("its seal is not that of its content".to_owned());
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

    /// Puts a record in the place of another one, which has to be there still.
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

    /// Whether a file of the folder of objects is named.
    pub(super) fn names(&self, file: &str) -> bool {
        let mut all = self.plugins.values();
        all.any(|installed| super::object(&installed.digest) == file)
    }
}

/// Whether a later version wrote it: that must not read as damage.
fn newer(bytes: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Form {
        format: u32,
    }
    toml::from_slice(bytes).is_ok_and(|Form { format }| format > FORMAT)
}

/// The line that tells an edited or damaged file from a whole one. It keeps mistakes out, not the user, who may write
/// anything here.
fn seal(body: &str) -> String {
    format!("seal = \"{}\"", Digest::of(body.as_bytes()))
}
