//! One installed plugin, as the lock file has it.

use crate::capability::{Grant, Manifest};
use crate::contract::Digest;
use crate::limits::Limit;
use crate::source::SignerKey;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An installed plugin: which component it is, where it came from, what it asks for and what it was given.
///
/// What was refused is what [`Installed::asked`] names and [`Installed::granted`] does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Installed {
    /// The component. Grant and signature hold for it alone.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// Where it came from: a path, a URL or `oci://REFERENCE`. An update without a source asks there.
    pub source: String,
    /// Digest of the OCI manifest that it was pulled by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pinned: Option<String>,
    /// Who signed it; `None` where nobody did, or no key was given to verify by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed: Option<Signed>,
    /// What the user gave it.
    pub granted: Grant,
    /// What it may use of this machine, where the user said something else than the default: names of limits, and bytes,
    /// milliseconds or numbers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub limits: BTreeMap<String, u64>,
    /// What it says of itself and asks for: a copy of its manifest.
    pub asked: Manifest,
}

/// A signature that was verified at the time of the install.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signed {
    /// The public key.
    pub key: SignerKey,
    /// The signature, as minisign writes it.
    pub signature: String,
}

impl Installed {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.asked.name
    }

    /// The limits that the user set for it.
    pub fn limits(&self) -> impl Iterator<Item = (Limit, u64)> {
        let limits = self.limits.iter();
        limits.filter_map(|(name, value)| Some((Limit::find(name).ok()?, *value)))
    }

    pub(super) fn set_limits(&mut self, limits: &[(Limit, u64)]) {
        let limits = limits.iter();
        self.limits
            .extend(limits.map(|(limit, value)| (limit.name().to_owned(), *value)));
    }

    /// What it asks for and was not given in full.
    pub fn refused(&self) -> Grant {
        let hosts = self.asked.hosts.iter();
        let credentials = self.asked.credentials.iter().map(|asked| &asked.name);
        Grant {
            hosts: hosts
                .filter(|asked| !self.granted.hosts.iter().any(|given| given.covers(asked)))
                .cloned()
                .collect(),
            credentials: credentials
                .filter(|asked| !self.granted.credentials.contains(asked))
                .cloned()
                .collect(),
        }
    }

    /// What of this record contradicts itself, in words.
    pub(super) fn fault(&self, name: &str) -> Option<String> {
        if let Err(error) = self.asked.check() {
            return Some(error.to_string());
        }
        if self.asked.name != name {
            return Some("its manifest has another name".to_owned());
        }
        let unknown = |name: &&String| Limit::find(name).is_err();
        if let Some(name) = self.limits.keys().find(unknown) {
            return Some(format!("there is no limit `{name}`"));
        }
        super::consent::not_asked(&self.asked, &self.granted)
            .map(|what| format!("it was given {what}, which it does not ask for"))
    }
}
