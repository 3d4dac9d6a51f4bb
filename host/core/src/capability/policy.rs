//! Manifest and grant combined into permission checks.

use super::{
    CredentialRequest, Denial, DeniedBy, Grant, HostPattern, Manifest, Rate, Read, RetryRule,
    Scheme,
};
use crate::contract::escape_untrusted;
use http::{HeaderMap, Method};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use url::{Host, Url};

/// The intended use of a credential in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Use<'a> {
    /// The credential's name.
    pub credential: &'a str,
    /// The scheme.
    pub scheme: Scheme,
    /// The place of use that the manifest names: the signing name of the service of a signature, the header, or the
    /// parameter; `None` for `Authorization`.
    pub place: Option<&'a str>,
}

/// The permissions of one plugin: those that its manifest requests and the user's grant includes.
///
/// ```
/// use cloudhost::capability::{Grant, Manifest, Policy, Scheme, Use};
///
/// let manifest = Manifest::parse(
///     "name = \"example\"\nversion = \"1.0.0\"\ncontract = \"0.2.0\"\n\
///      hosts = [\"api.example.com\"]\n\
///      [[credentials]]\nname = \"example\"\nscheme = \"bearer\"",
/// )?;
/// let policy = Policy::new(&manifest, &Grant::all_of(&manifest));
/// let wanted = Use { credential: "example", scheme: Scheme::Bearer, place: None };
/// assert!(policy.allow_credential(&"https://api.example.com/".parse()?, wanted).is_ok());
/// assert!(policy.allow_describe("aws").is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Policy {
    plugin: String,
    requested: Vec<HostPattern>,
    given: Vec<HostPattern>,
    credentials: BTreeMap<String, Allowed>,
    rates: Vec<Rate>,
    retry: Vec<RetryRule>,
    settings: Option<Vec<String>>,
    reads: Vec<Read>,
    /// The manifest asks to change the cloud.
    changes: bool,
    /// The grant allows it.
    may_change: bool,
    /// Requests say by themselves that they only read.
    claims: bool,
}

#[derive(Clone, Debug)]
struct Allowed {
    granted: bool,
    request: CredentialRequest,
}

impl Policy {
    /// Both documents must allow it.
    pub fn new(manifest: &Manifest, grant: &Grant) -> Self {
        let credentials = manifest.credentials.iter().map(|request| {
            let allowed = Allowed {
                granted: grant.credentials.contains(&request.name),
                request: request.clone(),
            };
            (request.name.clone(), allowed)
        });
        Self {
            plugin: manifest.name.clone(),
            requested: manifest.hosts.clone(),
            given: grant.hosts.clone(),
            credentials: credentials.collect(),
            rates: manifest.rates.clone(),
            retry: manifest.retry.clone(),
            settings: manifest.settings.clone(),
            reads: manifest.reads.clone(),
            changes: manifest.change,
            may_change: grant.change,
            claims: manifest.is_of_older_contract(),
        }
    }

    /// Name of the plugin.
    pub fn plugin(&self) -> &str {
        &self.plugin
    }

    /// Checks that the plugin may send a request to this URL.
    ///
    /// # Errors
    /// The first [`Denial`] of userinfo, scheme, address, host and port that applies.
    pub fn allow_url(&self, url: &Url) -> Result<(), Denial> {
        let host = url.host_str().unwrap_or_default();
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Denial::Userinfo {
                host: escape_untrusted(host),
            });
        }
        if url.scheme() != "https" {
            return Err(Denial::Scheme {
                scheme: escape_untrusted(url.scheme()),
                host: escape_untrusted(host),
            });
        }
        let address = |why| Denial::Address {
            host: escape_untrusted(host),
            why,
        };
        match url.host() {
            Some(Host::Domain(_)) => {}
            // The form in which it was written does not matter: `url` has parsed it as an address.
            Some(_) => return Err(address("an IP address is never allowed, only names are")),
            None => return Err(address("the URL names no host")),
        }
        // The resolver drops the addresses behind these names too; the name alone suffices for a denial.
        if names_this_machine_or_its_cloud(host) {
            return Err(address(
                "it names this machine or its cloud's metadata service",
            ));
        }
        let port = url.port_or_known_default().unwrap_or_default();
        covered(&self.requested, host, port, DeniedBy::Manifest)?;
        covered(&self.given, host, port, DeniedBy::Grant)
    }

    /// Checks that the plugin may use this credential with this scheme, for a request to this URL.
    ///
    /// # Errors
    /// [`Denial::Credential`] where the name, the scheme, the service or the host is not covered.
    pub fn allow_credential(&self, url: &Url, wanted: Use<'_>) -> Result<(), Denial> {
        let allowed = &self.credential(wanted.credential)?.request;
        let deny = |why: String| Denial::Credential {
            name: escape_untrusted(wanted.credential),
            missing: None,
            why,
        };
        // The host exchanges client credentials for a token, which is sent as any bearer token.
        let scheme = match allowed.scheme {
            Scheme::ClientCredentials => Scheme::Bearer,
            scheme => scheme,
        };
        if scheme != wanted.scheme {
            let (have, want) = (allowed.scheme, wanted.scheme);
            return Err(deny(format!(
                "is for {have} in the manifest, not for {want}"
            )));
        }
        let place = escape_untrusted(wanted.place.unwrap_or_default());
        match wanted.scheme {
            Scheme::SigV4
                if !allowed
                    .services
                    .iter()
                    .any(|one| Some(&**one) == wanted.place) =>
            {
                return Err(deny(format!(
                    "does not sign for service `{place}` in the manifest"
                )));
            }
            Scheme::Header
                if !allowed
                    .header
                    .as_deref()
                    .zip(wanted.place)
                    .is_some_and(|(one, other)| one.eq_ignore_ascii_case(other)) =>
            {
                return Err(deny(format!(
                    "is not for the header `{place}` in the manifest"
                )));
            }
            Scheme::Query if allowed.parameter.as_deref() != wanted.place => {
                return Err(deny(format!(
                    "is not for the parameter `{place}` in the manifest"
                )));
            }
            _ => {}
        }
        let host = url.host_str().unwrap_or_default();
        let port = url.port_or_known_default().unwrap_or_default();
        match &allowed.hosts {
            Some(hosts) if !hosts.iter().any(|pattern| pattern.matches(host, port)) => Err(deny(
                format!("is not for host {} in the manifest", escape_untrusted(host)),
            )),
            _ => Ok(()),
        }
    }

    /// The URL and the scope of the token that the host exchanges this credential for, if it is of that scheme.
    pub(crate) fn token(&self, credential: &str) -> Option<(&Url, Option<&str>)> {
        let request = &self.credentials.get(credential)?.request;
        Some((request.token_url.as_ref()?, request.scope.as_deref()))
    }

    /// Reports whether a request changes nothing in the cloud: GET and HEAD, and a POST that the manifest lists. Components
    /// of contract 0.1.0 have no list: there a POST of which the component says so.
    pub(crate) fn reads(
        &self,
        method: &Method,
        url: &Url,
        headers: &HeaderMap,
        body: &[u8],
        claimed: bool,
    ) -> bool {
        match *method {
            Method::GET | Method::HEAD => true,
            Method::POST if self.claims => claimed,
            Method::POST => self.reads.iter().any(|read| read.lists(url, headers, body)),
            _ => false,
        }
    }

    /// Returns true if manifest and grant both let the plugin change the cloud.
    pub fn may_change(&self) -> bool {
        self.changes && self.may_change
    }

    /// Checks that the plugin may change the cloud at all.
    ///
    /// # Errors
    /// [`Denial::Change`] where manifest and grant do not both say so.
    pub fn allow_change(&self, method: &'static str, url: &Url) -> Result<(), Denial> {
        let missing = match (self.changes, self.may_change) {
            (true, true) => return Ok(()),
            (false, _) => DeniedBy::Manifest,
            (true, false) => DeniedBy::Grant,
        };
        Err(Denial::Change {
            method,
            host: escape_untrusted(url.host_str().unwrap_or_default()),
            missing: Some(missing),
            why: format!("it can change the cloud: {missing}"),
        })
    }

    /// Checks that the plugin may know about the credential of this name at all.
    ///
    /// # Errors
    /// [`Denial::Credential`] where manifest and grant do not both name it.
    pub fn allow_describe(&self, credential: &str) -> Result<(), Denial> {
        self.credential(credential).map(|_| ())
    }

    /// Checks that the plugin may take a setting of this name. Without a list in the manifest it may take any.
    ///
    /// # Errors
    /// [`Denial::Setting`] where the manifest lists its settings without this one.
    pub fn allow_setting(&self, name: &str) -> Result<(), Denial> {
        match &self.settings {
            Some(listed) if !listed.iter().any(|known| known == name) => Err(Denial::Setting {
                name: escape_untrusted(name),
            }),
            _ => Ok(()),
        }
    }

    /// The rate for the host of this URL; `None` if none is named. A rate only restricts, so the manifest alone suffices. Of
    /// several, the slowest applies.
    pub fn rate(&self, url: &Url) -> Option<&Rate> {
        let host = url.host_str()?;
        let port = url.port_or_known_default()?;
        let rates = self
            .rates
            .iter()
            .filter(|rate| rate.host.matches(host, port));
        rates.max_by_key(|rate| (rate.spacing(), Reverse(rate.burst)))
    }

    /// Responses that mean "later" for this cloud. The manifest alone suffices: only requests that read are resent,
    /// and no more often than after a 503.
    pub fn retry_rules(&self) -> &[RetryRule] {
        &self.retry
    }

    fn credential(&self, name: &str) -> Result<&Allowed, Denial> {
        let deny = |missing: DeniedBy| Denial::Credential {
            name: escape_untrusted(name),
            missing: Some(missing),
            why: format!("cannot be used: {missing}"),
        };
        match self.credentials.get(name) {
            None => Err(deny(DeniedBy::Manifest)),
            Some(allowed) if !allowed.granted => Err(deny(DeniedBy::Grant)),
            Some(allowed) => Ok(allowed),
        }
    }
}

fn covered(
    patterns: &[HostPattern],
    host: &str,
    port: u16,
    missing: DeniedBy,
) -> Result<(), Denial> {
    if patterns.iter().any(|pattern| pattern.matches(host, port)) {
        return Ok(());
    }
    let host_shown = escape_untrusted(host);
    Err(
        if patterns.iter().any(|pattern| pattern.matches_host(host)) {
            Denial::Port {
                host: host_shown,
                port,
            }
        } else {
            Denial::Host {
                host: host_shown,
                missing,
            }
        },
    )
}

/// Names that lead to this machine or to the metadata service of its cloud, whatever a grant includes. `.internal` is
/// reserved for private use (ICANN, 2024), and clouds use it for this.
fn names_this_machine_or_its_cloud(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    let last = host.rsplit('.').next().unwrap_or(host);
    matches!(last, "internal" | "localhost" | "local")
        || matches!(host, "metadata" | "metadata.goog" | "instance-data")
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
