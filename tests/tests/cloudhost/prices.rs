//! AWS's prices, from the stand-in for its price lists in front of moto.

use std::path::Path;
use std::sync::OnceLock;

use cloudhost_tests::{ACCESS_KEY, Invocation, Outcome, PriceFeeds, SECRET_KEY, Sandbox, Tree};
use serde_json::Value;

use crate::support::{closing, ended, row, url};

/// Price lists in front of the shared cloud, and a sandbox that uses them.
pub(crate) struct Priced {
    pub(crate) feeds: PriceFeeds,
    sandbox: Sandbox,
}

impl Priced {
    pub(crate) fn new() -> Self {
        Self {
            feeds: PriceFeeds::before(&url()).unwrap(),
            sandbox: Sandbox::sealed().unwrap(),
        }
    }

    fn run(&self, args: &[&str]) -> Invocation {
        run(&self.sandbox, &self.feeds, args)
    }

    pub(crate) fn ask(&self, args: &[&str], code: i32) -> Outcome {
        ended(self.run(args), code)
    }

    pub(crate) fn json(&self, args: &[&str], code: i32) -> Value {
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

/// Runs a command in a new sandbox with a complete catalog with prices, which is fetched once.
fn cached(args: &[&str], code: i32) -> Outcome {
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
    let sandbox = Sandbox::sealed().unwrap();
    Tree::copy(&kept, sandbox.path()).unwrap();
    let before = feeds.asked().len();
    let outcome = ended(run(&sandbox, feeds, args), code);
    assert_eq!(feeds.asked().len(), before, "prices stay fresh for a day");
    outcome
}

fn cached_json(args: &[&str], code: i32) -> Value {
    cached(&[args, &["--output", "json"]].concat(), code)
        .json()
        .unwrap()
}

#[test]
fn a_price_has_its_source_and_its_day() {
    let json = cached_json(&["pricing", "list", "--instance-type", "m5.large"], 0);
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
    let json = cached_json(&["pricing", "list"], 0);
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
    let table = cached(&list, 0);
    assert!(row(&table, "r5.large").ends_with("unknown"), "{table}");
    let json = cached_json(&list, 0);
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
    let json = cached_json(&args, 0);
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
    let refused = cached(&cheapest, 8);
    assert!(
        refused.stderr.contains("with unknown capacity"),
        "{refused}"
    );
    assert!(
        refused.stderr.contains("--allow-unknown-capacity"),
        "{refused}"
    );
    assert_eq!(refused.stdout, "");

    let allowed = [cheapest.as_slice(), &["--allow-unknown-capacity"]].concat();
    let json = cached_json(&allowed, 0);
    assert_eq!(json["instance_type"], "t3.micro");
    assert_eq!(json["price_per_hour"], "$0.0104");
    assert_eq!(json["market"], "on-demand");
    assert_eq!(json["available"], Value::Null);
    let outcome = cached(&allowed, 0);
    assert!(
        closing(&outcome).contains("its capacity is unknown"),
        "{outcome}"
    );

    let gpu = [allowed.as_slice(), &["--gpu", "--region", "sa-east-1"]].concat();
    let gpu = cached_json(&gpu, 0);
    assert_eq!(
        [&gpu["instance_type"], &gpu["price_per_hour"]],
        ["g4dn.xlarge", "$0.789"]
    );
    let none = [allowed.as_slice(), &["--max-price", "0.01"]].concat();
    // A type without a known price may cost less.
    let none = cached(&none, 8);
    assert!(none.stderr.contains("--max-price 0.0104"), "{none}");
}

/// AWS's offers do not include spot; the types and the price lists do.
#[test]
fn spot_is_sold_where_it_has_a_price() {
    let spot = ["--market", "spot", "--allow-unknown-capacity"];
    let cheapest = |command: &[&str], options: &[&str]| {
        let json = cached_json(&[command, &spot, options].concat(), 0);
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
        cached_json(&args, code)["available"].clone()
    };
    assert_eq!(check("m5.large", 8), Value::Null);
    // It is offered on demand and has no spot price, so it is not offered as spot.
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
    let json = cached_json(&args, 0);
    assert_eq!(
        [&json["region"], &json["price_per_hour"]],
        ["sa-east-1", "$0.0156"]
    );
    assert!(json["distance_km"].as_u64().unwrap() < 100, "{json}");
}

#[test]
fn whether_there_is_capacity_is_not_known() {
    let json = cached_json(&["check-availability", "m5.large", "us-east-1"], 8);
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
