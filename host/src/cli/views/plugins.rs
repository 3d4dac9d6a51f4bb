//! The answers of `plugin list` and `plugin inspect`.

use crate::capability::CredentialRequest;
use crate::cli::print;
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
    credentials: Vec<CredentialRequest>,
    imports: Vec<String>,
    exports: Vec<String>,
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
            credentials: manifest.credentials.clone(),
            imports: artifact.imports.clone(),
            exports: artifact.exports.clone(),
        }
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
        let rows = [
            ("name", self.name.clone()),
            ("version", self.version.clone()),
            ("contract", self.contract.clone()),
            ("digest", self.digest.clone()),
            ("size", format!("{} bytes", self.size_bytes)),
            ("grant", granted.to_owned()),
            ("hosts", self.hosts.join("\n")),
            ("credentials", credentials.join("\n")),
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
