//! The host that runs a guest, and the one check that every case ends with.

use crate::guests::{Plugin, probe};
use crate::outcome::{Dns, Outcome};
use crate::watch;
use cloudhost::audit::{AuditSink, Event, Trail};
use cloudhost::capability::Policy;
use cloudhost::contract::cloudhost::provider::types::DataKind;
use cloudhost::credentials::{Credentials, Environment};
use cloudhost::egress::{CallLimits, Egress, EgressConfig, Session};
use cloudhost::host::{CatalogRequest, FetchPolicy, Host, HostConfig, HostError, Provider};
use cloudhost::plugin::{Compiler, Limits, LoadedPlugin, Plugin as Callable, PluginError, Runtime};
use cloudhost::{HasRemedy, SealKey};
use cloudhost_probe::ProbeAction;
use cloudhost_tests::{ScriptedServer, Tree};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

/// Prefix of every planted secret, and of nothing else.
pub const PLANTED: &str = "PlantedSecret";
/// The token of the probe.
pub const TOKEN: &str = "PlantedSecret-of-the-probe/0123456789+abc=";
/// The token of the other plugin.
pub const OTHER_TOKEN: &str = "PlantedSecret-of-the-neighbour-9876543210";
/// The key of AWS.
pub const AWS_SECRET: &str = "PlantedSecretOfAws/bPxRfiCYEXAMPLEKEY";

#[derive(Default)]
struct Recorder(Mutex<Vec<Event>>);

impl AuditSink for Recorder {
    fn record(&self, event: &Event) {
        self.0.lock().unwrap().push(event.clone());
    }
}

/// A host with planted secrets. It must be checked: [`Sandboxed::assert_contained`].
pub struct Sandboxed {
    dir: Arc<tempfile::TempDir>,
    pub host: Host,
    pub dns: Arc<Dns>,
    audit: Arc<Recorder>,
    /// All output of calls: data that guests could read, and messages to the user.
    output: Mutex<String>,
    checked: Mutex<bool>,
}

impl Sandboxed {
    /// Creates a host without a network.
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    /// Creates a host for which this server is the whole network.
    pub fn at(peer: &ScriptedServer) -> Self {
        Self::at_with(peer, |_| {})
    }

    /// Creates the same with another configuration.
    pub fn at_with(peer: &ScriptedServer, change: impl FnOnce(&mut HostConfig)) -> Self {
        Self::with(|config| {
            for plugin in ["probe", "neighbour", "guest"] {
                let url = peer.url().parse().unwrap();
                config.egress.endpoints.insert(plugin.to_owned(), url);
            }
            change(config);
        })
    }

    /// Creates a host with another configuration, and without a network unless that has one.
    pub fn with(change: impl FnOnce(&mut HostConfig)) -> Self {
        Self::resolving(Arc::default(), change)
    }

    /// Creates the same with names that this resolver knows.
    pub fn resolving(dns: Arc<Dns>, change: impl FnOnce(&mut HostConfig)) -> Self {
        Self::within(Arc::new(tempfile::tempdir().unwrap()), dns, change)
    }

    fn within(
        dir: Arc<tempfile::TempDir>,
        dns: Arc<Dns>,
        change: impl FnOnce(&mut HostConfig),
    ) -> Self {
        watch::start();
        let cache = dir.path().join("cache");
        if !cache.exists() {
            Tree::copy(compiled_probe(), &cache).unwrap();
        }
        let home = dir.path().join("home");
        std::fs::create_dir_all(home.join(".aws")).unwrap();
        let keys = format!(
            "[default]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = {AWS_SECRET}\n"
        );
        std::fs::write(home.join(".aws/credentials"), keys).unwrap();
        let variables = [
            ("CLOUDHOST_PROBE_TOKEN", TOKEN),
            ("CLOUDHOST_NEIGHBOUR_TOKEN", OTHER_TOKEN),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ];
        let audit = Arc::new(Recorder::default());
        let mut config = HostConfig::new(cache);
        config.seal = secret(dir.path());
        config.environment = Environment::new(variables, Some(home));
        config.egress.lookup = dns.clone();
        config.egress.connect_timeout = Duration::from_millis(500);
        config.egress.retries.base = Duration::from_millis(1);
        config.audit = Some(audit.clone());
        change(&mut config);
        Self {
            host: Host::new(config).unwrap(),
            dir,
            dns,
            audit,
            output: Mutex::default(),
            checked: Mutex::new(false),
        }
    }

    /// Creates another host on the same directory, like the next run of the program. This one must have been checked.
    pub fn again(self) -> Self {
        self.again_with(|_| {})
    }

    /// Creates the same with another configuration.
    pub fn again_with(self, change: impl FnOnce(&mut HostConfig)) -> Self {
        assert!(*self.checked.lock().unwrap(), "check it before");
        Self::within(self.dir.clone(), self.dns.clone(), change)
    }

    /// Directory of compiled plugins.
    pub fn compiled(&self) -> PathBuf {
        self.host.compiled_dir().to_owned()
    }

    /// Directory of this host alone.
    pub fn folder(&self) -> &Path {
        self.dir.path()
    }

    /// Calls the probe to perform an action.
    pub async fn act(&self, plugin: &Plugin, act: ProbeAction) -> Outcome {
        let act = serde_json::to_string(&act).unwrap();
        self.fetch(plugin, &[("do", "act"), ("act", &act)]).await
    }

    /// Calls a guest without settings.
    pub async fn call(&self, plugin: &Plugin) -> Outcome {
        self.fetch(plugin, &[]).await
    }

    async fn fetch(&self, plugin: &Plugin, settings: &[(&str, &str)]) -> Outcome {
        let provider = self.load(plugin);
        self.ask(&provider, settings).await
    }

    /// Prepares calls of a plugin that this server responds to, for functions that a provider does not offer.
    pub async fn call_of(&self, plugin: &Plugin, peer: &ScriptedServer) -> Calls {
        let name = plugin.artifact.manifest.name.clone();
        let runtime = Runtime::new(None, Compiler::InProcess).unwrap();
        let prepared = runtime.prepare(&plugin.artifact, &Limits::default()).await;
        let mut config = EgressConfig::default();
        config.lookup = self.dns.clone();
        config.retries.base = Duration::from_millis(1);
        config
            .endpoints
            .insert(name.clone(), peer.url().parse().unwrap());
        let variables = [("CLOUDHOST_PROBE_TOKEN", TOKEN)];
        let credentials = Credentials::new(Environment::new(variables, None));
        Calls {
            trail: Trail::new(
                name.clone(),
                plugin.artifact.digest,
                Some(self.audit.clone()),
            ),
            policy: Arc::new(Policy::new(&plugin.artifact.manifest, &plugin.grant)),
            egress: Egress::new(config, Arc::new(credentials)).unwrap(),
            prepared: prepared.unwrap(),
            runtime,
            name,
        }
    }

    /// Returns the error with which the host rejects these bytes.
    pub fn refused(&self, bytes: Vec<u8>) -> PluginError {
        match self.host.read(bytes) {
            Err(HostError::Plugin(error)) => {
                self.note_error(&error);
                error
            }
            other => panic!("it was not refused: {other:?}"),
        }
    }

    /// Loads a plugin for more than one call.
    pub fn load(&self, plugin: &Plugin) -> Provider {
        self.host.load(plugin.artifact.clone(), &plugin.grant)
    }

    /// Calls a loaded plugin.
    pub async fn ask(&self, provider: &Provider, settings: &[(&str, &str)]) -> Outcome {
        let start = Instant::now();
        let result = provider.catalog(&request(settings)).await;
        let took = start.elapsed();
        if let Err(error) = &result {
            self.note_error(error);
            self.note(&error.remedy());
        }
        let report = provider.activity();
        self.note(&(&result, &report));
        Outcome { result, took }
    }

    /// Notes an error as the user sees it, with its causes.
    pub fn note_error(&self, error: &(dyn std::error::Error + 'static)) {
        let mut at = Some(error);
        while let Some(error) = at {
            self.note(&error.to_string());
            at = error.source();
        }
    }

    /// Notes any other output, which may contain no secret.
    pub fn note(&self, what: &impl Debug) {
        let mut output = self.output.lock().unwrap();
        *output += &format!("{what:?}\n");
    }

    /// Returns the reasons of all events except uses of credentials, sorted.
    fn reasons(&self) -> Vec<&'static str> {
        let events = self.audit.0.lock().unwrap();
        let reasons = events.iter().map(|event| event.reason);
        let mut reasons: Vec<_> = reasons
            .filter(|reason| *reason != "credential.used")
            .collect();
        reasons.sort_unstable();
        reasons
    }

    /// Counts the uses of each credential for each host.
    pub fn uses(&self) -> BTreeMap<(String, String), usize> {
        let mut uses = BTreeMap::new();
        for event in self.audit.0.lock().unwrap().iter() {
            if event.reason == "credential.used" {
                let of = |text: &Option<String>| text.clone().unwrap_or_default();
                *uses
                    .entry((of(&event.credential), of(&event.host)))
                    .or_default() += 1;
            }
        }
        uses
    }

    /// The endpoints of the user that requests with a credential went to.
    pub fn endpoints(&self) -> Vec<Option<String>> {
        let events = self.audit.0.lock().unwrap();
        let used = events
            .iter()
            .filter(|event| event.reason == "credential.used");
        used.map(|event| event.endpoint.clone()).collect()
    }

    /// Checks what must hold after every case:
    ///
    /// - The host is alive, and another plugin's next call works.
    /// - One event with its stable reason was written for each of `reasons`, and no other.
    /// - No planted secret appears in data that guests could read, in errors, in events, in the log at trace level, or
    ///   in a file that the host wrote.
    pub async fn assert_contained(&self, reasons: &[&str]) {
        *self.checked.lock().unwrap() = true;
        let mut expected = reasons.to_vec();
        expected.sort_unstable();
        assert_eq!(self.reasons(), expected, "the audit");

        let neighbour = probe("neighbour", "");
        let next = self.act(&neighbour, ProbeAction::LookAround).await;
        assert_eq!(next.seen(), [], "the next plugin's call");
        assert_eq!(self.reasons(), expected, "the audit of the next call");

        // The tokens have characters that URLs and Debug encode; their common prefix has none.
        let events = format!("{:?}", self.audit.0.lock().unwrap());
        let output = self.output.lock().unwrap().clone();
        assert!(!events.contains(PLANTED), "{events}");
        assert!(!output.contains(PLANTED), "{output}");
        assert_eq!(watch::leaks(), Vec::<String>::new());
        no_secret_below(&self.dir.path().join("cache"));
    }
}

/// A loaded plugin, below the provider.
pub struct Calls {
    name: String,
    runtime: Runtime,
    prepared: LoadedPlugin,
    egress: Egress,
    policy: Arc<Policy>,
    trail: Trail,
}

impl Calls {
    pub fn plugin(&self) -> Callable<'_> {
        Callable {
            name: &self.name,
            runtime: &self.runtime,
            prepared: &self.prepared,
            limits: Limits::default(),
        }
    }

    pub fn session(&self) -> Session {
        let (trail, policy) = (self.trail.clone(), self.policy.clone());
        self.egress.session(trail, policy, CallLimits::default())
    }
}

/// Returns the secret of every stage, in a file of this directory: compiled code is shared.
pub fn secret(dir: &Path) -> SealKey {
    let path = dir.join("secret");
    std::fs::write(&path, [7; 32]).unwrap();
    std::fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    SealKey::given(path)
}

/// Returns a cache directory with the compiled probe, so that it is compiled once for all cases.
fn compiled_probe() -> &'static Path {
    static COMPILED: OnceLock<tempfile::TempDir> = OnceLock::new();
    let compiled = COMPILED.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let mut config = HostConfig::new(dir.path());
        config.seal = secret(dir.path());
        let host = Host::new(config).unwrap();
        let Plugin { artifact, grant } = probe("probe", "");
        let thread = std::thread::scope(|scope| {
            let compile = || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build();
                let described = runtime
                    .unwrap()
                    .block_on(host.load(artifact, &grant).describe());
                described.unwrap();
            };
            scope.spawn(compile).join()
        });
        thread.unwrap();
        dir
    });
    compiled.path()
}

impl Drop for Sandboxed {
    fn drop(&mut self) {
        let checked = self.checked.get_mut().is_ok_and(|checked| *checked);
        assert!(
            checked || std::thread::panicking(),
            "a case must end with `assert_contained`"
        );
    }
}

/// Returns true once at most `most` connections to a server are left, or false after five seconds.
pub async fn left(peer: &ScriptedServer, most: usize) -> bool {
    until(|| peer.open() <= most).await
}

/// Returns true once something is so, or false after five seconds.
pub async fn until(so: impl Fn() -> bool) -> bool {
    for _ in 0..1_000 {
        if so() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    false
}

pub fn request(settings: &[(&str, &str)]) -> CatalogRequest {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let mut request = CatalogRequest::of([DataKind::Regions]);
    request.sources = FetchPolicy::Refresh;
    request.bundled = false;
    request.settings = settings.iter().map(owned).collect();
    request
}

fn no_secret_below(folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            no_secret_below(&path);
        } else {
            let bytes = std::fs::read(&path).unwrap_or_default();
            let mut windows = bytes.windows(PLANTED.len());
            assert!(
                !windows.any(|window| window == PLANTED.as_bytes()),
                "{}",
                path.display()
            );
        }
    }
}
