//! One provider: its plugin, and the calls of it.

use super::{HostError, Shared};
use crate::audit::{Counts, Trail};
use crate::billing::{Bill, Month};
use crate::capability::{CredentialRequest, Grant, Policy};
use crate::catalog::{clean, clean_error};
use crate::contract::cloudhost::provider::types::{Error as CloudError, Money, Region};
use crate::contract::exports::cloudhost::provider::provider::Description;
use crate::contract::with_identity::exports::cloudhost::provider::identity::Account;
use crate::credentials::Facts;
use crate::egress::{Report, Session};
use crate::limits::Allowance;
use crate::plugin::{Artifact, Digest, Plugin, Prepared};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// A provider of a host. Its plugin is loaded when it first has to run. It keeps the host alive; callers that want to
/// use one together share it in an `Arc`.
///
/// ```no_run
/// use cloudhost::host::{HostError, Provider};
///
/// # async fn look(provider: &Provider) -> Result<(), HostError> {
/// let description = provider.describe().await?;
/// println!("{} ({})", description.title, provider.digest());
/// if let Some(account) = provider.whoami().await? {
///     println!("account {}", account.id.unwrap_or_else(|| "unknown".to_owned()));
/// }
/// println!("{} requests denied", provider.audited().denied);
/// # Ok(())
/// # }
/// ```
pub struct Provider {
    pub(super) host: Arc<Shared>,
    artifact: Artifact,
    policy: Arc<Policy>,
    allowance: Allowance,
    trail: Trail,
    prepared: OnceLock<Prepared>,
    /// The session of the latest fetch, for [`Provider::activity`].
    fetch: Mutex<Option<Session>>,
}

impl Provider {
    pub(super) fn new(
        host: Arc<Shared>,
        artifact: Artifact,
        grant: &Grant,
        allowance: Allowance,
    ) -> Self {
        Self {
            policy: Arc::new(Policy::new(&artifact.manifest, grant)),
            allowance,
            trail: Trail::new(
                artifact.manifest.name.clone(),
                artifact.digest,
                host.audit.clone(),
            ),
            artifact,
            prepared: OnceLock::new(),
            fetch: Mutex::default(),
            host,
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
    /// When the plugin does not run; [`HostError::Denied`] where it has a setting that its manifest does not list.
    pub async fn describe(&self) -> Result<Description, HostError> {
        let mut described = self.plugin().await?.describe(self.session()).await?;
        described.title = clean(&described.title);
        for setting in &mut described.settings {
            let allowed = self.policy.allow_setting(&setting.name);
            allowed.inspect_err(|denial| self.trail.denied(denial, None))?;
            setting.name = clean(&setting.name);
            setting.help = clean(&setting.help);
            setting.default = setting.default.as_deref().map(clean);
        }
        Ok(described)
    }

    /// The regions that the plugin knows without asking; none where it has no catalog of its own.
    ///
    /// # Errors
    /// When the plugin does not run.
    pub async fn known_regions(&self) -> Result<Vec<Region>, HostError> {
        let bundle = self.plugin().await?.bundled(self.session()).await?;
        Ok(bundle
            .and_then(|bundle| bundle.listing.regions)
            .unwrap_or_default())
    }

    /// Whose its credential is, by one request. `None`: its plugin cannot tell.
    ///
    /// # Errors
    /// When the cloud does not accept the credential, cannot be reached, or the plugin does not run.
    pub async fn whoami(&self) -> Result<Option<Account>, HostError> {
        let session = self.fetch_session();
        let answer = self.plugin().await?.whoami(session.clone()).await?;
        let account = answer
            .transpose()
            .map_err(|error| self.cloud(error, &session, false))?;
        Ok(account.map(|account| Account {
            id: account.id.as_deref().map(clean),
            principal: account.principal.as_deref().map(clean),
        }))
    }

    /// What is known of the credential of its name, from a recording where one is replayed.
    pub async fn facts(&self) -> Facts {
        self.host.egress.describe(self.name()).await
    }

    /// What each request for a bill costs. The outer `None`: its plugin has no bills; the inner one: it is free.
    ///
    /// # Errors
    /// When the plugin does not run.
    pub async fn request_cost(&self) -> Result<Option<Option<Money>>, HostError> {
        Ok(self.plugin().await?.request_cost(self.session()).await?)
    }

    /// What was spent in a month, a bill for each currency. `None`: its plugin has no bills. The cloud may charge for
    /// the question: see [`Provider::request_cost`].
    ///
    /// # Errors
    /// When the cloud refuses or cannot be reached, or the plugin does not run.
    pub async fn bill(&self, month: &Month) -> Result<Option<Vec<Bill>>, HostError> {
        let session = self.fetch_session();
        let answer = self
            .plugin()
            .await?
            .bill(session.clone(), month.period())
            .await?;
        let charges = answer
            .transpose()
            .map_err(|error| self.cloud(error, &session, false))?;
        Ok(charges.map(|charges| Bill::of(charges, month)))
    }

    /// The cloud's error as the host's.
    pub(super) fn cloud(
        &self,
        mut error: CloudError,
        session: &Session,
        stored: bool,
    ) -> HostError {
        clean_error(&mut error);
        let report = session.report();
        let manifest = &self.artifact.manifest;
        let advice = error.code.as_deref().and_then(|code| manifest.advice(code));
        HostError::Cloud {
            advice: advice.map(clean),
            asked: report.requests > 0,
            provider: self.name().to_owned(),
            error: Box::new(error),
            cause: report.last_failure.map(Box::new),
            stored,
        }
    }

    /// What the latest fetch of a catalog did on the network so far.
    pub fn activity(&self) -> Report {
        let fetch = self.fetch.lock().unwrap_or_else(PoisonError::into_inner);
        fetch.as_ref().map(Session::report).unwrap_or_default()
    }

    /// How many events of all calls so far went to the audit.
    pub fn audited(&self) -> Counts {
        self.trail.counts()
    }

    /// The names of the credentials that it asks for and was granted: nothing is looked up for it under another one.
    pub(super) fn credentials(&self) -> impl Iterator<Item = &CredentialRequest> {
        let asked = self.artifact.manifest.credentials.iter();
        asked.filter(|asked| self.policy.allow_describe(&asked.name).is_ok())
    }

    pub(super) async fn plugin(&self) -> Result<Plugin<'_>, HostError> {
        let runtime = self.host.loader.runtime().await?;
        let prepared = match self.prepared.get() {
            Some(prepared) => prepared,
            None => {
                let limits = &self.allowance.limits;
                let prepared = self.host.loader.prepared(&self.artifact, limits);
                let prepared = prepared.await;
                let prepared = prepared.inspect_err(|error| {
                    if let Some(refusal) = error.refusal() {
                        self.trail.refused(&refusal);
                    }
                })?;
                self.prepared.get_or_init(|| prepared)
            }
        };
        Ok(Plugin {
            name: self.name(),
            runtime,
            prepared,
            limits: self.allowance.limits,
        })
    }

    /// A way out for one call.
    pub(super) fn session(&self) -> Session {
        let policy = self.policy.clone();
        let limits = self.allowance.call_limits;
        self.host.egress.session(self.trail.clone(), policy, limits)
    }

    /// A way out for a fetch, which [`Provider::activity`] tells about.
    pub(super) fn fetch_session(&self) -> Session {
        let session = self.session();
        let mut fetch = self.fetch.lock().unwrap_or_else(PoisonError::into_inner);
        *fetch = Some(session.clone());
        session
    }
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Provider")
            .field("artifact", &self.artifact)
            .finish_non_exhaustive()
    }
}
