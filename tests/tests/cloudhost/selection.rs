//! Selection of one instance type: only types with known capacity and a known price, by the given mode and location.

use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{Lambda, closing, row};

/// Returns the fields for scripts: type, region, price, and mode as kdevops calls it.
fn chosen(json: &Value) -> [&str; 4] {
    [
        "instance_type",
        "region",
        "price_per_hour",
        "selection_mode",
    ]
    .map(|field| json[field].as_str().unwrap())
}

#[rstest]
// The cheapest of all has no capacity.
#[case::cheapest(&[], ["gpu_1x_a10", "us-west-1", "$0.75", "cheapest_global"])]
#[case::here(&["--region", "us-west-1"], ["gpu_1x_a10", "us-west-1", "$0.75", "cheapest"])]
#[case::gpus(&["--min-gpus", "8"], ["gpu_8x_h100_sxm5", "us-west-1", "$23.92", "cheapest_global"])]
#[case::arm(&["--arch", "arm64"], ["gpu_1x_gh200", "us-east-3", "$1.49", "cheapest_global"])]
#[case::near_the_coast(&["--near", "Los Angeles"], ["gpu_1x_a10", "us-west-1", "$0.75", "cheapest_global"])]
#[case::closest(&["--mode", "closest", "--near", "51.5,-0.12"], ["gpu_1x_gh200", "us-east-3", "$1.49", "closest"])]
#[case::closest_to_a_city(&["--mode", "closest", "--near", "Los Angeles"], ["gpu_1x_a10", "us-west-1", "$0.75", "closest"])]
// Germany has no capacity.
#[case::closest_with_capacity(&["--mode", "closest", "--near", "Berlin"], ["gpu_1x_gh200", "us-east-3", "$1.49", "closest"])]
#[case::closest_below_a_price(&["--mode", "closest", "--near", "Berlin", "--max-price", "1"], ["gpu_1x_a10", "us-east-1", "$0.75", "closest"])]
fn the_best_machine(#[case] options: &[&str], #[case] expected: [&str; 4]) {
    let lambda = Lambda::new();
    let json = lambda.json(&[&["smart-select"], options].concat(), 0);
    assert_eq!(chosen(&json), expected, "{json}");
    assert_eq!(json["available"], true);
    assert!(
        json.get("explanation").is_none(),
        "only with --explain: {json}"
    );
}

#[test]
fn get_cheapest_is_smart_select_without_a_mode() {
    let lambda = Lambda::new();
    let options = ["--min-gpus", "1", "--max-price", "2"];
    let cheapest = lambda.json(
        &[&["instance-types", "get-cheapest"], options.as_slice()].concat(),
        0,
    );
    assert_eq!(
        chosen(&cheapest),
        ["gpu_1x_a10", "us-west-1", "$0.75", "cheapest_global"]
    );
    let selected = lambda.json(&[&["smart-select"], options.as_slice()].concat(), 0);
    assert_eq!(chosen(&cheapest), chosen(&selected));
    let table = lambda.ask(&["instance-types", "get-cheapest"], 0);
    let words: Vec<&str> = row(&table, "gpu_1x_a10").split_whitespace().collect();
    assert_eq!(words[1..4], ["us-west-1", "$0.75", "yes"], "{table}");
}

/// The user's location is that of the option, then the variable, then the time zone.
#[rstest]
#[case::variable(&[("CLOUDHOST_LOCATION", "Los Angeles")], &[], "us-west-1")]
#[case::zone(&[("TZ", "America/Los_Angeles")], &[], "us-west-1")]
#[case::zone_elsewhere(&[("TZ", "Europe/Berlin")], &[], "us-east-3")]
#[case::variable_before_zone(&[("CLOUDHOST_LOCATION", "52.5,13.4"), ("TZ", "America/Los_Angeles")], &[], "us-east-3")]
#[case::option_before_variable(&[("CLOUDHOST_LOCATION", "52.5,13.4")], &["--near", "34.05,-118.24"], "us-west-1")]
fn where_the_user_is(
    #[case] variables: &[(&str, &str)],
    #[case] options: &[&str],
    #[case] region: &str,
) {
    let lambda = Lambda::new();
    let args = ["smart-select", "--mode", "closest", "--output", "json"];
    let run = lambda.run(&[&args, options].concat());
    let run = variables
        .iter()
        .fold(run, |run, (name, value)| run.env(name, value));
    let outcome = run.run().unwrap();
    assert_eq!(outcome.code, Some(0), "{outcome}");
    let json = outcome.json().unwrap();
    assert_eq!(json["region"], region, "{json}");
    assert!(json["distance_km"].is_u64(), "{json}");
    assert!(closing(&outcome).contains("distances from "), "{outcome}");
}

#[rstest]
#[case::nowhere(&["--mode", "closest"], "--near")]
#[case::no_city(&["--mode", "closest", "--near", "Atlantis on Sea"], "Atlantis on Sea")]
#[case::no_latitude(&["--near", "91,0"], "91")]
#[case::no_tier(&["--tier", "a1000-or-less"], "h100-or-less")]
#[case::no_mode(&["--mode", "best"], "balanced")]
#[case::no_price(&["--max-price", "0"], "0")]
#[case::no_type(&["--instance-type", "gpu_1x_a01"], "gpu_1x_a10")]
fn what_makes_no_sense(#[case] options: &[&str], #[case] word: &str) {
    let lambda = Lambda::new();
    let outcome = lambda.ask(&[&["smart-select"], options].concat(), 2);
    assert!(outcome.stderr.contains(word), "{outcome}");
    assert_eq!(outcome.stdout, "");
}

#[test]
fn a_balanced_choice_is_explained() {
    let lambda = Lambda::new();
    let args = [
        "smart-select",
        "--mode",
        "balanced",
        "--near",
        "Los Angeles",
        "--explain",
    ];
    let json = lambda.json(&args, 0);
    assert_eq!(json["selection_mode"], "balanced");
    let why = &json["explanation"];
    let weights = why["weights"].as_array().unwrap();
    let percent: u64 = weights
        .iter()
        .map(|one| one["percent"].as_u64().unwrap())
        .sum();
    assert_eq!((weights.len(), percent), (4, 100), "{why}");
    let rows = why["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 5, "{why}");
    assert_eq!(rows[0]["instance_type"], json["instance_type"]);
    assert_eq!(rows[0]["region"], json["region"]);
    assert!(rows.iter().all(|row| row["capacity"] == true), "{why}");
    // All offers are accounted for.
    let left_out = why["left_out"].as_array().unwrap().iter();
    let left_out: u64 = left_out.map(|one| one["count"].as_u64().unwrap()).sum();
    assert_eq!(
        left_out + why["fit"].as_u64().unwrap(),
        why["offers"].as_u64().unwrap()
    );

    let table = lambda.ask(&args, 0);
    let head = table.stdout.lines().next().unwrap();
    for component in ["PRICE ", "DISTANCE ", "CAPACITY ", "GENERATION "] {
        let with_weight = head
            .split("  ")
            .any(|cell| cell.trim().starts_with(component) && cell.contains('%'));
        assert!(with_weight, "no weight of {component} in {table}");
    }
    assert!(
        table
            .stdout
            .lines()
            .nth(1)
            .unwrap()
            .starts_with(json["instance_type"].as_str().unwrap())
    );
}

#[rstest]
#[case("gh200-or-less", "gpu_1x_gh200", &["gh200"])]
#[case("h100-or-less", "gpu_1x_a100_sxm4", &["h100", "a100-80gb", "rtx-pro-6000", "a100"])]
#[case("a100-or-less", "gpu_1x_a100_sxm4", &["a100-80gb", "rtx-pro-6000", "a100"])]
#[case("a6000-or-less", "gpu_1x_a10", &["a6000", "rtx6000", "a10"])]
#[case("8x-h100-or-less", "gpu_8x_h100_sxm5", &["h100"])]
#[case("8x-b200-or-less", "gpu_8x_h100_sxm5", &["b200", "h200", "gh200", "h100"])]
fn the_best_machine_of_a_tier(#[case] tier: &str, #[case] name: &str, #[case] steps: &[&str]) {
    let lambda = Lambda::new();
    let json = lambda.json(&["smart-select", "--tier", tier, "--explain"], 0);
    assert_eq!(json["instance_type"], name);
    let tried = json["explanation"]["tried"].as_array().unwrap().iter();
    let tried: Vec<&str> = tried.map(|one| one["step"].as_str().unwrap()).collect();
    assert_eq!(tried, steps);
}

#[test]
fn a_tier_without_capacity_is_said() {
    let lambda = Lambda::new();
    let outcome = lambda.ask(&["smart-select", "--tier", "8x-a100-or-less"], 7);
    assert!(outcome.stderr.contains("without capacity now"), "{outcome}");
    assert!(outcome.stderr.contains("hint: "), "{outcome}");
    assert_eq!(outcome.stdout, "");
    // It is selected once it has capacity.
    lambda.cloud.content(|content| {
        content.capacity("gpu_8x_a100_80gb_sxm4", &["us-midwest-1"]);
    });
    let json = lambda.json(
        &["smart-select", "--tier", "8x-a100-or-less", "--refresh"],
        0,
    );
    assert_eq!(
        chosen(&json),
        [
            "gpu_8x_a100_80gb_sxm4",
            "us-midwest-1",
            "$14.32",
            "cheapest_global"
        ]
    );
}

#[test]
fn the_tiers_are_listed_without_a_request() {
    let lambda = Lambda::new();
    let json = lambda.json(&["smart-select", "--list-tiers"], 0);
    let tiers = json["tiers"].as_array().unwrap();
    let names: Vec<&str> = tiers
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    for name in [
        "h100-or-less",
        "gh200-or-less",
        "a100-or-less",
        "8x-h100-or-less",
        "8x-b200-or-less",
    ] {
        assert!(names.contains(&name), "{names:?}");
    }
    let h100 = tiers
        .iter()
        .find(|one| one["name"] == "h100-or-less")
        .unwrap();
    assert_eq!(h100["gpus"], 1);
    assert_eq!(h100["steps"][0], json!("h100"));
    assert_eq!(lambda.cloud.requests(), []);
}

#[test]
fn nothing_fits_says_which_option_to_change() {
    let lambda = Lambda::new();
    let outcome = lambda.ask(&["smart-select", "--max-price", "0.60"], 7);
    assert!(outcome.stderr.contains("too expensive"), "{outcome}");
    assert!(outcome.stderr.contains("--max-price 0.75"), "{outcome}");
    assert_eq!(outcome.stdout, "");
}
