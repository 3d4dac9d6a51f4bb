//! The public interface of both libraries as text that is committed, so that a change of it is seen and meant.
//!
//! rustdoc knows the interface, and writes it as JSON with an option that it has on nightly only. The compiler that is
//! there will do it too, where `RUSTC_BOOTSTRAP` is set; set for cargo, it would have most dependencies compiled again.
//! So this program stands in for rustdoc, and sets it for rustdoc alone. `xtask/tools` reads the JSON.

use std::env;
use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::{Context, Result};

use crate::{build, tool};

/// Set where this program runs as rustdoc.
const WRAPPER: &str = "XTASK_RUSTDOC";

/// Compares the interfaces with the files, or writes the files.
pub fn check(options: &[&str]) -> Result<()> {
    // With the program, whose features are those of the lints' and the tests' build.
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

/// Becomes rustdoc, with what is there on nightly only. Returns only where this program is not the wrapper.
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
