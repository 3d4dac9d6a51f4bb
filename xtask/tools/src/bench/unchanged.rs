//! Whole processes with a fresh cache: a generation with nothing to do, and a value for Kconfig.

use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Result, bail};
use cloudhost_tests::{LAMBDA_KEY, LambdaCloud, Sandbox, binary};

use super::median;
use super::table::Measure;

const RUNS: usize = 50;

/// Measures whole processes, beside the start of a program that does nothing.
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
        ours.push(wall(
            &sandbox,
            Command::new(binary()).env_clear().args(args),
        )?);
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

/// Measures `kconfig-value` with a fresh catalog from a stand-in for Lambda Cloud.
pub fn kconfig_value() -> Result<Vec<Measure>> {
    let (sandbox, lambda) = (Sandbox::new()?, LambdaCloud::start()?);
    let endpoint = format!("lambdalabs={}", lambda.url());
    let args = [
        "kconfig-value",
        "lambdalabs",
        "region",
        "--endpoint",
        endpoint.as_str(),
    ];
    let list = [
        "run",
        "lambdalabs",
        "generate-kconfig",
        "--quiet",
        "--endpoint",
        &endpoint,
    ];
    let first = sandbox
        .cloudhost(list)?
        .env("LAMBDALABS_API_KEY", LAMBDA_KEY)
        .run()?;
    if first.code != Some(0) {
        bail!("the first fetch failed\n{first}");
    }
    let sent = lambda.requests().len();
    let (mut ours, mut nothing) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let mut command = Command::new(binary());
        ours.push(wall(
            &sandbox,
            command
                .env_clear()
                .args(args)
                .env("LAMBDALABS_API_KEY", LAMBDA_KEY),
        )?);
        nothing.push(wall(&sandbox, &mut Command::new("true"))?);
    }
    if lambda.requests().len() != sent {
        bail!("a fresh catalog was fetched again");
    }
    let (ours, nothing) = (median(ours), median(nothing));
    Ok(vec![Measure {
        name: "kconfig-value",
        value: ours,
        limit: 5.0,
        unit: "ms",
        detail: format!("`true` {nothing:.2} ms, median of {RUNS}"),
    }])
}

fn wall(sandbox: &Sandbox, command: &mut Command) -> Result<f64> {
    command
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
        bail!("a measured process ended with {status}");
    }
    Ok(wall)
}
