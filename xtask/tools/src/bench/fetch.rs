//! A fresh generation: everything is fetched, and only compiled code is cached.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use cloudhost_tests::{
    ACCESS_KEY, Memory, Moto, Proxy, SECRET_KEY, Sandbox, binary, python, workspace,
};
use serde::Deserialize;

use super::table::Measure;
use super::{curl, inside, median};

const RUNS: usize = 5;
const DELAY: Duration = Duration::from_millis(100);

#[derive(Deserialize)]
struct Cost {
    status: i32,
    wall_ms: f64,
    cpu_ms: f64,
    peak_kib: f64,
}

#[derive(Deserialize)]
struct Redaction {
    search_ms: f64,
    plain_ms: f64,
    prepare_ms: f64,
    worst_x: f64,
    worst: String,
    mib: f64,
    runs: usize,
}

/// Measures the whole process against moto and, in turns, the same requests by curl.
pub fn against_curl() -> Result<Vec<Measure>> {
    let moto = Moto::start()?;
    let sandbox = Sandbox::new()?;
    let proxy = Proxy::start(moto.addr())?;
    let first = generate(&sandbox, &proxy.url(), &[])?;
    let at_once = proxy.most_at_once();
    let exchanges = proxy.exchanges();
    let file = sandbox.path().join("curl.conf");
    curl::config(&exchanges, moto.addr(), &file)?;

    let (mut ours, mut theirs, mut peak) = (Vec::new(), Vec::new(), first.peak_kib);
    for _ in 0..RUNS {
        let cost = generate(&sandbox, &moto.url(), &[])?;
        peak = f64::max(peak, cost.peak_kib);
        ours.push(cost.wall_ms);
        theirs.push(curl::replay(&file, at_once)?);
    }
    let (ours, theirs) = (median(ours), median(theirs));
    let detail = format!(
        "{ours:.0} ms, curl {theirs:.0} ms, {} requests, {at_once} at once, median of {RUNS}",
        exchanges.len()
    );
    Ok(vec![
        Measure {
            name: "fresh generation / curl",
            value: ours / theirs,
            limit: 1.1,
            unit: "x",
            detail,
        },
        Measure {
            name: "peak memory",
            value: peak / 1024.0,
            limit: 150.0,
            unit: "MB",
            detail: format!("largest of {}", RUNS + 1),
        },
    ])
}

/// Measures the same with a delay added to every response. Responses are cached, so that the server's own time, which
/// varies by more than the delays, is not part of either figure.
pub fn delayed() -> Result<Vec<Measure>> {
    let moto = Moto::start()?;
    let sandbox = Sandbox::new()?;
    let memory = Memory::default();
    let near = Proxy::remembering(moto.addr(), &memory)?;
    let far = Proxy::far(moto.addr(), DELAY, &memory)?;
    generate(&sandbox, &near.url(), &[])?;
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        without.push(generate(&sandbox, &near.url(), &[])?.wall_ms);
        with.push(generate(&sandbox, &far.url(), &[])?.wall_ms);
    }
    let (without, with) = (median(without), median(with));
    Ok(vec![Measure {
        name: "delays that a fetch waits for",
        value: (with - without) / (DELAY.as_secs_f64() * 1000.0),
        limit: 4.0,
        unit: "x",
        detail: format!(
            "{without:.0} ms, with 100 ms added to every response {with:.0} ms, median of {RUNS}"
        ),
    }])
}

/// Measures the search for secrets in the responses of a generation and in the worst bodies, beside one plain search of
/// the same bytes.
pub fn redaction() -> Result<Vec<Measure>> {
    let moto = Moto::start()?;
    let sandbox = Sandbox::new()?;
    let near = Proxy::remembering(moto.addr(), &Memory::default())?;
    let recording = sandbox.path().join("recording");
    generate(&sandbox, &near.url(), &["--record", "recording"])?;
    let mut cpu = Vec::new();
    for _ in 0..RUNS {
        cpu.push(generate(&sandbox, &near.url(), &[])?.cpu_ms);
    }
    let cpu = median(cpu);
    let real = ["amis.json", "digitalocean.json", "hetzner.json"];
    let real = real.map(|name| workspace().join("tests/data").join(name));
    let files = [vec![recording.clone()], real.to_vec()].concat();
    let generation: Redaction = inside::example_of("redaction", &[recording])?;
    let all: Redaction = inside::example_of("redaction", &files)?;
    Ok(vec![
        Measure {
            name: "redaction, of a generation's CPU",
            value: (generation.search_ms + generation.prepare_ms) / cpu * 100.0,
            limit: 10.0,
            unit: "%",
            detail: format!(
                "{:.1} ms for {:.1} MiB and {:.1} ms to prepare, of {cpu:.0} ms, median of {}",
                generation.search_ms, generation.mib, generation.prepare_ms, generation.runs
            ),
        },
        Measure {
            name: "redaction / one plain search",
            value: all.search_ms / all.plain_ms,
            limit: 4.0,
            unit: "x",
            detail: format!(
                "{:.1} ms, plain {:.1} ms, {:.1} MiB of responses",
                all.search_ms, all.plain_ms, all.mib
            ),
        },
        Measure {
            name: "redaction of the worst body / plain",
            value: f64::max(all.worst_x, generation.worst_x),
            limit: 20.0,
            unit: "x",
            detail: format!("a body of {:?}", all.worst),
        },
    ])
}

/// Runs one fresh generation, measured by another process.
fn generate(sandbox: &Sandbox, url: &str, more: &[&str]) -> Result<Cost> {
    for folder in [sandbox.cache().join("catalog"), sandbox.out()] {
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
        }
    }
    let mut command = python::script("measure.py")?;
    let output = command
        .arg(binary())
        .args([
            "--quiet",
            "run",
            "aws",
            "generate-kconfig",
            "--no-bundled",
            "--output-dir",
            "out",
        ])
        .args(more)
        .env("HOME", sandbox.home())
        .env("CLOUDHOST_CACHE_DIR", sandbox.cache())
        .env("AWS_ACCESS_KEY_ID", ACCESS_KEY)
        .env("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ENDPOINT_URL", url)
        .current_dir(sandbox.path())
        .output()?;
    let cost: Cost =
        serde_json::from_slice(&output.stdout).context("measure.py printed no JSON")?;
    if cost.status != 0 {
        bail!(
            "cloudhost ended with {}: {}",
            cost.status,
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(cost)
}
