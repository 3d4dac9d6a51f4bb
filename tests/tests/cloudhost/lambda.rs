//! Lambda Cloud with a key: lists, prices, capacity, menus, and the number of requests for them.

use std::time::Duration;

use jiff::SignedDuration;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{Lambda, closing, ended, named, row};

const MINUTE: i64 = 60;

fn names(list: &Value) -> Vec<&str> {
    let items = list.as_array().unwrap().iter();
    items.map(|item| item["name"].as_str().unwrap()).collect()
}

#[test]
fn machine_types_have_the_fields_that_kdevops_reads() {
    let lambda = Lambda::new();
    let json = lambda.json(&["instance-types", "list"], 0);
    assert_eq!(json["provider"], "lambdalabs");
    assert_eq!(json["catalog"]["source"], "live");
    let list = &json["instance_types"];
    assert_eq!(list.as_array().unwrap().len(), 7);
    for (name, price, specs, available) in [
        ("cpu_4x_general", "$0.20", "4 vCPUs, 16 GiB", 0),
        ("gpu_1x_a10", "$0.75", "1x NVIDIA A10 (24 GiB)", 2),
        ("gpu_1x_gh200", "$1.49", "1x NVIDIA GH200 (96 GiB)", 1),
        ("gpu_1x_rtx6000", "$0.50", "1x NVIDIA RTX 6000 (24 GiB)", 0),
        ("gpu_8x_h100_sxm5", "$23.92", "8x NVIDIA H100 (80 GiB)", 1),
    ] {
        let item = named(list, name);
        let shown = ["price_per_hour", "specs", "available_regions"].map(|field| &item[field]);
        assert_eq!(
            shown,
            [&json!(price), &json!(specs), &json!(available)],
            "{name}"
        );
    }
    assert_eq!(
        named(list, "gpu_1x_gh200")["architectures"],
        json!(["arm64"])
    );
    assert_eq!(named(list, "gpu_1x_a10")["memory_mib"], 200 * 1024);
    let price = &named(list, "gpu_1x_a10")["prices_per_hour"]["us-west-1"];
    assert_eq!(price["nanos"], 750_000_000);

    let table = lambda.ask(&["instance-types", "list"], 0);
    let words: Vec<&str> = row(&table, "gpu_1x_a10").split_whitespace().collect();
    assert_eq!(words.last(), Some(&"$0.75"), "{table}");
    assert_eq!(words[words.len() - 2], "2", "{table}");
}

#[rstest]
#[case::available(&["--available-only"], &["gpu_1x_a10", "gpu_1x_a100_sxm4", "gpu_1x_gh200", "gpu_8x_h100_sxm5"])]
#[case::available_here(&["--available-only", "--region", "us-west-1"], &["gpu_1x_a10", "gpu_1x_a100_sxm4", "gpu_8x_h100_sxm5"])]
#[case::available_nowhere(&["--available-only", "--region", "europe-central-1"], &[])]
#[case::gpus(&["--min-gpus", "8"], &["gpu_8x_a100_80gb_sxm4", "gpu_8x_h100_sxm5"])]
#[case::price(&["--max-price", "1.29"], &["cpu_4x_general", "gpu_1x_a10", "gpu_1x_a100_sxm4", "gpu_1x_rtx6000"])]
#[case::a_cent_less(&["--max-price", "1.28"], &["cpu_4x_general", "gpu_1x_a10", "gpu_1x_rtx6000"])]
#[case::all(&["--available-only", "--min-gpus", "1", "--max-price", "1.29"], &["gpu_1x_a10", "gpu_1x_a100_sxm4"])]
fn filters_keep_what_fits(#[case] options: &[&str], #[case] expected: &[&str]) {
    let lambda = Lambda::new();
    let code = if expected.is_empty() { 7 } else { 0 };
    let json = lambda.json(&[&["instance-types", "list"], options].concat(), code);
    assert_eq!(names(&json["instance_types"]), expected);
}

#[test]
fn regions_without_capacity_are_there_too() {
    let lambda = Lambda::new();
    let list = ["regions", "list", "--with-availability"];
    let json = lambda.json(&list, 0);
    let free: Vec<(&str, u64)> = json["regions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["name"].as_str().unwrap(),
                one["available_types"].as_u64().unwrap(),
            )
        })
        .collect();
    let expected = [
        ("europe-central-1", 0),
        ("us-east-1", 1),
        ("us-east-3", 1),
        ("us-midwest-1", 0),
        ("us-west-1", 3),
    ];
    assert_eq!(free, expected);
    assert_eq!(json["regions"][0]["description"], "Germany");
    // Lambda does not say where a type is sold.
    assert_eq!(json["regions"][0]["instance_types"], Value::Null);
    let mut paths = lambda.cloud.paths();
    paths.sort();
    assert_eq!(paths, ["/instance-types", "/regions"]);

    let table = lambda.ask(&list, 0);
    assert!(row(&table, "us-west-1").ends_with(" 3"), "{table}");
    assert!(row(&table, "europe-central-1").ends_with(" 0"), "{table}");
    let plain = lambda.json(&["regions", "list"], 0);
    assert!(
        plain["regions"][0].get("available_types").is_none(),
        "{plain}"
    );
    assert_eq!(lambda.cloud.paths().len(), 2);
}

#[test]
fn prices_by_the_hour_the_day_and_the_month() {
    let lambda = Lambda::new();
    let json = lambda.json(&["pricing", "list"], 0);
    assert_eq!(json["unknown"], 0);
    let prices = json["prices"].as_array().unwrap();
    let of = |name: &str| {
        prices
            .iter()
            .find(|one| one["instance_type"] == name)
            .unwrap()
    };
    for (name, hour, day, month) in [
        ("cpu_4x_general", "$0.20", "$4.80", "$144.00"),
        ("gpu_1x_a10", "$0.75", "$18.00", "$540.00"),
        ("gpu_1x_a100_sxm4", "$1.29", "$30.96", "$928.80"),
        ("gpu_8x_h100_sxm5", "$23.92", "$574.08", "$17222.40"),
    ] {
        let one = of(name);
        let shown = ["price_per_hour", "price_per_day", "price_per_month"].map(|at| &one[at]);
        assert_eq!(shown, [hour, day, month], "{name}");
    }
    assert_eq!(of("gpu_1x_a10")["nanos_per_hour"], 750_000_000);
    assert_eq!(of("gpu_1x_a10")["currency"], "USD");
    assert_eq!(of("gpu_1x_a10")["regions"].as_array().unwrap().len(), 5);
    let source = of("gpu_1x_a10")["source"].as_str().unwrap();
    assert!(source.contains("cloud.lambda.ai"), "{source}");
    // The API does not date its prices.
    assert_eq!(of("gpu_1x_a10")["published"], Value::Null);

    let one = lambda.ask(&["pricing", "list", "--instance-type", "gpu_1x_a10"], 0);
    assert_eq!(one.stdout.lines().count(), 2, "{one}");
    let words: Vec<&str> = row(&one, "gpu_1x_a10").split_whitespace().collect();
    assert_eq!(
        words[1..5],
        ["on-demand", "$0.75", "$18.00", "$540.00"],
        "{one}"
    );
    let none = lambda.ask(&["pricing", "list", "--instance-type", "gpu_1x_a01"], 2);
    assert!(none.stderr.contains("gpu_1x_a10"), "closest names: {none}");
}

#[rstest]
#[case::yes("gpu_1x_a10", "us-west-1", 0, json!(true))]
#[case::elsewhere("gpu_1x_a10", "us-midwest-1", 7, json!(false))]
#[case::nowhere("gpu_8x_a100_80gb_sxm4", "us-west-1", 7, json!(false))]
fn availability_is_the_exit_status(
    #[case] name: &str,
    #[case] region: &str,
    #[case] code: i32,
    #[case] available: Value,
) {
    let lambda = Lambda::new();
    let json = lambda.json(&["check-availability", name, region], code);
    assert_eq!(json["available"], available);
    assert_eq!([&json["instance_type"], &json["region"]], [name, region]);
}

#[test]
fn old_capacity_is_not_known() {
    let lambda = Lambda::generated();
    lambda.age(&["capacity"], SignedDuration::from_mins(16));
    let check = ["check-availability", "gpu_1x_a10", "us-west-1", "--offline"];
    let json = lambda.json(&check, 8);
    assert_eq!(json["available"], Value::Null);
    let list = lambda.ask(&["instance-types", "list", "--offline"], 0);
    let words: Vec<&str> = row(&list, "gpu_1x_a10").split_whitespace().collect();
    assert_eq!(words[words.len() - 2], "unknown", "{list}");
    assert_eq!(lambda.cloud.paths().len(), 1);
}

#[test]
fn menus_are_made_of_one_request_and_the_next_ones_of_none() {
    let lambda = Lambda::generated();
    let request = &lambda.cloud.requests()[0];
    assert_eq!(
        (request.method.as_str(), request.status),
        ("GET", Some(200))
    );
    let menu = |name: &str| std::fs::read_to_string(lambda.sandbox.out().join(name)).unwrap();
    let types = menu("Kconfig.compute.generated");
    assert!(
        types.contains(
            "gpu_1x_a10 (\\$0.75/hr) - 1x NVIDIA A10 (24 GB) [AVAILABLE in us-west-1, us-east-1]"
        ),
        "{types}"
    );
    assert!(
        types.contains("gpu_1x_rtx6000 (\\$0.50/hr) - 1x NVIDIA RTX 6000 (24 GB) [NO CAPACITY]"),
        "{types}"
    );
    let regions = menu("Kconfig.location.generated");
    assert!(
        regions.contains("us-west-1 - California, USA [3 AVAILABLE]"),
        "{regions}"
    );
    assert!(
        regions.contains("europe-central-1 - Germany [NO CAPACITY]"),
        "{regions}"
    );

    let again = lambda.ask(&["generate-kconfig", "--output-dir", "out"], 0);
    assert!(
        closing(&again).contains("0 files written, 2 unchanged"),
        "{again}"
    );
    lambda.ask(&["generate-kconfig", "--output-dir", "other"], 0);
    assert_eq!(lambda.cloud.paths().len(), 1);
}

/// `/regions` returns fewer regions than the plugin knows. A cached list does not make menus fetch it again.
#[test]
fn menus_are_made_of_one_request_whatever_is_kept() {
    let lambda = Lambda::new();
    lambda.ask(&["regions", "list"], 0);
    let kept = lambda.cloud.paths().len();
    for minutes in [16, 16] {
        lambda.age(&["capacity"], SignedDuration::from_mins(minutes));
        let before = lambda.cloud.paths().len();
        lambda.ask(&["generate-kconfig", "--output-dir", "out"], 0);
        assert_eq!(lambda.cloud.paths()[before..], ["/instance-types"]);
    }
    assert_eq!(lambda.cloud.paths().len(), kept + 2);
}

/// Lambda says where a type has capacity, and not where it is sold.
#[test]
fn where_a_type_is_sold_is_unknown() {
    let lambda = Lambda::new();
    let list = lambda.ask(&["instance-types", "list"], 0);
    let words: Vec<&str> = row(&list, "gpu_1x_a10").split_whitespace().collect();
    assert_eq!(
        words[words.len() - 3..],
        ["unknown", "2", "$0.75"],
        "{list}"
    );
    let json = lambda.json(&["instance-types", "list"], 0);
    assert_eq!(
        named(&json["instance_types"], "gpu_1x_a10")["regions"],
        Value::Null
    );
    // A filter by region leaves out none: it may be sold there.
    let json = lambda.json(&["instance-types", "list", "--region", "us-midwest-1"], 0);
    assert_eq!(json["instance_types"].as_array().unwrap().len(), 7);
}

/// A cached list of regions that lacks a new region is fetched again in the same run.
#[test]
fn a_region_that_is_newer_than_the_list_of_regions() {
    let lambda = Lambda::new();
    let check = ["check-availability", "gpu_1x_a10", "us-west-1"];
    lambda.ask(&check, 0);
    let before = lambda.cloud.paths().len();
    lambda.age(&["capacity"], SignedDuration::from_mins(16));
    lambda.cloud.content(|content| {
        content.capacity("gpu_1x_a10", &["moon-north-1"]);
        let moon = json!({"name": "moon-north-1", "description": "Mare Frigoris"});
        content.regions.push(moon);
    });
    lambda.ask(&["check-availability", "gpu_1x_a10", "moon-north-1"], 0);
    let mut paths = lambda.cloud.paths().split_off(before);
    paths.sort();
    assert_eq!(paths, ["/instance-types", "/instance-types", "/regions"]);
    lambda.ask(&["check-availability", "gpu_1x_a10", "moon-north-1"], 0);
    assert_eq!(lambda.cloud.paths().len(), before + 3);
}

#[test]
fn what_appears_tomorrow_has_its_menu_entries() {
    let lambda = Lambda::new();
    lambda.cloud.content(|content| {
        content.capacity("gpu_1x_z9", &["moon-north-1"]);
        let moon = json!({"name": "moon-north-1", "description": "Mare Frigoris"});
        content.regions.push(moon);
    });
    lambda.ask(&["generate-kconfig", "--output-dir", "out"], 0);
    let menu = |name: &str| std::fs::read_to_string(lambda.sandbox.out().join(name)).unwrap();
    let symbol = "config TERRAFORM_LAMBDALABS_INSTANCE_TYPE_GPU_1X_Z9\n";
    assert!(menu("Kconfig.compute.generated").contains(symbol));
    let symbol = "config TERRAFORM_LAMBDALABS_REGION_MOON_NORTH_1\n";
    assert!(menu("Kconfig.location.generated").contains(symbol));
    lambda.ask(&["check-availability", "gpu_1x_z9", "moon-north-1"], 0);
}

#[rstest]
#[case::capacity_is_fresh(&["capacity"], 14 * MINUTE, 0)]
#[case::capacity_is_old(&["capacity"], 16 * MINUTE, 1)]
#[case::prices_are_fresh(&["prices", "instance_types", "offers"], 23 * 60 * MINUTE, 0)]
#[case::prices_are_old(&["prices"], 25 * 60 * MINUTE, 1)]
fn each_kind_has_its_own_age(#[case] kinds: &[&str], #[case] age: i64, #[case] requests: usize) {
    let lambda = Lambda::generated();
    lambda.age(kinds, SignedDuration::from_secs(age));
    lambda.cloud.content(|content| {
        content.capacity("gpu_1x_a10", &[]);
    });
    lambda.ask(&["generate-kconfig", "--output-dir", "out"], 0);
    assert_eq!(lambda.cloud.paths()[1..], vec!["/instance-types"; requests]);
    let menu = lambda.sandbox.out().join("Kconfig.compute.generated");
    let menu = std::fs::read_to_string(menu).unwrap();
    let line = menu
        .lines()
        .find(|line| line.contains("gpu_1x_a10 ("))
        .unwrap();
    assert_eq!(line.contains("[NO CAPACITY]"), requests == 1, "{line}");
}

#[test]
fn the_rate_of_one_request_a_second_is_held() {
    let lambda = Lambda::new();
    lambda.cloud.hold_rate();
    // All three paths, and then one more from another process.
    let export = ["cache", "export", "lambdalabs"];
    ended(lambda.command(&export), 0);
    lambda.ask(&["images", "list", "--refresh"], 0);
    let requests = lambda.cloud.requests();
    assert_eq!(requests.len(), 4, "{requests:?}");
    assert!(
        requests.iter().all(|one| one.status == Some(200)),
        "{requests:?}"
    );
    for pair in requests.windows(2) {
        let gap = pair[1].at - pair[0].at;
        assert!(gap >= Duration::from_millis(980), "{requests:?}");
    }
}

#[test]
fn images_are_those_of_the_cloud() {
    let lambda = Lambda::new();
    let json = lambda.json(&["images", "list"], 0);
    let images = json["images"].as_array().unwrap();
    assert_eq!(images.len(), 2, "{json}");
    let architectures: Vec<&Value> = images.iter().map(|one| &one["architecture"]).collect();
    assert!(architectures.contains(&&json!("arm64")), "{json}");
    assert_eq!(lambda.cloud.paths(), ["/images"]);
}

#[test]
fn credentials_are_tested_with_one_request() {
    let lambda = Lambda::new();
    let test = ["credentials", "test", "lambdalabs"];
    let good = ended(lambda.command(&test), 0);
    assert!(
        good.to_string().contains("environment LAMBDALABS_API_KEY"),
        "{good}"
    );
    assert_eq!(lambda.cloud.paths(), ["/regions"]);
    let wrong = lambda
        .command(&test)
        .env("LAMBDALABS_API_KEY", "secret_wrong_key");
    let wrong = ended(wrong, 3);
    assert!(wrong.stderr.contains("global/invalid-api-key"), "{wrong}");
    assert!(!wrong.to_string().contains("secret_wrong_key"), "{wrong}");
    let none = ended(lambda.without_key(&test), 3);
    assert!(
        none.stderr
            .contains("hint: cloudhost credentials set lambdalabs"),
        "{none}"
    );
}
