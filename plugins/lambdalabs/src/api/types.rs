//! `GET /instance-types`: one response, four kinds of data.

use std::collections::BTreeMap;

use cloudhost_sdk::{
    Capacity, DataKind, Disk, DiskKind, Gap, InstanceType, Listing, Market, Money, Price, Region,
    excerpt, is_name, is_value,
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::{PRICE_SOURCE, Place, gpu, odd};

/// Items by name. Each is parsed separately, so that an invalid one does not affect the others.
pub(super) type Answer = BTreeMap<String, Item>;

/// The valid parts of an item.
#[derive(Debug, Deserialize)]
#[serde(from = "Value")]
pub(super) struct Item {
    machine: Option<Machine>,
    /// `regions_with_capacity_available`.
    available: Option<Vec<Place>>,
}

impl From<Value> for Item {
    fn from(value: Value) -> Item {
        Item {
            machine: part(&value, "instance_type"),
            available: part(&value, "regions_with_capacity_available"),
        }
    }
}

fn part<T: DeserializeOwned>(value: &Value, name: &str) -> Option<T> {
    serde_json::from_value(value.get(name)?.clone()).ok()
}

#[derive(Debug, Deserialize)]
struct Machine {
    #[serde(default)]
    gpu_description: String,
    /// Documented as a whole number.
    price_cents_per_hour: Option<Value>,
    specs: Option<Value>,
    /// Newer than the published description: `x86_64` or `arm64`.
    architecture: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Specs {
    vcpus: u32,
    memory_gib: u64,
    storage_gib: Option<u64>,
    #[serde(default)]
    gpus: u32,
}

/// Returns the regions that the response names.
pub(super) fn regions(answer: &Answer) -> impl Iterator<Item = &Place> {
    let items = answer.values();
    items.flat_map(|item| item.available.iter().flatten())
}

/// Creates the four kinds of data, for these regions. Lambda has one price everywhere. It says where a type has capacity
/// now and not where it is sold: there are no offers, which means that this is unknown.
pub(super) fn listing(answer: Answer, places: &BTreeMap<String, Region>) -> Listing {
    let mut types = Vec::new();
    let mut prices = Vec::new();
    let mut capacity = Vec::new();
    let mut missing = Vec::new();
    for (name, item) in answer {
        let machine = item.machine.filter(|_| is_value(&name));
        let machine = machine.and_then(|of| Some((specs(&of)?, of)));
        let Some((specs, of)) = machine else {
            let message = format!("the specs of {} are not as documented", shown(&name));
            missing.push(odd(DataKind::InstanceTypes, message));
            continue;
        };
        types.push(instance_type(&name, &of, &specs));
        let per_hour = price(&name, of.price_cents_per_hour.as_ref(), &mut missing);
        let available = item.available;
        if available.is_none() {
            let message = format!("the regions with capacity of {} are missing", shown(&name));
            missing.push(odd(DataKind::Capacity, message));
        }
        for region in places.keys() {
            prices.extend(per_hour.clone().map(|per_hour| Price {
                instance_type: name.clone(),
                region: region.clone(),
                zone: None,
                market: Market::OnDemand,
                per_hour,
                source: PRICE_SOURCE.to_owned(),
                published: None,
            }));
            capacity.extend(available.as_ref().map(|places| Capacity {
                instance_type: name.clone(),
                region: region.clone(),
                zone: None,
                market: Market::OnDemand,
                available: places.iter().any(|place| place.name == *region),
            }));
        }
    }
    Listing {
        instance_types: Some(types),
        offers: Some(Vec::new()),
        prices: Some(prices),
        capacity: Some(capacity),
        missing,
        ..Listing::default()
    }
}

/// Returns the specs, if they have the required fields.
fn specs(of: &Machine) -> Option<Specs> {
    let specs: Specs = serde_json::from_value(of.specs.clone()?).ok()?;
    (specs.vcpus > 0 && specs.memory_gib > 0).then_some(specs)
}

fn instance_type(name: &str, of: &Machine, specs: &Specs) -> InstanceType {
    let arm = gpu::is_grace(&of.gpu_description);
    let own = of.architecture.as_deref().filter(|text| is_name(text));
    let architecture = own.unwrap_or(if arm { "arm64" } else { "x86_64" });
    // GiB as GB of 10^9 bytes, which is how the contract counts disks.
    let gb = |gib: u64| gib.saturating_mul(1_073_741_824) / 1_000_000_000;
    let storage = specs.storage_gib.map(gb).filter(|gb| *gb > 0);
    InstanceType {
        name: name.to_owned(),
        family: family(name).to_owned(),
        architectures: vec![architecture.to_owned()],
        cpu_manufacturer: None,
        vcpus: specs.vcpus,
        memory_mib: specs.memory_gib.saturating_mul(1024),
        accelerators: gpu::accelerators(&of.gpu_description, specs.gpus),
        // The API gives the sum; lambda.ai/instances documents it as solid state.
        disks: storage
            .map(|size_gb| Disk {
                count: 1,
                size_gb,
                kind: DiskKind::Ssd,
            })
            .into_iter()
            .collect(),
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

/// Strips kind and count from a name: `a10` of `gpu_1x_a10`, `h100_sxm5` of `gpu_8x_h100_sxm5`.
fn family(name: &str) -> &str {
    let mut parts = name.splitn(3, '_');
    match (parts.next(), parts.next(), parts.next()) {
        (Some("gpu" | "cpu"), Some(count), Some(rest))
            if count.ends_with('x') && !rest.is_empty() =>
        {
            rest
        }
        _ => name,
    }
}

/// Returns the price per hour. A value that is not a whole number of cents above 0 is reported as a gap, and never a
/// price of 0.
fn price(name: &str, cents: Option<&Value>, missing: &mut Vec<Gap>) -> Option<Money> {
    let known = cents.and_then(Value::as_u64).filter(|cents| *cents > 0);
    let known = known.and_then(Money::from_cents);
    if known.is_none() {
        let found = cents.map_or("nothing".to_owned(), |value| {
            excerpt(value.to_string().as_bytes())
        });
        let message = format!(
            "the price of {} is not a whole number of cents above 0: {found}",
            shown(name)
        );
        missing.push(odd(DataKind::Prices, message));
    }
    known
}

fn shown(name: &str) -> String {
    excerpt(name.as_bytes())
}
