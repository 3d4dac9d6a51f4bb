use super::*;
use rstest::rstest;

#[rstest]
#[case::zones("DescribeAvailabilityZones", "", &ALL, vec![DataKind::Regions, DataKind::Offers])]
#[case::types("DescribeInstanceTypeOfferings", "region", &ALL, vec![DataKind::Regions, DataKind::InstanceTypes, DataKind::Offers])]
#[case::regions_alone("DescribeAvailabilityZones", "", &[DataKind::Regions], vec![DataKind::Regions])]
#[case::offers_alone("DescribeAvailabilityZones", "", &[DataKind::Offers], vec![DataKind::Offers])]
#[case::types_alone("DescribeInstanceTypeOfferings", "region", &[DataKind::InstanceTypes], vec![DataKind::InstanceTypes])]
fn a_region_that_fails_is_left_out_with_a_gap_of_each_kind(
    #[case] action: &str,
    #[case] by: &str,
    #[case] wanted: &[DataKind],
    #[case] kinds: Vec<DataKind>,
) {
    let (listing, _) = run(wanted, |a| {
        (a.region == "r-2" && a.action() == action && a.by() == by)
            .then_some(Err(HttpErrorKind::Timeout))
    });
    let listing = listing.unwrap();
    let regions = listing.regions.as_ref();
    assert!(regions.is_none_or(|regions| regions.len() == 1));
    let mut offers = listing.offers.iter().flatten();
    assert!(offers.all(|o| o.region == "r-1"));
    let r2 = Scope::Region("r-2".into());
    assert_eq!(
        gaps(&listing),
        kinds.into_iter().map(|k| (k, &r2)).collect::<Vec<_>>()
    );
    assert_eq!(listing.missing[0].error.kind, ErrorKind::Unavailable);
}

/// Prices and images of a region that is not in the list are dropped by the host: they are missing too.
#[rstest]
#[case("r-1", vec![DataKind::Regions, DataKind::Prices, DataKind::Images])]
#[case("r-2", vec![DataKind::Regions, DataKind::Prices])]
fn prices_and_images_go_with_a_region(#[case] region: &str, #[case] kinds: Vec<DataKind>) {
    let wanted = [DataKind::Regions, DataKind::Prices, DataKind::Images];
    let special = |a: &Asked| {
        (a.region == region && a.action() == "DescribeAvailabilityZones")
            .then_some(Err(HttpErrorKind::Timeout))
    };
    let cloud = Cloud {
        special: &special,
        asked: RefCell::default(),
    };
    let listing = fetch(&cloud, "r-1", &wanted).now_or_never().unwrap();
    let scope = Scope::Region(region.to_owned());
    let told: Vec<_> = kinds.into_iter().map(|kind| (kind, &scope)).collect();
    let listing = listing.unwrap();
    let of_region = gaps(&listing).into_iter().filter(|(_, of)| **of == scope);
    assert_eq!(of_region.collect::<Vec<_>>(), told);
}

#[test]
fn zones_of_offers_can_be_unknown() {
    let (listing, _) = run(&ALL, |a| {
        (a.region == "r-2" && a.by() == "availability-zone").then(|| Ok((200, "<trunc".into())))
    });
    let listing = listing.unwrap();
    assert_eq!(listing.regions.as_ref().unwrap().len(), 2);
    assert_eq!(
        gaps(&listing),
        [(DataKind::Offers, &Scope::Region("r-2".into()))]
    );
    assert!(
        listing
            .offers
            .unwrap()
            .iter()
            .all(|o| o.zones.is_empty() == (o.region == "r-2"))
    );
}

#[rstest]
#[case("DescribeRegions", 401, "AuthFailure", ErrorKind::Unauthenticated)]
#[case(
    "DescribeRegions",
    403,
    "UnauthorizedOperation",
    ErrorKind::PermissionDenied
)]
#[case(
    "DescribeAvailabilityZones",
    503,
    "RequestLimitExceeded",
    ErrorKind::RateLimited
)]
#[case(
    "DescribeInstanceTypeOfferings",
    503,
    "Unavailable",
    ErrorKind::Unavailable
)]
#[case(
    "DescribeInstanceTypes",
    400,
    "RequestExpired",
    ErrorKind::Unauthenticated
)]
fn when_all_of_a_step_fails_so_does_the_fetch(
    #[case] action: &str,
    #[case] status: u16,
    #[case] code: &str,
    #[case] kind: ErrorKind,
) {
    let (result, _) = run(&ALL, |a| {
        (a.action() == action).then(|| refusal(status, code, "said"))
    });
    let error = result.unwrap_err();
    assert_eq!((error.kind, error.code.as_deref()), (kind, Some(code)));
    assert!(
        error.message.contains(action) && error.message.contains("said"),
        "{}",
        error.message
    );
    assert_eq!(error.request_id.as_deref(), Some("q"));
}

#[test]
fn where_offerings_are_denied_the_home_region_is_read_page_by_page() {
    let (listing, asked) = run(&ALL, |a| match (a.action(), a.get("NextToken")) {
        ("DescribeInstanceTypeOfferings", _) => Some(refusal(403, "UnauthorizedOperation", "no")),
        ("DescribeInstanceTypes", None) => {
            Some(Ok((200, answer(a, &types(&["a.one"]), Some("t1")))))
        }
        ("DescribeInstanceTypes", Some("t1")) => {
            Some(Ok((200, answer(a, &types(&["a.two"]), None))))
        }
        _ => None,
    });
    let listing = listing.unwrap();
    assert_eq!(type_names(&listing), ["a.one", "a.two"]);
    assert_eq!(listing.offers, None);
    assert_eq!(listing.regions.as_ref().unwrap().len(), 2);
    assert_eq!(
        gaps(&listing).last(),
        Some(&(DataKind::Offers, &Scope::Provider))
    );
    let pages: Vec<_> = asked
        .iter()
        .filter(|a| a.action() == "DescribeInstanceTypes")
        .collect();
    assert!(
        pages
            .iter()
            .all(|a| a.region == "r-1" && a.get("MaxResults") == Some("100"))
    );
}

#[test]
fn names_that_a_region_does_not_know_are_dropped_and_the_rest_asked_once_more() {
    let (listing, asked) = run(&ALL, |a| {
        (a.action() == "DescribeInstanceTypes" && a.names().contains(&"a.two")).then(|| {
            refusal(
                400,
                "InvalidInstanceType",
                "The following supplied instance types do not exist: [a.two]",
            )
        })
    });
    let listing = listing.unwrap();
    assert_eq!(type_names(&listing), ["a.one", "b.two"]);
    assert_eq!(
        gaps(&listing),
        [(DataKind::InstanceTypes, &Scope::Region("r-1".into()))]
    );
    assert!(listing.missing[0].error.message.contains("left out a.two"));
    assert_eq!(
        asked
            .iter()
            .filter(|a| a.action() == "DescribeInstanceTypes")
            .count(),
        3
    );
}

#[test]
fn a_type_that_the_answer_lacks_is_a_gap() {
    let (listing, _) = run(&ALL, |a| {
        (a.action() == "DescribeInstanceTypes" && a.region == "r-1")
            .then(|| Ok((200, answer(a, &types(&["a.one"]), None))))
    });
    let listing = listing.unwrap();
    assert!(
        listing.missing[0].error.message.contains("lacks a.two"),
        "{:?}",
        listing.missing
    );
}

#[test]
fn a_page_token_that_never_ends_is_named() {
    let (result, asked) = run(&[DataKind::Regions], |a| {
        (a.action() == "DescribeAvailabilityZones").then(|| Ok((200, answer(a, "", Some("again")))))
    });
    let error = result.unwrap_err();
    assert!(
        error.message.contains("\"again\"") && error.message.contains("r-1"),
        "{}",
        error.message
    );
    assert_eq!(asked.len(), 1 + 2 * 2);
}

#[test]
fn one_publisher_may_fail() {
    let owner = |a: &Asked| a.get("Owner.1") == Some("099720109477");
    let (listing, _) = run(&ALL, |a| {
        owner(a).then_some(Err(HttpErrorKind::BodyTooLarge))
    });
    let listing = listing.unwrap();
    assert_eq!(listing.images.as_ref().unwrap().len(), 1);
    assert_eq!(
        gaps(&listing),
        [(DataKind::Images, &Scope::Region("r-1".into()))]
    );
    assert!(
        listing.missing[0]
            .error
            .message
            .starts_with("images of Ubuntu")
    );
}

#[test]
fn no_publisher_leaves_images_unknown() {
    let images = |a: &Asked| a.action() == "DescribeImages";
    let (listing, _) = run(&ALL, |a| images(a).then_some(Err(HttpErrorKind::Timeout)));
    let listing = listing.unwrap();
    assert_eq!((listing.images, listing.missing.len()), (None, 11));
    let (result, _) = run(&[DataKind::Images], |a| {
        images(a).then_some(Err(HttpErrorKind::CredentialMissing))
    });
    assert_eq!(result.unwrap_err().kind, ErrorKind::Unauthenticated);
}

#[rstest]
#[case("evil.example.com/")]
#[case("")]
fn a_home_region_that_is_none_is_refused(#[case] home: &str) {
    let settings = vec![("home-region".to_owned(), home.to_owned())];
    let (result, asked) = ask(&ALL, settings, &|_| None);
    assert_eq!(result.unwrap_err().kind, ErrorKind::InvalidArgument);
    assert_eq!(asked.len(), 0);
}

#[test]
fn a_region_with_an_impossible_name_is_not_asked() {
    let (result, asked) = run(&ALL, |a| {
        (a.action() == "DescribeRegions").then(|| {
            Ok((
                200,
                answer(
                    a,
                    "<item><regionName>evil.example.com/</regionName></item>",
                    None,
                ),
            ))
        })
    });
    assert!(result.unwrap_err().message.contains("evil.example.com/"));
    assert!(
        asked
            .iter()
            .all(|a| a.url.starts_with("https://ec2.r-1.amazonaws.com/"))
    );
}
