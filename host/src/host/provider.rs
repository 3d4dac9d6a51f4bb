//! One provider: its plugin, loaded when it has to run.

use super::{Host, HostError};
use crate::Builtin;
use crate::capability::{Grant, Manifest, Policy};
use crate::contract::exports::cloudhost::provider::provider::Description;
use crate::egress::{Report, Session};
use crate::plugin::{Artifact, Digest, Plugin, Prepared};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// A provider of a host.
pub struct Provider<'h> {
    pub(super) host: &'h Host,
    builtin: &'static Builtin,
    artifact: OnceLock<Artifact>,
    loaded: OnceLock<Loaded>,
    /// The session of the last call, for [`Provider::activity`].
    session: Mutex<Option<Session>>,
}

/// A plugin that is ready to run.
#[derive(Debug)]
struct Loaded {
    policy: Arc<Policy>,
    prepared: Prepared,
}

impl<'h> Provider<'h> {
    pub(super) fn new(host: &'h Host, builtin: &'static Builtin) -> Self {
        Self {
            host,
            builtin,
            artifact: OnceLock::new(),
            loaded: OnceLock::new(),
            session: Mutex::default(),
        }
    }

    /// Its name, as `aws`.
    pub fn name(&self) -> &'static str {
        self.builtin.name
    }

    /// The identity of its plugin.
    pub fn digest(&self) -> Digest {
        self.builtin.digest
    }

    /// Reads its component without running it.
    ///
    /// # Errors
    /// When it does not fit this host.
    pub fn artifact(&self) -> Result<&Artifact, HostError> {
        if let Some(artifact) = self.artifact.get() {
            return Ok(artifact);
        }
        let artifact = self.builtin.artifact()?;
        Ok(self.artifact.get_or_init(|| artifact))
    }

    /// What it says of itself.
    ///
    /// # Errors
    /// When the plugin does not run.
    pub async fn describe(&self) -> Result<Description, HostError> {
        let session = self.session()?;
        Ok(self.plugin()?.describe(session).await?)
    }

    /// What the latest call did on the network so far.
    pub fn activity(&self) -> Report {
        let session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        session.as_ref().map(Session::report).unwrap_or_default()
    }

    /// Starts the engine and loads the plugin, so that the first call does not have to.
    ///
    /// # Errors
    /// When the plugin does not compile or does not fit this host.
    pub fn load(&self) -> Result<(), HostError> {
        self.loaded().map(drop)
    }

    pub(super) fn manifest(&self) -> Result<&Manifest, HostError> {
        Ok(&self.artifact()?.manifest)
    }

    pub(super) fn plugin(&self) -> Result<Plugin<'_>, HostError> {
        Ok(Plugin {
            name: self.name(),
            runtime: self.host.runtime()?,
            prepared: &self.loaded()?.prepared,
            limits: self.host.limits,
        })
    }

    /// A way out for one call.
    pub(super) fn session(&self) -> Result<Session, HostError> {
        let policy = self.loaded()?.policy.clone();
        let session = self
            .host
            .egress
            .session(self.name(), policy, self.host.call_limits);
        let mut current = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        *current = Some(session.clone());
        Ok(session)
    }

    fn loaded(&self) -> Result<&Loaded, HostError> {
        if let Some(loaded) = self.loaded.get() {
            return Ok(loaded);
        }
        let artifact = self.artifact()?;
        let grant = Grant::all_of(&artifact.manifest);
        let loaded = Loaded {
            policy: Arc::new(Policy::new(&artifact.manifest, &grant)),
            prepared: self.host.runtime()?.prepare(artifact)?,
        };
        Ok(self.loaded.get_or_init(|| loaded))
    }
}

impl std::fmt::Debug for Provider<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Provider").field("builtin", &self.builtin).finish_non_exhaustive()
    }
}
