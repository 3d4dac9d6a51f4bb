//! Consent of the user.

use super::{AcceptedChange, FetchedPlugin, GrantChoice, InstallError};
use crate::capability::{Grant, HostPattern, Manifest};
use crate::limits::Limit;

/// Consent of the user to an install or an update.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Consent {
    /// Consent to the new hosts and credentials; `None`: the user was not asked.
    pub given: Option<GrantChoice>,
    /// Consent to other changes of an update.
    pub accept: Vec<AcceptedChange>,
    /// Limits that differ from the default.
    pub limits: Vec<(Limit, u64)>,
}

impl Consent {
    /// Returns the choice, unless it is all that a plugin requests whose bytes the user does not know.
    pub(super) fn of_known(&self, offer: &FetchedPlugin) -> Option<&GrantChoice> {
        let given = self.given.as_ref();
        given.filter(|given| **given != GrantChoice::All || offer.is_known())
    }
}

impl GrantChoice {
    /// Resolves the grant for a plugin with this manifest.
    pub(super) fn of(&self, manifest: &Manifest) -> Result<Grant, InstallError> {
        let all = Grant::all_of(manifest);
        self.of_these(manifest, &all.hosts, &all.credentials, all.change)
    }

    /// Resolves the grant, with "all" limited to these hosts, credentials and changes.
    pub(super) fn of_these(
        &self,
        manifest: &Manifest,
        hosts: &[HostPattern],
        credentials: &[String],
        change: bool,
    ) -> Result<Grant, InstallError> {
        match self {
            Self::All => Ok(Grant {
                hosts: hosts.to_vec(),
                credentials: credentials.to_vec(),
                change,
            }),
            Self::These(grant) => match not_requested(manifest, grant) {
                None => Ok(grant.clone()),
                Some(what) => Err(InstallError::NotAsked {
                    name: manifest.name.clone(),
                    what,
                }),
            },
        }
    }
}

/// Finds a host, a credential or changes of a grant that the manifest does not request: it would have no effect.
pub(super) fn not_requested(manifest: &Manifest, grant: &Grant) -> Option<String> {
    let host = |host: &&HostPattern| !manifest.hosts.iter().any(|request| request.covers(host));
    let credential = |name: &&String| {
        !manifest
            .credentials
            .iter()
            .any(|request| request.name == **name)
    };
    let host = grant.hosts.iter().find(host);
    let credential = grant.credentials.iter().find(credential);
    host.map(|host| format!("the host {host}"))
        .or_else(|| credential.map(|name| format!("the credential {name}")))
        .or_else(|| (grant.change && !manifest.change).then(|| CHANGES.to_owned()))
}

/// Changes, in an error.
const CHANGES: &str = "changes of the cloud";

/// Merges two grants, and removes entries that another one covers.
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
    joined.change = one.change || other.change;
    joined
}

/// Removes these hosts, credentials and changes from a grant.
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
    if taken.change && !grant.change {
        return Err(InstallError::NotGranted {
            name: name.to_owned(),
            what: CHANGES.to_owned(),
            within: None,
        });
    }
    let mut left = grant.clone();
    left.change &= !taken.change;
    left.hosts
        .retain(|given| !taken.hosts.iter().any(|host| host.covers(given)));
    left.credentials
        .retain(|name| !taken.credentials.contains(name));
    Ok(left)
}
