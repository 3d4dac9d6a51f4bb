//! Names of a cloud that a makefile, a shell or Ansible would act on, with the built-in plugins.

use std::process::Command;

use cloudhost_tests::{Fault, Match, Rule, Tree, program, python};
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

/// The same, as far as Ansible: the values of plain menus in the family of that type, which kconfig-frontends configures.
#[test]
fn ansible_templates_nothing_of_aws() {
    let sandbox = generated();
    let proxy = proxy();
    for action in ["DescribeInstanceTypes", "DescribeInstanceTypeOfferings"] {
        let replace = Fault::Replace("m5.large".to_owned(), TEMPLATE.to_owned());
        proxy.add(Rule::new(Match::any().action(action), replace));
    }
    let plain = ["--refresh", "--dialect", "plain", "--source-prefix", "."];
    let outcome = generate(&sandbox, plain, &proxy.url());
    assert_eq!(outcome.code, Some(5), "{outcome}");
    assert!(closing(&outcome).contains("lookup"), "{outcome}");
    let (out, config) = (sandbox.out(), sandbox.out().join(".config"));
    let family = "CONFIG_TARGET_ARCH_X86_64=y\nCONFIG_TERRAFORM_AWS_INSTANCE_FAMILY_M5=y\n";
    std::fs::write(&config, family).unwrap();
    let run = |command: &mut Command| {
        let output = command.current_dir(&out).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let mut conf = program::command("kconfig-conf").unwrap();
    run(conf.args(["--olddefconfig", "Kconfig"]));
    let config = std::fs::read_to_string(&config).unwrap();
    let machine = "CONFIG_TERRAFORM_AWS_INSTANCE_TYPE=\"m5.";
    assert!(config.contains(machine), "{config}");
    let printed = run(python::script("check_values.py").unwrap().arg(".config"));
    assert!(printed.ends_with(" values, 0 differ\n"), "{printed}");
    assert!(!out.join("P").exists());
}

/// Offers of odd names alone: where types are sold is unknown, which is not nowhere.
#[test]
fn offers_of_odd_names_alone_are_unknown() {
    let sandbox = generated();
    let proxy = proxy();
    let replace = Fault::Replace("<instanceType>".to_owned(), "<instanceType>; ".to_owned());
    let offerings = Match::any().action("DescribeInstanceTypeOfferings");
    proxy.add(Rule::new(offerings, replace));
    let list = [
        "--output",
        "json",
        "run",
        "aws",
        "--refresh",
        "regions",
        "list",
    ];
    let run = sandbox.cloudhost(list).unwrap().aws(&proxy.url());
    let outcome = run.run().unwrap();
    assert_eq!(outcome.code, Some(5), "{outcome}");
    assert!(closing(&outcome).contains("offers: left out"), "{outcome}");
    let json = outcome.json().unwrap();
    let regions = json["regions"].as_array().unwrap();
    assert!(
        regions.iter().all(|one| one["instance_types"].is_null()),
        "{json}"
    );
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
    for (which, value) in [("instance-type", "gpu_1x_a10\n"), ("region", "us-west-1\n")] {
        let run = lambda.command(&["kconfig-value", "lambdalabs", which]);
        assert_eq!(ended(run, 0).stdout, value);
    }
}
