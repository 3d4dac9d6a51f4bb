//! What is fresh, and what a partial fetch keeps.

use jiff::{SignedDuration, Timestamp};
use rstest::rstest;

use super::samples::{
    capacity, fetched, gap, lock, machine, nothing, offer, origin, price, region, save, scope,
    small, store, time,
};
use crate::catalog::{Catalog, Freshness, KINDS, Source};
use crate::contract::cloudhost::provider::types::DataKind::{
    self, Capacity, Images, InstanceTypes, Offers, Prices, Regions,
};
use crate::contract::cloudhost::provider::types::Scope;
use crate::contract::exports::cloudhost::provider::catalog::Listing;
use crate::contract::exports::cloudhost::provider::provider;

fn later(seconds: i64) -> Timestamp {
    time() + SignedDuration::from_secs(seconds)
}

const DAY: i64 = 86_400;

/// Capacity stays fresh for 15 minutes, and everything else for a day, as a provider says it.
fn short_lived() -> Vec<provider::Freshness> {
    vec![provider::Freshness {
        kind: Capacity,
        seconds: 900,
    }]
}

#[rstest]
#[case::now(0, &KINDS, Some(0), &[])]
#[case::last_second(DAY - 1, &[Regions, Images], Some(86_399), &[])]
#[case::too_old(DAY, &[Regions, Images], Some(86_400), &[Regions, Images])]
#[case::short_lived(900, &KINDS, Some(900), &[Capacity])]
#[case::short_lived_is_fresh(899, &KINDS, Some(899), &[])]
#[case::short_lived_not_asked(900, &[Offers, Prices], Some(900), &[])]
#[case::a_day(DAY, &KINDS, Some(86_400), &KINDS)]
#[case::not_asked(900, &[Regions], Some(900), &[])]
#[case::another_clock(-300, &KINDS, Some(0), &[])]
#[case::future(-301, &[Regions], None, &[Regions])]
#[case::far_future(-10 * 365 * DAY, &[Regions, Offers], None, &[Regions, Offers])]
fn ages(
    #[case] now: i64,
    #[case] wanted: &[DataKind],
    #[case] age: Option<u64>,
    #[case] stale: &[DataKind],
) {
    let (_folder, store) = store();
    let mut new = fetched(small());
    new.freshness = short_lived();
    lock(&store).save(new).unwrap();
    let freshness = store.peek(&scope()).unwrap().freshness(wanted, later(now));
    assert_eq!(
        freshness,
        Freshness {
            age,
            stale: stale.to_vec(),
            incomplete: vec![]
        }
    );
    assert_eq!(freshness.is_fresh(), stale.is_empty());
}

#[test]
fn absent_is_not_fresh() {
    let (_folder, store) = store();
    assert_eq!(store.peek(&scope()), None);
    save(
        &store,
        Listing {
            images: None,
            ..small()
        },
    );
    let index = store.peek(&scope()).unwrap();
    assert!(
        index
            .freshness(&[Regions, InstanceTypes, Offers], time())
            .is_fresh()
    );
    assert_eq!(
        index.freshness(&KINDS, time()),
        Freshness {
            age: None,
            stale: vec![Images],
            incomplete: vec![]
        }
    );
}

/// A catalog with a gap is there for who works offline, but the next run asks again.
#[test]
fn incomplete_is_not_fresh() {
    let (_folder, store) = store();
    let missing = vec![gap(Offers, Scope::Region("eu-west-1".into()))];
    save(&store, Listing { missing, ..small() });
    let index = store.peek(&scope()).unwrap();
    let freshness = index.freshness(&KINDS, time());
    assert_eq!(
        (freshness.incomplete.clone(), freshness.stale.clone()),
        (vec![Offers], vec![])
    );
    assert!(!freshness.is_fresh());
    assert!(index.freshness(&[Regions, Images], time()).is_fresh());
    assert_eq!(
        store.load(&scope()).unwrap().catalog.unwrap().missing.len(),
        1
    );
}

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
            ..nothing()
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
    // The gap of offers is mended, that of images is not.
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
    let index = store.peek(&scope()).unwrap();
    let seconds = |kind| index.kinds.get(kind).as_ref().unwrap().fresh_seconds;
    assert_eq!((seconds(Offers), seconds(Images)), (60, 86_400));
}

/// An offer of a type that is newer than the stored list of types is not believed and not an error: it makes
/// the list of types incomplete, so that the next run asks for it.
#[test]
fn a_new_offer_of_an_unknown_type_asks_for_types() {
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
            ..nothing()
        },
    );
    assert_eq!(catalog.offers.len(), 1);
    assert_eq!(catalog.missing.len(), 1);
    let message = &catalog.missing[0].error.message;
    assert_eq!(
        message,
        r#"1 offers name a type that the older list of instance-types does not have, as "m9.large""#
    );
    assert_eq!(
        store
            .peek(&scope())
            .unwrap()
            .freshness(&KINDS, later(3_600))
            .incomplete,
        [InstanceTypes]
    );
    assert_eq!(store.load(&scope()).unwrap().catalog, Some(catalog));

    let types = Some(vec![machine("m5.large", 2), machine("m9.large", 2)]);
    let catalog = fetch_again(
        &store,
        Listing {
            instance_types: types,
            ..nothing()
        },
    );
    assert_eq!(catalog.missing, []);
}

/// What travelled in a plugin is not mixed with what the cloud said.
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
            ..nothing()
        },
    );
    assert_eq!(
        (catalog.regions.len(), catalog.instance_types.len()),
        (1, 0)
    );
    assert_eq!(catalog.fetched.instance_types, None);
}

/// Prices fetched alone leave the other kinds and their ages, so that capacity goes stale while they are new.
#[test]
fn prices_alone_do_not_make_capacity_fresh() {
    let (_folder, store) = store();
    let mut all = fetched(small());
    all.freshness = short_lived();
    let all = lock(&store).save(all).unwrap();
    let mut alone = fetched(Listing {
        prices: Some(vec![price("m5.large", "us-east-1", None, 97_000_000)]),
        ..nothing()
    });
    alone.origin.fetched_at = later(3_600);
    alone.freshness = short_lived();
    let catalog = lock(&store).save(alone).unwrap();

    assert_eq!(catalog.prices.len(), 1);
    assert_eq!(catalog.prices[0].per_hour.nanos, 97_000_000);
    assert_eq!(
        (&catalog.regions, &catalog.instance_types, &catalog.offers),
        (&all.regions, &all.instance_types, &all.offers)
    );
    assert_eq!(
        (&catalog.images, &catalog.capacity),
        (&all.images, &all.capacity)
    );
    for (kind, at) in catalog.fetched.iter() {
        let expected = if kind == Prices { later(3_600) } else { time() };
        assert_eq!(*at, Some(expected), "{kind:?}");
    }
    assert_ne!(catalog.digest, all.digest);
    assert!(!catalog.believed(later(3_600)));
    let index = store.peek(&scope()).unwrap();
    assert_eq!(
        index.freshness(&KINDS, later(3_600)),
        Freshness {
            age: Some(3_600),
            stale: vec![Capacity],
            incomplete: vec![]
        }
    );
    assert_eq!(
        store.load(&scope()).unwrap().catalog.as_ref(),
        Some(&catalog)
    );
    // The kept kinds last as long as they did, and not as long as the last fetch would have it.
    assert!(!index.freshness(&[Prices], later(3_600 + DAY)).is_fresh());
    assert!(
        index
            .freshness(&[Prices], later(3_600 + DAY - 1))
            .is_fresh()
    );
    assert!(!index.freshness(&[Offers], later(DAY)).is_fresh());
}

#[test]
fn capacity_is_believed_while_it_is_fresh() {
    let (_folder, store) = store();
    let mut new = fetched(small());
    new.freshness = short_lived();
    let saved = lock(&store).save(new).unwrap();
    let loaded = store.load(&scope()).unwrap().catalog.unwrap();
    for catalog in [&saved, &loaded] {
        assert_eq!(catalog.capacity_until, Some(later(900)));
        assert!(catalog.believed(later(899)) && !catalog.believed(later(900)));
    }

    let mut again = fetched(Listing {
        capacity: Some(vec![capacity("m5.large", "us-east-1", None, true)]),
        ..nothing()
    });
    again.origin.fetched_at = later(1_000);
    again.freshness = short_lived();
    let again = lock(&store).save(again).unwrap();
    assert_eq!(again.capacity.len(), 1);
    assert_eq!(again.capacity_until, Some(later(1_900)));
    assert!(again.believed(later(1_000)));
    assert_eq!(again.fetched.prices, Some(time()));
}

/// What nobody fetched, or nobody stored, has no time until which it holds.
#[test]
fn unknown_capacity_is_not_believed() {
    let (_folder, store) = store();
    let unknown = Listing {
        capacity: None,
        ..small()
    };
    let saved = save(&store, unknown);
    assert_eq!(
        (saved.capacity_until, saved.believed(time())),
        (None, false)
    );
    let of_listing = Catalog::from_listing(small(), origin(time())).unwrap();
    assert!(!of_listing.believed(time()));
}

/// A price list may name more than the account can have; capacity is the account's own.
#[test]
fn new_capacity_of_an_unknown_type_asks_for_types() {
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
            ..nothing()
        },
    );
    assert_eq!((catalog.prices.len(), catalog.capacity.len()), (1, 0));
    let kinds: Vec<_> = catalog.missing.iter().map(|gap| gap.kind).collect();
    assert_eq!(kinds, [InstanceTypes]);
}

/// What is gone from a newer list of types is gone from what is older, and nothing is missing.
#[test]
fn older_records_of_a_type_that_is_gone_go_too() {
    let (_folder, store) = store();
    save(&store, small());
    let types = Some(vec![machine("m5.large", 2)]);
    let catalog = fetch_again(
        &store,
        Listing {
            instance_types: types,
            ..nothing()
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

#[test]
fn the_index_says_what_menus_show() {
    let (_folder, store) = store();
    let mut new = fetched(small());
    new.menus = vec![Capacity, Offers];
    lock(&store).save(new).unwrap();
    assert_eq!(store.peek(&scope()).unwrap().menus, [Capacity, Offers]);
}

/// An offer in a region that the newer list of regions does not have any more is only out of date.
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
            ..nothing()
        },
    );
    assert!(small().offers.unwrap().iter().any(|o| o.region == gone));
    assert!(catalog.offers.iter().all(|offer| offer.region != gone));
    assert!(!catalog.offers.is_empty());
    assert_eq!(catalog.missing, []);
}
