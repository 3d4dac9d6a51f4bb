//! The suite for providers: our own plugins pass.

use std::collections::BTreeMap;
use std::fs;

use cloudhost_tests::{Fault, Invocation, Match, Rule, Sandbox, workspace};
use serde_json::Value;

use super::plugin;
use crate::support::{Lambda, proxy};

/// What a recorded bill can show.
pub(crate) const BILLS: [&str; 7] = [
    "bills",
    "bills.empty",
    "bills.sums",
    "bills.unknown",
    "bills.errors",
    "bills.months",
    "replay.outcome",
];

/// Verdicts by case, with what is said of a failure. Of a case that was tried several times the worst one counts.
pub(crate) struct Verdicts(BTreeMap<String, (String, String)>);

impl Verdicts {
    /// Runs the suite; its exit status says whether something failed.
    pub(crate) fn of(run: Invocation) -> Self {
        let outcome = run.arg("--output").arg("json").run().unwrap();
        let answer: Value = outcome
            .json()
            .unwrap_or_else(|error| panic!("{error}\n{outcome}"));
        let mut verdicts = BTreeMap::new();
        for case in answer["cases"].as_array().unwrap() {
            let text = |key: &str| case[key].as_str().unwrap_or_default().to_owned();
            let said = ["why", "given", "did", "expected"].map(&text).join(" | ");
            let worse = |verdict: &str| {
                ["skipped", "passed", "failed"]
                    .iter()
                    .position(|one| *one == verdict)
            };
            let new = (text("verdict"), said);
            let kept = verdicts.entry(text("name")).or_insert_with(|| new.clone());
            if worse(&new.0) > worse(&kept.0) {
                *kept = new;
            }
        }
        let verdicts = Self(verdicts);
        let code = i32::from(!verdicts.failed().is_empty());
        assert_eq!(outcome.code, Some(code), "{outcome}");
        verdicts
    }

    pub(super) fn named(&self, verdict: &str) -> Vec<&str> {
        let all = self.0.iter().filter(|(_, (found, _))| found == verdict);
        all.map(|(name, _)| name.as_str()).collect()
    }

    /// Fails unless each of these cases was tried and passed.
    pub(crate) fn assert_passed(&self, cases: &[&str]) {
        let passed = self.named("passed");
        for case in cases {
            assert!(passed.contains(case), "{case} is not in {passed:?}");
        }
    }

    /// The verdict of a case, and what was said of it.
    pub(super) fn said(&self, case: &str) -> &(String, String) {
        &self.0[case]
    }

    pub(crate) fn failed(&self) -> Vec<String> {
        let failed = self.0.iter().filter(|(_, (found, _))| found == "failed");
        failed
            .map(|(name, (_, said))| format!("{name}: {said}"))
            .collect()
    }
}

/// Puts a fields file of this repository beside a recording.
pub(crate) fn put_fields(sandbox: &Sandbox, recording: &str, fields: &str) {
    let beside = sandbox.path().join(recording).with_extension("toml");
    fs::copy(workspace().join(fields), beside).unwrap();
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
    let fields = "plugins/aws/recordings/instance-types.toml";
    put_fields(&sandbox, "aws.jsonl", fields);
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
            "paging.all",
            "paging.endless",
        ],
    );
}

#[test]
fn lambdalabs_passes() {
    let lambda = Lambda::new();
    lambda.ask(&["pricing", "list", "--record", "lambda.jsonl"], 0);
    let fields = "plugins/lambdalabs/recordings/pricing.toml";
    put_fields(&lambda.sandbox, "lambda.jsonl", fields);
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
            "prices.unknown",
        ],
    );
}

fn passes(verdicts: &Verdicts, tried: &[&str]) {
    assert!(verdicts.failed().is_empty(), "{:#?}", verdicts.failed());
    verdicts.assert_passed(&[
        "describe",
        "describe.settings",
        "bundled",
        "errors.401",
        "menus",
        "menus.odd-names",
    ]);
    verdicts.assert_passed(tried);
}
