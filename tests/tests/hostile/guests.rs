//! Guests: small ones as text, which become components here, and the probe, which performs given actions.

use cloudhost::capability::{Grant, Manifest};
use cloudhost::plugin::{Artifact, PluginError};
use cloudhost_tests::{plugin_dir, workspace};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// A plugin and its grant.
pub struct Plugin {
    pub artifact: Artifact,
    pub grant: Grant,
}

impl Plugin {
    /// Grants all that its manifest requests.
    pub fn trusted(artifact: Artifact) -> Self {
        let grant = Grant::all_of(&artifact.manifest);
        Self { artifact, grant }
    }
}

/// Host in [`ASKS`].
pub const ALLOWED: &str = "allowed.test";
/// Part of a manifest that requests that host and the probe's own credential.
pub const ASKS: &str = "hosts = [\"allowed.test\"]\n\
    [[credentials]]\nname = \"probe\"\nscheme = \"bearer\"\n";

/// Returns `tests/probe` under this name, with a manifest of this part, all of it granted.
pub fn probe(name: &str, asks: &str) -> Plugin {
    let path = plugin_dir().join("cloudhost_probe.wasm");
    let mut artifact = Artifact::open(&path).expect("run the tests by `cargo xtask test`");
    artifact.manifest = Manifest::parse(&manifest(name, asks)).unwrap();
    Plugin::trusted(artifact)
}

/// Returns a whole manifest.
fn manifest(name: &str, asks: &str) -> String {
    format!("name = {name:?}\nversion = \"1.0.0\"\ncontract = \"0.2.0\"\n{asks}")
}

/// A guest in WebAssembly text: the parts of a core module that implements the contract. The defaults return nothing:
/// an empty description, an empty listing, no bundle, no files.
pub struct Guest<'a> {
    pub name: &'a str,
    /// The part of the manifest after name, version and contract.
    pub asks: &'a str,
    /// Imports of the core module.
    pub imports: &'a str,
    /// Memory 0, exported as `memory`.
    pub memory: &'a str,
    /// More fields of the core module.
    pub fields: &'a str,
    /// Bodies of the exports: each ends with the address of a result, and 1024 is one of zeroes.
    pub describe: &'a str,
    pub fetch: &'a str,
    pub emit: &'a str,
    /// More imports of the world, as WIT.
    pub world: &'a str,
    /// Packages of these imports.
    pub packages: &'a str,
    /// Replacements in the contract that it is built against.
    pub contract: &'a [(&'a str, &'a str)],
    /// Replacements in the text of the module.
    pub module: &'a [(&'a str, &'a str)],
}

impl Default for Guest<'_> {
    fn default() -> Self {
        Self {
            name: "guest",
            asks: "",
            imports: "",
            memory: "(memory (export \"memory\") 2)",
            fields: "",
            describe: "i32.const 1024",
            fetch: "i32.const 1024",
            emit: "i32.const 1024",
            world: "",
            packages: "",
            contract: &[],
            module: &[],
        }
    }
}

/// The import of [`FETCH`].
pub const HTTP: &str = "(import \"cloudhost:provider/http@0.2.0\" \"fetch\" (func $fetch
    (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))";
/// A URL in memory.
pub const URL: &str = "(data (i32.const 2048) \"https://allowed.test/\")";
/// A request for [`URL`] that waits for its response: method, URL, no headers, no body, no credential, and the address of
/// the response.
pub const FETCH: &str =
    "(call $fetch (i32.const 0) (i32.const 2048) (i32.const 21) (i32.const 0) (i32.const 0)
    (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 3072))";

impl Guest<'_> {
    /// The core module as text.
    fn text(&self) -> String {
        let Self {
            imports,
            memory,
            fields,
            describe,
            fetch,
            emit,
            ..
        } = self;
        let text = format!(
            r#"(module {imports} {memory} {fields}
            (global $heap (mut i32) (i32.const 8192))
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
                (local $at i32)
                (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 7)) (i32.const -8)))
                (global.set $heap (i32.add (local.get $at) (local.get 3)))
                (local.get $at))
            (func (export "cloudhost:provider/provider@0.2.0#describe") (result i32) {describe})
            (func (export "cloudhost:provider/catalog@0.2.0#fetch") (param i32 i32 i32 i32) (result i32) {fetch})
            (func (export "cloudhost:provider/catalog@0.2.0#bundled") (result i32) i32.const 1024)
            (func (export "cloudhost:provider/kconfig@0.2.0#emit-kconfig")
                (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) {emit}))"#
        );
        replaced(text, self.module)
    }

    /// The component.
    pub fn bytes(&self) -> Vec<u8> {
        let module = wat::parse_str(self.text()).unwrap_or_else(|error| panic!("{error}"));
        component(module, self, &manifest(self.name, self.asks))
    }

    /// The component as the host reads it.
    pub fn read(&self) -> Result<Artifact, PluginError> {
        Artifact::read(self.bytes())
    }

    /// The component with all that its manifest requests.
    pub fn plugin(&self) -> Plugin {
        Plugin::trusted(self.read().unwrap_or_else(|error| panic!("{error}")))
    }
}

/// Returns a guest with this title of eight characters.
pub fn titled(title: &str) -> Guest<'_> {
    Guest {
        module: Box::leak(Box::new([("TITLE", title)])),
        fields: "(data (i32.const 2048) \"TITLE\")",
        describe: "(i32.store (i32.const 1024) (i32.const 2048)) (i32.store (i32.const 1028) (i32.const 8)) i32.const 1024",
        ..Guest::default()
    }
}

fn replaced(text: String, changes: &[(&str, &str)]) -> String {
    let change = |text: String, (from, to): &(&str, &str)| {
        assert!(text.contains(from), "no {from:?} to replace");
        text.replace(from, to)
    };
    changes.iter().fold(text, change)
}

/// Builds a component of a core module that implements the contract, with a manifest where a linker puts it.
fn component(mut module: Vec<u8>, guest: &Guest, manifest: &str) -> Vec<u8> {
    section(&mut module, "cloudhost:manifest", manifest.as_bytes());
    let mut resolve = Resolve::new();
    let contract = replaced(contract(), guest.contract);
    resolve.push_str("contract.wit", &contract).unwrap();
    let version = contract.lines().next().unwrap();
    let version = version
        .trim_start_matches("package cloudhost:provider")
        .trim_end_matches(';');
    let Guest {
        world, packages, ..
    } = guest;
    let own = format!(
        "package hostile:guest;\nworld guest {{ include cloudhost:provider/plugin{version};\n{world} }}\n{packages}"
    );
    let package = resolve
        .push_str("guest.wit", &own)
        .unwrap_or_else(|error| panic!("{error:?}"));
    let world = resolve.select_world(&[package], Some("guest")).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    let mut encoder = ComponentEncoder::default();
    encoder.module(&module).unwrap();
    let encoded = encoder.validate(true).encode();
    encoded.unwrap_or_else(|error| panic!("{error:?}"))
}

/// The contract as one text.
fn contract() -> String {
    let files = std::fs::read_dir(workspace().join("wit")).unwrap();
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|name| name == "wit"));
    files.sort();
    let mut all = String::new();
    for file in files {
        let text = std::fs::read_to_string(file).unwrap();
        let (package, rest) = text.split_once('\n').unwrap();
        if all.is_empty() {
            all = format!("{package}\n");
        }
        all.push_str(rest);
    }
    all
}

/// Appends a custom section: its id, its size, the length of its name, the name, the data.
fn section(module: &mut Vec<u8>, name: &str, data: &[u8]) {
    let mut content = number(name.len());
    content.extend_from_slice(name.as_bytes());
    content.extend_from_slice(data);
    module.push(0);
    module.extend(number(content.len()));
    module.extend(content);
}

/// A number as LEB128.
fn number(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(value & 0x7f).unwrap();
        value >>= 7;
        if value == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}
