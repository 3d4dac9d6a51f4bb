//! Misbehaving plugins are contained. The guest is `tests/probe`, a real component.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod acquire;
mod codes;
mod compile;
mod embedded;
mod limits;
mod threads;

use cloudhost::SealKey;
use cloudhost::capability::Grant;
use cloudhost::catalog::Catalog;
use cloudhost::contract::cloudhost::provider::types::DataKind;
use cloudhost::credentials::Environment;
use cloudhost::host::{CatalogRequest, FetchPolicy, Host, HostConfig, HostError};
use cloudhost::limits::{Exceeded, Limit};
use cloudhost::plugin::{Artifact, PluginError};
use std::path::PathBuf;
use std::time::{Duration, Instant};

struct Probe {
    _dir: tempfile::TempDir,
    host: Host,
}

impl Probe {
    fn new(change: impl FnOnce(&mut HostConfig)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut config = HostConfig::new(dir.path());
        config.seal = SealKey::own(dir.path().join("secret"));
        config.environment = Environment::default();
        change(&mut config);
        Self {
            host: Host::new(config).unwrap(),
            _dir: dir,
        }
    }

    async fn told_to(&self, what: &str) -> Result<Catalog, HostError> {
        self.asked(what, &[]).await
    }

    /// A sandbox with further settings.
    async fn asked(&self, what: &str, more: &[(&str, &str)]) -> Result<Catalog, HostError> {
        let artifact = probe();
        let grant = Grant::all_of(&artifact.manifest);
        let provider = self.host.load(artifact, &grant);
        let settings = [("do", what)].into_iter().chain(more.iter().copied());
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let mut request = asking();
        request.settings = settings.collect();
        provider.catalog(&request).await
    }

    /// The host goes on after what happened before.
    async fn still_works(&self) {
        let catalog = self.told_to("look-around").await.unwrap();
        let seen: Vec<&str> = catalog
            .regions
            .iter()
            .map(|one| one.name.as_str())
            .collect();
        assert_eq!(seen, ["the sandbox"]);
    }
}

/// The regions, from the cloud alone.
fn asking() -> CatalogRequest {
    let mut request = CatalogRequest::of([DataKind::Regions]);
    request.sources = FetchPolicy::Refresh;
    request.bundled = false;
    request
}

fn path() -> PathBuf {
    // This program is target/release/deps/sandbox-*.
    let program = std::env::current_exe().unwrap();
    let target = program.ancestors().nth(3).unwrap();
    target.join("wasm32-wasip2/plugin/cloudhost_probe.wasm")
}

fn probe() -> Artifact {
    Artifact::open(&path()).expect("run `cargo xtask build` before the tests")
}

fn limit(outcome: Result<Catalog, HostError>) -> Exceeded {
    match outcome {
        Err(HostError::Plugin(PluginError::Limit { limit, .. })) => limit,
        other => panic!("no limit ended it: {other:?}"),
    }
}

#[tokio::test]
async fn it_sees_no_environment_and_no_arguments() {
    Probe::new(|_| {}).still_works().await;
}

#[tokio::test]
async fn an_endless_loop_ends_at_its_processor_time() {
    let probe = Probe::new(|config| config.limits.cpu = Duration::from_millis(200));
    assert_eq!(
        limit(probe.told_to("compute").await),
        Exceeded {
            limit: Limit::Cpu,
            most: 200
        }
    );
    probe.still_works().await;
}

#[tokio::test]
async fn an_endless_loop_does_not_hold_up_other_work() {
    let probe = Probe::new(|config| config.limits.cpu = Duration::from_millis(500));
    // Compiling comes before, and is not counted here.
    probe.still_works().await;
    let start = Instant::now();
    let (outcome, woken) = tokio::join!(probe.told_to("compute"), async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        start.elapsed()
    });
    limit(outcome);
    assert!(woken < Duration::from_millis(400), "{woken:?}");
}

#[tokio::test]
async fn memory_is_limited_in_total() {
    let probe = Probe::new(|config| config.limits.memory = 32 << 20);
    assert_eq!(
        limit(probe.told_to("allocate").await),
        Exceeded {
            limit: Limit::Memory,
            most: 32 << 20
        }
    );
    probe.still_works().await;
}

#[tokio::test]
async fn a_host_call_that_never_answers_ends_with_the_call() {
    // A server that accepts and sends nothing.
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let probe = Probe::new(|config| {
        config.limits.wall = Duration::from_millis(300);
        config
            .egress
            .endpoints
            .insert("probe".to_owned(), url.parse().unwrap());
    });
    assert_eq!(
        limit(probe.told_to("join").await),
        Exceeded {
            limit: Limit::Wall,
            most: 300
        }
    );

    // The connection is closed: reading its end does not wait.
    let read = tokio::task::spawn_blocking(move || {
        let (mut connection, _) = listener.accept().unwrap();
        connection
            .set_read_timeout(Some(Duration::from_secs(5)))
            .unwrap();
        std::io::Read::read_to_end(&mut connection, &mut Vec::new())
    });
    let read = read.await.unwrap();
    assert!(read.is_ok() || read.is_err_and(|e| e.kind() == std::io::ErrorKind::ConnectionReset));
    probe.still_works().await;
}

#[tokio::test]
async fn deep_recursion_is_a_trap() {
    let probe = Probe::new(|_| {});
    match probe.told_to("recurse").await {
        Err(HostError::Plugin(PluginError::Trap { reason, .. })) => {
            // The guest's own stack in its memory ends before the processor's does.
            let ends = ["call stack exhausted", "out of bounds memory access"];
            assert!(ends.iter().any(|end| reason.contains(end)), "{reason}");
        }
        other => panic!("{other:?}"),
    }
    probe.still_works().await;
}

#[tokio::test]
async fn a_crash_is_reported_with_its_words_and_without_escapes() {
    let probe = Probe::new(|_| {});
    match probe.told_to("crash").await {
        Err(HostError::Plugin(PluginError::Trap {
            plugin,
            export,
            reason,
        })) => {
            assert_eq!((plugin.as_str(), export), ("probe", "fetch"));
            assert!(
                reason.contains("the probe was told to \\u{1b}[31mcrash"),
                "{reason}"
            );
            assert!(!reason.contains('\u{1b}'), "{reason}");
        }
        other => panic!("{other:?}"),
    }
    probe.still_works().await;
}

#[tokio::test]
async fn what_was_not_granted_is_denied() {
    let probe = Probe::new(|_| {});
    let provider = probe.host.load(self::probe(), &Grant::default());
    let mut request = asking();
    request.settings = vec![("do".to_owned(), "join".to_owned())];
    let error = provider.catalog(&request).await.unwrap_err();
    let HostError::Cloud { error, .. } = error else {
        panic!("{error:?}");
    };
    assert!(error.message.contains("denied.host"), "{error:?}");
    let [denial] = provider.activity().denials.try_into().unwrap();
    assert_eq!(denial.label(), "denied.host");
}
