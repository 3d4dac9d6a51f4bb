//! Builds: plugins first, then the program, which embeds them.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::{Context, Result};

use crate::place::binary;
use crate::{setup, tool};

/// The plugins that the program embeds.
pub const BUILTIN: [&str; 2] = ["cloudhost-plugin-aws", "cloudhost-plugin-lambdalabs"];

/// All crates that are compiled to components, including an example and a plugin for tests.
pub const PLUGINS: [&str; 4] = [
    "cloudhost-plugin-aws",
    "cloudhost-plugin-lambdalabs",
    "cloudhost-plugin-hetzner",
    "cloudhost-probe",
];

/// Arguments that build only the program that people run.
pub const PROGRAM: [&str; 6] = [
    "build",
    "--release",
    "--package",
    "cloudhost-cli",
    "--bin",
    "cloudhost",
];

/// The profile of tests; the file explains it.
pub const TESTED: [&str; 3] = ["--release", "--config", ".cargo/tested.toml"];

/// The targets with tests. Benchmarks are cargo examples and not among them: optimising them takes minutes, and the
/// lints check them.
pub const TESTS: [&str; 3] = ["--lib", "--bins", "--tests"];

/// Builds the program with its plugins. With `quiet`, only errors are shown, except the first time, which takes
/// minutes.
pub fn program(quiet: bool) -> Result<()> {
    build(&BUILTIN, &PROGRAM, quiet && binary().exists())
}

/// Arguments that build the program and its benchmarks.
pub const BENCHES: [&str; 11] = [
    "build",
    "--release",
    "--package",
    "cloudhost-cli",
    "--package",
    "xtask-tools",
    "--bin",
    "cloudhost",
    "--bin",
    "xtask-tools",
    "--examples",
];

/// Builds the program and its benchmarks.
pub fn for_benches() -> Result<()> {
    build(&PLUGINS, &BENCHES, false)
}

/// Builds the program and the tool that makes the bundled catalog.
pub fn for_bundle() -> Result<()> {
    let tools = [
        &PROGRAM[..],
        &["--package", "xtask-tools", "--bin", "xtask-tools"],
    ]
    .concat();
    build(&BUILTIN, &tools, false)
}

/// Builds the program, the plugins and the tests.
pub fn with_tests() -> Result<()> {
    let all = ["build", "--workspace"];
    build(&PLUGINS, &[&all[..], &TESTED, &TESTS].concat(), false)
}

fn build(plugins: &[&str], host: &[&str], quiet: bool) -> Result<()> {
    setup::target()?;
    let mut components = tool::cargo(["build", "--profile", "plugin", "--target", setup::WASM]);
    for plugin in plugins {
        components.args(["--package", plugin]);
    }
    let mut host = tool::cargo(host.iter().copied());
    if quiet {
        tool::run(components.arg("--quiet"))?;
        return tool::run(host.arg("--quiet"));
    }
    tool::step("plugins", &mut components)?;
    tool::step("host", &mut host)
}

/// Builds `xtask/tools` for checks.
pub fn tools() -> Result<()> {
    let mut tools = tool::cargo(["build", "--quiet", "--package", "xtask-tools"]);
    tool::run(tools.args(TESTED))
}

/// Runs a command of `xtask/tools`, which must be built.
pub fn tool(name: &str, args: &[&str]) -> Result<()> {
    tool::run(
        Command::new(tool::release("xtask-tools"))
            .arg(name)
            .args(args),
    )
}

/// Becomes `cloudhost run ARGS`, in the directory of the caller.
pub fn exec(args: &[OsString]) -> Result<()> {
    let error = Command::new(binary()).arg("run").args(args).exec();
    Err(error).with_context(|| format!("cannot start {}", binary().display()))
}
