//! Tables of `smart-select`, `get-cheapest`, `check-availability` and `--list-tiers`.

use super::{known, yes_or_no};
use crate::print;
use cloudhost_api::{Availability, Component, Selection, TierList, money};
use comfy_table::Table;

pub fn selection(record: &Selection) -> Table {
    let mut header = vec!["TYPE", "REGION", "PRICE/H", "AVAILABLE", "DISTANCE"];
    let row =
        |kind: &str, region: &str, price: Option<String>, available, distance: Option<u32>| {
            vec![
                kind.to_owned(),
                region.to_owned(),
                known(price),
                yes_or_no(available),
                known(distance.map(|km| format!("{km} km"))),
            ]
        };
    let Some(explanation) = &record.explanation else {
        let price = record.price_per_hour.clone();
        let only = row(
            &record.instance_type,
            &record.region,
            price,
            record.available,
            record.distance_km,
        );
        return print::table(&header, [only]);
    };
    header.extend(["REGIONS", "GPUS", "GENERATION", "SCORE"]);
    let weights: Vec<String> = explanation
        .weights
        .iter()
        .map(|weight| format!("{} {}%", component_name(weight.component), weight.percent))
        .collect();
    header.extend(weights.iter().map(String::as_str));
    let rows = explanation.rows.iter().map(|one| {
        let price = one.price.as_ref();
        let price = price.map(|price| money(price.nanos, &price.currency));
        let mut row = row(
            &one.instance_type,
            &one.region,
            price,
            one.capacity,
            one.distance_km,
        );
        row.push(known(one.capacity_regions));
        row.push(one.gpus.to_string());
        row.push(known(one.generation.as_ref()));
        row.push(one.score.map_or_else(|| "-".to_owned(), thousandths));
        row.extend(one.parts.iter().map(|part| match part.known {
            true => thousandths(part.score),
            false => format!("{} (unknown)", thousandths(part.score)),
        }));
        row
    });
    print::table(&header, rows)
}

fn thousandths(score: f64) -> String {
    format!("{score:.3}")
}

pub fn availability(record: &Availability) -> Table {
    let row = vec![
        record.instance_type.clone(),
        record.region.clone(),
        yes_or_no(record.available),
    ];
    print::table(&["TYPE", "REGION", "AVAILABLE"], [row])
}

pub fn tier_list(record: &TierList) -> Table {
    let rows = record.tiers.iter().map(|tier| {
        vec![
            tier.name.clone(),
            tier.gpus.to_string(),
            tier.steps.join(", "),
        ]
    });
    print::table(&["TIER", "GPUS", "TRIES"], rows)
}

fn component_name(component: Component) -> &'static str {
    match component {
        Component::Price => "PRICE",
        Component::Distance => "DISTANCE",
        Component::Capacity => "CAPACITY",
        Component::Generation => "GENERATION",
    }
}
