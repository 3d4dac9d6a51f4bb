//! Checks that every change must pass.

use anyhow::{Result, bail};

use crate::runner::Counts;
use crate::{api, build, deps, fuzz, library, runner, setup, tool, units};

/// Runs all checks, in the order in which they fail fastest.
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
    report(&counts)
}

/// Checks the dependencies, and that later builds compile none of them again.
pub fn dependencies() -> Result<()> {
    deps::check()?;
    library::check()?;
    units::check()
}

/// Builds everything, and runs the tests whose names contain `name`. The tests themselves require their programs.
pub fn only(name: &str) -> Result<()> {
    build::with_tests()?;
    let mut counts = runner::run(&build::TESTS, Some(name))?;
    counts.add(runner::run(&["--doc"], Some(name))?);
    report(&counts)
}

/// Prints the results. The last line is `N passed, N failed`.
fn report(counts: &Counts) -> Result<()> {
    let Counts {
        passed,
        failed,
        skipped,
        ..
    } = counts;
    print!("slowest tests:\n{}", counts.longest());
    if !skipped.is_empty() {
        println!(
            "{} tests were SKIPPED because a program is missing:",
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

/// Checks the library with other features than those of the tests, for which most of it is compiled again.
pub fn features() -> Result<()> {
    library::compile()?;
    spans()
}

/// Tests the feature `otel`, which is compiled for this alone. The next build restores the usual binary.
fn spans() -> Result<()> {
    setup::some(&["python"])?;
    let mut test = tool::cargo(["test", "--workspace", "--test", "otlp"]);
    test.args(build::TESTED)
        .args(["--features", "cloudhost/otel"]);
    tool::step("spans to a collector", &mut test)
}
