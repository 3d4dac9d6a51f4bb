//! The provider test suite: each fault is found by its case.

use std::fs;

use cloudhost_tests::{Sandbox, plugin_dir};
use rstest::rstest;
use serde_json::{Value, json};

use super::plugin;
use super::suite::{BILLS, Verdicts};
use crate::plugins::changed;

/// Returns the first line of a recording of the probe from this day.
fn about(day: &str) -> Value {
    json!({"recording": {
        "format": 2, "plugin": "probe", "version": "0.1.0", "digest": format!("sha256:{:064}", 0),
        "recorded_at": format!("{day}T00:00:00Z"), "args": ["run", "probe", "instance-types", "list"],
    }})
}

fn exchange(url: &str, body: Value) -> Value {
    json!({"exchange": {
        "request": {"method": "GET", "url": format!("https://probe.test/{url}"), "read_only": true},
        "outcome": {"response": {"status": 200, "headers": [], "body": body.to_string()}},
    }})
}

/// Returns a handwritten recording of the probe's small cloud: two pages, which a masked parameter selects, and three
/// types.
pub(crate) fn recording() -> String {
    let types = [("a", json!(5)), ("b", Value::Null), ("c", json!(7))];
    let rows: Vec<Value> = types
        .iter()
        .map(|(name, price)| json!({"name": name, "price": price}))
        .collect();
    let mut lines = vec![
        about("2026-11-01"),
        exchange("list?token=1", json!({"types": rows[..2], "next": 2})),
        exchange("list?token=2", json!({"types": rows[2..], "next": null})),
    ];
    for (at, (name, _)) in types.iter().enumerate() {
        lines.push(exchange(&format!("type/{name}"), json!({"vcpus": at + 1})));
    }
    lines.push(exchange("images", json!({"images": ["i"]})));
    lines.push(json!({"result": {"export": "fetch", "error": null}}));
    lines.push(json!({"end": {"edited": true}}));
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// Fields file of that recording.
const FIELDS: &str = "prices = ['/types/*/price']
pages = [{ next = '/next', parameter = 'token' }]
";

/// Runs the suite for the probe with one fault.
fn faulty(fault: &str) -> Verdicts {
    tried(fault, &recording(), FIELDS)
}

/// Runs the suite with this recording, and with this fields file if it is not empty.
fn tried(fault: &str, recording: &str, fields: &str) -> Verdicts {
    let sandbox = Sandbox::new().unwrap();
    fs::write(sandbox.path().join("probe.jsonl"), recording).unwrap();
    if !fields.is_empty() {
        fs::write(sandbox.path().join("probe.toml"), fields).unwrap();
    }
    let probe = plugin_dir().join("cloudhost_probe.wasm");
    let run = plugin(&sandbox, &["test", "--recordings", "probe.jsonl"]);
    let fault = format!("fault={fault}");
    Verdicts::of(
        run.arg(probe)
            .arg("--set")
            .arg("do=faulty")
            .arg("--set")
            .arg(fault),
    )
}

#[rstest]
#[case("none", &[])]
#[case("one-kind", &["errors.401", "errors.403", "errors.429", "errors.503", "errors.unreachable"])]
#[case("invents", &["errors.401", "errors.500", "errors.html", "errors.unreachable", "partial"])]
#[case("crashes", &["errors.html", "errors.empty", "partial.damaged"])]
#[case("swallows", &["partial", "partial.damaged"])]
#[case("one-page", &["replay.all"])]
#[case("asks-forever", &["paging.endless"])]
#[case("gives-away", &["prices.zero"])]
#[case("wants-some", &["empty"])]
#[case("races", &["determinism.order"])]
#[case("hashes", &["determinism"])]
#[case("clock", &["determinism.time"])]
#[case("overwrites", &["paging.all"])]
#[case("forgets", &["replay"])]
#[case("other-gap", &["partial", "partial.damaged"])]
#[case("other-error", &["partial", "partial.damaged"])]
#[case("tells-one", &["partial", "partial.damaged"])]
#[case("drops", &["partial", "partial.damaged"])]
#[case("drops-all", &["partial", "partial.damaged"])]
#[case("wants-rows", &["empty"])]
#[case("guesses", &["prices.unknown"])]
#[case("no-menus", &["menus"])]
#[case("first-only", &["menus"])]
#[case("no-root", &["menus", "menus.unknown"])]
#[case("merges", &["menus.collisions"])]
#[case("crashes-early", &["errors.401", "errors.empty", "replay"])]
fn a_fault_is_found(#[case] fault: &str, #[case] cases: &[&str]) {
    let verdicts = faulty(fault);
    let failed = verdicts.named("failed");
    for case in cases {
        assert!(failed.contains(case), "{case} is not in {failed:?}");
    }
    assert_eq!(
        failed.is_empty(),
        cases.is_empty(),
        "{:?}",
        verdicts.failed()
    );
    if cases.is_empty() {
        // No case that a recording can show was skipped.
        assert_eq!(verdicts.named("skipped"), ["bills"]);
    }
}

/// Fields that no response has are reported, because they would never be tested.
#[rstest]
#[case::price(
    "prices = ['/types/*/cost']",
    "no recorded response has a value at /types/*/cost",
    &["fields"]
)]
#[case::row("rows = ['/sizes/*']", "no recorded response has /sizes/*", &["fields"])]
#[case::parameter(
    "pages = [{ next = '/next', parameter = 'page' }]",
    "no recorded request has the parameter `page`",
    // Nothing shows that the second page depends on the first.
    &["fields", "partial", "partial.damaged"]
)]
fn a_field_that_no_response_has_is_found(
    #[case] fields: &str,
    #[case] expected: &str,
    #[case] failed: &[&str],
) {
    let verdicts = tried("none", &recording(), fields);
    assert_eq!(verdicts.named("failed"), failed, "{:?}", verdicts.failed());
    let found = verdicts.said("fields");
    assert!(found.1.contains(expected), "{found:?}");
}

/// Cases that need a missing fields file are skipped and name the key to add. Nothing is guessed.
#[test]
fn without_a_fields_file_prices_and_pages_are_skipped() {
    let verdicts = tried("none", &recording(), "");
    assert!(verdicts.failed().is_empty(), "{:?}", verdicts.failed());
    let pages = ["paging.all", "paging.endless"];
    let prices = ["prices.unknown", "prices.zero"];
    let skipped = [&["bills"][..], &pages, &prices].concat();
    assert_eq!(verdicts.named("skipped"), skipped);
    for (cases, key) in [(pages, "pages"), (prices, "prices")] {
        for case in cases {
            let expected = format!("add `{key} = [...]` to probe.toml");
            let found = verdicts.said(case);
            assert!(found.1.contains(&expected), "{found:?}");
        }
    }
}

/// Settings of the manifest, which the user agrees to, must be those that the plugin describes.
#[rstest]
#[case::another(
    "\"gap\"]",
    "\"gas\"]",
    "failed",
    "settings = [\"act\", \"count\", \"do\", \"fault\", \"gap\"] in manifest.toml"
)]
#[case::one_less(
    ", \"gap\"]",
    "       ]",
    "failed",
    "a manifest with settings = [\"act\", \"count\", \"do\", \"fault\"]"
)]
#[case::no_list(
    "settings =",
    "#ettings =",
    "skipped",
    "add settings = [\"act\", \"count\", \"do\", \"fault\", \"gap\"] to manifest.toml"
)]
fn settings_are_those_of_the_manifest(
    #[case] from: &str,
    #[case] to: &str,
    #[case] verdict: &str,
    #[case] expected: &str,
) {
    let sandbox = Sandbox::new().unwrap();
    let probe = fs::read(plugin_dir().join("cloudhost_probe.wasm")).unwrap();
    fs::write(sandbox.path().join("p.wasm"), changed(&probe, from, to)).unwrap();
    let verdicts = Verdicts::of(plugin(
        &sandbox,
        &["test", "./p.wasm", "--set", "do=faulty"],
    ));
    let found = verdicts.said("describe.settings");
    assert_eq!(found.0, verdict, "{found:?}");
    assert!(found.1.contains(expected), "{found:?}");
}

/// A failure reports the input, the reaction and the expected reaction.
#[test]
fn a_failure_tells_its_story() {
    let sandbox = Sandbox::new().unwrap();
    fs::write(sandbox.path().join("probe.jsonl"), recording()).unwrap();
    let probe = plugin_dir().join("cloudhost_probe.wasm");
    let run = plugin(
        &sandbox,
        &["test", "--recordings", "probe.jsonl", "--set", "do=faulty"],
    );
    let outcome = run
        .arg(probe)
        .arg("--set")
        .arg("fault=swallows")
        .run()
        .unwrap();
    assert_eq!(outcome.code, Some(1), "{outcome}");
    for line in [
        "partial (probe.jsonl): one failed response leaves a gap of each kind that lost data, or is an error if no data is left",
        "  given:    HTTP 500 for GET https://probe.test/type/a, and all other responses",
        "  did:      it returned 1 regions, 2 instance-types, 2 offers, 1 images, 1 prices, no gap, without instance-types a, which no gap covers",
        "  expected: the other records and a gap of each kind that lost some, or else an error of kind unavailable or internal",
    ] {
        assert!(
            outcome.stderr.lines().any(|found| found == line),
            "{line}\n{outcome}"
        );
    }
}

/// A recorded failure must replay with the same error.
#[test]
fn a_recorded_failure_is_a_test() {
    let refused = recording()
        .lines()
        .enumerate()
        .filter(|(at, line)| {
            *at < 2
                || ["/images", "{\"result\"", "{\"end\""]
                    .iter()
                    .any(|what| line.contains(what))
        })
        .map(|(_, line)| format!("{line}\n").replace("\"status\":200", "\"status\":401"))
        .collect::<String>()
        .replace("\"error\":null", "\"error\":\"unauthenticated\"");
    let verdicts = tried("none", &refused, "");
    assert!(verdicts.failed().is_empty(), "{:?}", verdicts.failed());
    for case in ["replay", "replay.outcome"] {
        assert!(verdicts.named("passed").contains(&case), "{case}");
    }
    assert!(
        tried("one-kind", &refused, "")
            .named("failed")
            .contains(&"replay")
    );
}

/// A recorded run with one rejected part must not fail as a whole when replayed.
#[test]
fn an_outcome_that_changes_is_found() {
    let recorded: String = recording()
        .lines()
        .map(|line| match line.contains("/images") {
            true => line.replace("\"status\":200", "\"status\":403") + "\n",
            false => format!("{line}\n"),
        })
        .collect();
    let verdicts = tried("none", &recorded, FIELDS);
    assert!(verdicts.failed().is_empty(), "{:?}", verdicts.failed());
    assert!(verdicts.named("passed").contains(&"replay.outcome"));

    let failed = tried("gives-up", &recorded, FIELDS).failed();
    assert_eq!(failed.len(), 1, "{failed:?}");
    let expected = [
        "replay.outcome:",
        "it returned the error permission-denied",
        "a success, as when it was recorded",
    ];
    assert!(
        expected.iter().all(|part| failed[0].contains(part)),
        "{failed:?}"
    );
    let other = recorded.replace("\"error\":null", "\"error\":\"not-found\"");
    let failed = tried("gives-up", &other, FIELDS).failed();
    assert!(
        failed[0].contains("the error not-found, as when it was recorded"),
        "{failed:?}"
    );

    // Without the recorded outcome, no other case is skipped.
    let unknown: String = recorded
        .split_inclusive('\n')
        .filter(|line| !line.starts_with("{\"result\""))
        .collect();
    assert_eq!(
        tried("none", &unknown, FIELDS).named("skipped"),
        ["bills", "replay.outcome"]
    );
}

/// Returns a recording of the probe's bill with two charges of one service, from a cloud that selects this fault.
fn bill(fault: &str) -> String {
    let charges = [("vm", "12.50"), ("vm", "1.25"), ("tax", "-0.75")];
    let rows: Vec<Value> = charges
        .iter()
        .map(|(name, cost)| json!({"name": name, "cost": cost}))
        .collect();
    let days = "from=2026-11-01&until=2026-11-04";
    let lines = [
        about("2026-11-03"),
        exchange("services", json!({"fault": fault})),
        exchange(&format!("bill?{days}"), json!({"charges": rows})),
        json!({"result": {"export": "bill", "error": null}}),
        json!({"end": {"edited": true}}),
    ];
    lines.iter().map(|line| format!("{line}\n")).collect()
}

#[rstest]
#[case("none", &[])]
#[case("signs", &["bills"])]
#[case("wants-some", &["bills.empty"])]
#[case("last-only", &["bills.sums"])]
#[case("gives-away", &["bills.unknown"])]
#[case("skips", &["bills.unknown"])]
#[case("one-kind", &["bills.errors"])]
#[case("swallows", &["bills.errors"])]
#[case("any-month", &["bills.months"])]
#[case("first-day", &["bills.months"])]
fn a_fault_of_a_bill_is_found(#[case] fault: &str, #[case] cases: &[&str]) {
    let verdicts = tried("none", &bill(fault), "charges = ['/charges/*/cost']");
    assert_eq!(verdicts.named("failed"), cases, "{:?}", verdicts.failed());
    if cases.is_empty() {
        verdicts.assert_passed(&BILLS);
    }
}

/// Invalid options are usage errors.
#[rstest]
#[case(&["--recordings", "recordngs"], "recordngs cannot be read")]
#[case(&["--recordings", "empty"], "expected a file that ends in .jsonl")]
#[case(&["--recordings", "bad.jsonl"], "unknown field `price`")]
#[case(&["--set", "nope=1"], "provider probe has no setting `nope`")]
#[case(&["--set", "do=faulty", "--set", "do=join"], "the setting `do` is given more than once")]
fn a_mistake_of_the_user_is_told(#[case] args: &[&str], #[case] expected: &str) {
    let sandbox = Sandbox::new().unwrap();
    fs::create_dir(sandbox.path().join("empty")).unwrap();
    fs::write(sandbox.path().join("empty/notes.json"), "{}").unwrap();
    fs::write(sandbox.path().join("bad.jsonl"), recording()).unwrap();
    fs::write(sandbox.path().join("bad.toml"), "price = []").unwrap();
    let run = plugin(&sandbox, &[&["test"], args].concat());
    let outcome = run
        .arg(plugin_dir().join("cloudhost_probe.wasm"))
        .run()
        .unwrap();
    assert_eq!(outcome.code, Some(2), "{outcome}");
    assert!(outcome.stderr.contains(expected), "{outcome}");
}

/// A failure reports that the recording is of another build.
#[test]
fn a_recording_of_another_build_is_told() {
    let verdicts = faulty("forgets");
    let failed = verdicts.failed();
    let expected = "recorded with another build of the plugin: sha256:0000";
    assert!(
        failed.iter().any(|found| found.contains(expected)),
        "{failed:?}"
    );
}
