//! Measures one guest call that joins 500 requests to a server that responds after 50 ms. Prints JSON for
//! `cargo xtask bench`.
//!
//! `cold_ms` opens the 500 connections, `warm_ms` reuses those of the previous call. The baseline, in the same run, is
//! as many plain TCP clients of the same server, which open theirs.
//!
//! The guest is the test plugin `tests/probe`, as `cargo xtask bench` compiles it.
#![allow(clippy::print_stdout)]

use cloudhost::audit::Trail;
use cloudhost::capability::{Grant, Policy};
use cloudhost::contract::exports::cloudhost::provider::catalog::Query;
use cloudhost::credentials::{Credentials, Environment};
use cloudhost::egress::{CallLimits, Egress, EgressConfig};
use cloudhost::plugin::{Artifact, Compiler, Limits, Plugin, Runtime};
use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const REQUESTS: usize = 500;
const DELAY: Duration = Duration::from_millis(50);
const RUNS: usize = 11;
const REPLY: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

fn main() -> Result<(), Box<dyn Error>> {
    // The server has its own thread, as a server on another machine would.
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || serve(&sender));
    let address = receiver.recv()?;

    // This program is target/release/examples/joined_fetches.
    let program = std::env::current_exe()?;
    let target = program.ancestors().nth(3).ok_or("no target directory")?;
    let artifact = Artifact::open(&target.join("wasm32-wasip2/plugin/cloudhost_probe.wasm"))?;
    let policy = Policy::new(&artifact.manifest, &Grant::all_of(&artifact.manifest));
    let policy = Arc::new(policy);
    let engine = Runtime::new(None, Compiler::InProcess)?;
    let trail = Trail::new("probe", artifact.digest, None);
    let query = Query {
        wanted: Vec::new(),
        settings: vec![
            ("do".to_owned(), "join".to_owned()),
            ("count".to_owned(), REQUESTS.to_string()),
        ],
    };

    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let limits = Limits::default();
    let prepared = runtime.block_on(engine.prepare(&artifact, &limits))?;
    let plugin = Plugin {
        name: "probe",
        runtime: &engine,
        prepared: &prepared,
        limits,
    };
    let (cold, warm, plain) = runtime.block_on(async {
        let (mut cold, mut warm, mut plain) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..=RUNS {
            // A new egress for each run, without open connections.
            let mut config = EgressConfig::default();
            let endpoint = format!("http://{address}").parse()?;
            config.endpoints.insert("probe".to_owned(), endpoint);
            let credentials = Arc::new(Credentials::new(Environment::default()));
            let egress = Egress::new(config, credentials)?;
            for times in [&mut cold, &mut warm] {
                let session = egress.session(trail.clone(), policy.clone(), CallLimits::default());
                let start = Instant::now();
                let listing = plugin.fetch(session, query.clone()).await?;
                times.push(start.elapsed());
                let regions = listing.map_err(|error| error.message)?.regions;
                let named = regions.unwrap_or_default().pop().map(|region| region.name);
                assert_eq!(named, Some(format!("{REQUESTS} answers")));
            }

            let start = Instant::now();
            futures::future::try_join_all((0..REQUESTS).map(|_| get(&address))).await?;
            plain.push(start.elapsed());
        }
        Ok::<_, Box<dyn Error>>((median(cold), median(warm), median(plain)))
    })?;
    println!(
        "{{\"cold_ms\": {cold:.1}, \"warm_ms\": {warm:.1}, \"baseline_ms\": {plain:.1}, \"requests\": {REQUESTS}, \"answer_ms\": {}, \"runs\": {RUNS}}}",
        DELAY.as_millis()
    );
    Ok(())
}

/// Runs one plain client.
async fn get(address: &str) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    stream
        .write_all(b"GET / HTTP/1.1\r\nhost: probe.test\r\n\r\n")
        .await?;
    let mut response = [0; 256];
    while stream.read(&mut response).await? < REPLY.len() {}
    Ok(())
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
            tokio::spawn(async move {
                let mut request = [0; 4096];
                while matches!(stream.read(&mut request).await, Ok(read) if read > 0) {
                    tokio::time::sleep(DELAY).await;
                    if stream.write_all(REPLY).await.is_err() {
                        break;
                    }
                }
            });
        }
    })
}

fn median(mut times: Vec<Duration>) -> f64 {
    // The first run warms up.
    times.remove(0);
    times.sort();
    times
        .get(times.len() / 2)
        .map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
}
