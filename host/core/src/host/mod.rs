//! Entry point of the library: a request about a cloud goes in, a catalog or menus come out.
//!
//! A [`Host`] has no global state. [`Host::new`] opens only the directory of catalogs: the engine starts when a plugin
//! has to run, TLS when a request has to be sent. If everything is fresh, a run reads only the index, the settings of
//! credentials and the generated files.

mod catalog;
#[cfg(feature = "changes")]
mod change;
mod error;
mod generate;
mod loader;
mod provider;
mod request;
mod resources;
mod scope;

#[cfg(feature = "authoring")]
pub use catalog::nothing_in;
#[cfg(feature = "changes")]
pub(crate) use error::of_cloud;
pub use error::{HostError, describe};
pub use generate::{GenerateRequest, Generated};
pub use provider::Provider;
pub use request::{CatalogRequest, FetchPolicy, Summary};
pub use scope::check_settings;

use crate::Builtin;
use crate::audit::AuditSink;
use crate::blocking::run_blocking;
use crate::capability::Grant;
use crate::catalog::{CatalogError, Store};
use crate::credentials::{Credentials, Environment, Resolver};
use crate::egress::{CallLimits, Egress, EgressConfig};
#[cfg(feature = "source")]
use crate::install::Plugins;
use crate::limits::{Allowance, Limit};
use crate::plugin::{Artifact, CompiledDir, Compiler, Digest, Limits, Pool};
use crate::recording::Replay;
use cloudhost_files::{Folder, SealKey};
use loader::Loader;
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Configuration of a host.
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
    /// Directory of catalogs (`catalog/`), compiled plugins (`compiled/`) and shared request rates (`rates/`).
    pub cache_dir: PathBuf,
    /// Directory of catalogs. Default: `catalog/` in the directory above.
    pub catalog_dir: Option<PathBuf>,
    /// Secret that seals catalogs, compiled plugins, grants, and manifests of generated files: without its seal, none is
    /// believed, and without a secret, no catalog is stored. Processes that share these directories share a secret.
    /// Default: that of this process's user.
    pub seal: SealKey,
    /// Source of credentials.
    pub environment: Environment,
    /// Resolver of credentials to use in place of the environment. Default: none.
    pub credentials: Option<Arc<dyn Resolver>>,
    /// Settings of outgoing requests, with the user's endpoint overrides.
    pub egress: EgressConfig,
    /// Limits on a plugin's use of this machine.
    pub limits: Limits,
    /// Limits on one plugin call's use of the network.
    pub call_limits: CallLimits,
    /// Limits that hold for every plugin, even if the user set others for an installed one.
    pub overrides: Vec<(Limit, u64)>,
    /// Sink of audit events: denials, credential use, limits, crashes and rejected plugins.
    pub audit: Option<Arc<dyn AuditSink>>,
    /// Plugins built into the program. An installed plugin cannot replace one. Default: none.
    pub builtin: &'static [Builtin],
    /// Plugins that the user installed. Default: none.
    #[cfg(feature = "source")]
    pub plugins: Option<Plugins>,
    /// Compiler of plugins that are not built in. The default, this process, bounds neither the memory of a
    /// compilation nor, once it has started, its time.
    pub compiler: Compiler,
    /// Pool of instances, for a program that makes many calls. Default: none, each instance allocates its own
    /// memory from the system.
    pub pool: Option<Pool>,
}

impl HostConfig {
    /// Returns the defaults, with this process's environment.
    pub fn new(cache_dir: impl Into<PathBuf>) -> Self {
        Self {
            cache_dir: cache_dir.into(),
            catalog_dir: None,
            seal: SealKey::of_user(),
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

    /// Directory of catalogs.
    pub fn catalogs(&self) -> PathBuf {
        match &self.catalog_dir {
            Some(dir) => dir.clone(),
            None => self.cache_dir.join("catalog"),
        }
    }

    /// Takes responses from a recording: nothing is sent, and no credential of this machine is read. Catalogs are
    /// stored in a separate directory, so that none is mistaken for a live one.
    pub fn replay(&mut self, replay: Arc<Replay>, catalogs: &Path) {
        self.environment = Environment::default();
        self.credentials = None;
        self.egress.endpoints.clear();
        self.egress.interceptor = Some(replay);
        self.catalog_dir = Some(catalogs.to_owned());
    }

    /// Directory of compiled plugins.
    pub fn compiled(&self) -> CompiledDir {
        CompiledDir::new(self.cache_dir.join("compiled"), self.seal.clone())
    }

    /// Removes what the cache holds of a plugin that was removed or replaced: all its catalogs, which must not pass for
    /// those of another plugin, and compiled code of all components that are neither built in nor installed.
    ///
    /// # Errors
    /// When a catalog is in use, a file cannot be removed, or the installed plugins cannot be read.
    pub fn forget(&self, plugin: &str) -> Result<(), HostError> {
        if let Some(store) = Store::existing(&self.catalogs(), &self.seal)? {
            store.clear(Some(plugin))?;
        }
        let mut known: Vec<Digest> = self.builtin.iter().map(|builtin| builtin.digest).collect();
        #[cfg(feature = "source")]
        if let Some(plugins) = &self.plugins {
            let plugins = plugins.clone().sealed_by(self.seal.clone());
            known.extend(plugins.list()?.iter().map(|installed| installed.digest));
        }
        let removed = self.compiled().remove(|digest| !known.contains(digest));
        removed.map_err(CatalogError::from)?;
        Ok(())
    }
}

/// A component that may run.
struct Permitted {
    artifact: Artifact,
    grant: Grant,
    /// Limits that were set for it.
    limits: Vec<(Limit, u64)>,
    /// Public key of its signer.
    signer: Option<String>,
}

impl Permitted {
    /// A component with this grant, and nothing else that a user set.
    fn of(artifact: Artifact, grant: Grant) -> Self {
        Self {
            artifact,
            grant,
            limits: Vec::new(),
            signer: None,
        }
    }
}

/// Runs provider plugins. It is a handle: clones share one host and one engine, and every method can be called
/// concurrently from many tasks. Dropping a future cancels its work.
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

/// State that a host shares with its providers.
#[derive(Debug)]
struct Shared {
    allowance: Allowance,
    overrides: Vec<(Limit, u64)>,
    audit: Option<Arc<dyn AuditSink>>,
    builtin: &'static [Builtin],
    #[cfg(feature = "source")]
    plugins: Option<Plugins>,
    loader: Arc<Loader>,
    seal: SealKey,
    store: Store,
    credentials: Arc<Credentials>,
    egress: Egress,
}

impl Shared {
    /// Names of all providers, the built-in ones first.
    fn names(&self) -> Result<Vec<String>, HostError> {
        let builtin = self.builtin.iter();
        let mut names: Vec<String> = builtin.map(|builtin| builtin.name.to_owned()).collect();
        #[cfg(feature = "source")]
        if let Some(plugins) = &self.plugins {
            let installed = plugins.list()?;
            names.extend(installed.iter().map(|one| one.name().to_owned()));
        }
        names.dedup();
        Ok(names)
    }
}

impl Host {
    /// Opens a host.
    ///
    /// # Errors
    /// When an endpoint override is invalid, or the directory of catalogs cannot be used.
    pub fn new(config: HostConfig) -> Result<Self, HostError> {
        Folder::check_closed(&config.cache_dir).map_err(CatalogError::from)?;
        let store = Store::open(&config.catalogs(), &config.seal)?;
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
                let plugins = plugins.sealed_by(config.seal.clone());
                match &config.audit {
                    Some(sink) => plugins.audited(sink.clone()),
                    None => plugins,
                }
            }),
            audit: config.audit,
            seal: config.seal,
            loader: Arc::new(Loader::new(compiled, config.compiler, config.pool)),
            store,
            egress: Egress::new(egress, credentials.clone())?,
            credentials,
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// Returns the same host with the credentials of this resolver. Engine, loaded plugins, pool, limits and the
    /// directory of catalogs are shared; connections and requests in flight are not.
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
            seal: shared.seal.clone(),
            store: shared.store.clone(),
            egress: shared.egress.for_credentials(credentials.clone()),
            credentials,
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Returns the provider of this name: built in, or else installed, with the user's grant.
    ///
    /// # Errors
    /// When no provider has this name (the error lists the existing ones); when its component is not the one that
    /// was granted; when an endpoint override would send its credential without TLS.
    pub async fn provider(&self, name: &str) -> Result<Provider, HostError> {
        if Builtin::find(self.shared.builtin, name).is_some() {
            return self.provider_here(name);
        }
        let (host, name) = (self.clone(), name.to_owned());
        run_blocking(move || host.provider_here(&name)).await?
    }

    /// Same as [`Host::provider`], but reads an installed plugin on the calling thread.
    pub fn provider_here(&self, name: &str) -> Result<Provider, HostError> {
        let permitted = self.find(name)?;
        if !permitted.artifact.manifest.credentials.is_empty() {
            self.shared.egress.check_given_endpoint(name)?;
        }
        Ok(self.loaded(permitted))
    }

    fn find(&self, name: &str) -> Result<Permitted, HostError> {
        if let Some(builtin) = Builtin::find(self.shared.builtin, name) {
            let artifact = builtin.artifact()?;
            let grant = Grant::all_of(&artifact.manifest);
            return Ok(Permitted::of(artifact, grant));
        }
        #[cfg(feature = "source")]
        if let Some(plugins) = &self.shared.plugins
            && let Some((installed, artifact)) = plugins.open(name)?
        {
            return Ok(Permitted {
                artifact,
                limits: installed.limits().collect(),
                signer: installed.signed.map(|signed| signed.key.to_string()),
                grant: installed.granted,
            });
        }
        Err(HostError::UnknownProvider {
            name: name.to_owned(),
            known: self.names()?,
        })
    }

    /// Returns the names of all providers, the built-in ones first.
    ///
    /// # Errors
    /// When the installed plugins cannot be read.
    pub fn names(&self) -> Result<Vec<String>, HostError> {
        self.shared.names()
    }

    /// Reads a component within this host's size limit. A rejected one is an audit event.
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

    /// Makes a provider of a custom component. It can do what its manifest requests *and* the grant allows.
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
        self.loaded(Permitted::of(artifact, grant.clone()))
    }

    fn loaded(&self, permitted: Permitted) -> Provider {
        let allowance = self.allowance(&permitted.limits);
        Provider::new(self.shared.clone(), permitted, allowance)
    }

    fn allowance(&self, limits: &[(Limit, u64)]) -> Allowance {
        let mut allowance = self.shared.allowance;
        for (limit, value) in limits.iter().chain(&self.shared.overrides) {
            limit.set(&mut allowance, *value);
        }
        allowance
    }

    /// Store of catalogs.
    pub fn store(&self) -> &Store {
        &self.shared.store
    }

    /// Directory of compiled plugins.
    pub fn compiled_dir(&self) -> &Path {
        self.shared.loader.compiled.path()
    }
}
