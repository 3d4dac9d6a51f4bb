//! Faults in AWS's price lists, and the comparison of two of them.

use rstest::rstest;
use serde_json::json;

use crate::prices::Priced;
use crate::support::{closing, row};

/// Returns a feed of one region with these rows: type and price.
fn feed(rows: &[(&str, &str)]) -> String {
    let rows: Vec<String> = rows
        .iter()
        .enumerate()
        .map(|(number, (name, price))| {
            let row = json!({
                "price": price, "Location": "US East (N. Virginia)", "Instance Type": name,
                "Operating System": "Linux", "Pre Installed S/W": "NA",
            });
            format!("\"row {number}\": {row}")
        })
        .collect();
    let manifest =
        json!({"hawkFilePublicationDate": "2026-09-25T17:45:21Z", "currencyCode": "USD"});
    format!(
        "{{\"manifest\": {manifest}, \"regions\": {{\"US East (N. Virginia)\": {{{}}}}}}}",
        rows.join(", ")
    )
}

#[test]
fn zero_and_contradicting_rows_are_refused_and_said() {
    let priced = Priced::new();
    let rows = [
        ("m5.large", "0.0000000000"),
        ("c5.large", "0.0850000000"),
        ("c5.large", "0.0950000000"),
        ("t3.micro", "0.0104000000"),
        ("t3.micro", "0.0104000000"),
        ("m5.xlarge", "-0.1920000000"),
    ];
    priced.feeds.replace("Virginia", 200, feed(&rows));
    let list = ["pricing", "list", "--set", "price-regions=us-east-1"];
    let json = priced.json(&list, 5);
    let of = |name: &str| {
        let rows = json["prices"].as_array().unwrap().iter();
        let there = rows.filter(|one| one["instance_type"] == name && one["market"] == "on-demand");
        there.count()
    };
    let counts = ["m5.large", "c5.large", "m5.xlarge", "t3.micro"].map(of);
    assert_eq!(counts, [0, 0, 0, 1], "{}", json["prices"]);
    let missing = &json["missing"][0];
    assert_eq!(
        [&missing["kind"], &missing["region"]],
        ["prices", "us-east-1"]
    );
    let message = missing["message"].as_str().unwrap();
    for part in [
        "m5.large in us-east-1: a price of 0",
        "c5.large in us-east-1: prices that contradict",
        "m5.xlarge",
    ] {
        assert!(message.contains(part), "no {part:?} in {message}");
    }
    let outcome = priced.ask(&[list.as_slice(), &["--offline"]].concat(), 5);
    assert!(closing(&outcome).contains("a price of 0"), "{outcome}");
    // A rejected price is not selected either.
    let args = [
        "instance-types",
        "get-cheapest",
        "--set",
        "price-regions=us-east-1",
        "--offline",
        "--allow-unknown-capacity",
        "--instance-type",
        "m5.large",
    ];
    let none = priced.ask(&args, 8);
    assert!(none.stderr.contains("without a known price"), "{none}");
}

#[rstest]
#[case::away(404, "<Error><Code>NoSuchKey</Code></Error>", "there is no price list")]
#[case::html(200, "<html>Please log in</html>", "on-demand prices of sa-east-1")]
#[case::broken(500, "oops", "on-demand prices of sa-east-1")]
fn a_feed_of_one_region_fails(#[case] status: u16, #[case] body: &str, #[case] words: &str) {
    let priced = Priced::new();
    priced.feeds.replace("South%20America", status, body);
    let list = [
        "pricing",
        "list",
        "--set",
        "price-regions=us-east-1,sa-east-1",
    ];
    let json = priced.json(&list, 5);
    assert_eq!(json["missing"][0]["region"], "sa-east-1");
    assert!(
        json["missing"][0]["message"]
            .as_str()
            .unwrap()
            .contains(words),
        "{}",
        json["missing"]
    );
    assert!(json["prices"].to_string().contains("us-east-1"));
}

#[test]
fn two_sources_that_agree() {
    let priced = Priced::new();
    let json = priced.json(&["pricing", "verify", "--region", "us-east-1"], 0);
    assert_eq!(json["different"], json!([]));
    let counts = ["compared", "only_first", "only_second"].map(|field| &json[field]);
    assert_eq!(counts, [&json!(8), &json!(0), &json!(0)]);
    let requests = priced.feeds.asked();
    assert!(
        requests
            .iter()
            .any(|one| one.starts_with("b0.p.awsstatic.com/")),
        "{requests:?}"
    );
    assert!(
        requests
            .iter()
            .any(|one| one.starts_with("api.pricing.us-east-1.")),
        "{requests:?}"
    );
    let home = priced.json(&["pricing", "verify"], 0);
    assert_eq!(home["compared"], 8, "the home region");
}

#[test]
fn two_sources_that_do_not_agree() {
    let priced = Priced::new();
    let rows = [
        ("m5.large", "0.0970000000"),
        ("c5.large", "0.0850000000"),
        ("x9.huge", "9.0000000000"),
    ];
    priced.feeds.replace("Virginia", 200, feed(&rows));
    let verify = ["pricing", "verify", "--region", "us-east-1"];
    let json = priced.json(&verify, 5);
    let counts = ["compared", "only_first", "only_second"].map(|field| &json[field]);
    assert_eq!(counts, [&json!(2), &json!(1), &json!(6)]);
    assert_eq!(json["different"].as_array().unwrap().len(), 1);
    let one = &json["different"][0];
    assert_eq!(
        [&one["instance_type"], &one["region"]],
        ["m5.large", "us-east-1"]
    );
    assert_eq!([&one["first"], &one["second"]], ["$0.097", "$0.096"]);
    assert!(
        one["first_source"]
            .as_str()
            .unwrap()
            .starts_with("b0.p.awsstatic.com/")
    );
    assert!(
        one["second_source"]
            .as_str()
            .unwrap()
            .contains("GetProducts")
    );
    let table = priced.ask(&verify, 5);
    assert!(row(&table, "m5.large").contains("$0.097"), "{table}");
    assert!(
        closing(&table).contains("2 prices compared") && closing(&table).contains("1 differ"),
        "{table}"
    );
}

#[test]
fn a_source_that_fails_is_no_agreement() {
    let priced = Priced::new();
    priced.feeds.replace(
        "api.pricing",
        400,
        r#"{"__type": "AccessDeniedException", "message": "not you"}"#,
    );
    let outcome = priced.ask(&["pricing", "verify", "--region", "us-east-1"], 3);
    assert!(
        outcome.stderr.contains("AccessDeniedException"),
        "{outcome}"
    );
    assert_eq!(outcome.stdout, "");
}
