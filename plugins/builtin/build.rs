//! Embeds the plugins, which `cargo xtask build` compiled to WebAssembly components before.
//!
//! They are read from `CLOUDHOST_BUILTIN_DIR`, or from cargo's output directory for the plugins of this workspace. A
//! missing plugin is omitted with a warning.

use sha2::{Digest as _, Sha256};
use std::path::{Path, PathBuf};

/// Names of the providers: `plugins/<name>`, crate `cloudhost-plugin-<name>`.
const NAMES: &[&str] = &["aws", "lambdalabs"];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=CLOUDHOST_BUILTIN_DIR");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    let dir = plugin_dir(&out);
    let mut table = String::from("&[\n");
    for name in NAMES {
        let file = dir.join(format!("cloudhost_plugin_{name}.wasm"));
        println!("cargo::rerun-if-changed={}", file.display());
        match std::fs::read(&file) {
            Ok(bytes) => table.push_str(&entry(name, &file, &bytes)),
            Err(_) => println!(
                "cargo::warning=the built-in plugin {name} is missing: run `cargo xtask build` to embed it"
            ),
        }
    }
    table.push(']');
    std::fs::write(out.join("providers.rs"), table)?;
    Ok(())
}

fn entry(name: &str, file: &Path, bytes: &[u8]) -> String {
    let digest: [u8; 32] = Sha256::digest(bytes).into();
    format!("Builtin::new({name:?}, include_bytes!({file:?}), {digest:?}),\n")
}

/// Returns `target/wasm32-wasip2/plugin`, found from `target/<profile>/build/<crate>/out`.
fn plugin_dir(out: &Path) -> PathBuf {
    if let Some(dir) = std::env::var_os("CLOUDHOST_BUILTIN_DIR") {
        return PathBuf::from(dir);
    }
    let target = out.ancestors().nth(4).unwrap_or(out);
    target.join("wasm32-wasip2").join("plugin")
}
