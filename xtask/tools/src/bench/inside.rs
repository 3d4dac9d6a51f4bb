//! Measurements inside the library: the examples of this package print them as JSON. All times are medians.
//!
//! - `plugin_ready` prints `{"ready_ms", "compile_ms", "runs"}`: engine, load of precompiled code and instance of the
//!   built-in plugin; and the compilation that comes before, once.
//! - `joined_fetches` prints `{"cold_ms", "warm_ms", "baseline_ms", "requests", "answer_ms", "runs"}`: one guest call
//!   that joins so many requests to a server that responds after so long.
//! - `choosing` prints `{"join_ms", "cheapest_ms", "balanced_ms", "scan_ms", "offers", "runs"}`: a selection among so
//!   many offers, and a scan of all prices.
//! - `cost_of_safety` prints `{"row_us", "denied_us", "joined_ms", "runs"}`, each figure a pair: through cloudhost, and
//!   the same component on bare wasmtime with an HTTP client.
//! - `many_plugins` prints `{"eight_ms", "instance_us", "call_us", "grown_kib", "calls", "runs"}`: a program that
//!   serves many callers; pairs as above.
//! - `redaction FILE...` prints `{"search_ms", "plain_ms", "prepare_ms", "worst_x", "worst", "mib", "runs"}`: the search
//!   for secrets in recorded responses, and one plain search of the same bytes; and the worst of made-up bodies.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use cloudhost_tests::target_dir;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::table::Measure;

#[derive(Deserialize)]
struct Ready {
    ready_ms: f64,
    compile_ms: f64,
    runs: usize,
}

#[derive(Deserialize)]
struct Joined {
    cold_ms: f64,
    warm_ms: f64,
    baseline_ms: f64,
    requests: usize,
    answer_ms: f64,
    runs: usize,
}

#[derive(Deserialize)]
struct Choosing {
    join_ms: f64,
    cheapest_ms: f64,
    balanced_ms: f64,
    scan_ms: f64,
    offers: usize,
    runs: usize,
}

#[derive(Deserialize)]
struct Safety {
    row_us: [f64; 2],
    denied_us: [f64; 2],
    joined_ms: [f64; 2],
    runs: usize,
}

#[derive(Deserialize)]
struct Many {
    eight_ms: [f64; 2],
    instance_us: [f64; 2],
    call_us: [f64; 2],
    grown_kib: [f64; 2],
    calls: usize,
    runs: usize,
}

/// Measures a program that serves many callers.
pub fn many() -> Result<Vec<Measure>> {
    let many: Many = example("many_plugins")?;
    let [eight, eight_bare] = many.eight_ms;
    let [instance, instance_bare] = many.instance_us;
    let [call, call_bare] = many.call_us;
    let [grown, grown_bare] = many.grown_kib;
    Ok(vec![
        Measure {
            name: "eight plugins ready",
            value: eight,
            limit: 2.0,
            unit: "ms",
            detail: format!("bare wasmtime {eight_bare:.2} ms, median of {}", many.runs),
        },
        Measure {
            name: "instance from a pool",
            value: instance,
            limit: 50.0,
            unit: "us",
            detail: format!(
                "bare wasmtime {instance_bare:.1} us; with a call of it {call:.1} us, bare {call_bare:.1} us"
            ),
        },
        Measure {
            name: "memory that calls leave behind",
            value: grown / 1024.0,
            limit: 1.0,
            unit: "MiB",
            detail: format!(
                "from 1,000 to {} calls; bare wasmtime {:.2} MiB",
                many.calls,
                grown_bare / 1024.0
            ),
        },
    ])
}

/// Measures the time that `smart-select` adds to reading the catalog.
pub fn choosing() -> Result<Vec<Measure>> {
    let of: Choosing = example("choosing")?;
    Ok(vec![Measure {
        name: "smart-select, balanced",
        value: of.join_ms + of.balanced_ms,
        limit: 60.0,
        unit: "ms",
        detail: format!(
            "{} offers joined in {:.2} ms; cheapest {:.2} ms; scan of all prices {:.2} ms; median of {}",
            of.offers, of.join_ms, of.cheapest_ms, of.scan_ms, of.runs
        ),
    }])
}

/// Measures the cost of policy, audit and limits.
pub fn safety() -> Result<Vec<Measure>> {
    let Safety {
        row_us,
        denied_us,
        joined_ms,
        runs,
    } = example("cost_of_safety")?;
    let detail = |[ours, bare]: [f64; 2], unit: &str| {
        format!("{ours:.1} {unit}, bare wasmtime {bare:.1} {unit}, median of {runs}")
    };
    let added = |name, pair: [f64; 2]| Measure {
        name,
        value: pair[0] - pair[1],
        limit: 20.0,
        unit: "us",
        detail: detail(pair, "us"),
    };
    Ok(vec![
        added("safety, added to a request", row_us),
        added("safety, added to one that is denied", denied_us),
        Measure {
            name: "safety, 500 requests joined / bare",
            value: joined_ms[0] / joined_ms[1],
            limit: 1.1,
            unit: "x",
            detail: detail(joined_ms, "ms"),
        },
    ])
}

/// Runs the first two examples.
pub fn run() -> Result<Vec<Measure>> {
    let ready: Ready = example("plugin_ready")?;
    let joined: Joined = example("joined_fetches")?;
    let runs = format!("median of {}", ready.runs);
    Ok(vec![
        Measure {
            name: "built-in plugin ready",
            value: ready.ready_ms,
            limit: 2.0,
            unit: "ms",
            detail: runs.clone(),
        },
        Measure {
            name: "first compilation",
            value: ready.compile_ms,
            limit: 1500.0,
            unit: "ms",
            detail: runs,
        },
        joined_by(
            "requests joined by one guest call, cold",
            joined.cold_ms,
            &joined,
        ),
        joined_by(
            "requests joined by one guest call, warm",
            joined.warm_ms,
            &joined,
        ),
    ])
}

fn joined_by(name: &'static str, value: f64, joined: &Joined) -> Measure {
    Measure {
        name,
        value,
        limit: 75.0,
        unit: "ms",
        detail: format!(
            "{} requests, each response after {:.0} ms, median of {}; plain clients, cold: {:.1} ms",
            joined.requests, joined.answer_ms, joined.runs, joined.baseline_ms
        ),
    }
}

fn example<T: DeserializeOwned>(name: &str) -> Result<T> {
    example_of(name, &[])
}

/// Runs an example with these arguments, and reads what it prints.
pub fn example_of<T: DeserializeOwned>(name: &str, arguments: &[PathBuf]) -> Result<T> {
    let binary = target_dir().join("release").join("examples").join(name);
    let output = Command::new(&binary)
        .args(arguments)
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| binary.display().to_string())?;
    if !output.status.success() {
        bail!("{} ended with {}", binary.display(), output.status);
    }
    let printed = String::from_utf8(output.stdout)?;
    serde_json::from_str(&printed)
        .with_context(|| format!("the example {name} printed {printed:?}"))
}
