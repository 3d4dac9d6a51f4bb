//! Embeds the files of new plugin projects: the templates, and with them the SDK and the contract.

use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let target = |what: &str| std::env::var(format!("CARGO_CFG_TARGET_{what}")).unwrap_or_default();
    if target("OS") == "linux" && target("ENV") == "gnu" {
        // 66,000 relocations in 16 KB instead of 1.5 MB, which every start would read. Since glibc 2.36.
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    let here = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").ok_or("cargo sets it")?);
    let rust = [
        ("templates/common", ""),
        ("templates/rust", ""),
        ("templates/sdk", "vendor/cloudhost-sdk/"),
        ("../../sdk/src", "vendor/cloudhost-sdk/src/"),
        ("../../wit", "vendor/wit/"),
    ];
    let python = [
        ("templates/common", ""),
        ("templates/python", ""),
        ("../../wit", "wit/"),
    ];
    std::fs::write(out.join("rust.rs"), files(&here, &rust)?)?;
    std::fs::write(out.join("python.rs"), files(&here, &python)?)?;
    Ok(())
}

/// A table of the files below these directories, each with its path in a project.
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
