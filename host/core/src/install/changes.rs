//! Differences of an update, what in them needs consent, and what needs a close look.

use super::AcceptedChange;
use super::consent::join;
use super::risk::{Owner, Risk, listed};
use super::{Consent, FetchedPlugin, InstallError, Installed, Signed};
use crate::capability::{CredentialRequest, Grant, HostPattern, Manifest, Rate, Read, Scheme};
use crate::contract::Digest;
use crate::source::SignerKey;
use std::cmp::Reverse;
use url::Url;

/// Most services of a credential that its line names.
const SERVICES: usize = 8;

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// True: added; false: removed.
    pub added: bool,
    /// Its subject, to count lines by, and to ask about a host or a credential.
    pub subject: Subject,
    /// Text, such as `host api.example.com`. It quotes an untrusted manifest.
    pub text: String,
    /// Reason to look closely before consent. Lines with one come last, the worst at the end.
    pub risk: Option<Risk>,
}

/// Subject of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Its version and digest.
    Version,
    /// Its signer.
    Signer,
    /// A host that it reaches.
    Host(HostPattern),
    /// A setting that it takes.
    Setting,
    /// A rate of requests.
    Rate,
    /// POST requests that it calls reads.
    Reads,
    /// Changes of the cloud.
    Change,
    /// The credential of this name.
    Credential(String),
}

impl Subject {
    /// Describes one of its kind: `host`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Version => "version",
            Self::Signer => "signer",
            Self::Host(_) => "host",
            Self::Setting => "setting",
            Self::Rate => "rate",
            Self::Reads => "POST request",
            Self::Change => "change",
            Self::Credential(_) => "credential",
        }
    }
}

impl std::fmt::Display for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.added { '+' } else { '-' };
        write!(f, "{sign} {}", self.text)?;
        match &self.risk {
            Some(risk) => write!(f, ": {risk}"),
            None => Ok(()),
        }
    }
}

/// Differences between a component and the installed one, or none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// All differences: those that are removed, those that are added, and of these last the risks.
    pub lines: Vec<Line>,
    /// Hosts that the installed one did not request.
    pub hosts: Vec<HostPattern>,
    /// Credentials that the installed one did not request, or not as broadly.
    pub credentials: Vec<String>,
    /// It asks to change the cloud, and the installed one did not.
    pub change: bool,
    /// Other changes that need consent.
    pub accept: Vec<AcceptedChange>,
}

impl Changes {
    /// Compares the installed plugin with the offered one. `owner` finds the owner of a credential of this name, if it
    /// is another plugin or program.
    pub(super) fn of(
        old: Option<&Installed>,
        new: &FetchedPlugin,
        owner: impl Fn(&str) -> Option<Owner>,
    ) -> Self {
        let manifest = &new.artifact.manifest;
        let mut changes = Self::default();
        match old {
            None => {
                changes.hosts.clone_from(&manifest.hosts);
                let names = manifest.credentials.iter();
                changes.credentials = names.map(|request| request.name.clone()).collect();
                changes.change = manifest.change;
            }
            Some(old) => {
                changes.hosts = beyond(&old.manifest.hosts, &manifest.hosts);
                changes.credentials = broader_credentials(old, manifest);
                changes.change = manifest.change && !old.manifest.change;
                changes.accept = accept(old, new);
            }
        }
        let before = old.map_or_else(Vec::new, |old| {
            facts(&old.manifest, old.digest, old.signed.as_ref())
        });
        let after = facts(manifest, new.artifact.digest, new.signed.as_ref());
        let removed = before.iter().filter(|fact| !after.contains(fact));
        changes.lines = removed.map(|fact| fact.line(false)).collect();
        let more = |fact: &Fact| match fact {
            // The hosts that it is used with may be all of the plugin's, of which there are more now.
            Fact::Credential { name, .. } => changes.credentials.iter().any(|more| more == name),
            _ => false,
        };
        let added = after
            .iter()
            .filter(|fact| !before.contains(fact) || more(fact));
        let old = old.map(|old| &old.manifest);
        let added = added.map(|fact| Line {
            risk: fact.risk(old, manifest, &owner),
            ..fact.line(true)
        });
        let mut added: Vec<Line> = added.collect();
        added.sort_by_key(|line| line.risk.as_ref().map_or(0, Risk::rank));
        changes.lines.extend(added);
        changes
    }

    /// Returns true if it requests a host, a credential or changes that the installed one did not.
    pub fn asks_more(&self) -> bool {
        !self.hosts.is_empty() || !self.credentials.is_empty() || self.change
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
        let given = match self.asks_more() {
            true => consent.of_known(new),
            false => consent.given.as_ref(),
        };
        let more = match given {
            Some(given) => given.of_these(manifest, &self.hosts, &self.credentials, self.change)?,
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
            change: given.change && manifest.change,
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
        (AcceptedChange::Reads, more_reads(&old.manifest, manifest)),
        (AcceptedChange::Signer, was.is_some() && was != is),
        (
            AcceptedChange::Downgrade,
            manifest.is_older_than(&old.manifest),
        ),
        // Also of a known signer: an older build of the version lacks what the newer one corrected.
        (
            AcceptedChange::SameVersion,
            same_version && old.digest != new.artifact.digest,
        ),
    ];
    let found = found.into_iter().filter(|(_, found)| *found);
    found.map(|(accept, _)| accept).collect()
}

/// Lists the credentials that were not requested before, or not as broadly.
fn broader_credentials(old: &Installed, manifest: &Manifest) -> Vec<String> {
    let more = manifest.credentials.iter().filter(|request| {
        let mut known = old.manifest.credentials.iter();
        let known = known.find(|known| known.name == request.name);
        // A refused one stays refused, even if its request grows.
        known.is_none_or(|known| {
            old.granted.credentials.contains(&request.name)
                && broader(&old.manifest, known, manifest, request)
        })
    });
    more.map(|request| request.name.clone()).collect()
}

/// Returns the patterns that no known one covers.
pub(super) fn beyond(known: &[HostPattern], these: &[HostPattern]) -> Vec<HostPattern> {
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
    let way = |one: &CredentialRequest| {
        let places = (one.header.clone(), one.parameter.clone());
        (one.scheme, places, one.token_url.clone(), one.scope.clone())
    };
    way(known) != way(request)
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

/// Detects a POST request that is new among those that it calls reads.
fn more_reads(old: &Manifest, new: &Manifest) -> bool {
    let known = |read: &Read| {
        old.reads.iter().any(|old| {
            let same = Read {
                host: read.host.clone(),
                actions: read.actions.clone(),
                ..old.clone()
            };
            old.host.covers(&read.host)
                && same == *read
                && read
                    .actions
                    .iter()
                    .all(|action| old.actions.contains(action))
        })
    };
    // A component of an older contract could call any POST a read.
    !old.is_of_older_contract() && !new.reads.iter().all(known)
}

/// Detects a higher rate for a host that had one.
fn faster(old: &Manifest, new: &Manifest) -> bool {
    let meets = |a: &HostPattern, b: &HostPattern| a.covers(b) || b.covers(a);
    old.rates.iter().any(|old| {
        let requested = new.hosts.iter().any(|host| meets(host, &old.host));
        // The lowest of several rates applies.
        let rates = new.rates.iter().filter(|rate| rate.host.covers(&old.host));
        let slowest = rates.map(|rate| (rate.spacing(), Reverse(rate.burst)));
        requested && slowest.max() < Some((old.spacing(), Reverse(old.burst)))
    })
}

/// A fact about a component, for one line.
#[derive(Clone, Copy, PartialEq)]
enum Fact<'m> {
    Version(&'m str, Digest),
    Signer(Option<&'m SignerKey>),
    Host(&'m HostPattern),
    Setting(&'m str),
    /// Settings without a list.
    AnySettings,
    Rate(&'m Rate),
    Reads(&'m Read),
    /// It says by itself which POST requests are reads.
    ClaimedReads,
    Change,
    /// Without its help, which requests nothing.
    Credential {
        name: &'m str,
        scheme: Scheme,
        services: &'m [String],
        hosts: Option<&'m [HostPattern]>,
        place: Option<&'m str>,
        token_url: Option<&'m Url>,
        scope: Option<&'m str>,
        optional: bool,
    },
}

/// Lists the facts about a component.
fn facts<'m>(manifest: &'m Manifest, digest: Digest, signed: Option<&'m Signed>) -> Vec<Fact<'m>> {
    let mut facts = vec![
        Fact::Version(&manifest.version, digest),
        Fact::Signer(signed.map(|signed| &signed.key)),
    ];
    facts.extend(manifest.hosts.iter().map(Fact::Host));
    match &manifest.settings {
        Some(listed) => facts.extend(listed.iter().map(|name| Fact::Setting(name))),
        None => facts.push(Fact::AnySettings),
    }
    facts.extend(manifest.rates.iter().map(Fact::Rate));
    facts.extend(manifest.reads.iter().map(Fact::Reads));
    if manifest.is_of_older_contract() {
        facts.push(Fact::ClaimedReads);
    }
    if manifest.change {
        facts.push(Fact::Change);
    }
    let credential = |request: &'m CredentialRequest| Fact::Credential {
        name: &request.name,
        scheme: request.scheme,
        services: &request.services,
        hosts: request.hosts.as_deref(),
        place: request.header.as_deref().or(request.parameter.as_deref()),
        token_url: request.token_url.as_ref(),
        scope: request.scope.as_deref(),
        optional: request.optional,
    };
    facts.extend(manifest.credentials.iter().map(credential));
    facts
}

impl Fact<'_> {
    /// Its line, without a risk.
    fn line(&self, added: bool) -> Line {
        let (subject, text) = match self {
            Self::Version(version, digest) => {
                (Subject::Version, format!("version {version} ({digest})"))
            }
            Self::Signer(Some(key)) => (Subject::Signer, format!("signed by {key}")),
            Self::Signer(None) => {
                let text = "not signed by a key that you gave".to_owned();
                (Subject::Signer, text)
            }
            Self::Host(host) => (Subject::Host((*host).clone()), format!("host {host}")),
            Self::Setting(name) => (Subject::Setting, format!("setting {name}")),
            Self::AnySettings => {
                let text = "settings that its manifest does not list".to_owned();
                (Subject::Setting, text)
            }
            Self::Rate(Rate {
                host,
                requests,
                seconds,
                burst,
            }) => {
                let burst = match burst {
                    1 => String::new(),
                    burst => format!(", {burst} at once,"),
                };
                let text = format!("rate of {requests} requests in {seconds} s{burst} to {host}");
                (Subject::Rate, text)
            }
            Self::Reads(read) => (Subject::Reads, format!("reads by {read}")),
            Self::ClaimedReads => {
                let text = "reads by each POST request that the plugin calls a read".to_owned();
                (Subject::Reads, text)
            }
            Self::Change => {
                let text = "changes the cloud, in operations that you start".to_owned();
                (Subject::Change, text)
            }
            Self::Credential {
                name,
                scheme,
                services,
                place,
                token_url,
                scope,
                optional,
                ..
            } => {
                let mut text = format!("credential {name} ({scheme}");
                if !services.is_empty() {
                    text.push_str(&format!(" for {}", listed(services, SERVICES)));
                }
                for place in place.iter() {
                    text.push_str(&format!(" {place}"));
                }
                for url in token_url.iter() {
                    text.push_str(&format!(" at {url}"));
                }
                for scope in scope.iter() {
                    text.push_str(&format!(" for {scope}"));
                }
                text.push_str(if *optional { ", optional)" } else { ")" });
                (Subject::Credential((*name).to_owned()), text)
            }
        };
        Line {
            added,
            subject,
            text,
            risk: None,
        }
    }

    /// The reason to look at it closely, if there is one.
    fn risk(
        &self,
        old: Option<&Manifest>,
        new: &Manifest,
        owner: impl Fn(&str) -> Option<Owner>,
    ) -> Option<Risk> {
        match self {
            Self::Change => Some(Risk::Change),
            Self::Host(host) => Some(Risk::AnyName {
                domain: host.any_below()?.to_owned(),
            }),
            Self::Credential {
                name,
                scheme,
                hosts,
                ..
            } => {
                let owner = owner(name);
                let before = old.and_then(|old| {
                    let mut known = old.credentials.iter();
                    let known = known.find(|known| known.name == *name)?;
                    Some(known.hosts.as_deref().unwrap_or(&old.hosts))
                });
                let owned = owner.as_ref().map_or(&[][..], Owner::hosts);
                let known = [before.unwrap_or_default(), owned].concat();
                let mut hosts = hosts.unwrap_or(&new.hosts).to_vec();
                // New ones first: a long list is cut.
                hosts.sort_by_key(|host| known.iter().any(|known| known.covers(host)));
                Some(Risk::Credential {
                    owner,
                    scheme: *scheme,
                    hosts,
                })
            }
            _ => None,
        }
    }
}
