//! What is around the work: pages and completions, options that every command has.

use cloudhost_tests::{ACCESS_KEY, Fault, Match, Rule, SECRET_KEY, Sandbox, ec2_error};
use rstest::rstest;

use crate::support::{closing, generate, generated, proxy, url};

#[test]
fn every_command_has_its_page() {
    let sandbox = Sandbox::new().unwrap();
    let pages = sandbox.path().join("pages");
    std::fs::create_dir(&pages).unwrap();
    let run = sandbox.cloudhost(["man", "--dir", "pages"]).unwrap();
    let outcome = run.run().unwrap();
    assert_eq!(outcome.code, Some(0), "{outcome}");
    let page = |name: &str| std::fs::read_to_string(pages.join(name)).unwrap();
    assert!(page("cloudhost.1").contains("Exit status"));
    assert!(page("cloudhost-run.1").contains("no\\-bundled"));
    assert!(page("cloudhost-run-generate-kconfig.1").contains("source\\-prefix"));
    let root = sandbox.cloudhost(["man"]).unwrap().run().unwrap();
    assert!(root.stdout.contains(".TH cloudhost 1"), "{root}");
}

#[rstest]
#[case("bash", "complete -F")]
#[case("zsh", "#compdef cloudhost")]
#[case("fish", "complete -c cloudhost")]
fn completions(#[case] shell: &str, #[case] part: &str) {
    let sandbox = Sandbox::new().unwrap();
    let run = sandbox.cloudhost(["completions", shell]).unwrap();
    let outcome = run.run().unwrap();
    assert_eq!(outcome.code, Some(0), "{outcome}");
    assert!(outcome.stdout.contains(part), "{outcome}");
    assert!(outcome.stdout.contains("generate-kconfig"), "{outcome}");
}

#[test]
fn quiet_is_quiet_but_for_errors() {
    let sandbox = generated();
    let done = generate(&sandbox, ["--quiet"], &url());
    assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""));
    let proxy = proxy();
    proxy.add(Rule::new(Match::any(), ec2_error(401, "AuthFailure", "no")));
    let failed = generate(&sandbox, ["--quiet", "--refresh"], &proxy.url());
    assert_eq!(failed.code, Some(3), "{failed}");
    assert!(failed.stderr.starts_with("error: "), "{failed}");
}

#[test]
fn colors_are_asked_for() {
    let sandbox = Sandbox::new().unwrap();
    let failed = |color: &str| {
        let args = ["--color", color, "run", "nobody", "regions", "list"];
        sandbox.cloudhost(args).unwrap().run().unwrap().stderr
    };
    assert!(failed("always").contains("\u{1b}["));
    assert!(!failed("never").contains('\u{1b}') && !failed("auto").contains('\u{1b}'));
}

#[test]
fn requests_go_where_the_option_says() {
    let (sandbox, proxy) = (generated(), proxy());
    let endpoint = format!("aws={}", proxy.url());
    let run = sandbox
        .generate(["--refresh", "--endpoint", &endpoint])
        .unwrap()
        .env("AWS_ACCESS_KEY_ID", ACCESS_KEY)
        .env("AWS_SECRET_ACCESS_KEY", SECRET_KEY);
    let outcome = run.run().unwrap();
    assert_eq!(outcome.code, Some(0), "{outcome}");
    assert!(proxy.exchanges().len() > 50);
}

#[rstest]
#[case::name("asw=http://127.0.0.1:1", "asw")]
#[case::url("aws=nowhere", "nowhere")]
#[case::form("aws", "PROVIDER=URL")]
fn an_endpoint_that_is_none(#[case] value: &str, #[case] word: &str) {
    let sandbox = Sandbox::new().unwrap();
    let args = ["run", "aws", "regions", "list", "--endpoint", value];
    let outcome = sandbox.cloudhost(args).unwrap().run().unwrap();
    assert_eq!(outcome.code, Some(2), "{outcome}");
    assert!(outcome.stderr.contains(word), "{outcome}");
}

#[test]
fn what_a_cloud_says_does_not_act_on_the_terminal() {
    let (sandbox, proxy) = (generated(), proxy());
    let message = "no&#27;[2J&#27;]0;title&#7;";
    proxy.add(Rule::new(
        Match::any(),
        ec2_error(400, "Bad&#27;[31m", message),
    ));
    let outcome = generate(&sandbox, ["--refresh"], &proxy.url());
    assert_ne!(outcome.code, Some(0), "{outcome}");
    assert!(outcome.stderr.contains("title"), "{outcome}");
    assert!(!outcome.stderr.contains(['\u{1b}', '\u{7}']), "{outcome}");
}

#[test]
fn where_offers_are_refused_their_number_is_unknown() {
    let (sandbox, proxy) = (generated(), proxy());
    let refused = ec2_error(403, "UnauthorizedOperation", "not these");
    let rule = Match::any().action("DescribeInstanceTypeOfferings");
    proxy.add(Rule::new(rule, Fault::clone(&refused)));
    let list = |args: &[&str]| {
        let run = sandbox.cloudhost(args).unwrap().aws(&proxy.url());
        run.run().unwrap()
    };
    let table = list(&["run", "aws", "--refresh", "regions", "list"]);
    assert_eq!(table.code, Some(5), "{table}");
    assert!(closing(&table).contains("offers"), "{table}");
    let row = table
        .stdout
        .lines()
        .find(|line| line.starts_with("us-east-1 "));
    assert!(row.unwrap().ends_with("unknown"), "{table}");
    let json = list(&["--output", "json", "run", "aws", "instance-types", "list"]);
    assert!(json.json().unwrap()["instance_types"][0]["regions"].is_null());
}
