//! Records in an output directory, each with a seal. A directory can come from anywhere, so a record without a right
//! seal counts for nothing.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::OutputError;
use crate::{Folder, FolderError, SealKey};

/// Limit on the bytes of a record: one of a file has a few hundred.
const LIMIT: u64 = 64 << 20;

/// A record, as its file has it.
#[derive(Serialize, Deserialize)]
struct Sealed<T> {
    /// Seal over the compact encoding of the record; empty: there was no secret.
    seal: String,
    record: T,
}

/// A file holds no record that can be believed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault<T> {
    /// It cannot be read.
    Damaged,
    /// It has no seal: there was no secret.
    NoSeal(T),
    /// Its seal is not by this user for this directory.
    OtherSeal(T),
}

impl<T> Fault<T> {
    /// The record as it claims to be.
    pub(super) fn claim(self) -> Option<T> {
        match self {
            Self::Damaged => None,
            Self::NoSeal(record) | Self::OtherSeal(record) => Some(record),
        }
    }
}

/// Encodes a record for the file of this name. Without a secret it has no seal, and no later run believes it.
pub(super) fn encode<T: Serialize>(
    seal: &SealKey,
    folder: &Folder,
    name: &str,
    record: &T,
) -> String {
    let code = seal.seal(folder, name, compact(record).as_bytes());
    let sealed = Sealed {
        seal: code.unwrap_or_default(),
        record,
    };
    // Strings, numbers and flags only: cannot fail.
    let mut text = serde_json::to_string_pretty(&sealed).unwrap_or_default();
    text.push('\n');
    text
}

/// Reads the record in the file at a path, which was sealed under this name; `None` if there is no regular file.
pub(super) fn read<T: Serialize + DeserializeOwned>(
    seal: &SealKey,
    folder: &Folder,
    path: &str,
    name: &str,
) -> Result<Option<Result<T, Fault<T>>>, OutputError> {
    let bytes = match folder.read(path, LIMIT) {
        Ok(Some(bytes)) => bytes,
        Ok(None) | Err(FolderError::NotAFile { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let Ok(Sealed { seal: code, record }) = serde_json::from_slice::<Sealed<T>>(&bytes) else {
        return Ok(Some(Err(Fault::Damaged)));
    };
    let right = seal.vouches(folder, name, compact(&record).as_bytes(), &code);
    Ok(Some(match right {
        true => Ok(record),
        false if code.is_empty() => Err(Fault::NoSeal(record)),
        false => Err(Fault::OtherSeal(record)),
    }))
}

fn compact<T: Serialize>(record: &T) -> String {
    serde_json::to_string(record).unwrap_or_default()
}
