//! The answer of `plugin test`.

use crate::print;
use crate::report::count;
use cloudhost::plugin::Artifact;
use cloudhost_conformance::{Advice, Case, Failure, Skipped, Verdict};
use comfy_table::Table;
use serde::Serialize;
use std::path::Path;

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
    /// What the author can do about that: `record-catalog`, `record-bill` or `name-fields`.
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<&'static str>,
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
        let mut view = Self {
            name: case.name,
            verdict: "passed",
            promise: case.promise,
            why: None,
            advice: None,
            failure: None,
            recording: case.recording,
        };
        match case.verdict {
            Verdict::Passed => {}
            Verdict::Skipped(Skipped { reason, advice }) => {
                view.verdict = "skipped";
                view.advice = advice.map(Advice::label);
                view.why = Some(match advice {
                    Some(advice) => {
                        format!("{reason}: {}", todo(advice, view.recording.as_deref()))
                    }
                    None => reason,
                });
            }
            Verdict::Failed(Failure {
                given,
                did,
                expected,
            }) => {
                view.verdict = "failed";
                view.failure = Some(FailureView {
                    given,
                    did,
                    expected,
                });
            }
        }
        view
    }
}

/// Names what lets a skipped case be tried.
fn todo(advice: Advice, recording: Option<&str>) -> String {
    match advice {
        Advice::RecordCatalog => {
            "make one with `cloudhost run NAME instance-types list --record FILE`".to_owned()
        }
        Advice::RecordBill => "make one with `cloudhost run NAME bill --record FILE`".to_owned(),
        Advice::NameFields(key) => {
            let file = Path::new(recording.unwrap_or("NAME.jsonl")).with_extension("toml");
            format!("add `{key} = [...]` to {}", file.display())
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
