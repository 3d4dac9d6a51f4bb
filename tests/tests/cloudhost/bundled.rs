//! The bundled catalog: used and named if there are no credentials and no cached catalog, unless an option forbids it.

use std::time::Duration;

use cloudhost_tests::kconfig::Menu;
use cloudhost_tests::{Sandbox, Tree};
use rstest::rstest;

use crate::support::{ended, must_fail};

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
#[case::prices(&["pricing", "list"], 5)]
#[case::menus(&["generate-kconfig", "--output-dir", "out", "--prices"], 5)]
#[case::filtered(&["instance-types", "list", "--max-price", "1"], 8)]
#[case::available(&["instance-types", "list", "--available-only"], 8)]
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
    assert!(
        outcome.stderr.contains("hint: aws configure\n"),
        "{outcome}"
    );
    let hint = format!("or: list what is unknown too: leave out {hint}\n");
    assert!(outcome.stderr.ends_with(&hint), "{outcome}");
}

/// Without credentials, that is the cause; no filter is, and no new fetch would help.
#[rstest]
#[case::aws("aws", &[], "no prices and no capacity", "aws configure")]
#[case::any_capacity("aws", &["--allow-unknown-capacity"], "no prices and no capacity", "aws configure")]
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
