//! Plugins first, then the host, whose build script takes them in.

use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::{Context, Result};
use cloudhost_tests::{binary, python_plugin};

use crate::{setup, tool};

/// The crates that are compiled to components: the providers, which are embedded, an example, and a plugin for tests.
pub const PLUGINS: [&str; 4] = [
    "cloudhost-plugin-aws",
    "cloudhost-plugin-lambdalabs",
    "cloudhost-plugin-hetzner",
    "cloudhost-probe",
];

/// Selected where no test is, so that the dependencies are those of the tests: the example says why.
pub const AS_FOR_TESTS: [&str; 2] = ["--example", "as_for_tests"];

/// Plugins and host, with all packages selected, as for tests. Quiet: after the first time, which takes minutes, only errors
/// are shown.
pub fn everything(quiet: bool) -> Result<()> {
    let host = ["build", "--release", "--workspace", "--bins"];
    build(
        &[&host[..], &AS_FOR_TESTS].concat(),
        quiet && binary().exists(),
    )
}

/// The profile of tests: the file says why.
pub const TESTED: [&str; 3] = ["--release", "--config", ".cargo/tested.toml"];

/// What is tested. Programs that measure are examples of cargo's: they take minutes to optimise, and the lints check them.
pub const TESTS: [&str; 3] = ["--lib", "--bins", "--tests"];

/// Plugins, host and the programs that measure.
pub fn with_benches() -> Result<()> {
    let all = ["build", "--release", "--workspace", "--bins", "--examples"];
    build(&all, false)
}

/// Plugins, host and tests, in one go, and the example in Python: built apart, the tests' own dependencies would switch
/// on other features of the large ones, and those would be compiled twice.
pub fn with_tests() -> Result<()> {
    let all = ["build", "--workspace"];
    build(&[&all[..], &TESTED, &TESTS].concat(), false)?;
    eprintln!("==> plugin in Python");
    python_plugin()?;
    Ok(())
}

fn build(host: &[&str], quiet: bool) -> Result<()> {
    setup::target()?;
    let mut plugins = tool::cargo(["build", "--profile", "plugin", "--target", setup::WASM]);
    for plugin in PLUGINS {
        plugins.args(["--package", plugin]);
    }
    let mut host = tool::cargo(host.iter().copied());
    if quiet {
        tool::run(plugins.arg("--quiet"))?;
        return tool::run(host.arg("--quiet"));
    }
    tool::step("plugins", &mut plugins)?;
    tool::step("host", &mut host)
}

/// Becomes `cloudhost run ARGS`, in the folder of the caller.
pub fn exec(args: &[String]) -> Result<()> {
    let error = Command::new(binary()).arg("run").args(args).exec();
    Err(error).with_context(|| format!("cannot start {}", binary().display()))
}
