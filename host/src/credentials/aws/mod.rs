//! AWS: one identity from the places where the official tools look for it, and Signature Version 4.
//!
//! [`settings`] reads the environment and the two shared files, without network; [`chain`] obtains the
//! secret from the place that they name, by the official crates; [`sign`] puts it into a request.

mod chain;
mod machine;
mod settings;
mod sign;

pub(crate) use sign::SignRequest;

use super::{CredentialsError, Endpoint, Environment, Facts, Signed};
use chain::Resolved;
use settings::Settings;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

/// What messages call it.
const TITLE: &str = "AWS";
/// Credentials are renewed this long before they end, so that none ends on its way to the cloud.
const RENEW_BEFORE: Duration = Duration::from_secs(5 * 60);
/// One that lives shorter than that is still used for this long: not every request may start a process.
const SHORTEST_USE: Duration = Duration::from_secs(30);
/// What failed is not tried again for this long: hundreds of requests that wait learn it from one attempt.
const FAILURE_HOLDS: Duration = Duration::from_secs(5);

/// The user's AWS identity.
pub(super) struct Aws {
    environment: Environment,
    settings: OnceLock<Result<Settings, CredentialsError>>,
    cached: tokio::sync::Mutex<Option<Cached>>,
}

struct Cached {
    outcome: Result<Arc<Resolved>, CredentialsError>,
    until: Option<SystemTime>,
}

impl Aws {
    pub(super) fn new(environment: Environment) -> Self {
        Self {
            environment,
            settings: OnceLock::new(),
            cached: tokio::sync::Mutex::new(None),
        }
    }

    pub(super) async fn describe(&self) -> Facts {
        match self.check().await {
            Ok(facts) => facts,
            Err(CredentialsError::NotConfigured { .. }) => Facts {
                region: self.region().ok().flatten(),
                ..Facts::default()
            },
            Err(_) => Facts {
                configured: true,
                source: self.source().ok().flatten(),
                account: None,
                region: self.region().ok().flatten(),
            },
        }
    }

    pub(super) async fn check(&self) -> Result<Facts, CredentialsError> {
        let resolved = self.resolved().await?;
        let settings = self.settings()?;
        Ok(Facts {
            configured: true,
            source: settings.source.as_ref().map(ToString::to_string),
            account: resolved.account().or_else(|| settings.account.clone()),
            region: settings.region.clone(),
        })
    }

    /// Where the credential would come from, without obtaining it.
    pub(super) fn source(&self) -> Result<Option<String>, CredentialsError> {
        Ok(self.settings()?.source.as_ref().map(ToString::to_string))
    }

    /// The shared file of credentials.
    pub(super) fn path(&self) -> PathBuf {
        settings::credentials_file(&self.environment)
    }

    /// Why cloudhost writes no credential of this kind.
    pub(super) fn kept_elsewhere(&self) -> CredentialsError {
        CredentialsError::KeptElsewhere {
            title: TITLE.to_owned(),
            advice: "aws configure".to_owned(),
        }
    }

    pub(super) fn identity(&self) -> Result<String, CredentialsError> {
        Ok(self.settings()?.identity())
    }

    pub(super) fn region(&self) -> Result<Option<String>, CredentialsError> {
        Ok(self.settings()?.region.clone())
    }

    pub(super) fn endpoint(&self, service: &str) -> Result<Option<Endpoint>, CredentialsError> {
        self.settings()?.endpoint(service)
    }

    pub(super) async fn sign(&self, request: SignRequest<'_>) -> Result<Signed, CredentialsError> {
        let resolved = self.resolved().await?;
        sign::sign(&resolved, request, SystemTime::now())
    }

    /// Files are read once, when first asked about.
    fn settings(&self) -> Result<&Settings, CredentialsError> {
        self.settings
            .get_or_init(|| Settings::read(&self.environment))
            .as_ref()
            .map_err(Clone::clone)
    }

    /// The credential, from memory where it is fresh. Whoever comes while it is being obtained waits for
    /// that; if the one who obtains it gives up, the next one starts over.
    async fn resolved(&self) -> Result<Arc<Resolved>, CredentialsError> {
        let mut cached = self.cached.lock().await;
        if let Some(Cached { outcome, until }) = cached.as_ref()
            && until.is_none_or(|until| SystemTime::now() < until)
        {
            return outcome.clone();
        }
        let outcome = match self.settings() {
            Ok(settings) => chain::resolve(&self.environment, settings).await,
            Err(error) => Err(error),
        };
        let now = SystemTime::now();
        let (outcome, until) = match outcome {
            Ok(resolved) => {
                let until = resolved.expires().map(|end| use_until(end, now));
                (Ok(Arc::new(resolved)), until)
            }
            Err(error) => (Err(error), Some(now + FAILURE_HOLDS)),
        };
        *cached = Some(Cached {
            outcome: outcome.clone(),
            until,
        });
        outcome
    }
}

/// Until when a credential that ends then is used.
fn use_until(end: SystemTime, now: SystemTime) -> SystemTime {
    let early = end.checked_sub(RENEW_BEFORE).unwrap_or(end);
    early.max(now + SHORTEST_USE).min(end)
}

#[cfg(test)]
mod tests;
