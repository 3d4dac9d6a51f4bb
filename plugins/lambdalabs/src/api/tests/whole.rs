//! Tests of good responses.

use super::*;
use cloudhost_sdk::{Disk, DiskKind};
use rstest::rstest;

const ALL: [DataKind; 6] = [
    DataKind::Regions,
    DataKind::InstanceTypes,
    DataKind::Offers,
    DataKind::Images,
    DataKind::Prices,
    DataKind::Capacity,
];

#[rstest]
#[case(&ALL, &["instance-types", "regions", "images"])]
#[case(&IN_ONE_REQUEST, &["instance-types"])]
#[case(&[DataKind::Capacity], &["instance-types"])]
#[case(&[DataKind::Regions], &["regions"])]
#[case(&[DataKind::Images], &["images"])]
#[case(&[], &[])]
fn what_is_wanted_is_asked_once(#[case] wanted: &[DataKind], #[case] paths: &[&str]) {
    let (asked, listing) = run(wanted, &|_| None);
    let listing = listing.unwrap();
    assert_eq!(asked, paths);
    let types = paths.contains(&"instance-types");
    assert_eq!(listing.instance_types.is_some(), types);
    assert_eq!(listing.offers.is_some(), types);
    assert_eq!(listing.prices.is_some(), types);
    assert_eq!(listing.capacity.is_some(), types);
    assert_eq!(listing.regions.is_some(), paths.contains(&"regions"));
    assert_eq!(listing.images.is_some(), paths.contains(&"images"));
    assert_eq!(listing.missing, []);
}

#[test]
fn each_type_has_price_and_capacity_in_each_known_region() {
    let listing = run(&IN_ONE_REQUEST, &|_| None).1.unwrap();
    // The 17 built-in regions, and the one that the response adds.
    let places = 18;
    // Where a type is sold is unknown.
    assert_eq!(listing.offers, Some(vec![]));
    let prices = listing.prices.unwrap();
    assert_eq!(prices.len(), 2 * places);
    for price in prices {
        let cents = if price.instance_type == "gpu_1x_a10" {
            75
        } else {
            229
        };
        assert_eq!(price.per_hour.nanos, cents * 10_000_000);
        assert_eq!(price.per_hour.currency, "USD");
        assert_eq!(price.source, PRICE_SOURCE);
        assert_eq!((price.market, price.zone), (Market::OnDemand, None));
    }
    let capacity = listing.capacity.unwrap();
    assert_eq!(capacity.len(), 2 * places);
    let free = capacity.iter().filter(|c| c.available);
    let free: Vec<_> = free
        .map(|c| (c.instance_type.as_str(), c.region.as_str()))
        .collect();
    assert_eq!(
        free,
        [("gpu_1x_a10", "us-north-1"), ("gpu_1x_a10", "us-west-1")]
    );
}

#[test]
fn the_regions_that_the_cloud_lists_are_the_regions() {
    let listing = run(&ALL, &|_| None).1.unwrap();
    let regions = listing.regions.unwrap();
    let names: Vec<&str> = regions.iter().map(|r| r.name.as_str()).collect();
    assert_eq!(names, ["eu-far-1", "us-north-1", "us-west-1"]);
    assert_eq!(regions[0].description.as_deref(), Some("Far away"));
    assert_eq!(regions[0].location, None);
    assert_eq!(regions[1].location.unwrap().latitude, 39_320_980);
    assert_eq!(listing.prices.unwrap().len(), 2 * 3);
}

#[test]
fn a_type_says_what_the_cloud_says() {
    let types = run(&IN_ONE_REQUEST, &|_| None)
        .1
        .unwrap()
        .instance_types
        .unwrap();
    let a10 = &types[0];
    assert_eq!(
        (a10.name.as_str(), a10.family.as_str()),
        ("gpu_1x_a10", "a10")
    );
    assert_eq!((a10.vcpus, a10.memory_mib), (30, 200 * 1024));
    assert_eq!(a10.architectures, ["x86_64"]);
    assert_eq!(a10.accelerators.len(), 1);
    let disk = Disk {
        count: 1,
        size_gb: 1503,
        kind: DiskKind::Ssd,
    };
    assert_eq!(a10.disks, [disk]);
    assert_eq!(types[1].architectures, ["arm64"]);
}

#[rstest]
#[case(
    r#""specs": {"vcpus": 64"#,
    r#""architecture": "x86_64", "specs": {"vcpus": 64"#,
    "x86_64"
)]
#[case("GH200 (96 GB)", "X1 (96 GB)", "x86_64")]
#[case("gpu_1x_gh200", "gpu_1x_new", "arm64")]
fn the_architecture_is_the_clouds_word_or_the_chips(
    #[case] from: &str,
    #[case] to: &str,
    #[case] architecture: &str,
) {
    let types = changed(from, to).instance_types.unwrap();
    assert_eq!(types[1].architectures, [architecture]);
}

#[test]
fn the_newest_image_of_each_release_is_kept() {
    let images = run(&[DataKind::Images], &|_| None)
        .1
        .unwrap()
        .images
        .unwrap();
    let told: Vec<_> = images
        .iter()
        .map(|i| {
            (
                i.id.as_str(),
                i.distribution.as_str(),
                i.release.as_str(),
                i.gpu,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("i-2", "lambda-stack", "22.04", true),
            ("i-3", "ubuntu-lts", "24.04.01", false),
        ]
    );
    assert_eq!(images[0].name_glob, "lambda-stack-22-04-*");
    assert_eq!(
        (images[0].created, images[1].created),
        (Some(1_772_323_200), None)
    );
}

#[test]
fn whoami_asks_once_and_names_nobody() {
    let cloud = Cloud {
        special: &|_| None,
        asked: RefCell::default(),
    };
    let account = whoami(&cloud).now_or_never().unwrap().unwrap();
    assert_eq!((account.id, account.principal), (None, None));
    assert_eq!(cloud.asked.into_inner(), ["regions"]);
}
