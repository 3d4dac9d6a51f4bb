//! Tests of what the module promises.

mod damage;
mod grants;
mod killed;
mod random;
mod unsealed;
mod updates;

use super::*;
use crate::source::Fetched;
use std::fs;

/// Requests of a plugin.
const LINES: &str = r#"
hosts = ["api.probe.test", "*.more.test"]
[[credentials]]
name = "probe"
scheme = "bearer"
"#;

/// A component that does nothing, with a manifest of this version and these further lines.
fn component(version: &str, lines: &str) -> Vec<u8> {
    let manifest =
        format!("name = \"probe\"\nversion = \"{version}\"\ncontract = \"0.2.0\"\n{lines}\n");
    wrapped(&manifest)
}

fn wrapped(manifest: &str) -> Vec<u8> {
    // https://webassembly.github.io/spec/core/appendix/custom.html: a section of id 0, its size, its name.
    const NAME: &str = "cloudhost:manifest";
    let size = u32::try_from(1 + NAME.len() + manifest.len()).unwrap();
    let mut bytes = b"\0asm\x0d\0\x01\0\0".to_vec();
    let mut rest = size;
    while rest >= 0x80 {
        bytes.push(u8::try_from(rest & 0x7f).unwrap() | 0x80);
        rest >>= 7;
    }
    bytes.push(u8::try_from(rest).unwrap());
    bytes.push(u8::try_from(NAME.len()).unwrap());
    bytes.extend_from_slice(NAME.as_bytes());
    bytes.extend_from_slice(manifest.as_bytes());
    bytes
}

fn fetched(bytes: Vec<u8>) -> Fetched {
    Fetched {
        digest: Digest::of(&bytes),
        bytes,
        signature: None,
        pinned: None,
    }
}

fn offer(version: &str, lines: &str) -> FetchedPlugin {
    FetchedPlugin::check(
        fetched(component(version, lines)),
        "/x/probe.wasm",
        None,
        None,
    )
    .unwrap()
}

fn all() -> Consent {
    Consent {
        given: Some(GrantChoice::All),
        ..Consent::default()
    }
}

fn these(hosts: &[&str], credentials: &[&str]) -> Grant {
    Grant {
        hosts: hosts.iter().map(|host| host.parse().unwrap()).collect(),
        credentials: credentials.iter().map(|&name| name.to_owned()).collect(),
        change: false,
    }
}

fn some(hosts: &[&str], credentials: &[&str]) -> Consent {
    Consent {
        given: Some(GrantChoice::These(these(hosts, credentials))),
        ..Consent::default()
    }
}

/// A folder of plugins in a temporary one, and both.
fn plugins() -> (tempfile::TempDir, Plugins) {
    let dir = tempfile::tempdir().unwrap();
    let plugins = plugins_in(dir.path());
    (dir, plugins)
}

/// A folder of plugins in this one, with a secret beside it.
fn plugins_in(dir: &Path) -> Plugins {
    Plugins::at(dir.join("plugins")).sealed_by(SealKey::own(dir.join("secret")))
}

fn objects(plugins: &Plugins) -> Vec<String> {
    let entries = fs::read_dir(plugins.dir().join("objects")).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}
