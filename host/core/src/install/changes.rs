//! What an update changes, and whether it asks for more.

use super::consent::{Accept, join};
use super::{Consent, InstallError, Installed, Offer, Signed};
use crate::capability::{CredentialRequest, Grant, HostPattern, Manifest, Rate};
use crate::contract::Digest;

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// It comes; else it goes.
    pub added: bool,
    /// What, as `host api.example.com`. It quotes a stranger's manifest.
    pub text: String,
}

impl std::fmt::Display for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.added { '+' } else { '-' };
        write!(f, "{sign} {}", self.text)
    }
}

/// What comes and goes with a component, in place of nothing or of an installed one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// All differences.
    pub lines: Vec<Line>,
    /// Hosts that it asks for and the installed one did not.
    pub hosts: Vec<HostPattern>,
    /// Credentials that it asks for and the installed one did not, or not for as much.
    pub credentials: Vec<String>,
    /// What else the user has to agree to.
    pub accept: Vec<Accept>,
}

impl Changes {
    /// The differences between what is installed and what is offered.
    pub fn of(old: Option<&Installed>, new: &Offer) -> Self {
        let manifest = &new.artifact.manifest;
        let before = old.map_or_else(Vec::new, |old| {
            facts(&old.asked, &old.digest, old.signed.as_ref())
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
            let names = manifest.credentials.iter().map(|asked| asked.name.clone());
            changes.credentials = names.collect();
            return changes;
        };
        changes.hosts = beyond(&old.asked.hosts, &manifest.hosts);
        let more = manifest.credentials.iter().filter(|asked| {
            let known = old
                .asked
                .credentials
                .iter()
                .find(|known| known.name == asked.name);
            // One that was refused stays refused, however much it grows.
            known.is_none_or(|known| {
                old.granted.credentials.contains(&asked.name)
                    && broader(&old.asked, known, manifest, asked)
            })
        });
        changes.credentials = more.map(|asked| asked.name.clone()).collect();
        changes.accept = accept(old, new);
        changes
    }

    /// Whether it asks for a host or a credential that the installed one did not ask for.
    pub fn asks_more(&self) -> bool {
        !self.hosts.is_empty() || !self.credentials.is_empty()
    }

    /// What it may do from now on, or `None` where the user has to be asked first.
    pub(super) fn grant(
        &self,
        old: &Installed,
        new: &Offer,
        consent: &Consent,
    ) -> Result<Option<Grant>, InstallError> {
        let manifest = &new.artifact.manifest;
        let kept = self.kept(&old.granted, manifest);
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
        Ok(Some(join(&kept, &more)))
    }

    /// Of what was given before, that which it still asks for, and for no more.
    fn kept(&self, given: &Grant, manifest: &Manifest) -> Grant {
        let asked = |host: &&HostPattern| manifest.hosts.iter().any(|asked| asked.covers(host));
        let narrower = |host: &&HostPattern| given.hosts.iter().any(|given| given.covers(host));
        let mut hosts: Vec<HostPattern> = given.hosts.iter().filter(asked).cloned().collect();
        for host in manifest.hosts.iter().filter(narrower) {
            if !hosts.iter().any(|kept| kept.covers(host)) {
                hosts.push(host.clone());
            }
        }
        let names = manifest.credentials.iter().map(|asked| &asked.name);
        let kept =
            |name: &&String| given.credentials.contains(name) && !self.credentials.contains(name);
        Grant {
            hosts,
            credentials: names.filter(kept).cloned().collect(),
        }
    }
}

/// What the user agrees to besides hosts and credentials.
fn accept(old: &Installed, new: &Offer) -> Vec<Accept> {
    let manifest = &new.artifact.manifest;
    let key = |signed: &Option<Signed>| signed.as_ref().map(|signed| signed.key.clone());
    let (was, is) = (key(&old.signed), key(&new.signed));
    let same_version = manifest.version == old.asked.version;
    let found = [
        (Accept::Settings, more_settings(&old.asked, manifest)),
        (Accept::Rates, faster(&old.asked, manifest)),
        (Accept::Signer, was.is_some() && was != is),
        (Accept::Downgrade, manifest.is_older_than(&old.asked)),
        // A signer who is known vouches for it.
        (
            Accept::SameVersion,
            same_version && old.digest != new.artifact.digest && is.is_none(),
        ),
    ];
    let found = found.into_iter().filter(|(_, found)| *found);
    found.map(|(accept, _)| accept).collect()
}

/// Of these patterns, those that no known one covers.
fn beyond(known: &[HostPattern], these: &[HostPattern]) -> Vec<HostPattern> {
    let new = |host: &&HostPattern| !known.iter().any(|known| known.covers(host));
    these.iter().filter(new).cloned().collect()
}

/// Whether a credential could be used in a way in which it could not before.
fn broader(
    old: &Manifest,
    known: &CredentialRequest,
    new: &Manifest,
    asked: &CredentialRequest,
) -> bool {
    let known_hosts = known.hosts.as_ref().unwrap_or(&old.hosts);
    let hosts = asked.hosts.as_ref().unwrap_or(&new.hosts);
    known.scheme != asked.scheme
        || asked
            .services
            .iter()
            .any(|service| !known.services.contains(service))
        || !beyond(known_hosts, hosts).is_empty()
}

/// Whether it takes a setting that it did not take before: what the user types for it is known to it.
fn more_settings(old: &Manifest, new: &Manifest) -> bool {
    match (&old.settings, &new.settings) {
        // Any could be among those that nobody listed.
        (None, _) => false,
        (Some(_), None) => true,
        (Some(known), Some(listed)) => listed.iter().any(|name| !known.contains(name)),
    }
}

/// Whether a host that had a rate may be asked more often than before.
fn faster(old: &Manifest, new: &Manifest) -> bool {
    let meets = |a: &HostPattern, b: &HostPattern| a.covers(b) || b.covers(a);
    old.rates.iter().any(|old| {
        let asked = new.hosts.iter().any(|host| meets(host, &old.host));
        // Of several rates the slowest holds.
        let rates = new.rates.iter().filter(|rate| rate.host.covers(&old.host));
        asked && rates.map(Rate::spacing).max() < Some(old.spacing())
    })
}

/// What a user has to know of a component, a line each.
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

fn credential(asked: &CredentialRequest) -> String {
    let mut text = format!("credential {} ({}", asked.name, asked.scheme);
    if !asked.services.is_empty() {
        text.push_str(&format!(" for {}", asked.services.join(", ")));
    }
    text.push_str(") with ");
    match &asked.hosts {
        None => text.push_str("all its hosts"),
        Some(hosts) => {
            let hosts: Vec<String> = hosts.iter().map(ToString::to_string).collect();
            text.push_str(&hosts.join(", "));
        }
    }
    text
}
