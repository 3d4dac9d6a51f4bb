//! A complete provider: a cloud with one JSON list of instance types. Under 100 lines, manifest aside.
use cloudhost_sdk::http::Request;
use cloudhost_sdk::kconfig::{Catalog, Dialect, File, menus};
use cloudhost_sdk::{
    DataKind, Description, Error, InstanceType, Listing, Market, Offer, Provider, Query, Region,
    World,
};
use std::collections::BTreeSet;

pub struct Example;

/// An item of the list that `GET /v1/types` returns.
#[derive(serde::Deserialize)]
struct Row {
    name: String,
    vcpus: u32,
    memory_gib: u64,
    regions: Vec<String>,
}

impl Provider for Example {
    fn describe() -> Description {
        Description {
            title: "Example Cloud".to_owned(),
            settings: Vec::new(),
            freshness: Vec::new(),
            menus: vec![DataKind::Regions, DataKind::InstanceTypes, DataKind::Offers],
        }
    }

    async fn fetch<W: World>(world: &W, _query: Query) -> Result<Listing, Error> {
        let request = Request::get("https://api.example.com/v1/types").bearer("example");
        let answer = request.send(world).await?.ok("list of types")?;
        let rows: Vec<Row> = answer.json("list of types")?;
        let names: BTreeSet<&String> = rows.iter().flat_map(|row| &row.regions).collect();
        let regions = names.into_iter().map(|name| Region {
            place: None,
            country: None,
            name: name.clone(),
            description: None,
            zones: Vec::new(),
            location: None,
        });
        let sold = |row: &Row| {
            row.regions
                .iter()
                .map(|r| Offer::on_demand(&row.name, r))
                .collect::<Vec<_>>()
        };
        let offers = rows.iter().flat_map(sold);
        Ok(Listing {
            regions: Some(regions.collect()),
            offers: Some(offers.collect()),
            instance_types: Some(rows.iter().map(machine).collect()),
            ..Listing::default()
        })
    }

    fn emit_kconfig(catalog: Catalog, dialect: Dialect) -> Result<Vec<File>, Error> {
        menus("TERRAFORM_EXAMPLE", &catalog, dialect)
    }
}

fn machine(row: &Row) -> InstanceType {
    InstanceType {
        name: row.name.clone(),
        family: row.name.split('.').next().unwrap_or_default().to_owned(),
        architectures: vec!["x86_64".to_owned()],
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

cloudhost_sdk::plugin!(Example, manifest = "minimal.toml");

/// Required for an example; a component of your own is a `cdylib` crate without it.
fn main() {}
