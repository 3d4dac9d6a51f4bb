//! Failures of Lambda Cloud: each kind has its message and exit code, and a failed run changes no file.

use std::time::Duration;

use cloudhost_tests::{LAMBDA_KEY, LambdaFault, Tree, closed_port};
use jiff::SignedDuration;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{Lambda, closing, ended, must_fail, named, row};

const GENERATE: [&str; 3] = ["generate-kconfig", "--output-dir", "out"];

fn generate(options: &[&'static str]) -> Vec<&'static str> {
    [&GENERATE, options].concat()
}

fn response(status: u16, body: &str) -> LambdaFault {
    LambdaFault::Answer(status, body.to_owned())
}

#[rstest]
#[case::wrong_key(LambdaFault::InvalidKey, 3, &["global/invalid-api-key", "invalid, expired, or deleted", "hint: "], 1)]
#[case::inactive_account(LambdaFault::AccountInactive, 3, &["global/account-inactive", "inactive", "payment method"], 1)]
#[case::throttled(LambdaFault::RateLimited(None), 4, &["429"], 4)]
#[case::throttled_with_a_time(LambdaFault::RateLimited(Some(1)), 4, &["429"], 4)]
#[case::internal_error(response(500, r#"{"error": {"code": "global/internal-error", "message": "An unknown error occurred."}}"#), 4, &["global/internal-error"], 4)]
#[case::ends_connections(LambdaFault::Drop, 4, &[], 4)]
#[case::not_json(response(200, "<html>Please log in</html>"), 4, &["GET /instance-types", "JSON"], 1)]
#[case::another_shape(response(200, "{}"), 4, &["GET /instance-types"], 1)]
#[case::empty(response(200, ""), 4, &["GET /instance-types"], 1)]
fn everything_fails(
    #[case] fault: LambdaFault,
    #[case] code: i32,
    #[case] words: &[&str],
    #[case] requests: usize,
) {
    let lambda = Lambda::generated();
    lambda.cloud.fail(None, fault);
    let run = lambda.run(&generate(&["--refresh"]));
    let outcome = must_fail(&lambda.sandbox, run, code, words);
    assert!(!outcome.stderr.contains("written"), "{outcome}");
    assert!(!outcome.stderr.contains(LAMBDA_KEY), "{outcome}");
    // The advice is about this cloud and no other.
    assert!(!outcome.stderr.contains("aws"), "{outcome}");
    assert_eq!(lambda.cloud.requests().len(), 1 + requests, "{outcome}");
    // The cached catalog is still there.
    lambda.cloud.heal();
    let after = lambda.ask(&generate(&["--offline"]), 0);
    assert!(closing(&after).contains("0 files written"), "{after}");
}

#[test]
fn an_api_that_hangs() {
    let lambda = Lambda::generated();
    lambda.cloud.fail(None, LambdaFault::Hang);
    let run = lambda.run(&generate(&["--refresh", "--timeout", "2"]));
    let outcome = must_fail(&lambda.sandbox, run, 4, &["2 s", "cloud.lambda.ai"]);
    assert!(outcome.wall < Duration::from_secs(20), "{:?}", outcome.wall);
}

#[test]
fn a_first_run_that_fails_leaves_nothing() {
    let lambda = Lambda::new();
    lambda.cloud.fail(None, LambdaFault::InvalidKey);
    must_fail(
        &lambda.sandbox,
        lambda.run(&GENERATE),
        3,
        &["global/invalid-api-key"],
    );
    assert!(!lambda.sandbox.out().exists());
}

#[test]
fn nobody_listens() {
    let lambda = Lambda::generated();
    let endpoint = format!("lambdalabs=http://{}", closed_port());
    let args = [&["run", "lambdalabs"], generate(&["--refresh"]).as_slice()].concat();
    let run = lambda.sandbox.cloudhost(args).unwrap();
    let run = run
        .arg("--endpoint")
        .arg(endpoint)
        .env("LAMBDALABS_API_KEY", LAMBDA_KEY);
    let words = [
        "127.0.0.1:1",
        "refused",
        "with --offline and without --refresh, the catalog bundled in the plugin",
    ];
    must_fail(&lambda.sandbox, run, 4, &words);
}

/// The catalog inside the plugin was not fetched, also after a run has stored it.
#[test]
fn a_stored_copy_of_the_bundled_catalog_is_not_called_fetched() {
    let lambda = Lambda::new();
    lambda.ask(&["instance-types", "list", "--offline"], 0);
    lambda.cloud.fail(None, LambdaFault::Drop);
    let outcome = lambda.ask(&["instance-types", "list"], 4);
    let hint = "or: with --offline and without --refresh, the catalog bundled in the plugin of lambdalabs is used\n";
    assert!(outcome.stderr.ends_with(hint), "{outcome}");
    let only = lambda.ask(&["instance-types", "list", "--no-bundled"], 4);
    assert!(!only.stderr.contains("--offline"), "{only}");
}

#[test]
fn stale_capacity_is_missing() {
    let lambda = Lambda::generated();
    lambda.age(&["capacity"], SignedDuration::from_mins(16));
    let args = ["instance-types", "list", "--available-only", "--offline"];
    let outcome = lambda.ask(&args, 8);
    let gap = "capacity: stale in the cache, and offline uses only the cache";
    assert!(outcome.stderr.contains(gap), "{outcome}");
}

#[test]
fn where_old_capacity_cannot_be_renewed_the_old_catalog_is_offered() {
    let lambda = Lambda::generated();
    lambda.age(&["capacity"], SignedDuration::from_mins(16));
    lambda.cloud.fail(None, LambdaFault::AccountInactive);
    must_fail(
        &lambda.sandbox,
        lambda.run(&GENERATE),
        3,
        &["inactive", "--offline"],
    );
    let outcome = lambda.ask(&generate(&["--offline"]), 0);
    assert!(closing(&outcome).contains("stored catalog"), "{outcome}");
}

#[test]
fn without_a_key_the_bundled_catalog_is_used_and_named() {
    let lambda = Lambda::new();
    let args = [&["run", "lambdalabs"], GENERATE.as_slice()].concat();
    let outcome = ended(lambda.without_key(&args), 0);
    assert!(
        closing(&outcome).contains("no credentials are configured"),
        "{outcome}"
    );
    assert!(closing(&outcome).contains("bundled"), "{outcome}");
    let menu = lambda.sandbox.out().join("Kconfig.compute.generated");
    let menu = std::fs::read_to_string(menu).unwrap();
    assert!(menu.contains("[CAPACITY UNKNOWN]"), "{menu}");
    assert!(
        !menu.contains("[AVAILABLE]") && !menu.contains("[NO CAPACITY]"),
        "{menu}"
    );
    assert!(menu.contains("cpu_4x_general (price unknown)"), "{menu}");

    let list = [
        "--output",
        "json",
        "run",
        "lambdalabs",
        "instance-types",
        "list",
    ];
    let json = ended(lambda.without_key(&list), 0).json().unwrap();
    assert_eq!(json["catalog"]["source"], "bundled");
    let a10 = named(&json["instance_types"], "gpu_1x_a10");
    assert_eq!(a10["available_regions"], Value::Null, "{a10}");
    let check = [
        "run",
        "lambdalabs",
        "check-availability",
        "gpu_1x_a10",
        "us-west-1",
    ];
    ended(lambda.without_key(&check), 8);
    let select = ["run", "lambdalabs", "smart-select"];
    let none = ended(lambda.without_key(&select), 8);
    assert!(
        none.stderr.contains("with unknown capacity") && none.stdout.is_empty(),
        "{none}"
    );
    assert_eq!(lambda.cloud.requests(), []);
}

#[rstest]
#[case::refresh("--refresh")]
#[case::no_bundled("--no-bundled")]
fn where_the_bundled_catalog_is_refused_the_error_says_how_to_configure(
    #[case] option: &'static str,
) {
    let lambda = Lambda::new();
    let args = [&["run", "lambdalabs"], generate(&[option]).as_slice()].concat();
    let words = [
        "no lambdalabs credentials are configured",
        "LAMBDALABS_API_KEY",
        "hint: cloudhost credentials set lambdalabs",
    ];
    must_fail(&lambda.sandbox, lambda.without_key(&args), 3, &words);
    assert_eq!(lambda.cloud.requests(), []);
}

/// An invalid price is unknown: it is reported, never shown as 0, and never selected.
#[rstest]
#[case::absent(None)]
#[case::null(Some(Value::Null))]
#[case::zero(Some(json!(0)))]
#[case::negative(Some(json!(-75)))]
#[case::fraction(Some(json!(0.75)))]
#[case::text(Some(json!("75")))]
#[case::object(Some(json!({"usd": 75})))]
fn an_unknown_price(#[case] price: Option<Value>) {
    let lambda = Lambda::new();
    lambda.cloud.content(|content| {
        content.price("gpu_1x_a10", price);
    });
    let made = lambda.ask(&GENERATE, 5);
    assert!(closing(&made).contains("the price of gpu_1x_a10"), "{made}");
    let menu = lambda.sandbox.out().join("Kconfig.compute.generated");
    let menu = std::fs::read_to_string(menu).unwrap();
    assert!(menu.contains("gpu_1x_a10 (price unknown)"), "{menu}");
    assert!(!menu.contains("$0/") && !menu.contains("$0.00"), "{menu}");

    let offline = |args: &[&'static str]| [args, &["--offline"]].concat();
    let list = lambda.json(&offline(&["instance-types", "list", "--prices"]), 5);
    let a10 = named(&list["instance_types"], "gpu_1x_a10");
    assert_eq!(a10["price_per_hour"], Value::Null);
    assert_eq!(a10["prices_per_hour"], json!({}));
    assert!(list["missing"].to_string().contains("gpu_1x_a10"), "{list}");
    let table = lambda.ask(&offline(&["instance-types", "list", "--prices"]), 5);
    assert!(row(&table, "gpu_1x_a10").ends_with("unknown"), "{table}");

    // Without the option, the list shows the cached prices and reports unknown ones.
    for options in [&[][..], &["--prices"]] {
        let code = if options.is_empty() { 0 } else { 5 };
        let outcome = lambda.ask(
            &offline(&[&["instance-types", "list"], options].concat()),
            code,
        );
        let line = closing(&outcome);
        assert!(
            line.contains("the price of 1 instance type is unknown"),
            "{line}"
        );
    }
    let prices = lambda.json(&offline(&["pricing", "list"]), 5);
    assert_eq!(prices["unknown"], 1);
    let priced = prices["prices"].as_array().unwrap();
    assert!(
        priced
            .iter()
            .all(|one| one["instance_type"] != "gpu_1x_a10"),
        "{prices}"
    );
    let outcome = lambda.ask(&offline(&["pricing", "list"]), 5);
    assert!(
        closing(&outcome).contains("the price of 1 instance type is unknown"),
        "{outcome}"
    );

    // It would be the cheapest with capacity.
    let cheapest = lambda.json(&offline(&["instance-types", "get-cheapest"]), 5);
    assert_eq!(cheapest["instance_type"], "gpu_1x_a100_sxm4");
    let only = offline(&[
        "instance-types",
        "get-cheapest",
        "--instance-type",
        "gpu_1x_a10",
    ]);
    let none = lambda.ask(&only, 8);
    assert!(none.stderr.contains("without a known price"), "{none}");
    assert_eq!(none.stdout, "");
    // An unknown price is the cloud's response, and stays fresh as long as prices do.
    lambda.ask(&GENERATE, 5);
    lambda.ask(&["pricing", "list", "--instance-type", "gpu_1x_a10"], 8);
    assert_eq!(lambda.cloud.paths(), ["/instance-types", "/regions"]);
}

#[test]
fn strict_writes_nothing_where_a_price_is_unknown() {
    let lambda = Lambda::generated();
    lambda.cloud.content(|content| {
        content.price("gpu_1x_a10", Some(json!("free")));
    });
    let run = lambda.run(&generate(&["--refresh", "--strict"]));
    must_fail(&lambda.sandbox, run, 5, &["gpu_1x_a10", "--strict"]);
}

#[test]
fn a_type_that_no_region_has_is_shown_and_never_chosen() {
    let lambda = Lambda::new();
    lambda.cloud.content(|content| {
        content.capacity("gpu_1x_a10", &[]);
    });
    lambda.ask(&GENERATE, 0);
    let menu = lambda.sandbox.out().join("Kconfig.compute.generated");
    let menu = std::fs::read_to_string(menu).unwrap();
    let line = menu
        .lines()
        .find(|line| line.contains("gpu_1x_a10 ("))
        .unwrap();
    assert!(line.contains("[NO CAPACITY]"), "{line}");
    let list = lambda.json(&["instance-types", "list"], 0);
    assert_eq!(
        named(&list["instance_types"], "gpu_1x_a10")["available_regions"],
        0
    );
    let only = [
        "instance-types",
        "get-cheapest",
        "--instance-type",
        "gpu_1x_a10",
    ];
    let none = lambda.ask(&only, 7);
    assert!(none.stderr.contains("without capacity now"), "{none}");
    lambda.ask(&["check-availability", "gpu_1x_a10", "us-west-1"], 7);
}

#[test]
fn a_type_whose_regions_are_not_given() {
    let lambda = Lambda::new();
    lambda.cloud.content(|content| {
        content.types["gpu_1x_a10"]
            .as_object_mut()
            .unwrap()
            .remove("regions_with_capacity_available");
    });
    let made = lambda.ask(&GENERATE, 5);
    assert!(closing(&made).contains("gpu_1x_a10"), "{made}");
    let menu = lambda.sandbox.out().join("Kconfig.compute.generated");
    let menu = std::fs::read_to_string(menu).unwrap();
    let line = menu
        .lines()
        .find(|line| line.contains("gpu_1x_a10 ("))
        .unwrap();
    assert!(line.contains("[CAPACITY UNKNOWN]"), "{line}");
    let list = lambda.json(&["instance-types", "list", "--offline"], 5);
    let a10 = named(&list["instance_types"], "gpu_1x_a10");
    assert_eq!(a10["available_regions"], Value::Null);
    // It may have capacity in each region, so none is known to have none.
    let regions = ["regions", "list", "--with-availability"];
    let json = lambda.json(&regions, 5);
    let available = |region: &str| &named(&json["regions"], region)["available_types"];
    assert_eq!(available("europe-central-1"), &Value::Null);
    assert_eq!(available("us-west-1"), 2);
    let table = lambda.ask(&regions, 5).stdout;
    let line = |region: &str| table.lines().find(|line| line.starts_with(region));
    assert!(
        line("europe-central-1").unwrap().ends_with(" unknown"),
        "{table}"
    );
    assert!(line("us-west-1").unwrap().ends_with(" 2"), "{table}");
    // A type with known capacity is selected instead, and what was passed over is said.
    let cheapest = ["instance-types", "get-cheapest", "--offline"];
    let other = lambda.json(&cheapest, 5);
    assert_eq!(other["instance_type"], "gpu_1x_a100_sxm4");
    assert_eq!(other["passed_over"], 1);
    let passed_over = "1 cheaper type: capacity unknown (--allow-unknown-capacity)";
    let said = lambda.ask(&cheapest, 5);
    assert!(closing(&said).contains(passed_over), "{said}");
    // It is allowed by itself.
    let allowed = [&cheapest[..], &["--allow-unknown-capacity"]].concat();
    let allowed_json = lambda.json(&allowed, 5);
    assert_eq!(allowed_json["instance_type"], "gpu_1x_a10");
    assert_eq!(
        (&allowed_json["available"], &allowed_json["passed_over"]),
        (&Value::Null, &0.into())
    );
    let said = lambda.ask(&allowed, 5);
    assert!(closing(&said).contains("its capacity is unknown"), "{said}");
    assert!(!closing(&said).contains("cheaper"), "{said}");
    let available = ["instance-types", "list", "--offline", "--available-only"];
    let said = lambda.ask(&available, 5);
    let unknown = "the capacity of 1 instance type is unknown";
    assert!(closing(&said).contains(unknown), "{said}");
    // A default of a menu is one that is known to be there.
    let value = lambda.command(&["kconfig-value", "lambdalabs", "instance-type", "--offline"]);
    assert_eq!(ended(value, 0).stdout, "gpu_1x_a100_sxm4\n");
}

#[rstest]
#[case::list(&["instance-types", "list", "--region", "us-west-11"])]
#[case::regions(&["regions", "list", "--region", "us-west-11"])]
#[case::check(&["check-availability", "gpu_1x_a10", "us-west-11"])]
#[case::select(&["smart-select", "--region", "us-west-11"])]
#[case::cheapest(&["instance-types", "get-cheapest", "--region", "us-west-11"])]
#[case::menus(&["generate-kconfig", "--output-dir", "out", "--region", "us-west-11"])]
fn a_region_that_the_catalog_does_not_have(#[case] args: &[&str]) {
    let lambda = Lambda::generated();
    let words = ["the catalog has no region \"us-west-11\"", "us-west-1"];
    must_fail(&lambda.sandbox, lambda.run(args), 2, &words);
}

/// A key is sent to another machine only over TLS. The error comes before anything else is done.
#[rstest]
#[case::run(&["run", "lambdalabs", "regions", "list"])]
#[case::offline(&["run", "lambdalabs", "regions", "list", "--offline"])]
#[case::credentials(&["credentials", "test", "lambdalabs"])]
fn an_endpoint_without_tls(#[case] args: &[&str]) {
    let sandbox = cloudhost_tests::Sandbox::new().unwrap();
    let run = sandbox.cloudhost(args).unwrap();
    let run = run
        .arg("--endpoint")
        .arg("lambdalabs=http://192.0.2.1:8080");
    let outcome = ended(run, 2);
    assert!(
        outcome
            .stderr
            .contains("http://192.0.2.1:8080 would get a credential without TLS"),
        "{outcome}"
    );
    assert!(
        outcome
            .stderr
            .contains("hint: --endpoint lambdalabs=https://host"),
        "{outcome}"
    );
    assert_eq!(outcome.stdout, "");
}

#[test]
fn regions_alone_fail() {
    let lambda = Lambda::new();
    lambda
        .cloud
        .fail(Some("/regions"), LambdaFault::AccountInactive);
    let json = lambda.json(&["regions", "list", "--with-availability"], 5);
    assert_eq!(json["missing"][0]["kind"], "regions");
    assert_eq!(json["missing"][0]["code"], "global/account-inactive");
    // Menus do not need that request.
    lambda.ask(&GENERATE, 0);
    let files = Tree::read(&lambda.sandbox.out()).unwrap().files();
    assert!(
        files.contains(&"Kconfig.location.generated".to_owned()),
        "{files:?}"
    );
}

#[test]
fn a_question_that_the_provider_cannot_answer() {
    let lambda = Lambda::new();
    let bill = lambda.ask(&["bill", "-y"], 1);
    assert!(
        bill.stderr
            .contains("the plugin of lambdalabs cannot fetch bills"),
        "{bill}"
    );
    assert!(
        bill.stderr
            .contains("its author can add the interface `billing`"),
        "{bill}"
    );
    let verify = lambda.ask(&["pricing", "verify"], 1);
    assert!(verify.stderr.contains("one source of prices"), "{verify}");
    assert_eq!(lambda.cloud.requests(), []);
}
