//! The lock file: the list of installed plugins, with a seal over its content.
//!
//! The seal has two parts. A digest of the content detects a file that was edited or damaged: that is a mistake, and the
//! file is refused. A code that only this user's secret makes ([`SealKey`]) tells who wrote the file: what another user,
//! another machine or another directory sealed was agreed to by another user. Its records are kept, and grant nothing
//! until this user agrees to them. The same holds for an earlier file of this user that is put back: it can grant what was
//! revoked since. The number of the newest one is kept beside the secret, from before the first one is written. A run that
//! finds a higher number notes it: a process can be killed after it replaced the file. Where no number is known any more,
//! no file is believed, and the next one has a higher number than all before, by the clock.

use super::{InstallError, Installed};
use crate::contract::{Digest, escape_untrusted, excerpt, excerpt_at};
use cloudhost_files::{Folder, FolderError, SealKey, is_private, read_within};
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
    /// Number of the file. Each change makes it higher, and one with a lower number than the newest is not believed.
    #[serde(default)]
    pub(super) number: u64,
    /// Installed plugins, by name.
    #[serde(default)]
    pub(super) plugins: BTreeMap<String, Installed>,
    /// Records that this user has not agreed to, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) unsealed: BTreeMap<String, Installed>,
}

impl Default for LockFile {
    fn default() -> Self {
        Self {
            format: FORMAT,
            number: 0,
            plugins: BTreeMap::new(),
            unsealed: BTreeMap::new(),
        }
    }
}

impl LockFile {
    /// Reads it; a missing file is empty. Without a right seal, or once there was a newer one, no record in it is agreed
    /// to.
    pub(super) fn read(folder: &Folder, seal: &SealKey) -> Result<Self, InstallError> {
        let path = folder.at(LOCK_FILE);
        // Before the file: another run can replace both meanwhile.
        let newest = seal.newest(folder).ok().flatten();
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
        match Self::parse(&bytes) {
            Err(why) => Err(InstallError::LockFile { path, why }),
            Ok((mut file, body, code)) => {
                let sealed = seal.vouches(folder, LOCK_FILE, body.as_bytes(), code);
                match newest {
                    Some(newest) if sealed && file.number >= newest => {
                        if file.number > newest {
                            note(folder, seal, file.number);
                        }
                        return Ok(file);
                    }
                    _ if sealed => {}
                    // A stranger's number counts for nothing.
                    _ => file.number = 0,
                }
                file.unsealed.append(&mut file.plugins);
                Ok(file)
            }
        }
    }

    /// Parses an undamaged file: its records, the sealed text, and the code that seals it.
    fn parse(bytes: &[u8]) -> Result<(Self, &str, &str), String> {
        if bytes.len() as u64 > LIMIT {
            return Err(format!("it has more than {LIMIT} bytes"));
        }
        let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
        let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
        let seal = head.strip_prefix(HEAD).and_then(unquoted);
        let (digest, code) = seal.map_or(("", ""), |seal| {
            // Earlier versions had the digest alone.
            seal.split_once(' ').unwrap_or((seal, ""))
        });
        if digest != Digest::of(body.as_bytes()).to_string() {
            return Err("its seal does not match its content".to_owned());
        }
        let file: Self = toml::from_str(body).map_err(|error| {
            let start = error.span().map(|span| span.start);
            excerpt_at(body, start, error.message())
        })?;
        for (name, installed) in file.plugins.iter().chain(&file.unsealed) {
            if let Some(fault) = installed.fault(name) {
                return Err(format!("{}: {}", escape_untrusted(name), excerpt(&fault)));
            }
        }
        Ok((file, body, code))
    }

    /// The file's text, sealed. Without a secret it has a digest alone, and none of its records is agreed to.
    pub(super) fn to_text(&self, folder: &Folder, seal: &SealKey) -> Result<String, InstallError> {
        let body =
            toml::to_string(self).map_err(|error| InstallError::Encode(error.to_string()))?;
        let digest = Digest::of(body.as_bytes());
        let line = match seal.seal(folder, LOCK_FILE, body.as_bytes()) {
            Ok(code) => format!("seal = \"{digest} {code}\""),
            Err(_) => format!("seal = \"{digest}\""),
        };
        Ok(format!("{HEAD}{line}\n\n{body}"))
    }

    /// Replaces a record, which must not have changed since. A record of this name that was not agreed to is removed.
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
        self.unsealed.remove(name);
        match new {
            Some(new) => self.plugins.insert(name.to_owned(), new),
            None => self.plugins.remove(name),
        };
        Ok(())
    }

    /// Returns true if it references this object file.
    pub(super) fn names(&self, file: &str) -> bool {
        let mut all = self.plugins.values().chain(self.unsealed.values());
        all.any(|installed| super::object(&installed.digest) == file)
    }
}

/// Notes the number of a file that a process replaced and did not note any more.
fn note(folder: &Folder, seal: &SealKey, number: u64) {
    if let Err(error) = seal.note_newest(folder, number) {
        tracing::warn!("an earlier {LOCK_FILE} would still be believed: {error}");
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

/// Returns the value of the line with the seal.
fn unquoted(line: &str) -> Option<&str> {
    line.strip_prefix("seal = \"")?.strip_suffix('"')
}
