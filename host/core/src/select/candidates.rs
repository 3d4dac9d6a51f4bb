//! Join of a catalog's tables: instance types, regions, prices, capacity and distance.

use std::collections::{BTreeSet, HashMap};

use super::Location;
use super::generation::{Generation, Gpus};
use crate::catalog::{Catalog, HasOfferKey};
use crate::contract::cloudhost::provider::types::{
    Capacity, DataKind, InstanceType, Market, Money, Price, Region, Scope,
};

/// The markets, in the order of the contract.
pub(super) const MARKETS: [Market; 3] = [Market::OnDemand, Market::Spot, Market::CapacityBlock];

/// An instance type that is sold in one region and market, or may be, if that is unknown.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// Instance type.
    pub instance_type: &'a InstanceType,
    /// Name of the region.
    pub region: &'a str,
    /// Market.
    pub market: Market,
    /// Price of an hour, if known. If zones differ: the lowest of those that have capacity, or, if none is known to
    /// have it, of those that may have it.
    pub price: Option<&'a Price>,
    /// Capacity; `None`: unknown.
    pub capacity: Option<bool>,
    /// Number of regions where the type is known to have capacity in this market; `None`: it is unknown in all of them.
    pub capacity_regions: Option<u32>,
    /// The region is the home region: see [`Candidates::with_home`].
    pub home: bool,
    /// Distance of the region from the user's location, if both are known.
    pub distance_km: Option<u32>,
    /// Number of whole GPUs. A share of one does not count.
    pub gpus: u32,
    /// Generation of the hardware.
    pub generation: Generation,
    /// Step of the tier ladder that its GPUs are on, counted from 0.
    pub(super) rung: Option<usize>,
    /// Price in nano-units and its currency, to compare without reading the record.
    pub(super) money: Option<(u64, &'a str)>,
}

impl Candidate<'_> {
    /// Returns the names, which are unique: the tie-breaker for every ordering.
    pub(super) fn key(&self) -> (&str, &str, u8) {
        (&self.instance_type.name, self.region, self.market as u8)
    }

    /// Price of an hour in nano-units.
    pub(super) fn nanos(&self) -> Option<u64> {
        self.money.map(|(nanos, _)| nanos)
    }
}

/// All offers of a catalog, sorted by type, region and market.
///
/// ```
/// use cloudhost::catalog::Catalog;
/// use cloudhost::select::{Candidates, Location, SelectError, SelectionRequest};
///
/// fn cheapest(catalog: &Catalog, near: Option<&Location>) -> Result<String, SelectError> {
///     let candidates = Candidates::new(catalog, true, near);
///     let mut ask = SelectionRequest::default();
///     ask.wanted.min_gpus = Some(1);
///     Ok(candidates.choose(&ask)?.candidate.instance_type.name.clone())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Candidates<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) from: Option<Location>,
    pub(super) all: Vec<Candidate<'a>>,
}

impl<'a> Candidates<'a> {
    /// Joins the tables of a catalog. Only offers are listed: a price or capacity without an offer is ignored, and so
    /// is an offer of a type that the catalog does not describe. Without known offers it is unknown where types are
    /// sold: each may be sold in every region.
    ///
    /// Offers need not list all markets. In some clouds an offer only states that a region has a type; the type's
    /// description states that it is sold as spot, and the region's price list that spot exists there. All three
    /// together count as an offer of that market, in the same zones. Without a price they do not, because a price list
    /// leaves out what is not sold. Where prices are unknown, the other two suffice: it may be sold.
    ///
    /// `believe_capacity`: the capacity in the catalog is fresh. Otherwise it counts as unknown.
    /// `from`: location of the user; without it every distance is unknown.
    pub fn new(catalog: &'a Catalog, believe_capacity: bool, from: Option<&Location>) -> Self {
        // A large catalog has more than 100,000 records, and reading a name of each is a cache miss. So names are read
        // once and become numbers.
        let (mut types, mut regions) = (Names::default(), Names::default());
        let described = types.of(&catalog.instance_types, |one| &one.name);
        let described: Vec<_> = described.map(|one| (one, Gpus::of(one))).collect();
        let distance = |region: &Region| Some(from?.distance_km(region.location.as_ref()?));
        let distances = regions.of(&catalog.regions, |region| &region.name);
        let distances: Vec<_> = distances.map(distance).collect();
        let offers = numbered(&catalog.offers, &mut types, &mut regions);
        let prices = numbered(&catalog.prices, &mut types, &mut regions);
        let capacity: &[Capacity] = if believe_capacity {
            &catalog.capacity
        } else {
            &[]
        };
        let capacity = numbered(capacity, &mut types, &mut regions);
        let mut sold: Vec<(Key, &[String])> = match catalog.offers_known {
            true => offers
                .iter()
                .map(|(key, offer)| (*key, offer.zones.as_slice()))
                .collect(),
            false => {
                let known = prices.iter().map(|(key, _)| *key);
                let known = known.chain(capacity.iter().map(|(key, _)| *key));
                let in_all = |number| {
                    let regions = 0..regions.names.len();
                    regions.map(move |region| (number, region, Market::OnDemand as u8))
                };
                let all = (0..described.len()).flat_map(in_all);
                all.chain(known)
                    .map(|key| (key, &[] as &[String]))
                    .collect()
            }
        };
        sold.sort_by_key(|(key, _)| *key);
        sold.dedup_by_key(|(key, _)| *key);
        let (mut prices, mut capacity) = (prices.as_slice(), capacity.as_slice());
        let unpriced = Unpriced::of(catalog);
        let mut currencies = Names::default();

        let mut all: Vec<Candidate> = Vec::with_capacity(sold.len());
        let same_place = |(one, _): &(Key, &[String]), (next, _): &(Key, &[String])| {
            (one.0, one.1) == (next.0, next.1)
        };
        for here in sold.chunk_by(same_place) {
            let Some(((type_number, region_number, _), first)) = here.first() else {
                continue;
            };
            let Some((instance_type, gpus)) = described.get(*type_number) else {
                continue;
            };
            let region = regions.name(*region_number).unwrap_or_default();
            for market in MARKETS {
                let key = (*type_number, *region_number, market as u8);
                let prices = take(&mut prices, key);
                let capacity = take(&mut capacity, key);
                let own = here.iter().find(|(of, _)| *of == key);
                let markets = &instance_type.markets;
                let priced = || !prices.is_empty() && markets.contains(&market);
                let may_be_sold = || {
                    market != Market::OnDemand
                        && unpriced.contains(region)
                        && (markets.is_empty() || markets.contains(&market))
                };
                let zones = match own {
                    Some((_, zones)) => zones,
                    None if priced() || may_be_sold() => first,
                    None => continue,
                };
                let price = lowest(prices, capacity);
                all.push(Candidate {
                    instance_type,
                    region,
                    market,
                    price,
                    capacity: available(zones, capacity),
                    capacity_regions: None,
                    home: false,
                    distance_km: distances.get(*region_number).copied().flatten(),
                    gpus: gpus.count,
                    generation: gpus.generation,
                    rung: gpus.rung,
                    money: price.map(|price| {
                        let Money { nanos, currency } = &price.per_hour;
                        let number = currencies.number(currency);
                        (*nanos, currencies.name(number).unwrap_or(currency))
                    }),
                });
            }
        }
        if regions.names.len() > distances.len() {
            // Regions with offers that the catalog does not describe were added last.
            all.sort_by(|one, other| one.key().cmp(&other.key()));
        }
        let same_type =
            |one: &Candidate, next: &Candidate| std::ptr::eq(one.instance_type, next.instance_type);
        for of_one_type in all.chunk_by_mut(same_type) {
            for market in MARKETS {
                let here = of_one_type.iter().filter(|one| one.market == market);
                let known = here.filter_map(|one| one.capacity.map(u32::from));
                let count = known.reduce(u32::saturating_add);
                for one in of_one_type.iter_mut().filter(|one| one.market == market) {
                    one.capacity_regions = count;
                }
            }
        }
        Candidates {
            catalog,
            from: from.cloned(),
            all,
        }
    }

    /// Returns all of them.
    pub fn all(&self) -> &[Candidate<'a>] {
        &self.all
    }

    /// Origin of the distances.
    pub fn from(&self) -> Option<&Location> {
        self.from.as_ref()
    }
}

/// Regions without known prices.
struct Unpriced<'a> {
    all: bool,
    regions: BTreeSet<&'a str>,
}

impl<'a> Unpriced<'a> {
    fn of(catalog: &'a Catalog) -> Self {
        let gaps = catalog.missing.iter();
        let gaps = gaps.filter(|gap| gap.kind == DataKind::Prices);
        let regions = gaps.map(|gap| match &gap.error.scope {
            Scope::Region(region) => Some(region.as_str()),
            Scope::Zone(_) | Scope::Request | Scope::Provider => None,
        });
        let regions: Option<BTreeSet<&str>> = regions.collect();
        Self {
            all: catalog.fetched.prices.is_none() || regions.is_none(),
            regions: regions.unwrap_or_default(),
        }
    }

    fn contains(&self, region: &str) -> bool {
        self.all || self.regions.contains(region)
    }
}

/// Names as numbers, in the order of their first occurrence.
#[derive(Default)]
struct Names<'a> {
    names: Vec<&'a str>,
    numbers: HashMap<&'a str, usize>,
    last: usize,
}

impl<'a> Names<'a> {
    /// Numbers records by their names, from 0 up in the order of the names, and returns them in that order.
    fn of<T>(&mut self, records: &'a [T], name: fn(&T) -> &str) -> impl Iterator<Item = &'a T> {
        let mut records: Vec<&T> = records.iter().collect();
        records.sort_by_key(|record| name(record));
        records.dedup_by_key(|record| name(record));
        for record in &records {
            self.number(name(record));
        }
        records.into_iter()
    }

    fn number(&mut self, name: &'a str) -> usize {
        // In a sorted table the name is mostly that of the previous record, the next one, or the first one.
        for guess in [self.last, self.last + 1, 0] {
            if self.name(guess) == Some(name) {
                self.last = guess;
                return guess;
            }
        }
        let next = self.names.len();
        self.last = *self.numbers.entry(name).or_insert(next);
        if self.last == next {
            self.names.push(name);
        }
        self.last
    }

    fn name(&self, number: usize) -> Option<&'a str> {
        self.names.get(number).copied()
    }
}

/// Type, region and market, as numbers.
type Key = (usize, usize, u8);

/// Returns the records with their keys, sorted by key.
fn numbered<'a, T: HasOfferKey>(
    records: &'a [T],
    types: &mut Names<'a>,
    regions: &mut Names<'a>,
) -> Vec<(Key, &'a T)> {
    let mut numbered: Vec<(Key, &T)> = records
        .iter()
        .map(|record| {
            let (name, region) = (record.instance_type(), record.region());
            let market = record.market() as u8;
            let key = (types.number(name), regions.number(region), market);
            (key, record)
        })
        .collect();
    numbered.sort_by_key(|(key, _)| *key);
    numbered
}

/// Takes the records of a key off the front, and drops earlier ones.
fn take<'s, 'a, T>(numbered: &mut &'s [(Key, &'a T)], key: Key) -> &'s [(Key, &'a T)] {
    let before = numbered
        .iter()
        .take_while(|(other, _)| *other < key)
        .count();
    let (_, rest) = numbered.split_at(before);
    let same = rest.iter().take_while(|(other, _)| *other == key).count();
    let (same, rest) = rest.split_at(same);
    *numbered = rest;
    same
}

/// Computes the capacity of a region from that of these zones. A zone without capacity does not decide for zones that
/// are unknown.
fn available(zones: &[String], records: &[(Key, &Capacity)]) -> Option<bool> {
    if records.iter().any(|(_, record)| record.available) {
        return Some(true);
    }
    let none_in = |zone: Option<&String>| {
        records
            .iter()
            .any(|(_, record)| record.zone.as_ref() == zone)
    };
    let none = none_in(None) || (!zones.is_empty() && zones.iter().all(|zone| none_in(Some(zone))));
    none.then_some(false)
}

/// Returns the lowest price in a zone with capacity.
fn lowest<'a>(prices: &[(Key, &'a Price)], capacity: &[(Key, &Capacity)]) -> Option<&'a Price> {
    // Most instance types have one price for the whole region.
    if let [(_, price)] = prices
        && price.zone.is_none()
    {
        return Some(price);
    }
    let zones_with = |available: bool| {
        let records = capacity.iter().map(|(_, record)| record);
        records
            .filter(move |record| record.zone.is_some() && record.available == available)
            .map(|record| &record.zone)
    };
    let usable = |zone: &Option<String>| {
        zone.is_none()
            || zones_with(true).any(|there| there == zone)
            || (zones_with(true).next().is_none() && zones_with(false).all(|empty| empty != zone))
    };
    prices
        .iter()
        .map(|(_, price)| *price)
        .filter(|price| usable(&price.zone))
        .min_by_key(|price| {
            let Money { nanos, currency } = &price.per_hour;
            (
                *nanos,
                currency,
                &price.zone,
                &price.source,
                price.published,
            )
        })
}
