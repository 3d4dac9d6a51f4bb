//! The whole way: a question about a cloud goes in, a catalog or menus come out.
//!
//! A [`Host`] has no global state and opens only the folder of catalogs when it is made: the engine starts when a plugin has to
//! run, TLS when a request has to leave. A run that finds everything fresh reads the index, the
//! settings of credentials and the generated files.

mod acquire;
mod ask;
mod error;
mod generate;
mod loader;
mod provider;
mod request;
mod scope;

#[cfg(feature = "authoring")]
pub use ask::nothing_in;
pub use error::HostError;
#[cfg(feature = "authoring")]
pub use error::describe;
pub use generate::{GenerateRequest, Generated};
pub use provider::Provider;
pub use request::{CatalogRequest, Sources, Summary};
pub use scope::check_settings;

use crate::Builtin;
use crate::audit::AuditSink;
use crate::blocking::run_blocking;
use crate::capability::Grant;
use crate::catalog::Store;
use crate::credentials::{Credentials, Environment, Resolver};
use crate::egress::{CallLimits, Egress, EgressConfig};
#[cfg(feature = "source")]
use crate::install::Plugins;
use crate::limits::{Allowance, Limit};
use crate::plugin::{Artifact, Compiler, Limits, Pool};
use crate::recording::Replay;
use loader::Loader;
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a host needs to know.
///
/// ```
/// use cloudhost::host::{Host, HostConfig};
/// use cloudhost::plugin::Pool;
/// use std::time::Duration;
///
/// # let folder = tempfile::tempdir()?;
/// let mut config = HostConfig::new(folder.path());
/// config.limits.memory = 64 << 20;
/// config.limits.wall = Duration::from_secs(30);
/// config.pool = Some(Pool::default());
/// let host = Host::new(config)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct HostConfig {
    /// Where catalogs (`catalog/`), compiled plugins (`compiled/`) and words of when a cloud was asked (`rates/`) are
    /// kept.
    pub cache_dir: PathBuf,
    /// Where catalogs are kept instead. Default: `catalog/` in the folder above.
    pub catalog_dir: Option<PathBuf>,
    /// Where credentials are looked up.
    pub environment: Environment,
    /// Who answers for credentials instead: then the environment is not looked at. Default: nobody.
    pub credentials: Option<Arc<dyn Resolver>>,
    /// How requests leave, with the user's endpoint overrides.
    pub egress: EgressConfig,
    /// What a plugin may use of this machine.
    pub limits: Limits,
    /// What one call of a plugin may use of the network.
    pub call_limits: CallLimits,
    /// Limits that hold for every plugin, also where the user set others for an installed one.
    pub overrides: Vec<(Limit, u64)>,
    /// Who gets an event for each denial, each use of a credential, each limit, each crash and each refused plugin.
    pub audit: Option<Arc<dyn AuditSink>>,
    /// The plugins that travel inside the program, which nothing that is installed can replace. Default: none.
    pub builtin: &'static [Builtin],
    /// The plugins that the user installed. Default: none.
    #[cfg(feature = "source")]
    pub plugins: Option<Plugins>,
    /// Who compiles plugins that are not built in. The default, this process, bounds neither the memory nor, once it
    /// has begun, the time of that.
    pub compiler: Compiler,
    /// Places for instances, for a program that makes many calls. Default: none, each instance gets memory of its own
    /// from the system.
    pub pool: Option<Pool>,
}

impl HostConfig {
    /// The defaults, with this process's environment.
    pub fn new(cache_dir: impl Into<PathBuf>) -> Self {
        Self {
            cache_dir: cache_dir.into(),
            catalog_dir: None,
            environment: Environment::of_process(),
            credentials: None,
            egress: EgressConfig::default(),
            limits: Limits::default(),
            call_limits: CallLimits::default(),
            overrides: Vec::new(),
            audit: None,
            builtin: &[],
            #[cfg(feature = "source")]
            plugins: None,
            compiler: Compiler::default(),
            pool: None,
        }
    }

    /// The folder of catalogs.
    pub fn catalogs(&self) -> PathBuf {
        match &self.catalog_dir {
            Some(dir) => dir.clone(),
            None => self.cache_dir.join("catalog"),
        }
    }

    /// Answers from a recording: nothing is sent, and no credential of this machine is looked at. Catalogs are kept in
    /// a folder of their own, so that none is mistaken for what a cloud said.
    pub fn replay(&mut self, replay: Arc<Replay>, catalogs: &Path) {
        self.environment = Environment::default();
        self.credentials = None;
        self.egress.endpoints.clear();
        self.egress.interceptor = Some(replay);
        self.catalog_dir = Some(catalogs.to_owned());
    }

    /// The folder of compiled plugins.
    pub fn compiled(&self) -> PathBuf {
        self.cache_dir.join("compiled")
    }
}

/// A component that may run, what it may do, and the limits that were set for it.
type Permitted = (Artifact, Grant, Vec<(Limit, u64)>);

/// Runs provider plugins. It is a handle: clones are the same host, with one engine, and every method can be called
/// from many tasks at once. A dropped future cancels what it was doing.
///
/// ```no_run
/// use cloudhost::contract::cloudhost::provider::types::DataKind;
/// use cloudhost::host::{CatalogRequest, Host, HostConfig};
///
/// # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
/// let host = Host::new(HostConfig::new("/var/cache/inventory"))?;
/// for name in host.names()? {
///     let host = host.clone();
///     tokio::spawn(async move {
///         let offers = CatalogRequest::of([DataKind::Offers]);
///         host.provider(&name).await?.catalog(&offers).await
///     });
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Host {
    shared: Arc<Shared>,
}

/// What a host and its providers have in common.
#[derive(Debug)]
struct Shared {
    allowance: Allowance,
    overrides: Vec<(Limit, u64)>,
    audit: Option<Arc<dyn AuditSink>>,
    builtin: &'static [Builtin],
    #[cfg(feature = "source")]
    plugins: Option<Plugins>,
    loader: Arc<Loader>,
    store: Store,
    credentials: Arc<Credentials>,
    egress: Egress,
}

impl Host {
    /// Makes a host.
    ///
    /// # Errors
    /// When an endpoint override cannot be one, or the folder of catalogs cannot be used.
    pub fn new(config: HostConfig) -> Result<Self, HostError> {
        let store = Store::open(&config.catalogs())?;
        let compiled = config.compiled();
        let credentials = Arc::new(match config.credentials {
            Some(resolver) => Credentials::resolved_by(resolver),
            None => Credentials::new(config.environment),
        });
        let mut egress = config.egress;
        egress
            .rates_dir
            .get_or_insert_with(|| config.cache_dir.join("rates"));
        let shared = Shared {
            allowance: Allowance {
                limits: config.limits,
                call_limits: config.call_limits,
            },
            overrides: config.overrides,
            builtin: config.builtin,
            #[cfg(feature = "source")]
            plugins: config.plugins.map(|plugins| {
                let plugins = plugins.beside(config.builtin);
                match &config.audit {
                    Some(sink) => plugins.audited(sink.clone()),
                    None => plugins,
                }
            }),
            audit: config.audit,
            loader: Arc::new(Loader::new(compiled, config.compiler, config.pool)),
            store,
            egress: Egress::new(egress, credentials.clone())?,
            credentials,
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// The same host for someone else: it asks as whom this resolver says. Engine, loaded plugins, pool, limits and
    /// the folder of catalogs are shared; connections and requests in flight are not.
    pub fn for_credentials(&self, resolver: Arc<dyn Resolver>) -> Self {
        let shared = &self.shared;
        let credentials = Arc::new(Credentials::resolved_by(resolver));
        let shared = Shared {
            allowance: shared.allowance,
            overrides: shared.overrides.clone(),
            audit: shared.audit.clone(),
            builtin: shared.builtin,
            #[cfg(feature = "source")]
            plugins: shared.plugins.clone(),
            loader: shared.loader.clone(),
            store: shared.store.clone(),
            egress: shared.egress.for_credentials(credentials.clone()),
            credentials,
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// The provider of this name: built in, or else installed, with what the user granted it.
    ///
    /// # Errors
    /// When there is none, with the names of those that there are; when its component is not the one that was granted;
    /// when an endpoint override would get its credential without TLS.
    pub async fn provider(&self, name: &str) -> Result<Provider, HostError> {
        if Builtin::find(self.shared.builtin, name).is_some() {
            return self.provider_here(name);
        }
        let (host, name) = (self.clone(), name.to_owned());
        run_blocking(move || host.provider_here(&name)).await?
    }

    /// The same, where one that is installed is read on this thread.
    pub fn provider_here(&self, name: &str) -> Result<Provider, HostError> {
        let (artifact, grant, limits) = self.find(name)?;
        if !artifact.manifest.credentials.is_empty() {
            self.shared.egress.check_given_endpoint(name)?;
        }
        Ok(self.loaded(artifact, &grant, &limits))
    }

    fn find(&self, name: &str) -> Result<Permitted, HostError> {
        if let Some(builtin) = Builtin::find(self.shared.builtin, name) {
            let artifact = builtin.artifact()?;
            let grant = Grant::all_of(&artifact.manifest);
            return Ok((artifact, grant, Vec::new()));
        }
        #[cfg(feature = "source")]
        if let Some(plugins) = &self.shared.plugins
            && let Some((installed, artifact)) = plugins.open(name)?
        {
            let limits = installed.limits().collect();
            return Ok((artifact, installed.granted, limits));
        }
        Err(HostError::UnknownProvider {
            name: name.to_owned(),
            known: self.names()?,
        })
    }

    /// The names of all providers, the built-in ones first.
    ///
    /// # Errors
    /// When it cannot be read which are installed.
    pub fn names(&self) -> Result<Vec<String>, HostError> {
        let builtin = self.shared.builtin.iter();
        let mut names: Vec<String> = builtin.map(|builtin| builtin.name.to_owned()).collect();
        #[cfg(feature = "source")]
        if let Some(plugins) = &self.shared.plugins {
            let installed = plugins.list()?;
            names.extend(installed.iter().map(|one| one.name().to_owned()));
        }
        names.dedup();
        Ok(names)
    }

    /// Reads a component, of the size that the limits of this host allow: one that is refused is an event of the audit.
    ///
    /// # Errors
    /// As [`Artifact::read`].
    pub fn read(&self, bytes: impl Into<Cow<'static, [u8]>>) -> Result<Artifact, HostError> {
        let bytes = bytes.into();
        let read = Artifact::read_within(bytes, self.allowance(&[]).limits.component);
        Ok(read.inspect_err(|error| {
            if let Some(refusal) = error.refusal() {
                refusal.record(self.shared.audit.as_deref());
            }
        })?)
    }

    /// A provider from a component of your own. It can do what its manifest asks for *and* the grant gives.
    ///
    /// ```no_run
    /// use cloudhost::capability::Grant;
    /// use cloudhost::host::Host;
    /// use cloudhost::plugin::Artifact;
    /// use std::path::Path;
    ///
    /// # async fn load(host: &Host) -> Result<(), Box<dyn std::error::Error>> {
    /// let artifact = Artifact::open(Path::new("hetzner.wasm"))?;
    /// let grant = Grant { hosts: vec!["api.hetzner.cloud".parse()?], ..Grant::default() };
    /// println!("{}", host.load(artifact, &grant).describe().await?.title);
    /// # Ok(())
    /// # }
    /// ```
    pub fn load(&self, artifact: Artifact, grant: &Grant) -> Provider {
        self.loaded(artifact, grant, &[])
    }

    fn loaded(&self, artifact: Artifact, grant: &Grant, limits: &[(Limit, u64)]) -> Provider {
        let allowance = self.allowance(limits);
        Provider::new(self.shared.clone(), artifact, grant, allowance)
    }

    fn allowance(&self, limits: &[(Limit, u64)]) -> Allowance {
        let mut allowance = self.shared.allowance;
        for (limit, value) in limits.iter().chain(&self.shared.overrides) {
            limit.set(&mut allowance, *value);
        }
        allowance
    }

    /// The stored catalogs.
    pub fn store(&self) -> &Store {
        &self.shared.store
    }

    /// The folder of compiled plugins.
    pub fn compiled_dir(&self) -> &Path {
        &self.shared.loader.compiled
    }
}
