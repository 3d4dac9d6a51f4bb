//! Names of a cloud that a makefile, a shell or Ansible would act on, with the built-in plugins.

use cloudhost_tests::{Fault, Match, Rule, Tree};
use serde_json::json;

use crate::support::{Lambda, closing, ended, generate, generated, proxy};

const TEMPLATE: &str = "{{ lookup('pipe','touch P') }}.large";
const RECIPE: &str = "here; touch P";

fn holds_none(tree: &Tree, names: &[&str]) {
    for file in tree.files() {
        let text = String::from_utf8_lossy(tree.bytes(&file).unwrap()).into_owned();
        for name in names {
            assert!(!text.contains(name), "{name} is in {file}");
        }
    }
}

/// EC2 answers with a type that Ansible would run.
#[test]
fn a_type_of_aws_is_left_out_and_named() {
    let sandbox = generated();
    let proxy = proxy();
    for action in ["DescribeInstanceTypes", "DescribeInstanceTypeOfferings"] {
        let replace = Fault::Replace("m5.large".to_owned(), TEMPLATE.to_owned());
        proxy.add(Rule::new(Match::any().action(action), replace));
    }
    let outcome = generate(&sandbox, ["--refresh"], &proxy.url());
    assert_eq!(outcome.code, Some(5), "{outcome}");
    let gap = format!("instance-types: left out {TEMPLATE:?}: the name has a character other than");
    assert!(closing(&outcome).contains(&gap), "{outcome}");
    let tree = Tree::read(&sandbox.out()).unwrap();
    holds_none(&tree, &["lookup", "m5.large"]);
    let family = std::fs::read_to_string(sandbox.out().join("instance-types/Kconfig.m5.generated"));
    assert!(family.unwrap().contains("default \"m5.xlarge\""));
    let strict = generate(&sandbox, ["--refresh", "--strict"], &proxy.url());
    assert_eq!(strict.code, Some(5), "{strict}");
    assert_eq!(Tree::read(&sandbox.out()).unwrap(), tree, "files changed");
}

/// Lambda answers with a region and a type that make would run; the other names are used.
#[test]
fn names_of_lambda_are_left_out_of_menus_and_values() {
    let lambda = Lambda::new();
    lambda.cloud.content(|content| {
        let bad = json!({"name": RECIPE, "description": RECIPE});
        content.regions.push(bad);
        // The cheapest, and alone in its region.
        content.capacity("gpu_1x_a10; touch P", &["us-east-1"]);
        content.price("gpu_1x_a10; touch P", Some(1.into()));
        content.capacity("gpu_1x_rtx6000", &[RECIPE]);
    });
    let outcome = lambda.ask(&["generate-kconfig", "--output-dir", "out"], 5);
    for name in ["gpu_1x_a10; touch P", RECIPE] {
        assert!(closing(&outcome).contains(name), "{outcome}");
    }
    holds_none(&Tree::read(&lambda.sandbox.out()).unwrap(), &["touch"]);
    let regions = lambda.ask(&["regions", "list"], 5);
    assert!(closing(&regions).contains(RECIPE), "{regions}");
    assert!(!regions.stdout.contains("touch"), "{regions}");
    for (which, value) in [("instance-type", "gpu_1x_a10\n"), ("region", "us-east-1\n")] {
        let run = lambda.command(&["kconfig-value", "lambdalabs", which]);
        assert_eq!(ended(run, 0).stdout, value);
    }
}
