//! A cloud that fails for a moment: the answer is asked for again, and nobody notices.

use std::time::Duration;

use cloudhost_tests::{Fault, Match, Rule, ec2_error};
use rstest::rstest;

use crate::support::{generate, generated, proxy};

fn header(name: &str, value: &str) -> Vec<(String, String)> {
    vec![(name.to_owned(), value.to_owned())]
}

#[rstest]
#[case::throttled(ec2_error(503, "RequestLimitExceeded", "Request limit exceeded."))]
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
