//! Record of one installed plugin in the lock file.

use crate::capability::{Grant, Manifest};
use crate::contract::Digest;
use crate::limits::Limit;
use crate::source::{Signature, SignerKey, Source, SourceError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An installed plugin: its component, its source, the capabilities it requests and those it was granted.
///
/// Refused capabilities are those in [`Installed::manifest`] and not in [`Installed::granted`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Installed {
    /// Digest of the component. Grant and signature hold for it alone.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// Its source: a path, a URL or `oci://REFERENCE`. An update without a source fetches from there.
    pub source: String,
    /// Digest of the OCI manifest by which it was pulled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pinned: Option<String>,
    /// Its signature; `None`: it is unsigned, or no key was given to verify it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed: Option<Signed>,
    /// Capabilities that the user granted.
    pub granted: Grant,
    /// Limits that differ from the default: names of limits, and bytes, milliseconds or numbers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub limits: BTreeMap<String, u64>,
    /// Copy of its manifest.
    pub manifest: Manifest,
}

/// A signature that was verified at install time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signed {
    /// The public key.
    pub key: SignerKey,
    /// The signature, in minisign's format.
    pub signature: String,
}

impl Signed {
    /// Verifies the signature of a component.
    pub(super) fn verify(&self, bytes: &[u8]) -> Result<(), SourceError> {
        let signature = self.signature.parse::<Signature>()?;
        self.key.verify(bytes, &signature)
    }
}

impl Installed {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.manifest.name
    }

    /// Limits that the user set.
    pub fn limits(&self) -> impl Iterator<Item = (Limit, u64)> {
        let limits = self.limits.iter();
        limits.filter_map(|(name, value)| Some((Limit::find(name).ok()?, *value)))
    }

    pub(super) fn set_limits(&mut self, limits: &[(Limit, u64)]) {
        let limits = limits.iter();
        self.limits
            .extend(limits.map(|(limit, value)| (limit.name().to_owned(), *value)));
    }

    /// Requested capabilities that were not granted in full.
    pub fn refused(&self) -> Grant {
        let hosts = self.manifest.hosts.iter();
        let credentials = self
            .manifest
            .credentials
            .iter()
            .map(|request| &request.name);
        Grant {
            hosts: hosts
                .filter(|request| !self.granted.hosts.iter().any(|given| given.covers(request)))
                .cloned()
                .collect(),
            credentials: credentials
                .filter(|request| !self.granted.credentials.contains(request))
                .cloned()
                .collect(),
            change: self.manifest.change && !self.granted.change,
        }
    }

    /// Describes an inconsistency in this record.
    pub(super) fn fault(&self, name: &str) -> Option<String> {
        if let Err(error) = self.manifest.check() {
            return Some(error.to_string());
        }
        if self.manifest.name != name {
            return Some("its manifest has another name".to_owned());
        }
        if let Err(error) = self.source.parse::<Source>() {
            return Some(error.to_string());
        }
        if let Some(pinned) = &self.pinned
            && let Err(error) = pinned.parse::<Digest>()
        {
            return Some(error.to_string());
        }
        let unknown = |name: &&String| Limit::find(name).is_err();
        if let Some(name) = self.limits.keys().find(unknown) {
            return Some(format!("unknown limit `{name}`"));
        }
        super::consent::not_requested(&self.manifest, &self.granted)
            .map(|what| format!("it was granted {what}, which it does not request"))
    }
}
