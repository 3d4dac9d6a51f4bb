//! Freshness, and when it ends.

use jiff::{SignedDuration, Timestamp};
use rstest::rstest;

use super::samples::{
    capacity, fetched, gap, lock, origin, price, save, scope, small, store, time,
};
use crate::catalog::{Catalog, Freshness, KINDS};
use crate::contract::cloudhost::provider::types::DataKind::{
    self, Capacity, Images, InstanceTypes, Offers, Prices, Regions,
};
use crate::contract::cloudhost::provider::types::{ErrorKind, Scope};
use crate::contract::exports::cloudhost::provider::catalog::Listing;
use crate::contract::exports::cloudhost::provider::provider;

pub(super) fn later(seconds: i64) -> Timestamp {
    time() + SignedDuration::from_secs(seconds)
}

const DAY: i64 = 86_400;

/// Capacity stays fresh for 15 minutes, and everything else for a day, as stated by a provider.
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
#[case::not_requested(900, &[Regions], Some(900), &[])]
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
    let freshness = store
        .read_index(&scope())
        .unwrap()
        .freshness(wanted, later(now));
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
    assert_eq!(store.read_index(&scope()), None);
    save(
        &store,
        Listing {
            images: None,
            ..small()
        },
    );
    let index = store.read_index(&scope()).unwrap();
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

/// A catalog with a gap that may be filled is available offline, but the next run fetches again. Data that the cloud
/// does not have, or returns in an unusable form, is the same the next time: that is a result.
#[rstest]
#[case::unreachable(ErrorKind::Unavailable, &[Offers])]
#[case::throttled(ErrorKind::RateLimited, &[Offers])]
#[case::refused(ErrorKind::PermissionDenied, &[Offers])]
#[case::not_understood(ErrorKind::Internal, &[Offers])]
#[case::not_there(ErrorKind::NotFound, &[])]
#[case::not_offered(ErrorKind::Unsupported, &[])]
fn incomplete_is_not_fresh(#[case] error: ErrorKind, #[case] incomplete: &[DataKind]) {
    let (_folder, store) = store();
    let mut missing = vec![gap(Offers, Scope::Region("eu-west-1".into()))];
    missing[0].error.kind = error;
    save(&store, Listing { missing, ..small() });
    let index = store.read_index(&scope()).unwrap();
    let freshness = index.freshness(&KINDS, time());
    assert_eq!(
        (freshness.incomplete.clone(), freshness.stale.clone()),
        (incomplete.to_vec(), vec![])
    );
    assert_eq!(freshness.is_fresh(), incomplete.is_empty());
    assert!(index.freshness(&[Regions, Images], time()).is_fresh());
    assert_eq!(
        store.load(&scope()).unwrap().catalog.unwrap().missing.len(),
        1
    );
}

/// Fetching prices alone leaves the other kinds and their ages, so that capacity goes stale while prices are new.
#[test]
fn prices_alone_do_not_make_capacity_fresh() {
    let (_folder, store) = store();
    let mut all = fetched(small());
    all.freshness = short_lived();
    let all = lock(&store).save(all).unwrap();
    let mut alone = fetched(Listing {
        prices: Some(vec![price("m5.large", "us-east-1", None, 97_000_000)]),
        ..Listing::default()
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
    assert!(!catalog.is_capacity_fresh_at(later(3_600)));
    let index = store.read_index(&scope()).unwrap();
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
    // The cached kinds keep their own validity, and not that of the last fetch.
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
        assert!(
            catalog.is_capacity_fresh_at(later(899)) && !catalog.is_capacity_fresh_at(later(900))
        );
        // One rule for all kinds: clocks differ by minutes, and data dated further in the future is not fresh.
        assert!(
            catalog.is_capacity_fresh_at(later(-300)) && !catalog.is_capacity_fresh_at(later(-301))
        );
    }

    let mut again = fetched(Listing {
        capacity: Some(vec![capacity("m5.large", "us-east-1", None, true)]),
        ..Listing::default()
    });
    again.origin.fetched_at = later(1_000);
    again.freshness = short_lived();
    let again = lock(&store).save(again).unwrap();
    assert_eq!(again.capacity.len(), 1);
    assert!(again.is_capacity_fresh_at(later(1_899)) && !again.is_capacity_fresh_at(later(1_900)));
    assert_eq!(again.fetched.prices, Some(time()));
}

/// Data that was not fetched, or not stored, has no validity.
#[test]
fn unknown_capacity_is_not_believed() {
    let (_folder, store) = store();
    let unknown = Listing {
        capacity: None,
        ..small()
    };
    let saved = save(&store, unknown);
    assert_eq!(
        (saved.capacity_validity, saved.is_capacity_fresh_at(time())),
        (None, false)
    );
    let of_listing = Catalog::from_listing(small(), origin(time())).unwrap();
    assert!(!of_listing.is_capacity_fresh_at(time()));
}

#[test]
fn the_index_says_what_menus_show() {
    let (_folder, store) = store();
    let mut new = fetched(small());
    new.menus = vec![Capacity, Offers];
    lock(&store).save(new).unwrap();
    assert_eq!(
        store.read_index(&scope()).unwrap().menus,
        [Capacity, Offers]
    );
}
