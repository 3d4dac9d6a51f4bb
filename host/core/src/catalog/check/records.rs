//! Rules for the records of a listing: required fields, limits and keys.

use std::cmp::Ordering;

use super::{AnswerError, Odd, text, timestamp, unique};
use crate::catalog::HasOfferKey;
use crate::contract::Label as _;
use crate::contract::cloudhost::provider::types::{
    Accelerator, Capacity, Disk, Image, InstanceType, Location, Offer, Price, Region, Zone,
};

/// The highest numbers that are accepted: far above any real instance type, and low enough that sums of them, and
/// numbers derived from them, do not overflow. The largest instance types of 2025 have 1,920 vCPUs, 32 TiB of memory,
/// 64 accelerators of at most 1.5 TiB, and 0.4 PB of disks, and cost some hundred dollars an hour.
mod most {
    /// vCPUs, accelerators or disks of an instance type.
    pub(super) const COUNT: u64 = 1_000_000;
    /// MiB of memory of an instance type or an accelerator: 1 PiB.
    pub(super) const MEMORY_MIB: u64 = 1 << 30;
    /// GB of a disk: 1 EB.
    pub(super) const DISK_GB: u64 = 1_000_000_000;
    /// Mbit/s of an instance type: 1 Pbit/s.
    pub(super) const NETWORK_MBPS: u64 = 1_000_000_000;
    /// Attributes of a record.
    pub(super) const ATTRIBUTES: usize = 64;
    /// A billionth of a unit of money for an hour: a billion units.
    pub(super) const NANOS: u64 = 1_000_000_000_000_000_000;
}

/// A record of a list.
pub(super) trait Record: PartialEq {
    /// Checks the fields and sorts the lists inside.
    fn check(&mut self) -> Result<(), AnswerError>;
    /// Orders the list. Records that are equal in it have the same key.
    fn order(&self, other: &Self) -> Ordering;
    /// The record in an error message.
    fn owner(&self) -> String;
    /// Removes zones with odd names. Returns false if a name that is its own, or of what it is about, is odd.
    fn has_names(&mut self, odd: &mut Odd) -> bool;
}

impl Record for Region {
    fn check(&mut self) -> Result<(), AnswerError> {
        text::name(|| self.owner(), "name", &self.name)?;
        text::optional(|| self.owner(), "description", &self.description)?;
        text::optional(|| self.owner(), "place", &self.place)?;
        if let Some(country) = &self.country
            && (country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_uppercase()))
        {
            return Err(AnswerError::Country {
                owner: self.owner(),
                value: text::quoted(country),
            });
        }
        if let Some(location) = &self.location {
            on_earth(location).ok_or_else(|| AnswerError::Location {
                owner: self.owner(),
            })?;
        }
        self.zones.iter_mut().try_for_each(Zone::check)?;
        unique(&mut self.zones)
    }

    fn order(&self, other: &Self) -> Ordering {
        self.name.cmp(&other.name)
    }

    fn owner(&self) -> String {
        format!("region {}", text::quoted(&self.name))
    }

    fn has_names(&mut self, odd: &mut Odd) -> bool {
        self.zones.retain_mut(|zone| zone.has_names(odd));
        odd.fits(&self.name)
    }
}

impl Record for Zone {
    fn check(&mut self) -> Result<(), AnswerError> {
        text::name(|| self.owner(), "name", &self.name)?;
        text::optional(|| self.owner(), "identifier", &self.id)
    }

    fn order(&self, other: &Self) -> Ordering {
        self.name.cmp(&other.name)
    }

    fn owner(&self) -> String {
        format!("zone {}", text::quoted(&self.name))
    }

    fn has_names(&mut self, odd: &mut Odd) -> bool {
        odd.fits(&self.name)
    }
}

impl Record for InstanceType {
    fn check(&mut self) -> Result<(), AnswerError> {
        let owner = || self.owner();
        text::name(owner, "name", &self.name)?;
        text::name(owner, "family", &self.family)?;
        self.architectures
            .iter()
            .try_for_each(|name| text::name(owner, "architecture", name))?;
        text::optional(owner, "processor's maker", &self.cpu_manufacturer)?;
        text::optional(owner, "network speed", &self.network)?;
        if let Some(speed) = self.network_mbps {
            within(owner, "network speed", speed, most::NETWORK_MBPS)?;
        }
        within(owner, "number of vCPUs", self.vcpus, most::COUNT)?;
        within(owner, "memory", self.memory_mib, most::MEMORY_MIB)?;
        for accelerator in &self.accelerators {
            text::name(owner, "accelerator's name", &accelerator.name)?;
            text::optional(owner, "accelerator's maker", &accelerator.manufacturer)?;
            if let Some(count) = accelerator.count {
                within(owner, "number of accelerators", count, most::COUNT)?;
            }
            if let Some(memory) = accelerator.memory_mib {
                within(owner, "accelerator's memory", memory, most::MEMORY_MIB)?;
            }
        }
        for disk in &self.disks {
            within(owner, "number of disks", disk.count, most::COUNT)?;
            within(owner, "disk's size", disk.size_gb, most::DISK_GB)?;
        }
        self.architectures.sort();
        self.architectures.dedup();
        self.accelerators.sort_by(accelerator_order);
        self.disks
            .sort_by_key(|disk: &Disk| (disk.kind as u8, disk.size_gb, disk.count));
        self.markets.sort_by_key(|market| *market as u8);
        self.markets.dedup();
        let name = text::quoted(&self.name);
        attributes(|| format!("type {name}"), &mut self.attributes)
    }

    fn order(&self, other: &Self) -> Ordering {
        self.name.cmp(&other.name)
    }

    fn owner(&self) -> String {
        format!("type {}", text::quoted(&self.name))
    }

    fn has_names(&mut self, odd: &mut Odd) -> bool {
        odd.fits(&self.name)
    }
}

impl Record for Offer {
    fn check(&mut self) -> Result<(), AnswerError> {
        let owner = || self.owner();
        sold(self, owner)?;
        self.zones
            .iter()
            .try_for_each(|name| text::name(owner, "zone", name))?;
        if let Some((from, to)) = self.interruption
            && (from > to || to > 100)
        {
            return Err(AnswerError::Interruption { owner: owner() });
        }
        self.zones.sort();
        self.zones.dedup();
        Ok(())
    }

    fn order(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }

    fn owner(&self) -> String {
        sale(self, "offer")
    }

    fn has_names(&mut self, odd: &mut Odd) -> bool {
        self.zones.retain(|zone| odd.fits(zone));
        place_fits(self, odd)
    }
}

impl Record for Price {
    fn check(&mut self) -> Result<(), AnswerError> {
        let owner = || self.owner();
        sold(self, owner)?;
        text::name(owner, "source", &self.source)?;
        within(owner, "amount", self.per_hour.nanos, most::NANOS)?;
        let currency = &self.per_hour.currency;
        if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(AnswerError::Currency {
                owner: owner(),
                value: text::quoted(currency),
            });
        }
        self.published
            .map(|seconds| timestamp(owner, seconds))
            .transpose()?;
        Ok(())
    }

    fn order(&self, other: &Self) -> Ordering {
        self.key()
            .cmp(&other.key())
            .then_with(|| self.per_hour.currency.cmp(&other.per_hour.currency))
    }

    fn owner(&self) -> String {
        sale(self, "price")
    }

    fn has_names(&mut self, odd: &mut Odd) -> bool {
        place_fits(self, odd)
    }
}

impl Record for Capacity {
    fn check(&mut self) -> Result<(), AnswerError> {
        let owner = || self.owner();
        sold(self, owner)
    }

    fn order(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }

    fn owner(&self) -> String {
        sale(self, "capacity")
    }

    fn has_names(&mut self, odd: &mut Odd) -> bool {
        place_fits(self, odd)
    }
}

impl Record for Image {
    fn check(&mut self) -> Result<(), AnswerError> {
        let owner = || self.owner();
        text::name(owner, "identifier", &self.id)?;
        text::name(owner, "name", &self.name)?;
        text::name(owner, "owner", &self.owner)?;
        text::name(owner, "distribution", &self.distribution)?;
        text::name(owner, "release", &self.release)?;
        text::name(owner, "architecture", &self.architecture)?;
        text::name(owner, "name pattern", &self.name_glob)?;
        text::optional(owner, "region", &self.region)?;
        if let Some(size) = self.disk_gib {
            within(owner, "size of the boot disk", size, most::DISK_GB)?;
        }
        let id = text::quoted(&self.id);
        attributes(|| format!("image {id}"), &mut self.attributes)?;
        let owner = || self.owner();
        self.created
            .map(|seconds| timestamp(owner, seconds))
            .transpose()?;
        Ok(())
    }

    /// One image may stand for two distributions or releases, so these are part of the key.
    fn order(&self, other: &Self) -> Ordering {
        self.distribution
            .cmp(&other.distribution)
            .then_with(|| self.release.cmp(&other.release))
            .then_with(|| self.architecture.cmp(&other.architecture))
            .then_with(|| self.gpu.cmp(&other.gpu))
            .then_with(|| self.name.cmp(&other.name))
            .then_with(|| self.region.cmp(&other.region))
            .then_with(|| self.id.cmp(&other.id))
    }

    fn owner(&self) -> String {
        format!(
            "image {} in {}",
            text::quoted(&self.id),
            text::quoted(self.region.as_deref().unwrap_or("all regions"))
        )
    }

    fn has_names(&mut self, odd: &mut Odd) -> bool {
        let values = [&self.id, &self.owner, &self.name_glob];
        let mut values = values.into_iter().chain(&self.region);
        values.all(|value| odd.fits(value))
    }
}

/// Checks and sorts the properties that a plugin's own menus use.
fn attributes(
    owner: impl Fn() -> String,
    pairs: &mut Vec<(String, String)>,
) -> Result<(), AnswerError> {
    if pairs.len() > most::ATTRIBUTES {
        return Err(AnswerError::TooMany {
            what: "attributes",
            count: pairs.len(),
            limit: most::ATTRIBUTES,
        });
    }
    for (key, value) in pairs.iter() {
        text::name(&owner, "attribute", key)?;
        text::name(&owner, "attribute's value", value)?;
    }
    pairs.sort();
    pairs.dedup_by(|a, b| a.0 == b.0);
    Ok(())
}

/// Describes a record about a type in a region or zone, for an error message.
fn sale(of: &impl HasOfferKey, what: &str) -> String {
    let market = of.market().as_str();
    let (kind, place) = (of.instance_type(), of.zone().unwrap_or(of.region()));
    let (kind, place) = (text::quoted(kind), text::quoted(place));
    format!("the {market} {what} of {kind} in {place}")
}

/// Checks the names of such a record.
fn sold(of: &impl HasOfferKey, owner: impl Fn() -> String + Copy) -> Result<(), AnswerError> {
    text::name(owner, "type", of.instance_type())?;
    text::name(owner, "region", of.region())?;
    of.zone()
        .map_or(Ok(()), |zone| text::name(owner, "zone", zone))
}

/// Reports whether the names in such a record fit.
fn place_fits(of: &impl HasOfferKey, odd: &mut Odd) -> bool {
    odd.fits(of.instance_type())
        && odd.fits(of.region())
        && of.zone().is_none_or(|zone| odd.fits(zone))
}

fn accelerator_order(a: &Accelerator, b: &Accelerator) -> Ordering {
    let key = |a: &Accelerator| {
        (
            a.kind as u8,
            a.name.clone(),
            a.manufacturer.clone(),
            a.count,
            a.memory_mib,
        )
    };
    key(a).cmp(&key(b))
}

/// Reports whether a location is in range.
fn on_earth(location: &Location) -> Option<()> {
    let within = |degrees: i32, most: u32| degrees.unsigned_abs() <= most * 1_000_000;
    (within(location.latitude, 90) && within(location.longitude, 180)).then_some(())
}

/// Rejects a 0, which would mean "unknown", and a number that is too high.
fn within(
    owner: impl Fn() -> String,
    field: &'static str,
    value: impl Into<u64>,
    limit: u64,
) -> Result<(), AnswerError> {
    match value.into() {
        0 => Err(AnswerError::Zero {
            field,
            owner: owner(),
        }),
        value if value > limit => Err(AnswerError::TooHigh {
            field,
            owner: owner(),
            value,
            limit,
        }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case(0, Err("is 0"))]
    #[case(1, Ok(()))]
    #[case(most::MEMORY_MIB, Ok(()))]
    #[case(most::MEMORY_MIB + 1, Err("1073741825, more than the limit of 1073741824"))]
    #[case(u64::MAX, Err("more than the limit"))]
    fn numbers(#[case] value: u64, #[case] expected: Result<(), &str>) {
        let outcome = within(|| "type x".to_owned(), "memory", value, most::MEMORY_MIB);
        match (outcome, expected) {
            (Ok(()), Ok(())) => {}
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{error}"),
            other => panic!("{other:?}"),
        }
    }

    #[rstest::rstest]
    #[case::vcpus(|t: &mut InstanceType| t.vcpus = 1_000_001)]
    #[case::memory(|t: &mut InstanceType| t.memory_mib = u64::MAX)]
    #[case::accelerators(|t: &mut InstanceType| t.accelerators[0].count = Some(u32::MAX))]
    #[case::their_memory(|t: &mut InstanceType| t.accelerators[0].memory_mib = Some(u64::MAX))]
    #[case::disks(|t: &mut InstanceType| t.disks[0].count = u32::MAX)]
    #[case::their_size(|t: &mut InstanceType| t.disks[0].size_gb = u64::MAX)]
    fn no_machine_has_that(#[case] change: fn(&mut InstanceType)) {
        use crate::contract::cloudhost::provider::types::{AcceleratorKind, DiskKind, Market};
        let mut machine = InstanceType {
            name: "p5.48xlarge".to_owned(),
            family: "p5".to_owned(),
            architectures: vec!["x86_64".to_owned()],
            cpu_manufacturer: None,
            vcpus: 192,
            memory_mib: 2_097_152,
            accelerators: vec![Accelerator {
                kind: AcceleratorKind::Gpu,
                name: "H100".to_owned(),
                manufacturer: None,
                count: Some(8),
                memory_mib: Some(81_920),
            }],
            disks: vec![Disk {
                kind: DiskKind::Ssd,
                count: 8,
                size_gb: 3_840,
            }],
            network: None,
            network_mbps: None,
            attributes: Vec::new(),
            bare_metal: false,
            burstable: false,
            free_tier: false,
            current_generation: true,
            markets: vec![Market::OnDemand],
        };
        machine.check().unwrap();
        change(&mut machine);
        assert!(matches!(machine.check(), Err(AnswerError::TooHigh { .. })));
    }
}
