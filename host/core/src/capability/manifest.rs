//! The manifest: a plugin's requested permissions, read without running it.

use super::error_codes::{self, Advice, RetryRule};
use super::{HostPattern, Rate, Read, is_name};
use crate::contract::{self, ContractError, escape_untrusted, excerpt_at};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use url::Url;

const MAX_BYTES: usize = 64 * 1024;
const MAX_HOSTS: usize = 64;
const MAX_CREDENTIALS: usize = 16;
const MAX_SERVICES: usize = 32;
const MAX_SETTINGS: usize = 32;
const MAX_HELP: usize = 400;

/// A plugin's manifest: TOML in the custom section `cloudhost:manifest` of its component.
///
/// A value of this type is checked: names are plain, counts are bounded, and this host supports the contract.
///
/// ```
/// let manifest = cloudhost::capability::Manifest::parse(r#"
///     name = "aws"
///     version = "0.1.0"
///     contract = "0.2.0"
///     hosts = ["ec2.*.amazonaws.com"]
///     [[credentials]]
///     name = "aws"
///     scheme = "sigv4"
///     services = ["ec2"]
/// "#)?;
/// assert_eq!(manifest.name, "aws");
/// # Ok::<(), cloudhost::capability::ManifestError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Name: `[a-z][a-z0-9-]{0,31}`, not reserved and not ending in `-`.
    pub name: String,
    /// Version of the plugin, `MAJOR.MINOR.PATCH`.
    pub version: String,
    /// Version of the contract that it was built against, `MAJOR.MINOR.PATCH`.
    pub contract: String,
    /// Hosts that it needs to reach, over https.
    #[serde(default)]
    pub hosts: Vec<HostPattern>,
    /// Names of the settings that it takes, `[a-z][a-z0-9-]{0,31}` each; it gets no other. `None`: the manifest has
    /// no list, and the plugin reports its settings when it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<Vec<String>>,
    /// Credentials that it needs to use. It never sees one.
    #[serde(default)]
    pub credentials: Vec<CredentialRequest>,
    /// POST requests that only read. All others are changes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reads: Vec<Read>,
    /// True if it asks to change the cloud.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub change: bool,
    /// Rate limits of its hosts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rates: Vec<Rate>,
    /// Error codes that mean "later".
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retry: Vec<RetryRule>,
    /// Advice for error codes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub advice: Vec<Advice>,
}

/// A credential that a plugin requests.
///
/// ```
/// use cloudhost::capability::{Manifest, Scheme};
///
/// let manifest = Manifest::parse(r#"
///     name = "example"
///     version = "0.1.0"
///     contract = "0.2.0"
///     hosts = ["api.example.com", "prices.example.com"]
///     [[credentials]]
///     name = "example"
///     scheme = "bearer"
///     hosts = ["api.example.com"]
///     help = "a token that may read"
/// "#)?;
/// let asked = &manifest.credentials[0];
/// assert_eq!((asked.name.as_str(), asked.scheme), ("example", Scheme::Bearer));
/// assert!(asked.hosts.as_ref().is_some_and(|hosts| hosts.len() == 1));
/// # Ok::<(), cloudhost::capability::ManifestError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CredentialRequest {
    /// Name that its requests use: `[a-z][a-z0-9-]{0,31}`.
    pub name: String,
    /// The scheme of its use.
    pub scheme: Scheme,
    /// Signing names of the services that it signs for, such as `ec2`. SigV4 only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<String>,
    /// Hosts that it is used with; if absent, all hosts of the plugin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hosts: Option<Vec<HostPattern>>,
    /// Header that it is sent in. Scheme `header` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// Parameter of the query that it is sent in. Scheme `query` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// URL at which the host exchanges it for a token. Scheme `client-credentials` only; `hosts` must cover it.
    #[serde(
        default,
        rename = "token-url",
        with = "token_url",
        skip_serializing_if = "Option::is_none"
    )]
    pub token_url: Option<Url>,
    /// Scope of the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// True if the plugin can do a part of its work without it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
    /// A short description for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// A URL as text.
mod token_url {
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};
    use url::Url;

    pub(super) fn serialize<S: Serializer>(url: &Option<Url>, to: S) -> Result<S::Ok, S::Error> {
        url.as_ref().map(Url::as_str).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Url>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        text.map(|text| text.parse().map_err(serde::de::Error::custom))
            .transpose()
    }
}

/// Scheme that adds a credential to a request.
///
/// ```
/// use cloudhost::capability::Scheme;
///
/// assert_eq!(Scheme::SigV4.to_string(), "sigv4");
/// assert_eq!(Scheme::Bearer.to_string(), "bearer");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Scheme {
    /// AWS Signature Version 4.
    #[serde(rename = "sigv4")]
    SigV4,
    /// `Authorization: Bearer`.
    #[serde(rename = "bearer")]
    Bearer,
    /// `Authorization: Basic`: the credential is a user name, `:` and a password.
    #[serde(rename = "basic")]
    Basic,
    /// A header of its own.
    #[serde(rename = "header")]
    Header,
    /// A parameter of the query.
    #[serde(rename = "query")]
    Query,
    /// OAuth 2.0 client credentials: an identifier, `:` and a secret, which the host exchanges for a bearer token.
    #[serde(rename = "client-credentials")]
    ClientCredentials,
}

impl std::fmt::Display for Scheme {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::SigV4 => "sigv4",
            Self::Bearer => "bearer",
            Self::Basic => "basic",
            Self::Header => "header",
            Self::Query => "query",
            Self::ClientCredentials => "client-credentials",
        })
    }
}

/// A rejected manifest.
///
/// ```
/// use cloudhost::capability::{Manifest, ManifestError};
///
/// let text = "name = \"Example\"\nversion = \"1.0.0\"\ncontract = \"0.2.0\"";
/// let error = Manifest::parse(text).unwrap_err();
/// assert!(matches!(error, ManifestError::Field { field: "name", .. }));
///
/// let error = Manifest::parse(&text.replace("0.2.0", "9.0.0")).unwrap_err();
/// assert!(matches!(error, ManifestError::Contract(_)));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// More bytes than the limit.
    #[error("the manifest has {bytes} bytes, more than the limit of {MAX_BYTES}")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// Invalid TOML, or a field that this host does not know.
    #[error("the manifest cannot be read: {0}")]
    Syntax(String),
    /// An invalid value of a field.
    #[error("invalid `{field}` in the manifest: {why}")]
    Field {
        /// Its path, such as `credentials.services`.
        field: &'static str,
        /// The expected value.
        why: String,
    },
    /// The plugin and this host have no common contract version.
    #[error(transparent)]
    Contract(#[from] ContractError),
}

impl Manifest {
    /// Reads and checks a manifest.
    ///
    /// # Errors
    /// [`ManifestError`] names the invalid field, or reports a contract that this host does not support.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        if text.len() > MAX_BYTES {
            return Err(ManifestError::TooLarge { bytes: text.len() });
        }
        // The contract comes first: a field of a later contract must not look like a typing error.
        if let Ok(table) = text.parse::<toml::Table>()
            && let Some(contract) = table.get("contract").and_then(toml::Value::as_str)
        {
            check_contract(contract)?;
        }
        let manifest: Self = toml::from_str(text).map_err(|error| {
            let start = error.span().map(|span| span.start);
            ManifestError::Syntax(excerpt_at(text, start, error.message()))
        })?;
        manifest.check()?;
        Ok(manifest)
    }

    /// Advice for an error of this code.
    pub fn advice(&self, code: &str) -> Option<&str> {
        let has = |advice: &&Advice| advice.codes.iter().any(|known| known == code);
        self.advice.iter().find(has).map(|advice| &*advice.text)
    }

    /// Reports whether its plugin was built against an older contract, whose requests say by themselves that they only read,
    /// and which can change nothing.
    pub(crate) fn is_of_older_contract(&self) -> bool {
        contract::parts(&self.contract).is_some_and(|(major, minor, _)| (major, minor) < (0, 2))
    }

    /// Reports whether its version is lower than the other one's.
    #[cfg(feature = "source")]
    pub(crate) fn is_older_than(&self, other: &Self) -> bool {
        contract::parts(&self.version) < contract::parts(&other.version)
    }

    pub(crate) fn check(&self) -> Result<(), ManifestError> {
        check_name("name", &self.name)?;
        if let Some(why) = super::name_fault(&self.name) {
            return Err(field("name", format!("`{}` {why}", self.name)));
        }
        if contract::parts(&self.version).is_none() {
            return Err(field(
                "version",
                "expected MAJOR.MINOR.PATCH, such as 0.1.0",
            ));
        }
        check_count("hosts", self.hosts.len(), MAX_HOSTS)?;
        check_count("credentials", self.credentials.len(), MAX_CREDENTIALS)?;
        for credential in &self.credentials {
            credential.check()?;
            self.check_token_url(credential)?;
        }
        let names = self.credentials.iter().map(|credential| &credential.name);
        check_once("credentials.name", names)?;
        let settings = self.settings.iter().flatten();
        check_count("settings", settings.clone().count(), MAX_SETTINGS)?;
        for name in settings.clone() {
            check_name("settings", name)?;
        }
        check_once("settings", settings)?;
        if self.is_of_older_contract() && (self.change || !self.reads.is_empty()) {
            return Err(field(
                if self.change { "change" } else { "reads" },
                "it needs contract 0.2.0 or newer",
            ));
        }
        Read::check_all(self)?;
        Rate::check_all(self)?;
        error_codes::check_all(self)
    }

    /// A token is requested from a host that the plugin may contact itself.
    fn check_token_url(&self, credential: &CredentialRequest) -> Result<(), ManifestError> {
        let Some(url) = &credential.token_url else {
            return Ok(());
        };
        let host = url.host_str().unwrap_or_default();
        let port = url.port_or_known_default().unwrap_or_default();
        let plain = url.scheme() == "https"
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        match plain && self.hosts.iter().any(|known| known.matches(host, port)) {
            true => Ok(()),
            false => Err(field(
                "credentials.token-url",
                "expected an https URL without a query, of one of `hosts`",
            )),
        }
    }
}

impl CredentialRequest {
    fn check(&self) -> Result<(), ManifestError> {
        check_name("credentials.name", &self.name)?;
        check_count("credentials.services", self.services.len(), MAX_SERVICES)?;
        check_count(
            "credentials.hosts",
            self.hosts.as_ref().map_or(0, Vec::len),
            MAX_HOSTS,
        )?;
        let only = |what: &'static str, given: bool, of: bool| match (given, of) {
            (false, true) => Err(field(what, format!("{} needs it", self.scheme))),
            (true, false) => Err(field(what, format!("{} has none", self.scheme))),
            _ => Ok(()),
        };
        let of = |scheme: Scheme| self.scheme == scheme;
        only(
            "credentials.services",
            !self.services.is_empty(),
            of(Scheme::SigV4),
        )?;
        only(
            "credentials.header",
            self.header.is_some(),
            of(Scheme::Header),
        )?;
        only(
            "credentials.parameter",
            self.parameter.is_some(),
            of(Scheme::Query),
        )?;
        only(
            "credentials.token-url",
            self.token_url.is_some(),
            of(Scheme::ClientCredentials),
        )?;
        if self.scope.is_some() && !of(Scheme::ClientCredentials) {
            only("credentials.scope", true, false)?;
        }
        if let Some(header) = &self.header
            && !carries_credential(header)
        {
            return Err(field(
                "credentials.header",
                "expected the name of a header that no other part of a request uses, such as `x-auth-token`",
            ));
        }
        if let Some(parameter) = &self.parameter
            && !is_parameter(parameter)
        {
            return Err(field(
                "credentials.parameter",
                "expected 1 to 64 letters, digits and `-._`",
            ));
        }
        if let Some(scope) = &self.scope
            && (scope.len() > MAX_HELP || !scope.bytes().all(|b| b.is_ascii_graphic() || b == b' '))
        {
            return Err(field(
                "credentials.scope",
                format!("expected at most {MAX_HELP} visible ASCII characters"),
            ));
        }
        for service in &self.services {
            check_name("credentials.services", service)?;
        }
        match &self.help {
            Some(help) if help.chars().count() > MAX_HELP || help.contains(char::is_control) => {
                Err(field(
                    "credentials.help",
                    format!("it is one line of at most {MAX_HELP} characters"),
                ))
            }
            _ => Ok(()),
        }
    }
}

/// Headers that carry a credential: `authorization` itself, and others with a mark of one in their name, none of which
/// routes a request or belongs to the connection.
fn carries_credential(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let token = !name.is_empty() && name.len() <= 64;
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let marked = ["auth", "key", "token", "secret"]
        .iter()
        .any(|mark| name.contains(mark));
    let other = name.starts_with("proxy") || name.starts_with("x-amz-") || name.starts_with("sec-");
    token && plain && marked && !other
}

fn is_parameter(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
}

pub(super) fn field(field: &'static str, why: impl Into<String>) -> ManifestError {
    ManifestError::Field {
        field,
        why: why.into(),
    }
}

fn check_name(what: &'static str, name: &str) -> Result<(), ManifestError> {
    if is_name(name) {
        return Ok(());
    }
    let shown = escape_untrusted(name);
    Err(field(
        what,
        format!("`{shown}` is not a name of the form [a-z][a-z0-9-]{{0,31}}"),
    ))
}

pub(super) fn check_once<'n>(
    what: &'static str,
    names: impl Iterator<Item = &'n String>,
) -> Result<(), ManifestError> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(field(what, format!("duplicate `{name}`")));
        }
    }
    Ok(())
}

pub(super) fn check_count(
    what: &'static str,
    count: usize,
    most: usize,
) -> Result<(), ManifestError> {
    if count <= most {
        return Ok(());
    }
    Err(field(
        what,
        format!("{count} entries, more than the limit of {most}"),
    ))
}

fn check_contract(text: &str) -> Result<(), ManifestError> {
    if contract::parts(text).is_none() {
        return Err(field(
            "contract",
            "expected MAJOR.MINOR.PATCH, such as 0.1.0",
        ));
    }
    Ok(contract::check(text)?)
}

#[cfg(test)]
#[path = "manifest_tests.rs"]
mod tests;
