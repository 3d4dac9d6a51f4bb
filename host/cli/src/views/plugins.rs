//! The answers of `plugin list` and `plugin inspect`.

use crate::{print, report};
use cloudhost::capability::{CredentialRequest, Grant, Manifest, Rate};
use cloudhost::contract::exports::cloudhost::provider::provider::Setting;
use cloudhost::install::Installed;
use cloudhost::limits::Limit;
use cloudhost::plugin::{Artifact, Digest};
use comfy_table::Table;
use serde::Serialize;
use std::collections::BTreeMap;

/// The plugins that there are.
#[derive(Debug, Serialize)]
pub struct PluginsView {
    pub plugins: Vec<PluginView>,
}

/// What a plugin is and may do.
#[derive(Debug, Serialize)]
pub struct PluginView {
    name: String,
    version: String,
    contract: String,
    digest: String,
    /// It came with the host, and has all that its manifest asks for.
    builtin: bool,
    /// Where an installed one came from.
    source: Option<String>,
    /// Digest of the OCI manifest that it was pulled by.
    pinned: Option<String>,
    /// The key that an installed one is signed by.
    signer: Option<String>,
    /// All, some or none of what it asks for; `broken` where it does not run as it was granted.
    granted: &'static str,
    grant: Grant,
    refused: Grant,
    /// What it may use, where the user said something else than the default.
    limits: BTreeMap<String, u64>,
    /// Unknown where the component was not read, as are the next two.
    size_bytes: Option<usize>,
    hosts: Vec<String>,
    /// What the cloud publishes, and the host keeps.
    rates: Vec<Rate>,
    credentials: Vec<CredentialRequest>,
    imports: Vec<String>,
    exports: Vec<String>,
    /// What `--set` takes; unknown of a plugin that was not run and whose manifest does not list them.
    settings: Option<Vec<SettingView>>,
}

/// One setting of a plugin.
#[derive(Debug, Serialize)]
struct SettingView {
    name: String,
    /// Unknown of a plugin that was not run, as is the next one.
    help: Option<String>,
    /// What holds when it is not given.
    default: Option<String>,
}

impl PluginView {
    /// A plugin that came with the host.
    pub fn builtin(artifact: &Artifact) -> Self {
        let view = Self {
            builtin: true,
            granted: "all",
            grant: Grant::all_of(&artifact.manifest),
            ..Self::of(&artifact.manifest, &artifact.digest)
        };
        view.read(artifact)
    }

    /// A file that is not installed.
    pub fn file(artifact: &Artifact) -> Self {
        let view = Self {
            refused: Grant::all_of(&artifact.manifest),
            ..Self::of(&artifact.manifest, &artifact.digest)
        };
        view.read(artifact)
    }

    /// An installed plugin, with its component where that was read.
    pub fn installed(installed: &Installed, artifact: Option<&Artifact>) -> Self {
        let refused = installed.refused();
        let view = Self {
            source: Some(installed.source.clone()),
            pinned: installed.pinned.clone(),
            signer: installed
                .signed
                .as_ref()
                .map(|signed| signed.key.to_string()),
            granted: match (&refused, &installed.granted) {
                (refused, _) if *refused == Grant::default() => "all",
                (_, granted) if *granted == Grant::default() => "none",
                _ => "some",
            },
            grant: installed.granted.clone(),
            refused,
            limits: installed.limits.clone(),
            ..Self::of(&installed.asked, &installed.digest)
        };
        match artifact {
            Some(artifact) => view.read(artifact),
            None => view,
        }
    }

    fn of(manifest: &Manifest, digest: &Digest) -> Self {
        Self {
            name: manifest.name.clone(),
            version: manifest.version.clone(),
            contract: manifest.contract.clone(),
            digest: digest.to_string(),
            builtin: false,
            source: None,
            pinned: None,
            signer: None,
            granted: "none",
            grant: Grant::default(),
            refused: Grant::default(),
            limits: BTreeMap::new(),
            size_bytes: None,
            hosts: manifest.hosts.iter().map(ToString::to_string).collect(),
            rates: manifest.rates.clone(),
            credentials: manifest.credentials.clone(),
            imports: Vec::new(),
            exports: Vec::new(),
            settings: manifest.settings.as_ref().map(|listed| {
                let listed = listed.iter().map(|name| SettingView {
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
            size_bytes: Some(artifact.bytes.len()),
            imports: artifact.imports.clone(),
            exports: artifact.exports.clone(),
            ..self
        }
    }

    /// The same where something is wrong with it.
    pub fn broken(self, broken: bool) -> Self {
        Self {
            granted: if broken { "broken" } else { self.granted },
            ..self
        }
    }

    /// With the settings that the plugin has, now that it ran.
    pub fn with(self, settings: Vec<Setting>) -> Self {
        let settings = settings.into_iter().map(|setting| SettingView {
            name: setting.name,
            help: Some(setting.help),
            default: setting.default,
        });
        Self {
            settings: Some(settings.collect()),
            ..self
        }
    }

    fn settings(&self) -> String {
        let Some(settings) = &self.settings else {
            return "unknown: only running it would tell".to_owned();
        };
        let one = |setting: &SettingView| {
            let help = setting.help.as_ref();
            let help = help.map_or(String::new(), |help| format!(": {help}"));
            let default = setting.default.as_ref();
            let default = default.map_or(String::new(), |value| format!(" [default: {value}]"));
            format!("{}{help}{default}", setting.name)
        };
        settings.iter().map(one).collect::<Vec<_>>().join("\n")
    }

    /// What it may do, in one line.
    pub fn may(&self) -> String {
        let mut text = match items(&self.grant).join(", ") {
            none if none.is_empty() => "it may reach nothing".to_owned(),
            given => format!("granted {given}"),
        };
        let refused = items(&self.refused).join(", ");
        if !refused.is_empty() {
            text.push_str(&format!("; not granted {refused}"));
        }
        text
    }

    fn table_of_grant(&self) -> Vec<(&'static str, String)> {
        let granted = match (&self.source, self.builtin, self.granted) {
            (_, true, _) => "built in: granted all that its manifest asks for",
            (None, ..) => "a file: granted nothing",
            (Some(_), _, "all") => "installed: granted all that its manifest asks for",
            (Some(_), _, "none") => "installed: granted nothing",
            (Some(_), ..) => "installed: granted a part of what its manifest asks for",
        };
        let mut rows = vec![("grant", granted.to_owned())];
        if let Some(source) = &self.source {
            rows.push(("granted", items(&self.grant).join("\n")));
            rows.push(("not granted", items(&self.refused).join("\n")));
            let limits = self.limits.iter().filter_map(|(name, value)| {
                let limit = Limit::find(name).ok()?;
                Some(format!("{name}={}", limit.show(*value)))
            });
            rows.push(("limits", limits.collect::<Vec<_>>().join("\n")));
            rows.push(("source", source.clone()));
            rows.extend(self.pinned.clone().map(|pinned| ("pinned", pinned)));
            let nobody = || "nobody whose key was given".to_owned();
            rows.push(("signed by", self.signer.clone().unwrap_or_else(nobody)));
        }
        rows
    }

    pub fn table(&self) -> Table {
        let credentials: Vec<String> = self
            .credentials
            .iter()
            .map(|one| match one.services.as_slice() {
                [] => format!("{} ({})", one.name, one.scheme),
                services => format!("{} ({} for {})", one.name, one.scheme, services.join(", ")),
            })
            .collect();
        let rates: Vec<String> = self
            .rates
            .iter()
            .map(|rate| {
                let requests = report::count(rate.requests as usize, "request");
                format!("{}: {requests} in {} s", rate.host, rate.seconds)
            })
            .collect();
        let size = self.size_bytes;
        let size = size.map_or_else(|| "unknown".to_owned(), |bytes| format!("{bytes} bytes"));
        let mut rows = vec![
            ("version", self.version.clone()),
            ("contract", self.contract.clone()),
            ("digest", self.digest.clone()),
            ("size", size),
        ];
        rows.extend(self.table_of_grant());
        rows.extend([
            ("hosts", self.hosts.join("\n")),
            ("rates", rates.join("\n")),
            ("credentials", credentials.join("\n")),
            ("settings", self.settings()),
            ("imports", self.imports.join("\n")),
            ("exports", self.exports.join("\n")),
        ]);
        let rows = rows
            .into_iter()
            .map(|(name, value)| vec![name.to_owned(), value]);
        print::table(&["PLUGIN", &self.name], rows)
    }
}

/// Hosts and credentials, each with what it is.
fn items(grant: &Grant) -> Vec<String> {
    let hosts = grant.hosts.iter().map(|host| format!("host {host}"));
    let names = grant.credentials.iter();
    let names = names.map(|name| format!("credential {name}"));
    hosts.chain(names).collect()
}

impl PluginsView {
    pub fn table(&self) -> Table {
        let none = || "-".to_owned();
        print::table(
            &[
                "PROVIDER", "VERSION", "CONTRACT", "GRANTED", "SIGNER", "ORIGIN", "DIGEST",
            ],
            self.plugins.iter().map(|plugin| {
                vec![
                    plugin.name.clone(),
                    plugin.version.clone(),
                    plugin.contract.clone(),
                    plugin.granted.to_owned(),
                    plugin.signer.clone().unwrap_or_else(none),
                    plugin
                        .source
                        .clone()
                        .unwrap_or_else(|| "built in".to_owned()),
                    plugin.digest.clone(),
                ]
            }),
        )
    }
}
