//! What can be known of a component without running it.

use super::{Limits, PluginError};
use crate::capability::{Manifest, shown};
use crate::limits::{Exceeded, Limit};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::path::Path;
use wasmparser::{Chunk, ComponentExternalKind, Parser, Payload};

/// The version of the contract `cloudhost:provider` that this host speaks.
pub const CONTRACT: &str = "0.1.0";

/// The custom section that holds the manifest.
pub(super) const SECTION: &str = "cloudhost:manifest";

/// Of WASI only what a language's runtime needs to start: the streams are empty or go to the log, the
/// environment is empty. `cloudhost:provider` is the contract.
const OFFERED: &[&str] = &[
    "cloudhost:provider/",
    "wasi:cli/",
    "wasi:clocks/",
    "wasi:io/",
    "wasi:random/",
];

/// The SHA-256 of a component: its identity, as in OCI registries. Two files with the same name and version
/// but other bytes are two plugins.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// A digest that was computed before, as at build time for a built-in plugin.
    pub const fn known(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 64 hexadecimal digits, as a file is named by.
    pub fn hex(&self) -> String {
        hex::encode(self.0)
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "sha256:{}", self.hex())
    }
}

/// A text is no digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no digest: it is `sha256:` and 64 digits of 0-9 and a-f")]
pub struct DigestError(String);

impl std::str::FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let mut bytes = [0; 32];
        let digits = text.strip_prefix("sha256:").unwrap_or_default();
        let lower = !digits.contains(|c: char| c.is_ascii_uppercase());
        match hex::decode_to_slice(digits, &mut bytes) {
            Ok(()) if lower => Ok(Self(bytes)),
            _ => Err(DigestError(shown(text))),
        }
    }
}

impl TryFrom<String> for Digest {
    type Error = DigestError;

    fn try_from(text: String) -> Result<Self, DigestError> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

/// A component that was read and looks right, and what it says of itself. Nothing of it has run.
#[derive(Clone)]
pub struct Artifact {
    /// Its identity.
    pub digest: Digest,
    /// Its manifest.
    pub manifest: Manifest,
    /// The interfaces that it imports, sorted.
    pub imports: Vec<String>,
    /// The interfaces that it exports, sorted.
    pub exports: Vec<String>,
    /// The component itself.
    pub bytes: std::borrow::Cow<'static, [u8]>,
    /// It is part of this program.
    pub(super) builtin: bool,
}

impl Artifact {
    /// Reads a component from a file, of the size that [`Limits::default`] allows.
    ///
    /// # Errors
    /// As [`Artifact::read`], and when the file cannot be read or is no regular file.
    pub fn open(path: &Path) -> Result<Self, PluginError> {
        Self::open_within(path, Limits::default().component)
    }

    /// Reads a component from a file of at most so many bytes.
    ///
    /// # Errors
    /// As [`Artifact::open`].
    pub fn open_within(path: &Path, most: usize) -> Result<Self, PluginError> {
        let read = |source| PluginError::Read {
            path: path.to_owned(),
            source,
        };
        let bytes = read_regular(path, most).map_err(read)?;
        Self::read_within(bytes, most)
    }

    /// Reads a component, of the size that [`Limits::default`] allows.
    ///
    /// # Errors
    /// When the bytes are no component, have no manifest or a wrong one, were built against another contract,
    /// or import what no plugin is ever given.
    pub fn read(bytes: impl Into<std::borrow::Cow<'static, [u8]>>) -> Result<Self, PluginError> {
        Self::read_within(bytes, Limits::default().component)
    }

    /// Reads a component of at most so many bytes.
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

    /// Reads a component of this program, whose digest is known since it was built.
    pub(crate) fn builtin(bytes: &'static [u8], digest: Digest) -> Result<Self, PluginError> {
        Self::parse(bytes.into(), digest, true)
    }

    /// Reads a component whose digest was computed already.
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
        outline.check_interfaces()?;
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

/// Without the bytes.
impl std::fmt::Debug for Artifact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Artifact")
            .field("digest", &self.digest)
            .field("manifest", &self.manifest)
            .finish_non_exhaustive()
    }
}

/// The bytes of a regular file, and of a larger one so many that it shows: one more than `most`.
pub(crate) fn read_regular(path: &Path, most: usize) -> std::io::Result<Vec<u8>> {
    use std::io::Read as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    // A pipe is not waited for.
    let flags = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    let mut options = std::fs::OpenOptions::new();
    let file = options.read(true).custom_flags(flags).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(std::io::Error::other("it is not a regular file"));
    }
    let mut bytes = Vec::new();
    file.take((most as u64).saturating_add(1))
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A name that may be shown: the parser does not check what names are made of.
fn plain(name: &str) -> Result<String, PluginError> {
    if name.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(name.to_owned());
    }
    let name = name.escape_debug();
    Err(PluginError::NotAComponent(format!(
        "`{name}` is no name of an interface"
    )))
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

/// The parts of a component that matter here.
#[derive(Default)]
struct Outline {
    manifests: Vec<Vec<u8>>,
    imports: Vec<String>,
    exports: Vec<String>,
}

impl Outline {
    fn of(bytes: &[u8]) -> Result<Self, PluginError> {
        if !Parser::is_component(bytes) {
            return Err(PluginError::NotAComponent(what_it_is(bytes).to_owned()));
        }
        let broken = |e: wasmparser::BinaryReaderError| PluginError::NotAComponent(e.to_string());
        let mut outline = Self::default();
        // The parsers of what encloses this one: none where the component itself is read.
        let mut outer = Vec::new();
        let mut parser = Parser::new(0);
        let mut rest = bytes;
        loop {
            let Chunk::Parsed { consumed, payload } = parser.parse(rest, true).map_err(broken)?
            else {
                return Err(PluginError::NotAComponent("it ends too early".to_owned()));
            };
            rest = rest.get(consumed..).unwrap_or_default();
            match payload {
                Payload::ModuleSection { parser: inner, .. }
                | Payload::ComponentSection { parser: inner, .. } => {
                    outer.push(std::mem::replace(&mut parser, inner));
                }
                // Most of the bytes, and nothing of them matters here.
                Payload::CodeSectionStart { size, .. } => {
                    parser.skip_section();
                    rest = rest.get(size as usize..).unwrap_or_default();
                }
                Payload::End(_) => match outer.pop() {
                    Some(enclosing) => parser = enclosing,
                    None => break,
                },
                // A linker puts custom sections of a plugin's code into the module within the component; a
                // tool that packs a finished component puts them outside.
                Payload::CustomSection(section) if section.name() == SECTION => {
                    outline.manifests.push(section.data().to_vec());
                }
                Payload::ComponentImportSection(section) if outer.is_empty() => {
                    for import in section {
                        outline
                            .imports
                            .push(plain(import.map_err(broken)?.name.name)?);
                    }
                }
                Payload::ComponentExportSection(section) if outer.is_empty() => {
                    for export in section {
                        let export = export.map_err(broken)?;
                        if export.kind == ComponentExternalKind::Instance {
                            outline.exports.push(plain(export.name.name)?);
                        }
                    }
                }
                _ => {}
            }
        }
        outline.imports.sort();
        outline.exports.sort();
        Ok(outline)
    }

    fn manifest(&self) -> Result<Manifest, PluginError> {
        let [manifest] = self.manifests.as_slice() else {
            return Err(PluginError::ManifestCount {
                found: self.manifests.len(),
            });
        };
        Ok(Manifest::parse(&String::from_utf8_lossy(manifest))?)
    }

    fn check_interfaces(&self) -> Result<(), PluginError> {
        for import in &self.imports {
            if !OFFERED.iter().any(|offered| import.starts_with(offered)) {
                return Err(PluginError::Import {
                    import: import.clone(),
                });
            }
        }
        for name in self.imports.iter().chain(&self.exports) {
            if let Some(rest) = name.strip_prefix("cloudhost:provider/")
                && !rest
                    .split_once('@')
                    .is_some_and(|(_, version)| speaks(version))
            {
                return Err(PluginError::Contract {
                    found: name.clone(),
                });
            }
        }
        Ok(())
    }
}

/// Whether this host runs components of that contract version: before 1.0 the minor version has to be the
/// same, and a newer patch of it may import what this host does not have.
fn speaks(version: &str) -> bool {
    let ours = CONTRACT.rsplit_once('.');
    let theirs = version.rsplit_once('.');
    match (ours, theirs) {
        (Some((ours, our_patch)), Some((theirs, their_patch))) => {
            ours == theirs && their_patch.parse::<u32>().ok() <= our_patch.parse::<u32>().ok()
        }
        _ => false,
    }
}

fn what_it_is(bytes: &[u8]) -> &'static str {
    if Parser::is_core_wasm(bytes) {
        "this is a core module; plugins are components (target wasm32-wasip2)"
    } else if bytes.starts_with(b"\x7fELF") {
        "this is a native program or compiled code, which is never run as a plugin"
    } else {
        "the file does not begin as WebAssembly does"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("0.1.0", true)]
    #[case("0.1.1", false)]
    #[case("0.2.0", false)]
    #[case("1.0.0", false)]
    #[case("0.1", false)]
    #[case("", false)]
    fn contract_versions(#[case] version: &str, #[case] expected: bool) {
        assert_eq!(speaks(version), expected);
    }

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
    fn a_digest_is_text_and_back() {
        let digest = Digest::of(b"");
        assert_eq!(digest.to_string().parse(), Ok(digest));
        let hex = digest.hex();
        for wrong in [
            String::new(),
            hex.clone(),
            format!("sha512:{hex}"),
            format!("sha256:{}", &hex[1..]),
            format!("sha256:{}", hex.to_uppercase()),
            format!("sha256: {}", &hex[1..]),
        ] {
            assert!(wrong.parse::<Digest>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_component_without_manifest_is_refused() {
        let error = Artifact::read(b"\0asm\x0d\0\x01\0".as_slice()).unwrap_err();
        assert!(matches!(error, PluginError::ManifestCount { found: 0 }));
    }

    /// Nobody writes into the pipe: waiting for that would be for ever.
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
