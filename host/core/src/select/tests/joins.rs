//! One row for each type, region and market, with what is known of it.

use rstest::rstest;

use super::super::{Candidates, Constraints, Rule, SelectError};
use super::{dollars, made, priced, seattle};
use crate::contract::cloudhost::provider::types::{
    Capacity, DataKind, Error, ErrorKind, Gap, Market, Price, Scope,
};
use crate::{HasRemedy as _, Remedy};

/// Zones in a table: whether there is capacity, and the price, where they are known.
type Zones = &'static [(&'static str, Option<bool>, Option<u64>)];

#[rstest]
#[case::nothing(&[], None, None)]
#[case::region_wide(&[("", Some(true), Some(5))], Some(true), Some(5))]
#[case::region_wide_none(&[("", Some(false), Some(5))], Some(false), Some(5))]
#[case::one_zone_is_enough(&[("a", Some(false), Some(1)), ("b", Some(true), Some(3))], Some(true), Some(3))]
#[case::not_the_unknown_zone(&[("a", None, Some(1)), ("b", Some(true), Some(3))], Some(true), Some(3))]
#[case::the_cheaper_zone(&[("a", Some(true), Some(4)), ("b", Some(true), Some(3))], Some(true), Some(3))]
#[case::one_zone_does_not_speak_for_all(&[("a", Some(false), Some(1)), ("b", None, Some(3))], None, Some(3))]
#[case::no_zone(&[("a", Some(false), Some(1)), ("b", Some(false), Some(3))], Some(false), None)]
#[case::prices_alone(&[("a", None, Some(4)), ("b", None, Some(3))], None, Some(3))]
#[case::unpriced(&[("a", Some(true), None), ("b", Some(true), None)], Some(true), None)]
fn of_zones(#[case] zones: Zones, #[case] capacity: Option<bool>, #[case] price: Option<u64>) {
    let mut made = made().machine("m1", "", 0).sold("m1", "west", 0, None);
    made.offers[0].zones = vec!["a".into(), "b".into()];
    for (name, available, price) in zones {
        let zone = (!name.is_empty()).then(|| (*name).to_owned());
        made.capacity.extend(available.map(|available| Capacity {
            instance_type: "m1".into(),
            region: "west".into(),
            zone: zone.clone(),
            market: Market::OnDemand,
            available,
        }));
        made.prices.extend(price.map(|price| Price {
            zone: zone.clone(),
            ..priced("m1", "west", price)
        }));
    }
    let catalog = made.catalog();
    let candidates = Candidates::new(&catalog, true, None);
    let [one] = candidates.all() else {
        panic!("there is one offer")
    };
    assert_eq!(one.capacity, capacity);
    let nanos = one.price.map(|price| price.per_hour.nanos);
    assert_eq!(nanos, price.map(|price| dollars(price).nanos));
}

/// Records of one market, region or type say nothing about another; what has no offer is not there.
#[test]
fn records_find_their_offer() {
    let mut made = made()
        .machine("m1", "", 0)
        .machine("m2", "", 0)
        .machine("m3", "", 0)
        .sold("m1", "east", 10, Some(true))
        .sold("m1", "west", 0, Some(false))
        .sold("m3", "west", 30, None);
    let mut spot = made.offers[0].clone();
    spot.market = Market::Spot;
    made.offers.push(spot);
    made.prices.push(priced("m2", "west", 1));
    let catalog = made.catalog();
    let candidates = Candidates::new(&catalog, true, Some(&seattle()));
    let rows: Vec<_> = candidates
        .all()
        .iter()
        .map(|one| {
            let price = one.price.map(|price| price.per_hour.nanos / 1_000_000);
            let key = (one.instance_type.name.as_str(), one.region, one.market);
            (key, price, one.capacity, one.capacity_regions)
        })
        .collect();
    let expected = [
        (
            ("m1", "east", Market::OnDemand),
            Some(10),
            Some(true),
            Some(1),
        ),
        (("m1", "east", Market::Spot), None, None, None),
        (("m1", "west", Market::OnDemand), None, Some(false), Some(1)),
        (("m3", "west", Market::OnDemand), Some(30), None, None),
    ];
    assert_eq!(rows, expected);
    assert!(candidates.all()[0].distance_km.unwrap() > 3_800);
    assert!(candidates.all()[2].distance_km.unwrap() < 10);
}

/// Without any offer it is unknown where types are sold: each may be in every region that is known.
#[test]
fn without_offers_a_type_may_be_sold_everywhere() {
    let mut made = made()
        .machine("m1", "", 0)
        .machine("m2", "", 0)
        .sold("m1", "east", 10, Some(true))
        .sold("m1", "hidden", 0, Some(false));
    made.offers.clear();
    made.prices.push(Price {
        market: Market::Spot,
        ..priced("m1", "east", 3)
    });
    let catalog = made.catalog();
    let candidates = Candidates::new(&catalog, true, None);
    let found = |name: &str, region: &str, market| {
        let mut all = candidates.all().iter();
        let one = all.find(|one| {
            (one.instance_type.name.as_str(), one.region, one.market) == (name, region, market)
        });
        one.map(|one| (one.nanos().map(|nanos| nanos / 1_000_000), one.capacity))
    };
    let on_demand = Market::OnDemand;
    assert_eq!(found("m1", "east", on_demand), Some((Some(10), Some(true))));
    assert_eq!(found("m1", "east", Market::Spot), Some((Some(3), None)));
    assert_eq!(found("m1", "hidden", on_demand), Some((None, Some(false))));
    assert_eq!(found("m1", "west", on_demand), Some((None, None)));
    assert_eq!(found("m2", "east", on_demand), Some((None, None)));
    assert_eq!(found("m2", "east", Market::Spot), None);
}

/// A type that is sold as spot and has a spot price where a region offers it, is sold as spot there.
#[rstest]
#[case::all_three(&[Market::OnDemand, Market::Spot], Some("west"), Some(3))]
#[case::no_price(&[Market::OnDemand, Market::Spot], None, None)]
#[case::a_price_elsewhere(&[Market::OnDemand, Market::Spot], Some("east"), None)]
#[case::not_its_market(&[Market::OnDemand], Some("west"), None)]
#[case::markets_unknown(&[], Some("west"), None)]
fn spot_without_an_offer_of_its_own(
    #[case] markets: &[Market],
    #[case] priced_in: Option<&str>,
    #[case] expected: Option<u64>,
) {
    let mut made = made()
        .machine("m1", "", 0)
        .machine("m2", "", 0)
        .sold("m1", "west", 10, None)
        .sold("m2", "east", 20, None)
        .sold("m2", "west", 20, None);
    made.types[0].markets = markets.to_vec();
    made.offers[0].zones = vec!["a".into()];
    made.prices.extend(priced_in.map(|region| Price {
        market: Market::Spot,
        ..priced("m1", region, 3)
    }));
    let catalog = made.catalog();
    let candidates = Candidates::new(&catalog, true, None);
    let wanted = Constraints {
        market: Some(Market::Spot),
        ..Constraints::default()
    };
    let found = candidates.list(&wanted).unwrap();
    let prices: Vec<_> = found
        .iter()
        .map(|one| (one.instance_type.name.as_str(), one.region, one.nanos()))
        .collect();
    let expected = expected.map(|price| ("m1", "west", Some(dollars(price).nanos)));
    assert_eq!(prices, expected.into_iter().collect::<Vec<_>>());
    // What is sold on demand is what it was.
    let on_demand = Constraints {
        market: Some(Market::OnDemand),
        ..Constraints::default()
    };
    assert_eq!(candidates.list(&on_demand).unwrap().len(), 3);
    assert_eq!(candidates.all().len(), 3 + prices.len());
}

/// Where prices are unknown, a type whose description does not exclude spot may be sold as spot.
#[rstest]
#[case::not_fetched(None, &["a east", "a west", "b west"])]
#[case::everywhere(Some(Scope::Provider), &["a east", "a west", "b west"])]
#[case::of_a_region(Some(Scope::Region("east".into())), &["a east"])]
fn spot_without_prices(#[case] gap: Option<Scope>, #[case] expected: &[&str]) {
    let mut made = made()
        .machine("a", "", 0)
        .machine("b", "", 0)
        .machine("c", "", 0)
        .sold("a", "east", 0, None)
        .sold("a", "west", 0, None)
        .sold("b", "west", 0, None)
        .sold("c", "west", 0, None);
    made.types[0].markets = vec![Market::OnDemand, Market::Spot];
    made.types[2].markets = vec![Market::OnDemand];
    let mut catalog = made.catalog();
    match gap {
        None => catalog.fetched.prices = None,
        Some(scope) => catalog.missing.push(Gap {
            kind: DataKind::Prices,
            error: Error {
                kind: ErrorKind::Unavailable,
                scope,
                code: None,
                message: "not now".into(),
                request_id: None,
                retry_after_ms: None,
                advice: None,
            },
        }),
    }
    let candidates = Candidates::new(&catalog, true, None);
    let wanted = Constraints {
        market: Some(Market::Spot),
        ..Constraints::default()
    };
    let found = candidates.list(&wanted).unwrap();
    let names: Vec<String> = found
        .iter()
        .map(|one| format!("{} {}", one.instance_type.name, one.region))
        .collect();
    assert_eq!(names, expected);
    assert!(found.iter().all(|one| one.price.is_none()));
}

#[test]
fn stale_capacity_is_unknown() {
    let catalog = made()
        .machine("m1", "", 0)
        .sold("m1", "west", 10, Some(true))
        .catalog();
    let candidates = Candidates::new(&catalog, false, None);
    let one = &candidates.all()[0];
    assert_eq!((one.capacity, one.capacity_regions), (None, None));
    assert_eq!(one.distance_km, None);
}

#[rstest]
#[case::everything(Constraints::default(), &["a.1 east", "a.1 west", "b.1 europe", "b.8 west", "c.1 hidden"])]
#[case::region(Constraints { regions: vec!["west".into()], ..Constraints::default() }, &["a.1 west", "b.8 west"])]
#[case::available(Constraints { available_only: true, ..Constraints::default() }, &["a.1 west", "b.1 europe"])]
#[case::one_gpu(Constraints { min_gpus: Some(1), ..Constraints::default() }, &["b.1 europe", "b.8 west"])]
#[case::eight_gpus(Constraints { min_gpus: Some(2), ..Constraints::default() }, &["b.8 west"])]
#[case::no_gpus(Constraints { min_gpus: Some(9), ..Constraints::default() }, &[])]
#[case::price(Constraints { max_price: Some(dollars(100)), ..Constraints::default() }, &["a.1 east", "a.1 west"])]
#[case::family(Constraints { families: vec!["a".into()], ..Constraints::default() }, &["a.1 east", "a.1 west"])]
#[case::types(Constraints { instance_types: vec!["b.1".into(), "c.1".into()], ..Constraints::default() }, &["b.1 europe", "c.1 hidden"])]
#[case::architecture(Constraints { architectures: vec!["arm64".into()], ..Constraints::default() }, &["c.1 hidden"])]
#[case::vcpus(Constraints { min_vcpus: Some(9), ..Constraints::default() }, &["c.1 hidden"])]
#[case::market(Constraints { market: Some(Market::Spot), ..Constraints::default() }, &[])]
fn lists(#[case] wanted: Constraints, #[case] expected: &[&str]) {
    let catalog = several().catalog();
    let candidates = Candidates::new(&catalog, true, None);
    let found = candidates.list(&wanted).unwrap();
    let names: Vec<String> = found
        .iter()
        .map(|one| format!("{} {}", one.instance_type.name, one.region))
        .collect();
    assert_eq!(names, expected);
}

fn several() -> super::Made {
    let mut made = made()
        .machine("a.1", "", 0)
        .machine("b.1", "A10", 1)
        .machine("b.8", "A10", 8)
        .machine("c.1", "", 0)
        .sold("a.1", "east", 100, None)
        .sold("a.1", "west", 100, Some(true))
        .sold("b.1", "europe", 101, Some(true))
        .sold("b.8", "west", 800, Some(false))
        .sold("c.1", "hidden", 0, None);
    made.types[3].architectures = vec!["arm64".into()];
    made.types[3].vcpus = 9;
    made
}

#[rstest]
#[case::region(Constraints { regions: vec!["wst".into()], ..Constraints::default() }, r#"the catalog has no region "wst""#, "west")]
#[case::kind(Constraints { instance_types: vec!["b.2".into()], ..Constraints::default() }, r#"the catalog has no instance type "b.2""#, "b.1")]
#[case::family(Constraints { families: vec!["C".into()], ..Constraints::default() }, r#"the catalog has no family "C""#, "c")]
#[case::architecture(Constraints { architectures: vec!["x86".into()], ..Constraints::default() }, r#"the catalog has no architecture "x86""#, "arm64")]
fn names(#[case] wanted: Constraints, #[case] message: &str, #[case] close: &str) {
    let catalog = several().catalog();
    let error = Candidates::new(&catalog, true, None)
        .list(&wanted)
        .unwrap_err();
    assert_eq!(error.to_string(), message);
    let Some(Remedy::UseName { close: found, .. }) = error.remedy() else {
        panic!("{error:?}");
    };
    assert!(found.contains(&close.to_owned()), "{found:?}");
    assert!(matches!(error, SelectError::Name(_)));
}

/// Every rule has its own bit, and the order of counting is that of the list.
#[test]
fn rules_are_listed_in_order() {
    for (number, rule) in Rule::ALL.into_iter().enumerate() {
        assert_eq!(rule as usize, number);
        let mut broken = super::super::rules::Violations::default();
        broken.when(true, rule);
        assert_eq!(broken.only(), Some(rule));
        broken.when(true, Rule::NoCapacity);
        assert_eq!(broken.first(), Some(rule));
    }
}
