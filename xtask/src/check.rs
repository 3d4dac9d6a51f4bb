//! Everything that must hold before a change is good.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use cloudhost_tests::test_env;

use crate::{api, build, fuzz, library, setup, tool};

/// All checks, in the order in which they fail fastest. With a filter: the build, and the tests whose names
/// contain it.
pub fn everything(filter: Option<&str>) -> Result<()> {
    setup::everything()?;
    if filter.is_none() {
        tool::step("format", &mut tool::cargo(["fmt", "--all", "--check"]))?;
    }
    build::with_tests()?;
    if filter.is_none() {
        lints()?;
        api::check(false)?;
        library::check()?;
    }
    let (passed, failed) = tests(filter)?;
    if filter.is_none() {
        dependencies()?;
        fuzz::shortly()?;
    }
    println!("{passed} passed, {failed} failed");
    if failed > 0 {
        bail!("{failed} tests failed");
    }
    if passed == 0 {
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
    let mut test = tool::cargo(["test", "--workspace", "--test", "otlp"]);
    test.args(build::TESTED)
        .args(["--features", "cloudhost/otel"])
        .env("CLOUDHOST_TEST_PYTHON", test_env().join("bin/python"));
    tool::step("spans to a collector", &mut test)
}

/// Runs every test, also those of the documentation, and counts them.
fn tests(filter: Option<&str>) -> Result<(usize, usize)> {
    eprintln!("==> tests");
    let programs = counted_run(&build::TESTS, filter)?;
    let documentation = counted_run(&["--doc"], filter)?;
    Ok((programs.0 + documentation.0, programs.1 + documentation.1))
}

/// Runs these tests: how many passed, and how many failed.
fn counted_run(which: &[&str], filter: Option<&str>) -> Result<(usize, usize)> {
    let mut command = tool::cargo(["test", "--workspace", "--no-fail-fast"]);
    let mut child = command
        .args(build::TESTED)
        .args(which)
        .args(filter)
        .env("CLOUDHOST_TEST_PYTHON", test_env().join("bin/python"))
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start cargo")?;
    let stdout = child.stdout.take().context("cargo has no output")?;
    let (mut passed, mut failed) = (0, 0);
    for line in BufReader::new(stdout).lines() {
        let line = line?;
        println!("{line}");
        if line.starts_with("test result:") {
            passed += counted(&line, "passed");
            failed += counted(&line, "failed");
        }
    }
    let status = child.wait()?;
    if !status.success() && failed == 0 {
        bail!("cargo test ended with {status}");
    }
    Ok((passed, failed))
}

/// The number before a word, as in `test result: ok. 12 passed; 0 failed; ...`.
fn counted(line: &str, what: &str) -> usize {
    let words: Vec<&str> = line.split([' ', ';']).collect();
    let before = words.windows(2).find_map(|pair| match pair {
        [number, word] if *word == what => number.parse().ok(),
        _ => None,
    });
    before.unwrap_or(0)
}

fn dependencies() -> Result<()> {
    if tool::works("cargo", &["deny", "--version"]) {
        return tool::step("dependencies", &mut tool::cargo(["deny", "check"]));
    }
    eprintln!(
        "==> dependencies: skipped, there is no cargo-deny (cargo install --locked cargo-deny)"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::counted;

    #[test]
    fn counts_of_a_closing_line() {
        let line = "test result: FAILED. 18 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 23.46s";
        assert_eq!((counted(line, "passed"), counted(line, "failed")), (18, 2));
        assert_eq!(counted("test result: ok.", "passed"), 0);
    }
}
