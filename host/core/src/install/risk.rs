//! Reasons to look closely at a line before consent.

use crate::capability::{HostPattern, Manifest, Scheme};
use crate::credentials::file_of;
use std::fmt;

/// Most hosts that a line names.
const HOSTS: usize = 3;
/// Longest end of a host's name that a line shows, in characters: the domain is at the end.
const NAME: usize = 48;

/// A reason to look closely.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Risk {
    /// A host pattern that covers any name of a domain.
    AnyName {
        /// The domain.
        domain: String,
    },
    /// Changes of the cloud: it can make, change and delete resources that cost money or hold data.
    Change,
    /// A credential: it can be used for every request to these hosts.
    Credential {
        /// Its owner, if that is another plugin or program.
        owner: Option<Owner>,
        /// Scheme of its use.
        scheme: Scheme,
        /// Hosts that it is used with; those that are new, and not its owner's, come first.
        hosts: Vec<HostPattern>,
    },
}

/// Owner of a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Owner {
    /// Another plugin, which requests a credential of this name.
    Plugin {
        /// Its name.
        name: String,
        /// Hosts that it uses the credential with.
        hosts: Vec<HostPattern>,
    },
    /// A program that keeps it in this file.
    File(String),
}

impl Owner {
    /// Finds the owner of a credential among other plugins, and then among the programs that keep one. The plugin of the
    /// credential's name comes first.
    pub(super) fn of(credential: &str, others: &[Manifest]) -> Option<Self> {
        let requests = others.iter().filter_map(|other| {
            let mut requests = other.credentials.iter();
            let request = requests.find(|request| request.name == credential)?;
            Some((other, request))
        });
        let first = requests.min_by_key(|(other, _)| other.name != credential);
        let plugin = first.map(|(other, request)| Self::Plugin {
            name: other.name.clone(),
            hosts: request.hosts.as_ref().unwrap_or(&other.hosts).clone(),
        });
        plugin.or_else(|| file_of(credential).map(Self::File))
    }

    /// Hosts that its owner uses the credential with, as far as they are known.
    pub(super) fn hosts(&self) -> &[HostPattern] {
        match self {
            Self::Plugin { hosts, .. } => hosts,
            Self::File(_) => &[],
        }
    }
}

impl Risk {
    /// Severity, from 1. Lines of one severity keep the order of the manifest.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Self::AnyName { .. } => 1,
            Self::Credential { owner: None, .. } => 2,
            Self::Credential { owner: Some(_), .. } => 3,
            Self::Change => 4,
        }
    }
}

/// The text follows a line and a colon.
impl fmt::Display for Risk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AnyName { domain } => write!(f, "any server under {domain}"),
            Self::Change => f.write_str("it can make and delete what costs money or holds data"),
            Self::Credential {
                owner,
                scheme,
                hosts,
            } => {
                let what = match scheme {
                    Scheme::SigV4 => "key",
                    Scheme::Basic => "password",
                    Scheme::ClientCredentials => "client secret",
                    Scheme::Bearer | Scheme::Header | Scheme::Query => "token",
                };
                match owner {
                    None => write!(f, "your {what} of this name ")?,
                    Some(Owner::Plugin { name, hosts }) => {
                        let word = if hosts.len() == 1 { "host" } else { "hosts" };
                        let hosts = listed_hosts(hosts);
                        write!(f, "the {what} of plugin {name} ({word} {hosts}) ")?;
                    }
                    Some(Owner::File(path)) => write!(f, "the {what} in {path} ")?,
                }
                let does = match scheme {
                    Scheme::SigV4 => "would sign requests",
                    Scheme::ClientCredentials => "would be exchanged for a token that is sent",
                    Scheme::Bearer | Scheme::Basic | Scheme::Header | Scheme::Query => {
                        "would be sent"
                    }
                };
                write!(f, "{does} to {}", listed_hosts(hosts))
            }
        }
    }
}

/// Joins hosts; of a long list, the first ones and the number of the rest.
fn listed_hosts(hosts: &[HostPattern]) -> String {
    let shown = |host: &HostPattern| {
        let host = host.to_string();
        let over = host.len().saturating_sub(NAME);
        match host.get(over..) {
            Some(end) if over > 0 => format!("…{end}"),
            _ => host,
        }
    };
    match hosts {
        [] => "no host".to_owned(),
        hosts => listed(&hosts.iter().map(shown).collect::<Vec<_>>(), HOSTS),
    }
}

/// Joins items; of a long list, the first ones and the number of the rest.
pub(super) fn listed<T: fmt::Display>(items: &[T], most: usize) -> String {
    let named: Vec<String> = items.iter().take(most).map(ToString::to_string).collect();
    match items.len().saturating_sub(most) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}
