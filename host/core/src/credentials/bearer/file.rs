//! Files that only their owner may read.

use crate::{FilePurpose, Remedy};
use cloudhost_files::Fix;
use cloudhost_files::{open_nonblocking, regular};
use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Credentials files have a few lines.
const MAX_BYTES: u64 = 64 * 1024;
/// Permissions of group and others.
const NOT_THE_OWNER: u32 = 0o077;

/// The reason that a file gives no token.
#[derive(Debug)]
pub(super) struct Problem {
    pub why: String,
    pub remedy: Option<Box<Remedy>>,
}

impl Problem {
    /// A fault with a remedy.
    pub(super) fn new(why: impl Into<String>, remedy: Remedy) -> Self {
        Self {
            why: why.into(),
            remedy: Some(Box::new(remedy)),
        }
    }

    /// A fault whose remedy is that of its source.
    pub(super) fn of_source(why: String) -> Self {
        Self { why, remedy: None }
    }
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        Self::of_source(format!("it cannot be read: {error}"))
    }
}

/// The text of a file; `None` if it does not exist. Symlinks are followed: the path is the user's own.
///
/// A secret that other users can read is theirs as well, so such a file is rejected, as `ssh` does with keys.
pub(super) fn read_private(path: &Path) -> Result<Option<SecretString>, Problem> {
    let Some(file) = open(path)? else {
        return Ok(None);
    };
    let mode = file.metadata()?.permissions().mode();
    if mode & NOT_THE_OWNER != 0 {
        return Err(Problem::new(
            format!(
                "it is accessible by other users (mode {:03o})",
                mode & 0o777
            ),
            Remedy::Files {
                fix: Fix::MakePrivate(path.to_owned()),
                purpose: FilePurpose::Credential,
            },
        ));
    }
    read(file).map(Some)
}

/// Reads the text without the permission check: for a file that is about to be replaced.
pub(super) fn read_any(path: &Path) -> Result<Option<SecretString>, Problem> {
    open(path)?.map(read).transpose()
}

fn open(path: &Path) -> Result<Option<File>, Problem> {
    let file = open_nonblocking(path)?.map(regular).transpose();
    Ok(file.map_err(io::Error::from)?)
}

fn read(file: File) -> Result<SecretString, Problem> {
    let mut text = Zeroizing::new(String::new());
    // Read at once, so that no smaller copy stays behind in memory.
    text.reserve(usize::try_from(file.metadata()?.len().min(MAX_BYTES)).unwrap_or(0) + 1);
    if file.take(MAX_BYTES + 1).read_to_string(&mut text)? as u64 > MAX_BYTES {
        return Err(io::Error::other("it is larger than 64 KiB").into());
    }
    Ok(SecretString::from(text.as_str()))
}
