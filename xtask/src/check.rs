//! Everything that must hold before a change is good.

use anyhow::{Result, bail};

use crate::runner::Counts;
use crate::{api, build, deps, fuzz, library, runner, setup, tool, units};

/// All checks, in the order in which they fail fastest.
pub fn everything() -> Result<()> {
    setup::everything()?;
    tool::step("format", &mut tool::cargo(["fmt", "--all", "--check"]))?;
    dependencies()?;
    build::with_tests()?;
    lints()?;
    api::check(&[])?;
    let mut counts = runner::run(&build::TESTS, None)?;
    counts.add(runner::run(&["--doc"], None)?);
    fuzz::shortly()?;
    told(&counts)
}

/// What comes in as a dependency, and that later builds compile nothing of it again.
pub fn dependencies() -> Result<()> {
    deps::check()?;
    library::check()?;
    units::check()
}

/// The build, and the tests whose names contain this. Programs that they need are asked for by the tests.
pub fn only(name: &str) -> Result<()> {
    build::with_tests()?;
    let mut counts = runner::run(&build::TESTS, Some(name))?;
    counts.add(runner::run(&["--doc"], Some(name))?);
    told(&counts)
}

/// Ends with the line `N passed, N failed`.
fn told(counts: &Counts) -> Result<()> {
    let Counts {
        passed,
        failed,
        skipped,
        ..
    } = counts;
    print!("the tests that took longest:\n{}", counts.longest());
    if !skipped.is_empty() {
        println!(
            "{} tests were SKIPPED, for a program is missing:",
            skipped.len()
        );
        for (test, reason) in skipped {
            println!("    {test}: {reason}");
        }
    }
    println!("{passed} passed, {failed} failed");
    if *failed > 0 {
        bail!("{failed} tests failed");
    }
    if passed + skipped.len() == 0 {
        bail!("no test ran");
    }
    Ok(())
}

fn lints() -> Result<()> {
    let mut native = tool::cargo(["clippy", "--workspace", "--all-targets"]);
    let deny = ["--", "-D", "warnings"];
    tool::step("lints", native.args(build::TESTED).args(deny))?;
    let mut wasm = tool::cargo(["clippy", "--profile", "plugin", "--target", setup::WASM]);
    for plugin in build::PLUGINS {
        wasm.args(["--package", plugin]);
    }
    tool::step("lints of the plugins", wasm.args(deny))
}

/// The library with other features than the tests have, for which most of it is compiled again.
pub fn features() -> Result<()> {
    library::compile()?;
    spans()
}

/// The feature `otel`, which is compiled for this alone. What runs next puts the usual binary in its place again.
fn spans() -> Result<()> {
    setup::some(&["python"])?;
    let mut test = tool::cargo(["test", "--workspace", "--test", "otlp"]);
    test.args(build::TESTED)
        .args(["--features", "cloudhost/otel"]);
    tool::step("spans to a collector", &mut test)
}
