//! `cloudhost run aws generate-kconfig`, read by Kconfig's own readers and compared with boto3's data.

use cloudhost_tests::kconfig::Menu;
use cloudhost_tests::{Sandbox, Tree};

use crate::support::{closing, facts, generate, generated, proxy, url};

#[test]
fn every_machine_region_zone_and_image_can_be_selected() {
    let sandbox = generated();
    let menu = Menu::around(sandbox.path(), "out", &sandbox.path().join("top")).unwrap();
    let report = menu.check(facts()).unwrap();
    assert_eq!(report.problems, Vec::<String>::new());
    // moto's data set: the offered ones of 1,395 types for the two architectures, in 24 regions of one account.
    assert!(report.types > 1300, "{report:?}");
    assert!(report.families > 180, "{report:?}");
    assert_eq!(
        report.regions,
        facts().value()["zones"].as_object().unwrap().len()
    );
    assert!(report.zones > 60 && report.images > 30, "{report:?}");
}

#[test]
fn conf_reads_writes_and_reads_again() {
    let sandbox = generated();
    let menu = Menu::around(sandbox.path(), "out", &sandbox.path().join("top")).unwrap();
    let all = menu.conf("--alldefconfig", "all").unwrap();
    assert!(
        all.contains("CONFIG_TERRAFORM_AWS_INSTANCE_TYPE=\""),
        "{all}"
    );
    assert!(all.contains("CONFIG_TERRAFORM_AWS_REGION=\""), "{all}");

    // Another choice than the defaults survives the round trip through a minimal configuration.
    menu.write(
        "chosen",
        "CONFIG_TARGET_ARCH_ARM64=y\nCONFIG_TERRAFORM_AWS_REGION_EU_NORTH_1=y\n\
         CONFIG_TERRAFORM_AWS_INSTANCE_FAMILY_M6G=y\nCONFIG_TERRAFORM_AWS_INSTANCE_SIZE_M6G_4XLARGE=y\n",
    )
    .unwrap();
    let chosen = menu.conf("--olddefconfig", "chosen").unwrap();
    for line in [
        "CONFIG_TERRAFORM_AWS_REGION=\"eu-north-1\"",
        "CONFIG_TERRAFORM_AWS_INSTANCE_TYPE=\"m6g.4xlarge\"",
        "CONFIG_TERRAFORM_AWS_AMI_ARCH=\"arm64\"",
    ] {
        assert!(chosen.lines().any(|l| l == line), "no {line} in\n{chosen}");
    }
    menu.conf("--savedefconfig=minimal", "chosen").unwrap();
    assert!(menu.read("minimal").unwrap().lines().count() < 20);
    assert_eq!(menu.conf("--defconfig=minimal", "again").unwrap(), chosen);
}

#[test]
fn the_files_are_those_that_kdevops_sources() {
    let sandbox = generated();
    let tree = Tree::read(&sandbox.out()).unwrap();
    let files = tree.files();
    for name in ["compute", "location", "gpu-amis", "ami"] {
        assert!(
            files.contains(&format!("Kconfig.{name}.generated")),
            "{files:?}"
        );
    }
    assert!(
        files.contains(&"instance-types/Kconfig.m5.generated".to_owned()),
        "{files:?}"
    );
    let text = |name: &str| String::from_utf8(tree.bytes(name).unwrap().to_vec()).unwrap();
    let exported = |text: &str| {
        text.lines()
            .filter(|line| line.trim() == "output yaml")
            .count()
    };
    assert!(
        text("Kconfig.compute.generated")
            .contains("source \"out/instance-types/Kconfig.m5.generated\"")
    );
    assert!(exported(&text("Kconfig.location.generated")) >= 2);
    assert!(exported(&text("Kconfig.ami.generated")) >= 2);
}

#[test]
fn source_lines_have_the_prefix_that_was_asked_for() {
    let sandbox = generated();
    let args = ["--offline", "--source-prefix", "terraform/aws/kconfigs"];
    let outcome = generate(&sandbox, args, &url());
    assert_eq!(outcome.code, Some(0), "{outcome}");
    let text = std::fs::read_to_string(sandbox.out().join("Kconfig.compute.generated")).unwrap();
    assert!(text.contains("source \"terraform/aws/kconfigs/instance-types/Kconfig.m5.generated\""));
    assert!(!text.contains("source \"out/"));
}

#[test]
fn plain_files_need_nothing_around_them() {
    let sandbox = generated();
    let outcome = generate(&sandbox, ["--offline", "--dialect", "plain"], &url());
    assert_eq!(outcome.code, Some(0), "{outcome}");
    let tree = Tree::read(&sandbox.out()).unwrap();
    for file in tree
        .files()
        .iter()
        .filter(|file| file.starts_with("Kconfig"))
    {
        let text = String::from_utf8_lossy(tree.bytes(file).unwrap());
        assert!(!text.contains("output yaml"), "{file}");
    }
    let menu = Menu::bare(sandbox.path(), "out", &sandbox.path().join("top")).unwrap();
    let all = menu.conf("--alldefconfig", "all").unwrap();
    assert!(
        all.contains("CONFIG_TERRAFORM_AWS_INSTANCE_TYPE=\""),
        "{all}"
    );
    assert_eq!(menu.check(facts()).unwrap().problems, Vec::<String>::new());
}

#[test]
fn the_same_catalog_gives_the_same_bytes() {
    let (one, two) = (generated(), generated());
    std::fs::remove_dir_all(two.out()).unwrap();
    let outcome = generate(&two, ["--offline"], &url());
    assert_eq!(outcome.code, Some(0), "{outcome}");
    let generated = |sandbox: &Sandbox| {
        let tree = Tree::read(&sandbox.out()).unwrap();
        let files = tree
            .files()
            .into_iter()
            .filter(|file| file.ends_with(".generated"));
        files
            .map(|file| (tree.bytes(&file).unwrap().to_vec(), file))
            .collect::<Vec<_>>()
    };
    assert!(generated(&one) == generated(&two));
}

#[test]
fn the_closing_line_says_where_the_data_is_from_and_what_was_written() {
    let sandbox = Sandbox::new().unwrap();
    let proxy = proxy();
    let outcome = generate(&sandbox, [""; 0], &proxy.url());
    assert_eq!(outcome.code, Some(0), "{outcome}");
    let files = Tree::read(&sandbox.out()).unwrap().files();
    let written = files
        .iter()
        .filter(|file| file.ends_with(".generated"))
        .count();
    assert!(closing(&outcome).contains("queried the cloud"), "{outcome}");
    assert!(
        closing(&outcome).contains(&format!("{written} files written")),
        "{outcome}"
    );
    assert!(
        outcome.stderr.lines().count() == 1,
        "no progress without a terminal: {outcome}"
    );
}
