//! The answer of `instance-types list`.

use super::{CatalogView, GapView, gaps, joined, known, money};
use crate::print;
use cloudhost::catalog::Catalog;
use cloudhost::contract::Label as _;
use cloudhost::contract::cloudhost::provider::types::{
    Accelerator, AcceleratorKind, Disk, DiskKind, InstanceType, Market, Offer, Price,
};
use cloudhost::host::Summary;
use comfy_table::Table;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A list of machine types.
#[derive(Debug, Serialize)]
pub struct InstanceTypesView<'a> {
    provider: &'a str,
    catalog: CatalogView,
    missing: Vec<GapView>,
    pub instance_types: Vec<InstanceTypeView>,
}

/// One machine type.
#[derive(Debug, Serialize)]
pub struct InstanceTypeView {
    name: String,
    family: String,
    architectures: Vec<String>,
    cpu_manufacturer: Option<String>,
    vcpus: u32,
    memory_mib: u64,
    accelerators: Vec<AcceleratorView>,
    disks: Vec<DiskView>,
    network: Option<String>,
    bare_metal: bool,
    burstable: bool,
    free_tier: bool,
    current_generation: bool,
    markets: Vec<&'static str>,
    /// Regions that sell it; unknown where offers were not had.
    regions: Option<Vec<String>>,
    /// In how many regions it has capacity now, on demand; `null`: not known.
    available_regions: Option<usize>,
    /// What it is, in a few words.
    specs: String,
    /// The lowest price on demand; `null`: not known.
    price_per_hour: Option<String>,
    /// On demand, by region; a region without a known price is not in it.
    prices_per_hour: BTreeMap<String, PriceView>,
}

#[derive(Debug, Serialize)]
struct AcceleratorView {
    kind: &'static str,
    name: String,
    manufacturer: Option<String>,
    count: Option<u32>,
    memory_mib: Option<u64>,
}

#[derive(Debug, Serialize)]
struct DiskView {
    count: u32,
    size_gb: u64,
    kind: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct PriceView {
    /// 10^-9 of the currency's unit.
    nanos: u64,
    currency: String,
    source: String,
}

impl<'a> InstanceTypesView<'a> {
    pub fn new(provider: &'a str, summary: &Summary, catalog: Catalog) -> Self {
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
        if summary.is_believed() {
            for one in catalog.capacity {
                let there = capacity.entry(one.instance_type).or_default();
                if one.available && one.market == Market::OnDemand {
                    there.insert(one.region);
                }
            }
        }
        let view = |one: InstanceType| {
            let sold = offers.remove(&one.name).unwrap_or_default();
            let prices = prices.remove(&one.name).unwrap_or_default();
            let available = capacity.remove(&one.name).map(|regions| regions.len());
            InstanceTypeView {
                available_regions: available,
                ..InstanceTypeView::new(one, catalog.fetched.offers.map(|_| sold), prices)
            }
        };
        Self {
            provider,
            catalog: CatalogView::new(summary),
            missing: gaps(summary),
            instance_types: catalog.instance_types.into_iter().map(view).collect(),
        }
    }

    /// How many have no known price.
    pub fn unpriced(&self) -> usize {
        let priced = |one: &&InstanceTypeView| one.price_per_hour.is_some();
        self.instance_types.len() - self.instance_types.iter().filter(priced).count()
    }

    pub fn table(&self) -> Table {
        let header = [
            "TYPE",
            "VCPUS",
            "MEMORY",
            "ARCH",
            "ACCELERATORS",
            "DISKS",
            "NETWORK",
            "REGIONS",
            "AVAILABLE",
            "PRICE/H",
        ];
        print::table(
            &header,
            self.instance_types.iter().map(|one| {
                vec![
                    one.name.clone(),
                    one.vcpus.to_string(),
                    gib(one.memory_mib),
                    one.architectures.join(","),
                    joined(&one.accelerators, AcceleratorView::short),
                    joined(&one.disks, DiskView::short),
                    one.network.clone().unwrap_or_else(|| "unknown".to_owned()),
                    known(one.regions.as_ref().map(Vec::len)),
                    known(one.available_regions),
                    one.price_per_hour
                        .clone()
                        .unwrap_or_else(|| "unknown".to_owned()),
                ]
            }),
        )
    }
}

impl InstanceTypeView {
    fn new(one: InstanceType, offers: Option<Vec<Offer>>, prices: Vec<Price>) -> Self {
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
                let view = PriceView {
                    nanos: price.per_hour.nanos,
                    currency: price.per_hour.currency,
                    source: price.source,
                };
                (price.region, view)
            })
            .collect();
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
                .map(AcceleratorView::from)
                .collect(),
            disks: one.disks.iter().map(DiskView::from).collect(),
            network: one.network,
            bare_metal: one.bare_metal,
            burstable: one.burstable,
            free_tier: one.free_tier,
            current_generation: one.current_generation,
            markets: one.markets.iter().map(|market| market.as_str()).collect(),
            regions,
            prices_per_hour,
        }
    }
}

impl From<Accelerator> for AcceleratorView {
    fn from(one: Accelerator) -> Self {
        Self {
            kind: match one.kind {
                AcceleratorKind::Gpu => "gpu",
                AcceleratorKind::Neuron => "neuron",
                AcceleratorKind::Inference => "inference",
                AcceleratorKind::Fpga => "fpga",
                AcceleratorKind::Media => "media",
            },
            name: one.name,
            manufacturer: one.manufacturer,
            count: one.count,
            memory_mib: one.memory_mib,
        }
    }
}

impl AcceleratorView {
    fn short(&self) -> String {
        match self.count {
            Some(count) => format!("{count}x {}", self.name),
            None => format!("share of {}", self.name),
        }
    }
}

impl From<&Disk> for DiskView {
    fn from(disk: &Disk) -> Self {
        Self {
            count: disk.count,
            size_gb: disk.size_gb,
            kind: match disk.kind {
                DiskKind::Hdd => Some("hdd"),
                DiskKind::Ssd => Some("ssd"),
                DiskKind::Unknown => None,
            },
        }
    }
}

impl DiskView {
    fn short(&self) -> String {
        format!("{}x {} GB", self.count, self.size_gb)
    }
}

/// What a machine is, in a few words: its accelerators, or its processors and memory.
fn specs(one: &InstanceType) -> String {
    let device = |device: &Accelerator| {
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

/// Memory in GiB, as clouds print it: with a fraction only where there is one.
fn gib(mib: u64) -> String {
    let (whole, rest) = (mib / 1024, mib % 1024);
    if rest == 0 {
        return format!("{whole} GiB");
    }
    let hundredths = format!("{:02}", rest * 100 / 1024);
    format!("{whole}.{} GiB", hundredths.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::gib;

    #[rstest::rstest]
    #[case(512, "0.5 GiB")]
    #[case(8_192, "8 GiB")]
    #[case(3_891, "3.79 GiB")]
    #[case(1_945, "1.89 GiB")]
    fn memory(#[case] mib: u64, #[case] expected: &str) {
        assert_eq!(gib(mib), expected);
    }
}
