use super::*;
use rstest::rstest;

#[test]
fn a_whole_catalog_asks_each_question_once() {
    let (listing, asked) = run(&ALL, |_| None);
    let listing = listing.unwrap();
    let regions = listing.regions.clone().unwrap();
    assert_eq!(
        regions.iter().map(|r| r.name.as_str()).collect::<Vec<_>>(),
        ["r-1", "r-2"]
    );
    let zones = [("r-1a", "id-a"), ("r-1b", "id-b")];
    let got: Vec<_> = regions[0]
        .zones
        .iter()
        .map(|z| (z.name.as_str(), z.id.as_deref().unwrap()))
        .collect();
    assert_eq!(got, zones);
    assert_eq!(type_names(&listing), ["a.one", "a.two", "b.two"]);
    assert_eq!(listing.missing, []);

    let offers = listing.offers.unwrap();
    assert_eq!(offers.len(), 5);
    let offer = |name: &str, region: &str| {
        offers
            .iter()
            .find(|o| o.instance_type == name && o.region == region)
            .unwrap()
    };
    assert_eq!(offer("a.one", "r-1").zones, ["r-1a", "r-1b"]);
    assert_eq!(offer("a.two", "r-2").zones, ["r-2a"]);
    assert_eq!(offer("b.two", "r-2").zones, ["r-2a", "r-2b"]);

    let images = listing.images.unwrap();
    assert_eq!(images.len(), 1);
    assert_eq!(
        (images[0].id.as_str(), images[0].release.as_str()),
        ("ami-2", "12")
    );
    assert_eq!(
        (images[0].name_glob.as_str(), images[0].created),
        ("debian-12-amd64-*", Some(1_709_251_200))
    );

    let slices: Vec<_> = asked
        .iter()
        .filter(|a| a.action() == "DescribeInstanceTypes")
        .collect();
    assert_eq!(
        slices
            .iter()
            .map(|a| (a.region.as_str(), a.names()))
            .collect::<Vec<_>>(),
        [("r-1", vec!["a.one", "a.two"]), ("r-2", vec!["b.two"]),]
    );
    let mut zones: Vec<_> = asked
        .iter()
        .filter(|a| a.by() == "availability-zone")
        .map(|a| a.get("Filter.1.Value.1").unwrap())
        .collect();
    zones.sort_unstable();
    assert_eq!(zones, ["r-1a", "r-1b", "r-2a", "r-2b"]);
    assert_eq!(asked.len(), 1 + 2 * (2 + 2) + 11 + 2);
    assert!(asked.iter().all(|a| a.region != "r-3"));
}

#[rstest]
#[case(&[DataKind::Images], &["DescribeImages"], 11)]
#[case(&[DataKind::Regions], &["DescribeAvailabilityZones", "DescribeRegions"], 3)]
#[case(&[DataKind::Offers], &["DescribeAvailabilityZones", "DescribeInstanceTypeOfferings", "DescribeRegions"], 9)]
#[case(&[DataKind::InstanceTypes], &["DescribeInstanceTypeOfferings", "DescribeInstanceTypes", "DescribeRegions"], 5)]
#[case(&[], &[], 0)]
fn only_what_is_wanted_is_asked(
    #[case] wanted: &[DataKind],
    #[case] actions: &[&str],
    #[case] requests: usize,
) {
    let (listing, asked) = run(wanted, |_| None);
    let mut seen: Vec<&str> = asked.iter().map(Asked::action).collect();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!((seen.as_slice(), asked.len()), (actions, requests));
    let listing = listing.unwrap();
    assert_eq!(
        listing.regions.is_some(),
        wanted.contains(&DataKind::Regions)
    );
    assert_eq!(listing.offers.is_some(), wanted.contains(&DataKind::Offers));
    assert_eq!(
        listing.instance_types.is_some(),
        wanted.contains(&DataKind::InstanceTypes)
    );
    assert_eq!(listing.images.is_some(), wanted.contains(&DataKind::Images));
}

#[rstest]
#[case("cn-north-1", "https://ec2.cn-north-1.amazonaws.com.cn/", &["cn-north-1"])]
#[case("us-east-1", "https://ec2.us-east-1.amazonaws.com/", &["us-east-1", "eu-west-1"])]
fn a_home_region_reads_its_own_partition(
    #[case] home: &str,
    #[case] url: &str,
    #[case] regions: &[&str],
) {
    let settings = vec![("home-region".to_owned(), home.to_owned())];
    let (listing, asked) = ask(&[DataKind::Regions], settings, &|a| {
        let names = ["eu-west-1", "us-east-1", "cn-north-1", "us-gov-west-1"];
        let items = names.map(|n| format!("<item><regionName>{n}</regionName></item>"));
        (a.action() == "DescribeRegions").then(|| Ok((200, answer(a, &items.concat(), None))))
    });
    let got: Vec<String> = listing
        .unwrap()
        .regions
        .unwrap()
        .into_iter()
        .map(|r| r.name)
        .collect();
    assert_eq!(got, regions);
    assert_eq!(asked[0].url, url);
}

#[test]
fn few_regions_cover_all_types() {
    let sets: [(&str, &[usize]); 4] = [
        ("home", &[1, 2, 3]),
        ("small", &[3, 4]),
        ("big", &[4, 5, 6]),
        ("none", &[1, 2]),
    ];
    assert_eq!(
        slices::plan(&sets),
        [("home", vec![1, 2, 3]), ("big", vec![4, 5, 6])]
    );
    assert_eq!(slices::plan(&[("a", &[]), ("b", &[7])]), [("b", vec![7])]);
    assert_eq!(slices::plan(&[]), []);
}
