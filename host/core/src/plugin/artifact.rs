//! A component, parsed without running it.

use super::sections::Outline;
use super::{Digest, Limits, PluginError};
use crate::capability::Manifest;
use crate::limits::{Exceeded, Limit};
use cloudhost_files::read_regular;
use std::path::Path;

/// A parsed and validated component with its manifest. None of its code has run.
#[derive(Clone)]
pub struct Artifact {
    /// Digest of its bytes.
    pub digest: Digest,
    /// Its manifest.
    pub manifest: Manifest,
    /// Interfaces that it imports, sorted.
    pub imports: Vec<String>,
    /// Interfaces that it exports, sorted.
    pub exports: Vec<String>,
    /// Bytes of the component.
    pub bytes: std::borrow::Cow<'static, [u8]>,
    /// True if it is part of this program.
    pub(super) builtin: bool,
}

impl Artifact {
    /// Reads a component from a file, within the size limit of [`Limits::default`].
    ///
    /// # Errors
    /// As [`Artifact::read`], and when the file cannot be read or is not a regular file.
    pub fn open(path: &Path) -> Result<Self, PluginError> {
        Self::open_within(path, Limits::default().component)
    }

    /// Reads a component from a file of at most `most` bytes.
    ///
    /// # Errors
    /// As [`Artifact::open`].
    pub fn open_within(path: &Path, most: usize) -> Result<Self, PluginError> {
        let read = |source| PluginError::Read {
            path: path.to_owned(),
            source,
        };
        let bytes = read_regular(path, most as u64).map_err(read)?;
        Self::read_within(bytes, most)
    }

    /// Reads a component, within the size limit of [`Limits::default`].
    ///
    /// # Errors
    /// When the bytes are not a component, have no manifest or an invalid one, were built against a different contract
    /// version, or import an interface that plugins never get.
    pub fn read(bytes: impl Into<std::borrow::Cow<'static, [u8]>>) -> Result<Self, PluginError> {
        Self::read_within(bytes, Limits::default().component)
    }

    /// Reads a component of at most this many bytes.
    ///
    /// # Errors
    /// As [`Artifact::read`].
    pub fn read_within(
        bytes: impl Into<std::borrow::Cow<'static, [u8]>>,
        most: usize,
    ) -> Result<Self, PluginError> {
        let bytes = bytes.into();
        within_size(bytes.len(), most)?;
        let digest = Digest::of(&bytes);
        Self::parse(bytes, digest, false)
    }

    /// Reads a component of this program, whose digest was computed at build time.
    pub(crate) fn builtin(bytes: &'static [u8], digest: Digest) -> Result<Self, PluginError> {
        Self::parse(bytes.into(), digest, true)
    }

    /// Reads a component whose digest is already computed.
    #[cfg(feature = "source")]
    pub(crate) fn read_known(bytes: Vec<u8>, digest: Digest) -> Result<Self, PluginError> {
        Self::parse(bytes.into(), digest, false)
    }

    fn parse(
        bytes: std::borrow::Cow<'static, [u8]>,
        digest: Digest,
        builtin: bool,
    ) -> Result<Self, PluginError> {
        let outline = Outline::of(&bytes)?;
        let manifest = outline.manifest()?;
        outline.check_interfaces(&manifest.contract)?;
        Ok(Self {
            digest,
            manifest,
            imports: outline.imports,
            exports: outline.exports,
            bytes,
            builtin,
        })
    }
}

/// Leaves out the bytes.
impl std::fmt::Debug for Artifact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Artifact")
            .field("digest", &self.digest)
            .field("manifest", &self.manifest)
            .finish_non_exhaustive()
    }
}

pub(super) fn within_size(size: usize, most: usize) -> Result<(), PluginError> {
    if size > most {
        return Err(PluginError::Load(Exceeded {
            limit: Limit::Component,
            most: most as u64,
        }));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case(b"\0asm\x01\0\0\0".as_slice(), "core module")]
    #[case(b"\x7fELF....".as_slice(), "native program")]
    #[case(b"hello".as_slice(), "does not begin")]
    #[case(b"".as_slice(), "does not begin")]
    fn other_files_are_named(#[case] bytes: &'static [u8], #[case] part: &str) {
        let error = Artifact::read(bytes).unwrap_err();
        assert!(error.to_string().contains(part), "{error}");
    }

    #[test]
    fn a_component_without_manifest_is_refused() {
        let error = Artifact::read(b"\0asm\x0d\0\x01\0".as_slice()).unwrap_err();
        assert!(matches!(error, PluginError::ManifestCount { found: 0 }));
    }

    /// A pipe without a writer: reading would block forever.
    #[test]
    fn what_is_no_file_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let pipe = dir.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        for path in [pipe.as_path(), dir.path()] {
            match Artifact::open(path).unwrap_err() {
                PluginError::Read { source, .. } => {
                    assert_eq!(source.to_string(), "it is not a regular file");
                }
                other => panic!("{other}"),
            }
        }
    }
}
