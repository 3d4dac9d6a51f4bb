//! Record of `generate-kconfig`.

use crate::{CatalogInfo, Gap};
use cloudhost::audit::Counts;
use cloudhost::host::Generated;
use cloudhost::output::Changes;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Kconfig files that were generated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GeneratedKconfig {
    /// Name of the provider.
    pub provider: String,
    /// Source and age of the data.
    pub catalog: CatalogInfo,
    /// Missing parts of the data.
    pub missing: Vec<Gap>,
    /// Directory of the files.
    pub output_dir: String,
    /// Changes to the files.
    pub files: GeneratedFiles,
    /// Audit events of this run.
    pub audit: AuditCounts,
}

/// Names of generated files, relative to the directory, by what was done with them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GeneratedFiles {
    /// New or replaced.
    pub written: Vec<String>,
    /// Equal to what was there, and not touched.
    pub unchanged: Vec<String>,
    /// Written by an earlier run, no longer generated, and removed.
    pub removed: Vec<String>,
    /// Written by an earlier run, no longer generated, but edited since and therefore not removed.
    pub edited: Vec<String>,
}

/// Numbers of audit events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AuditCounts {
    /// Denials.
    pub denied: u64,
    /// Requests sent with a credential, each attempt counted.
    pub signed: u64,
    /// Limits that rejected or ended something.
    pub limited: u64,
    /// Crashes of the plugin.
    pub crashed: u64,
    /// Refusals to load the plugin.
    pub refused: u64,
}

impl From<Changes> for GeneratedFiles {
    fn from(changes: Changes) -> Self {
        Self {
            written: changes.written,
            unchanged: changes.unchanged,
            removed: changes.removed,
            edited: changes.kept,
        }
    }
}

impl From<Counts> for AuditCounts {
    fn from(counts: Counts) -> Self {
        Self {
            denied: counts.denied,
            signed: counts.signed,
            limited: counts.limited,
            crashed: counts.crashed,
            refused: counts.refused,
        }
    }
}

impl GeneratedKconfig {
    /// Makes the record of a generation, at this time.
    pub fn new(
        provider: &str,
        generated: &Generated,
        output_dir: &Path,
        audit: Counts,
        now: Timestamp,
    ) -> Self {
        Self {
            provider: provider.to_owned(),
            catalog: CatalogInfo::new(&generated.catalog, now),
            missing: Gap::all(&generated.catalog),
            output_dir: output_dir.display().to_string(),
            files: GeneratedFiles::from(generated.changes.clone()),
            audit: AuditCounts::from(audit),
        }
    }
}
