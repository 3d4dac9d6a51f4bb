//! Values of `.config` after each defconfig, with and without clouds.

use rstest::rstest;

use super::{Checkout, FILES};

#[rstest]
#[case("aws-gpu-p5-48xlarge", "AWS", "us-east-1", "p5.48xlarge")]
#[case("aws-gpu-g5-xlarge", "AWS", "us-east-1", "g5.xlarge")]
#[case(
    "lambdalabs-gpu-8x-h100",
    "LAMBDALABS",
    "us-west-1",
    "gpu_8x_h100_sxm5"
)]
#[case("lambdalabs-smart", "LAMBDALABS", "us-west-1", "gpu_1x_a10")]
#[case(
    "lambdalabs-smart-h100-or-less",
    "LAMBDALABS",
    "us-west-1",
    "gpu_1x_a100_sxm4"
)]
fn a_defconfig_gives_its_machine(
    #[case] name: &str,
    #[case] provider: &str,
    #[case] region: &str,
    #[case] machine: &str,
) {
    let checkout = Checkout::new();
    let outcome = checkout.made(&[&format!("defconfig-{name}")]);
    let strings = || {
        let value = |what: &str| checkout.value(&format!("{provider}_{what}"));
        [value("REGION"), value("INSTANCE_TYPE")].map(Option::unwrap_or_default)
    };
    assert_eq!(strings(), [region, machine], "{outcome}");
    assert!(!outcome.stderr.contains("warning"), "{outcome}");
    checkout.made(&["olddefconfig"]);
    assert_eq!(strings(), [region, machine]);
    if provider == "AWS" {
        assert!(checkout.lambda.paths().is_empty());
    } else {
        assert_eq!(checkout.lambda.paths(), ["/instance-types"]);
        assert!(checkout.aws.exchanges().is_empty());
    }
}

#[rstest]
fn a_fresh_checkout_needs_no_key_and_no_network(
    #[values(
        "aws-gpu-p5-48xlarge",
        "aws-gpu-g5-xlarge",
        "lambdalabs-gpu-8x-h100",
        "lambdalabs-smart",
        "lambdalabs-smart-h100-or-less"
    )]
    name: &str,
) {
    let checkout = Checkout::new();
    let outcome = checkout.offline(&[&format!("defconfig-{name}")]);
    assert_eq!(outcome.code, Some(0), "{outcome}");
    assert_eq!(checkout.generated(), FILES, "{outcome}");
    let unknown = "lambdalabs: capacity is unknown: smart choices may have none";
    assert!(outcome.stderr.contains(unknown), "{outcome}");
    let provider = if name.starts_with("aws") {
        "AWS"
    } else {
        "LAMBDALABS"
    };
    for what in ["REGION", "INSTANCE_TYPE"] {
        let value = checkout.value(&format!("{provider}_{what}"));
        assert!(
            value.is_some_and(|value| !value.is_empty()),
            "{what}: {outcome}"
        );
    }
}

#[rstest]
#[case::cheapest("lambdalabs-smart")]
#[case::tier_without_such_a_machine("lambdalabs-smart-h100-or-less")]
#[case::by_hand("lambdalabs-gpu-8x-h100")]
fn the_other_architecture_has_its_own_machine(#[case] name: &str) {
    let checkout = Checkout::new();
    let mut text = std::fs::read_to_string(checkout.path("defconfigs").join(name)).unwrap();
    text.push_str("CONFIG_TARGET_ARCH_ARM64=y\n");
    std::fs::write(checkout.path(".config"), text).unwrap();
    checkout.made(&["olddefconfig"]);
    let value = |what: &str| checkout.value(&format!("LAMBDALABS_{what}"));
    assert_eq!(value("INSTANCE_TYPE").as_deref(), Some("gpu_1x_gh200"));
    assert_eq!(value("REGION").as_deref(), Some("us-east-3"));
}

#[test]
fn all_defaults_are_whole() {
    let checkout = Checkout::new();
    checkout.made(&["alldefconfig"]);
    assert!(checkout.value("AWS_INSTANCE_TYPE").is_some());
    assert!(checkout.value("AWS_REGION").is_some());
    assert!(checkout.lambda.paths().is_empty() && checkout.aws.exchanges().is_empty());
}

#[test]
fn without_cloudhost_the_rest_of_the_tree_loads() {
    let checkout = Checkout::new();
    let run = checkout
        .run(&["olddefconfig"])
        .env("CLOUDHOST", "cloudhost-is-not-here");
    let outcome = run.run().unwrap();
    assert_eq!(outcome.code, Some(0), "{outcome}");
    assert!(outcome.stderr.contains("the menus are empty"), "{outcome}");
    // The menus are generated as soon as it is there.
    checkout.made(&["olddefconfig"]);
    assert_eq!(checkout.generated(), FILES);
}

#[test]
fn the_help_names_every_target() {
    let text = Checkout::new().made(&["help"]).stdout;
    for target in [
        "cloud-config ",
        "cloud-config-PROVIDER",
        "cloud-update ",
        "cloud-update-PROVIDER",
        "clean-cloud-config ",
        "clean-cloud-config-PROVIDER",
        "cloud-bill, cloud-bill-aws",
        "cloud-list-all",
        "defconfig-NAME",
    ] {
        assert!(text.contains(target), "no {target} in {text}");
    }
}
