//! The dated catalog inside a plugin, for machines without credentials or network.
//!
//! It is what the plugin itself fetched, so that it holds nothing that the plugin would not say.

use std::fs;

use anyhow::{Context, Result, bail};
use cloudhost_tests::{Moto, Sandbox, workspace};

use crate::{build, setup, tool};

/// What people read as the source of a catalog that moto answered.
const SOURCE: &str = "moto 5.2.5's copy of the EC2 API";

/// Fetches a catalog with the built binary and stores it where the plugin includes it.
pub fn make(provider: &str, endpoint: Option<&str>) -> Result<()> {
    setup::everything()?;
    build::everything(false)?;
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
        bail!("the catalog could not be fetched whole\n{fetched}");
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
    tool::run(tool::cargo(args).arg(&json).arg(source).arg(&target))?;
    eprintln!("`cargo xtask build` embeds it");
    Ok(())
}
