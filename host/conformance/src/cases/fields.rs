//! The fields file fits the recording: what it names and no response has would never be tried.

use crate::harness::case::{Cases, Spec, Verdict};
use crate::harness::document::Document;
use crate::harness::fields::{Field, FieldPath, Fields};
use crate::harness::paging::parameters;
use cloudhost::recording::{Outcome, Recording};

const FIELDS: Spec = (
    "fields",
    "every field that the fields file names is in the recording",
);

pub(super) fn run(recording: &Recording, fields: &Fields, cases: &mut Cases) {
    let verdict = match missing(recording, fields) {
        None => Verdict::Passed,
        Some((field, did)) => Verdict::failed(
            format!("`{}` of the fields file", field.key()),
            did,
            "fields of recorded responses, and parameters of recorded requests",
        ),
    };
    cases.add(FIELDS, verdict);
}

/// The first field that the recording lacks.
fn missing(recording: &Recording, fields: &Fields) -> Option<(Field, String)> {
    let bodies = recording.exchanges.iter().filter_map(|exchange| {
        match &exchange.outcome {
            Outcome::Answer(answer) => Document::parse(&answer.body.0),
            Outcome::Error(_) => None,
        }
    });
    let bodies: Vec<Document> = bodies.collect();
    let has_value = |path: &FieldPath| bodies.iter().any(|body| !body.find(path).is_empty());
    let value = |field: Field, path: &FieldPath| {
        (!has_value(path)).then(|| (field, format!("no recorded response has a value at {path}")))
    };
    let row = |path: &FieldPath| {
        let has = bodies.iter().any(|body| body.has(path));
        (!has).then(|| (Field::Rows, format!("no recorded response has {path}")))
    };
    let is_used = |name: &str| {
        let mut calls = recording.exchanges.iter().map(|exchange| &exchange.request);
        calls.any(|call| parameters(call).iter().any(|(other, _)| other == name))
    };
    let parameter = |name: &str| {
        let did = || format!("no recorded request has the parameter `{name}`");
        (!is_used(name)).then(|| (Field::Pages, did()))
    };
    let mut pages = fields.pages.iter();
    fields.prices.iter().find_map(|path| value(Field::Prices, path))
        .or_else(|| fields.charges.iter().find_map(|path| value(Field::Charges, path)))
        .or_else(|| fields.rows.iter().find_map(row))
        .or_else(|| {
            pages.find_map(|page| {
                value(Field::Pages, &page.next).or_else(|| parameter(&page.parameter))
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const RECORDING: &str = r#"{"recording":{"format":2,"plugin":"a","version":"0","digest":"d","recorded_at":"2026-11-01T00:00:00Z","ran":[]}}
{"exchange":{"request":{"method":"GET","url":"https://a/?page=2"},"outcome":{"answer":{"status":200,"body":"{\"t\":{\"x\":{\"p\":1}},\"next\":null}"}}}}
{"exchange":{"request":{"method":"GET","url":"https://a/b"},"outcome":{"error":{"kind":"timeout","message":""}}}}
{"end":{"edited":true}}
"#;

    #[rstest]
    #[case::all("prices = ['/t/*/p']\nrows = ['/t/*']\npages = [{ next = '/next', parameter = 'page' }]", None)]
    #[case::price("prices = ['/t/*/p', '/t/p']", Some("no recorded response has a value at /t/p"))]
    #[case::object("charges = ['/t/x']", Some("no recorded response has a value at /t/x"))]
    #[case::rows("rows = ['/u/*']", Some("no recorded response has /u/*"))]
    #[case::next("pages = [{ next = '/more', parameter = 'page' }]", Some("no recorded response has a value at /more"))]
    #[case::parameter("pages = [{ next = '/next', parameter = 'p' }]", Some("no recorded request has the parameter `p`"))]
    fn what_no_response_has_is_found(#[case] fields: &str, #[case] told: Option<&str>) {
        let recording = Recording::parse(RECORDING.as_bytes()).unwrap();
        let found = missing(&recording, &Fields::parse(fields).unwrap());
        assert_eq!(found.as_ref().map(|(_, did)| did.as_str()), told);
    }
}
