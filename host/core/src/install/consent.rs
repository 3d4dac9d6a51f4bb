//! What the user said.

use super::InstallError;
use crate::capability::{Grant, HostPattern, Manifest};
use crate::limits::Limit;
use std::str::FromStr;

/// What the user agrees to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Consent {
    /// What of the hosts and credentials that are new; `None` where the user was not asked.
    pub given: Option<Given>,
    /// What else of an update.
    pub accept: Vec<Accept>,
    /// How much it may use of this machine, where not as much as the default says.
    pub limits: Vec<(Limit, u64)>,
}

/// What a plugin is given of what it asks for.
///
/// ```
/// use cloudhost::capability::Grant;
/// use cloudhost::install::{Given, InstallError, Plugins};
///
/// /// One more host for a plugin that runs already.
/// fn allow(plugins: &Plugins) -> Result<(), InstallError> {
///     let mut grant = Grant::default();
///     grant.hosts.extend("prices.example.com".parse());
///     plugins.grant("example", &Given::These(grant))?;
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// All of it.
    All,
    /// These hosts and credentials, which can be none.
    These(Grant),
}

/// What of an update needs consent and is neither a host nor a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Accept {
    /// It takes settings that the installed one did not take.
    Settings,
    /// Hosts may be asked more often than before.
    Rates,
    /// Nobody signed it, or someone else than who signed the installed one.
    Signer,
    /// Its version is lower.
    Downgrade,
    /// Its version is the same, its bytes are others, and nobody signed it.
    SameVersion,
}

/// A text is no [`Accept`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is one of settings, rates, signer, downgrade and same-version")]
pub struct AcceptError;

impl Accept {
    const ALL: [Self; 5] = [
        Self::Settings,
        Self::Rates,
        Self::Signer,
        Self::Downgrade,
        Self::SameVersion,
    ];
}

impl std::fmt::Display for Accept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Settings => "settings",
            Self::Rates => "rates",
            Self::Signer => "signer",
            Self::Downgrade => "downgrade",
            Self::SameVersion => "same-version",
        })
    }
}

impl FromStr for Accept {
    type Err = AcceptError;

    fn from_str(text: &str) -> Result<Self, AcceptError> {
        let mut all = Self::ALL.into_iter();
        all.find(|one| one.to_string() == text).ok_or(AcceptError)
    }
}

impl Given {
    /// The grant, for a plugin with this manifest.
    pub(super) fn of(&self, manifest: &Manifest) -> Result<Grant, InstallError> {
        let all = Grant::all_of(manifest);
        self.of_these(manifest, &all.hosts, &all.credentials)
    }

    /// The same, where "all" means these hosts and credentials.
    pub(super) fn of_these(
        &self,
        manifest: &Manifest,
        hosts: &[HostPattern],
        credentials: &[String],
    ) -> Result<Grant, InstallError> {
        match self {
            Self::All => Ok(Grant {
                hosts: hosts.to_vec(),
                credentials: credentials.to_vec(),
            }),
            Self::These(grant) => match not_asked(manifest, grant) {
                None => Ok(grant.clone()),
                Some(what) => Err(InstallError::NotAsked {
                    name: manifest.name.clone(),
                    what,
                }),
            },
        }
    }
}

/// What of a grant the manifest does not ask for: a grant of it would change nothing.
pub(super) fn not_asked(manifest: &Manifest, grant: &Grant) -> Option<String> {
    let host = |host: &&HostPattern| !manifest.hosts.iter().any(|asked| asked.covers(host));
    let credential = |name: &&String| {
        !manifest
            .credentials
            .iter()
            .any(|asked| asked.name == **name)
    };
    let host = grant.hosts.iter().find(host);
    let credential = grant.credentials.iter().find(credential);
    host.map(|host| format!("the host {host}"))
        .or_else(|| credential.map(|name| format!("the credential {name}")))
}

/// Both grants in one, without what something else in it covers.
pub(super) fn join(one: &Grant, other: &Grant) -> Grant {
    let mut joined = Grant::default();
    for host in one.hosts.iter().chain(&other.hosts) {
        if !joined.hosts.iter().any(|there| there.covers(host)) {
            joined.hosts.retain(|there| !host.covers(there));
            joined.hosts.push(host.clone());
        }
    }
    for name in one.credentials.iter().chain(&other.credentials) {
        if !joined.credentials.contains(name) {
            joined.credentials.push(name.clone());
        }
    }
    joined
}

/// What is left of a grant without these hosts and credentials.
pub(super) fn without(name: &str, grant: &Grant, taken: &Grant) -> Result<Grant, InstallError> {
    for host in &taken.hosts {
        if grant.hosts.iter().any(|given| host.covers(given)) {
            continue;
        }
        return Err(InstallError::NotGranted {
            name: name.to_owned(),
            what: format!("the host {host}"),
            within: grant.hosts.iter().find(|given| given.covers(host)).cloned(),
        });
    }
    let unknown = |name: &&String| !grant.credentials.contains(name);
    if let Some(credential) = taken.credentials.iter().find(unknown) {
        return Err(InstallError::NotGranted {
            name: name.to_owned(),
            what: format!("the credential {credential}"),
            within: None,
        });
    }
    let mut left = grant.clone();
    left.hosts
        .retain(|given| !taken.hosts.iter().any(|host| host.covers(given)));
    left.credentials
        .retain(|name| !taken.credentials.contains(name));
    Ok(left)
}
