//! Records of `plugin new|build|pack|push|test`.

use cloudhost::plugin::Artifact;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Project of a new plugin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProject {
    /// Name of the plugin.
    pub name: String,
    /// Language that it is written in: `rust` or `python`.
    pub language: String,
    /// Directory of the project.
    pub path: PathBuf,
}

/// Plugin that was built or packed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BuiltPlugin {
    /// Name of the plugin.
    pub name: String,
    /// Version of the plugin.
    pub version: String,
    /// Digest of the component: `sha256:` and 64 hex digits.
    pub digest: String,
    /// Size of the component in bytes.
    pub bytes: usize,
    /// File of the component.
    pub path: PathBuf,
}

impl BuiltPlugin {
    /// Makes the record of a component in a file.
    pub fn new(artifact: &Artifact, path: &Path) -> Self {
        Self {
            name: artifact.manifest.name.clone(),
            version: artifact.manifest.version.clone(),
            digest: artifact.digest.to_string(),
            bytes: artifact.bytes.len(),
            path: path.to_owned(),
        }
    }
}

/// Plugin that was pushed to a registry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PushedPlugin {
    /// Reference by digest of the OCI manifest, which never changes.
    pub reference: String,
    /// Name of the plugin.
    pub name: String,
    /// Version of the plugin.
    pub version: String,
    /// Digest of the component: `sha256:` and 64 hex digits.
    pub digest: String,
    /// A signature was pushed with it.
    pub signed: bool,
}

impl PushedPlugin {
    /// Makes the record of a component that was pushed to a reference.
    pub fn new(reference: String, artifact: &Artifact, signed: bool) -> Self {
        Self {
            reference,
            name: artifact.manifest.name.clone(),
            version: artifact.manifest.version.clone(),
            digest: artifact.digest.to_string(),
            signed,
        }
    }
}

/// Results of the conformance suite for one plugin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TestReport {
    /// Name of the plugin.
    pub name: String,
    /// Version of the plugin.
    pub version: String,
    /// Digest of the component: `sha256:` and 64 hex digits.
    pub digest: String,
    /// All cases.
    pub cases: Vec<TestCase>,
}

/// Result of one case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TestCase {
    /// Name of the case.
    pub name: String,
    /// File of the recording that was replayed; `null`: none was needed.
    pub recording: Option<String>,
    /// Outcome.
    pub verdict: Verdict,
    /// Requirement that the case checks.
    pub promise: String,
    /// Reason for `skipped`; otherwise left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Step that lets a `skipped` case be tried: `record-catalog`, `record-bill` or `name-fields`; otherwise left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
    /// For `failed`: what the plugin was given; otherwise left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<String>,
    /// For `failed`: what the plugin did; otherwise left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub did: Option<String>,
    /// For `failed`: what was expected instead; otherwise left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
}

/// Outcome of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The requirement is met.
    Passed,
    /// The case does not apply.
    Skipped,
    /// The requirement is not met.
    Failed,
}

impl Verdict {
    /// The label, as JSON has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
        }
    }
}

impl TestReport {
    /// Makes the record of a component's cases.
    pub fn new(artifact: &Artifact, cases: Vec<TestCase>) -> Self {
        Self {
            name: artifact.manifest.name.clone(),
            version: artifact.manifest.version.clone(),
            digest: artifact.digest.to_string(),
            cases,
        }
    }

    /// Number of cases with this outcome.
    pub fn count(&self, verdict: Verdict) -> usize {
        let same = self.cases.iter().filter(|case| case.verdict == verdict);
        same.count()
    }
}
