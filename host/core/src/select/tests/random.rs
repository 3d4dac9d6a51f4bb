//! Properties of every catalog.

use proptest::prelude::*;

use super::super::{Candidate, Candidates, Constraints, Mode, SelectionRequest, Tier};
use super::{Made, REGIONS, machine, made, priced, seattle};
use crate::contract::cloudhost::provider::types::{Capacity, Market, Money, Offer};

const GPUS: [(&str, u32); 6] = [
    ("", 0),
    ("A10", 1),
    ("H100", 1),
    ("Z9", 1),
    ("A100", 8),
    ("H100", 8),
];

prop_compose! {
    /// One offer of a few types in a few regions, so that many are alike in something.
    fn offer()(
        kind in 0..GPUS.len(),
        region in 0..REGIONS.len(),
        spot in any::<bool>(),
        price in prop_oneof![1 => Just(0), 4 => 1..6_u64],
        yuan in prop::bool::weighted(0.1),
        capacity in any::<Option<bool>>(),
    ) -> (usize, usize, bool, u64, bool, Option<bool>) {
        (kind, region, spot, price, yuan, capacity)
    }
}

fn catalogs() -> impl Strategy<Value = Made> {
    prop::collection::vec(offer(), 0..40).prop_map(|offers| {
        let mut made = made();
        for (number, (gpu, count)) in GPUS.into_iter().enumerate() {
            made.types
                .push(machine(&format!("type.{number}"), gpu, count));
        }
        let mut seen = std::collections::HashSet::new();
        for (kind, region, spot, price, yuan, capacity) in offers {
            if !seen.insert((kind, region, spot)) {
                continue;
            }
            let (name, region) = (format!("type.{kind}"), REGIONS[region].0);
            let market = if spot { Market::Spot } else { Market::OnDemand };
            made.offers.push(Offer {
                interruption: None,
                instance_type: name.clone(),
                region: region.into(),
                zones: vec![],
                market,
            });
            if price > 0 {
                let mut price = priced(&name, region, price);
                price.market = market;
                if yuan {
                    price.per_hour.currency = "CNY".into();
                }
                made.prices.push(price);
            }
            made.capacity.extend(capacity.map(|available| Capacity {
                instance_type: name.clone(),
                region: region.into(),
                zone: None,
                market,
                available,
            }));
        }
        made
    })
}

prop_compose! {
    fn asks()(
        market in prop::option::of(prop_oneof![Just(Market::OnDemand), Just(Market::Spot)]),
        min_gpus in prop::option::of(0..9_u32),
        region in prop::option::of(0..REGIONS.len()),
        max_price in prop::option::of(1..6_u64),
        available_only in any::<bool>(),
        mode in prop_oneof![Just(Mode::Cheapest), Just(Mode::Closest), Just(Mode::Balanced)],
        tier in prop::option::weighted(0.3, 0..7_usize),
        allow_unknown_capacity in any::<bool>(),
    ) -> SelectionRequest {
        SelectionRequest {
            wanted: Constraints {
                market,
                min_gpus,
                regions: region.map(|region| REGIONS[region].0.into()).into_iter().collect(),
                max_price: max_price.map(super::dollars),
                available_only,
                ..Constraints::default()
            },
            mode,
            tier: tier.map(|tier| Tier::all()[tier]),
            allow_unknown_capacity,
            rows: 3,
        }
    }
}

/// The filters once more, in other words.
fn holds(wanted: &Constraints, one: &Candidate) -> bool {
    let price = one.price.map(|price| &price.per_hour);
    let cheap = |most: &Money| {
        price.is_some_and(|price| price.currency == most.currency && price.nanos <= most.nanos)
    };
    wanted.market.is_none_or(|market| one.market == market)
        && one.gpus >= wanted.min_gpus.unwrap_or(0)
        && (wanted.regions.is_empty() || wanted.regions.contains(&one.region.to_owned()))
        && wanted.max_price.as_ref().is_none_or(cheap)
        && (!wanted.available_only || one.capacity == Some(true))
}

fn nanos(one: &Candidate) -> u64 {
    one.price.unwrap().per_hour.nanos
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn lists_hold_what_fits_and_all_of_it(made in catalogs(), ask in asks()) {
        let catalog = made.catalog();
        let candidates = Candidates::new(&catalog, true, None);
        let number = match catalog.offers.len() {
            // Each may be sold in every region.
            0 => GPUS.len() * REGIONS.len(),
            offers => offers,
        };
        prop_assert_eq!(candidates.all().len(), number);
        let listed = candidates.list(&ask.wanted);
        // A region that nothing is sold in is a region all the same.
        let listed = listed.unwrap();
        for one in candidates.all() {
            let is_listed = listed.iter().any(|other| std::ptr::eq(*other, one));
            prop_assert_eq!(is_listed, holds(&ask.wanted, one));
        }
    }

    #[test]
    fn choices(made in catalogs(), ask in asks()) {
        let catalog = made.catalog();
        let candidates = Candidates::new(&catalog, true, Some(&seattle()));
        let take_unknown = ask.allow_unknown_capacity;
        let tier = |one: &Candidate| ask.tier.map(|tier| tier.rank(one));
        let fit = |one: &&Candidate| {
            holds(&ask.wanted, one)
                && (one.capacity == Some(true) || (take_unknown && one.capacity.is_none()))
                && one.price.is_some()
                && (ask.mode != Mode::Closest || one.distance_km.is_some())
                && tier(one) != Some(None)
        };
        match candidates.choose(&ask) {
            Ok(choice) => {
                let best = choice.candidate;
                prop_assert!(fit(&&best));
                let currency = &best.price.unwrap().per_hour.currency;
                for other in candidates.all().iter().filter(fit) {
                    if other.price.unwrap().per_hour.currency != *currency {
                        continue;
                    }
                    prop_assert!(tier(&best) <= tier(other));
                    if tier(&best) < tier(other) {
                        continue;
                    }
                    match ask.mode {
                        Mode::Cheapest => prop_assert!(nanos(&best) <= nanos(other)),
                        Mode::Closest => prop_assert!(
                            (best.distance_km, nanos(&best)) <= (other.distance_km, nanos(other))
                        ),
                        Mode::Balanced => {}
                    }
                }
                let explanation = choice.explanation;
                let mut allowed = ask.clone();
                allowed.allow_unknown_capacity = true;
                let with_unknown = candidates.choose(&allowed).unwrap().candidate;
                // More offers can be compared in another currency.
                let same_currency = with_unknown.price.unwrap().per_hour.currency == *currency;
                if ask.mode == Mode::Cheapest && same_currency && !ask.wanted.available_only {
                    let better = tier(&with_unknown) < tier(&best)
                        || (tier(&with_unknown) == tier(&best) && nanos(&with_unknown) < nanos(&best));
                    prop_assert_eq!(explanation.passed_over > 0, better);
                }
                prop_assert_eq!(&explanation.rows[0].instance_type, &best.instance_type.name);
                prop_assert!(explanation.rows.len() <= 3);
                prop_assert!(explanation.rows.is_sorted_by(|one, next| one.score >= next.score));
            }
            Err(error) => {
                prop_assert_eq!(candidates.all().iter().filter(fit).count(), 0, "{}", error);
            }
        }
    }

    /// The order of records says nothing.
    #[test]
    fn permutations(made in catalogs(), ask in asks(), seed in any::<u64>()) {
        let catalog = made.catalog();
        let mut other = catalog.clone();
        shuffle(&mut other.regions, seed);
        shuffle(&mut other.instance_types, seed);
        shuffle(&mut other.offers, seed);
        shuffle(&mut other.prices, seed);
        shuffle(&mut other.capacity, seed);
        let answer = |catalog| {
            let candidates = Candidates::new(catalog, true, Some(&seattle()));
            match candidates.choose(&ask) {
                Ok(choice) => serde_json::to_string(&choice.explanation).unwrap(),
                Err(error) => format!("{error}: {:?}", crate::HasRemedy::remedy(&error)),
            }
        };
        prop_assert_eq!(answer(&catalog), answer(&other));
    }
}

/// Another order, the same for the same seed.
fn shuffle<T>(records: &mut [T], mut seed: u64) {
    for last in (1..records.len()).rev() {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        records.swap(last, (seed >> 33) as usize % (last + 1));
    }
}
