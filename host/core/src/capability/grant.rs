//! Grants: the permissions that the user gives a plugin.

use super::{HostPattern, Manifest};
use serde::{Deserialize, Serialize};

/// The user's decision on a manifest: the part of it that the plugin may use.
///
/// A grant can name less than the manifest. Naming more changes nothing: both must agree.
///
/// ```
/// use cloudhost::capability::{Grant, Manifest, Policy};
///
/// let manifest = Manifest::parse(
///     "name = \"example\"\nversion = \"1.0.0\"\ncontract = \"0.2.0\"\n\
///      hosts = [\"api.example.com\", \"prices.example.com\"]",
/// )?;
/// let mut grant = Grant::all_of(&manifest);
/// grant.hosts.retain(|host| host.to_string().starts_with("api."));
///
/// let policy = Policy::new(&manifest, &grant);
/// assert!(policy.allow_url(&"https://api.example.com/v1".parse()?).is_ok());
/// let denial = policy.allow_url(&"https://prices.example.com/".parse()?).unwrap_err();
/// assert_eq!(denial.label(), "denied.host");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// Allowed hosts.
    #[serde(default)]
    pub hosts: Vec<HostPattern>,
    /// Names of allowed credentials.
    #[serde(default)]
    pub credentials: Vec<String>,
    /// True if the plugin may change the cloud, in operations that the user starts. Otherwise it only reads.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub change: bool,
}

impl Grant {
    /// Everything that a manifest requests: the grant of built-in plugins, which ship with the host.
    pub fn all_of(manifest: &Manifest) -> Self {
        Self {
            hosts: manifest.hosts.clone(),
            credentials: manifest
                .credentials
                .iter()
                .map(|credential| credential.name.clone())
                .collect(),
            change: manifest.change,
        }
    }
}
