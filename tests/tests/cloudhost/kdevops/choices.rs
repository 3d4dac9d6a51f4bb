//! Every choice that the tree has for Lambda Cloud, selected with kconfiglib.

use std::collections::BTreeSet;

use cloudhost_tests::{LAMBDA_KEY, LambdaContent, binary, python};
use rstest::rstest;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Checkout;

#[derive(Debug, Deserialize)]
struct Report {
    looked: usize,
    /// Architecture, selection mode, instance type, region.
    pairs: BTreeSet<[String; 4]>,
    problems: Vec<String>,
}

/// Returns the stand-in's content in the format of `check_kdevops.py`. Its arm64 types are those with a GH200.
fn facts(content: &LambdaContent) -> Value {
    let types = content.types.iter().map(|(name, item)| {
        let arch = if name.contains("gh200") {
            "arm64"
        } else {
            "x86_64"
        };
        let free = item["regions_with_capacity_available"].as_array().unwrap();
        let free: Vec<&Value> = free.iter().map(|region| &region["name"]).collect();
        (name.clone(), json!({ "arch": arch, "free": free }))
    });
    let types = Value::Object(types.collect());
    json!({ "types": types, "regions": [] })
}

fn as_it_is(_: &mut LambdaContent) {}

fn sold_out(content: &mut LambdaContent) {
    let names: Vec<String> = content.types.keys().cloned().collect();
    for name in names {
        content.capacity(&name, &[]);
    }
}

fn of_tomorrow(content: &mut LambdaContent) {
    content.capacity("gpu_1x_r300", &["mars-north-1"]);
    content.price("gpu_1x_r300", Some(1.into()));
}

fn only_arm64(content: &mut LambdaContent) {
    sold_out(content);
    content.capacity("gpu_1x_gh200", &["us-east-3"]);
}

/// A reader without `$(shell,..)` would take the text of a command for a value.
#[test]
fn a_reader_without_shell_is_refused() {
    let checkout = Checkout::new();
    checkout.made(&["cloud-config-lambdalabs", "CLOUDHOST_SMART=shell"]);
    let outcome = checkout.make(&["alldefconfig"]);
    assert_eq!(outcome.code, Some(2), "{outcome}");
    let says = "kconfig-conf does not support $(shell,..)";
    assert!(outcome.stderr.contains(says), "{outcome}");
    checkout.made(&["cloud-config-lambdalabs"]);
    checkout.made(&["alldefconfig"]);
}

#[rstest]
#[case::as_it_is(as_it_is, "values", &["gpu_1x_a10", "gpu_1x_gh200"])]
#[case::sold_out(sold_out, "values", &[])]
#[case::of_tomorrow(of_tomorrow, "values", &["gpu_1x_r300", "gpu_1x_gh200"])]
#[case::only_arm64(only_arm64, "values", &["gpu_1x_gh200"])]
#[case::asked_by_the_reader(as_it_is, "shell", &["gpu_1x_a10", "gpu_1x_gh200"])]
#[case::of_tomorrow_asked_by_the_reader(of_tomorrow, "shell", &["gpu_1x_r300", "gpu_1x_gh200"])]
fn every_choice_gives_a_machine_and_its_region(
    #[case] change: fn(&mut LambdaContent),
    #[case] smart: &str,
    #[case] cheapest: &[&str],
) {
    let checkout = Checkout::new();
    let mut cloud = json!(null);
    checkout.lambda.content(|content| {
        change(content);
        cloud = facts(content);
    });
    let smart = format!("CLOUDHOST_SMART={smart}");
    checkout.made(&["cloud-config-lambdalabs", &smart]);
    checkout.made(&["kconfig-copy", &smart]);
    let menu = std::fs::read_to_string(checkout.path(super::FILES[4])).unwrap();
    let regions = menu
        .lines()
        .filter_map(|line| line.trim().strip_prefix("bool \""));
    let regions: BTreeSet<&str> = regions.filter_map(|line| line.split(' ').next()).collect();
    cloud["regions"] = json!(regions);
    let path = checkout.sandbox.path().join("facts.json");
    std::fs::write(&path, cloud.to_string()).unwrap();

    // `$(shell,..)` runs in the reader, as it would under make.
    let output = python::script("check_kdevops.py")
        .unwrap()
        .args([checkout.path(".kconfig"), path])
        .env("HOME", checkout.sandbox.home())
        .env("CLOUDHOST_CACHE_DIR", checkout.sandbox.cache())
        .env(
            "CLOUDHOST_SEAL_FILE",
            checkout.sandbox.path().join("secret"),
        )
        .env("CLOUDHOST", binary())
        .env("CLOUDHOST_FLAGS", checkout.flags())
        .env("LAMBDALABS_API_KEY", LAMBDA_KEY)
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    assert_eq!(checkout.lambda.paths(), ["/instance-types"]);
    let report: Report = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report.problems, [""; 0], "{report:?}");
    assert!(report.looked > 10, "{report:?}");
    let found = report
        .pairs
        .iter()
        .filter(|pair| pair[1] == "REGION_SMART_CHEAPEST");
    let found: BTreeSet<&str> = found.map(|pair| pair[2].as_str()).collect();
    assert_eq!(found, cheapest.iter().copied().collect(), "{report:?}");
}
