//! Failure of one region of many: the rest is used, and every output reports the gap.

use cloudhost_tests::{Fault, Match, Proxy, Rule, Tree, ec2_error};
use rstest::rstest;

use crate::support::{closing, generate, generated, must_fail, proxy};

const BROKEN: &str = "eu-west-1";

fn without_one_region(fault: Fault) -> Proxy {
    let proxy = proxy();
    proxy.add(Rule::new(Match::any().region(BROKEN), fault));
    proxy
}

#[rstest]
#[case::internal_error(ec2_error(500, "InternalError", "An internal error has occurred"))]
#[case::not_permitted(ec2_error(
    403,
    "UnauthorizedOperation",
    "denied by a service control policy"
))]
#[case::ends_connections(Fault::Drop)]
#[case::endless_pages(Fault::EndlessPages { fresh: true })]
#[case::not_xml(Fault::Answer { status: 200, headers: vec![], body: b"<html><br>".to_vec() })]
fn the_rest_is_kept_and_the_gap_is_named(#[case] fault: Fault) {
    let sandbox = generated();
    let proxy = without_one_region(fault);
    let outcome = generate(&sandbox, ["--refresh"], &proxy.url());
    assert_eq!(outcome.code, Some(5), "{outcome}");
    assert!(closing(&outcome).contains(BROKEN), "{outcome}");
    let location =
        std::fs::read_to_string(sandbox.out().join("Kconfig.location.generated")).unwrap();
    assert!(location.contains("us-east-1"));
    let args = ["--output", "json", "run", "aws", "regions", "list"];
    let listed = sandbox
        .cloudhost(args)
        .unwrap()
        .aws(&proxy.url())
        .run()
        .unwrap();
    assert_eq!(listed.code, Some(5), "{listed}");
    let missing = listed.json().unwrap()["missing"].to_string();
    assert!(missing.contains(BROKEN), "{missing}");
}

#[test]
fn a_region_that_never_answers() {
    let sandbox = generated();
    let proxy = without_one_region(Fault::Hang);
    let outcome = generate(&sandbox, ["--refresh", "--timeout", "5"], &proxy.url());
    assert_eq!(outcome.code, Some(5), "{outcome}");
    assert!(closing(&outcome).contains(BROKEN), "{outcome}");
}

#[test]
fn json_of_a_generation_names_the_gap() {
    let sandbox = generated();
    let proxy = without_one_region(ec2_error(
        500,
        "InternalError",
        "An internal error has occurred",
    ));
    let outcome = generate(&sandbox, ["--refresh", "--output", "json"], &proxy.url());
    assert_eq!(outcome.code, Some(5), "{outcome}");
    let json = outcome.json().unwrap();
    assert!(json["missing"].to_string().contains(BROKEN), "{json}");
    assert!(json["files"]["written"].is_array(), "{json}");
}

#[test]
fn strict_writes_nothing() {
    let sandbox = generated();
    let proxy = without_one_region(ec2_error(
        500,
        "InternalError",
        "An internal error has occurred",
    ));
    let run = sandbox
        .generate(["--refresh", "--strict"])
        .unwrap()
        .aws(&proxy.url());
    must_fail(&sandbox, run, 5, &[BROKEN, "InternalError"]);
}

/// The index describes the cached catalog as complete, but the data that replaces a damaged file is not.
#[rstest]
#[case::menus(&["generate-kconfig", "--output-dir", "out", "--family", "m5"])]
#[case::list(&["regions", "list"])]
fn strict_sees_a_gap_of_the_second_fetch(#[case] job: &[&str]) {
    let sandbox = generated();
    let proxy = proxy();
    assert_eq!(generate(&sandbox, [""; 0], &proxy.url()).code, Some(0));
    proxy.add(Rule::new(
        Match::any().region(BROKEN),
        ec2_error(403, "UnauthorizedOperation", "not now"),
    ));
    let catalog = sandbox.cache().join("catalog");
    for file in Tree::read(&catalog).unwrap().files() {
        if !file.ends_with("json") {
            std::fs::write(catalog.join(file), b"damaged").unwrap();
        }
    }
    let args = ["run", "aws", "--strict"].iter().chain(job);
    let run = sandbox.cloudhost(args).unwrap().aws(&proxy.url());
    must_fail(&sandbox, run, 5, &["damaged", BROKEN, "--strict"]);
}

#[test]
fn a_complete_fetch_ends_the_gap() {
    let sandbox = generated();
    let complete = Tree::read(&sandbox.out()).unwrap();
    let proxy = proxy();
    let rule = Rule::new(
        Match::any().region(BROKEN),
        ec2_error(403, "UnauthorizedOperation", "not now"),
    );
    proxy.add(rule.times(100));
    let partial = generate(&sandbox, ["--refresh"], &proxy.url());
    assert_eq!(partial.code, Some(5), "{partial}");
    assert_ne!(
        Tree::read(&sandbox.out()).unwrap().timeless(),
        complete.clone().timeless()
    );
    let whole = self::proxy();
    let outcome = generate(&sandbox, ["--refresh"], &whole.url());
    assert_eq!(outcome.code, Some(0), "{outcome}");
    assert_eq!(
        Tree::read(&sandbox.out()).unwrap().files(),
        complete.files()
    );
}

/// An unreadable response, such as a proxy's error page, may be gone a minute later.
#[test]
fn an_answer_that_is_not_understood_is_asked_for_again() {
    let sandbox = generated();
    let page = b"<html><br>".to_vec();
    let proxy = without_one_region(Fault::Answer {
        status: 200,
        headers: vec![],
        body: page,
    });
    let outcome = generate(&sandbox, ["--refresh"], &proxy.url());
    assert_eq!(outcome.code, Some(5), "{outcome}");
    proxy.clear();
    let outcome = generate(&sandbox, [""; 0], &proxy.url());
    assert_eq!(outcome.code, Some(0), "{outcome}");
}

/// Menus show no prices, so none were fetched. That does not mean that there are none.
#[test]
fn what_was_never_fetched_is_a_gap_offline() {
    let sandbox = generated();
    let list = |args: &[&str]| {
        let run = sandbox.cloudhost(["run", "aws"]).unwrap();
        let run = args.iter().fold(run, |run, arg| run.arg(arg));
        run.aws(&crate::support::url()).run().unwrap()
    };
    let outcome = list(&["pricing", "list", "--offline"]);
    assert_eq!(outcome.code, Some(8), "{outcome}");
    let gap = "prices: not in the cache";
    assert!(outcome.stderr.contains(gap), "{outcome}");
    // AWS reports no capacity: it stays unknown, and a strict run fails.
    let capacity = ["regions", "list", "--with-availability"];
    let outcome = list(&[&capacity[..], &["--output", "json"]].concat());
    assert_eq!(outcome.code, Some(5), "{outcome}");
    let json = outcome.json().unwrap();
    assert_eq!(json["missing"][0]["kind"], "capacity", "{json}");
    let outcome = list(&[&capacity[..], &["--strict"]].concat());
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(5), ""));
    assert!(
        outcome.stderr.ends_with("hint: leave out --strict\n"),
        "{outcome}"
    );
    let outcome = list(&["regions", "list", "--offline"]);
    assert_eq!(outcome.code, Some(0), "{outcome}");
}
