//! `--audit-log`: a line for each signed request, the same number in the closing line, and no secret.

use std::fs;

use cloudhost_tests::{Match, Rule, SECRET_KEY, ec2_error};
use serde_json::Value;

use crate::support::{generate, generated, proxy};

fn lines(path: &std::path::Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap();
    assert!(!text.contains(SECRET_KEY));
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn every_signed_request_is_a_line() {
    let sandbox = generated();
    let proxy = proxy();
    let again = ec2_error(503, "RequestLimitExceeded", "Request limit exceeded.");
    proxy.add(Rule::new(Match::any().action("DescribeRegions"), again).times(1));
    let args = ["--refresh", "--audit-log", "audit", "--output", "json"];
    let outcome = generate(&sandbox, args, &proxy.url());
    assert_eq!(outcome.code, Some(0), "{outcome}");
    let sent = proxy.exchanges().len();
    let lines = lines(&sandbox.path().join("audit"));
    assert_eq!(lines.len(), sent);
    for line in &lines {
        assert_eq!(line["plugin"], "aws");
        assert_eq!(line["reason"], "credential.used");
        assert_eq!(line["credential"], "aws");
        assert!(line["digest"].as_str().unwrap().starts_with("sha256:"));
        assert!(line["host"].as_str().unwrap().ends_with(".amazonaws.com"));
        assert_eq!(line["endpoint"], proxy.url());
    }
    assert!(
        outcome.stderr.contains(&format!("; {sent} signed")),
        "{outcome}"
    );
    let result: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(result["audit"]["signed"], sent);
    assert_eq!(result["audit"]["denied"], 0);
}

/// An audit log that cannot be written fails the run before any request.
#[test]
fn a_log_that_cannot_be_written() {
    let sandbox = generated();
    let proxy = proxy();
    std::os::unix::fs::symlink("elsewhere", sandbox.path().join("link")).unwrap();
    for file in ["link", "no/such/folder", "/dev/null"] {
        let args = ["--refresh", "--audit-log", file];
        let outcome = generate(&sandbox, args, &proxy.url());
        assert_eq!(outcome.code, Some(6), "{outcome}");
        assert!(outcome.stderr.contains("audit log"), "{outcome}");
    }
    assert_eq!(proxy.exchanges().len(), 0);
}

#[test]
fn a_limit_is_set_and_told() {
    let sandbox = generated();
    let proxy = proxy();
    let args = ["--refresh", "--limit", "wall=1ms", "--audit-log", "audit"];
    let outcome = generate(&sandbox, args, &proxy.url());
    assert_eq!(outcome.code, Some(4), "{outcome}");
    assert!(outcome.stderr.contains("timeout.wall"), "{outcome}");
    assert!(outcome.stderr.contains("--limit wall=5min"), "{outcome}");
    // The number of requests that were signed before the timeout depends on the machine.
    let mut lines = lines(&sandbox.path().join("audit"));
    lines.retain(|line| line["kind"] != "credential-used");
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["kind"], "limited");
    assert_eq!(lines[0]["reason"], "timeout.wall");

    for wrong in ["wall", "wall=1", "wal=1s"] {
        let outcome = generate(&sandbox, ["--limit", wrong], &proxy.url());
        assert_eq!(outcome.code, Some(2), "{outcome}");
    }
}
