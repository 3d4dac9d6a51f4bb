//! Records of `plugin list|inspect|verify`, and of what changes a plugin.

use cloudhost::capability::{CredentialRequest, Grant, Manifest, Rate};
use cloudhost::contract::exports::cloudhost::provider::provider::Setting;
#[cfg(feature = "source")]
use cloudhost::install::{Installed, Verified};
use cloudhost::plugin::{Artifact, Digest};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Plugins that are built in or installed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PluginList {
    /// The plugins.
    pub plugins: Vec<Plugin>,
}

/// One plugin: its metadata, requested permissions and grant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Plugin {
    /// Name of the plugin, which is that of its provider.
    pub name: String,
    /// Version of the plugin.
    pub version: String,
    /// Version of the contract that it was built against.
    pub contract: String,
    /// Digest of the component: `sha256:` and 64 hex digits.
    pub digest: String,
    /// The plugin is part of cloudhost and has everything that its manifest requests.
    pub builtin: bool,
    /// Path, URL or reference that it was installed from; `null`: not installed.
    pub source: Option<String>,
    /// Digest of the OCI manifest that it was pulled by; `null`: not from a registry.
    pub pinned: Option<String>,
    /// Public key whose signature was verified; `null`: no key was given.
    pub signer: Option<String>,
    /// Extent of the grant.
    pub granted: Granted,
    /// Hosts, credentials and changes that it may use.
    pub grant: PluginGrant,
    /// Hosts, credentials and changes that it requests and was not granted.
    pub not_granted: PluginGrant,
    /// Limits that differ from the defaults, by name: bytes, milliseconds or numbers.
    pub limits: BTreeMap<String, u64>,
    /// Size of the component in bytes.
    pub size_bytes: u64,
    /// Hosts that its manifest requests.
    pub hosts: Vec<String>,
    /// Its manifest asks to change the cloud.
    pub change: bool,
    /// POST requests that it calls reads; all others are changes.
    pub reads: Vec<String>,
    /// Rates that its manifest sets.
    pub rates: Vec<PluginRate>,
    /// Credentials that its manifest requests.
    pub credentials: Vec<PluginCredential>,
    /// Interfaces that the component imports; `null`: the component was not read.
    pub imports: Option<Vec<String>>,
    /// Interfaces that the component exports; `null`: the component was not read.
    pub exports: Option<Vec<String>>,
    /// Settings for `--set`; `null`: the manifest does not list them and the plugin was not run.
    pub settings: Option<Vec<PluginSetting>>,
}

/// Extent of a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Granted {
    /// Everything that the manifest requests.
    All,
    /// Part of it.
    Some,
    /// Nothing.
    None,
    /// The plugin is not as it was granted, and does not run.
    Broken,
    /// The grant is not sealed by this user on this machine, and the plugin does not run.
    Unsealed,
}

impl Granted {
    /// The label, as JSON has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Some => "some",
            Self::None => "none",
            Self::Broken => "broken",
            Self::Unsealed => "unsealed",
        }
    }
}

/// Hosts, credentials and changes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PluginGrant {
    /// Hosts, or patterns of hosts such as `*.example.com`.
    pub hosts: Vec<String>,
    /// Names of credentials.
    pub credentials: Vec<String>,
    /// Changes of the cloud.
    pub change: bool,
}

/// Rate of requests to a host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PluginRate {
    /// Host, or pattern of hosts of which each has this rate.
    pub host: String,
    /// Number of requests in `seconds`.
    pub requests: u32,
    /// Period in seconds.
    pub seconds: u32,
    /// Number of requests at once after a pause.
    pub burst: u32,
}

/// Credential that a manifest requests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PluginCredential {
    /// Name that requests of the plugin use.
    pub name: String,
    /// Scheme that puts it into a request: `sigv4`, `bearer`, `basic`, `header`, `query` or `client-credentials`.
    pub scheme: String,
    /// Header, parameter of the query, or URL of the token; left out where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// The plugin does a part of its work without it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
    /// Names of the services that it signs for, such as `ec2`; left out where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<String>,
    /// Hosts that it is used with; left out: all hosts of the plugin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hosts: Option<Vec<String>>,
    /// Description for people; left out where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// One setting of a plugin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PluginSetting {
    /// Name of the setting.
    pub name: String,
    /// Description for people; `null`: the plugin was not run.
    pub help: Option<String>,
    /// Default value; `null`: none, or the plugin was not run.
    pub default: Option<String>,
}

/// Results of checking installed plugins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PluginVerification {
    /// The plugins that were checked.
    pub plugins: Vec<VerifiedPlugin>,
}

/// Result of checking one installed plugin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifiedPlugin {
    /// Name of the plugin.
    pub name: String,
    /// Version of the plugin.
    pub version: String,
    /// Digest of the component: `sha256:` and 64 hex digits.
    pub digest: String,
    /// Public key whose signature was verified; `null`: no key was given.
    pub signer: Option<String>,
    /// Problems; none: it runs as granted.
    pub problems: Vec<String>,
}

impl From<&Grant> for PluginGrant {
    fn from(grant: &Grant) -> Self {
        Self {
            hosts: strings(&grant.hosts),
            credentials: grant.credentials.clone(),
            change: grant.change,
        }
    }
}

impl From<&Rate> for PluginRate {
    fn from(rate: &Rate) -> Self {
        Self {
            host: rate.host.to_string(),
            requests: rate.requests,
            seconds: rate.seconds,
            burst: rate.burst,
        }
    }
}

impl From<&CredentialRequest> for PluginCredential {
    fn from(request: &CredentialRequest) -> Self {
        Self {
            name: request.name.clone(),
            scheme: request.scheme.to_string(),
            place: match (&request.header, &request.parameter, &request.token_url) {
                (Some(place), ..) | (_, Some(place), _) => Some(place.clone()),
                (.., url) => url.as_ref().map(ToString::to_string),
            },
            optional: request.optional,
            services: request.services.clone(),
            hosts: request.hosts.as_deref().map(strings),
            help: request.help.clone(),
        }
    }
}

impl From<Setting> for PluginSetting {
    fn from(setting: Setting) -> Self {
        Self {
            name: setting.name,
            help: Some(setting.help),
            default: setting.default,
        }
    }
}

impl Plugin {
    /// Makes the record of a built-in plugin.
    pub fn builtin(artifact: &Artifact) -> Self {
        let plugin = Self {
            builtin: true,
            granted: Granted::All,
            grant: PluginGrant::from(&Grant::all_of(&artifact.manifest)),
            ..Self::of(
                &artifact.manifest,
                &artifact.digest,
                artifact.bytes.len() as u64,
            )
        };
        plugin.read(artifact)
    }

    /// Makes the record of a file that is not installed.
    pub fn file(artifact: &Artifact) -> Self {
        let plugin = Self {
            not_granted: PluginGrant::from(&Grant::all_of(&artifact.manifest)),
            ..Self::of(
                &artifact.manifest,
                &artifact.digest,
                artifact.bytes.len() as u64,
            )
        };
        plugin.read(artifact)
    }

    /// Makes the record of an installed plugin, with its component where that was read.
    #[cfg(feature = "source")]
    pub fn installed(installed: &Installed, artifact: Option<&Artifact>) -> Self {
        let not_granted = installed.refused();
        let plugin = Self {
            source: Some(installed.source.clone()),
            pinned: installed.pinned.clone(),
            signer: signer(installed),
            granted: match (&not_granted, &installed.granted) {
                (rest, _) if *rest == Grant::default() => Granted::All,
                (_, granted) if *granted == Grant::default() => Granted::None,
                _ => Granted::Some,
            },
            grant: PluginGrant::from(&installed.granted),
            not_granted: PluginGrant::from(&not_granted),
            limits: installed.limits.clone(),
            ..Self::of(&installed.manifest, &installed.digest, installed.size)
        };
        match artifact {
            Some(artifact) => plugin.read(artifact),
            None => plugin,
        }
    }

    fn of(manifest: &Manifest, digest: &Digest, size_bytes: u64) -> Self {
        Self {
            name: manifest.name.clone(),
            version: manifest.version.clone(),
            contract: manifest.contract.clone(),
            digest: digest.to_string(),
            builtin: false,
            source: None,
            pinned: None,
            signer: None,
            granted: Granted::None,
            grant: PluginGrant::default(),
            not_granted: PluginGrant::default(),
            limits: BTreeMap::new(),
            size_bytes,
            hosts: strings(&manifest.hosts),
            change: manifest.change,
            reads: match manifest.contract.starts_with("0.1.") {
                true => vec!["each POST request that the plugin calls a read".to_owned()],
                false => strings(&manifest.reads),
            },
            rates: manifest.rates.iter().map(PluginRate::from).collect(),
            credentials: manifest
                .credentials
                .iter()
                .map(PluginCredential::from)
                .collect(),
            imports: None,
            exports: None,
            settings: manifest.settings.as_ref().map(|listed| {
                let listed = listed.iter().map(|name| PluginSetting {
                    name: name.clone(),
                    help: None,
                    default: None,
                });
                listed.collect()
            }),
        }
    }

    fn read(self, artifact: &Artifact) -> Self {
        Self {
            imports: Some(artifact.imports.clone()),
            exports: Some(artifact.exports.clone()),
            ..self
        }
    }

    /// Marks a plugin that is not as it was granted.
    pub fn broken(self) -> Self {
        Self {
            granted: Granted::Broken,
            ..self
        }
    }

    /// Marks a plugin with a grant that this user has not sealed.
    pub fn unsealed(self) -> Self {
        Self {
            granted: Granted::Unsealed,
            ..self
        }
    }

    /// Adds the settings that the plugin described when it ran.
    pub fn with(self, settings: Vec<Setting>) -> Self {
        Self {
            settings: Some(settings.into_iter().map(PluginSetting::from).collect()),
            ..self
        }
    }
}

#[cfg(feature = "source")]
impl From<Vec<Verified>> for PluginVerification {
    fn from(all: Vec<Verified>) -> Self {
        let one = |one: Verified| VerifiedPlugin {
            name: one.installed.name().to_owned(),
            version: one.installed.manifest.version.clone(),
            digest: one.installed.digest.to_string(),
            signer: signer(&one.installed),
            problems: one
                .problems
                .into_iter()
                .map(|problem| problem.text)
                .collect(),
        };
        Self {
            plugins: all.into_iter().map(one).collect(),
        }
    }
}

#[cfg(feature = "source")]
fn signer(installed: &Installed) -> Option<String> {
    let signed = installed.signed.as_ref();
    signed.map(|signed| signed.key.to_string())
}

fn strings<T: ToString>(items: &[T]) -> Vec<String> {
    items.iter().map(ToString::to_string).collect()
}
