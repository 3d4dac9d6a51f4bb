//! The answers of `pricing list` and `pricing verify`.

use super::{CatalogView, GapView, gaps, money};
use crate::print;
use cloudhost::catalog::Catalog;
use cloudhost::contract::Label as _;
use cloudhost::contract::cloudhost::provider::types::Price;
use cloudhost::host::Summary;
use comfy_table::Table;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Hours of a day, and of a month as kdevops counts it.
const DAY: u64 = 24;
const MONTH: u64 = 24 * 30;

/// A list of prices.
#[derive(Debug, Serialize)]
pub struct PricesView<'a> {
    provider: &'a str,
    catalog: CatalogView,
    missing: Vec<GapView>,
    pub prices: Vec<PriceView>,
    /// Of how many machine types no price is known.
    pub unknown: usize,
}

/// One price, and where it holds.
#[derive(Debug, Serialize)]
pub struct PriceView {
    instance_type: String,
    market: &'static str,
    /// The regions, or zones, where it is the same.
    regions: Vec<String>,
    price_per_hour: String,
    price_per_day: String,
    price_per_month: String,
    /// 10^-9 of the currency's unit.
    nanos_per_hour: u64,
    currency: String,
    source: String,
    /// When the source was published, RFC 3339; `null`: it does not say.
    published: Option<String>,
}

impl<'a> PricesView<'a> {
    pub fn new(provider: &'a str, summary: &Summary, catalog: &Catalog) -> Self {
        // Prices that are equal in several regions are one row.
        type Same<'p> = (&'p str, u8, u64, &'p str, &'p str, Option<u64>);
        let mut rows: BTreeMap<Same<'_>, Vec<&Price>> = BTreeMap::new();
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
        let mut prices: Vec<PriceView> = rows
            .values()
            .filter_map(|same| PriceView::new(same))
            .collect();
        prices.sort_by(|a, b| {
            let key = |one: &PriceView| (one.currency.clone(), one.nanos_per_hour);
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
            provider,
            catalog: CatalogView::new(summary),
            missing: gaps(summary),
            unknown: names.filter(unknown).count(),
            prices,
        }
    }

    pub fn table(&self) -> Table {
        let header = ["TYPE", "MARKET", "HOUR", "DAY", "MONTH", "WHERE"];
        print::table(
            &header,
            self.prices.iter().map(|one| {
                vec![
                    one.instance_type.clone(),
                    one.market.to_owned(),
                    one.price_per_hour.clone(),
                    one.price_per_day.clone(),
                    one.price_per_month.clone(),
                    match one.regions.as_slice() {
                        [region] => region.clone(),
                        regions => format!("{} regions", regions.len()),
                    },
                ]
            }),
        )
    }
}

impl PriceView {
    fn new(same: &[&Price]) -> Option<Self> {
        let price = same.first()?;
        let (nanos, currency) = (price.per_hour.nanos, &price.per_hour.currency);
        let of_hours = |hours| money(nanos.saturating_mul(hours), currency);
        let place = |price: &&Price| price.zone.clone().unwrap_or_else(|| price.region.clone());
        Some(Self {
            instance_type: price.instance_type.clone(),
            market: price.market.as_str(),
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

fn time(seconds: Option<u64>) -> Option<String> {
    let time = jiff::Timestamp::from_second(i64::try_from(seconds?).ok()?);
    Some(time.ok()?.to_string())
}

/// What two sources say of the same prices.
#[derive(Debug, Serialize)]
pub struct VerifyView<'a> {
    provider: &'a str,
    /// How many prices both have.
    pub compared: usize,
    /// How many only the first has, in the regions of the second.
    only_first: usize,
    /// How many only the second has.
    only_second: usize,
    pub different: Vec<DifferenceView>,
    missing: Vec<GapView>,
}

/// A price on which two sources do not agree.
#[derive(Debug, Serialize)]
pub struct DifferenceView {
    instance_type: String,
    region: String,
    first: String,
    first_source: String,
    second: String,
    second_source: String,
}

impl<'a> VerifyView<'a> {
    pub fn new(provider: &'a str, first: &Catalog, second: &Catalog) -> Self {
        let regions: BTreeSet<&str> = second
            .prices
            .iter()
            .map(|one| one.region.as_str())
            .collect();
        let markets: BTreeSet<u8> = second.prices.iter().map(|one| one.market as u8).collect();
        type Key<'p> = (&'p str, &'p str, Option<&'p str>, u8);
        fn keyed(prices: &[Price]) -> BTreeMap<Key<'_>, &Price> {
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
                let shown = |price: &Price| money(price.per_hour.nanos, &price.per_hour.currency);
                different.push(DifferenceView {
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
            provider,
            compared,
            only_first,
            only_second: others.len(),
            different,
            missing: missing.map(GapView::from).collect(),
        }
    }

    pub fn table(&self) -> Table {
        let header = ["TYPE", "REGION", "FIRST", "SECOND", "SOURCES"];
        print::table(
            &header,
            self.different.iter().map(|one| {
                vec![
                    one.instance_type.clone(),
                    one.region.clone(),
                    one.first.clone(),
                    one.second.clone(),
                    format!("{} / {}", one.first_source, one.second_source),
                ]
            }),
        )
    }
}
