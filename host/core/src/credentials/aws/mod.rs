//! AWS: one identity from the sources of the official tools, and Signature Version 4.
//!
//! [`settings`] reads the environment and the two shared files, without network; [`chain`] obtains the secret from
//! the source that they name, by the official crates (the feature `aws`) if that is not the environment; [`sign`]
//! puts it into a request.

mod chain;
mod machine;
#[cfg(feature = "aws")]
mod official;
mod settings;
mod sign;

pub(super) use chain::chain_of;
pub use settings::ASSUME_ROLE;
pub(crate) use sign::SignRequest;
pub(super) use sign::sign;

use super::cached_keys::CachedKeys;
use super::{CredentialsError, Endpoint, Environment, Facts, Keys};
use crate::capability::Scheme;
use crate::{CredentialStep, Remedy};
use settings::Settings;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

/// The name in messages.
const TITLE: &str = "AWS";

/// The shared file of secrets, unless a variable names another.
pub(super) const FILE: &str = "~/.aws/credentials";

/// The user's AWS identity.
pub(super) struct Aws {
    environment: Environment,
    settings: OnceLock<Result<Settings, CredentialsError>>,
    cached: CachedKeys,
}

impl Aws {
    pub(super) fn new(environment: Environment) -> Self {
        Self {
            environment,
            settings: OnceLock::new(),
            cached: CachedKeys::default(),
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
        let keys = self.keys().await?;
        let settings = self.settings()?;
        Ok(Facts {
            configured: true,
            source: settings.described(),
            account: keys.account().or_else(|| settings.account.clone()),
            region: settings.region.clone(),
        })
    }

    /// The source of the credential, without obtaining it.
    pub(super) fn source(&self) -> Result<Option<String>, CredentialsError> {
        Ok(self.settings()?.described())
    }

    /// The shared file of credentials.
    pub(super) fn path(&self) -> PathBuf {
        settings::credentials_file(&self.environment)
    }

    /// The error for writing a credential, which cloudhost does not do for this kind.
    pub(super) fn kept_elsewhere(&self) -> CredentialsError {
        CredentialsError::KeptElsewhere {
            title: TITLE.to_owned(),
            remedy: Box::new(configure()),
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

    /// Files are read once, at the first use.
    fn settings(&self) -> Result<&Settings, CredentialsError> {
        self.settings
            .get_or_init(|| Settings::read(&self.environment))
            .as_ref()
            .map_err(Clone::clone)
    }

    /// The credential itself.
    pub(super) async fn keys(&self) -> Result<Arc<Keys>, CredentialsError> {
        let obtain = async { chain::resolve(&self.environment, self.settings()?).await };
        self.cached.get(obtain).await
    }
}

/// Remedy where no credentials are configured.
fn configure() -> Remedy {
    Remedy::CredentialTool {
        scheme: Scheme::SigV4,
        step: CredentialStep::Configure,
        profile: None,
    }
}

#[cfg(test)]
#[cfg(feature = "aws")]
mod identity_tests;
#[cfg(test)]
mod tests;
