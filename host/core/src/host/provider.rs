//! A provider: its plugin, and calls to it.

use super::{HostError, Permitted, Shared};
use crate::Remedy;
use crate::audit::{Counts, Trail};
use crate::billing::{Bill, Month};
use crate::capability::{CredentialRequest, Policy};
use crate::catalog::{MadeBy, clean, clean_error};
use crate::contract::cloudhost::provider::types::{Error as CloudError, Money, Region};
use crate::contract::exports::cloudhost::provider::provider::Description;
use crate::contract::with_identity::exports::cloudhost::provider::identity::Account;
use crate::credentials::{CredentialsError, Facts};
use crate::egress::{Report, Session};
use crate::limits::Allowance;
use crate::plugin::{Artifact, Digest, LoadedPlugin, Plugin};
use crate::select::HomeRegion;
use futures::future::BoxFuture;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Setting by which plugins take the home region.
const HOME_REGION: &str = "home-region";

/// A provider of a host. Its plugin is loaded on first use. It keeps the host alive. Callers that share one put it in
/// an `Arc`.
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
    /// Public key of its signer.
    pub(super) signer: Option<String>,
    pub(super) policy: Arc<Policy>,
    allowance: Allowance,
    trail: Trail,
    prepared: OnceLock<LoadedPlugin>,
    /// Session of the latest fetch, for [`Provider::activity`].
    fetch: Mutex<Option<Session>>,
}

impl Provider {
    pub(super) fn new(host: Arc<Shared>, permitted: Permitted, allowance: Allowance) -> Self {
        let Permitted {
            artifact,
            grant,
            signer,
            ..
        } = permitted;
        Self {
            policy: Arc::new(Policy::new(&artifact.manifest, &grant)),
            signer,
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

    /// Its name, such as `aws`.
    pub fn name(&self) -> &str {
        &self.artifact.manifest.name
    }

    /// Digest of its plugin.
    pub fn digest(&self) -> Digest {
        self.artifact.digest
    }

    /// Its plugin's component.
    pub fn artifact(&self) -> &Artifact {
        &self.artifact
    }

    /// Identity of its plugin, for the catalogs that it makes.
    pub(super) fn made_by(&self) -> MadeBy {
        let manifest = &self.artifact.manifest;
        MadeBy {
            plugin: manifest.name.clone(),
            version: manifest.version.clone(),
            digest: self.digest().to_string(),
            contract: manifest.contract.clone(),
            signer: self.signer.clone(),
        }
    }

    /// Describes the provider, as its plugin does.
    ///
    /// # Errors
    /// When the plugin does not run; [`HostError::Denied`] if it has a setting that its manifest does not list.
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

    /// Returns the regions of the bundled catalog; empty if the plugin has none.
    ///
    /// # Errors
    /// When the plugin does not run.
    pub async fn known_regions(&self) -> Result<Vec<Region>, HostError> {
        let bundle = self.plugin().await?.bundled(self.session()).await?;
        Ok(bundle
            .and_then(|bundle| bundle.listing.regions)
            .unwrap_or_default())
    }

    /// Returns the owner of its credential, with one request. `None`: its plugin does not support this.
    ///
    /// # Errors
    /// When the cloud rejects the credential or is unreachable, or the plugin does not run.
    pub async fn whoami(&self) -> Result<Option<Account>, HostError> {
        let session = self.fetch_session();
        let result = self.plugin().await?.whoami(session.clone()).await?;
        let account = result
            .transpose()
            .map_err(|error| self.cloud(error, &session, None))?;
        Ok(account.map(|account| Account {
            id: account.id.as_deref().map(clean),
            principal: account.principal.as_deref().map(clean),
        }))
    }

    /// Returns the region to prefer among equal ones: that of the setting `home-region`, else the user's default for one
    /// of its credentials (from the recording during a replay), else the one that its manifest names.
    pub async fn home_region(&self, settings: &[(String, String)]) -> HomeRegion {
        let given = settings.iter().find(|(name, _)| name == HOME_REGION);
        let mut home = HomeRegion {
            user: given.map(|(_, region)| region.clone()),
            given: given.is_some(),
            default: self.artifact.manifest.home_region.clone(),
        };
        for credential in self.credentials() {
            if home.user.is_none() {
                home.user = self.host.egress.region(&credential.name).await;
            }
        }
        home
    }

    /// Describes the credential of its name, from the recording during a replay.
    pub async fn facts(&self) -> Facts {
        self.host.egress.describe(self.name()).await
    }

    /// Obtains each of its credentials, without a request to the cloud itself.
    ///
    /// # Errors
    /// The fault of the first one that cannot be used.
    pub async fn check_credentials(&self) -> Result<(), CredentialsError> {
        for credential in self.credentials() {
            match self.host.egress.check(&credential.name).await {
                Err(CredentialsError::NotConfigured { .. }) if credential.optional => {}
                checked => drop(checked?),
            }
        }
        Ok(())
    }

    /// Returns the price of each billing request. Outer `None`: its plugin has no bills; inner `None`: it is free.
    ///
    /// # Errors
    /// When the plugin does not run.
    pub async fn request_cost(&self) -> Result<Option<Option<Money>>, HostError> {
        Ok(self.plugin().await?.request_cost(self.session()).await?)
    }

    /// Returns the costs of a month, one bill for each currency. `None`: its plugin has no bills. The cloud may charge
    /// for the request: see [`Provider::request_cost`].
    ///
    /// # Errors
    /// When the cloud returns an error or is unreachable, or the plugin does not run.
    pub async fn bill(&self, month: &Month) -> Result<Option<Vec<Bill>>, HostError> {
        let session = self.fetch_session();
        let result = self
            .plugin()
            .await?
            .bill(session.clone(), month.period())
            .await?;
        let charges = result
            .transpose()
            .map_err(|error| self.cloud(error, &session, None))?;
        Ok(charges.map(|charges| Bill::of(charges, month)))
    }

    /// Converts the cloud's error to the host's.
    pub(super) fn cloud(
        &self,
        mut error: CloudError,
        session: &Session,
        fallback: Option<Remedy>,
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
            fallback: fallback.map(Box::new),
        }
    }

    /// Reports the network activity of the latest catalog fetch so far.
    pub fn activity(&self) -> Report {
        let fetch = self.fetch.lock().unwrap_or_else(PoisonError::into_inner);
        fetch.as_ref().map(Session::report).unwrap_or_default()
    }

    /// Counts the audit events of all calls so far.
    pub fn audited(&self) -> Counts {
        self.trail.counts()
    }

    /// Credentials that it requests and was granted. No other is looked up for it.
    pub(super) fn credentials(&self) -> impl Iterator<Item = &CredentialRequest> {
        let asked = self.artifact.manifest.credentials.iter();
        asked.filter(|asked| self.policy.allow_describe(&asked.name).is_ok())
    }

    pub(super) fn plugin<'a>(&'a self) -> BoxFuture<'a, Result<Plugin<'a>, HostError>> {
        Box::pin(async move {
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
        })
    }

    /// Opens a session for one call.
    pub(super) fn session(&self) -> Session {
        let policy = self.policy.clone();
        let limits = self.allowance.call_limits;
        self.host.egress.session(self.trail.clone(), policy, limits)
    }

    /// Opens a session for a fetch, for [`Provider::activity`].
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
