//! Plugins first, then the program, whose build takes them in.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::{Context, Result};

use crate::place::binary;
use crate::{setup, tool};

/// The plugins that the program carries.
pub const BUILTIN: [&str; 2] = ["cloudhost-plugin-aws", "cloudhost-plugin-lambdalabs"];

/// All crates that are compiled to components: an example and a plugin for tests too.
pub const PLUGINS: [&str; 4] = [
    "cloudhost-plugin-aws",
    "cloudhost-plugin-lambdalabs",
    "cloudhost-plugin-hetzner",
    "cloudhost-probe",
];

/// The program that people run, and nothing else.
pub const PROGRAM: [&str; 6] = [
    "build",
    "--release",
    "--package",
    "cloudhost-cli",
    "--bin",
    "cloudhost",
];

/// The profile of tests: the file gives the reason.
pub const TESTED: [&str; 3] = ["--release", "--config", ".cargo/tested.toml"];

/// The targets with tests. Programs that measure are examples of cargo's: optimising them takes minutes, and the lints
/// check them.
pub const TESTS: [&str; 3] = ["--lib", "--bins", "--tests"];

/// The program with its plugins. Quiet: after the first time, which takes minutes, only errors are shown.
pub fn program(quiet: bool) -> Result<()> {
    build(&BUILTIN, &PROGRAM, quiet && binary().exists())
}

/// The program, and what measures it.
pub const BENCHES: [&str; 10] = [
    "build",
    "--release",
    "--bins",
    "--examples",
    "--package",
    "cloudhost",
    "--package",
    "cloudhost-cli",
    "--package",
    "xtask-tools",
];

/// The program, and what measures it.
pub fn for_benches() -> Result<()> {
    build(&PLUGINS, &BENCHES, false)
}

/// The program, and what makes the bundled catalog.
pub fn for_bundle() -> Result<()> {
    let tools = [
        &PROGRAM[..],
        &["--package", "xtask-tools", "--bin", "xtask-tools"],
    ]
    .concat();
    build(&BUILTIN, &tools, false)
}

/// Program, plugins and tests.
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

/// What `xtask/tools` has for checks.
pub fn tools() -> Result<()> {
    let mut tools = tool::cargo(["build", "--quiet", "--package", "xtask-tools"]);
    tool::run(tools.args(TESTED))
}

/// Runs one of `xtask/tools`, which has been built.
pub fn tool(name: &str, args: &[&str]) -> Result<()> {
    tool::run(
        Command::new(tool::release("xtask-tools"))
            .arg(name)
            .args(args),
    )
}

/// Becomes `cloudhost run ARGS`, in the folder of the caller.
pub fn exec(args: &[OsString]) -> Result<()> {
    let error = Command::new(binary()).arg("run").args(args).exec();
    Err(error).with_context(|| format!("cannot start {}", binary().display()))
}
