//! Temporary failures of a cloud: the request is retried, and the run succeeds.

use std::time::Duration;

use cloudhost_tests::{Fault, Match, Rule, ec2_error};
use rstest::rstest;

use crate::support::{generate, generated, proxy};

fn header(name: &str, value: &str) -> Vec<(String, String)> {
    vec![(name.to_owned(), value.to_owned())]
}

#[rstest]
#[case::throttled(ec2_error(503, "RequestLimitExceeded", "Request limit exceeded."))]
#[case::throttled_by_code(ec2_error(400, "RequestLimitExceeded", "Request limit exceeded."))]
#[case::unavailable(Fault::Answer { status: 502, headers: vec![], body: b"<html>bad gateway</html>".to_vec() })]
#[case::truncated(Fault::Truncate)]
#[case::ended(Fault::Drop)]
fn one_failure_is_passed_over(#[case] fault: Fault) {
    let sandbox = generated();
    let proxy = proxy();
    proxy.add(Rule::new(Match::any().action("DescribeRegions"), fault.clone()).times(1));
    proxy.add(Rule::new(Match::any().region("eu-west-1"), fault).times(1));
    let outcome = generate(&sandbox, ["--refresh"], &proxy.url());
    assert_eq!(outcome.code, Some(0), "{outcome}");
}

#[test]
fn retry_after_is_waited_for() {
    let sandbox = generated();
    let proxy = proxy();
    let fault = Fault::Answer {
        status: 429,
        headers: header("Retry-After", "2"),
        body: vec![],
    };
    proxy.add(Rule::new(Match::any().action("DescribeRegions"), fault).times(1));
    let outcome = generate(&sandbox, ["--refresh"], &proxy.url());
    assert_eq!(outcome.code, Some(0), "{outcome}");
    let regions: Vec<_> = proxy
        .exchanges()
        .into_iter()
        .filter(|e| e.action == "DescribeRegions")
        .collect();
    assert_eq!(regions.len(), 2);
    let waited = Duration::from_micros((regions[1].started - regions[0].ended) as u64);
    assert!(waited >= Duration::from_secs(2), "{waited:?}");
}

/// A line of `-vv` for each request, with its duration and credential, with or without a response.
#[test]
fn each_request_is_a_line() {
    let sandbox = generated();
    let proxy = proxy();
    let busy = ec2_error(503, "RequestLimitExceeded", "Request limit exceeded.");
    proxy.add(Rule::new(Match::any().action("DescribeRegions"), busy).times(1));
    proxy.add(Rule::new(Match::any().region("eu-west-1"), Fault::Drop));
    let outcome = generate(&sandbox, ["--refresh", "-vv"], &proxy.url());
    assert_eq!(outcome.code, Some(5), "{outcome}");
    let lines = |word: &str| -> Vec<&str> {
        let word = format!("cloudhost::egress: {word} plugin=");
        let lines = outcome.stderr.lines();
        lines.filter(|line| line.contains(&word)).collect()
    };
    let (answered, not) = (lines("answered"), lines("not answered"));
    let sent = proxy.exchanges().into_iter();
    let good = sent.filter(|exchange| exchange.status == Some(200)).count();
    assert_eq!(answered.len(), good, "{outcome}");
    assert!(!not.is_empty(), "{outcome}");
    for line in answered.iter().chain(&not) {
        for field in [" milliseconds=", " retries=", " credential=\"aws\""] {
            assert!(line.contains(field), "no {field} in {line}");
        }
    }
    let regions = answered
        .iter()
        .find(|line| line.contains("what=\"DescribeRegions\""));
    for field in [" status=200 ", " bytes=", " retries=1 "] {
        assert!(
            regions.unwrap().contains(field),
            "no {field} in {regions:?}"
        );
    }
    assert!(
        not.iter().all(|line| line.contains(" retries=3 ")),
        "{not:?}"
    );
}

#[test]
fn answers_in_pages_are_put_together() {
    let (paged, whole) = (generated(), generated());
    let proxy = proxy();
    proxy.add(Rule::new(
        Match::any().action("DescribeInstanceTypeOfferings"),
        Fault::Pages(500),
    ));
    proxy.add(Rule::new(
        Match::any().action("DescribeImages"),
        Fault::Pages(3),
    ));
    let args = ["--output", "json", "run", "aws", "instance-types", "list"];
    let outcome = paged
        .cloudhost(args)
        .unwrap()
        .arg("--refresh")
        .aws(&proxy.url())
        .run()
        .unwrap();
    assert_eq!(outcome.code, Some(0), "{outcome}");
    let expected = whole
        .cloudhost(args)
        .unwrap()
        .aws(&crate::support::url())
        .run()
        .unwrap();
    assert!(
        outcome.json().unwrap()["instance_types"] == expected.json().unwrap()["instance_types"]
    );
    assert!(
        proxy
            .exchanges()
            .iter()
            .any(|e| e.body.contains("NextToken=page-2"))
    );
}
