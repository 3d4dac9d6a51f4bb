//! The library inside a program that serves many users: it can be shared and spawned, a dropped call leaves nothing,
//! and no state of the process is its own.

use super::{Probe, limit, probe};
use cloudhost::audit::{JsonLines, Trail};
use cloudhost::billing::Month;
use cloudhost::capability::{CredentialRequest, Grant, Manifest, Policy, Scheme};
use cloudhost::catalog::{Catalog, Filter, Scope, Store};
use cloudhost::contract::cloudhost::provider::types::DataKind;
use cloudhost::contract::exports::cloudhost::provider::kconfig::Dialect;
use cloudhost::credentials::{
    CredentialInfo, Credentials, Environment, Obtained, Resolver, Secret, Token,
};
use cloudhost::egress::{Egress, EgressConfig, Session};
use cloudhost::host::{
    CatalogRequest, FetchPolicy, GenerateRequest, Host, HostConfig, HostError, Provider,
};
use cloudhost::install::Plugins;
use cloudhost::limits::{Exceeded, Limit};
use cloudhost::plugin::{Artifact, Compiler, Limits, LoadedPlugin, Plugin, Pool, Runtime};
use cloudhost::source::{FetchOptions, Fetched, Source};
use cloudhost_tests::{Reply, ScriptedServer};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// Compiled, and never run: types that a program moves to other threads, and shares between them.
#[test]
fn everything_is_send_and_sync() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<(
        Host,
        HostConfig,
        HostError,
        Provider,
        CatalogRequest,
        GenerateRequest,
    )>();
    shared::<(Artifact, Compiler, Limits, Pool, LoadedPlugin, Runtime)>();
    shared::<(Credentials, Environment, Token, Arc<dyn Resolver>)>();
    shared::<(Egress, EgressConfig, Session)>();
    shared::<(Catalog, Filter, Scope, Store)>();
    shared::<(Grant, Manifest, Policy, Trail, JsonLines, Plugins)>();
    shared::<(Source, FetchOptions, Fetched)>();
}

fn sent<T>(_: impl Future<Output = T> + Send) {}

/// Compiled only: futures that can be spawned.
#[allow(dead_code)]
async fn futures_are_send(
    provider: &Provider,
    plugin: &Plugin<'_>,
    session: Session,
    (store, scope): (&Store, &Scope),
    credentials: &Credentials,
    (source, options): (&Source, &FetchOptions),
    month: &Month,
) {
    let request = CatalogRequest::of([]);
    sent(provider.describe());
    sent(provider.known_regions());
    sent(provider.whoami());
    sent(provider.request_cost());
    sent(provider.bill(month));
    sent(provider.catalog(&request));
    sent(provider.generate(&GenerateRequest::new(Dialect::Plain, "out")));
    sent(plugin.describe(session.clone()));
    sent(plugin.bundled(session.clone()));
    sent(plugin.whoami(session.clone()));
    sent(plugin.request_cost(session.clone()));
    sent(session.describe("aws"));
    sent(store.lock(scope, Duration::ZERO));
    sent(credentials.describe("aws"));
    sent(credentials.check("aws"));
    sent(source.fetch(options));
}

/// The probe's result, fetched each time.
fn answer() -> CatalogRequest {
    let mut request = CatalogRequest::of([DataKind::Regions]);
    request.sources = FetchPolicy::Refresh;
    request.settings = vec![("do".to_owned(), "answer".to_owned())];
    request
}

fn pool(calls: u32) -> Pool {
    let mut pool = Pool::default();
    pool.calls = calls;
    pool
}

fn load(host: &Host) -> Provider {
    let artifact = probe();
    let grant = Grant::all_of(&artifact.manifest);
    host.load(artifact, &grant)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_share_a_host_and_what_it_loaded() {
    let probe = Probe::new(|_| {});
    load(&probe.host).describe().await.unwrap();
    // Needed to compile or load again.
    std::fs::remove_dir_all(probe.host.compiled_dir()).unwrap();
    let provider = Arc::new(load(&probe.host));
    let tasks = (0..20).map(|number| {
        let (host, provider) = (probe.host.clone(), provider.clone());
        tokio::spawn(async move {
            match number % 2 {
                0 => provider.catalog(&answer()).await.map(drop),
                _ => load(&host).describe().await.map(drop),
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap().unwrap();
    }
    assert!(!probe.host.compiled_dir().exists());
}

/// Two concurrent calls wait for one compilation: the second needs no compiler of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_that_want_the_same_plugin_compile_it_once() {
    let probe = Probe::new(|_| {});
    let alone = Instant::now();
    load(&probe.host).describe().await.unwrap();
    let alone = alone.elapsed();
    let again = Probe::new(|_| {});
    let together = Instant::now();
    let providers: Vec<Provider> = (0..8).map(|_| load(&again.host)).collect();
    let described = providers.iter().map(Provider::describe);
    for described in futures::future::join_all(described).await {
        described.unwrap();
    }
    assert!(
        together.elapsed() < 4 * alone,
        "{together:?}, one alone {alone:?}"
    );
}

/// Compiling takes a while: other tasks of the only thread go on.
#[tokio::test]
async fn compiling_and_loading_hold_up_no_task() {
    let probe = Probe::new(|_| {});
    let ready = async {
        let start = Instant::now();
        load(&probe.host).describe().await.unwrap();
        start.elapsed()
    };
    let turns = async {
        let mut turns = 0_u32;
        loop {
            tokio::time::sleep(Duration::from_millis(1)).await;
            turns += 1;
            if !probe.host.compiled_dir().exists() {
                continue;
            }
            return turns;
        }
    };
    let (took, turns) = tokio::join!(ready, turns);
    // Half of the number on an idle machine.
    assert!(
        u128::from(turns) * 10 > took.as_millis(),
        "{turns} turns in {took:?}"
    );
}

/// Polls a future this many times, then drops it.
struct Dropped<F> {
    future: Pin<Box<F>>,
    left: u32,
}

impl<F: Future> Future for Dropped<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        self.left -= 1;
        self.future.as_mut().poll(context).map(Some)
    }
}

fn count(folder: &Path) -> usize {
    let entries = folder.read_dir().unwrap().map(|entry| entry.unwrap());
    entries
        .map(|entry| match entry.file_type().unwrap().is_dir() {
            true => count(&entry.path()),
            false => 1,
        })
        .sum()
}

/// A call that is dropped at any of its wait points leaves no lock, no place in flight, no task and no file.
#[tokio::test]
async fn what_is_dropped_leaves_nothing() {
    let peer = ScriptedServer::start(|_| Reply::ok("ok")).unwrap();
    let probe = Probe::new(|config| {
        config.call_limits.in_flight = 1;
        config.pool = Some(pool(1));
        let url = peer.url().parse().unwrap();
        config.egress.endpoints.insert("probe".to_owned(), url);
    });
    let provider = load(&probe.host);
    let mut request = answer();
    request.settings = [("do", "join"), ("count", "3")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec();
    provider.catalog(&request).await.unwrap();
    let files = count(probe._dir.path());
    let tasks = || {
        tokio::runtime::Handle::current()
            .metrics()
            .num_alive_tasks()
    };
    // The task of the connection, which is kept open.
    let before = tasks();
    for left in 0.. {
        let future = Box::pin(provider.catalog(&request));
        let done = Dropped { future, left }.await;
        let ended = async {
            while tasks() > before {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        let ended = tokio::time::timeout(Duration::from_secs(20), ended).await;
        assert!(ended.is_ok(), "after {left} polls a task goes on");
        // A lock or place that is still held would be waited for.
        let whole = tokio::time::timeout(Duration::from_secs(20), provider.catalog(&request));
        whole.await.expect("something is still held").unwrap();
        assert_eq!(count(probe._dir.path()), files, "after {left} polls");
        if done.is_some() {
            assert!(left > 3, "it never waited");
            break;
        }
    }
}

/// Drops a call while a plugin is being loaded for the first time.
#[tokio::test]
async fn who_gives_up_loading_leaves_it_to_the_next() {
    for left in 1..4 {
        let probe = Probe::new(|_| {});
        let provider = load(&probe.host);
        let future = Box::pin(provider.describe());
        assert!(Dropped { future, left }.await.is_none(), "{left} polls");
        load(&probe.host).describe().await.unwrap();
    }
}

/// A key of its own for each customer, under a common name.
struct Customer(&'static str);

impl Resolver for Customer {
    fn look(&self, _name: &str) -> Option<CredentialInfo> {
        Some(CredentialInfo::new(self.0))
    }

    fn obtain<'a>(&'a self, _name: &'a str) -> Obtained<'a> {
        Box::pin(async { Ok(Secret::Token(Token::new(format!("key-of-{}", self.0))?)) })
    }
}

#[tokio::test]
async fn customers_share_a_host_and_no_catalog() {
    let probe = Probe::new(|config| config.credentials = Some(Arc::new(Customer("blue"))));
    let other = probe.host.for_credentials(Arc::new(Customer("green")));
    let mut artifact = super::probe();
    artifact.manifest.credentials.push(CredentialRequest {
        name: "lambdalabs".to_owned(),
        scheme: Scheme::Bearer,
        services: Vec::new(),
        hosts: None,
        header: None,
        parameter: None,
        token_url: None,
        scope: None,
        optional: false,
        help: None,
    });
    let grant = Grant::all_of(&artifact.manifest);
    let mut request = answer();
    request.sources = FetchPolicy::Fresh;
    let ask = async |host: &Host| {
        let provider = host.load(artifact.clone(), &grant);
        provider.catalog(&request).await.unwrap()
    };
    let (blue, green) = (ask(&probe.host).await, ask(&other).await);
    let whose = |catalog: &Catalog| format!("{:?}", catalog.source);
    assert!(whose(&blue).contains("lambdalabs of blue"), "{blue:?}");
    assert!(whose(&green).contains("lambdalabs of green"), "{green:?}");
    // Each finds its own again.
    assert_eq!(ask(&probe.host).await, blue);
    assert_eq!(ask(&other).await, green);
}

#[tokio::test]
async fn two_hosts_of_a_process_know_nothing_of_each_other() {
    let strict = Probe::new(|config| config.limits.cpu = Duration::from_millis(50));
    let other = Probe::new(|config| config.limits.cpu = Duration::from_millis(150));
    let (first, second) = tokio::join!(strict.told_to("compute"), other.told_to("compute"));
    assert_eq!(limit(first).most, 50);
    assert_eq!(limit(second).most, 150);
}

/// The library has no state in the process: no static variable, no change of its environment, no signal handler, no
/// output. (The engine handles the faults of guests, as it has to.)
#[test]
fn the_source_has_no_global_state() {
    const TABLES: [&str; 7] = [
        "static TABLE: &[Row] =",
        "static UNKNOWN: Row =",
        // Tables of data, read once and never changed.
        "use std::sync::LazyLock;",
        "static MODELS: LazyLock<",
        "static LADDER: LazyLock<",
        "static TIERS: LazyLock<",
        // What a process that compiles gives the one that started it: `Compiler::Child`.
        "let mut output = std::io::stdout().lock();",
    ];
    const WORDS: [&str; 12] = [
        "static ",
        "thread_local!",
        "LazyLock",
        "lazy_static",
        "set_var",
        "remove_var",
        "signal::",
        "print!",
        "println!",
        "stdout()",
        "stderr()",
        "set_current_dir",
    ];
    fn look(folder: &Path, found: &mut Vec<String>) {
        for entry in folder.read_dir().unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            let ours = name != "tests";
            if path.is_dir() && ours {
                look(&path, found);
            } else if name.ends_with(".rs") && !name.ends_with("tests.rs") && ours {
                let text = std::fs::read_to_string(&path).unwrap();
                let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
                let lines = code.lines().map(str::trim);
                let lines = lines.filter(|line| !line.starts_with("//"));
                let bad = lines.filter(|line| {
                    let line = line.replace("&'static ", "").replace("+ 'static", "");
                    WORDS.iter().any(|word| line.contains(word))
                        && !TABLES.iter().any(|table| line.starts_with(table))
                });
                found.extend(bad.map(|line| format!("{}: {line}", path.display())));
            }
        }
    }
    let mut found = Vec::new();
    look(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut found,
    );
    assert!(found.is_empty(), "{found:#?}");
}

#[tokio::test]
async fn a_pool_changes_no_limit() {
    let probe = Probe::new(|config| {
        config.pool = Some(pool(1));
        config.limits.memory = 32 << 20;
        config.limits.cpu = Duration::from_millis(200);
    });
    // Each ended call gives its place back: there is one.
    let memory = Exceeded {
        limit: Limit::Memory,
        most: 32 << 20,
    };
    assert_eq!(limit(probe.told_to("allocate").await), memory);
    assert_eq!(limit(probe.told_to("compute").await).limit, Limit::Cpu);
    assert!(probe.told_to("crash").await.is_err());
    assert!(probe.told_to("recurse").await.is_err());
    probe.still_works().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_wait_for_a_place() {
    let probe = Probe::new(|config| config.pool = Some(pool(2)));
    let provider = Arc::new(load(&probe.host));
    let calls = (0..50).map(|_| provider.describe());
    for described in futures::future::join_all(calls).await {
        assert_eq!(described.unwrap().title, "Probe");
    }
}

/// Code that was compiled without a pool runs in one, and vice versa.
#[tokio::test]
async fn compiled_code_is_the_same_with_a_pool() {
    let first = Probe::new(|_| {});
    load(&first.host).describe().await.unwrap();
    let pooled = Probe::new(|config| {
        config.cache_dir = first._dir.path().to_owned();
        config.seal = cloudhost::SealKey::own(config.cache_dir.join("secret"));
        config.pool = Some(Pool::default());
        config.compiler = Compiler::Child {
            program: "/nowhere".into(),
            args: Vec::new(),
        };
    });
    load(&pooled.host).describe().await.unwrap();
}
