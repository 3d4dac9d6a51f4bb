//! The bundled catalog: used and named if there are no credentials and no cached catalog, unless an option forbids it.

use std::time::Duration;

use cloudhost_tests::kconfig::Menu;
use cloudhost_tests::{Sandbox, Tree};
use rstest::rstest;

use crate::support::must_fail;

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
