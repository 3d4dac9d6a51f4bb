//! The test suite that every provider must pass, with a recording of the stand-in's responses.

use rstest::rstest;

use super::{DIGITALOCEAN, Example, Facts, HETZNER};
use crate::authoring::suite::put_fields;

/// Cases that neither supports are skipped: they have no bundled catalog.
#[rstest]
#[case::hetzner(HETZNER, &["whoami"])]
#[case::digitalocean(DIGITALOCEAN, &[])]
fn the_examples_pass(#[case] of: Facts, #[case] own: &[&str]) {
    let example = Example::new(of);
    let record = [
        "generate-kconfig",
        "--output-dir",
        "out",
        "--record",
        "cloud.jsonl",
    ];
    example.ask(&record, 0);
    let fields = format!("examples/plugins/{}/recordings/menus.toml", of.name);
    put_fields(&example.sandbox, "cloud.jsonl", &fields);
    let test = [
        "test",
        of.name,
        "--recordings",
        "cloud.jsonl",
        "--output",
        "json",
    ];
    let tested = example.plugin(&test, 0).json().unwrap();
    let cases = tested["cases"].as_array().unwrap().iter();
    let passed: Vec<&str> = cases
        .filter(|case| case["verdict"] == "passed")
        .map(|case| case["name"].as_str().unwrap())
        .collect();
    let all = [
        "describe",
        "errors.401",
        "replay",
        "replay.all",
        "determinism",
        "determinism.order",
        "cancel",
        "empty",
        "partial",
        "partial.damaged",
        "paging.all",
        "paging.endless",
        "prices.zero",
        "prices.unknown",
        "menus",
        "menus.empty",
        "menus.odd-names",
        "menus.collisions",
    ];
    for case in all.iter().chain(own) {
        assert!(passed.contains(case), "{case} is not in {passed:?}");
    }
}
