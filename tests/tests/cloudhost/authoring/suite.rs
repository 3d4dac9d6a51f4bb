//! The suite for providers: our own plugins pass, and a fault is found by the case that is for it.

use std::collections::BTreeMap;
use std::fs;

use cloudhost_tests::{Fault, Invocation, Match, Rule, Sandbox, plugin_dir};
use rstest::rstest;
use serde_json::{Value, json};

use super::plugin;
use crate::support::{Lambda, proxy};

/// Verdicts by case, with what is said of a failure.
struct Verdicts(BTreeMap<String, (String, String)>);

impl Verdicts {
    /// Runs the suite; its exit status says whether something failed.
    fn of(run: Invocation) -> Self {
        let outcome = run.arg("--output").arg("json").run().unwrap();
        let answer: Value = outcome
            .json()
            .unwrap_or_else(|error| panic!("{error}\n{outcome}"));
        let mut verdicts = BTreeMap::new();
        for case in answer["cases"].as_array().unwrap() {
            let text = |key: &str| case[key].as_str().unwrap_or_default().to_owned();
            let said = ["why", "given", "did", "expected"].map(&text).join(" | ");
            verdicts.insert(text("name"), (text("verdict"), said));
        }
        let verdicts = Self(verdicts);
        let code = i32::from(!verdicts.failed().is_empty());
        assert_eq!(outcome.code, Some(code), "{outcome}");
        verdicts
    }

    fn named(&self, verdict: &str) -> Vec<&str> {
        let all = self.0.iter().filter(|(_, (found, _))| found == verdict);
        all.map(|(name, _)| name.as_str()).collect()
    }

    fn failed(&self) -> Vec<String> {
        let failed = self.0.iter().filter(|(_, (found, _))| found == "failed");
        failed
            .map(|(name, (_, said))| format!("{name}: {said}"))
            .collect()
    }
}

/// A recording of the probe's small cloud, without a seal as one that was written by hand: two pages, three types.
fn recording() -> String {
    let exchange = |url: &str, body: Value| {
        json!({"exchange": {
            "request": {"method": "GET", "url": format!("https://probe.test/{url}"), "read_only": true},
            "outcome": {"answer": {"status": 200, "headers": [], "body": body.to_string()}},
        }})
    };
    let about = json!({"recording": {
        "format": 1, "plugin": "probe", "version": "0.1.0", "digest": format!("sha256:{:064}", 0),
        "recorded_at": "2026-11-01T00:00:00Z", "ran": ["run", "probe", "instance-types", "list"],
    }});
    let types = [("a", json!(5)), ("b", Value::Null), ("c", json!(7))];
    let rows: Vec<Value> = types
        .iter()
        .map(|(name, price)| json!({"name": name, "price": price}))
        .collect();
    let mut lines = vec![
        about,
        exchange("list?page=1", json!({"types": rows[..2], "next": 2})),
        exchange("list?page=2", json!({"types": rows[2..], "next": null})),
    ];
    for (at, (name, _)) in types.iter().enumerate() {
        lines.push(exchange(&format!("type/{name}"), json!({"vcpus": at + 1})));
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// The suite for the probe with one fault.
fn careless(fault: &str) -> Verdicts {
    let sandbox = Sandbox::new().unwrap();
    fs::write(sandbox.path().join("probe.jsonl"), recording()).unwrap();
    let probe = plugin_dir().join("cloudhost_probe.wasm");
    let run = plugin(&sandbox, &["test", "--recordings", "probe.jsonl"]);
    let fault = format!("fault={fault}");
    Verdicts::of(
        run.arg(probe)
            .arg("--set")
            .arg("do=careless")
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
fn a_fault_is_found(#[case] fault: &str, #[case] cases: &[&str]) {
    let verdicts = careless(fault);
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
}

/// A failure says what was given, what was done and what is expected.
#[test]
fn a_failure_tells_its_story() {
    let sandbox = Sandbox::new().unwrap();
    fs::write(sandbox.path().join("probe.jsonl"), recording()).unwrap();
    let probe = plugin_dir().join("cloudhost_probe.wasm");
    let run = plugin(
        &sandbox,
        &[
            "test",
            "--recordings",
            "probe.jsonl",
            "--set",
            "do=careless",
        ],
    );
    let outcome = run
        .arg(probe)
        .arg("--set")
        .arg("fault=swallows")
        .run()
        .unwrap();
    assert_eq!(outcome.code, Some(1), "{outcome}");
    for line in [
        "partial (probe.jsonl): one answer that fails leaves a gap that says so, or is an error; nothing is lost in silence",
        "  given:    HTTP 500 for GET https://probe.test/type/a, and all other answers",
        "  did:      it answered with 1 regions, 2 instance-types, 2 offers, 1 prices, no gap",
        "  expected: the other records and a gap for what is missing, or an error",
    ] {
        assert!(
            outcome.stderr.lines().any(|found| found == line),
            "{line}\n{outcome}"
        );
    }
}

/// Our own plugins: nothing fails, and what a recording can show is not skipped. Of AWS two small regions are enough,
/// whose offerings come in pages.
#[test]
fn aws_passes() {
    let regions = ["eu-south-2", "mx-central-1"];
    let items = regions.map(|name| {
        format!("<item><regionName>{name}</regionName><optInStatus>opted-in</optInStatus></item>")
    });
    let body = format!(
        "<DescribeRegionsResponse><regionInfo>{}</regionInfo></DescribeRegionsResponse>",
        items.concat()
    );
    let two = Fault::Answer {
        status: 200,
        headers: vec![("Content-Type".to_owned(), "text/xml".to_owned())],
        body: body.into_bytes(),
    };
    let proxy = proxy();
    proxy.add(Rule::new(Match::any().action("DescribeRegions"), two));
    let offerings = Match::any().action("DescribeInstanceTypeOfferings");
    proxy.add(Rule::new(offerings, Fault::Pages(100)));
    let sandbox = Sandbox::new().unwrap();
    let record = [
        "run",
        "aws",
        "instance-types",
        "list",
        "--record",
        "aws.jsonl",
    ];
    let run = sandbox.cloudhost(record).unwrap().aws(&proxy.url());
    let recorded = run.env("AWS_REGION", regions[0]).run().unwrap();
    assert_eq!(recorded.code, Some(0), "{recorded}");
    let verdicts = Verdicts::of(plugin(
        &sandbox,
        &["test", "aws", "--recordings", "aws.jsonl"],
    ));
    passes(
        &verdicts,
        &[
            "replay",
            "replay.all",
            "determinism.order",
            "cancel",
            "empty",
            "partial",
            "paging.endless",
        ],
    );
}

#[test]
fn lambdalabs_passes() {
    let lambda = Lambda::new();
    lambda.ask(&["pricing", "list", "--record", "lambda.jsonl"], 0);
    let test = ["test", "lambdalabs", "--recordings", "lambda.jsonl"];
    let verdicts = Verdicts::of(plugin(&lambda.sandbox, &test));
    passes(
        &verdicts,
        &[
            "replay",
            "replay.all",
            "determinism",
            "cancel",
            "empty",
            "prices.zero",
        ],
    );
}

fn passes(verdicts: &Verdicts, tried: &[&str]) {
    assert!(verdicts.failed().is_empty(), "{:#?}", verdicts.failed());
    let passed = verdicts.named("passed");
    for case in [
        "describe",
        "bundled",
        "errors.401",
        "menus",
        "menus.odd-names",
    ]
    .iter()
    .chain(tried)
    {
        assert!(passed.contains(case), "{case} is not in {passed:?}");
    }
}
