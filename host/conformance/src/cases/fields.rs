//! The fields file matches the recording: a field that no response has would never be tested.

use crate::harness::{Cases, Document, FieldPath, Fields, Spec, Verdict, parameters};
use cloudhost::recording::{Outcome, Recording};

const FIELDS: Spec = (
    "fields",
    "every field that the fields file names is in the recording",
);

pub(super) fn run(recording: &Recording, fields: &Fields, cases: &mut Cases) {
    let verdict = match missing(recording, fields) {
        None => Verdict::Passed,
        Some((key, did)) => Verdict::failed(
            format!("`{key}` of the fields file"),
            did,
            "fields of recorded responses, and parameters of recorded requests",
        ),
    };
    cases.add(FIELDS, verdict);
}

/// The first field that the recording lacks, with its key.
fn missing(recording: &Recording, fields: &Fields) -> Option<(&'static str, String)> {
    let exchanges = || recording.exchanges.iter();
    let bodies = exchanges().filter_map(|exchange| match &exchange.outcome {
        Outcome::Response(response) => Document::parse(&response.body.0),
        Outcome::Error(_) => None,
    });
    let bodies: Vec<Document> = bodies.collect();
    let value = |key, path: &FieldPath| {
        let any = bodies.iter().any(|body| !body.find(path).is_empty());
        (!any).then(|| (key, format!("no recorded response has a value at {path}")))
    };
    let row = |path: &FieldPath| {
        let any = bodies.iter().any(|body| body.has(path));
        (!any).then(|| ("rows", format!("no recorded response has {path}")))
    };
    let parameter = |name: &String| {
        let mut all = exchanges().flat_map(|exchange| parameters(&exchange.request));
        let any = all.any(|(other, _)| other == *name);
        let did = || format!("no recorded request has the parameter `{name}`");
        (!any).then(|| ("pages", did()))
    };
    let prices = fields
        .prices
        .iter()
        .filter_map(|path| value("prices", path));
    let charges = fields
        .charges
        .iter()
        .filter_map(|path| value("charges", path));
    let rows = fields.rows.iter().filter_map(row);
    let next = fields
        .pages
        .iter()
        .filter_map(|page| value("pages", &page.next));
    let used = fields
        .pages
        .iter()
        .filter_map(|page| parameter(&page.parameter));
    prices
        .chain(charges)
        .chain(rows)
        .chain(next)
        .chain(used)
        .next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const RECORDING: &str = r#"{"recording":{"format":2,"plugin":"a","version":"0","digest":"d","recorded_at":"2026-11-01T00:00:00Z","args":[]}}
{"exchange":{"request":{"method":"GET","url":"https://a/?page=2"},"outcome":{"response":{"status":200,"body":"{\"t\":{\"x\":{\"p\":1}},\"next\":null}"}}}}
{"exchange":{"request":{"method":"GET","url":"https://a/b"},"outcome":{"error":{"kind":"timeout","message":""}}}}
{"end":{"edited":true}}
"#;

    #[rstest]
    #[case::all(
        "prices = ['/t/*/p']\nrows = ['/t/*']\npages = [{ next = '/next', parameter = 'page' }]",
        None
    )]
    #[case::price(
        "prices = ['/t/*/p', '/t/p']",
        Some("no recorded response has a value at /t/p")
    )]
    #[case::object("charges = ['/t/x']", Some("no recorded response has a value at /t/x"))]
    #[case::rows("rows = ['/u/*']", Some("no recorded response has /u/*"))]
    #[case::next(
        "pages = [{ next = '/more', parameter = 'page' }]",
        Some("no recorded response has a value at /more")
    )]
    #[case::parameter(
        "pages = [{ next = '/next', parameter = 'p' }]",
        Some("no recorded request has the parameter `p`")
    )]
    fn what_no_response_has_is_found(#[case] fields: &str, #[case] told: Option<&str>) {
        let recording = Recording::parse(RECORDING.as_bytes()).unwrap();
        let found = missing(&recording, &Fields::parse(fields).unwrap());
        assert_eq!(found.as_ref().map(|(_, did)| did.as_str()), told);
    }
}
