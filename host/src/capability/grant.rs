//! What the user gives a plugin.

use super::{HostPattern, Manifest};
use serde::{Deserialize, Serialize};

/// The user's answer to a manifest: what of it the plugin may really do.
///
/// A grant can name less than the manifest, and naming more changes nothing: both must agree.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// Hosts that may be reached.
    #[serde(default)]
    pub hosts: Vec<HostPattern>,
    /// Names of credentials that may be used.
    #[serde(default)]
    pub credentials: Vec<String>,
}

impl Grant {
    /// Everything that a manifest asks for: the grant of built-in plugins, which ship with the host.
    pub fn all_of(manifest: &Manifest) -> Self {
        Self {
            hosts: manifest.hosts.clone(),
            credentials: manifest
                .credentials
                .iter()
                .map(|credential| credential.name.clone())
                .collect(),
        }
    }
}
