//! The answer of `regions list`.

use super::{CatalogView, GapView, gaps, joined, known};
use crate::print;
use cloudhost::catalog::Catalog;
use cloudhost::contract::cloudhost::provider::types::Market;
use cloudhost::host::Summary;
use comfy_table::Table;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A list of regions.
#[derive(Debug, Serialize)]
pub struct RegionsView<'a> {
    provider: &'a str,
    catalog: CatalogView,
    missing: Vec<GapView>,
    pub regions: Vec<RegionView>,
}

/// One region.
#[derive(Debug, Serialize)]
pub struct RegionView {
    name: String,
    description: Option<String>,
    zones: Vec<ZoneView>,
    /// How many machine types are sold there; unknown where offers were not had.
    instance_types: Option<usize>,
    /// How many have capacity now, where that was asked for; `null`: not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    available_types: Option<Option<usize>>,
}

#[derive(Debug, Serialize)]
struct ZoneView {
    name: String,
    id: Option<String>,
}

impl<'a> RegionsView<'a> {
    pub fn new(
        provider: &'a str,
        summary: &Summary,
        catalog: Catalog,
        with_availability: bool,
    ) -> Self {
        let available = available(&catalog, summary);
        let mut sold: BTreeMap<&str, usize> = BTreeMap::new();
        for offer in catalog
            .offers
            .iter()
            .filter(|offer| offer.market == Market::OnDemand)
        {
            *sold.entry(&offer.region).or_default() += 1;
        }
        let regions = catalog
            .regions
            .iter()
            .map(|region| RegionView {
                name: region.name.clone(),
                description: region.description.clone(),
                zones: region
                    .zones
                    .iter()
                    .map(|zone| ZoneView {
                        name: zone.name.clone(),
                        id: zone.id.clone(),
                    })
                    .collect(),
                instance_types: catalog
                    .fetched
                    .offers
                    .map(|_| sold.get(region.name.as_str()).copied().unwrap_or(0)),
                available_types: with_availability
                    .then(|| Some(available.as_ref()?.get(&region.name).copied().unwrap_or(0))),
            })
            .collect();
        Self {
            provider,
            catalog: CatalogView::new(summary),
            missing: gaps(summary),
            regions,
        }
    }

    pub fn table(&self) -> Table {
        let asked = self
            .regions
            .iter()
            .any(|region| region.available_types.is_some());
        let mut header = vec!["REGION", "DESCRIPTION", "ZONES", "TYPES"];
        header.extend(asked.then_some("AVAILABLE"));
        print::table(
            &header,
            self.regions.iter().map(|region| {
                let mut row = vec![
                    region.name.clone(),
                    region.description.clone().unwrap_or_else(|| "-".to_owned()),
                    joined(&region.zones, |zone| zone.name.clone()),
                    known(region.instance_types),
                ];
                row.extend(region.available_types.map(known));
                row
            }),
        )
    }
}

/// How many types have capacity on demand, by region; `None` where nothing fresh is known.
fn available(catalog: &Catalog, summary: &Summary) -> Option<BTreeMap<String, usize>> {
    if !summary.is_believed() || catalog.capacity.is_empty() {
        return None;
    }
    let mut types: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for one in &catalog.capacity {
        let there = types.entry(one.region.clone()).or_default();
        if one.available && one.market == Market::OnDemand {
            there.insert(&one.instance_type);
        }
    }
    Some(
        types
            .into_iter()
            .map(|(region, types)| (region, types.len()))
            .collect(),
    )
}
