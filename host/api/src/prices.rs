//! Records of `pricing list` and `pricing verify`.

use crate::units::{money, time};
use crate::{CatalogInfo, Gap};
use cloudhost::catalog::Catalog;
use cloudhost::contract::Label as _;
use cloudhost::contract::cloudhost::provider::types;
use cloudhost::host::Summary;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Hours of a day, and of a month as kdevops counts it.
const DAY: u64 = 24;
const MONTH: u64 = 24 * 30;

/// Prices of a provider.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// Name of the provider.
    pub provider: String,
    /// Source and age of the data.
    pub catalog: CatalogInfo,
    /// Missing parts of the data.
    pub missing: Vec<Gap>,
    /// The prices, lowest first.
    pub prices: Vec<Price>,
    /// Number of instance types without a known price.
    pub unknown: usize,
}

/// Price of an instance type, and the regions with the same price.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// Name of the instance type.
    pub instance_type: String,
    /// Market: `on-demand`, `spot` or `capacity-block`.
    pub market: String,
    /// Regions, or zones where the price differs within a region.
    pub regions: Vec<String>,
    /// Price of an hour, such as `$0.75`.
    pub price_per_hour: String,
    /// Price of 24 hours.
    pub price_per_day: String,
    /// Price of 30 days.
    pub price_per_month: String,
    /// Price of an hour in nano-units: 10^-9 of the currency's unit.
    pub nanos_per_hour: u64,
    /// ISO 4217 code, such as `USD`.
    pub currency: String,
    /// Host and path of the price list that it was read from.
    pub source: String,
    /// Time at which the source was published; `null`: unknown.
    pub published: Option<Timestamp>,
}

impl Prices {
    /// Makes the record of a catalog's prices, at this time.
    pub fn new(provider: &str, summary: &Summary, catalog: &Catalog, now: Timestamp) -> Self {
        // Prices that are equal in several regions are one row.
        type Same<'p> = (&'p str, u8, u64, &'p str, &'p str, Option<u64>);
        let mut rows: BTreeMap<Same<'_>, Vec<&types::Price>> = BTreeMap::new();
        for price in &catalog.prices {
            let same = (
                price.instance_type.as_str(),
                price.market as u8,
                price.per_hour.nanos,
                price.per_hour.currency.as_str(),
                price.source.as_str(),
                price.published,
            );
            rows.entry(same).or_default().push(price);
        }
        let mut prices: Vec<Price> = rows.values().filter_map(|same| Price::new(same)).collect();
        prices.sort_by(|a, b| {
            let key = |one: &Price| (one.currency.clone(), one.nanos_per_hour);
            key(a).cmp(&key(b))
        });
        let priced: BTreeSet<&str> = catalog
            .prices
            .iter()
            .map(|price| price.instance_type.as_str())
            .collect();
        let unknown = |name: &&String| !priced.contains(name.as_str());
        let names = catalog.instance_types.iter().map(|one| &one.name);
        Self {
            provider: provider.to_owned(),
            catalog: CatalogInfo::new(summary, now),
            missing: Gap::all(summary),
            unknown: names.filter(unknown).count(),
            prices,
        }
    }
}

impl Price {
    fn new(same: &[&types::Price]) -> Option<Self> {
        let price = same.first()?;
        let (nanos, currency) = (price.per_hour.nanos, &price.per_hour.currency);
        let of_hours = |hours| money(nanos.saturating_mul(hours), currency);
        let place =
            |price: &&types::Price| price.zone.clone().unwrap_or_else(|| price.region.clone());
        Some(Self {
            instance_type: price.instance_type.clone(),
            market: price.market.as_str().to_owned(),
            regions: same.iter().map(place).collect(),
            price_per_hour: of_hours(1),
            price_per_day: of_hours(DAY),
            price_per_month: of_hours(MONTH),
            nanos_per_hour: nanos,
            currency: currency.clone(),
            source: price.source.clone(),
            published: time(price.published),
        })
    }
}

/// Comparison of the prices of two sources.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PriceComparison {
    /// Name of the provider.
    pub provider: String,
    /// Number of prices that both sources have.
    pub compared: usize,
    /// Number of prices that only the first source has, in the regions of the second.
    pub only_first: usize,
    /// Number of prices that only the second source has.
    pub only_second: usize,
    /// Prices that differ.
    pub different: Vec<PriceDifference>,
    /// Missing parts of both sources.
    pub missing: Vec<Gap>,
}

/// Price that differs between two sources.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PriceDifference {
    /// Name of the instance type.
    pub instance_type: String,
    /// Name of the region.
    pub region: String,
    /// Price of an hour in the first source, such as `$0.75`.
    pub first: String,
    /// Host and path of the first source.
    pub first_source: String,
    /// Price of an hour in the second source.
    pub second: String,
    /// Host and path of the second source.
    pub second_source: String,
}

impl PriceComparison {
    /// Compares the prices of two catalogs.
    pub fn new(provider: &str, first: &Catalog, second: &Catalog) -> Self {
        let regions: BTreeSet<&str> = second
            .prices
            .iter()
            .map(|one| one.region.as_str())
            .collect();
        let markets: BTreeSet<u8> = second.prices.iter().map(|one| one.market as u8).collect();
        type Key<'p> = (&'p str, &'p str, Option<&'p str>, u8);
        fn keyed(prices: &[types::Price]) -> BTreeMap<Key<'_>, &types::Price> {
            prices
                .iter()
                .map(|one| {
                    let key = (
                        one.instance_type.as_str(),
                        one.region.as_str(),
                        one.zone.as_deref(),
                        one.market as u8,
                    );
                    (key, one)
                })
                .collect()
        }
        let mut others = keyed(&second.prices);
        let (mut compared, mut only_first, mut different) = (0, 0, Vec::new());
        for (key, one) in keyed(&first.prices) {
            if !regions.contains(one.region.as_str()) || !markets.contains(&(one.market as u8)) {
                continue;
            }
            let Some(other) = others.remove(&key) else {
                only_first += 1;
                continue;
            };
            compared += 1;
            if one.per_hour != other.per_hour {
                let shown =
                    |price: &types::Price| money(price.per_hour.nanos, &price.per_hour.currency);
                different.push(PriceDifference {
                    instance_type: one.instance_type.clone(),
                    region: one.region.clone(),
                    first: shown(one),
                    first_source: one.source.clone(),
                    second: shown(other),
                    second_source: other.source.clone(),
                });
            }
        }
        let missing = first.missing.iter().chain(&second.missing);
        Self {
            provider: provider.to_owned(),
            compared,
            only_first,
            only_second: others.len(),
            different,
            missing: missing.map(Gap::from).collect(),
        }
    }
}
