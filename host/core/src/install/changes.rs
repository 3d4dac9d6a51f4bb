//! Differences of an update, and detection of those that need consent.

use super::AcceptedChange;
use super::consent::join;
use super::{Consent, FetchedPlugin, InstallError, Installed, Signed};
use crate::capability::{CredentialRequest, Grant, HostPattern, Manifest, Rate};
use crate::contract::Digest;

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// True: added; false: removed.
    pub added: bool,
    /// Text, such as `host api.example.com`. It quotes an untrusted manifest.
    pub text: String,
}

impl std::fmt::Display for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.added { '+' } else { '-' };
        write!(f, "{sign} {}", self.text)
    }
}

/// Differences between a component and the installed one, or none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// All differences.
    pub lines: Vec<Line>,
    /// Hosts that the installed one did not request.
    pub hosts: Vec<HostPattern>,
    /// Credentials that the installed one did not request, or not as broadly.
    pub credentials: Vec<String>,
    /// Other changes that need consent.
    pub accept: Vec<AcceptedChange>,
}

impl Changes {
    /// Compares the installed plugin with the offered one.
    pub fn of(old: Option<&Installed>, new: &FetchedPlugin) -> Self {
        let manifest = &new.artifact.manifest;
        let before = old.map_or_else(Vec::new, |old| {
            facts(&old.manifest, &old.digest, old.signed.as_ref())
        });
        let after = facts(manifest, &new.artifact.digest, new.signed.as_ref());
        let only = |these: &[String], those: &[String], added| {
            let only = these.iter().filter(|fact| !those.contains(fact));
            let line = |text: &String| Line {
                added,
                text: text.clone(),
            };
            only.map(line).collect::<Vec<_>>()
        };
        let mut changes = Self {
            lines: only(&before, &after, false),
            ..Self::default()
        };
        changes.lines.extend(only(&after, &before, true));
        let Some(old) = old else {
            changes.hosts.clone_from(&manifest.hosts);
            let names = manifest
                .credentials
                .iter()
                .map(|request| request.name.clone());
            changes.credentials = names.collect();
            return changes;
        };
        changes.hosts = beyond(&old.manifest.hosts, &manifest.hosts);
        let more = manifest.credentials.iter().filter(|request| {
            let known = old
                .manifest
                .credentials
                .iter()
                .find(|known| known.name == request.name);
            // A refused one stays refused, even if its request grows.
            known.is_none_or(|known| {
                old.granted.credentials.contains(&request.name)
                    && broader(&old.manifest, known, manifest, request)
            })
        });
        changes.credentials = more.map(|request| request.name.clone()).collect();
        changes.accept = accept(old, new);
        changes
    }

    /// Returns true if it requests a host or a credential that the installed one did not.
    pub fn asks_more(&self) -> bool {
        !self.hosts.is_empty() || !self.credentials.is_empty()
    }

    /// Returns the new grant, or `None` if consent is missing.
    pub(super) fn grant(
        &self,
        old: &Installed,
        new: &FetchedPlugin,
        consent: &Consent,
    ) -> Result<Option<Grant>, InstallError> {
        let manifest = &new.artifact.manifest;
        let still_requested = self.still_requested(&old.granted, manifest);
        let more = match &consent.given {
            Some(given) => given.of_these(manifest, &self.hosts, &self.credentials)?,
            None if self.asks_more() => return Ok(None),
            None => Grant::default(),
        };
        if !self
            .accept
            .iter()
            .all(|accept| consent.accept.contains(accept))
        {
            return Ok(None);
        }
        Ok(Some(join(&still_requested, &more)))
    }

    /// Returns the part of the previous grant that is still requested, and no more.
    fn still_requested(&self, given: &Grant, manifest: &Manifest) -> Grant {
        let requested =
            |host: &&HostPattern| manifest.hosts.iter().any(|request| request.covers(host));
        let narrower = |host: &&HostPattern| given.hosts.iter().any(|given| given.covers(host));
        let mut hosts: Vec<HostPattern> = given.hosts.iter().filter(requested).cloned().collect();
        for host in manifest.hosts.iter().filter(narrower) {
            if !hosts.iter().any(|one| one.covers(host)) {
                hosts.push(host.clone());
            }
        }
        let names = manifest.credentials.iter().map(|request| &request.name);
        let unchanged =
            |name: &&String| given.credentials.contains(name) && !self.credentials.contains(name);
        Grant {
            hosts,
            credentials: names.filter(unchanged).cloned().collect(),
        }
    }
}

/// Lists the changes that need consent besides hosts and credentials.
fn accept(old: &Installed, new: &FetchedPlugin) -> Vec<AcceptedChange> {
    let manifest = &new.artifact.manifest;
    let key = |signed: &Option<Signed>| signed.as_ref().map(|signed| signed.key.clone());
    let (was, is) = (key(&old.signed), key(&new.signed));
    let same_version = manifest.version == old.manifest.version;
    let found = [
        (
            AcceptedChange::Settings,
            more_settings(&old.manifest, manifest),
        ),
        (AcceptedChange::Rates, faster(&old.manifest, manifest)),
        (AcceptedChange::Signer, was.is_some() && was != is),
        (
            AcceptedChange::Downgrade,
            manifest.is_older_than(&old.manifest),
        ),
        // A known signer vouches for it.
        (
            AcceptedChange::SameVersion,
            same_version && old.digest != new.artifact.digest && is.is_none(),
        ),
    ];
    let found = found.into_iter().filter(|(_, found)| *found);
    found.map(|(accept, _)| accept).collect()
}

/// Returns the patterns that no known one covers.
fn beyond(known: &[HostPattern], these: &[HostPattern]) -> Vec<HostPattern> {
    let new = |host: &&HostPattern| !known.iter().any(|known| known.covers(host));
    these.iter().filter(new).cloned().collect()
}

/// Detects a credential that could be used in a new way.
fn broader(
    old: &Manifest,
    known: &CredentialRequest,
    new: &Manifest,
    request: &CredentialRequest,
) -> bool {
    let known_hosts = known.hosts.as_ref().unwrap_or(&old.hosts);
    let hosts = request.hosts.as_ref().unwrap_or(&new.hosts);
    known.scheme != request.scheme
        || request
            .services
            .iter()
            .any(|service| !known.services.contains(service))
        || !beyond(known_hosts, hosts).is_empty()
}

/// Detects a setting that is new: its plugin sees the value that the user types.
fn more_settings(old: &Manifest, new: &Manifest) -> bool {
    match (&old.settings, &new.settings) {
        // Without a list, any setting was possible before.
        (None, _) => false,
        (Some(_), None) => true,
        (Some(known), Some(listed)) => listed.iter().any(|name| !known.contains(name)),
    }
}

/// Detects a higher rate for a host that had one.
fn faster(old: &Manifest, new: &Manifest) -> bool {
    let meets = |a: &HostPattern, b: &HostPattern| a.covers(b) || b.covers(a);
    old.rates.iter().any(|old| {
        let requested = new.hosts.iter().any(|host| meets(host, &old.host));
        // The lowest of several rates applies.
        let rates = new.rates.iter().filter(|rate| rate.host.covers(&old.host));
        requested && rates.map(Rate::spacing).max() < Some(old.spacing())
    })
}

/// Describes a component for the user, one fact per line.
fn facts(manifest: &Manifest, digest: &Digest, signed: Option<&Signed>) -> Vec<String> {
    let mut facts = vec![
        format!("version {} ({digest})", manifest.version),
        match signed {
            Some(signed) => format!("signed by {}", signed.key),
            None => "not signed by a key that you gave".to_owned(),
        },
    ];
    facts.extend(manifest.hosts.iter().map(|host| format!("host {host}")));
    facts.extend(manifest.credentials.iter().map(credential));
    match &manifest.settings {
        Some(listed) => facts.extend(listed.iter().map(|name| format!("setting {name}"))),
        None => facts.push("settings that its manifest does not list".to_owned()),
    }
    facts.extend(manifest.rates.iter().map(|rate| {
        format!(
            "rate of {} requests in {} s to {}",
            rate.requests, rate.seconds, rate.host
        )
    }));
    facts
}

fn credential(request: &CredentialRequest) -> String {
    let mut text = format!("credential {} ({}", request.name, request.scheme);
    if !request.services.is_empty() {
        text.push_str(&format!(" for {}", request.services.join(", ")));
    }
    text.push_str(") with ");
    match &request.hosts {
        None => text.push_str("all its hosts"),
        Some(hosts) => {
            let hosts: Vec<String> = hosts.iter().map(ToString::to_string).collect();
            text.push_str(&hosts.join(", "));
        }
    }
    text
}
