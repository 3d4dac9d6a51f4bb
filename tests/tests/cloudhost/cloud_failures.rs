//! Failures of a whole cloud, one test for each kind. No file changes, and the message names the cause.

use std::time::Duration;

use cloudhost_tests::{Fault, Match, Rule, Sandbox, Tree, closed_port, ec2_error};
use rstest::rstest;

use crate::support::{generate, generated, must_fail, proxy};

fn html() -> Fault {
    let body =
        b"<!doctype html><html><body>Please log in to this network<br></body></html>".to_vec();
    Fault::Answer {
        status: 200,
        headers: vec![("Content-Type".into(), "text/html".into())],
        body,
    }
}

#[rstest]
#[case::ends_connections(Fault::Drop, 4, &[])]
#[case::not_authenticated(ec2_error(401, "AuthFailure", "AWS was not able to validate the provided access credentials"), 3, &["AuthFailure", "hint: "])]
#[case::not_permitted(ec2_error(403, "UnauthorizedOperation", "You are not authorized to perform this operation"), 3, &["UnauthorizedOperation"])]
#[case::throttled(ec2_error(503, "RequestLimitExceeded", "Request limit exceeded."), 4, &["RequestLimitExceeded"])]
#[case::too_many_requests(Fault::Answer { status: 429, headers: vec![], body: vec![] }, 4, &["429"])]
#[case::internal_error(ec2_error(500, "InternalError", "An internal error has occurred"), 4, &["InternalError"])]
#[case::truncated(Fault::Truncate, 4, &[])]
#[case::oversized(Fault::Oversize(256 << 20), 4, &["larg"])]
#[case::not_xml(html(), 4, &["XML"])]
#[case::empty(Fault::Answer { status: 200, headers: vec![], body: vec![] }, 4, &["empty"])]
#[case::same_page_for_ever(Fault::EndlessPages { fresh: false }, 4, &["page"])]
#[case::new_pages_for_ever(Fault::EndlessPages { fresh: true }, 4, &["page"])]
fn everything_fails(#[case] fault: Fault, #[case] code: i32, #[case] words: &[&str]) {
    let sandbox = generated();
    let proxy = proxy();
    proxy.add(Rule::new(Match::any(), fault));
    let run = sandbox.generate(["--refresh"]).unwrap().aws(&proxy.url());
    must_fail(&sandbox, run, code, words);
}

#[test]
fn a_cloud_that_never_answers() {
    let sandbox = generated();
    let proxy = proxy();
    proxy.add(Rule::new(Match::any(), Fault::Hang));
    let run = sandbox
        .generate(["--refresh", "--timeout", "2"])
        .unwrap()
        .aws(&proxy.url());
    let outcome = must_fail(&sandbox, run, 4, &["2 s", "ec2."]);
    assert!(outcome.wall < Duration::from_secs(20), "{:?}", outcome.wall);
}

#[test]
fn nobody_listens() {
    let sandbox = generated();
    let url = format!("http://{}", closed_port());
    let run = sandbox.generate(["--refresh"]).unwrap().aws(&url);
    let outcome = must_fail(&sandbox, run, 4, &["127.0.0.1:1", "refused"]);
    assert!(outcome.wall < Duration::from_secs(60), "{:?}", outcome.wall);
}

#[test]
fn a_name_that_does_not_exist() {
    let sandbox = generated();
    let run = sandbox
        .generate(["--refresh"])
        .unwrap()
        .aws("https://ec2.nowhere.invalid:8080");
    must_fail(&sandbox, run, 4, &["ec2.nowhere.invalid"]);
}

#[test]
fn signed_requests_do_not_leave_this_machine_without_tls() {
    let sandbox = generated();
    let run = sandbox
        .generate(["--refresh"])
        .unwrap()
        .aws("http://ec2.nowhere.invalid:8080");
    must_fail(
        &sandbox,
        run,
        2,
        &["http://ec2.nowhere.invalid:8080", "https"],
    );
}

#[test]
fn a_failed_first_run_leaves_nothing_at_all() {
    let sandbox = Sandbox::new().unwrap();
    let run = sandbox
        .generate([""; 0])
        .unwrap()
        .aws(&format!("http://{}", closed_port()));
    must_fail(&sandbox, run, 4, &["refused"]);
    assert!(!sandbox.out().exists());
    let kept = Tree::read(&sandbox.cache().join("catalog"))
        .unwrap()
        .files();
    assert!(kept.iter().all(|file| file.ends_with("/lock")), "{kept:?}");
}

#[test]
fn a_failed_refresh_keeps_the_catalog_that_was_there() {
    let sandbox = generated();
    let proxy = proxy();
    let first = generate(&sandbox, [""; 0], &proxy.url());
    assert_eq!(first.code, Some(0), "{first}");
    proxy.add(Rule::new(
        Match::any(),
        ec2_error(500, "InternalError", "An internal error has occurred"),
    ));
    must_fail(
        &sandbox,
        sandbox.generate(["--refresh"]).unwrap().aws(&proxy.url()),
        4,
        &["InternalError"],
    );
    let after = generate(&sandbox, [""; 0], &proxy.url());
    assert_eq!(after.code, Some(0), "{after}");
}
