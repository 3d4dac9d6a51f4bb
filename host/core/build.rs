//! Embeds the built-in plugins: `cargo xtask build` has compiled them to WebAssembly components before.
//!
//! Looks in `CLOUDHOST_BUILTIN_DIR`, or where cargo puts the plugins of this workspace. A plugin that is not
//! there is left out with a warning, so that the library builds alone.
//!
//! For the command line, the files of new plugin projects too: the templates, and with them the SDK and the contract.

use sha2::{Digest as _, Sha256};
use std::path::{Path, PathBuf};

/// Names of the built-in providers: `plugins/<name>`, crate `cloudhost-plugin-<name>`.
const BUILTIN: &[&str] = &["aws", "lambdalabs"];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=CLOUDHOST_BUILTIN_DIR");
    let target = |what: &str| std::env::var(format!("CARGO_CFG_TARGET_{what}")).unwrap_or_default();
    if target("OS") == "linux" && target("ENV") == "gnu" {
        // 66,000 relocations in 16 KB instead of 1.5 MB, which every start would read. Since glibc 2.36.
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    let mut table = String::from("&[\n");
    if std::env::var_os("CARGO_FEATURE_BUILTIN_PLUGINS").is_some() {
        let dir = plugin_dir(&out);
        for name in BUILTIN {
            let file = dir.join(format!("cloudhost_plugin_{name}.wasm"));
            println!("cargo::rerun-if-changed={}", file.display());
            match std::fs::read(&file) {
                Ok(bytes) => table.push_str(&entry(name, &file, &bytes)),
                Err(_) => println!(
                    "cargo::warning=without the built-in plugin {name}: run `cargo xtask build` to have it"
                ),
            }
        }
    }
    table.push(']');
    std::fs::write(out.join("builtin.rs"), table)?;
    if std::env::var_os("CARGO_FEATURE_CLI").is_some() {
        let here = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").ok_or("cargo sets it")?);
        let rust = [
            ("templates/common", ""),
            ("templates/rust", ""),
            ("templates/sdk", "vendor/cloudhost-sdk/"),
            ("../sdk/src", "vendor/cloudhost-sdk/src/"),
            ("../wit", "vendor/wit/"),
        ];
        let python = [
            ("templates/common", ""),
            ("templates/python", ""),
            ("../wit", "wit/"),
        ];
        std::fs::write(out.join("rust.rs"), files(&here, &rust)?)?;
        std::fs::write(out.join("python.rs"), files(&here, &python)?)?;
    }
    Ok(())
}

/// A table of the files below these folders, each with its path in a project.
fn files(here: &Path, folders: &[(&str, &str)]) -> std::io::Result<String> {
    let mut table = String::from("&[\n");
    for (from, to) in folders {
        add(&mut table, &here.join(from), to)?;
    }
    table.push(']');
    Ok(table)
}

fn add(table: &mut String, folder: &Path, to: &str) -> std::io::Result<()> {
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut entries = std::fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let (path, name) = (entry.path(), entry.file_name());
        let to = format!("{to}{}", name.to_string_lossy());
        match entry.file_type()?.is_dir() {
            true => add(table, &path, &format!("{to}/"))?,
            false => table.push_str(&format!("({to:?}, include_str!({path:?})),\n")),
        }
    }
    Ok(())
}

fn entry(name: &str, file: &Path, bytes: &[u8]) -> String {
    let digest: [u8; 32] = Sha256::digest(bytes).into();
    format!(
        "Builtin {{ name: {name:?}, bytes: include_bytes!({file:?}), digest: Digest::known({digest:?}) }},\n"
    )
}

/// `target/wasm32-wasip2/plugin`, found from `target/<profile>/build/<crate>/out`.
fn plugin_dir(out: &Path) -> PathBuf {
    if let Some(dir) = std::env::var_os("CLOUDHOST_BUILTIN_DIR") {
        return PathBuf::from(dir);
    }
    let target = out.ancestors().nth(4).unwrap_or(out);
    target.join("wasm32-wasip2").join("plugin")
}
