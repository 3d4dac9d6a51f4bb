//! Known prices and capacity by type and region, and how menus show what differs between regions.
//!
//! A prompt is the same in every region. So it has what holds everywhere; the rest is in the help text, with its regions, or
//! in conditions on the region.

use std::collections::{BTreeMap, BTreeSet};

use super::Catalog;
use crate::{InstanceType, Market, Money};

/// Prices and capacity on demand of a catalog, by type and region.
#[derive(Debug, Default)]
pub struct Known<'a> {
    prices: BTreeMap<(&'a str, &'a str), &'a Money>,
    capacity: BTreeMap<(&'a str, &'a str), bool>,
}

impl<'a> Known<'a> {
    /// Reads them from a catalog.
    pub fn new(catalog: &'a Catalog) -> Known<'a> {
        let mut known = Known::default();
        let prices = catalog.prices.iter();
        for price in prices.filter(|price| price.market == Market::OnDemand) {
            let key = (price.instance_type.as_str(), price.region.as_str());
            let amount = |money: &Money| (money.currency.clone(), money.nanos);
            let least = known.prices.entry(key).or_insert(&price.per_hour);
            if amount(&price.per_hour) < amount(least) {
                *least = &price.per_hour;
            }
        }
        // By type and region, the zones that have none; a record without a zone is about all of them.
        let mut none: BTreeMap<(&str, &str), BTreeSet<Option<&str>>> = BTreeMap::new();
        let capacity = catalog.capacity.iter();
        for one in capacity.filter(|one| one.market == Market::OnDemand) {
            let key = (one.instance_type.as_str(), one.region.as_str());
            if one.available {
                known.capacity.insert(key, true);
            } else {
                none.entry(key).or_default().insert(one.zone.as_deref());
            }
        }
        let zones: BTreeMap<(&str, &str), &Vec<String>> = catalog
            .offers
            .iter()
            .map(|offer| {
                (
                    (offer.instance_type.as_str(), offer.region.as_str()),
                    &offer.zones,
                )
            })
            .collect();
        for (key, without) in none {
            let all = |zones: &&Vec<String>| {
                let mut names = zones.iter().map(|zone| Some(zone.as_str()));
                !zones.is_empty() && names.all(|zone| without.contains(&zone))
            };
            if without.contains(&None) || zones.get(&key).is_some_and(all) {
                known.capacity.entry(key).or_insert(false);
            }
        }
        known
    }

    /// Returns the price of an hour, if known: the lowest of the zones.
    pub fn price(&self, instance_type: &str, region: &str) -> Option<&'a Money> {
        self.prices.get(&(instance_type, region)).copied()
    }

    /// Returns the capacity; `None`: unknown. One zone that has some is enough, and all must have none.
    pub fn capacity(&self, instance_type: &str, region: &str) -> Option<bool> {
        self.capacity.get(&(instance_type, region)).copied()
    }

    /// Returns the order of preference of a type in a region, smallest first: not known to be unavailable, with a known
    /// price, cheap, small. The default of a menu is the first.
    pub fn preference<'t>(&self, of: &'t InstanceType, region: &str) -> impl Ord + use<'t, 'a> {
        let price = self.price(&of.name, region);
        let price = price.map(|price| (price.currency.as_str(), price.nanos));
        (
            self.capacity(&of.name, region) == Some(false),
            price.is_none(),
            price,
            of.vcpus,
            of.memory_mib,
            of.name.as_str(),
        )
    }
}

/// Returns the value that is the same everywhere; `None` if two differ, or there is none.
///
/// ```
/// use cloudhost_sdk::kconfig::everywhere;
///
/// assert_eq!(everywhere(["$0.75", "$0.75"]), Some("$0.75"));
/// assert_eq!(everywhere(["$0.75", "$0.90"]), None);
/// ```
pub fn everywhere<T: PartialEq>(values: impl IntoIterator<Item = T>) -> Option<T> {
    let mut values = values.into_iter();
    let first = values.next()?;
    values.all(|value| value == first).then_some(first)
}

/// Formats values with their regions for a help text: the value alone if it is the same everywhere, and `unknown`
/// without any region.
///
/// ```
/// use cloudhost_sdk::kconfig::by_region;
///
/// let prices = [("east", "$0.75"), ("north", "unknown"), ("west", "$0.75")];
/// assert_eq!(by_region(prices), "$0.75 in east, west; unknown in north");
/// assert_eq!(by_region(prices.into_iter().take(1)), "$0.75");
/// ```
pub fn by_region<'r, T: AsRef<str>>(values: impl IntoIterator<Item = (&'r str, T)>) -> String {
    let mut groups: Vec<(T, Vec<&str>)> = Vec::new();
    for (region, value) in values {
        match groups
            .iter_mut()
            .find(|(of, _)| of.as_ref() == value.as_ref())
        {
            Some((_, regions)) => regions.push(region),
            None => groups.push((value, vec![region])),
        }
    }
    let group =
        |(value, regions): &(T, Vec<&str>)| format!("{} in {}", value.as_ref(), regions.join(", "));
    match groups.as_slice() {
        [] => "unknown".to_owned(),
        [(value, _)] => value.as_ref().to_owned(),
        groups => groups.iter().map(group).collect::<Vec<_>>().join("; "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Capacity, Offer, Price};
    use rstest::rstest;

    fn price(zone: Option<&str>, market: Market, cents: u64) -> Price {
        Price {
            instance_type: "s.one".into(),
            region: "r".into(),
            zone: zone.map(str::to_owned),
            market,
            per_hour: Money::from_cents(cents).unwrap(),
            source: "s".into(),
            published: None,
        }
    }

    #[rstest]
    #[case::none(&[], None)]
    #[case::one(&[price(None, Market::OnDemand, 5)], Some(5))]
    #[case::cheapest_zone(&[price(Some("a"), Market::OnDemand, 5), price(Some("b"), Market::OnDemand, 4)], Some(4))]
    #[case::another_market(&[price(None, Market::Spot, 1)], None)]
    fn on_demand(#[case] prices: &[Price], #[case] cents: Option<u64>) {
        let catalog = Catalog {
            prices: prices.to_vec(),
            ..Catalog::default()
        };
        let known = Known::new(&catalog);
        let found = known
            .price("s.one", "r")
            .map(|price| price.nanos / 10_000_000);
        assert_eq!(found, cents);
        assert_eq!(known.price("s.one", "elsewhere"), None);
    }

    #[rstest]
    #[case::unknown(&[], None)]
    #[case::region(&[(None, true)], Some(true))]
    #[case::none_in_the_region(&[(None, false)], Some(false))]
    #[case::one_zone(&[(Some("a"), false), (Some("b"), true)], Some(true))]
    #[case::all_zones(&[(Some("a"), false), (Some("b"), false)], Some(false))]
    #[case::one_zone_does_not_speak_for_all(&[(Some("a"), false)], None)]
    fn of_zones(#[case] records: &[(Option<&str>, bool)], #[case] expected: Option<bool>) {
        let capacity = |(zone, available): &(Option<&str>, bool)| Capacity {
            instance_type: "s.one".into(),
            region: "r".into(),
            zone: zone.map(str::to_owned),
            market: Market::OnDemand,
            available: *available,
        };
        let catalog = Catalog {
            offers: vec![Offer {
                zones: vec!["a".into(), "b".into()],
                ..Offer::on_demand("s.one", "r")
            }],
            capacity: records.iter().map(capacity).collect(),
            ..Catalog::default()
        };
        assert_eq!(Known::new(&catalog).capacity("s.one", "r"), expected);
    }
}
