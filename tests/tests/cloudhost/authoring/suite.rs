//! The provider test suite: our own plugins pass.

use std::collections::BTreeMap;
use std::fs;

use cloudhost_tests::{Fault, Invocation, Match, Rule, Sandbox, workspace};
use serde_json::Value;

use super::plugin;
use crate::support::{Lambda, proxy};

/// Cases that a recorded bill can show.
pub(crate) const BILLS: [&str; 7] = [
    "bills",
    "bills.empty",
    "bills.sums",
    "bills.unknown",
    "bills.errors",
    "bills.months",
    "replay.outcome",
];

/// Verdicts by case, with their details. A case that ran several times has its worst verdict.
pub(crate) struct Verdicts(BTreeMap<String, (String, String)>);

impl Verdicts {
    /// Runs the suite, and checks that its exit status agrees with the verdicts.
    pub(crate) fn of(run: Invocation) -> Self {
        let outcome = run.arg("--output").arg("json").run().unwrap();
        let result: Value = outcome
            .json()
            .unwrap_or_else(|error| panic!("{error}\n{outcome}"));
        let mut verdicts = BTreeMap::new();
        for case in result["cases"].as_array().unwrap() {
            let text = |key: &str| case[key].as_str().unwrap_or_default().to_owned();
            let details = ["why", "given", "did", "expected"].map(&text).join(" | ");
            let worse = |verdict: &str| {
                ["skipped", "passed", "failed"]
                    .iter()
                    .position(|one| *one == verdict)
            };
            let new = (text("verdict"), details);
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

    /// Fails unless each of these cases ran and passed.
    pub(crate) fn assert_passed(&self, cases: &[&str]) {
        let passed = self.named("passed");
        for case in cases {
            assert!(passed.contains(case), "{case} is not in {passed:?}");
        }
    }

    /// Returns the verdict of a case, and its details.
    pub(super) fn said(&self, case: &str) -> &(String, String) {
        &self.0[case]
    }

    pub(crate) fn failed(&self) -> Vec<String> {
        let failed = self.0.iter().filter(|(_, (found, _))| found == "failed");
        failed
            .map(|(name, (_, details))| format!("{name}: {details}"))
            .collect()
    }
}

/// Copies a fields file of this repository beside a recording.
pub(crate) fn put_fields(sandbox: &Sandbox, recording: &str, fields: &str) {
    let beside = sandbox.path().join(recording).with_extension("toml");
    fs::copy(workspace().join(fields), beside).unwrap();
}

/// No case fails, and none that the recording can show is skipped. Two small regions, whose offerings come in pages,
/// are enough.
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
