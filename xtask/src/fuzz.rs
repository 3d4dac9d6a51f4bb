//! Fuzzing: libFuzzer searches for bytes that break an invariant of `tests/fuzz`.
//!
//! It works like cargo-fuzz, but on stable Rust and with the existing build. This program is cargo's wrapper of rustc,
//! and compiles only the crates of this workspace with coverage, so that the large dependencies are not compiled again.
//! Coverage thus counts only our own code.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::place::{target_dir, workspace};
use crate::{build, setup, tool};

/// The targets, each a binary `fuzz_NAME` of `tests/fuzz`.
pub const TARGETS: [&str; 7] = [
    "catalog",
    "component",
    "ec2_xml",
    "egress",
    "kconfig",
    "manifest",
    "redaction",
];

/// Arguments of the build, without the profile and the targets.
pub const BUILD: [&str; 4] = [
    "build",
    "--workspace",
    "--features",
    "cloudhost-fuzz/libfuzzer",
];

/// Environment variable that is set if this program runs as the wrapper.
const WRAPPER: &str = "XTASK_COVERAGE";

/// Crates whose coverage is counted, besides the binaries with libFuzzer.
const COVERED: [&str; 6] = [
    "cloudhost",
    "cloudhost_contract",
    "cloudhost_files",
    "cloudhost_fuzz",
    "cloudhost_plugin_aws",
    "cloudhost_sdk",
];

/// Flags that cargo-fuzz passes to rustc.
const FLAGS: [&str; 8] = [
    "--cfg=fuzzing",
    "-Cdebug-assertions",
    "-Coverflow-checks",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];

/// Result of a run of one target.
struct Found {
    executions: u64,
    a_second: u64,
    edges: u64,
}

/// Time of each target in the tests, in seconds.
const SHORT: u32 = 5;
/// Seed of libFuzzer in the tests, so that the same code gives the same findings; 0 is a random seed.
const SEED: u32 = 1;

/// Runs the targets whose names contain `name`, each for this many seconds, from the inputs in the corpus and those of
/// earlier runs on this machine.
pub fn run(name: Option<&str>, seconds: u32) -> Result<()> {
    setup::some(&["c++"])?;
    run_all(name, seconds, 0, &["--release"])
}

/// Runs all targets shortly, compiled like the tests, so that CI sees obvious faults of a change.
pub fn shortly() -> Result<()> {
    match setup::some(&["c++"]) {
        Err(error) if !setup::is_ci() => {
            eprintln!("==> fuzz targets: SKIPPED: {error:#}");
            Ok(())
        }
        Err(error) => Err(error),
        Ok(()) => run_all(None, SHORT, SEED, &build::TESTED),
    }
}

fn run_all(name: Option<&str>, seconds: u32, seed: u32, profile: &[&str]) -> Result<()> {
    let wanted = TARGETS
        .iter()
        .filter(|target| name.is_none_or(|name| target.contains(name)));
    let wanted: Vec<&str> = wanted.copied().collect();
    if wanted.is_empty() {
        bail!("no such target; there are: {}", TARGETS.join(", "));
    }
    let bins: Vec<String> = wanted
        .iter()
        .map(|target| format!("fuzz_{target}"))
        .collect();
    let mut build = tool::cargo(BUILD);
    build.args(profile);
    build.args(bins.iter().flat_map(|bin| ["--bin", bin]));
    build
        .env("RUSTC_WORKSPACE_WRAPPER", tool::itself())
        .env(WRAPPER, "1");
    tool::step("fuzz targets", &mut build)?;
    println!(
        "{:<12} {:>12} {:>8} {:>8}",
        "target", "executions", "a second", "edges"
    );
    let mut failed = Vec::new();
    for target in wanted {
        match fuzz(target, seconds, seed)? {
            Some(found) => println!(
                "{target:<12} {:>12} {:>8} {:>8}",
                found.executions, found.a_second, found.edges
            ),
            None => failed.push(target),
        }
    }
    if !failed.is_empty() {
        bail!("an invariant was broken: {}", failed.join(", "));
    }
    Ok(())
}

/// Runs one target; `None` if it found something, which is printed with libFuzzer's output.
fn fuzz(target: &str, seconds: u32, seed: u32) -> Result<Option<Found>> {
    let (grown, kept) = (
        target_dir().join("fuzz").join(target),
        workspace().join("tests/fuzz/corpus").join(target),
    );
    fs::create_dir_all(&grown)?;
    let mut command = Command::new(target_dir().join("release").join(format!("fuzz_{target}")));
    command
        .arg(&grown)
        .arg(&kept)
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-seed={seed}"))
        .arg(format!("-artifact_prefix={}-", grown.display()))
        .args(["-max_len=16384", "-timeout=20", "-rss_limit_mb=2048"])
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    let output = command.output().context("cannot start the target")?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        eprintln!("{stderr}\nfindings are in {}-*", grown.display());
        return Ok(None);
    }
    let last = stderr.lines().rev().find(|line| line.contains("\tDONE "));
    let last = last.with_context(|| format!("{target} printed no summary:\n{stderr}"))?;
    let executions = last.split_whitespace().next().unwrap_or_default();
    Ok(Some(Found {
        executions: executions.trim_start_matches('#').parse()?,
        a_second: after(last, "exec/s:")?,
        edges: after(last, "cov:")?,
    }))
}

/// Parses the number after a word.
fn after(line: &str, word: &str) -> Result<u64> {
    let rest = line.split_once(word).map(|(_, rest)| rest.trim_start());
    let number = rest.and_then(|rest| rest.split_whitespace().next());
    number
        .and_then(|number| number.parse().ok())
        .with_context(|| format!("no {word} in {line:?}"))
}

/// Becomes rustc, with coverage for our own code. Returns only if this program is not the wrapper.
pub fn wrap() -> Result<()> {
    if env::var_os(WRAPPER).is_none() {
        return Ok(());
    }
    let mut args = env::args_os().skip(1);
    let rustc = args.next().context("cargo did not name rustc")?;
    let args: Vec<OsString> = args.collect();
    let name = args
        .windows(2)
        .find_map(|pair| match pair {
            [flag, name] if flag == "--crate-name" => name.to_str(),
            _ => None,
        })
        .unwrap_or_default();
    let covered = COVERED.contains(&name) || name.starts_with("fuzz_");
    let flags = FLAGS.iter().filter(|_| covered);
    Err(Command::new(rustc).args(args).args(flags).exec()).context("cannot start rustc")
}

#[cfg(test)]
mod tests {
    use super::after;

    #[test]
    fn numbers_of_the_last_line() {
        let line =
            "#4194304\tDONE   cov: 312 ft: 911 corp: 118/4029b lim: 4096 exec/s: 209715 rss: 61Mb";
        assert_eq!(after(line, "cov:").unwrap(), 312);
        assert_eq!(after(line, "exec/s:").unwrap(), 209_715);
        assert!(after(line, "nothing:").is_err());
    }
}
