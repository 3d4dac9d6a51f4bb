//! Manual pages, completions, and options that every command has.

use cloudhost_tests::{ACCESS_KEY, Fault, Match, Rule, SECRET_KEY, Sandbox, binary, ec2_error};
use rstest::rstest;

use crate::support::{closing, generate, generated, proxy, url};

#[test]
fn every_command_has_its_page() {
    let sandbox = Sandbox::new().unwrap();
    let pages = sandbox.path().join("pages");
    let run = sandbox.cloudhost(["man", "--dir", "pages"]).unwrap();
    let outcome = run.run().unwrap();
    assert_eq!(outcome.code, Some(0), "{outcome}");
    let page = |name: &str| std::fs::read_to_string(pages.join(name)).unwrap();
    assert!(page("cloudhost.1").contains(".SH LIMITS\n"));
    for name in ["cloudhost.1", "cloudhost-run-pricing-list.1"] {
        let page = page(name);
        assert!(
            page.contains(".SH \"EXIT STATUS\"\n.TP\n\\fB0\\fR\ndone\n"),
            "{page}"
        );
        assert!(!page.contains("EXTRA"), "{page}");
    }
    let usage = "\\fBcloudhost run <PROVIDER> check\\-availability\\fR";
    assert!(page("cloudhost-run-check-availability.1").contains(usage));
    let usage = "\\fBcloudhost run <PROVIDER> regions list\\fR [OPTIONS]";
    assert!(page("cloudhost-run-regions-list.1").contains(usage));
    assert!(page("cloudhost-run.1").contains("no\\-bundled"));
    assert!(page("cloudhost-run-generate-kconfig.1").contains("source\\-prefix"));
    let root = sandbox.cloudhost(["man"]).unwrap().run().unwrap();
    assert!(root.stdout.contains(".TH cloudhost 1"), "{root}");
    let usage = ".SH SYNOPSIS\n\\fBcloudhost\\fR [";
    assert!(root.stdout.contains(usage), "{root}");
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

/// A stderr that takes nothing changes neither the result nor the status.
#[rstest]
#[case("run aws regions list", 0)]
#[case("run azure regions list", 2)]
fn a_full_stderr(#[case] args: &str, #[case] code: i32) {
    let sandbox = Sandbox::new().unwrap();
    let line = format!("exec '{}' {args} 2>/dev/full", binary().display());
    let outcome = sandbox.command("sh").arg("-c").arg(line).run().unwrap();
    assert_eq!(outcome.code, Some(code), "{outcome}");
}

#[rstest]
#[case("man")]
#[case("run aws regions list --output json")]
fn a_full_stdout(#[case] args: &str) {
    let sandbox = Sandbox::new().unwrap();
    let line = format!("exec '{}' {args} >/dev/full", binary().display());
    let outcome = sandbox.command("sh").arg("-c").arg(line).run().unwrap();
    assert_eq!(outcome.code, Some(6), "{outcome}");
    let says = "error: cannot write to standard output\n  caused by: No space left on device";
    assert!(outcome.stderr.starts_with(says), "{outcome}");
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

#[rstest]
#[case::repeated(&["--set", "home-region=us-east-1", "--set", "home-region=us-west-2"], "more than once")]
#[case::value(&["--refresh", "--set", "home-region=Mars"], "invalid region")]
fn a_setting_that_makes_no_sense(#[case] options: &[&str], #[case] word: &str) {
    let sandbox = Sandbox::new().unwrap();
    let args = ["run", "aws", "regions", "list"].iter().chain(options);
    let run = sandbox.cloudhost(args).unwrap().aws("http://127.0.0.1:1");
    let outcome = run.run().unwrap();
    assert_eq!(outcome.code, Some(2), "{outcome}");
    assert!(outcome.stderr.contains(word), "{outcome}");
}

#[rstest]
#[case::of_a_cloud("InvalidParameterValue", 400, 4, None)]
#[case::clock("RequestExpired", 400, 3, Some("timedatectl"))]
#[case::not_opted_in("OptInRequired", 401, 3, Some("console"))]
#[case::not_verified("PendingVerification", 401, 3, Some("wait"))]
fn what_a_cloud_refuses_is_no_wrong_usage(
    #[case] code: &str,
    #[case] status: u16,
    #[case] exit: i32,
    #[case] hint: Option<&str>,
) {
    let (sandbox, proxy) = (generated(), proxy());
    proxy.add(Rule::new(Match::any(), ec2_error(status, code, "no")));
    let outcome = generate(&sandbox, ["--refresh"], &proxy.url());
    assert_eq!(outcome.code, Some(exit), "{outcome}");
    let line = outcome.stderr.lines().find(|line| line.contains("hint: "));
    if let Some(hint) = hint {
        assert!(line.is_some_and(|line| line.contains(hint)), "{outcome}");
    }
}

#[rstest]
#[case::plain(
    "http://10.0.0.1:5000",
    "http://10.0.0.1:5000 would get a credential without TLS"
)]
#[case::no_url("nonsense", "invalid URL")]
#[case::secret("https://user:TOPSECRET@a.com", "a password")]
fn an_endpoint_of_the_settings_that_is_none(#[case] url: &str, #[case] word: &str) {
    let sandbox = Sandbox::new().unwrap();
    let args = ["run", "aws", "regions", "list"];
    let run = sandbox.cloudhost(args).unwrap().aws(url);
    let outcome = run.run().unwrap();
    assert_eq!(outcome.code, Some(2), "{outcome}");
    let start = "error: the endpoint from AWS_ENDPOINT_URL is not usable: ";
    assert!(outcome.stderr.starts_with(start), "{outcome}");
    assert!(
        outcome.stderr.contains(word) && !outcome.stderr.contains("TOPSECRET"),
        "{outcome}"
    );
    assert!(
        outcome
            .stderr
            .contains("hint: export AWS_ENDPOINT_URL=https://"),
        "{outcome}"
    );
}

#[test]
fn looking_makes_no_folder() {
    let sandbox = Sandbox::new().unwrap();
    let outcome = sandbox
        .cloudhost(["cache", "status"])
        .unwrap()
        .run()
        .unwrap();
    assert_eq!(outcome.code, Some(0), "{outcome}");
    assert!(!sandbox.cache().exists());
}

#[test]
fn settings_of_a_plugin() {
    let sandbox = Sandbox::new().unwrap();
    let inspect = |plugin: &str| {
        let args = ["--output", "json", "plugin", "inspect", plugin];
        let outcome = sandbox.cloudhost(args).unwrap().run().unwrap();
        assert_eq!(outcome.code, Some(0), "{outcome}");
        outcome.json().unwrap()
    };
    let builtin = inspect("aws");
    let settings = builtin["settings"].as_array().unwrap();
    assert!(
        settings.iter().any(|one| one["name"] == "home-region"),
        "{builtin}"
    );
    // A file is not run: its settings are those of its manifest, or unknown.
    let file = cloudhost_tests::plugin_dir().join("cloudhost_plugin_aws.wasm");
    let listed = &inspect(file.to_str().unwrap())["settings"];
    assert_eq!(listed.as_array().unwrap().len(), settings.len());
    assert_eq!(listed[0]["name"], "home-region");
    assert!(listed[0]["help"].is_null(), "{listed}");
    let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/contract/kept/0.1.0.wasm");
    assert!(inspect(kept)["settings"].is_null());
}

#[test]
fn requests_can_be_told_apart() {
    let sandbox = Sandbox::new().unwrap();
    let run = sandbox.cloudhost(["-vv", "run", "aws", "regions", "list", "--refresh"]);
    let outcome = run.unwrap().aws(&url()).run().unwrap();
    assert_eq!(outcome.code, Some(0), "{outcome}");
    assert!(outcome.stderr.contains("DescribeRegions"), "{outcome}");
    assert!(!outcome.stderr.contains(SECRET_KEY), "{outcome}");
}
