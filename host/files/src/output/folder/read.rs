//! Looking at files, without following links.

use std::io::{self, Read};

use cap_std::fs::{Metadata, OpenOptions, OpenOptionsExt};
use rustix::fs::OFlags;

use super::{ErrorKind, Folder, OutputError, escapes, missing};

/// What is at a path, a symbolic link not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::output) enum Kind {
    Missing,
    File(u64),
    Link,
    Folder,
    Other,
}

/// The digest of some content, in hexadecimal.
pub(in crate::output) fn digest_of(content: &[u8]) -> String {
    blake3::hash(content).to_hex().to_string()
}

/// Reading.
impl Folder {
    /// Names in the folder itself; those that are not text left out.
    pub(in crate::output) fn list(&self) -> Result<Vec<String>, OutputError> {
        let names = self.dir.entries().and_then(|entries| {
            let names = entries.map(|entry| Ok(entry?.file_name().into_string().ok()));
            names.collect::<io::Result<Vec<_>>>()
        });
        Ok(names
            .map_err(|error| self.failed("list", "", error))?
            .into_iter()
            .flatten()
            .collect())
    }

    pub(in crate::output) fn kind(&self, path: &str) -> Result<Kind, OutputError> {
        match self.dir.symlink_metadata(path) {
            Ok(metadata) => Ok(kind(&metadata)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Kind::Missing),
            Err(error) if error.kind() == ErrorKind::NotADirectory => Ok(Kind::Missing),
            Err(error) => Err(self.failed("look at", path, error)),
        }
    }

    pub(in crate::output) fn exists(&self, path: &str) -> Result<bool, OutputError> {
        Ok(self.kind(path)? != Kind::Missing)
    }

    /// An error if following the link at `path` would lead out of the folder.
    pub(in crate::output) fn check_link(&self, path: &str) -> Result<(), OutputError> {
        match self.dir.metadata(path) {
            Err(error) if escapes(&error) => Err(self.failed("follow", path, error)),
            _ => Ok(()),
        }
    }

    /// The content of a regular file; `None` if there is nothing or something else.
    pub(in crate::output) fn read(&self, path: &str) -> Result<Option<Vec<u8>>, OutputError> {
        let mut content = Vec::new();
        Ok(self.read_into(path, &mut content)?.then_some(content))
    }

    /// The digest of a regular file; `None` if there is nothing or something else. `buffer` is scratch space.
    pub(in crate::output) fn digest(
        &self,
        path: &str,
        buffer: &mut Vec<u8>,
    ) -> Result<Option<String>, OutputError> {
        buffer.clear();
        Ok(self.read_into(path, buffer)?.then(|| digest_of(buffer)))
    }

    fn read_into(&self, path: &str, content: &mut Vec<u8>) -> Result<bool, OutputError> {
        let mut options = OpenOptions::new();
        // Neither follow a link nor wait for the other end of a pipe.
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        options.read(true).custom_flags(flags.bits().cast_signed());
        let mut read = || {
            let mut file = self.dir.open_with(path, &options)?;
            let metadata = file.metadata()?;
            if let Kind::File(size) = kind(&metadata) {
                content.reserve(usize::try_from(size).unwrap_or_default().saturating_add(1));
                file.read_to_end(content)?;
                return Ok(true);
            }
            Ok(false)
        };
        match read() {
            Err(error) if missing(&error) || is_link(&error) => Ok(false),
            other => other.map_err(|error| self.failed("read", path, error)),
        }
    }
}

fn kind(metadata: &Metadata) -> Kind {
    let kind = metadata.file_type();
    match () {
        () if kind.is_symlink() => Kind::Link,
        () if kind.is_dir() => Kind::Folder,
        () if kind.is_file() => Kind::File(metadata.len()),
        () => Kind::Other,
    }
}

/// A link, or a socket, which cannot be opened either.
fn is_link(error: &io::Error) -> bool {
    let code = error
        .raw_os_error()
        .map(rustix::io::Errno::from_raw_os_error);
    matches!(
        code,
        Some(rustix::io::Errno::LOOP | rustix::io::Errno::NXIO)
    )
}
