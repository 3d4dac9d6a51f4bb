//! Lists, prices and menus of the examples.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use cloudhost_tests::{PAGED_TOKEN, python};
use rstest::rstest;
use serde_json::{Value, json};

use super::{DIGITALOCEAN, Example, Facts, HETZNER, ended};
use crate::support::{closing, named, row};

#[test]
fn types_of_hetzner_on_all_pages() {
    let example = Example::new(HETZNER);
    let list = example.json(&["instance-types", "list", "--prices"], 0);
    assert_eq!(list["provider"], "hetzner");
    let types = &list["instance_types"];
    assert_eq!(types.as_array().unwrap().len(), 7);
    let cax11 = named(types, "cax11");
    assert_eq!(cax11["architectures"], json!(["arm64"]));
    assert_eq!(
        (&cax11["vcpus"], &cax11["memory_mib"]),
        (&json!(2), &json!(4096))
    );
    assert_eq!(cax11["available_regions"], 1);
    let price = &cax11["prices_per_hour"]["fsn1"];
    assert_eq!(
        (&price["nanos"], &price["currency"]),
        (&json!(6_100_000), &json!("EUR"))
    );
    assert_eq!(named(types, "cpx11")["current_generation"], false);
    let mut requests = example.cloud.asked();
    requests.sort();
    let expected = [
        "/locations?per_page=50",
        "/locations?per_page=50&page=2",
        "/pricing",
        "/server_types?per_page=50",
        "/server_types?per_page=50&page=2",
        "/server_types?per_page=50&page=3",
    ];
    assert_eq!(requests, expected);
}

#[test]
fn types_of_digitalocean_on_all_pages() {
    let example = Example::new(DIGITALOCEAN);
    let list = example.json(&["instance-types", "list"], 0);
    let types = &list["instance_types"];
    assert_eq!(types.as_array().unwrap().len(), 8);
    let price =
        |name: &str, region: &str| named(types, name)["prices_per_hour"][region]["nanos"].clone();
    assert_eq!(price("s-1vcpu-512mb-10gb", "fra1"), 5_950_000);
    // The response has 0.041670000180602074, of which four digits are significant.
    assert_eq!(price("s-2vcpu-4gb-intel", "nyc3"), 41_670_000);
    let gpu = named(types, "gpu-h100x1-80gb");
    let found = &gpu["accelerators"][0];
    assert_eq!(
        (&found["name"], &found["manufacturer"]),
        (&json!("H100"), &json!("NVIDIA"))
    );
    assert_eq!(found["memory_mib"], 80 * 1024);
    let eight = &named(types, "gpu-h100x8-640gb")["accelerators"][0];
    assert_eq!(
        (&eight["count"], &eight["memory_mib"]),
        (&json!(8), &Value::Null)
    );
    // One that is available nowhere, and one that is offered in a closed region.
    assert_eq!(named(types, "m-2vcpu-16gb")["available_regions"], 0);
    assert_eq!(named(types, "s-1vcpu-1gb")["available_regions"], 4);
    let mut requests = example.cloud.asked();
    requests.sort();
    let expected = [
        "/regions?per_page=200",
        "/regions?per_page=200&page=2",
        "/sizes?per_page=200",
        "/sizes?per_page=200&page=2",
        "/sizes?per_page=200&page=3",
    ];
    assert_eq!(requests, expected);
}

#[rstest]
#[case::hetzner(HETZNER, "ash", "Ashburn, VA, US", 4)]
#[case::digitalocean(DIGITALOCEAN, "nyc3", "New York 3", 6)]
fn regions_and_images(
    #[case] of: Facts,
    #[case] region: &str,
    #[case] description: &str,
    #[case] types: u32,
) {
    let example = Example::new(of);
    let list = example.json(&["regions", "list", "--with-availability"], 0);
    let regions = &list["regions"];
    assert_eq!(regions.as_array().unwrap().len(), 5);
    let found = named(regions, region);
    assert_eq!(found["description"], description);
    assert_eq!(found["instance_types"], types);

    let images = example.json(&["images", "list"], 0);
    let images = images["images"].as_array().unwrap().iter();
    let found: Vec<String> = images
        .filter(|image| image["region"] == region)
        .map(|i| {
            format!(
                "{} {} {}",
                i["distribution"], i["release"], i["architecture"]
            )
            .replace('"', "")
        })
        .collect();
    let debian = "debian 13 x86_64".to_owned();
    assert!(found.contains(&debian), "{found:?}");
    assert_eq!(found.len(), 4, "{found:?}");
    assert!(
        !found.iter().any(|one| one.contains("debian 11")),
        "{found:?}"
    );
}

#[rstest]
#[case::hetzner(HETZNER, "ccx13", "0.02 EUR")]
#[case::digitalocean(DIGITALOCEAN, "c-2", "$0.0625")]
fn prices_and_the_cheapest(#[case] of: Facts, #[case] name: &str, #[case] price: &str) {
    let example = Example::new(of);
    let table = example.ask(&["pricing", "list"], 0);
    assert!(row(&table, name).contains(price), "{table}");
    let cheapest = example.json(&["instance-types", "get-cheapest", "--min-vcpus", "2"], 0);
    let expected = match of.name {
        "hetzner" => "cx23",
        _ => "s-2vcpu-4gb-intel",
    };
    assert_eq!(cheapest["instance_type"], expected);
}

/// Menus offer exactly the regions, and in each the types that are sold there. The default is the cheapest that is not
/// known to be unavailable; in sgp1 all are.
#[rstest]
#[case::hetzner(HETZNER, "server_types", 21, &[
    ("ash", "cpx11"), ("fsn1", "cx23"), ("hel1", "cpx22"), ("nbg1", "cx23"), ("sin", "cpx11"),
])]
#[case::digitalocean(DIGITALOCEAN, "sizes", 19, &[
    ("ams3", "s-1vcpu-512mb-10gb"), ("fra1", "s-1vcpu-512mb-10gb"), ("nyc3", "s-1vcpu-512mb-10gb"),
    ("sgp1", "s-1vcpu-512mb-10gb"), ("tor1", "s-1vcpu-1gb"),
])]
fn menus(
    #[case] of: Facts,
    #[case] types: &str,
    #[case] number: u32,
    #[case] defaults: &[(&str, &str)],
) {
    let example = Example::new(of);
    for dialect in ["kdevops", "plain"] {
        let args = [
            "generate-kconfig",
            "--output-dir",
            "out",
            "--dialect",
            dialect,
        ];
        example.ask(&args, 0);
        let menu =
            fs::read_to_string(example.sandbox.out().join("Kconfig.compute.generated")).unwrap();
        assert_eq!(menu.contains("output yaml"), dialect == "kdevops");
        let root = fs::read_to_string(example.sandbox.out().join("Kconfig"));
        let root = root.is_ok_and(|text| text.contains("source \"out/Kconfig.compute.generated\""));
        assert_eq!(root, dialect == "plain");
        // A prompt has only what holds in all regions of a type.
        let (same, differs) = match of.name {
            "hetzner" => ("bool \"cx23 (0.0056 EUR/hr)\"", "bool \"cpx22\""),
            _ => (
                "bool \"c-2 (\\$0.0625/hr) [AVAILABLE]\"",
                "bool \"s-1vcpu-1gb (\\$0.00893/hr)\"",
            ),
        };
        assert!(menu.contains(same) && menu.contains(differs), "{menu}");
        // Only kdevops' own reader knows `output yaml`, kconfiglib does not.
        let read = example.sandbox.path().join("Kconfig");
        fs::write(&read, menu.replace("\toutput yaml\n", "")).unwrap();
        let facts = example.sandbox.path().join("facts.json");
        let mut known = sold(&example, types);
        let pairs = defaults.iter().map(|(region, name)| (*region, *name));
        known["defaults"] = pairs.collect();
        fs::write(&facts, known.to_string()).unwrap();
        let report = python::run("check_menus.py", [&read, &facts]).unwrap();
        let report: Value = serde_json::from_str(&report).unwrap();
        assert_eq!(report, json!({"pairs": number, "problems": []}), "{menu}");
    }
}

/// Returns the regions of each type of the stand-in, in the format of `check_menus.py`.
fn sold(example: &Example, types: &str) -> Value {
    let data = example.cloud.data();
    let list = |name: &str| data[name].as_array().unwrap().clone();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let (key, places) = match example.of.name {
        "hetzner" => ("name", "locations"),
        _ => ("slug", "regions"),
    };
    let names = |row: &Value| -> Vec<String> {
        let all = row[places].as_array().unwrap().iter();
        all.map(|at| text(at.get("name").unwrap_or(at))).collect()
    };
    let sold: BTreeMap<String, Vec<String>> = list(types)
        .iter()
        .map(|row| (text(&row[key]), names(row)))
        .collect();
    let regions: Vec<String> = list(places).iter().map(|row| text(&row[key])).collect();
    let prefix = format!("TERRAFORM_{}", example.of.name.to_uppercase());
    json!({"prefix": prefix, "sold": sold, "regions": regions})
}

/// Credentials of a plugin that the user has not agreed to are named, with what to do.
#[test]
fn a_credential_of_a_plugin_from_elsewhere() {
    let example = Example::new(HETZNER);
    let other = example.sandbox.path().join("other");
    fs::write(&other, [7; 32]).unwrap();
    fs::set_permissions(&other, fs::Permissions::from_mode(0o600)).unwrap();
    let run = |args: &[&str], code: i32| {
        let run = example.sandbox.cloudhost(args).unwrap();
        ended(run.env("CLOUDHOST_SEAL_FILE", &other), code)
    };
    let list = run(&["credentials", "list", "--output", "json"], 5);
    let says = "credentials of the plugin hetzner (hetzner): it does not run";
    assert!(closing(&list).contains(says), "{list}");
    let missing = list.json().unwrap()["missing"].to_string();
    assert!(missing.contains(says), "{missing}");
    let set = run(&["-q", "credentials", "set", "hetzner"], 9);
    let says = "error: grant.needed: hetzner does not run: ";
    assert!(set.stderr.contains(says), "{set}");
    assert!(set.stderr.contains("plugin install "), "{set}");
}

/// A token stored by `credentials set`, as users do it. The cloud then names its owner.
#[rstest]
#[case::hetzner(HETZNER, None)]
#[case::digitalocean(DIGITALOCEAN, Some("sammy@example.com"))]
fn a_token_that_was_stored(#[case] of: Facts, #[case] principal: Option<&str>) {
    let example = Example::new(of);
    let none = ended(example.command(&["run", of.name, "regions", "list"]), 3);
    let hint = format!("hint: cloudhost credentials set {}", of.name);
    assert!(none.stderr.contains(&hint), "{none}");
    assert_eq!(example.cloud.asked(), [""; 0]);
    let list = ["credentials", "list", "--output", "json"];
    let list = ended(example.sandbox.cloudhost(list).unwrap(), 0)
        .json()
        .unwrap();
    let own = named(&list["credentials"], of.name);
    assert_eq!(own["source"], Value::Null, "{list}");

    let set = example
        .sandbox
        .cloudhost(["credentials", "set", of.name])
        .unwrap();
    let set =
        set.env("INPUT", PAGED_TOKEN)
            .under(["sh", "-c", "printf %s \"$INPUT\" | \"$@\"", "sh"]);
    ended(set, 0);
    let test = ["credentials", "test", of.name, "--output", "json"];
    let found = ended(example.command(&test), 0).json().unwrap();
    assert_eq!(found["principal"].as_str(), principal, "{found}");
    ended(example.command(&["run", of.name, "regions", "list"]), 0);
}
