//! Records of `instance-types list`.

use crate::units::{gib, money};
use crate::{CatalogInfo, Gap};
use cloudhost::catalog::Catalog;
use cloudhost::contract::Label as _;
use cloudhost::contract::cloudhost::provider::types::{self, DiskKind, Market, Offer, Price};
use cloudhost::host::Summary;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Instance types of a provider.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InstanceTypes {
    /// Name of the provider.
    pub provider: String,
    /// Source and age of the data.
    pub catalog: CatalogInfo,
    /// Missing parts of the data.
    pub missing: Vec<Gap>,
    /// The instance types.
    pub instance_types: Vec<InstanceType>,
}

/// One instance type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InstanceType {
    /// The cloud's name of the type.
    pub name: String,
    /// Family of the type, such as `m5`.
    pub family: String,
    /// Architectures that it runs, such as `x86_64` or `arm64`.
    pub architectures: Vec<String>,
    /// Manufacturer of the processor; `null`: unknown.
    pub cpu_manufacturer: Option<String>,
    /// Number of virtual processors.
    pub vcpus: u32,
    /// Memory in MiB.
    pub memory_mib: u64,
    /// GPUs and other accelerators.
    pub accelerators: Vec<Accelerator>,
    /// Local disks.
    pub disks: Vec<Disk>,
    /// Network performance in the cloud's words; `null`: unknown.
    pub network: Option<String>,
    /// Network speed in Mbit/s; `null`: unknown.
    pub network_mbps: Option<u64>,
    /// Whole server without a hypervisor.
    pub bare_metal: bool,
    /// Processor time is earned in credits.
    pub burstable: bool,
    /// It counts against the free tier of the cloud.
    pub free_tier: bool,
    /// The cloud recommends it for new work.
    pub current_generation: bool,
    /// Markets in which it is sold: `on-demand`, `spot` or `capacity-block`; empty: unknown.
    pub markets: Vec<String>,
    /// Regions that sell it; `null`: unknown.
    pub regions: Option<Vec<String>>,
    /// Number of regions that have capacity now, on demand; `null`: unknown.
    pub available_regions: Option<usize>,
    /// Summary for people: the accelerators, or processors and memory.
    pub specs: String,
    /// Lowest price of an hour on demand, such as `$0.75`; `null`: unknown.
    pub price_per_hour: Option<String>,
    /// Price of an hour on demand by region; regions without a known price are left out.
    pub prices_per_hour: BTreeMap<String, RegionPrice>,
}

/// Accelerators of one model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Accelerator {
    /// Kind: `gpu`, `tpu`, `neuron`, `inference`, `fpga` or `media`.
    pub kind: String,
    /// Name of the model.
    pub name: String,
    /// Manufacturer; `null`: unknown.
    pub manufacturer: Option<String>,
    /// Number of devices; `null`: a share of one.
    pub count: Option<u32>,
    /// Memory of each device in MiB; `null`: unknown.
    pub memory_mib: Option<u64>,
}

/// Local disks of one size.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Disk {
    /// Number of disks.
    pub count: u32,
    /// Size of each disk in GB.
    pub size_gb: u64,
    /// Kind: `hdd` or `ssd`; `null`: unknown.
    pub kind: Option<String>,
}

/// Price of an hour in one region.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RegionPrice {
    /// Price in nano-units: 10^-9 of the currency's unit.
    pub nanos: u64,
    /// ISO 4217 code, such as `USD`.
    pub currency: String,
    /// Host and path of the price list that it was read from.
    pub source: String,
}

impl InstanceTypes {
    /// Makes the record of a catalog's instance types, at this time.
    pub fn new(provider: &str, summary: &Summary, catalog: Catalog, now: Timestamp) -> Self {
        let mut offers: BTreeMap<String, Vec<Offer>> = BTreeMap::new();
        for offer in catalog.offers {
            offers
                .entry(offer.instance_type.clone())
                .or_default()
                .push(offer);
        }
        let mut prices: BTreeMap<String, Vec<Price>> = BTreeMap::new();
        for price in catalog.prices {
            let same = prices.entry(price.instance_type.clone());
            same.or_default().push(price);
        }
        let mut capacity: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        if summary.is_capacity_fresh() {
            for one in catalog.capacity {
                let there = capacity.entry(one.instance_type).or_default();
                if one.available && one.market == Market::OnDemand {
                    there.insert(one.region);
                }
            }
        }
        let record = |one: types::InstanceType| {
            let sold = offers.remove(&one.name).unwrap_or_default();
            let prices = prices.remove(&one.name).unwrap_or_default();
            let available = capacity.remove(&one.name).map(|regions| regions.len());
            InstanceType {
                available_regions: available,
                ..InstanceType::new(one, catalog.offers_known.then_some(sold), prices)
            }
        };
        Self {
            provider: provider.to_owned(),
            catalog: CatalogInfo::new(summary, now),
            missing: Gap::all(summary),
            instance_types: catalog.instance_types.into_iter().map(record).collect(),
        }
    }

    /// Number of instance types without a known price.
    pub fn unpriced(&self) -> usize {
        let unpriced = |one: &&InstanceType| one.price_per_hour.is_none();
        self.instance_types.iter().filter(unpriced).count()
    }
}

impl InstanceType {
    fn new(one: types::InstanceType, offers: Option<Vec<Offer>>, prices: Vec<Price>) -> Self {
        let regions = offers.as_ref().map(|offers| {
            let mut regions: Vec<_> = offers.iter().map(|offer| offer.region.clone()).collect();
            regions.dedup();
            regions
        });
        let mut prices = prices;
        prices.retain(|price| price.market == Market::OnDemand);
        let lowest = prices.iter().map(|price| &price.per_hour);
        let lowest = lowest.min_by_key(|price| (&price.currency, price.nanos));
        let price_per_hour = lowest.map(|price| money(price.nanos, &price.currency));
        let prices_per_hour = prices
            .into_iter()
            .map(|price| {
                let one = RegionPrice {
                    nanos: price.per_hour.nanos,
                    currency: price.per_hour.currency,
                    source: price.source,
                };
                (price.region, one)
            })
            .collect();
        let markets = one.markets.iter();
        Self {
            available_regions: None,
            specs: specs(&one),
            price_per_hour,
            name: one.name,
            family: one.family,
            architectures: one.architectures,
            cpu_manufacturer: one.cpu_manufacturer,
            vcpus: one.vcpus,
            memory_mib: one.memory_mib,
            accelerators: one
                .accelerators
                .into_iter()
                .map(Accelerator::from)
                .collect(),
            disks: one.disks.iter().map(Disk::from).collect(),
            network: one.network,
            bare_metal: one.bare_metal,
            burstable: one.burstable,
            network_mbps: one.network_mbps,
            free_tier: one.free_tier,
            current_generation: one.current_generation,
            markets: markets.map(|market| market.as_str().to_owned()).collect(),
            regions,
            prices_per_hour,
        }
    }
}

impl From<types::Accelerator> for Accelerator {
    fn from(one: types::Accelerator) -> Self {
        Self {
            kind: one.kind.as_str().to_owned(),
            name: one.name,
            manufacturer: one.manufacturer,
            count: one.count,
            memory_mib: one.memory_mib,
        }
    }
}

impl From<&types::Disk> for Disk {
    fn from(disk: &types::Disk) -> Self {
        let kind = match disk.kind {
            DiskKind::Unknown => None,
            known => Some(known.as_str().to_owned()),
        };
        Self {
            count: disk.count,
            size_gb: disk.size_gb,
            kind,
        }
    }
}

/// Summarises an instance type: its accelerators, or its processors and memory.
fn specs(one: &types::InstanceType) -> String {
    let device = |device: &types::Accelerator| {
        let maker = device.manufacturer.as_ref();
        let maker = maker.map_or(String::new(), |maker| format!("{maker} "));
        let memory = device.memory_mib.map(|mib| format!(" ({})", gib(mib)));
        let count = device
            .count
            .map_or("share of".to_owned(), |count| format!("{count}x"));
        format!(
            "{count} {maker}{}{}",
            device.name,
            memory.unwrap_or_default()
        )
    };
    match one.accelerators.as_slice() {
        [] => format!("{} vCPUs, {}", one.vcpus, gib(one.memory_mib)),
        devices => devices.iter().map(device).collect::<Vec<_>>().join(", "),
    }
}
