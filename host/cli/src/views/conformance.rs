//! The answer of `plugin test`.

use crate::print;
use crate::report::count;
use cloudhost::plugin::Artifact;
use cloudhost_conformance::{Case, Verdict};
use comfy_table::Table;
use serde::Serialize;

/// What came of all cases.
#[derive(Debug, Serialize)]
pub struct TestedView {
    name: String,
    version: String,
    digest: String,
    cases: Vec<CaseView>,
}

/// One of them.
#[derive(Debug, Serialize)]
struct CaseView {
    name: &'static str,
    recording: Option<String>,
    /// `passed`, `skipped` or `failed`.
    verdict: &'static str,
    promise: &'static str,
    /// Why it was skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    failure: Option<FailureView>,
}

/// A promise that was not kept.
#[derive(Debug, Serialize)]
struct FailureView {
    given: String,
    did: String,
    expected: String,
}

impl From<Case> for CaseView {
    fn from(case: Case) -> Self {
        let (verdict, why, failure) = match case.verdict {
            Verdict::Passed => ("passed", None, None),
            Verdict::Skipped(why) => ("skipped", Some(why), None),
            Verdict::Failed(failure) => (
                "failed",
                None,
                Some(FailureView {
                    given: failure.given,
                    did: failure.did,
                    expected: failure.expected,
                }),
            ),
        };
        Self {
            name: case.name,
            recording: case.recording,
            verdict,
            promise: case.promise,
            why,
            failure,
        }
    }
}

impl TestedView {
    pub fn new(artifact: &Artifact, cases: Vec<Case>) -> Self {
        Self {
            name: artifact.manifest.name.clone(),
            version: artifact.manifest.version.clone(),
            digest: artifact.digest.to_string(),
            cases: cases.into_iter().map(CaseView::from).collect(),
        }
    }

    fn count(&self, verdict: &str) -> usize {
        let all = self.cases.iter().filter(|case| case.verdict == verdict);
        all.count()
    }

    /// How many promises were not kept.
    pub fn failed(&self) -> usize {
        self.count("failed")
    }

    pub fn table(&self) -> Table {
        let rows = self.cases.iter().map(|case| {
            vec![
                case.name.to_owned(),
                case.recording.clone().unwrap_or_else(|| "-".to_owned()),
                case.verdict.to_owned(),
                case.why.clone().unwrap_or_else(|| case.promise.to_owned()),
            ]
        });
        print::table(&["CASE", "RECORDING", "VERDICT", "PROMISE"], rows)
    }

    /// Each failure in some lines.
    pub fn failures(&self) -> Vec<String> {
        let failed = self.cases.iter().filter_map(|case| {
            let failure = case.failure.as_ref()?;
            let recording = case.recording.as_ref();
            let about = recording.map_or(String::new(), |name| format!(" ({name})"));
            Some([
                format!("{}{about}: {}", case.name, case.promise),
                format!("  given:    {}", failure.given),
                format!("  did:      {}", failure.did),
                format!("  expected: {}", failure.expected),
            ])
        });
        failed.flatten().collect()
    }

    /// The closing line.
    pub fn summary(&self) -> String {
        format!(
            "{} {}: {}: {} passed, {} failed, {} skipped",
            self.name,
            self.version,
            count(self.cases.len(), "case"),
            self.count("passed"),
            self.failed(),
            self.count("skipped")
        )
    }
}
