//! The lists, compared with boto3's data from the same AWS.

use std::collections::BTreeSet;

use cloudhost_tests::{Outcome, python};
use rstest::rstest;
use serde_json::Value;

use crate::support::{facts, generated, url};

fn list(args: &[&str]) -> Outcome {
    let sandbox = generated();
    let run = sandbox
        .cloudhost(["--output", "json", "run", "aws"])
        .unwrap();
    let run = args
        .iter()
        .fold(run, |run, arg| run.arg(arg))
        .arg("--offline")
        .aws(&url());
    let outcome = run.run().unwrap();
    assert_eq!(outcome.code, Some(0), "{outcome}");
    outcome
}

fn names(list: &Value) -> BTreeSet<&str> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|item| item["name"].as_str().unwrap())
        .collect()
}

fn keys(object: &Value) -> BTreeSet<&str> {
    object
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

#[test]
fn instance_types_are_those_of_the_cloud() {
    let json = list(&["instance-types", "list"]).json().unwrap();
    assert_eq!(json["provider"], "aws");
    assert_eq!(json["catalog"]["source"], "live");
    assert!(json["catalog"]["age_seconds"].as_u64().unwrap() < 3600);
    assert!(
        json["catalog"]["fetched_at"]
            .as_str()
            .unwrap()
            .ends_with('Z')
    );
    assert_eq!(json["missing"].as_array().unwrap().len(), 0);
    let types = &facts().value()["types"];
    assert!(names(&json["instance_types"]).is_subset(&keys(types)));
    for item in json["instance_types"].as_array().unwrap() {
        let name = item["name"].as_str().unwrap();
        let truth = &types[name];
        assert_eq!(item["vcpus"], truth["VCpuInfo"]["DefaultVCpus"], "{name}");
        assert_eq!(
            item["memory_mib"], truth["MemoryInfo"]["SizeInMiB"],
            "{name}"
        );
        assert_eq!(item["bare_metal"], truth["BareMetal"], "{name}");
        assert_eq!(
            item["burstable"], truth["BurstablePerformanceSupported"],
            "{name}"
        );
        assert_eq!(item["free_tier"], truth["FreeTierEligible"], "{name}");
        assert_eq!(
            item["network"], truth["NetworkInfo"]["NetworkPerformance"],
            "{name}"
        );
        let gpus = truth["GpuInfo"]["Gpus"].as_array().map_or(0, Vec::len);
        let shown = item["accelerators"].as_array().unwrap();
        assert_eq!(
            shown.iter().filter(|a| a["kind"] == "gpu").count(),
            gpus,
            "{name}"
        );
    }
    let sold: BTreeSet<&str> = facts().value()["offers"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|names| {
            names
                .as_array()
                .unwrap()
                .iter()
                .map(|name| name.as_str().unwrap())
        })
        .collect();
    assert!(names(&json["instance_types"]).is_superset(&sold));
}

#[test]
fn regions_and_zones_are_those_of_the_cloud() {
    let json = list(&["regions", "list"]).json().unwrap();
    let zones = &facts().value()["zones"];
    assert_eq!(names(&json["regions"]), keys(zones));
    for region in json["regions"].as_array().unwrap() {
        let truth: BTreeSet<&str> = zones[region["name"].as_str().unwrap()]
            .as_array()
            .unwrap()
            .iter()
            .map(|zone| zone.as_str().unwrap())
            .collect();
        assert_eq!(names(&region["zones"]), truth, "{region}");
    }
}

#[test]
fn images_are_the_newest_of_each_release_and_no_decoys() {
    let json = list(&["images", "list"]).json().unwrap();
    let images = json["images"].as_array().unwrap();
    let truth = facts().value()["images"].as_array().unwrap();
    let mut seen = BTreeSet::new();
    for image in images {
        let real = truth
            .iter()
            .find(|real| real["ImageId"] == image["id"])
            .unwrap();
        assert_eq!(real["Name"], image["name"]);
        let description = real["Description"].as_str().unwrap();
        assert!(!description.starts_with("decoy"), "{image}: {description}");
        let key = [
            &image["distribution"],
            &image["release"],
            &image["architecture"],
            &image["name_glob"],
        ];
        assert!(seen.insert(key.map(Value::to_string)), "twice: {image}");
    }
    let distributions: BTreeSet<&str> = images
        .iter()
        .map(|image| image["distribution"].as_str().unwrap())
        .collect();
    assert!(distributions.len() >= 10, "{distributions:?}");
    for newest in [
        "debian-13-amd64-20260911-2598",
        "debian-13-arm64-20260911-2598",
        "CentOS Stream 10 x86_64 20260825",
    ] {
        assert!(
            images.iter().any(|image| image["name"] == newest),
            "{newest}"
        );
    }
    assert!(images.iter().any(|image| image["gpu"] == true));
}

#[rstest]
#[case::family(&["--family", "m5"], |t: &Value| t["family"] == "m5", 9)]
#[case::families(&["--family", "m5", "--family", "c5"], |t: &Value| t["family"] == "m5" || t["family"] == "c5", 18)]
#[case::gpu(&["--gpu"], |t: &Value| t["accelerators"].as_array().unwrap().iter().any(|a| a["kind"] == "gpu"), 60)]
#[case::vcpus(&["--min-vcpus", "96"], |t: &Value| t["vcpus"].as_u64().unwrap() >= 96, 100)]
#[case::arch(&["--arch", "arm64"], |t: &Value| t["architectures"].as_array().unwrap().iter().any(|a| a == "arm64"), 400)]
fn filters_keep_what_fits_and_all_of_it(
    #[case] args: &[&str],
    #[case] fits: fn(&Value) -> bool,
    #[case] at_least: usize,
) {
    let all = list(&["instance-types", "list"]).json().unwrap();
    let some = list(&[&["instance-types", "list"], args].concat())
        .json()
        .unwrap();
    let expected: Vec<&Value> = all["instance_types"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|t| fits(t))
        .collect();
    let found: Vec<&Value> = some["instance_types"].as_array().unwrap().iter().collect();
    assert!(found.len() >= at_least, "{}", found.len());
    assert!(
        found == expected,
        "{} and not {}",
        found.len(),
        expected.len()
    );
}

#[test]
fn a_region_keeps_what_it_sells() {
    let json = list(&["instance-types", "list", "--region", "eu-north-1"])
        .json()
        .unwrap();
    let offers = facts().value()["offers"]["eu-north-1"].as_array().unwrap();
    assert_eq!(
        names(&json["instance_types"]),
        offers.iter().map(|name| name.as_str().unwrap()).collect()
    );
}

#[test]
fn yaml_says_what_json_says() {
    let sandbox = generated();
    let shown = |format: &str| {
        let args = [
            "--output",
            format,
            "run",
            "aws",
            "regions",
            "list",
            "--offline",
        ];
        sandbox.cloudhost(args).unwrap().aws(&url()).run().unwrap()
    };
    let mut json = shown("json").json().unwrap();
    let script = "import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.argv[1])))";
    let mut python = python::command().unwrap();
    let read = python.args(["-c", script, &shown("yaml").stdout]).output();
    let mut yaml: Value = serde_json::from_slice(&read.unwrap().stdout).unwrap();
    for value in [&mut json, &mut yaml] {
        value["catalog"]["age_seconds"] = Value::Null;
    }
    assert_eq!(json, yaml);
}
