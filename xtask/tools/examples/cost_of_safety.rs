//! Measures the cost of policy, audit and limits. Prints JSON for `cargo xtask bench`.
//!
//! The same component (the test plugin `tests/probe`, as `cargo xtask bench` compiles it) sends requests to the same
//! server on this machine, in turns through cloudhost and on bare wasmtime with the shortest `fetch` that works: an
//! HTTP client, no policy, no audit, no limit. `row_us` is one request of 1,000 in a row, `denied_us` one that is
//! denied and written to an audit log, and `joined_ms` a guest call that joins 500. The server responds at once.
#![allow(clippy::print_stdout)]

mod bare;

use bare::{Bare, Result};
use cloudhost::audit::{AuditSink, JsonLines, Trail};
use cloudhost::capability::{Grant, Policy};
use cloudhost::contract::exports::cloudhost::provider::catalog::{Listing, Query};
use cloudhost::credentials::{Credentials, Environment};
use cloudhost::egress::{CallLimits, Egress, EgressConfig};
use cloudhost::plugin::{Artifact, Compiler, Limits, LoadedPlugin, Plugin, Runtime};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use wasmtime::component::Component;

const ROW: usize = 1_000;
const JOINED: usize = 500;
const RUNS: usize = 21;
const REPLY: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

fn main() -> Result<()> {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || serve(&sender));
    let url = format!("http://{}/", receiver.recv()?);

    // This program is target/release/examples/cost_of_safety.
    let program = std::env::current_exe()?;
    let target = program.ancestors().nth(3).ok_or("no target directory")?;
    let artifact = Artifact::open(&target.join("wasm32-wasip2/plugin/cloudhost_probe.wasm"))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let folder = tempfile::tempdir()?;
    runtime.block_on(async {
        let log = Arc::new(JsonLines::open(&folder.path().join("audit"))?);
        let engine = Runtime::new(None, Compiler::InProcess)?;
        let safe = Safe::new(&engine, &artifact, &url, log).await?;
        let linker = bare::linker(&bare::engine(|_| {})?)?;
        let component = Component::from_binary(linker.engine(), &artifact.bytes)?;
        let bare = Bare::new(&linker, &component, &bare::client(JOINED)?, &url)?;
        let row = alternate(&safe, &bare, "row", ROW, true).await?;
        let denied = alternate(&safe, &bare, "row", ROW, false).await?;
        let joined = alternate(&safe, &bare, "join", JOINED, true).await?;
        let each = |time: Duration| time.as_secs_f64() * 1e6 / ROW as f64;
        let whole = |time: Duration| time.as_secs_f64() * 1e3;
        println!(
            "{{\"row_us\": [{:.2}, {:.2}], \"denied_us\": [{:.2}, {:.2}], \"joined_ms\": [{:.2}, {:.2}], \"runs\": {RUNS}}}",
            each(row.0),
            each(row.1),
            each(denied.0),
            each(denied.1),
            whole(joined.0),
            whole(joined.1),
        );
        Ok(())
    })
}

/// Runs both in turns, and returns the median of each, first through cloudhost.
async fn alternate(
    safe: &Safe<'_>,
    bare: &Bare,
    what: &str,
    count: usize,
    allowed: bool,
) -> Result<(Duration, Duration)> {
    let query = Query {
        wanted: Vec::new(),
        settings: vec![
            ("do".to_owned(), what.to_owned()),
            ("count".to_owned(), count.to_string()),
        ],
    };
    let expected = format!("{} answers", if allowed { count } else { 0 });
    let check = |listing: Listing| {
        let named = listing.regions.unwrap_or_default().pop();
        assert_eq!(named.map(|region| region.name), Some(expected.clone()));
    };
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..=RUNS {
        let start = Instant::now();
        let listing = safe.fetch(query.clone(), allowed).await?;
        ours.push(start.elapsed());
        check(listing);
        let start = Instant::now();
        let listing = bare.fetch(query.clone(), allowed).await?;
        theirs.push(start.elapsed());
        check(listing);
    }
    Ok((median(ours)?, median(theirs)?))
}

/// The host with policy, audit and limits.
struct Safe<'r> {
    engine: &'r Runtime,
    prepared: LoadedPlugin,
    egress: Egress,
    trail: Trail,
    allowed: Arc<Policy>,
    denied: Arc<Policy>,
}

impl<'r> Safe<'r> {
    async fn new(
        engine: &'r Runtime,
        artifact: &Artifact,
        url: &str,
        log: Arc<dyn AuditSink>,
    ) -> Result<Self> {
        let mut config = EgressConfig::default();
        config.endpoints.insert("probe".to_owned(), url.parse()?);
        let manifest = &artifact.manifest;
        Ok(Self {
            engine,
            prepared: engine.prepare(artifact, &Limits::default()).await?,
            egress: Egress::new(config, Arc::new(Credentials::new(Environment::default())))?,
            trail: Trail::new("probe", artifact.digest, Some(log)),
            allowed: Arc::new(Policy::new(manifest, &Grant::all_of(manifest))),
            denied: Arc::new(Policy::new(manifest, &Grant::default())),
        })
    }

    async fn fetch(&self, query: Query, allowed: bool) -> Result<Listing> {
        let policy = if allowed { &self.allowed } else { &self.denied };
        let (trail, limits) = (self.trail.clone(), CallLimits::default());
        let plugin = Plugin {
            name: "probe",
            runtime: self.engine,
            prepared: &self.prepared,
            limits: Limits::default(),
        };
        let session = self.egress.session(trail, policy.clone(), limits);
        Ok(plugin
            .fetch(session, query)
            .await?
            .map_err(|error| error.message)?)
    }
}

fn serve(address: &std::sync::mpsc::Sender<String>) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let _ = address.send(listener.local_addr()?.to_string());
        loop {
            let (mut stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            tokio::spawn(async move {
                let mut request = [0; 4096];
                while matches!(stream.read(&mut request).await, Ok(read) if read > 0) {
                    if stream.write_all(REPLY).await.is_err() {
                        break;
                    }
                }
            });
        }
    })
}

fn median(mut times: Vec<Duration>) -> Result<Duration> {
    // The first run warms up.
    times.remove(0);
    times.sort();
    Ok(*times.get(times.len() / 2).ok_or("no runs")?)
}
