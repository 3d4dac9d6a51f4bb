//! Egress: the only way for plugins to reach the network.
//!
//! A plugin has no socket: it passes a request as a record, and this module decides, sends and returns the response.
//! It protects the user's network, secrets and quota against the plugin, and the plugin's author against the network.
//! Every request passes the same checks in the same order. A check that rejects it leaves no trace beyond it (no name
//! is looked up for a denied host):
//!
//! 1. the URL is parsed, once, by the `url` crate;
//! 2. scheme, host and port against manifest and grant ([`crate::capability`]);
//! 3. budgets of the call: requests, bytes in and out; requests in flight of the plugin (others wait), and the
//!    rate that the manifest names for the host (others wait, and hold no place);
//! 4. header hygiene: headers that only the host may set, and invalid headers;
//! 5. the user's endpoint override: the connection goes there, `Host` and signature stay the real host's;
//! 6. names are resolved here, addresses of private networks dropped, and the checked addresses are the dialled ones;
//! 7. the credential is signed in or added, last, over https (or to an override on this machine);
//! 8. sent; redirects are not followed, proxies and cookies of the environment are not used;
//! 9. all that the socket receives is counted, the body after decoding too, and cut off at its limits;
//! 10. secrets of the call are redacted from the plugin's view;
//! 11. one line for the log, target `cloudhost::egress`; what was denied, limited or signed is an event of
//!     [`crate::audit`].
//!
//! An [`Interceptor`] stands after every check that can deny, and before the first wait, signature and packet.
//!
//! A request that can change the cloud (anything but GET, HEAD and the POST requests that the manifest lists) needs a
//! [`Permit`], which is asked just before it leaves. Requests that only read are retried if that can help: retries, `Retry-After` and backoff live here, so that no
//! plugin needs a clock.

mod blocked;
mod body;
mod budget;
mod checks;
mod client;
mod error;
mod headers;
mod intercept;
mod overrides;
mod permit;
mod rate_limit;
mod record;
mod redact;
mod request;
mod resolver;
mod retry;
mod send;
mod session;
mod token;

pub use crate::limits::CallLimits;
pub use blocked::is_blocked;
#[cfg(feature = "source")]
pub(crate) use client::{Connector, Http, Meter, system_tls};
pub use error::{EgressError, FetchError};
pub use intercept::{InterceptedRequest, Interceptor, Next, Response, ResponseFuture};
#[cfg(feature = "source")]
pub(crate) use overrides::is_loopback;
pub use permit::Permit;
pub use redact::Redactor;
pub use resolver::Lookup;
#[cfg(feature = "source")]
pub(crate) use resolver::{AllBlocked, System, of_place};
pub use retry::Retries;
#[cfg(feature = "source")]
pub(crate) use send::cause_of;
pub use session::{Report, Session};

use crate::Remedy;
use crate::audit::Trail;
use crate::capability::Policy;
use crate::credentials::{Credentials, CredentialsError, Endpoint, Facts};
use budget::InFlight;
use client::Clients;
use rate_limit::RateLimiters;
use resolver::Resolvers;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// Configuration of egress, for all plugins.
///
/// ```
/// use cloudhost::host::HostConfig;
/// use std::time::Duration;
///
/// let mut config = HostConfig::new("/var/cache/inventory");
/// config.egress.attempt_timeout = Duration::from_secs(20);
/// // A stand-in for the cloud.
/// let url = "http://127.0.0.1:5000".parse()?;
/// config.egress.endpoints.insert("aws".to_owned(), url);
/// # Ok::<(), url::ParseError>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct EgressConfig {
    /// Endpoint overrides that the user gave by plugin name (`aws`). They take precedence over the credential's own
    /// settings.
    pub endpoints: BTreeMap<String, Url>,
    /// Value of `User-Agent`, if the plugin sets none.
    pub user_agent: String,
    /// Longest time to connect: name lookup, TCP and TLS. A plugin has at most 16 lookups at once.
    pub connect_timeout: Duration,
    /// Longest time for one attempt, until the last byte of the response; and the time after the first attempt in
    /// which a retry can begin.
    pub attempt_timeout: Duration,
    /// Retry policy.
    pub retries: Retries,
    /// The directory in which runs of the program share the times of their requests to each host, so that together
    /// they keep the rates of the manifests. Without it each process keeps them by itself.
    pub rates_dir: Option<PathBuf>,
    /// The name resolver.
    pub lookup: Arc<dyn Lookup>,
    /// The hook between the checks and the network, if any.
    pub interceptor: Option<Arc<dyn Interceptor>>,
}

impl Default for EgressConfig {
    /// 5 s to connect, 60 s an attempt, the retries of [`Retries::default`], no directory, the system's resolver, and
    /// no interceptor.
    fn default() -> Self {
        Self {
            endpoints: BTreeMap::new(),
            user_agent: concat!("cloudhost/", env!("CARGO_PKG_VERSION")).to_owned(),
            connect_timeout: Duration::from_secs(5),
            attempt_timeout: Duration::from_secs(60),
            retries: Retries::default(),
            rates_dir: None,
            lookup: Arc::new(resolver::System),
            interceptor: None,
        }
    }
}

/// Egress of a host, shared by all its plugins. Cheap to clone and to make: no TLS, no file and no network is touched
/// before the first request that needs it.
///
/// ```
/// use cloudhost::audit::Trail;
/// use cloudhost::capability::{Grant, Manifest, Policy};
/// use cloudhost::credentials::{Credentials, Environment};
/// use cloudhost::egress::{CallLimits, Egress, EgressConfig};
/// use cloudhost::plugin::Digest;
/// use std::sync::Arc;
///
/// let credentials = Arc::new(Credentials::new(Environment::default()));
/// let egress = Egress::new(EgressConfig::default(), credentials)?;
/// let manifest = "name = \"example\"\nversion = \"1.0.0\"\ncontract = \"0.2.0\"";
/// let policy = Arc::new(Policy::new(&Manifest::parse(manifest)?, &Grant::default()));
/// let trail = Trail::new("example", Digest::of(b"its component"), None);
/// let session = egress.session(trail, policy, CallLimits::default());
/// assert_eq!(session.report().requests, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Egress {
    shared: Arc<Shared>,
}

/// State shared by all sessions.
pub(crate) struct Shared {
    config: EgressConfig,
    credentials: Arc<Credentials>,
    clients: Arc<Clients>,
    names: Arc<Resolvers>,
    in_flight: InFlight,
    paces: Arc<RateLimiters>,
    tokens: token::Tokens,
}

impl Egress {
    /// Makes the egress of a host.
    ///
    /// # Errors
    /// [`EgressError`] for an invalid endpoint override.
    pub fn new(config: EgressConfig, credentials: Arc<Credentials>) -> Result<Self, EgressError> {
        for (plugin, url) in &config.endpoints {
            overrides::check(url).map_err(|why| EgressError::Endpoint {
                plugin: plugin.clone(),
                why,
            })?;
        }
        let paces = Arc::new(RateLimiters::new(config.rates_dir.clone()));
        let names = Arc::new(Resolvers::new(config.lookup.clone()));
        Ok(Self::of(config, credentials, paces, names))
    }

    fn of(
        config: EgressConfig,
        credentials: Arc<Credentials>,
        paces: Arc<RateLimiters>,
        names: Arc<Resolvers>,
    ) -> Self {
        Self {
            shared: Arc::new(Shared {
                clients: Arc::new(Clients::new(&config, names.clone())),
                names,
                in_flight: InFlight::default(),
                tokens: token::Tokens::default(),
                paces,
                config,
                credentials,
            }),
        }
    }

    /// The same egress with other credentials: it keeps the same rates and lookups, and shares no connection.
    pub fn for_credentials(&self, credentials: Arc<Credentials>) -> Self {
        let Shared {
            config,
            paces,
            names,
            ..
        } = &*self.shared;
        Self::of(config.clone(), credentials, paces.clone(), names.clone())
    }

    /// The egress of one call of a plugin: its event trail, its policy, its limits.
    pub fn session(&self, trail: Trail, policy: Arc<Policy>, limits: CallLimits) -> Session {
        Session::new(self.shared.clone(), trail, policy, limits)
    }

    /// The endpoint that the user gave for all requests of a plugin, signed or not.
    pub fn given_endpoint(&self, plugin: &str) -> Option<&Url> {
        self.shared.config.endpoints.get(plugin)
    }

    /// Rejects the endpoint that the user gave for a plugin, if it must not get the plugin's credential.
    ///
    /// # Errors
    /// [`FetchError::Credentials`] where a credential would go to another machine without TLS.
    pub fn check_given_endpoint(&self, plugin: &str) -> Result<(), FetchError> {
        overrides::check_given(&self.shared, plugin)
    }

    /// Describes a credential, like [`Credentials::describe`], or lets the interceptor do so.
    pub(crate) async fn describe(&self, credential: &str) -> Facts {
        self.shared.describe(credential).await
    }

    /// The user's default region for a credential: as [`Egress::describe`] has it where an interceptor looks, else from
    /// the settings alone, because describing can use the network.
    pub(crate) async fn region(&self, credential: &str) -> Option<String> {
        match &self.shared.config.interceptor {
            Some(_) => self.describe(credential).await.region,
            None => self.shared.credentials.region(credential).ok()?,
        }
    }

    /// Obtains a credential, like [`Credentials::check`]. If the interceptor knows it, nothing is obtained.
    pub(crate) async fn check(&self, credential: &str) -> Result<Facts, CredentialsError> {
        let interceptor = self.shared.config.interceptor.as_ref();
        match interceptor.and_then(|interceptor| interceptor.facts(credential)) {
            Some(facts) if facts.configured => Ok(facts),
            Some(_) => Err(CredentialsError::NotConfigured {
                title: credential.to_owned(),
                looked_at: "the replacement of this machine's configuration".to_owned(),
                remedy: Some(Box::new(Remedy::SetCredential {
                    name: credential.to_owned(),
                    keyring: false,
                })),
            }),
            None => {
                let checked = self.shared.credentials.check(credential).await;
                if let Some(interceptor) = interceptor {
                    let configured =
                        !matches!(checked, Err(CredentialsError::NotConfigured { .. }));
                    let facts = checked.clone().unwrap_or(Facts {
                        configured,
                        ..Facts::default()
                    });
                    interceptor.on_credential_facts(credential, &facts);
                }
                checked
            }
        }
    }

    /// The override in effect for signed requests of a plugin to a service, if any. It is part of the key of cached
    /// responses.
    ///
    /// # Errors
    /// [`FetchError::Credentials`] where the user's settings cannot be read.
    pub fn endpoint(
        &self,
        plugin: &str,
        credential: &str,
        service: &str,
    ) -> Result<Option<Endpoint>, FetchError> {
        match overrides::given(&self.shared, plugin) {
            Some(given) => overrides::guarded(given, true).map(Some),
            None => overrides::of_service(&self.shared, credential, service),
        }
    }
}

impl Shared {
    async fn describe(&self, credential: &str) -> Facts {
        let Some(interceptor) = &self.config.interceptor else {
            return self.credentials.describe(credential).await;
        };
        let facts = match interceptor.facts(credential) {
            Some(facts) => facts,
            None => self.credentials.describe(credential).await,
        };
        interceptor.on_credential_facts(credential, &facts);
        facts
    }
}

impl fmt::Debug for Egress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Egress").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
