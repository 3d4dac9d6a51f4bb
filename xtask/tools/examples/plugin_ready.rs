//! Measures the time until the built-in plugin can be called. Prints JSON for `cargo xtask bench`.
//!
//! `ready_ms`: engine, read and load compiled code, instantiate, and the result of `describe`, as in the first call of
//! a process. `compile_ms`: the same with an empty cache of compiled code.
#![allow(clippy::print_stdout)]

use cloudhost::SealKey;
use cloudhost::host::{Host, HostConfig};
use cloudhost_builtin::PROVIDERS;
use std::error::Error;
use std::time::{Duration, Instant};

const RUNS: usize = 21;
const COMPILATIONS: usize = 3;

fn main() -> Result<(), Box<dyn Error>> {
    let name = PROVIDERS
        .first()
        .ok_or("no built-in plugin: run `cargo xtask build`")?
        .name;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let dir = tempfile::tempdir()?;
    let once = || -> Result<Duration, Box<dyn Error>> {
        let mut config = HostConfig::new(dir.path());
        config.builtin = PROVIDERS;
        config.seal = SealKey::own(dir.path());
        let host = Host::new(config)?;
        let start = Instant::now();
        let provider = runtime.block_on(host.provider(name))?;
        runtime.block_on(provider.describe())?;
        Ok(start.elapsed())
    };
    let mut compilations = Vec::new();
    for _ in 0..COMPILATIONS {
        std::fs::remove_dir_all(dir.path().join("compiled")).or_else(|error| {
            match error.kind() {
                std::io::ErrorKind::NotFound => Ok(()),
                _ => Err(error),
            }
        })?;
        compilations.push(once()?);
    }
    let ready = (0..RUNS).map(|_| once()).collect::<Result<Vec<_>, _>>()?;
    println!(
        "{{\"ready_ms\": {:.3}, \"compile_ms\": {:.1}, \"runs\": {RUNS}}}",
        median(ready),
        median(compilations)
    );
    Ok(())
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times
        .get(times.len() / 2)
        .map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
}
