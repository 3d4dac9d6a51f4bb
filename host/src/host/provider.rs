//! One provider: its plugin, and the calls of it.

use super::{Host, HostError};
use crate::capability::{Grant, Policy};
use crate::contract::exports::cloudhost::provider::provider::Description;
use crate::egress::{Report, Session};
use crate::plugin::{Artifact, Digest, Plugin, Prepared};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// A provider of a host. Its plugin is compiled when it first has to run.
pub struct Provider<'h> {
    pub(super) host: &'h Host,
    artifact: Artifact,
    policy: Arc<Policy>,
    prepared: OnceLock<Prepared>,
    /// The session of the last call, for [`Provider::activity`].
    session: Mutex<Option<Session>>,
}

impl<'h> Provider<'h> {
    pub(super) fn new(host: &'h Host, artifact: Artifact, grant: &Grant) -> Self {
        Self {
            host,
            policy: Arc::new(Policy::new(&artifact.manifest, grant)),
            artifact,
            prepared: OnceLock::new(),
            session: Mutex::default(),
        }
    }

    /// Its name, as `aws`.
    pub fn name(&self) -> &str {
        &self.artifact.manifest.name
    }

    /// The identity of its plugin.
    pub fn digest(&self) -> Digest {
        self.artifact.digest
    }

    /// Its plugin, as it was read.
    pub fn artifact(&self) -> &Artifact {
        &self.artifact
    }

    /// What it says of itself.
    ///
    /// # Errors
    /// When the plugin does not run.
    pub async fn describe(&self) -> Result<Description, HostError> {
        Ok(self.plugin()?.describe(self.session()).await?)
    }

    /// What the latest call did on the network so far.
    pub fn activity(&self) -> Report {
        let session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        session.as_ref().map(Session::report).unwrap_or_default()
    }

    pub(super) fn plugin(&self) -> Result<Plugin<'_>, HostError> {
        let runtime = self.host.runtime()?;
        let prepared = match self.prepared.get() {
            Some(prepared) => prepared,
            None => {
                let prepared = runtime.prepare(&self.artifact)?;
                self.prepared.get_or_init(|| prepared)
            }
        };
        Ok(Plugin {
            name: self.name(),
            runtime,
            prepared,
            limits: self.host.limits,
        })
    }

    /// A way out for one call.
    pub(super) fn session(&self) -> Session {
        let policy = self.policy.clone();
        let egress = &self.host.egress;
        let session = egress.session(self.name(), policy, self.host.call_limits);
        let mut current = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        *current = Some(session.clone());
        session
    }
}

impl std::fmt::Debug for Provider<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Provider")
            .field("artifact", &self.artifact)
            .finish_non_exhaustive()
    }
}
