//! Conversion of the API's rows to the contract's records.

use cloudhost_sdk::{InstanceType, Listing, Market, Money, Offer, Price, Region};
use std::collections::BTreeSet;

/// One response of the API.
#[derive(serde::Deserialize)]
pub struct Page {
    pub instance_types: Vec<Row>,
    pub next_page: Option<u32>,
}

/// One instance type.
#[derive(serde::Deserialize)]
pub struct Row {
    name: String,
    vcpus: u32,
    memory_gib: u64,
    architecture: String,
    hourly_price_cents: Option<u64>,
    regions: Vec<String>,
}

/// The records of all rows. Data that the API does not have is `None`.
pub fn listing(rows: &[Row]) -> Listing {
    let places = || {
        rows.iter()
            .flat_map(|row| row.regions.iter().map(move |region| (row, region)))
    };
    let regions: BTreeSet<&String> = places().map(|(_, region)| region).collect();
    Listing {
        regions: Some(regions.into_iter().map(|name| region(name)).collect()),
        instance_types: Some(rows.iter().map(instance_type).collect()),
        offers: Some(
            places()
                .map(|(row, region)| Offer::on_demand(&row.name, region))
                .collect(),
        ),
        prices: Some(
            places()
                .filter_map(|(row, region)| price(row, region))
                .collect(),
        ),
        ..Listing::default()
    }
}

fn region(name: &str) -> Region {
    Region {
        place: None,
        country: None,
        name: name.to_owned(),
        description: None,
        zones: Vec::new(),
        location: None,
    }
}

fn instance_type(row: &Row) -> InstanceType {
    InstanceType {
        name: row.name.clone(),
        family: row.name.split('-').next().unwrap_or(&row.name).to_owned(),
        architectures: vec![row.architecture.clone()],
        cpu_manufacturer: None,
        vcpus: row.vcpus,
        memory_mib: row.memory_gib.saturating_mul(1024),
        accelerators: Vec::new(),
        disks: Vec::new(),
        network: None,
        bare_metal: false,
        burstable: false,
        network_mbps: None,
        attributes: Vec::new(),
        free_tier: false,
        current_generation: true,
        markets: vec![Market::OnDemand],
    }
}

/// An unknown price has no record; it is never 0.
fn price(row: &Row, region: &str) -> Option<Price> {
    let cents = row.hourly_price_cents.filter(|cents| *cents > 0)?;
    Some(Price {
        instance_type: row.name.clone(),
        region: region.to_owned(),
        zone: None,
        market: Market::OnDemand,
        per_hour: Money::from_cents(cents)?,
        source: "api.acme.example".to_owned(),
        published: None,
    })
}
