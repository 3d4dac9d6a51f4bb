//! Any valid listing is read from the disk as it was saved, whatever its order.

use proptest::prelude::*;

use super::samples::{fetched, lock, origin, scope, store, time};
use super::strategies::{listing, price};
use crate::catalog::Catalog;
use crate::contract::cloudhost::provider::types::*;
use crate::contract::exports::cloudhost::provider::catalog::Listing;

/// The same listing in another order, and with each record twice.
fn shuffled(mut listing: Listing) -> Listing {
    fn turn<T: Clone>(list: &mut [T], twice: bool) -> Vec<T> {
        list.reverse();
        if twice {
            [&list[..], &list[..]].concat()
        } else {
            list.to_vec()
        }
    }
    for region in listing.regions.iter_mut().flatten() {
        region.zones = turn(&mut region.zones, true);
    }
    for kind in listing.instance_types.iter_mut().flatten() {
        kind.architectures = turn(&mut kind.architectures, true);
        kind.accelerators = turn(&mut kind.accelerators, false);
        kind.disks = turn(&mut kind.disks, false);
        kind.markets = turn(&mut kind.markets, true);
    }
    for offer in listing.offers.iter_mut().flatten() {
        offer.zones = turn(&mut offer.zones, true);
    }
    Listing {
        regions: listing.regions.map(|mut list| turn(&mut list, true)),
        instance_types: listing.instance_types.map(|mut list| turn(&mut list, true)),
        offers: listing.offers.map(|mut list| turn(&mut list, true)),
        images: listing.images.map(|mut list| turn(&mut list, true)),
        prices: listing.prices.map(|mut list| turn(&mut list, true)),
        capacity: listing.capacity.map(|mut list| turn(&mut list, true)),
        missing: turn(&mut listing.missing, true),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_saved_is_loaded(listing in listing()) {
        let (_folder, store) = store();
        let saved = lock(&store).save(fetched(listing.clone())).unwrap();
        let loaded = store.load(&scope()).unwrap();
        prop_assert_eq!(&loaded.warnings, &Vec::<String>::new());
        prop_assert_eq!(loaded.catalog.as_ref(), Some(&saved));

        // No record is lost.
        prop_assert_eq!(saved.regions.len(), listing.regions.as_ref().map_or(0, Vec::len));
        prop_assert_eq!(saved.offers.len(), listing.offers.as_ref().map_or(0, Vec::len));
        for offer in listing.offers.iter().flatten() {
            prop_assert!(saved.offers.contains(offer));
        }
        prop_assert_eq!(saved.prices.len(), listing.prices.as_ref().map_or(0, Vec::len));
        for price in listing.prices.iter().flatten() {
            prop_assert!(saved.prices.contains(price));
        }
        prop_assert_eq!(saved.capacity.len(), listing.capacity.as_ref().map_or(0, Vec::len));
        for capacity in listing.capacity.iter().flatten() {
            prop_assert!(saved.capacity.contains(capacity));
        }
        for region in listing.regions.iter().flatten() {
            let same = saved.regions.iter().find(|saved| saved.name == region.name).unwrap();
            prop_assert_eq!(&same.location, &region.location);
        }
        for image in listing.images.iter().flatten() {
            prop_assert!(saved.images.contains(image));
        }
        for gap in &listing.missing {
            prop_assert!(saved.missing.contains(gap));
        }
        for kind in listing.instance_types.iter().flatten() {
            let same = saved.instance_types.iter().find(|saved| saved.name == kind.name).unwrap();
            prop_assert_eq!(same.accelerators.len(), kind.accelerators.len());
            prop_assert!(kind.accelerators.iter().all(|device| same.accelerators.contains(device)));
            prop_assert!(kind.disks.iter().all(|disk| same.disks.contains(disk)));
            prop_assert_eq!(&same.markets, &kind.markets);
            prop_assert_eq!(&same.network, &kind.network);
        }

        let index = store.read_index(&scope()).unwrap();
        prop_assert_eq!(index.digest, saved.digest);
        prop_assert_eq!(index.fetched_at(), Some(saved.fetched_at));
        prop_assert_eq!(&index.missing, &saved.missing);
        let rows: Vec<u64> = index.kinds.iter().map(|(_, entry)| entry.as_ref().map_or(0, |entry| entry.rows)).collect();
        let counts = [saved.regions.len(), saved.instance_types.len(), saved.offers.len(), saved.images.len(),
            saved.prices.len(), saved.capacity.len()];
        prop_assert_eq!(rows, counts.map(|count| count as u64).to_vec());
    }

    #[test]
    fn order_and_repetition_carry_no_meaning(listing in listing()) {
        let one = Catalog::from_listing(listing.clone(), origin(time())).unwrap();
        let other = Catalog::from_listing(shuffled(listing), origin(time())).unwrap();
        prop_assert_eq!(one, other);
    }

    #[test]
    fn another_price_is_another_digest(mut listing in listing(), price in price(("m5.large", "us-east-1", None, Market::Spot))) {
        listing.prices = Some(vec![price.clone()]);
        let one = Catalog::from_listing(listing.clone(), origin(time())).unwrap();
        let mut other = price;
        other.per_hour.nanos = if other.per_hour.nanos == 1 { 2 } else { other.per_hour.nanos - 1 };
        listing.prices = Some(vec![other]);
        let other = Catalog::from_listing(listing, origin(time())).unwrap();
        prop_assert_ne!(one.digest, other.digest);
    }
}
