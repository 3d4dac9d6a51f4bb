use super::*;

#[test]
fn the_feeds_are_asked_once_for_each_region_and_once_for_spot() {
    let (listing, asked) = run(&[], |_| None);
    let listing = listing.unwrap();
    assert_eq!(
        told(&listing),
        [
            ("m5.large", "eu-central-1", Market::OnDemand, 115_000_000),
            ("m5.large", "us-east-1", Market::OnDemand, 96_000_000),
            ("m5.large", "eu-central-1", Market::Spot, 40_000_000),
            ("m5.large", "us-east-1", Market::Spot, 34_500_000),
        ]
    );
    // The other regions of the partition are not in the feed of this test, which leaves a gap in each.
    assert_eq!((asked.len(), listing.missing.len()), (34 + 1, 32));
    assert!(
        asked
            .iter()
            .all(|request| request.auth.is_empty() && request.body.is_none())
    );
    let gap = &listing.missing[0];
    assert_eq!(
        (gap.kind, gap.error.kind),
        (DataKind::Prices, ErrorKind::NotFound)
    );
    assert_eq!(gap.error.scope, Scope::Region("af-south-1".into()));
    assert!(
        gap.error.message.contains("Africa%20(Cape%20Town)"),
        "{}",
        gap.error.message
    );
}

#[test]
fn each_price_says_where_it_was_read_and_when_that_was_published() {
    let (listing, _) = run(VIRGINIA, |_| None);
    let prices = listing.unwrap().prices.unwrap();
    let from: Vec<_> = prices
        .iter()
        .map(|p| (p.source.as_str(), p.published))
        .collect();
    let feed = format!("{FEED}US%20East%20(N.%20Virginia)/Linux/index.json");
    assert_eq!(
        from,
        [
            (feed.trim_start_matches("https://"), Some(1_790_358_321)),
            (SPOT.trim_start_matches("https://"), Some(1_790_056_881)),
        ]
    );
    assert!(
        prices
            .iter()
            .all(|p| p.zone.is_none() && p.per_hour.currency == "USD")
    );
}

#[rstest]
#[case(&[("home-region", "us-gov-west-1")], &["us-gov-west-1"], 2 + 1)]
#[case(&[("price-regions", " eu-central-1 ,us-east-1,")], &["eu-central-1", "us-east-1"], 2 + 1)]
fn the_regions_of_the_partition_or_those_that_are_named(
    #[case] settings: &[(&str, &str)],
    #[case] regions: &[&str],
    #[case] requests: usize,
) {
    let (listing, asked) = run(settings, |_| None);
    let listing = listing.unwrap();
    let told = told(&listing);
    let on_demand: Vec<&str> = told
        .iter()
        .filter(|p| p.2 == Market::OnDemand)
        .map(|p| p.1)
        .collect();
    assert_eq!((on_demand.as_slice(), asked.len()), (regions, requests));
}

#[test]
fn old_names_of_regions_are_todays_and_local_zones_are_left_out() {
    let rows = [
        ("us-east", "a.1", "0.1"),
        ("us-west", "a.1", "0.2"),
        ("eu-ireland", "a.1", "0.3"),
        ("eu-frankfurt", "a.1", "0.4"),
        ("apac-sin", "a.1", "0.5"),
        ("apac-syd", "a.1", "0.6"),
        ("apac-tokyo", "a.1", "0.7"),
        ("us-west-2-lax-1a", "a.1", "0.8"),
        ("us-west-2-lax-1", "a.1", "0.8"),
        ("xx-new-9", "a.1", "0.9"),
        ("me-south-1", "a.2", "N/A*"),
        ("me-south-1", "a.3", "N/A"),
    ];
    let (listing, _) = run(&[], |request| {
        (request.url == SPOT).then(|| ok(&spot(&rows)))
    });
    let listing = listing.unwrap();
    let spot: Vec<(&str, u64)> = told(&listing)
        .into_iter()
        .filter(|p| p.2 == Market::Spot)
        .map(|p| (p.1, p.3 / 100_000_000))
        .collect();
    assert_eq!(
        spot,
        [
            ("ap-northeast-1", 7),
            ("ap-southeast-1", 5),
            ("ap-southeast-2", 6),
            ("eu-central-1", 4),
            ("eu-west-1", 3),
            ("us-east-1", 1),
            ("us-west-1", 2),
            ("xx-new-9", 9),
        ]
    );
    assert!(
        listing
            .missing
            .iter()
            .all(|gap| gap.error.scope != Scope::Provider)
    );
}

#[test]
fn a_packed_answer_is_unpacked() {
    use std::io::Write;
    let (listing, _) = run(VIRGINIA, |request| {
        let Ok((status, body)) = usual(request) else {
            return None;
        };
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(&body).unwrap();
        Some(Ok((status, packer.finish().unwrap())))
    });
    assert_eq!(told(&listing.unwrap()).len(), 2);
}

#[test]
fn prices_come_without_a_credential_and_the_rest_becomes_gaps() {
    let wanted = [DataKind::Regions, DataKind::Images, DataKind::Prices];
    let (listing, _) = ask(&wanted, VIRGINIA, &|_| None);
    let listing = listing.unwrap();
    assert_eq!(
        (told(&listing).len(), listing.regions.is_some()),
        (2, false)
    );
    let gaps: Vec<_> = listing
        .missing
        .iter()
        .map(|gap| (gap.kind, gap.error.kind))
        .collect();
    assert_eq!(
        gaps,
        [
            (DataKind::Regions, ErrorKind::Unauthenticated),
            (DataKind::Images, ErrorKind::Unauthenticated)
        ]
    );
}

#[test]
fn a_region_that_is_newer_than_the_plugin_is_named() {
    let wanted = [DataKind::Regions, DataKind::Prices];
    let (listing, _) = ask(&wanted, &[], &|request| {
        let body = String::from_utf8(request.body.clone()?).unwrap();
        let xml = if body.contains("DescribeRegions") {
            "<DescribeRegionsResponse><regionInfo><item><regionName>us-east-1</regionName></item><item><regionName>xx-new-9</regionName></item></regionInfo></DescribeRegionsResponse>"
        } else {
            "<DescribeAvailabilityZonesResponse><availabilityZoneInfo/></DescribeAvailabilityZonesResponse>"
        };
        Some(Ok((200, xml.as_bytes().to_vec())))
    });
    let listing = listing.unwrap();
    let new: Vec<_> = listing
        .missing
        .iter()
        .filter(|gap| gap.error.scope == Scope::Region("xx-new-9".into()))
        .collect();
    assert_eq!(new.len(), 1);
    assert!(
        new[0].error.message.contains("price-regions=xx-new-9"),
        "{}",
        new[0].error.message
    );
    let locations: Vec<_> = listing
        .regions
        .unwrap()
        .iter()
        .map(|r| r.location.is_some())
        .collect();
    assert_eq!(locations, [true, false]);
}
