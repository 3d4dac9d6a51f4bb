use super::*;
use proptest::prelude::*;

/// Returns the prices of a feed of us-east-1 with these rows, without spot, and the message of each gap.
fn sieve(rows: &[(&str, Value)]) -> (Vec<(String, u64)>, Vec<String>) {
    let (listing, _) = run(VIRGINIA, |request| {
        let spot = request.url == SPOT;
        Some(ok(&if spot {
            self::spot(&[("us-east-1", "spot.only", "1")])
        } else {
            feed("US East (N. Virginia)", rows)
        }))
    });
    let listing = listing.unwrap();
    let told = told(&listing);
    let on_demand = told.iter().filter(|p| p.2 == Market::OnDemand);
    (
        on_demand.map(|p| (p.0.to_owned(), p.3)).collect(),
        listing
            .missing
            .iter()
            .map(|gap| gap.error.message.clone())
            .collect(),
    )
}

#[rstest]
#[case(json!("0.0000000000"), "a price of 0")]
#[case(json!("0"), "a price of 0")]
#[case(json!("-0.1"), "no decimal price")]
#[case(json!("99999999999999999999"), "no decimal price")]
#[case(json!("1e300"), "no decimal price")]
#[case(json!("call us"), "no decimal price")]
#[case(json!(""), "no decimal price")]
#[case(json!(0.096), "no decimal price")]
#[case(json!(null), "no decimal price")]
#[case(json!({"USD": "1"}), "no decimal price")]
fn what_is_no_price_is_refused_and_told(#[case] price: Value, #[case] why: &str) {
    let (prices, gaps) = sieve(&[("good.one", json!("0.5")), ("bad.one", price)]);
    assert_eq!(prices, [("good.one".to_owned(), 500_000_000)]);
    assert_eq!(
        gaps,
        [format!(
            "on-demand prices of us-east-1: 1 price was rejected: bad.one in us-east-1: {why}"
        )]
    );
}

#[test]
fn rows_that_contradict_each_other_are_refused_and_rows_that_agree_are_one() {
    let rows = [
        ("same.one", json!("0.5")),
        ("same.one", json!("0.50")),
        ("odd.one", json!("0.5")),
        ("odd.one", json!("0.6")),
        ("odd.one", json!("0.5")),
    ];
    let (prices, gaps) = sieve(&rows);
    assert_eq!(prices, [("same.one".to_owned(), 500_000_000)]);
    assert_eq!(gaps.len(), 1);
    assert!(gaps[0].contains("1 price"), "{gaps:?}");
    assert!(
        gaps[0].ends_with("odd.one in us-east-1: prices that contradict each other"),
        "{gaps:?}"
    );
}

#[test]
fn the_second_of_two_fields_of_one_name_counts_too() {
    let row = |price: &str| format!(r#"{{"Instance Type": "a.b", "price": "{price}"}}"#);
    let body = |second: &str| {
        format!(
            r#"{{"regions": {{"US East (N. Virginia)": {{"k": {}, "k": {}}}}}}}"#,
            row("0.1"),
            row(second)
        )
    };
    for (second, prices) in [("0.1", 1), ("0.2", 0)] {
        let (listing, _) = run(VIRGINIA, |request| {
            (request.url != SPOT).then(|| Ok((200, body(second).into_bytes())))
        });
        assert_eq!(told(&listing.unwrap()).len(), prices + 1);
    }
}

#[test]
fn many_refused_rows_are_counted_and_some_named() {
    let names: Vec<String> = (0..100).map(|n| format!("a.{n}")).collect();
    let rows: Vec<(&str, Value)> = names
        .iter()
        .map(|name| (name.as_str(), json!("0")))
        .collect();
    let (prices, gaps) = sieve(&rows);
    assert_eq!(prices, []);
    assert!(
        gaps[0].contains("100 prices were") && gaps[0].ends_with("; and 95 more"),
        "{gaps:?}"
    );
}

#[rstest]
#[case("")]
#[case("m5.large\u{1b}[31m")]
#[case("../../etc")]
#[case("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
fn what_is_no_name_of_a_type_is_refused(#[case] name: &str) {
    let (prices, gaps) = sieve(&[(name, json!("1"))]);
    assert_eq!(prices, []);
    assert!(
        gaps[0].contains("not the name of an instance type"),
        "{gaps:?}"
    );
    assert!(!gaps[0].contains('\u{1b}'));
}

#[rstest]
#[case("Location", json!("US West (Oregon)"))]
#[case("Operating System", json!("Windows"))]
#[case("Pre Installed S/W", json!("SQL Web"))]
#[case("Location", json!(7))]
fn a_price_of_something_else_is_refused(#[case] field: &str, #[case] value: Value) {
    let place = "US East (N. Virginia)";
    let mut body = feed(place, &[("a.b", json!("1"))]);
    let rows = body["regions"][place].as_object_mut().unwrap();
    rows.values_mut().next().unwrap()[field] = value;
    let (listing, _) = run(VIRGINIA, |request| (request.url != SPOT).then(|| ok(&body)));
    let listing = listing.unwrap();
    assert_eq!(told(&listing).len(), 1);
    assert!(listing.missing[0].error.message.contains("another place"));
}

/// A response that is not a price list leaves only a gap in its region (or in spot).
#[rstest]
#[case(Ok((500, b"".to_vec())), ErrorKind::Unavailable)]
#[case(Ok((403, b"<Error><Code>AccessDenied</Code></Error>".to_vec())), ErrorKind::NotFound)]
#[case(Ok((404, b"".to_vec())), ErrorKind::NotFound)]
#[case(Ok((200, b"{\"regions\": {\"US East".to_vec())), ErrorKind::Internal)]
#[case(Ok((200, b"<html>".to_vec())), ErrorKind::Internal)]
#[case(Ok((200, b"[]".to_vec())), ErrorKind::Internal)]
#[case(Ok((200, b"{}".to_vec())), ErrorKind::Internal)]
#[case(Ok((200, b"{\"regions\": {}, \"config\": {\"regions\": []}}".to_vec())), ErrorKind::Internal)]
#[case(Ok((200, b"{\"regions\": [1], \"config\": {\"regions\": {}}}".to_vec())), ErrorKind::Internal)]
#[case(Ok((200, b"\x1f\x8b\x08nonsense".to_vec())), ErrorKind::Internal)]
#[case(Err(HttpErrorKind::Timeout), ErrorKind::Unavailable)]
#[case(Err(HttpErrorKind::BodyTooLarge), ErrorKind::Internal)]
fn an_answer_that_is_no_list(#[case] answer: Answer, #[case] kind: ErrorKind) {
    for (spot, scope) in [
        (true, Scope::Provider),
        (false, Scope::Region("us-east-1".into())),
    ] {
        let (listing, _) = run(VIRGINIA, |request| {
            ((request.url == SPOT) == spot).then(|| answer.clone())
        });
        let listing = listing.unwrap();
        let gaps: Vec<_> = listing
            .missing
            .iter()
            .map(|g| (&g.error.scope, g.error.kind))
            .collect();
        assert_eq!((told(&listing).len(), gaps), (1, vec![(&scope, kind)]));
    }
    // If all responses are such, the fetch fails.
    let (result, _) = run(VIRGINIA, |_| Some(answer.clone()));
    let error = result.unwrap_err();
    assert_eq!((error.kind, error.scope), (kind, Scope::Provider));
}

#[test]
fn other_money_is_not_taken_for_dollars() {
    let (listing, _) = run(VIRGINIA, |request| {
        let mut body = feed("US East (N. Virginia)", &[("a.b", json!("1"))]);
        body["manifest"]["currencyCode"] = json!("CNY");
        (request.url != SPOT).then(|| ok(&body))
    });
    assert!(
        listing.unwrap().missing[0]
            .error
            .message
            .contains("\"CNY\"")
    );
}

#[rstest]
#[case(&[("price-source", "guess")], ErrorKind::InvalidArgument, "feed or getproducts")]
#[case(&[("price-regions", "evil.example.com/")], ErrorKind::InvalidArgument, "invalid region")]
#[case(&[("price-regions", " , ")], ErrorKind::InvalidArgument, "is empty")]
#[case(&[("home-region", "cn-north-1")], ErrorKind::Unsupported, "cn-north-1")]
#[case(&[("home-region", "us-gov-west-1"), ("price-source", "getproducts")], ErrorKind::Unsupported, "us-gov-west-1")]
fn settings_that_cannot_work(
    #[case] settings: &[(&str, &str)],
    #[case] kind: ErrorKind,
    #[case] says: &str,
) {
    let (result, asked) = run(settings, |_| None);
    let error = result.unwrap_err();
    assert_eq!((error.kind, asked.len()), (kind, 0));
    assert!(error.message.contains(says), "{}", error.message);
}

#[test]
fn a_named_region_that_the_feed_has_no_name_for_is_a_gap() {
    let settings = [("price-regions", "us-east-1,xx-new-9")];
    let (listing, asked) = run(&settings, |_| None);
    let listing = listing.unwrap();
    assert_eq!((listing.missing.len(), asked.len()), (1, 2));
    assert_eq!(
        listing.missing[0].error.scope,
        Scope::Region("xx-new-9".into())
    );
}

proptest! {
    #[test]
    fn no_answer_makes_a_price_of_nothing(
        names in proptest::collection::vec("[a-c]\\.[a-c]", 0..8),
        price in "[-+0-9.eE]{0,12}",
        cut in 0usize..400,
    ) {
        let rows: Vec<(&str, Value)> = names.iter().map(|name| (name.as_str(), json!(price))).collect();
        let mut body = feed("US East (N. Virginia)", &rows).to_string().into_bytes();
        body.truncate(body.len().saturating_sub(cut.saturating_sub(200)));
        let (listing, _) = run(VIRGINIA, |request| (request.url != SPOT).then(|| Ok((200, body.clone()))));
        for price in listing.unwrap().prices.unwrap() {
            prop_assert!(price.per_hour.nanos > 0);
            prop_assert!(!price.instance_type.is_empty());
        }
    }
}

#[test]
fn where_only_prices_fail_the_rest_stays_and_where_all_fails_so_does_the_fetch() {
    let wanted = [DataKind::Regions, DataKind::Prices];
    let regions = |request: &Request| {
        let body = String::from_utf8(request.body.clone().unwrap_or_default()).unwrap();
        let xml = match body.contains("DescribeRegions") {
            true => {
                "<DescribeRegionsResponse><regionInfo><item><regionName>us-east-1</regionName></item></regionInfo></DescribeRegionsResponse>"
            }
            false => "<DescribeAvailabilityZonesResponse/>",
        };
        (!request.auth.is_empty()).then(|| Ok((200, xml.as_bytes().to_vec())))
    };
    let away = || Some(Err(HttpErrorKind::Timeout));
    let (listing, _) = ask(&wanted, VIRGINIA, &|request| regions(request).or_else(away));
    let listing = listing.unwrap();
    assert_eq!((listing.regions.unwrap().len(), listing.prices), (1, None));
    let gaps: Vec<_> = listing
        .missing
        .iter()
        .map(|gap| (gap.kind, gap.error.kind))
        .collect();
    assert_eq!(gaps, [(DataKind::Prices, ErrorKind::Unavailable)]);

    let (result, _) = ask(&wanted, VIRGINIA, &|request| match request.auth.is_empty() {
        true => away(),
        false => None,
    });
    assert_eq!(result.unwrap_err().kind, ErrorKind::Unauthenticated);

    // A partition without price lists has no prices, but all other data.
    let china: &[(&str, &str)] = &[("home-region", "cn-north-1")];
    let (listing, _) = ask(&wanted, china, &|request| {
        let Some(Ok((status, body))) = regions(request) else {
            return None;
        };
        let body = String::from_utf8(body)
            .unwrap()
            .replace("us-east-1", "cn-north-1");
        Some(Ok((status, body.into_bytes())))
    });
    let listing = listing.unwrap();
    assert_eq!(listing.regions.unwrap()[0].name, "cn-north-1");
    assert_eq!(listing.missing[0].error.kind, ErrorKind::Unsupported);
}
