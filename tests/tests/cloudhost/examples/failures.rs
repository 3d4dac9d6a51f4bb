//! The examples with a grant that is narrower than requested, and with failing clouds.

use cloudhost_tests::PagedFault;
use rstest::rstest;

use super::{DIGITALOCEAN, Example, Facts, HETZNER, ended};

#[rstest]
fn a_host_that_is_not_granted(#[values(HETZNER, DIGITALOCEAN)] of: Facts) {
    let example = Example::new(of);
    example.plugin(&["revoke", of.name, "--host", of.host], 0);
    let denied = example.ask(&["instance-types", "list"], 9);
    let reason = format!("denied.host: {}", of.host);
    assert!(denied.stderr.contains(&reason), "{denied}");
    let hint = format!(
        "hint: cloudhost plugin grant {} --host {}",
        of.name, of.host
    );
    assert!(denied.stderr.contains(&hint), "{denied}");
    assert_eq!(example.cloud.asked(), [""; 0]);
    example.plugin(&["grant", of.name, "--host", of.host], 0);
    example.ask(&["instance-types", "list"], 0);
}

#[rstest]
fn a_credential_that_is_not_granted(#[values(HETZNER, DIGITALOCEAN)] of: Facts) {
    let example = Example::new(of);
    example.plugin(&["revoke", of.name, "--credential", of.name], 0);
    let denied = example.ask(&["instance-types", "list"], 9);
    assert!(denied.stderr.contains("denied.credential"), "{denied}");
    assert_eq!(example.cloud.asked(), [""; 0]);
}

#[rstest]
#[case::wrong_token(PagedFault::Status(401), 3, &["nauthorized", "unable to authenticate", "hint: "])]
#[case::forbidden(PagedFault::Status(403), 3, &["insufficient permissions"])]
#[case::throttled(PagedFault::Status(429), 4, &["API rate limit exceeded"])]
#[case::broken(PagedFault::Status(500), 4, &["server_error"])]
#[case::not_json(PagedFault::Body("<html>Please log in</html>".into()), 4, &["JSON", "<html>"])]
#[case::no_object(PagedFault::Body("[]".into()), 4, &["GET /"])]
#[case::another_shape(PagedFault::Body("{}".into()), 4, &["GET /"])]
#[case::endless(PagedFault::Endless, 4, &["page"])]
fn a_cloud_that_fails(
    #[values(HETZNER, DIGITALOCEAN)] of: Facts,
    #[case] fault: PagedFault,
    #[case] code: i32,
    #[case] words: &[&str],
) {
    let example = Example::new(of);
    example.cloud.fail(None, fault);
    let outcome = example.ask(&["regions", "list"], code);
    let has_error = outcome
        .stderr
        .lines()
        .any(|line| line.starts_with("error: "));
    assert!(has_error && outcome.stdout.is_empty(), "{outcome}");
    for word in words {
        assert!(outcome.stderr.contains(word), "no {word} in\n{outcome}");
    }
    assert!(!outcome.stderr.contains("crashed"), "{outcome}");
}

/// One failed list of several: the others are shown, and the missing data is reported.
#[rstest]
#[case::hetzner(HETZNER, "/pricing", &["prices"])]
#[case::digitalocean(DIGITALOCEAN, "/regions", &["capacity", "regions"])]
fn a_part_that_fails(#[case] of: Facts, #[case] path: &str, #[case] kinds: &[&str]) {
    let example = Example::new(of);
    example.cloud.fail(Some(path), PagedFault::Status(403));
    let list = example.json(&["instance-types", "list", "--prices"], 5);
    assert_ne!(list["instance_types"].as_array().unwrap().len(), 0);
    let gaps = list["missing"].as_array().unwrap().iter();
    let mut missing: Vec<&str> = gaps.map(|gap| gap["kind"].as_str().unwrap()).collect();
    missing.sort_unstable();
    assert_eq!(missing, kinds, "{list}");
}

/// A malformed row is reported and does not affect the others. A price of 0 is unknown.
#[rstest]
#[case::hetzner(
    HETZNER,
    "/server_types/0/memory",
    "/pricing/server_types/2/prices/0/price_hourly/net",
    "0.0000"
)]
#[case::digitalocean(DIGITALOCEAN, "/sizes/0/memory", "/sizes/3/price_hourly", "0")]
fn a_strange_row(#[case] of: Facts, #[case] memory: &str, #[case] price: &str, #[case] zero: &str) {
    let example = Example::new(of);
    example.cloud.change(|data| {
        *data.pointer_mut(memory).unwrap() = "lots".into();
        let price = data.pointer_mut(price).unwrap();
        *price = if price.is_string() {
            zero.into()
        } else {
            0.into()
        };
    });
    let all = example.cloud.data()[of.types.trim_start_matches('/')]
        .as_array()
        .unwrap()
        .len();
    let list = example.json(&["instance-types", "list", "--prices"], 5);
    assert_eq!(list["instance_types"].as_array().unwrap().len(), all - 1);
    let missing = list["missing"].to_string();
    assert!(missing.contains("not as documented"), "{missing}");
    assert!(missing.contains("the price of "), "{missing}");
    let table = ended(example.run(&["pricing", "list"]), 5);
    assert!(
        !table.stdout.contains("$0.00 ") && !table.stdout.contains("0.00 EUR"),
        "{table}"
    );
}
