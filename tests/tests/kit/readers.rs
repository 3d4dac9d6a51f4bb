//! The checker of menus finds the faults planted in a small tree.

use std::fs;
use std::path::PathBuf;

use cloudhost_tests::kconfig::{Menu, Report};
use cloudhost_tests::{Facts, Sandbox, Tree, workspace};
use rstest::rstest;

fn sample() -> PathBuf {
    workspace().join("tests/kconfig/sample")
}

/// Checks the sample with one text replaced in one of its files.
fn checked(file: &str, from: &str, to: &str) -> Report {
    let sandbox = Sandbox::new().unwrap();
    Tree::copy(&sample(), sandbox.path()).unwrap();
    let path = sandbox.path().join("gen").join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "nothing to replace in {file}");
    fs::write(&path, text.replace(from, to)).unwrap();
    let menu = Menu::around(sandbox.path(), "gen", &sandbox.path().join("top")).unwrap();
    menu.check(&Facts::read(sample().join("facts.json")).unwrap())
        .unwrap()
}

#[test]
fn a_good_tree_has_no_problems() {
    let report = checked("Kconfig.gpu-amis.generated", "No GPU", "No");
    assert_eq!(report.problems, Vec::<String>::new());
    assert_eq!((report.types, report.families), (3, 2));
    assert_eq!((report.regions, report.zones, report.images), (2, 3, 2));
}

#[rstest]
#[case::wrong_string(
    "Kconfig.compute.generated",
    "default \"m5.large\"",
    "default \"m5.largee\"",
    "'m5.largee' and not 'm5.large'"
)]
#[case::undefined_symbol(
    "Kconfig.compute.generated",
    "if TERRAFORM_AWS_INSTANCE_SIZE_M5_METAL",
    "if NOBODY",
    "undefined symbol NOBODY"
)]
#[case::metal_by_default(
    "instance-types/Kconfig.m5.generated",
    "default TERRAFORM_AWS_INSTANCE_SIZE_M5_LARGE",
    "default TERRAFORM_AWS_INSTANCE_SIZE_M5_METAL",
    "the default of m5 in us-east-1 is m5.metal"
)]
#[case::dead_family(
    "Kconfig.compute.generated",
    " && TERRAFORM_AWS_REGION_US_EAST_1",
    "",
    "FAMILY_M6G visible: True, sold in eu-north-1 (arm64): []"
)]
#[case::type_not_sold_here(
    "instance-types/Kconfig.m5.generated",
    "depends on TERRAFORM_AWS_REGION_US_EAST_1",
    "depends on y",
    "SIZE_M5_METAL visible: True in eu-north-1"
)]
#[case::missing_type(
    "instance-types/Kconfig.m6g.generated",
    "config TERRAFORM_AWS_INSTANCE_SIZE_M6G_LARGE",
    "config OTHER",
    "never selected (arm64): ['m6g.large']"
)]
#[case::wrong_region(
    "Kconfig.location.generated",
    "default \"eu-north-1\" if",
    "default \"us-east-1\" if",
    "TERRAFORM_AWS_REGION is 'us-east-1' and not 'eu-north-1'"
)]
#[case::zones_of_another(
    "Kconfig.location.generated",
    "if TERRAFORM_AWS_REGION_EU_NORTH_1\n\nchoice",
    "if y\n\nchoice",
    "zones of eu-north-1 can be selected in us-east-1"
)]
#[case::glob_too_wide(
    "Kconfig.ami.generated",
    "debian-13-amd64-2*",
    "debian-13-amd64-*",
    "also finds 'debian-13-amd64-daily-20260929-2616'"
)]
#[case::glob_finds_nothing(
    "Kconfig.ami.generated",
    "debian-13-arm64-2*",
    "debian-13-aarch64-*",
    "nothing of owner '136693071363' is named 'debian-13-aarch64-*'"
)]
#[case::wrong_owner(
    "Kconfig.ami.generated",
    "\"136693071363\"",
    "\"1\"",
    "nothing of owner '1'"
)]
#[case::wrong_architecture(
    "Kconfig.ami.generated",
    "default \"arm64\"",
    "default \"x86_64\"",
    "TERRAFORM_AWS_AMI_ARCH is 'x86_64' and not 'arm64'"
)]
fn a_fault_is_found(
    #[case] file: &str,
    #[case] from: &str,
    #[case] to: &str,
    #[case] expected: &str,
) {
    let report = checked(file, from, to);
    assert!(
        report.problems.iter().any(|p| p.contains(expected)),
        "{:#?}",
        report.problems
    );
}

#[test]
fn conf_reads_the_sample_and_rejects_a_broken_one() {
    let sandbox = Sandbox::new().unwrap();
    let menu = Menu::around(&sample(), "gen", sandbox.path()).unwrap();
    let config = menu.conf("--alldefconfig", ".config").unwrap();
    assert!(
        config.contains("CONFIG_TERRAFORM_AWS_INSTANCE_TYPE=\"m5.large\""),
        "{config}"
    );
    menu.write("gen/Kconfig.gpu-amis.generated", "endif\n")
        .unwrap();
    menu.conf("--alldefconfig", ".config").unwrap_err();
}
