//! Credentials from the program that embeds the host.

use super::aws::chain_of;
use super::cached_keys::CachedKeys;
use super::{CredentialsError, Facts, Keys, Token, other_scheme};
use crate::Remedy;
use crate::capability::Scheme;
use futures::future::BoxFuture;
use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

/// The source of the credential, for messages.
const ORIGIN: &str = "the program's resolver";

/// Resolves credentials by name, in place of the user's environment: for a program that has secrets of its own.
///
/// It is called only for credentials that a plugin's manifest names and its grant allows. Its secrets are treated
/// like any credential: added to a request as the last step, redacted from responses, one audit event for each use.
///
/// ```
/// use cloudhost::credentials::{CredentialInfo, Obtained, Resolver, Secret, Token};
///
/// /// One team's key of Lambda Cloud.
/// struct Team;
///
/// impl Resolver for Team {
///     fn look(&self, name: &str) -> Option<CredentialInfo> {
///         (name == "lambdalabs").then(|| CredentialInfo::new("team blue"))
///     }
///
///     fn obtain<'a>(&'a self, _name: &'a str) -> Obtained<'a> {
///         Box::pin(async { Ok(Secret::Token(Token::new("from-a-vault".to_owned())?)) })
///     }
/// }
///
/// let mut config = cloudhost::host::HostConfig::new("/var/cache/inventory");
/// config.credentials = Some(std::sync::Arc::new(Team));
/// ```
pub trait Resolver: Send + Sync {
    /// Public facts about the credential of this name, without obtaining it. `None`: there is none. Called several
    /// times for each operation: it should neither wait nor use the network.
    fn look(&self, name: &str) -> Option<CredentialInfo>;

    /// Obtains the credential; called only if [`Resolver::look`] knows it. [`Keys`] are cached until 5 minutes before
    /// they expire, and concurrent requests share one call; a [`Token`] is obtained for each request that carries it.
    /// The future can be dropped before it is done.
    fn obtain<'a>(&'a self, name: &'a str) -> Obtained<'a>;
}

/// A pending secret, or an error. Users see the error's text and that of its sources, plugins do not.
pub type Obtained<'a> = BoxFuture<'a, Result<Secret, Box<dyn Error + Send + Sync>>>;

/// A secret for a request.
#[derive(Debug)]
#[non_exhaustive]
pub enum Secret {
    /// For `Authorization: Bearer`.
    Token(Token),
    /// For Signature Version 4.
    Keys(Keys),
}

/// Public facts about a credential: none of them is secret.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CredentialInfo {
    /// The identity. Cached catalogs are keyed by this text and show it: credentials that see the same data of a
    /// cloud have the same text, others have another.
    pub identity: String,
    /// The account, if known.
    pub account: Option<String>,
    /// The default region, if any.
    pub region: Option<String>,
}

impl CredentialInfo {
    /// The identity, and nothing else.
    pub fn new(identity: impl Into<String>) -> Self {
        Self {
            identity: identity.into(),
            account: None,
            region: None,
        }
    }
}

/// A resolver, with its cached keys.
pub(super) struct ResolverBackend {
    resolver: Arc<dyn Resolver>,
    cached: Mutex<HashMap<String, Arc<CachedKeys>>>,
}

impl ResolverBackend {
    pub(super) fn new(resolver: Arc<dyn Resolver>) -> Self {
        Self {
            resolver,
            cached: Mutex::default(),
        }
    }

    pub(super) fn facts(&self, name: &str) -> Facts {
        self.resolver
            .look(name)
            .map_or_else(Facts::default, |known| Facts {
                configured: true,
                source: Some(ORIGIN.to_owned()),
                account: known.account,
                region: known.region,
            })
    }

    /// `lambdalabs of team blue`.
    pub(super) fn identity(&self, name: &str) -> String {
        match self.resolver.look(name) {
            Some(known) => format!("{name} of {}", known.identity.escape_debug()),
            None => format!("{name} none"),
        }
    }

    pub(super) async fn token(&self, name: &str) -> Result<Token, CredentialsError> {
        match self.obtain(name).await? {
            Secret::Token(token) => Ok(token),
            Secret::Keys(_) => Err(other_scheme(name, Scheme::Bearer)),
        }
    }

    pub(super) async fn keys(&self, name: &str) -> Result<Arc<Keys>, CredentialsError> {
        let cached = {
            let mut cached = self.cached.lock().unwrap_or_else(PoisonError::into_inner);
            cached.entry(name.to_owned()).or_default().clone()
        };
        let obtain = async {
            match self.obtain(name).await? {
                Secret::Keys(keys) => Ok(keys),
                Secret::Token(_) => Err(other_scheme(name, Scheme::SigV4)),
            }
        };
        cached.get(obtain).await
    }

    /// Obtains the secret. Keys stay in memory for the requests that follow; tokens are not obtained for a check.
    pub(super) async fn check(&self, name: &str) -> Result<Facts, CredentialsError> {
        match self.keys(name).await {
            Ok(_) | Err(CredentialsError::OtherScheme { .. }) => Ok(self.facts(name)),
            Err(error) => Err(error),
        }
    }

    /// The error for writing a credential, which cloudhost does not do here.
    pub(super) fn kept_elsewhere(&self, name: &str) -> CredentialsError {
        CredentialsError::KeptElsewhere {
            title: name.to_owned(),
            remedy: Box::new(change(name)),
        }
    }

    async fn obtain(&self, name: &str) -> Result<Secret, CredentialsError> {
        if self.resolver.look(name).is_none() {
            return Err(CredentialsError::NotConfigured {
                title: name.to_owned(),
                looked_at: ORIGIN.to_owned(),
                remedy: Some(Box::new(change(name))),
            });
        }
        let obtained = self.resolver.obtain(name).await;
        obtained.map_err(|error| CredentialsError::Unobtainable {
            title: name.to_owned(),
            origin: ORIGIN.to_owned(),
            why: chain_of(&*error),
            remedy: None,
        })
    }
}

/// Remedy for a credential that only the embedding program can change.
fn change(name: &str) -> Remedy {
    Remedy::ChangeResolver {
        credential: name.to_owned(),
    }
}
