//! Filters, one table.

use rstest::rstest;

use super::samples::{image, machine, origin, region, small, time};
use crate::catalog::{Catalog, Filter};
use crate::contract::exports::cloudhost::provider::catalog::Listing;
use crate::select::Candidates;
use crate::{HasRemedy as _, Remedy};

fn catalog(listing: Listing) -> Catalog {
    Catalog::from_listing(listing, origin(time())).unwrap()
}

fn names(list: &[&str]) -> Vec<String> {
    list.iter().map(|name| name.to_string()).collect()
}

/// Names can have commas. With `lists`, a value is a list only if it is not a name as a whole.
#[rstest]
#[case::name(&["gpu,c"], true, Ok("gpu,c"))]
#[case::list(&["m5,gpu"], true, Ok("gpu m5"))]
#[case::both(&["gpu,c", "m5"], true, Ok("gpu,c m5"))]
#[case::unknown(&["m5,c"], true, Err("c"))]
#[case::empty(&["m5,"], true, Err(""))]
#[case::exact(&["m5,gpu"], false, Err("m5,gpu"))]
fn names_with_commas(
    #[case] families: &[&str],
    #[case] lists: bool,
    #[case] expected: Result<&str, &str>,
) {
    let mut listing = small();
    let types = listing.instance_types.as_mut().unwrap();
    types.push(machine("gpu.x", 1));
    types.push(machine("gpu,c.x", 1));
    let filter = Filter {
        lists,
        ..filter(&[], families, false, None, &[])
    };
    match (filter.apply(catalog(listing)), expected) {
        (Ok(left), Ok(expected)) => {
            let mut left: Vec<_> = left
                .instance_types
                .into_iter()
                .map(|one| one.family)
                .collect();
            left.sort();
            left.dedup();
            assert_eq!(left.join(" "), expected);
        }
        (Err(error), Err(name)) => assert_eq!(error.name, name),
        (left, expected) => panic!("{left:?}, expected {expected:?}"),
    }
}

/// A type in its zone, or in its region where there is none.
fn place(kind: &str, region: &str, zone: &Option<String>) -> String {
    format!("{kind}@{}", zone.as_deref().unwrap_or(region))
}

fn filter(
    regions: &[&str],
    families: &[&str],
    gpu: bool,
    min_vcpus: Option<u32>,
    architectures: &[&str],
) -> Filter {
    Filter {
        regions: names(regions),
        families: names(families),
        gpu,
        min_vcpus,
        architectures: names(architectures),
        lists: false,
    }
}

const ALL: &str = "eu-west-1 us-east-1 | inf2.xlarge m5.large m7g.large p5.48xlarge | \
    inf2.xlarge@us-east-1 m5.large@eu-west-1 m5.large@us-east-1 m7g.large@eu-west-1 p5.48xlarge@us-east-1 | ami-1 ami-2 | \
    m5.large@us-east-1 m5.large@us-east-1a m7g.large@eu-west-1 | m5.large@eu-west-1a p5.48xlarge@us-east-1";

#[rstest]
#[case::all(filter(&[], &[], false, None, &[]), ALL)]
#[case::zero_is_all(filter(&[], &[], false, Some(0), &[]), ALL)]
#[case::region(filter(&["eu-west-1"], &[], false, None, &[]),
    "eu-west-1 | m5.large m7g.large | m5.large@eu-west-1 m7g.large@eu-west-1 | ami-1 ami-2 | \
    m7g.large@eu-west-1 | m5.large@eu-west-1a")]
#[case::regions(filter(&["eu-west-1", "us-east-1", "eu-west-1"], &[], false, None, &[]), ALL)]
#[case::family(filter(&[], &["m5"], false, None, &[]),
    "eu-west-1 us-east-1 | m5.large | m5.large@eu-west-1 m5.large@us-east-1 | ami-1 ami-2 | \
    m5.large@us-east-1 m5.large@us-east-1a | m5.large@eu-west-1a")]
#[case::gpu_is_not_neuron(filter(&[], &[], true, None, &[]),
    "eu-west-1 us-east-1 | p5.48xlarge | p5.48xlarge@us-east-1 | ami-1 ami-2 |  | p5.48xlarge@us-east-1")]
#[case::vcpus(filter(&[], &[], false, Some(4), &[]),
    "eu-west-1 us-east-1 | inf2.xlarge p5.48xlarge | inf2.xlarge@us-east-1 p5.48xlarge@us-east-1 | ami-1 ami-2 |  | \
    p5.48xlarge@us-east-1")]
#[case::architecture(filter(&[], &[], false, None, &["arm64"]),
    "eu-west-1 us-east-1 | m7g.large | m7g.large@eu-west-1 | ami-1 | m7g.large@eu-west-1 | ")]
#[case::nothing_left(filter(&["eu-west-1"], &[], true, None, &[]), "eu-west-1 |  |  | ami-1 ami-2 |  | ")]
#[case::together(filter(&["us-east-1"], &["m5", "p5"], false, Some(3), &["x86_64"]),
    "us-east-1 | p5.48xlarge | p5.48xlarge@us-east-1 | ami-2 |  | p5.48xlarge@us-east-1")]
fn what_is_left(#[case] filter: Filter, #[case] expected: &str) {
    let whole = catalog(small());
    let left = filter.apply(whole.clone()).unwrap();
    let join = |names: Vec<String>| names.join(" ");
    let shown = [
        join(
            left.regions
                .iter()
                .map(|region| region.name.clone())
                .collect(),
        ),
        join(
            left.instance_types
                .iter()
                .map(|kind| kind.name.clone())
                .collect(),
        ),
        join(
            left.offers
                .iter()
                .map(|offer| format!("{}@{}", offer.instance_type, offer.region))
                .collect(),
        ),
        join(left.images.iter().map(|image| image.id.clone()).collect()),
        join(
            left.prices
                .iter()
                .map(|one| place(&one.instance_type, &one.region, &one.zone))
                .collect(),
        ),
        join(
            left.capacity
                .iter()
                .map(|one| place(&one.instance_type, &one.region, &one.zone))
                .collect(),
        ),
    ];
    assert_eq!(shown.join(" | "), expected);
    assert_eq!(
        (left.digest, left.fetched, left.source),
        (whole.digest, whole.fetched, whole.source)
    );
}

#[rstest]
#[case(filter(&["us-esat-1"], &[], false, None, &[]), r#"the catalog has no region "us-esat-1""#,
    &["us-east-1", "eu-west-1"])]
#[case(filter(&[], &["m5", "M6"], false, None, &[]), r#"the catalog has no family "M6""#,
    &["m5", "m7g", "p5", "inf2"])]
#[case(filter(&[], &[], false, None, &["amd64"]), r#"the catalog has no architecture "amd64""#,
    &["arm64", "x86_64"])]
fn a_wrong_name_is_not_an_empty_menu(
    #[case] filter: Filter,
    #[case] message: &str,
    #[case] names: &[&str],
) {
    let error = filter.apply(catalog(small())).unwrap_err();
    assert_eq!(error.to_string(), message);
    assert_eq!(
        error.remedy(),
        Some(Remedy::UseName {
            close: names.iter().map(|&name| name.to_owned()).collect(),
            known: names.len(),
        })
    );
}

#[test]
fn only_the_closest_of_many_names_are_offered() {
    let mut listing = small();
    (listing.offers, listing.prices, listing.capacity) = (None, None, None);
    listing.instance_types = Some(
        (0..40)
            .map(|i| machine(&format!("c{i}.large"), 2))
            .collect(),
    );
    let error = filter(&[], &["c3x"], false, None, &[])
        .apply(catalog(listing))
        .unwrap_err();
    assert_eq!(error.close, ["c3", "c30", "c31", "c32", "c33"]);
    assert_eq!(
        error.remedy(),
        Some(Remedy::UseName {
            close: error.close.clone(),
            known: 40,
        })
    );
}

/// An architecture that only an image has is valid. An empty catalog reports that it is empty.
#[test]
fn names_come_from_what_is_held() {
    let mut listing = small();
    listing
        .images
        .as_mut()
        .unwrap()
        .push(image("ami-3", "i386"));
    let left = filter(&[], &[], false, None, &["i386"])
        .apply(catalog(listing))
        .unwrap();
    assert_eq!(
        (
            left.images.len(),
            left.instance_types.len(),
            left.offers.len()
        ),
        (1, 0, 0)
    );

    let empty = Listing {
        regions: Some(vec![]),
        ..Listing::default()
    };
    let error = filter(&["us-east-1"], &[], false, None, &[])
        .apply(catalog(empty))
        .unwrap_err();
    assert_eq!(error.remedy(), Some(Remedy::Refresh));
}

/// Without offers the locations of a type are unknown, and without types an offer needs none.
#[test]
fn what_is_not_held_filters_nothing() {
    for offers in [None, Some(vec![])] {
        let no_offers = catalog(Listing { offers, ..small() });
        let left = filter(&["eu-west-1"], &[], false, None, &[]).apply(no_offers);
        assert_eq!(left.unwrap().instance_types.len(), 4);
    }
    let no_types = catalog(Listing {
        instance_types: None,
        ..small()
    });
    let left = filter(&["eu-west-1"], &[], false, None, &[])
        .apply(no_types)
        .unwrap();
    assert_eq!(
        (left.offers.len(), left.prices.len(), left.capacity.len()),
        (2, 1, 1)
    );
}

/// Known offers stay known, whatever a filter leaves of them: a region that sells nothing is not one that may sell all.
#[rstest]
#[case::of_a_region(filter(&["eu-north-1"], &[], false, None, &[]), 0)]
#[case::of_a_family(filter(&[], &["x9"], false, None, &[]), 1)]
fn offers_that_are_filtered_out_are_not_unknown(#[case] filter: Filter, #[case] types: usize) {
    let mut listing = small();
    listing
        .regions
        .as_mut()
        .unwrap()
        .push(region("eu-north-1", &[]));
    listing
        .instance_types
        .as_mut()
        .unwrap()
        .push(machine("x9.large", 2));
    let left = filter.apply(catalog(listing)).unwrap();
    assert_eq!((left.offers.len(), left.instance_types.len()), (0, types));
    assert!(left.offers_known);
    assert!(Candidates::new(&left, true, None).all().is_empty());
}

/// A region with only a price or a capacity is valid in a filter.
#[rstest]
#[case::prices(Listing { prices: small().prices, ..Listing::default() }, (1, 0))]
#[case::capacity(Listing { capacity: small().capacity, ..Listing::default() }, (0, 1))]
fn regions_of_one_kind_alone(#[case] listing: Listing, #[case] expected: (usize, usize)) {
    let left = filter(&["eu-west-1"], &[], false, None, &[])
        .apply(catalog(listing.clone()))
        .unwrap();
    assert_eq!((left.prices.len(), left.capacity.len()), expected);
    let error = filter(&["eu-moon-1"], &[], false, None, &[])
        .apply(catalog(listing))
        .unwrap_err();
    assert_eq!(error.close, ["eu-west-1", "us-east-1"]);
}

#[rstest]
#[case::order(filter(&["b", "a"], &[], false, None, &[]), filter(&["a", "b", "a"], &[], false, None, &[]), true)]
#[case::zero(filter(&[], &[], false, Some(0), &[]), Filter::default(), true)]
#[case::gpu(filter(&[], &[], true, None, &[]), Filter::default(), false)]
#[case::separator(filter(&["a,b"], &[], false, None, &[]), filter(&["a", "b"], &[], false, None, &[]), false)]
#[case::quote(filter(&["a\",\"b"], &[], false, None, &[]), filter(&["a", "b"], &[], false, None, &[]), false)]
#[case::field(filter(&["a"], &[], false, None, &[]), filter(&[], &["a"], false, None, &[]), false)]
fn keys(#[case] one: Filter, #[case] other: Filter, #[case] same: bool) {
    assert_eq!(
        one.key() == other.key(),
        same,
        "{} {}",
        one.key(),
        other.key()
    );
}
