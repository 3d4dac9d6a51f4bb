//! What can be known of a component without running it.

use super::PluginError;
use crate::capability::Manifest;
use sha2::{Digest as _, Sha256};
use std::path::Path;
use wasmparser::{Chunk, ComponentExternalKind, Parser, Payload};

/// The version of the contract `cloudhost:provider` that this host speaks.
pub const CONTRACT: &str = "0.1.0";

/// The custom section that holds the manifest.
const SECTION: &str = "cloudhost:manifest";

/// Larger components are refused: compiling takes time and memory in proportion.
const MAX_COMPONENT: usize = 64 << 20;

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
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
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

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "sha256:{}", hex::encode(self.0))
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
}

impl Artifact {
    /// Reads a component from a file.
    ///
    /// # Errors
    /// As [`Artifact::read`], and when the file cannot be read or is no regular file.
    pub fn open(path: &Path) -> Result<Self, PluginError> {
        let read = |source| PluginError::Read {
            path: path.to_owned(),
            source,
        };
        use std::io::Read as _;
        use std::os::unix::fs::OpenOptionsExt as _;
        let mut bytes = Vec::new();
        // A pipe is not waited for.
        let flags = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
        let mut options = std::fs::OpenOptions::new();
        let file = options.read(true).custom_flags(flags).open(path);
        let file = file.map_err(read)?;
        if !file.metadata().map_err(read)?.is_file() {
            return Err(read(std::io::Error::other("it is not a regular file")));
        }
        let most = MAX_COMPONENT as u64 + 1;
        file.take(most).read_to_end(&mut bytes).map_err(read)?;
        Self::read(bytes)
    }

    /// Reads a component.
    ///
    /// # Errors
    /// When the bytes are no component, have no manifest or a wrong one, were built against another contract,
    /// or import what no plugin is ever given.
    pub fn read(bytes: impl Into<std::borrow::Cow<'static, [u8]>>) -> Result<Self, PluginError> {
        let bytes = bytes.into();
        let digest = Digest::of(&bytes);
        Self::read_known(bytes, digest)
    }

    /// Reads a component whose digest is known already.
    pub(crate) fn read_known(
        bytes: std::borrow::Cow<'static, [u8]>,
        digest: Digest,
    ) -> Result<Self, PluginError> {
        within_size(bytes.len())?;
        let outline = Outline::of(&bytes)?;
        let manifest = outline.manifest()?;
        outline.check_interfaces()?;
        Ok(Self {
            digest,
            manifest,
            imports: outline.imports,
            exports: outline.exports,
            bytes,
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

fn within_size(size: usize) -> Result<(), PluginError> {
    if size > MAX_COMPONENT {
        return Err(PluginError::TooLarge {
            size,
            max: MAX_COMPONENT,
        });
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
