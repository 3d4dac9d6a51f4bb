//! AWS's prices, from the stand-in for its price lists before moto.

use std::path::Path;
use std::sync::OnceLock;

use cloudhost_tests::{ACCESS_KEY, Invocation, Outcome, PriceFeeds, SECRET_KEY, Sandbox, Tree};
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{closing, ended, row, url};

/// Price lists before the shared cloud, and a sandbox that asks there.
struct Priced {
    feeds: PriceFeeds,
    sandbox: Sandbox,
}

impl Priced {
    fn new() -> Self {
        Self {
            feeds: PriceFeeds::before(&url()).unwrap(),
            sandbox: Sandbox::new().unwrap(),
        }
    }

    fn run(&self, args: &[&str]) -> Invocation {
        run(&self.sandbox, &self.feeds, args)
    }

    fn ask(&self, args: &[&str], code: i32) -> Outcome {
        ended(self.run(args), code)
    }

    fn json(&self, args: &[&str], code: i32) -> Value {
        let args = [args, &["--output", "json"]].concat();
        self.ask(&args, code).json().unwrap()
    }
}

fn run(sandbox: &Sandbox, feeds: &PriceFeeds, args: &[&str]) -> Invocation {
    let run = sandbox.cloudhost(["run", "aws"]).unwrap();
    let run = args.iter().fold(run, |run, arg| run.arg(arg));
    run.arg("--endpoint")
        .arg(format!("aws={}", feeds.url()))
        .env("AWS_ACCESS_KEY_ID", ACCESS_KEY)
        .env("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
        .env("AWS_REGION", "us-east-1")
        .env("TZ", "UTC")
}

/// Asks a sandbox of its own with a whole catalog with prices, which is fetched once.
fn asked(args: &[&str], code: i32) -> Outcome {
    static KEPT: OnceLock<PriceFeeds> = OnceLock::new();
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("priced");
    let feeds = KEPT.get_or_init(|| {
        let first = Priced::new();
        first.ask(&["pricing", "list"], 0);
        if kept.exists() {
            std::fs::remove_dir_all(&kept).unwrap();
        }
        Tree::copy(first.sandbox.path(), &kept).unwrap();
        first.feeds
    });
    let sandbox = Sandbox::new().unwrap();
    Tree::copy(&kept, sandbox.path()).unwrap();
    let before = feeds.asked().len();
    let outcome = ended(run(&sandbox, feeds, args), code);
    assert_eq!(feeds.asked().len(), before, "prices stay fresh for a day");
    outcome
}

fn asked_json(args: &[&str], code: i32) -> Value {
    asked(&[args, &["--output", "json"]].concat(), code)
        .json()
        .unwrap()
}

#[test]
fn a_price_has_its_source_and_its_day() {
    let json = asked_json(&["pricing", "list", "--instance-type", "m5.large"], 0);
    let rows = json["prices"].as_array().unwrap();
    let of = |market: &str, region: &str| {
        let there = |one: &&Value| {
            let regions = one["regions"].as_array().unwrap();
            one["market"] == market && regions.iter().any(|name| name == region)
        };
        rows.iter().find(there).unwrap()
    };
    for (region, hour, day, month) in [
        ("us-east-1", "$0.096", "$2.304", "$69.12"),
        ("us-west-2", "$0.096", "$2.304", "$69.12"),
        ("eu-central-1", "$0.1152", "$2.7648", "$82.944"),
        ("sa-east-1", "$0.144", "$3.456", "$103.68"),
        ("eu-west-1", "$0.1056", "$2.5344", "$76.032"),
    ] {
        let one = of("on-demand", region);
        let shown = ["price_per_hour", "price_per_day", "price_per_month"].map(|at| &one[at]);
        assert_eq!(shown, [hour, day, month], "{region}");
        let source = one["source"].as_str().unwrap();
        assert!(source.starts_with("b0.p.awsstatic.com/"), "{source}");
        assert_eq!(one["published"], "2026-09-25T17:45:21Z");
    }
    assert_eq!(of("on-demand", "us-east-1")["nanos_per_hour"], 96_000_000);
    let spot = of("spot", "us-east-1");
    assert_eq!(spot["price_per_hour"], "$0.0288");
    assert_eq!(spot["published"], "2026-09-22T06:01:21Z");
    assert!(
        spot["source"]
            .as_str()
            .unwrap()
            .starts_with("website.spot.ec2.aws.a2z.com")
    );
}

#[test]
fn what_has_no_price_is_unknown_and_not_nothing() {
    let json = asked_json(&["pricing", "list"], 0);
    assert!(
        json["unknown"].as_u64().unwrap() > 500,
        "{}",
        json["unknown"]
    );
    let rows = json["prices"].as_array().unwrap();
    assert!(
        rows.iter()
            .all(|one| one["nanos_per_hour"].as_u64().unwrap() > 0)
    );
    let list = [
        "instance-types",
        "list",
        "--prices",
        "--family",
        "r5",
        "--offline",
    ];
    let table = asked(&list, 0);
    assert!(row(&table, "r5.large").ends_with("unknown"), "{table}");
    let json = asked_json(&list, 0);
    assert!(
        json["instance_types"]
            .as_array()
            .unwrap()
            .iter()
            .all(|one| one["price_per_hour"].is_null())
    );
}

#[test]
fn machine_types_up_to_a_price() {
    let args = [
        "instance-types",
        "list",
        "--max-price",
        "0.0816",
        "--region",
        "us-east-1",
    ];
    let json = asked_json(&args, 0);
    let list = json["instance_types"].as_array().unwrap();
    let shown: Vec<(&str, &str)> = list
        .iter()
        .map(|one| {
            (
                one["name"].as_str().unwrap(),
                one["price_per_hour"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(shown, [("m7g.large", "$0.0816"), ("t3.micro", "$0.0104")]);
}

#[test]
fn the_cheapest_of_a_cloud_that_says_nothing_of_capacity() {
    let cheapest = ["instance-types", "get-cheapest", "--offline"];
    let refused = asked(&cheapest, 8);
    assert!(
        refused.stderr.contains("whose capacity is unknown"),
        "{refused}"
    );
    assert!(
        refused.stderr.contains("--allow-unknown-capacity"),
        "{refused}"
    );
    assert_eq!(refused.stdout, "");

    let allowed = [cheapest.as_slice(), &["--allow-unknown-capacity"]].concat();
    let json = asked_json(&allowed, 0);
    assert_eq!(json["instance_type"], "t3.micro");
    assert_eq!(json["price_per_hour"], "$0.0104");
    assert_eq!(json["market"], "on-demand");
    assert_eq!(json["available"], Value::Null);
    let said = asked(&allowed, 0);
    assert!(
        closing(&said).contains("not known whether there is capacity"),
        "{said}"
    );

    let gpu = [allowed.as_slice(), &["--gpu", "--region", "sa-east-1"]].concat();
    let gpu = asked_json(&gpu, 0);
    assert_eq!(
        [&gpu["instance_type"], &gpu["price_per_hour"]],
        ["g4dn.xlarge", "$0.789"]
    );
    let none = [allowed.as_slice(), &["--max-price", "0.01"]].concat();
    // What has no known price may cost less.
    let none = asked(&none, 8);
    assert!(none.stderr.contains("--max-price 0.0104"), "{none}");
}

/// AWS's offers do not tell of spot: the types and the price lists do.
#[test]
fn spot_is_sold_where_it_has_a_price() {
    let spot = ["--market", "spot", "--allow-unknown-capacity"];
    let cheapest = |command: &[&str], options: &[&str]| {
        let json = asked_json(&[command, &spot, options].concat(), 0);
        assert_eq!(json["market"], "spot");
        assert_eq!(json["available"], Value::Null);
        ["instance_type", "region", "price_per_hour"]
            .map(|field| json[field].as_str().unwrap().to_owned())
    };
    let m5 = ["m5.large", "us-east-1", "$0.0288"];
    let only = ["--instance-type", "m5.large"];
    assert_eq!(cheapest(&["smart-select"], &only), m5);
    assert_eq!(cheapest(&["instance-types", "get-cheapest"], &only), m5);

    let check = |name: &str, code: i32| {
        let args = ["check-availability", name, "us-east-1", "--market", "spot"];
        asked_json(&args, code)["available"].clone()
    };
    assert_eq!(check("m5.large", 8), Value::Null);
    // It is there on demand, and has no spot price: it is not sold so.
    assert_eq!(check("m5.2xlarge", 7), Value::Bool(false));
}

#[test]
fn the_closest_machine_of_two_clouds_regions() {
    let args = [
        "smart-select",
        "--mode",
        "closest",
        "--near",
        "Sao Paulo",
        "--allow-unknown-capacity",
    ];
    let json = asked_json(&args, 0);
    assert_eq!(
        [&json["region"], &json["price_per_hour"]],
        ["sa-east-1", "$0.0156"]
    );
    assert!(json["distance_km"].as_u64().unwrap() < 100, "{json}");
}

#[test]
fn whether_there_is_capacity_is_not_known() {
    let json = asked_json(&["check-availability", "m5.large", "us-east-1"], 8);
    assert_eq!(json["available"], Value::Null);
}

#[test]
fn menus_carry_prices_where_they_are_asked_for() {
    let priced = Priced::new();
    priced.ask(
        &[
            "generate-kconfig",
            "--output-dir",
            "out",
            "--prices",
            "--family",
            "m5",
        ],
        0,
    );
    let menu = priced
        .sandbox
        .out()
        .join("instance-types/Kconfig.m5.generated");
    let menu = std::fs::read_to_string(menu).unwrap();
    assert!(
        menu.contains("Price: from $0.096/h (us-east-1) to $0.144/h (sa-east-1)"),
        "{menu}"
    );
    assert!(menu.contains("Price: unknown"), "{menu}");
    assert!(!menu.contains("$0.00"), "{menu}");
}

/// A feed of one region with these rows: type and price.
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
    let told = priced.ask(&[list.as_slice(), &["--offline"]].concat(), 5);
    assert!(closing(&told).contains("a price of 0"), "{told}");
    // What is refused is not selected either.
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
    let asked = priced.feeds.asked();
    assert!(
        asked
            .iter()
            .any(|one| one.starts_with("b0.p.awsstatic.com/")),
        "{asked:?}"
    );
    assert!(
        asked
            .iter()
            .any(|one| one.starts_with("api.pricing.us-east-1.")),
        "{asked:?}"
    );
    let home = priced.json(&["pricing", "verify"], 0);
    assert_eq!(home["compared"], 8, "the region that is asked first");
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
