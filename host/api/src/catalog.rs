//! Provenance and gaps of a catalog, which every record made from one has.

use crate::units::age_seconds;
use cloudhost::catalog::{MadeBy, Source, kind_name};
use cloudhost::contract::Label as _;
use cloudhost::contract::cloudhost::provider::types::{self, Scope};
use cloudhost::host::Summary;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Source and age of the data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CatalogInfo {
    /// Source of the data.
    pub source: CatalogSource,
    /// The same in words: an endpoint, or the date of a bundled catalog.
    pub origin: String,
    /// Time at which the oldest part was fetched.
    pub fetched_at: Timestamp,
    /// Seconds since `fetched_at`; 0 for a time in the future.
    pub age_seconds: u64,
    /// Account that the data holds for; `null`: unknown.
    pub account: Option<String>,
    /// Plugin that made the data, if it is no longer installed; `null`: the installed one made it.
    pub former_plugin: Option<FormerPlugin>,
}

/// Plugin that is no longer installed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FormerPlugin {
    /// Version of the plugin.
    pub version: String,
    /// Digest of the component: `sha256:` and 64 hex digits.
    pub digest: String,
}

/// Source of a catalog.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CatalogSource {
    /// The cloud's API, now or earlier.
    Live,
    /// The catalog inside the plugin.
    Bundled,
}

impl CatalogSource {
    /// The label, as JSON has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Bundled => "bundled",
        }
    }
}

impl From<&Source> for CatalogSource {
    fn from(source: &Source) -> Self {
        match source {
            Source::Live(_) => Self::Live,
            Source::Bundled(_) => Self::Bundled,
        }
    }
}

impl CatalogInfo {
    /// Describes a catalog, at this time.
    pub fn new(summary: &Summary, now: Timestamp) -> Self {
        Self {
            source: CatalogSource::from(&summary.source),
            origin: summary.source.text().to_owned(),
            fetched_at: summary.fetched_at,
            age_seconds: age_seconds(summary.fetched_at, now),
            account: summary.account.clone(),
            former_plugin: summary.former.as_ref().map(FormerPlugin::from),
        }
    }
}

impl From<&MadeBy> for FormerPlugin {
    fn from(made_by: &MadeBy) -> Self {
        Self {
            version: made_by.version.clone(),
            digest: made_by.digest.clone(),
        }
    }
}

/// Missing part of a catalog, and the error that it is missing for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    /// Kind of data: `regions`, `instance-types`, `offers`, `images`, `prices` or `capacity`.
    pub kind: String,
    /// Region of which it is missing; `null`: all, or those of `zone`.
    pub region: Option<String>,
    /// Zone of which it is missing; `null`: all, or those of `region`.
    pub zone: Option<String>,
    /// Kind of error, such as `permission-denied` or `unavailable`.
    pub error: String,
    /// The cloud's code for the error; `null`: none was given.
    pub code: Option<String>,
    /// Message of the cloud or the plugin.
    pub message: String,
    /// The cloud's name for the failed request; `null`: none was given.
    pub request_id: Option<String>,
}

impl From<&types::Gap> for Gap {
    fn from(gap: &types::Gap) -> Self {
        let (region, zone) = match &gap.error.scope {
            Scope::Region(region) => (Some(region.clone()), None),
            Scope::Zone(zone) => (None, Some(zone.clone())),
            Scope::Request | Scope::Provider => (None, None),
        };
        Self {
            kind: kind_name(gap.kind).to_owned(),
            region,
            zone,
            error: gap.error.kind.as_str().to_owned(),
            code: gap.error.code.clone(),
            message: gap.error.message.clone(),
            request_id: gap.error.request_id.clone(),
        }
    }
}

impl Gap {
    /// All gaps of a catalog.
    pub(crate) fn all(summary: &Summary) -> Vec<Self> {
        summary.missing.iter().map(Self::from).collect()
    }
}
