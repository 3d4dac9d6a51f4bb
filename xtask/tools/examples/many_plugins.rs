//! Measures a program that serves many callers. Prints JSON for `cargo xtask bench`.
//!
//! Each figure is a pair: through cloudhost, and the same component on bare wasmtime with the same pool. Times are
//! medians.
//!
//! - `eight_ms`: engine, code of eight plugins from the cache, and an instance of each; all at once through cloudhost,
//!   which checks the code, and one after the other without that.
//! - `instance_us`: a new instance from a pool, and its end.
//! - `call_us`: the same with a call of `describe` in between.
//! - `grown_kib`: the growth of the process from 1,000 such calls to 10,000, 16 at a time.
//!
//! The eight are the test plugin `tests/probe`, as `cargo xtask bench` compiles it, each with its own section.
#![allow(clippy::print_stdout)]

mod bare;

use bare::{Bare, Result};
use cloudhost::SealKey;
use cloudhost::audit::Trail;
use cloudhost::capability::{Grant, Policy};
use cloudhost::credentials::{Credentials, Environment};
use cloudhost::egress::{CallLimits, Egress, EgressConfig, Session};
use cloudhost::host::{Host, HostConfig, Provider};
use cloudhost::plugin::{
    Artifact, CompiledDir, Compiler, Limits, LoadedPlugin, Plugin, Pool, Runtime,
};
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use wasmtime::component::Component;
use wasmtime::{Engine, PoolingAllocationConfig};

const PLUGINS: u8 = 8;
const RUNS: usize = 21;
const ALONE: usize = 2_000;
const WARM: usize = 1_000;
const CALLS: usize = 10_000;
const AT_ONCE: usize = 16;

fn main() -> Result<()> {
    // This program is target/release/examples/many_plugins.
    let program = std::env::current_exe()?;
    let target = program.ancestors().nth(3).ok_or("no target directory")?;
    let plugin = std::fs::read(target.join("wasm32-wasip2/plugin/cloudhost_probe.wasm"))?;
    let plugins = (0..PLUGINS).map(|number| {
        // A custom section of 6 bytes, named `copy`.
        let section = [0, 6, 4, b'c', b'o', b'p', b'y', number];
        Ok(Artifact::read([&plugin[..], &section].concat())?)
    });
    let plugins = plugins.collect::<Result<Vec<_>>>()?;
    let folder = tempfile::tempdir()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let eight = eight(&plugins, folder.path()).await?;
        let plugin = plugins.first().ok_or("no plugin")?;
        let pooled = pooled(plugin, folder.path()).await?;
        println!("{{\"eight_ms\": {eight:.3?}, {pooled}, \"calls\": {CALLS}, \"runs\": {RUNS}}}");
        Ok(())
    })
}

/// Returns the directory of compiled code, with a secret of its own.
fn compiled_in(folder: &Path) -> CompiledDir {
    CompiledDir::new(folder.join("compiled"), SealKey::own(folder))
}

/// Milliseconds until all can be called.
async fn eight(plugins: &[Artifact], folder: &Path) -> Result<[f64; 2]> {
    let engine = engine(None)?;
    let mut compiled = Vec::new();
    for (number, plugin) in plugins.iter().enumerate() {
        let path = folder.join(format!("{number}.cwasm"));
        std::fs::write(&path, engine.precompile_component(&plugin.bytes)?)?;
        compiled.push(path);
    }
    let client = bare::client(1)?;
    let sessions = plugins.iter().map(sessions).collect::<Result<Vec<_>>>()?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..=RUNS {
        let start = Instant::now();
        let runtime = Runtime::new(Some(compiled_in(folder)), Compiler::InProcess)?;
        let each = plugins.iter().zip(&sessions);
        let ready = each.map(async |(artifact, session)| {
            let prepared = runtime.prepare(artifact, &Limits::default()).await?;
            plugin(&runtime, &prepared).start(session()).await
        });
        futures::future::try_join_all(ready).await?;
        ours.push(start.elapsed());

        let start = Instant::now();
        let linker = bare::linker(&self::engine(None)?)?;
        for path in &compiled {
            let component = deserialize(linker.engine(), path)?;
            let bare = Bare::new(&linker, &component, &client, "")?;
            bare.instance(false).await.map(drop)?;
        }
        theirs.push(start.elapsed());
    }
    Ok([median(ours)? * 1e3, median(theirs)? * 1e3])
}

/// Returns a source of sessions for calls, without a grant.
fn sessions(artifact: &Artifact) -> Result<impl Fn() -> Session> {
    let credentials = Arc::new(Credentials::new(Environment::default()));
    let egress = Egress::new(EgressConfig::default(), credentials)?;
    let trail = Trail::new("probe", artifact.digest, None);
    let policy = Arc::new(Policy::new(&artifact.manifest, &Grant::default()));
    Ok(move || egress.session(trail.clone(), policy.clone(), CallLimits::default()))
}

fn plugin<'a>(runtime: &'a Runtime, prepared: &'a LoadedPlugin) -> Plugin<'a> {
    Plugin {
        name: "probe",
        runtime,
        prepared,
        limits: Limits::default(),
    }
}

fn load(host: &Host, plugin: Artifact) -> Provider {
    let grant = Grant::all_of(&plugin.manifest);
    host.load(plugin, &grant)
}

/// Creates an engine like the host's, so that code and memory are comparable.
fn engine(pool: Option<PoolingAllocationConfig>) -> Result<Engine> {
    bare::engine(|config| {
        config
            .epoch_interruption(false)
            .generate_address_map(false)
            .native_unwind_info(false);
        if let Some(pool) = pool {
            config.allocation_strategy(pool);
        }
    })
}

#[allow(unsafe_code)]
fn deserialize(engine: &Engine, path: &Path) -> Result<Component> {
    // SAFETY: this program wrote it just now, into its own directory.
    Ok(unsafe { Component::deserialize_file(engine, path) }?)
}

/// Measures one instance and one call alone, and the memory that many calls leave behind.
async fn pooled(artifact: &Artifact, folder: &Path) -> Result<String> {
    let mut pool = Pool::default();
    pool.calls = AT_ONCE as u32;
    let runtime = Runtime::pooled(Some(compiled_in(folder)), Compiler::InProcess, pool)?;
    let prepared = runtime.prepare(artifact, &Limits::default()).await?;
    let plugin = plugin(&runtime, &prepared);
    let session = sessions(artifact)?;
    let our_instance = alone(|| async { Ok(plugin.start(session()).await?) }).await?;

    let mut config = HostConfig::new(folder);
    config.seal = SealKey::own(folder);
    config.pool = Some(pool);
    let provider = load(&Host::new(config)?, artifact.clone());
    let describe = || async { Ok(provider.describe().await.map(drop)?) };
    let (our_call, ours_grown) = (alone(describe).await?, growth(describe).await?);

    let mut pool = PoolingAllocationConfig::new();
    pool.linear_memory_keep_resident(256 << 10);
    let linker = bare::linker(&engine(Some(pool))?)?;
    let component = Component::from_binary(linker.engine(), &artifact.bytes)?;
    let bare = Bare::new(&linker, &component, &bare::client(1)?, "")?;
    let instance = alone(|| async { bare.instance(false).await.map(drop) }).await?;
    let describe = || async { bare.describe().await.map(drop) };
    let (call, grown) = (alone(describe).await?, growth(describe).await?);
    Ok(format!(
        "\"instance_us\": {:.2?}, \"call_us\": {:.2?}, \"grown_kib\": {:?}",
        [our_instance, instance],
        [our_call, call],
        [ours_grown, grown],
    ))
}

/// Microseconds of one call.
async fn alone<F: Future<Output = Result<()>>>(call: impl Fn() -> F) -> Result<f64> {
    let mut times = Vec::new();
    for _ in 0..=ALONE {
        let start = Instant::now();
        call().await?;
        times.push(start.elapsed());
    }
    Ok(median(times)? * 1e6)
}

/// KiB by which the process grows after the first calls.
async fn growth<F: Future<Output = Result<()>>>(call: impl Fn() -> F) -> Result<i64> {
    many(WARM, &call).await?;
    let before = resident_kib()?;
    many(CALLS - WARM, &call).await?;
    Ok(resident_kib()? - before)
}

async fn many<F: Future<Output = Result<()>>>(count: usize, call: &impl Fn() -> F) -> Result<()> {
    let calls = stream::iter(0..count).map(|_| Ok(call()));
    calls.try_buffer_unordered(AT_ONCE).try_collect().await
}

/// Resident memory of the process: `VmRSS` of proc_pid_status(5).
fn resident_kib() -> Result<i64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next());
    Ok(kib.ok_or("no VmRSS")?.parse()?)
}

/// Median in seconds.
fn median(mut times: Vec<Duration>) -> Result<f64> {
    // The first run warms up.
    times.remove(0);
    times.sort();
    let middle = times.get(times.len() / 2).ok_or("no runs")?;
    Ok(middle.as_secs_f64())
}
