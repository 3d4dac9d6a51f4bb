//! Credentials: sources of secrets, and their use in requests.
//!
//! [`Credentials`] is the only owner of secrets in the process. This module returns a signed set of headers for one
//! request (inside the crate), [`Facts`] and an [`Identity`], neither of which holds a secret or a hash of one, and
//! [`CredentialsError`], which distinguishes "none is configured" from "configured, but could not be obtained". No
//! type here shows a secret through `Debug`, `Display` or `Serialize`.
//!
//! Credentials are found by name, and the name alone decides the source: `aws` by the AWS tools' own rules, every
//! other one as a [bearer token](Token) in a variable, a file or the system's keyring. If a cloud has no tool that
//! stores its token, cloudhost stores it: [`Credentials::set`]. A program with secrets of its own provides all names
//! by a [`Resolver`].

mod aws;
mod bearer;
mod cached_keys;
mod environment;
mod error;
mod keys;
mod known;
mod resolver;
#[cfg(test)]
mod resolver_tests;
mod signed;
mod store;

pub use aws::ASSUME_ROLE;
pub use bearer::Token;
pub use environment::Environment;
pub use error::CredentialsError;
pub use keys::Keys;
pub use known::is_credential_variable;
pub use resolver::{CredentialInfo, Obtained, Resolver, Secret};
pub use store::{Listed, Removed, Stored};

pub(crate) use aws::SignRequest;
#[cfg(feature = "source")]
pub(crate) use known::file_of;
pub(crate) use signed::Signed;

use crate::capability::{Scheme, is_name};
use crate::contract::escape_untrusted;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bearer::TokenLocation;
use http::header::AUTHORIZATION;
use http::{HeaderName, HeaderValue};
use resolver::ResolverBackend;
use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;
use url::Url;

/// The name of the AWS credentials for plugins.
const AWS: &str = "aws";

/// All credentials of the user, found at the first use.
///
/// Making one costs nothing: it reads no file and does not use the network. Share it in an `Arc`.
///
/// ```no_run
/// use cloudhost::credentials::{Credentials, CredentialsError, Environment};
///
/// # async fn check() -> Result<(), CredentialsError> {
/// let credentials = Credentials::new(Environment::of_process());
/// for one in credentials.list([]) {
///     println!("{}: {}", one.name, one.source.unwrap_or_else(|| "none".to_owned()));
/// }
/// let facts = credentials.check("aws").await?;
/// println!("account {}", facts.account.unwrap_or_else(|| "unknown".to_owned()));
/// # Ok(())
/// # }
/// ```
pub struct Credentials {
    environment: Environment,
    aws: aws::Aws,
    /// Replaces the two above.
    given: Option<ResolverBackend>,
}

/// The kind of credential behind a name.
enum Kind<'c> {
    Aws(&'c aws::Aws),
    Bearer(TokenLocation<'c>),
    Given(&'c ResolverBackend),
}

/// Public facts about a credential, without the secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// A credential exists, or is configured. A request that names it is signed, or fails with a message that says
    /// why the configured credential could not be obtained.
    pub configured: bool,
    /// Its source: `environment`, `profile build`, `web identity`, `container` or `instance metadata` for AWS;
    /// `environment LAMBDALABS_API_KEY`, `file ~/.lambdalabs/credentials` or `the system keyring`.
    pub source: Option<String>,
    /// The account, if known without a request.
    pub account: Option<String>,
    /// The user's default region, also without a credential.
    pub region: Option<String>,
}

/// The owner of a credential, as stable text without a secret or a hash of one.
///
/// The same configuration gives the same text, and another user's gives another: it is the key of cached data that
/// this user can see.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Identity {
    /// The text, one line.
    pub key: String,
}

/// An endpoint that the user set for a service instead of the cloud's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The URL.
    pub url: Url,
    /// The location of the setting.
    pub setting: EndpointSetting,
    /// The hosts that it stands for; `None`: all that the plugin may contact.
    pub hosts: Option<ServiceHosts>,
}

impl Endpoint {
    /// Reports whether it stands for a host, whose name is in lower case.
    pub fn serves(&self, host: &str) -> bool {
        self.hosts.as_ref().is_none_or(|hosts| hosts.contain(host))
    }
}

/// The hosts of one service. Other names below its domains can belong to anyone, such as `BUCKET.s3.amazonaws.com`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceHosts {
    /// The service, such as `ec2`.
    pub service: String,
    /// Domains of all services.
    pub domains: &'static [&'static str],
}

impl ServiceHosts {
    /// Matches `[api.]SERVICE[-fips][.REGION].DOMAIN`.
    fn contain(&self, host: &str) -> bool {
        let mut domains = self.domains.iter();
        let Some(name) = domains.find_map(|domain| host.strip_suffix(domain)?.strip_suffix('.'))
        else {
            return false;
        };
        let mut labels = name.strip_prefix("api.").unwrap_or(name).split('.');
        let service = labels.next().unwrap_or_default();
        service.strip_suffix("-fips").unwrap_or(service) == self.service
            && labels.next().is_none_or(is_region)
            && labels.next().is_none()
    }
}

/// Matches the name of a region, such as `us-east-1`.
fn is_region(label: &str) -> bool {
    let mut parts = label.rsplit('-');
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let letters = |part: &str| part.len() > 1 && part.bytes().all(|byte| byte.is_ascii_lowercase());
    parts.next().is_some_and(digits) && label.matches('-').count() > 1 && parts.all(letters)
}

/// The location of an endpoint setting. Its text follows "the endpoint".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndpointSetting {
    /// It was given for this plugin.
    Given(String),
    /// In this variable of the environment.
    Variable(String),
    /// In a file, under this name.
    Named(String),
}

impl std::fmt::Display for EndpointSetting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Given(plugin) => write!(f, "given for `{plugin}`"),
            Self::Variable(name) | Self::Named(name) => write!(f, "from {name}"),
        }
    }
}

impl Credentials {
    /// Credentials of the user that this environment belongs to.
    pub fn new(environment: Environment) -> Self {
        Self {
            aws: aws::Aws::new(environment.clone()),
            environment,
            given: None,
        }
    }

    /// Credentials from this resolver, and no others.
    pub fn resolved_by(resolver: Arc<dyn Resolver>) -> Self {
        Self {
            given: Some(ResolverBackend::new(resolver)),
            ..Self::new(Environment::default())
        }
    }

    /// Describes the credential of this name. Obtains it for that, which can use the network. A credential that
    /// cannot be obtained is still `configured`, and [`Self::check`] returns the reason.
    pub async fn describe(&self, name: &str) -> Facts {
        match self.kind(name) {
            Ok(Kind::Aws(aws)) => aws.describe().await,
            Ok(Kind::Bearer(location)) => location.facts(),
            Ok(Kind::Given(given)) => given.facts(name),
            Err(_) => Facts::default(),
        }
    }

    /// Obtains the credential of this name and describes it.
    ///
    /// # Errors
    /// [`CredentialsError::NotConfigured`] if there is none, [`CredentialsError::Unobtainable`] if one is configured
    /// but cannot be obtained.
    pub async fn check(&self, name: &str) -> Result<Facts, CredentialsError> {
        match self.kind(name)? {
            Kind::Aws(aws) => aws.check().await,
            Kind::Bearer(location) => self.token(&location).await.map(|_| location.facts()),
            Kind::Given(given) => given.check(name).await,
        }
    }

    /// The token of a location. A keyring can take seconds, in which other work goes on.
    async fn token(&self, location: &TokenLocation<'_>) -> Result<Token, CredentialsError> {
        if !location.is_in_keyring() {
            return location.token();
        }
        let (name, environment) = (location.name().to_owned(), self.environment.clone());
        let token =
            tokio::task::spawn_blocking(move || TokenLocation::of(&name, &environment).token());
        token.await.unwrap_or_else(|_| {
            Err(CredentialsError::Unobtainable {
                title: location.name().to_owned(),
                origin: "the system keyring".to_owned(),
                why: "the program is shutting down".to_owned(),
                remedy: None,
            })
        })
    }

    /// The source of the credential, without obtaining it: no network is used.
    ///
    /// # Errors
    /// [`CredentialsError::Configuration`] if a settings file cannot be read.
    pub fn source(&self, name: &str) -> Result<Option<String>, CredentialsError> {
        match self.kind(name)? {
            Kind::Aws(aws) => aws.source(),
            Kind::Bearer(location) => Ok(location.facts().source),
            Kind::Given(given) => Ok(given.facts(name).source),
        }
    }

    /// The identity of this credential. Without network, TLS or clock: it reads two small files at most. A bearer
    /// token does not name its owner, so its identity is its location.
    ///
    /// # Errors
    /// [`CredentialsError::Configuration`] if a settings file cannot be read.
    pub fn identity(&self, name: &str) -> Result<Identity, CredentialsError> {
        let key = match self.kind(name)? {
            Kind::Aws(aws) => aws.identity()?,
            Kind::Bearer(location) => location.identity(),
            Kind::Given(given) => given.identity(name),
        };
        Ok(Identity { key })
    }

    /// The user's default region for this credential, if any.
    ///
    /// # Errors
    /// [`CredentialsError::Configuration`] if a settings file cannot be read.
    pub fn region(&self, name: &str) -> Result<Option<String>, CredentialsError> {
        match self.kind(name)? {
            Kind::Aws(aws) => aws.region(),
            Kind::Bearer(_) => Ok(None),
            Kind::Given(given) => Ok(given.facts(name).region),
        }
    }

    /// The endpoint that the user's settings name for a service, by its signing name.
    ///
    /// # Errors
    /// [`CredentialsError::Configuration`] if a settings file cannot be read or the setting is not a URL.
    pub fn endpoint(
        &self,
        name: &str,
        service: &str,
    ) -> Result<Option<Endpoint>, CredentialsError> {
        match self.kind(name)? {
            Kind::Aws(aws) => aws.endpoint(service),
            Kind::Bearer(_) | Kind::Given(_) => Ok(None),
        }
    }

    /// Signs a request for its real host. The credential is obtained once for all requests that wait for it.
    pub(crate) async fn sign(
        &self,
        name: &str,
        request: SignRequest<'_>,
    ) -> Result<Signed, CredentialsError> {
        match self.kind(name)? {
            Kind::Aws(aws) => aws::sign(&*aws.keys().await?, request),
            Kind::Bearer(_) => Err(other_scheme(name, Scheme::SigV4)),
            Kind::Given(given) => aws::sign(&*given.keys(name).await?, request),
        }
    }

    /// `Authorization: Bearer`, with the token of this name.
    pub(crate) async fn bearer(&self, name: &str) -> Result<Signed, CredentialsError> {
        Self::bearer_of(&self.text(name, Scheme::Bearer).await?)
    }

    /// `Authorization: Bearer`, with this token.
    pub(crate) fn bearer_of(token: &Token) -> Result<Signed, CredentialsError> {
        TokenLocation::sign(token)
    }

    /// A secret that is in the body of the host's own request, and in no header.
    pub(crate) fn secret_alone(secret: &str) -> Signed {
        Signed::new(Vec::new(), [secret].into_iter())
    }

    /// `Authorization: Basic`, with the user name and the password of this name.
    pub(crate) async fn basic(&self, name: &str) -> Result<Signed, CredentialsError> {
        let token = self.text(name, Scheme::Basic).await?;
        let (_, password) = pair(name, &token)?;
        let encoded = Zeroizing::new(STANDARD.encode(token.expose()));
        let value = format!("Basic {}", encoded.as_str());
        let secrets = [token.expose(), password].into_iter();
        Ok(Signed::new(
            vec![sensitive(AUTHORIZATION, &value)?],
            secrets,
        ))
    }

    /// A header with the token of this name.
    pub(crate) async fn header(
        &self,
        name: &str,
        header: HeaderName,
    ) -> Result<Signed, CredentialsError> {
        let token = self.text(name, Scheme::Header).await?;
        let headers = vec![sensitive(header, token.expose())?];
        Ok(Signed::new(headers, [token.expose()].into_iter()))
    }

    /// A parameter of the query with the token of this name.
    pub(crate) async fn parameter(
        &self,
        name: &str,
        parameter: &str,
    ) -> Result<Signed, CredentialsError> {
        let token = self.text(name, Scheme::Query).await?;
        Ok(Signed::as_parameter(parameter, token.expose()))
    }

    /// Identifier and secret of client credentials, for the exchange for a token.
    pub(crate) async fn client(
        &self,
        name: &str,
    ) -> Result<(String, SecretString), CredentialsError> {
        let token = self.text(name, Scheme::ClientCredentials).await?;
        let (id, secret) = pair(name, &token)?;
        Ok((id.to_owned(), SecretString::from(secret)))
    }

    /// The token of this name, for use in this scheme.
    async fn text(&self, name: &str, scheme: Scheme) -> Result<Token, CredentialsError> {
        match self.kind(name)? {
            Kind::Aws(_) => Err(other_scheme(name, scheme)),
            Kind::Bearer(location) => self.token(&location).await,
            Kind::Given(given) => given.token(name).await,
        }
    }

    /// The kind of this name. It becomes part of a path and of a variable's name, so its form matters.
    fn kind<'c>(&'c self, name: &'c str) -> Result<Kind<'c>, CredentialsError> {
        match (name, &self.given) {
            (name, _) if !is_name(name) => Err(CredentialsError::Unknown {
                name: escape_untrusted(name),
            }),
            (_, Some(given)) => Ok(Kind::Given(given)),
            (AWS, None) => Ok(Kind::Aws(&self.aws)),
            (_, None) => Ok(Kind::Bearer(TokenLocation::of(name, &self.environment))),
        }
    }
}

/// A header that stays out of `Debug`, and out of the compression table of HTTP/2.
fn sensitive(name: HeaderName, text: &str) -> Result<(HeaderName, HeaderValue), CredentialsError> {
    let mut value = HeaderValue::try_from(text).map_err(|_| CredentialsError::Unsignable {
        why: "the credential is not visible ASCII".to_owned(),
    })?;
    value.set_sensitive(true);
    Ok((name, value))
}

/// The two parts of a credential around its first colon.
fn pair<'t>(name: &str, token: &'t Token) -> Result<(&'t str, &'t str), CredentialsError> {
    let parts = token.expose().split_once(':');
    let parts = parts.filter(|(user, secret)| !user.is_empty() && !secret.is_empty());
    parts.ok_or_else(|| CredentialsError::Unobtainable {
        title: name.to_owned(),
        origin: "its source".to_owned(),
        why: "expected a name, `:` and a secret".to_owned(),
        remedy: None,
    })
}

fn other_scheme(name: &str, scheme: Scheme) -> CredentialsError {
    CredentialsError::OtherScheme {
        name: name.to_owned(),
        scheme,
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}
