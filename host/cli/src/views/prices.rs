//! Tables of prices.

use crate::print;
use cloudhost_api::{PriceComparison, Prices};
use comfy_table::Table;

pub fn prices(record: &Prices) -> Table {
    let header = ["TYPE", "MARKET", "HOUR", "DAY", "MONTH", "WHERE"];
    let rows = record.prices.iter().map(|one| {
        vec![
            one.instance_type.clone(),
            one.market.clone(),
            one.price_per_hour.clone(),
            one.price_per_day.clone(),
            one.price_per_month.clone(),
            match one.regions.as_slice() {
                [region] => region.clone(),
                regions => format!("{} regions", regions.len()),
            },
        ]
    });
    print::table(&header, rows)
}

pub fn price_comparison(record: &PriceComparison) -> Table {
    let header = ["TYPE", "REGION", "FIRST", "SECOND", "SOURCES"];
    let rows = record.different.iter().map(|one| {
        vec![
            one.instance_type.clone(),
            one.region.clone(),
            one.first.clone(),
            one.second.clone(),
            format!("{} / {}", one.first_source, one.second_source),
        ]
    });
    print::table(&header, rows)
}
