//! Sections of a component, parsed without running or compiling anything.

use super::PluginError;
use crate::capability::Manifest;
use crate::contract::{self, escape_untrusted, excerpt};
use wasmparser::{Chunk, ComponentExternalKind, Parser, Payload};

/// Custom section of the manifest.
pub(super) const SECTION: &str = "cloudhost:manifest";

/// Longest name of an interface, in bytes: those of WASI have at most 40.
const LONGEST: usize = 200;

/// Interfaces that the host provides. Of WASI only what a language's runtime needs to start: the streams are empty or
/// go to the log, and the environment is empty. `cloudhost:provider` is the contract.
const OFFERED: &[&str] = &[
    "cloudhost:provider/",
    "wasi:cli/",
    "wasi:clocks/",
    "wasi:io/",
    "wasi:random/",
];

/// The relevant sections of a component.
#[derive(Default)]
pub(super) struct Outline {
    manifests: Vec<Vec<u8>>,
    /// Interfaces that it imports, sorted.
    pub imports: Vec<String>,
    /// Interfaces that it exports, sorted.
    pub exports: Vec<String>,
}

impl Outline {
    pub(super) fn of(bytes: &[u8]) -> Result<Self, PluginError> {
        if !Parser::is_component(bytes) {
            return Err(PluginError::NotAComponent(what_it_is(bytes).to_owned()));
        }
        let broken = |error: wasmparser::BinaryReaderError| {
            PluginError::NotAComponent(excerpt(&error.to_string()))
        };
        let mut outline = Self::default();
        // Parsers of the enclosing modules and components; empty at the top level.
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
                // Most of the bytes, none of which matter here.
                Payload::CodeSectionStart { size, .. } => {
                    parser.skip_section();
                    rest = rest.get(size as usize..).unwrap_or_default();
                }
                Payload::End(_) => match outer.pop() {
                    Some(enclosing) => parser = enclosing,
                    None => break,
                },
                // A linker puts custom sections of a plugin's code into the module within the component; a tool that
                // packs a finished component puts them outside.
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

    pub(super) fn manifest(&self) -> Result<Manifest, PluginError> {
        let [manifest] = self.manifests.as_slice() else {
            return Err(PluginError::ManifestCount {
                found: self.manifests.len(),
            });
        };
        Ok(Manifest::parse(&String::from_utf8_lossy(manifest))?)
    }

    /// Checks that the host provides what it imports, and that all of it is of the manifest's version of the contract: what
    /// a plugin may do depends on that.
    pub(super) fn check_interfaces(&self, manifest: &str) -> Result<(), PluginError> {
        let minor = |version| contract::parts(version).map(|(major, minor, _)| (major, minor));
        for import in &self.imports {
            if !OFFERED.iter().any(|offered| import.starts_with(offered)) {
                return Err(PluginError::Import {
                    import: import.clone(),
                });
            }
        }
        for name in self.imports.iter().chain(&self.exports) {
            if let Some(rest) = name.strip_prefix("cloudhost:provider/") {
                let version = rest.split_once('@').map_or("", |(_, version)| version);
                contract::check(version).map_err(|source| PluginError::Contract {
                    interface: name.clone(),
                    source,
                })?;
                if minor(version) != minor(manifest) {
                    return Err(PluginError::MixedContract {
                        interface: name.clone(),
                        contract: manifest.to_owned(),
                    });
                }
            }
        }
        Ok(())
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

/// Validates a name for display: the parser checks neither the characters nor the length of names.
fn plain(name: &str) -> Result<String, PluginError> {
    if name.len() <= LONGEST && name.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(name.to_owned());
    }
    let name = escape_untrusted(name);
    Err(PluginError::NotAComponent(format!(
        "invalid interface name `{name}`"
    )))
}
