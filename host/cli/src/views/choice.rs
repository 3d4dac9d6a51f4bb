//! The answers of `smart-select`, `get-cheapest`, `check-availability` and `--list-tiers`.

use super::{CatalogView, GapView, gaps, known, money, yes_or_no};
use crate::args::CheckArgs;
use crate::print;
use cloudhost::contract::Label as _;
use cloudhost::host::Summary;
use cloudhost::select::{Ask, Choice, Component, Explanation, Mode, Tier};
use comfy_table::Table;
use serde::Serialize;

/// A chosen machine.
#[derive(Debug, Serialize)]
pub struct ChoiceView<'a> {
    provider: &'a str,
    catalog: CatalogView,
    missing: Vec<GapView>,
    instance_type: &'a str,
    region: &'a str,
    market: &'static str,
    /// `null`: not known.
    price_per_hour: Option<String>,
    /// How it was chosen; `cheapest_global` where no region was named, as kdevops calls it.
    selection_mode: &'static str,
    /// Whether there is capacity; `null`: not known.
    available: Option<bool>,
    /// The regions in which the type has capacity.
    available_regions: u32,
    /// How far the region is, where that is known.
    distance_km: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<&'a Explanation>,
}

impl<'a> ChoiceView<'a> {
    pub fn new(
        provider: &'a str,
        summary: &Summary,
        ask: &Ask,
        choice: &'a Choice<'a>,
        explain: bool,
    ) -> Self {
        let one = &choice.candidate;
        Self {
            provider,
            catalog: CatalogView::new(summary),
            missing: gaps(summary),
            instance_type: &one.instance_type.name,
            region: one.region,
            market: one.market.as_str(),
            price_per_hour: one
                .price
                .map(|price| money(price.per_hour.nanos, &price.per_hour.currency)),
            selection_mode: match choice.explanation.mode {
                Mode::Cheapest if ask.wanted.regions.is_empty() => "cheapest_global",
                Mode::Cheapest => "cheapest",
                Mode::Closest => "closest",
                Mode::Balanced => "balanced",
            },
            available: one.capacity,
            available_regions: one.capacity_regions,
            distance_km: one.distance_km,
            explanation: explain.then_some(&choice.explanation),
        }
    }

    pub fn table(&self) -> Table {
        let mut header = vec!["TYPE", "REGION", "PRICE/H", "AVAILABLE", "DISTANCE"];
        let row =
            |kind: &str, region: &str, price: Option<String>, available, distance: Option<u32>| {
                let unknown = || "unknown".to_owned();
                vec![
                    kind.to_owned(),
                    region.to_owned(),
                    price.unwrap_or_else(unknown),
                    yes_or_no(available),
                    distance.map_or_else(unknown, |km| format!("{km} km")),
                ]
            };
        let Some(explanation) = self.explanation else {
            let price = self.price_per_hour.clone();
            let only = row(
                self.instance_type,
                self.region,
                price,
                self.available,
                self.distance_km,
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
            row.push(one.capacity_regions.to_string());
            row.push(one.gpus.to_string());
            row.push(one.generation.text());
            row.push(
                one.score
                    .map_or_else(|| "-".to_owned(), |score| score.to_string()),
            );
            row.extend(one.parts.iter().map(|part| match part.known {
                true => part.score.to_string(),
                false => format!("{} (unknown)", part.score),
            }));
            row
        });
        print::table(&header, rows)
    }
}

/// Whether a machine could be started.
#[derive(Debug, Serialize)]
pub struct AvailabilityView<'a> {
    provider: &'a str,
    catalog: CatalogView,
    missing: Vec<GapView>,
    instance_type: &'a str,
    region: &'a str,
    /// `null`: not known.
    available: Option<bool>,
}

impl<'a> AvailabilityView<'a> {
    pub fn new(
        provider: &'a str,
        summary: &Summary,
        args: &'a CheckArgs,
        available: Option<bool>,
    ) -> Self {
        Self {
            provider,
            catalog: CatalogView::new(summary),
            missing: gaps(summary),
            instance_type: &args.instance_type,
            region: &args.region,
            available,
        }
    }

    pub fn table(&self) -> Table {
        let row = vec![
            self.instance_type.to_owned(),
            self.region.to_owned(),
            yes_or_no(self.available),
        ];
        print::table(&["TYPE", "REGION", "AVAILABLE"], [row])
    }
}

/// The tiers.
#[derive(Debug, Serialize)]
pub struct TiersView {
    tiers: Vec<TierView>,
}

#[derive(Debug, Serialize)]
struct TierView {
    name: &'static str,
    gpus: u32,
    steps: Vec<&'static str>,
}

impl TiersView {
    pub fn new() -> Self {
        let tier = |tier: &Tier| TierView {
            name: tier.name,
            gpus: tier.gpus,
            steps: tier.steps().map(|step| step.name).collect(),
        };
        Self {
            tiers: Tier::all().iter().map(tier).collect(),
        }
    }

    pub fn table(&self) -> Table {
        print::table(
            &["TIER", "GPUS", "TRIES"],
            self.tiers.iter().map(|tier| {
                vec![
                    tier.name.to_owned(),
                    known(usize::try_from(tier.gpus).ok()),
                    tier.steps.join(", "),
                ]
            }),
        )
    }
}

fn component_name(component: Component) -> &'static str {
    match component {
        Component::Price => "PRICE",
        Component::Distance => "DISTANCE",
        Component::Capacity => "CAPACITY",
        Component::Generation => "GENERATION",
    }
}
