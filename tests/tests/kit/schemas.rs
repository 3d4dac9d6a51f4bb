//! The validator of JSON finds documents and schemas that are invalid.

use std::collections::BTreeMap;

use cloudhost_tests::schema_faults;
use rstest::rstest;
use serde_json::{Value, json};

fn faults(document: Value, name: &str) -> Vec<String> {
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "additionalProperties": false,
        "properties": {"a": {"type": "integer"}, "b": {"type": ["string", "null"]}},
        "required": ["a", "b"],
    });
    let schemas = BTreeMap::from([("one".to_owned(), schema)]);
    schema_faults(&schemas, &[(name.to_owned(), document)]).unwrap()
}

#[test]
fn what_fits_has_no_faults() {
    assert_eq!(
        faults(json!({"a": 1, "b": null}), "one"),
        Vec::<String>::new()
    );
}

#[rstest]
#[case::missing(json!({"a": 1}), "one", "'b' is a required property")]
#[case::unknown(json!({"a": 1, "b": "", "c": 1}), "one", "'c' was unexpected")]
#[case::of_another_type(json!({"a": "1", "b": ""}), "one", "$.a: '1' is not of type 'integer'")]
#[case::of_no_schema(json!({}), "two", "no such schema")]
fn what_does_not_fit_is_found(#[case] document: Value, #[case] name: &str, #[case] expected: &str) {
    let faults = faults(document, name);
    assert!(
        faults.iter().any(|fault| fault.contains(expected)),
        "{faults:?}"
    );
}

#[test]
fn a_schema_that_is_none_is_found() {
    let schema =
        json!({"$schema": "http://json-schema.org/draft-07/schema#", "type": "number of apples"});
    let schemas = BTreeMap::from([("one".to_owned(), schema)]);
    let faults = schema_faults(&schemas, &[]).unwrap();
    assert!(faults.len() >= 2, "{faults:?}");
}
