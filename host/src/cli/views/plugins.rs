//! The answers of `plugin list` and `plugin inspect`.

use crate::capability::{CredentialRequest, Rate};
use crate::cli::{print, report};
use crate::contract::exports::cloudhost::provider::provider::Setting;
use crate::plugin::Artifact;
use comfy_table::Table;
use serde::Serialize;

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
    size_bytes: usize,
    hosts: Vec<String>,
    /// What the cloud publishes, and the host keeps.
    rates: Vec<Rate>,
    credentials: Vec<CredentialRequest>,
    imports: Vec<String>,
    exports: Vec<String>,
    /// What `--set` takes; unknown of a plugin that was not run.
    settings: Option<Vec<SettingView>>,
}

/// One setting of a plugin.
#[derive(Debug, Serialize)]
struct SettingView {
    name: String,
    help: String,
    /// What holds when it is not given.
    default: Option<String>,
}

impl PluginView {
    pub fn new(artifact: &Artifact, builtin: bool) -> Self {
        let manifest = &artifact.manifest;
        Self {
            name: manifest.name.clone(),
            version: manifest.version.clone(),
            contract: manifest.contract.clone(),
            digest: artifact.digest.to_string(),
            builtin,
            size_bytes: artifact.bytes.len(),
            hosts: manifest.hosts.iter().map(ToString::to_string).collect(),
            rates: manifest.rates.clone(),
            credentials: manifest.credentials.clone(),
            imports: artifact.imports.clone(),
            exports: artifact.exports.clone(),
            settings: None,
        }
    }

    /// With the settings that the plugin has, now that it ran.
    pub fn with(self, settings: Vec<Setting>) -> Self {
        let settings = settings.into_iter().map(|setting| SettingView {
            name: setting.name,
            help: setting.help,
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
            let default = setting.default.as_ref();
            let default = default.map_or(String::new(), |value| format!(" [default: {value}]"));
            format!("{}: {}{default}", setting.name, setting.help)
        };
        settings.iter().map(one).collect::<Vec<_>>().join("\n")
    }

    pub fn table(&self) -> Table {
        let granted = if self.builtin {
            "built in: granted all that its manifest asks for"
        } else {
            "a file: granted nothing"
        };
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
        let rows = [
            ("name", self.name.clone()),
            ("version", self.version.clone()),
            ("contract", self.contract.clone()),
            ("digest", self.digest.clone()),
            ("size", format!("{} bytes", self.size_bytes)),
            ("grant", granted.to_owned()),
            ("hosts", self.hosts.join("\n")),
            ("rates", rates.join("\n")),
            ("credentials", credentials.join("\n")),
            ("settings", self.settings()),
            ("imports", self.imports.join("\n")),
            ("exports", self.exports.join("\n")),
        ];
        let rows = rows
            .into_iter()
            .map(|(name, value)| vec![name.to_owned(), value]);
        print::table(&["PLUGIN", &self.name], rows.skip(1))
    }
}

impl PluginsView {
    pub fn table(&self) -> Table {
        print::table(
            &["PROVIDER", "VERSION", "CONTRACT", "ORIGIN", "DIGEST"],
            self.plugins.iter().map(|plugin| {
                vec![
                    plugin.name.clone(),
                    plugin.version.clone(),
                    plugin.contract.clone(),
                    if plugin.builtin { "built in" } else { "file" }.to_owned(),
                    plugin.digest.clone(),
                ]
            }),
        )
    }
}
