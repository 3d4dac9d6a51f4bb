//! Record, table and closing lines of `plugin test`.

use crate::print;
use crate::text::count;
use cloudhost::plugin::Artifact;
use cloudhost_api::{TestCase, TestReport, Verdict};
use cloudhost_conformance::{self as conformance, Advice, Case};
use comfy_table::Table;
use std::path::Path;

/// Makes the record of the suite's cases.
pub fn report(artifact: &Artifact, cases: Vec<Case>) -> TestReport {
    TestReport::new(artifact, cases.into_iter().map(record).collect())
}

fn record(case: Case) -> TestCase {
    let (verdict, skipped, failure) = match case.verdict {
        conformance::Verdict::Passed => (Verdict::Passed, None, None),
        conformance::Verdict::Skipped(skipped) => (Verdict::Skipped, Some(skipped), None),
        conformance::Verdict::Failed(failure) => (Verdict::Failed, None, Some(failure)),
    };
    let advice = skipped.as_ref().and_then(|skipped| skipped.advice);
    let why = skipped.map(|skipped| match advice {
        Some(advice) => {
            let todo = todo(advice, case.recording.as_deref());
            format!("{}: {todo}", skipped.reason)
        }
        None => skipped.reason,
    });
    let (given, did, expected) = match failure {
        Some(failure) => (
            Some(failure.given),
            Some(failure.did),
            Some(failure.expected),
        ),
        None => (None, None, None),
    };
    TestCase {
        name: case.name.to_owned(),
        recording: case.recording,
        verdict,
        promise: case.promise.to_owned(),
        why,
        advice: advice.map(|advice| advice.label().to_owned()),
        given,
        did,
        expected,
    }
}

/// Hints to run the skipped cases.
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

pub fn test_report(record: &TestReport) -> Table {
    let rows = record.cases.iter().map(|case| {
        vec![
            case.name.clone(),
            super::or_dash(&case.recording),
            case.verdict.as_str().to_owned(),
            case.why.clone().unwrap_or_else(|| case.promise.clone()),
        ]
    });
    print::table(&["CASE", "RECORDING", "VERDICT", "PROMISE"], rows)
}

/// Each failed case in some lines.
pub fn failures(record: &TestReport) -> Vec<String> {
    let failed = record.cases.iter().filter_map(|case| {
        let (given, did) = (case.given.as_ref()?, case.did.as_ref()?);
        let expected = case.expected.as_ref()?;
        let recording = case.recording.as_ref();
        let about = recording.map_or(String::new(), |name| format!(" ({name})"));
        Some([
            format!("{}{about}: {}", case.name, case.promise),
            format!("  given:    {given}"),
            format!("  did:      {did}"),
            format!("  expected: {expected}"),
        ])
    });
    failed.flatten().collect()
}

/// The closing line.
pub fn summary(record: &TestReport) -> String {
    format!(
        "{} {}: {}: {} passed, {} failed, {} skipped",
        record.name,
        record.version,
        count(record.cases.len(), "case"),
        record.count(Verdict::Passed),
        record.count(Verdict::Failed),
        record.count(Verdict::Skipped)
    )
}
