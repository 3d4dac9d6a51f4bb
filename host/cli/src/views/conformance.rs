//! Record, table and closing lines of `plugin test`.

use crate::print;
use crate::text::count;
use cloudhost::plugin::Artifact;
use cloudhost_api::{TestCase, TestReport, Verdict};
use cloudhost_conformance::{self as conformance, Case};
use comfy_table::Table;

/// Makes the record of the suite's cases.
pub fn report(artifact: &Artifact, cases: Vec<Case>) -> TestReport {
    TestReport::new(artifact, cases.into_iter().map(record).collect())
}

fn record(case: Case) -> TestCase {
    let (verdict, why, failure) = match case.verdict {
        conformance::Verdict::Passed => (Verdict::Passed, None, None),
        conformance::Verdict::Skipped(why) => (Verdict::Skipped, Some(why), None),
        conformance::Verdict::Failed(failure) => (Verdict::Failed, None, Some(failure)),
    };
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
        given,
        did,
        expected,
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
