//! The public interface of both libraries as committed text, so that every change is visible and intended.
//!
//! rustdoc writes the interface as JSON with an option of nightly only. The installed compiler accepts it if
//! `RUSTC_BOOTSTRAP` is set, but setting that for cargo would compile most dependencies again. So this program stands
//! in for rustdoc, and sets it for rustdoc alone. `xtask/tools` reads the JSON.

use std::env;
use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::{Context, Result};

use crate::{build, tool};

/// Environment variable that is set if this program runs as rustdoc.
const WRAPPER: &str = "XTASK_RUSTDOC";

/// Compares the interfaces with the files, or writes the files.
pub fn check(options: &[&str]) -> Result<()> {
    // Includes the program, so that features are those of the builds of lints and tests.
    let mut doc = tool::cargo(["doc", "--lib", "--package", "cloudhost-cli"]);
    doc.args(["--package", "cloudhost", "--package", "cloudhost-sdk"]);
    doc.args(build::TESTED)
        .args(["--no-deps", "--quiet"])
        .env("RUSTDOC", tool::itself())
        .env(
            "RUSTDOCFLAGS",
            "-Z unstable-options --output-format json --cap-lints allow",
        )
        .env(WRAPPER, "1");
    tool::step("public interface", &mut doc)?;
    build::tools()?;
    build::tool("api", options)
}

/// Becomes rustdoc, with options of nightly. Returns only if this program is not the wrapper.
pub fn wrap() -> Result<()> {
    if env::var_os(WRAPPER).is_none() {
        return Ok(());
    }
    let mut rustdoc = Command::new("rustdoc");
    rustdoc
        .args(env::args_os().skip(1))
        .env("RUSTC_BOOTSTRAP", "1");
    Err(rustdoc.exec()).context("cannot start rustdoc")
}
