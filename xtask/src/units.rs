//! A check that nothing is compiled twice: cargo lists the units of each build, and `xtask/tools` compares the lists.

use std::fs;

use anyhow::{Context, Result};

use crate::place::target_dir;
use crate::{build, fuzz, setup, tool};

/// Fails if a later build compiles a dependency of an earlier one in another way.
pub fn check() -> Result<()> {
    eprintln!("==> compiled twice");
    build::tools()?;
    let program = list("program", &build::PROGRAM)?;
    let xtask = list("xtask", &["build", "--release", "--package", "xtask"])?;
    let tests = ["build", "--workspace"];
    let tests = list(
        "tests",
        &[&tests[..], &build::TESTED, &build::TESTS].concat(),
    )?;
    let benches = list("benches", &build::BENCHES)?;
    let fuzz = list(
        "fuzz",
        &[&fuzz::BUILD[..], &build::TESTED, &["--bins"]].concat(),
    )?;
    for (first, second) in [
        (&xtask, &program),
        (&program, &tests),
        (&program, &benches),
        (&tests, &fuzz),
    ] {
        build::tool("units", &[first, second])?;
    }
    let wasm = |name: &str, packages: &[&str]| {
        let mut args = vec!["build", "--profile", "plugin", "--target", setup::WASM];
        args.extend(packages.iter().flat_map(|package| ["--package", package]));
        list(name, &args)
    };
    let builtin = wasm("builtin-plugins", &build::BUILTIN)?;
    build::tool("units", &[&builtin, &wasm("plugins", &build::PLUGINS)?])
}

/// Writes the units of a build to a file. Cargo lists them only if `RUSTC_BOOTSTRAP` is set, and compiles nothing then.
fn list(name: &str, args: &[&str]) -> Result<String> {
    let mut cargo = tool::cargo(args.iter().copied());
    cargo
        .args(["-Z", "unstable-options", "--unit-graph"])
        .env("RUSTC_BOOTSTRAP", "1");
    let path = target_dir().join(format!("units-{name}.json"));
    fs::write(&path, tool::output(&mut cargo)?).with_context(|| path.display().to_string())?;
    Ok(path.display().to_string())
}
