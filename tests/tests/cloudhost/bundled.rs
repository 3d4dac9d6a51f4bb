//! The bundled catalog: used and named if there are no credentials and no cached catalog, unless an option forbids it.

use std::time::Duration;

use cloudhost_tests::kconfig::Menu;
use cloudhost_tests::{Sandbox, Tree};
use rstest::rstest;
use serde_json::Value;

use crate::support::{closing, ended, must_fail};

#[test]
fn without_credentials_the_bundled_catalog_is_used_and_named() {
    let sandbox = Sandbox::new().unwrap();
    let outcome = sandbox.generate([""; 0]).unwrap().run().unwrap();
    assert_eq!(outcome.code, Some(0), "{outcome}");
    assert!(outcome.stderr.contains("bundled"), "{outcome}");
    let menu = Menu::around(sandbox.path(), "out", &sandbox.path().join("top")).unwrap();
    let all = menu.conf("--alldefconfig", "all").unwrap();
    assert!(
        all.contains("CONFIG_TERRAFORM_AWS_INSTANCE_TYPE=\""),
        "{all}"
    );
}

#[test]
fn json_says_that_it_is_the_bundled_catalog_and_how_old_it_is() {
    let sandbox = Sandbox::new().unwrap();
    let args = ["--output", "json", "run", "aws", "instance-types", "list"];
    let outcome = sandbox.cloudhost(args).unwrap().run().unwrap();
    assert_eq!(outcome.code, Some(0), "{outcome}");
    let json = outcome.json().unwrap();
    assert_eq!(json["catalog"]["source"], "bundled");
    assert!(
        json["catalog"]["age_seconds"].is_u64(),
        "{}",
        json["catalog"]
    );
    assert!(json["instance_types"].as_array().unwrap().len() > 1000);
}

#[test]
fn a_machine_without_metadata_service_does_not_wait_for_one() {
    let sandbox = Sandbox::new().unwrap();
    let outcome = sandbox
        .generate([""; 0])
        .unwrap()
        .without_env("AWS_EC2_METADATA_DISABLED")
        .run()
        .unwrap();
    assert_eq!(outcome.code, Some(0), "{outcome}");
    assert!(outcome.wall < Duration::from_secs(30), "{:?}", outcome.wall);
}

#[rstest]
#[case::refresh("--refresh")]
#[case::no_bundled("--no-bundled")]
fn where_it_is_refused_the_error_says_how_to_configure(#[case] option: &str) {
    let sandbox = Sandbox::new().unwrap();
    let outcome = must_fail(
        &sandbox,
        sandbox.generate([option]).unwrap(),
        3,
        &["credential", "hint: "],
    );
    let hint = outcome.stderr.split("hint: ").nth(1).unwrap();
    assert!(
        hint.contains("AWS_ACCESS_KEY_ID")
            || hint.contains("aws configure")
            || hint.contains("AWS_PROFILE"),
        "{outcome}"
    );
    assert_eq!(
        Tree::read(&sandbox.out()).unwrap().files(),
        Vec::<String>::new()
    );
}

/// Data that an option requests, and that the bundled catalog lacks, is missing; `--strict` makes that a failure.
#[rstest]
#[case::list(&["instance-types", "list", "--prices"], 5)]
#[case::prices(&["pricing", "list"], 8)]
#[case::menus(&["generate-kconfig", "--output-dir", "out", "--prices"], 5)]
#[case::filtered(&["instance-types", "list", "--max-price", "1"], 8)]
#[case::available(&["instance-types", "list", "--available-only"], 8)]
#[case::regions(&["regions", "list", "--with-availability"], 5)]
fn what_is_requested_and_missing(#[case] args: &[&str], #[case] code: i32) {
    let sandbox = Sandbox::new().unwrap();
    let run = |options: &[&str], code: i32| {
        let args = [&["run", "aws"], args, options].concat();
        ended(sandbox.cloudhost(args).unwrap(), code)
    };
    let strict = run(&["--strict"], 5);
    assert_eq!(strict.stdout, "");
    assert!(
        !sandbox.out().join("Kconfig.ami.generated").exists(),
        "{strict}"
    );
    for words in [
        ": the catalog bundled in the plugin has none\n",
        "cloudhost credentials check aws\n",
        "or: leave out --strict\n",
    ] {
        assert!(strict.stderr.contains(words), "no {words} in {strict}");
    }
    let offline = run(&["--strict", "--offline"], 5);
    assert!(
        offline.stderr.contains("hint: leave out --offline\n"),
        "{offline}"
    );
    let loose = run(&[], code);
    assert!(
        loose
            .stderr
            .contains(": the catalog bundled in the plugin has none"),
        "{loose}"
    );
}

/// A list that is empty only because something is unknown says so, in the exit status too.
#[rstest]
#[case::price(&["--max-price", "1"], &["price"], "--max-price")]
#[case::capacity(&["--available-only"], &["capacity"], "--available-only")]
#[case::both(&["--available-only", "--max-price", "1"], &["price", "capacity"], "--available-only and --max-price")]
fn a_list_without_what_is_unknown(
    #[case] options: &[&str],
    #[case] unknown: &[&str],
    #[case] hint: &str,
) {
    let sandbox = Sandbox::new().unwrap();
    let args = [&["run", "aws", "instance-types", "list"], options].concat();
    let outcome = ended(sandbox.cloudhost(args).unwrap(), 8);
    assert_eq!(outcome.stdout.lines().count(), 1, "{outcome}");
    for what in unknown {
        let excluded = format!("the {what} of 1394 instance types is unknown: excluded");
        assert!(outcome.stderr.contains(&excluded), "{outcome}");
    }
    // AWS reports prices and no capacity: credentials bring the former alone.
    let prices = unknown.contains(&"price");
    let configure = outcome.stderr.contains("hint: aws configure\n");
    assert_eq!(configure, prices, "{outcome}");
    let before = if prices { "or" } else { "hint" };
    let hint = format!("{before}: list what is unknown too: leave out {hint}\n");
    assert!(outcome.stderr.ends_with(&hint), "{outcome}");
}

/// Without credentials, that is the cause; no filter is, and no new fetch would help.
#[rstest]
#[case::aws("aws", &[], "no prices and no capacity", "aws configure")]
#[case::any_capacity("aws", &["--allow-unknown-capacity"], "no prices", "aws configure")]
#[case::spot("aws", &["--market", "spot"], "no prices and no capacity", "aws configure")]
#[case::lambda("lambdalabs", &[], "no capacity", "cloudhost credentials set lambdalabs")]
#[case::offline("lambdalabs", &["--offline"], "no capacity", "leave out --offline")]
fn nothing_is_selected_without_credentials(
    #[case] provider: &str,
    #[case] options: &[&str],
    #[case] lacks: &str,
    #[case] hint: &str,
) {
    let sandbox = Sandbox::new().unwrap();
    let args = [&["run", provider, "smart-select"], options].concat();
    let outcome = ended(sandbox.cloudhost(args).unwrap(), 8);
    let cause = format!("the catalog bundled in the plugin has {lacks}\n");
    assert!(outcome.stderr.contains(&cause), "{outcome}");
    assert!(outcome.stderr.contains("caused by: none of "), "{outcome}");
    assert!(
        outcome.stderr.contains(&format!("hint: {hint}\n")),
        "{outcome}"
    );
    let allow = outcome.stderr.contains("or: select without known capacity");
    assert_eq!(allow, provider == "lambdalabs", "{outcome}");
    for wrong in ["--refresh", "--region", "relax"] {
        assert!(!outcome.stderr.contains(wrong), "{outcome}");
    }
}

/// Unknown capacity of all regions is unknown, not 0 regions.
#[test]
fn regions_of_unknown_capacity_are_not_counted() {
    let sandbox = Sandbox::new().unwrap();
    let run = |options: &[&str]| {
        let args = [
            "run",
            "lambdalabs",
            "smart-select",
            "--allow-unknown-capacity",
        ];
        let args = [&args[..], options].concat();
        ended(sandbox.cloudhost(args).unwrap(), 0)
    };
    let json = run(&["--explain", "--output", "json"]).json().unwrap();
    assert_eq!(json["available_regions"], Value::Null, "{json}");
    let why = &json["explanation"];
    assert_eq!(why["offers_known"], false, "{why}");
    assert_eq!(why["rows"][0]["capacity_regions"], Value::Null, "{why}");
    let table = run(&["--explain"]);
    let row = table.stdout.lines().nth(1).unwrap();
    assert_eq!(row.matches("unknown").count(), 3, "{table}");
}

/// Spot prices that are unknown do not mean that nothing is sold as spot.
#[test]
fn spot_of_unknown_prices() {
    let sandbox = Sandbox::new().unwrap();
    let args = ["run", "aws", "smart-select", "--market", "spot"];
    let outcome = ended(sandbox.cloudhost(args).unwrap(), 8);
    assert!(
        outcome.stderr.contains("without a known price"),
        "{outcome}"
    );
}

/// A filter that excludes what is known is named before credentials.
#[rstest]
#[case::capacity_needed(&[], "hint: relax the filters: change or leave out --max-price\n")]
#[case::any_capacity(&["--allow-unknown-capacity"], "hint: with --max-price 0.69 there is ")]
fn a_price_below_all(#[case] options: &[&str], #[case] hint: &str) {
    let sandbox = Sandbox::new().unwrap();
    let args = ["run", "lambdalabs", "smart-select", "--max-price", "0.01"];
    let args = [&args[..], options].concat();
    let outcome = ended(sandbox.cloudhost(args).unwrap(), 8);
    assert!(outcome.stderr.contains(hint), "{outcome}");
    let pairs = "pairs of instance type and region matches (where types are sold is unknown)";
    assert!(outcome.stderr.contains(pairs), "{outcome}");
}

/// Each command has the same status for nothing that matches.
#[rstest]
#[case::types(&["instance-types", "list"])]
#[case::prices(&["pricing", "list"])]
#[case::cheapest(&["instance-types", "get-cheapest", "--allow-unknown-capacity"])]
#[case::selected(&["smart-select", "--allow-unknown-capacity"])]
#[case::menus(&["generate-kconfig", "--output-dir", "out"])]
fn nothing_matches(#[case] args: &[&str]) {
    let sandbox = Sandbox::new().unwrap();
    let args = [&["run", "lambdalabs"], args, &["--min-vcpus", "100000"]].concat();
    ended(sandbox.cloudhost(args).unwrap(), 7);
}

/// A list that holds only what is unknown is not a list of nothing.
#[test]
fn a_price_that_is_unknown() {
    let sandbox = Sandbox::new().unwrap();
    let list = ["run", "lambdalabs", "pricing", "list", "--instance-type"];
    let run = |name: &str, code: i32| ended(sandbox.cloudhost(list).unwrap().arg(name), code);
    let unknown = run("cpu_4x_general", 8);
    let says = "the price of 1 instance type is unknown";
    assert!(unknown.stderr.contains(says), "{unknown}");
    // Names can be given in one option.
    let both = run("cpu_4x_general,gpu_1x_a10", 0);
    assert!(both.stderr.contains("1 price;"), "{both}");
}

/// The menus' default region is the one that commands prefer among equal ones.
#[rstest]
#[case::aws("aws", "us-east-1", &[])]
#[case::lambda("lambdalabs", "us-west-1", &[])]
#[case::of_the_user("aws", "eu-west-1", &[("AWS_REGION", "eu-west-1")])]
fn one_home_region(
    #[case] provider: &str,
    #[case] region: &str,
    #[case] variables: &[(&str, &str)],
) {
    let sandbox = Sandbox::new().unwrap();
    let run = |args: &[&str]| {
        let run = sandbox.cloudhost(args).unwrap();
        let set =
            |run: cloudhost_tests::Invocation, (name, value): &(&str, &str)| run.env(name, value);
        ended(variables.iter().fold(run, set), 0)
    };
    let value = run(&["kconfig-value", provider, "region"]);
    assert_eq!(value.stdout, format!("{region}\n"), "{value}");
    assert!(!value.stderr.contains("home region"), "{value}");
    if provider == "lambdalabs" {
        let args = [
            "run",
            provider,
            "smart-select",
            "--allow-unknown-capacity",
            "--output",
            "json",
        ];
        assert_eq!(run(&args).json().unwrap()["region"], region);
    }
    if variables.is_empty() {
        run(&["run", provider, "generate-kconfig", "--output-dir", "out"]);
        let location = sandbox.out().join("Kconfig.location.generated");
        let symbol = format!("TERRAFORM_{provider}_REGION_{region}");
        let symbol = symbol.replace('-', "_").to_uppercase();
        let menu = std::fs::read_to_string(location).unwrap();
        assert!(menu.contains(&format!("default {symbol}\n")), "{menu}");
    }
}

/// A home region that the catalog does not have is an error if it was given for this run; of a setting for all programs, the
/// manifest's takes its place, and both are named.
#[test]
fn a_home_region_that_is_none() {
    let sandbox = Sandbox::new().unwrap();
    let runs: [&[&str]; 2] = [
        &["kconfig-value", "aws", "region", "--offline"],
        &[
            "kconfig-value",
            "aws",
            "region",
            "--offline",
            "--mode",
            "cheapest",
        ],
    ];
    for args in runs {
        let run = |region: &str| {
            let run = sandbox.cloudhost(args).unwrap();
            run.arg("--set").arg(format!("home-region={region}"))
        };
        for region in ["us-eats-1", ""] {
            let refused = ended(run(region), 2);
            let says = format!("error: the catalog has no region {region:?}\n");
            assert!(refused.stderr.contains(&says), "{refused}");
            assert_eq!(refused.stdout, "");
        }
        assert_eq!(ended(run("eu-west-1"), 0).stdout, "eu-west-1\n");
        let run = sandbox.cloudhost(args).unwrap();
        let other = ended(run.env("AWS_REGION", "us-eats-1"), 0);
        assert_eq!(other.stdout, "us-east-1\n", "{other}");
        let says =
            "the catalog has no offer in the home region \"us-eats-1\": us-east-1 is preferred";
        assert!(closing(&other).contains(says), "{other}");
    }
}
