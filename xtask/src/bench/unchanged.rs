//! Generation from an unchanged catalog with an unchanged output: it has nothing to do, and says so.

use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Result, bail};
use cloudhost_tests::{Sandbox, binary};

use super::median;
use super::table::Measure;

const RUNS: usize = 50;

/// Whole processes, beside the start of a program that does nothing.
pub fn run() -> Result<Vec<Measure>> {
    let sandbox = Sandbox::new()?;
    let first = sandbox.generate(["--quiet"])?.run()?;
    if first.code != Some(0) {
        bail!("the first generation failed\n{first}");
    }
    let (mut ours, mut nothing) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let args = [
            "--quiet",
            "run",
            "aws",
            "generate-kconfig",
            "--output-dir",
            "out",
        ];
        ours.push(wall(&sandbox, Command::new(binary()).args(args))?);
        nothing.push(wall(&sandbox, &mut Command::new("true"))?);
    }
    let (ours, nothing) = (median(ours), median(nothing));
    Ok(vec![Measure {
        name: "unchanged regeneration",
        value: ours,
        limit: 10.0,
        unit: "ms",
        detail: format!("`true` {nothing:.2} ms, median of {RUNS}"),
    }])
}

fn wall(sandbox: &Sandbox, command: &mut Command) -> Result<f64> {
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", sandbox.home())
        .env("CLOUDHOST_CACHE_DIR", sandbox.cache())
        .current_dir(sandbox.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    let started = Instant::now();
    let status = command.status()?;
    let wall = started.elapsed().as_secs_f64() * 1000.0;
    if !status.success() {
        bail!("a regeneration ended with {status}");
    }
    Ok(wall)
}
