//! Records of a filtered catalog: none is not unknown.

use crate::{InstanceTypes, Regions};
use cloudhost::catalog::{Catalog, Filter, Origin, Source};
use cloudhost::contract::cloudhost::provider::types::{InstanceType, Market, Offer, Region};
use cloudhost::contract::exports::cloudhost::provider::catalog::Listing;
use cloudhost::host::Summary;
use jiff::Timestamp;
use rstest::rstest;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn offer(instance_type: &str, region: &str) -> Offer {
    Offer {
        interruption: None,
        instance_type: instance_type.to_owned(),
        region: region.to_owned(),
        zones: vec![],
        market: Market::OnDemand,
    }
}

/// A catalog of two regions and two types, of which a filter keeps a part.
fn filtered(offers: &[Offer], change: fn(&mut Filter)) -> Catalog {
    let region = |name: &str| Region {
        place: None,
        country: None,
        name: name.to_owned(),
        description: None,
        zones: vec![],
        location: None,
    };
    let machine = |name: &str, family: &str| InstanceType {
        name: name.to_owned(),
        family: family.to_owned(),
        architectures: vec!["x86_64".to_owned()],
        cpu_manufacturer: None,
        vcpus: 2,
        memory_mib: 4096,
        accelerators: vec![],
        disks: vec![],
        network: None,
        bare_metal: false,
        burstable: false,
        network_mbps: None,
        attributes: Vec::new(),
        free_tier: false,
        current_generation: true,
        markets: vec![],
    };
    let listing = Listing {
        regions: Some(["east", "west"].map(region).to_vec()),
        instance_types: Some(vec![machine("s.one", "s"), machine("t.one", "t")]),
        offers: Some(offers.to_vec()),
        images: None,
        prices: None,
        capacity: None,
        missing: vec![],
    };
    let origin = Origin {
        fetched_at: NOW,
        source: Source::Bundled("a test".to_owned()),
        account: None,
    };
    let mut filter = Filter::default();
    change(&mut filter);
    let catalog = Catalog::from_listing(listing, origin).unwrap();
    filter.apply(catalog).unwrap()
}

#[rstest]
#[case::all(&[offer("s.one", "east")], |_: &mut Filter| {}, &[("east", Some(1)), ("west", Some(0))])]
#[case::sells_nothing(&[offer("s.one", "east")], |filter: &mut Filter| filter.regions = vec!["west".to_owned()], &[("west", Some(0))])]
#[case::unknown(&[], |filter: &mut Filter| filter.regions = vec!["west".to_owned()], &[("west", None)])]
fn types_of_a_region(
    #[case] offers: &[Offer],
    #[case] filter: fn(&mut Filter),
    #[case] expected: &[(&str, Option<usize>)],
) {
    let catalog = filtered(offers, filter);
    let regions = Regions::new("acme", &Summary::from(&catalog), &catalog, false, NOW).regions;
    let found = regions
        .iter()
        .map(|one| (one.name.as_str(), one.instance_types));
    assert_eq!(found.collect::<Vec<_>>(), expected);
}

#[rstest]
#[case::sold(&[offer("s.one", "east")], "s", Some(&["east"] as &[&str]))]
#[case::sold_nowhere(&[offer("s.one", "east")], "t", Some(&[] as &[&str]))]
#[case::unknown(&[], "t", None)]
fn regions_of_a_type(
    #[case] offers: &[Offer],
    #[case] family: &str,
    #[case] expected: Option<&[&str]>,
) {
    let filter: fn(&mut Filter) = match family {
        "s" => |filter| filter.families = vec!["s".to_owned()],
        _ => |filter| filter.families = vec!["t".to_owned()],
    };
    let catalog = filtered(offers, filter);
    let summary = Summary::from(&catalog);
    let types = InstanceTypes::new("acme", &summary, catalog, NOW).instance_types;
    let found: Vec<_> = types.iter().map(|one| one.regions.as_deref()).collect();
    let expected = expected.map(|names| {
        names
            .iter()
            .map(|&name| name.to_owned())
            .collect::<Vec<_>>()
    });
    assert_eq!(found, [expected.as_deref()]);
}
