//! Manifest and grant combined into permission checks.

use super::{Denial, DeniedBy, Grant, HostPattern, Manifest, Rate, RetryRule, Scheme};
use crate::contract::escape_untrusted;
use std::collections::BTreeMap;
use std::time::Duration;
use url::{Host, Url};

/// The intended use of a credential in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Use<'a> {
    /// The credential's name.
    pub credential: &'a str,
    /// The scheme.
    pub scheme: Scheme,
    /// Signing name of the service; `None` for a bearer token.
    pub service: Option<&'a str>,
}

/// The permissions of one plugin: those that its manifest requests and the user's grant includes.
///
/// ```
/// use cloudhost::capability::{Grant, Manifest, Policy, Scheme, Use};
///
/// let manifest = Manifest::parse(
///     "name = \"example\"\nversion = \"1.0.0\"\ncontract = \"0.1.0\"\n\
///      hosts = [\"api.example.com\"]\n\
///      [[credentials]]\nname = \"example\"\nscheme = \"bearer\"",
/// )?;
/// let policy = Policy::new(&manifest, &Grant::all_of(&manifest));
/// let wanted = Use { credential: "example", scheme: Scheme::Bearer, service: None };
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
}

#[derive(Clone, Debug)]
struct Allowed {
    granted: bool,
    scheme: Scheme,
    services: Vec<String>,
    hosts: Option<Vec<HostPattern>>,
}

impl Policy {
    /// Both documents must allow it.
    pub fn new(manifest: &Manifest, grant: &Grant) -> Self {
        let credentials = manifest.credentials.iter().map(|request| {
            let allowed = Allowed {
                granted: grant.credentials.contains(&request.name),
                scheme: request.scheme,
                services: request.services.clone(),
                hosts: request.hosts.clone(),
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
        let allowed = self.credential(wanted.credential)?;
        let deny = |why: String| Denial::Credential {
            name: escape_untrusted(wanted.credential),
            missing: None,
            why,
        };
        if allowed.scheme != wanted.scheme {
            let (have, want) = (allowed.scheme, wanted.scheme);
            return Err(deny(format!(
                "is for {have} in the manifest, not for {want}"
            )));
        }
        if let Some(service) = wanted.service
            && !allowed.services.iter().any(|known| known == service)
        {
            let service = escape_untrusted(service);
            return Err(deny(format!(
                "does not sign for service `{service}` in the manifest"
            )));
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

    /// The time from one request to the next for the host of this URL; `None` if no rate is named. A rate only
    /// restricts, so the manifest alone suffices. Of several, the slowest applies.
    pub fn spacing(&self, url: &Url) -> Option<Duration> {
        let host = url.host_str()?;
        let port = url.port_or_known_default()?;
        let rates = self
            .rates
            .iter()
            .filter(|rate| rate.host.matches(host, port));
        rates.map(Rate::spacing).max()
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
