//! A fetch of some kinds, and the kinds that it keeps.

use super::freshness::later;
use super::samples::{
    capacity, fetched, gap, lock, machine, offer, price, region, save, scope, small, store, time,
};
use crate::catalog::Source;
use crate::contract::cloudhost::provider::types::DataKind::{
    self, Images, InstanceTypes, Offers, Prices,
};
use crate::contract::cloudhost::provider::types::Scope;
use crate::contract::exports::cloudhost::provider::catalog::Listing;
use crate::contract::exports::cloudhost::provider::provider;

fn fetch_again(store: &crate::catalog::Store, listing: Listing) -> crate::catalog::Catalog {
    let mut new = fetched(listing);
    new.origin.fetched_at = later(3_600);
    new.freshness = vec![provider::Freshness {
        kind: Offers,
        seconds: 60,
    }];
    lock(store).save(new).unwrap()
}

#[test]
fn a_kind_that_was_not_fetched_stays_with_its_own_age() {
    let (_folder, store) = store();
    let missing = vec![gap(Images, Scope::Provider), gap(Offers, Scope::Provider)];
    save(&store, Listing { missing, ..small() });
    let catalog = fetch_again(
        &store,
        Listing {
            offers: Some(vec![offer("m5.large", "us-east-1")]),
            ..Listing::default()
        },
    );
    assert_eq!(
        (
            catalog.offers.len(),
            catalog.instance_types.len(),
            catalog.images.len()
        ),
        (1, 4, 2)
    );
    assert_eq!(
        (catalog.fetched.offers, catalog.fetched.images),
        (Some(later(3_600)), Some(time()))
    );
    assert_eq!(catalog.fetched_at, time());
    // The gap of offers is filled, that of images is not.
    assert_eq!(
        catalog
            .missing
            .iter()
            .map(|gap| gap.kind)
            .collect::<Vec<_>>(),
        [Images]
    );
    assert_eq!(
        store.load(&scope()).unwrap().catalog.as_ref(),
        Some(&catalog)
    );
    let index = store.read_index(&scope()).unwrap();
    let seconds = |kind| index.kinds.get(kind).as_ref().unwrap().fresh_seconds;
    assert_eq!((seconds(Offers), seconds(Images)), (60, 86_400));
}

/// A list of types that lacks what a newer offer names is dropped. The next run that needs types fetches them; a run
/// that needs offers has them.
#[test]
fn a_new_offer_of_an_unknown_type_drops_the_list_of_types() {
    let (_folder, store) = store();
    save(&store, small());
    let offers = Some(vec![
        offer("m9.large", "us-east-1"),
        offer("m5.large", "us-east-1"),
    ]);
    let catalog = fetch_again(
        &store,
        Listing {
            offers,
            ..Listing::default()
        },
    );
    assert_eq!((catalog.offers.len(), catalog.instance_types.len()), (2, 0));
    assert_eq!(
        (catalog.fetched.instance_types, catalog.fetched.regions),
        (None, Some(time()))
    );
    assert_eq!(catalog.missing, []);
    let index = store.read_index(&scope()).unwrap();
    let stale = |kinds: &[DataKind]| index.freshness(kinds, later(3_600)).stale;
    assert_eq!(stale(&[InstanceTypes, Offers, Prices]), [InstanceTypes]);
    assert_eq!(store.load(&scope()).unwrap().catalog, Some(catalog));

    let types = Some(vec![machine("m5.large", 2), machine("m9.large", 2)]);
    let catalog = fetch_again(
        &store,
        Listing {
            instance_types: types,
            ..Listing::default()
        },
    );
    assert_eq!((catalog.offers.len(), catalog.instance_types.len()), (2, 2));
    assert_eq!(catalog.missing, []);
}

/// Data from another version of the plugin may have another meaning.
#[test]
fn answers_of_two_plugins_do_not_mix() {
    let (_folder, store) = store();
    save(&store, small());
    let mut new = fetched(Listing {
        offers: Some(vec![offer("m5.large", "us-east-1")]),
        ..Listing::default()
    });
    new.made_by.digest = "another".into();
    let catalog = lock(&store).save(new).unwrap();
    let held: Vec<_> = catalog
        .fetched
        .iter()
        .filter(|(_, at)| at.is_some())
        .collect();
    assert_eq!(held.len(), 1, "{held:?}");
    assert_eq!(store.load(&scope()).unwrap().catalog, Some(catalog));
}

/// Bundled data is not mixed with data from the cloud.
#[test]
fn bundled_and_live_do_not_mix() {
    let (_folder, store) = store();
    let mut bundled = fetched(small());
    bundled.origin.source = Source::Bundled("dump".into());
    lock(&store).save(bundled).unwrap();
    let catalog = fetch_again(
        &store,
        Listing {
            regions: Some(vec![region("us-east-1", &[])]),
            ..Listing::default()
        },
    );
    assert_eq!(
        (catalog.regions.len(), catalog.instance_types.len()),
        (1, 0)
    );
    assert_eq!(catalog.fetched.instance_types, None);
}

/// A price list may name more than the account can have. Capacity is the account's own.
#[test]
fn new_capacity_of_an_unknown_type_drops_the_list_of_types() {
    let (_folder, store) = store();
    save(&store, small());
    let prices = vec![
        price("m9.large", "us-east-1", None, 1),
        price("m5.large", "us-east-1", None, 2),
    ];
    let room = vec![capacity("m9.large", "us-east-1", None, true)];
    let catalog = fetch_again(
        &store,
        Listing {
            prices: Some(prices),
            capacity: Some(room),
            ..Listing::default()
        },
    );
    assert_eq!((catalog.prices.len(), catalog.capacity.len()), (1, 1));
    assert_eq!(catalog.fetched.instance_types, None);
    assert_eq!(catalog.missing, []);
}

/// Entries missing from a newer list of types are dropped from older data, and no gap is reported.
#[test]
fn older_records_of_a_type_that_is_gone_go_too() {
    let (_folder, store) = store();
    save(&store, small());
    let types = Some(vec![machine("m5.large", 2)]);
    let catalog = fetch_again(
        &store,
        Listing {
            instance_types: types,
            ..Listing::default()
        },
    );
    assert_eq!(
        (
            catalog.offers.len(),
            catalog.prices.len(),
            catalog.capacity.len()
        ),
        (2, 2, 1)
    );
    assert_eq!(catalog.missing, []);
    assert_eq!(store.load(&scope()).unwrap().catalog, Some(catalog));
}

/// An offer in a region that is missing from the newer list of regions is only stale.
#[test]
fn an_old_offer_of_a_region_that_is_gone_is_dropped() {
    let (_folder, store) = store();
    save(&store, small());
    let mut regions = small().regions.unwrap();
    let gone = regions.pop().unwrap().name;
    let catalog = fetch_again(
        &store,
        Listing {
            regions: Some(regions),
            ..Listing::default()
        },
    );
    assert!(small().offers.unwrap().iter().any(|o| o.region == gone));
    assert!(catalog.offers.iter().all(|offer| offer.region != gone));
    assert!(!catalog.offers.is_empty());
    assert_eq!(catalog.missing, []);
}
