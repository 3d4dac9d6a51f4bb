//! The dated catalog inside a plugin, for machines without credentials or network.
//!
//! The plugin itself fetches it, so that it has nothing that the plugin would not return.

use std::env;
use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};
use cloudhost_tests::{Moto, Sandbox, workspace};

/// Source that users see for a catalog from moto.
const SOURCE: &str = "moto 5.2.5's copy of the EC2 API";

/// Fetches a catalog with the built binary, from a cloud or from moto, and stores it where the plugin includes it.
pub fn make(provider: &str, endpoint: Option<&str>) -> Result<()> {
    let sandbox = Sandbox::new()?;
    let moto = match endpoint {
        Some(_) => None,
        None => Some(Moto::with_images(None)?),
    };
    let url = endpoint
        .map(str::to_owned)
        .or_else(|| moto.as_ref().map(Moto::url))
        .unwrap_or_default();
    let fetched = sandbox
        .cloudhost([
            "run",
            provider,
            "regions",
            "list",
            "--no-bundled",
            "--strict",
        ])?
        .aws(&url)
        .run()?;
    if fetched.code != Some(0) {
        bail!("the catalog could not be fetched completely\n{fetched}");
    }
    let exported = sandbox
        .cloudhost(["cache", "export", provider])?
        .aws(&url)
        .run()?;
    if exported.code != Some(0) {
        bail!("the catalog could not be exported\n{exported}");
    }
    let json = sandbox.path().join("catalog.json");
    fs::write(&json, &exported.stdout).with_context(|| json.display().to_string())?;
    let source = endpoint.unwrap_or(SOURCE);
    let target = workspace()
        .join("plugins")
        .join(provider)
        .join("bundle/catalog.json.z");
    let package = format!("cloudhost-plugin-{provider}");
    let args = [
        "run",
        "--release",
        "--quiet",
        "--package",
        &package,
        "--example",
        "encode_aws_bundle",
        "--",
    ];
    let mut encode = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    encode.args(args).arg(&json).arg(source).arg(&target);
    let status = encode.current_dir(workspace()).status()?;
    if !status.success() {
        bail!("the catalog could not be encoded: {status}");
    }
    eprintln!("`cargo xtask build` embeds it");
    Ok(())
}
