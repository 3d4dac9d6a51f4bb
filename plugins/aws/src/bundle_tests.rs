use super::*;
use cloudhost_sdk::{DataKind, Error, ErrorKind, Image, Location, Market, Offer, Region, Zone};
use proptest::prelude::*;

fn listing() -> impl Strategy<Value = Listing> {
    let region = (
        ".{0,8}",
        proptest::option::of(".{0,8}"),
        any::<(i32, i32)>(),
    )
        .prop_map(|(name, id, (latitude, longitude))| Region {
            place: None,
            country: None,
            zones: vec![Zone {
                name: name.clone(),
                id,
            }],
            name,
            description: None,
            location: (latitude > 0).then_some(Location {
                latitude,
                longitude,
            }),
        });
    let offer = (".{0,8}", ".{0,8}").prop_map(|(name, region)| Offer {
        market: Market::Spot,
        ..Offer::on_demand(name, region)
    });
    let image = (".{0,8}", proptest::option::of(any::<u64>())).prop_map(|(id, created)| Image {
        disk_gib: None,
        attributes: Vec::new(),
        id,
        name: "n".into(),
        owner: "o".into(),
        distribution: "d".into(),
        release: "r".into(),
        architecture: "arm64".into(),
        name_glob: "*".into(),
        region: Some("r".into()),
        created,
        gpu: false,
    });
    let some = |n| 0..n;
    (
        proptest::option::of(proptest::collection::vec(region, some(4))),
        proptest::option::of(proptest::collection::vec(offer, some(6))),
        proptest::option::of(proptest::collection::vec(image, some(4))),
    )
        .prop_map(|(regions, offers, images)| Listing {
            regions,
            offers,
            images,
            missing: vec![Error::new(ErrorKind::Busy, "b").into_gap(DataKind::Images)],
            ..Listing::default()
        })
}

/// Sorts a listing in the order of `encode`.
fn sorted(mut listing: Listing) -> Listing {
    listing
        .regions
        .iter_mut()
        .for_each(|l| l.sort_by(|a, b| a.name.cmp(&b.name)));
    listing.offers.iter_mut().for_each(|l| {
        l.sort_by(|a, b| (&a.instance_type, &a.region).cmp(&(&b.instance_type, &b.region)));
    });
    listing
        .images
        .iter_mut()
        .for_each(|l| l.sort_by(|a, b| a.id.cmp(&b.id)));
    listing
}

proptest! {
    #[test]
    fn what_goes_in_comes_out(listing in listing(), at in any::<u64>(), source in ".{0,20}") {
        let bundle = decode(&encode(listing.clone(), at, &source).unwrap()).unwrap();
        prop_assert_eq!(bundle, Bundle { listing: sorted(listing), fetched_at: at, source });
    }

    #[test]
    fn damage_is_an_error_and_not_a_panic(at in 0usize..CATALOG.len(), byte in any::<u8>()) {
        // The checksum of zlib is at the end: every change is detected.
        let mut damaged = CATALOG[..at].to_vec();
        damaged.push(byte);
        prop_assert!(at + 1 == CATALOG.len() || decode(&damaged).is_err());
    }
}

#[test]
fn the_shipped_catalog_is_whole_and_small() {
    assert!(CATALOG.len() < 1_000_000);
    let bundle = decode(CATALOG).unwrap();
    assert!(bundle.fetched_at > 1_700_000_000);
    assert!(!bundle.source.is_empty());
    assert_eq!(bundle.listing.missing, []);
    let regions = bundle.listing.regions.unwrap();
    assert!(regions.len() >= 15);
    assert!(regions.iter().all(|region| region.location.is_some()));
    assert_eq!(
        (bundle.listing.prices, bundle.listing.capacity),
        (None, None)
    );
    assert!(
        bundle
            .listing
            .instance_types
            .is_some_and(|list| list.len() > 1_000)
    );
    assert!(
        bundle
            .listing
            .offers
            .is_some_and(|list| list.len() > 10_000)
    );
    assert!(bundle.listing.images.is_some());
}
