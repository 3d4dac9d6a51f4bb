//! The records of a listing: what each must hold, and what makes it the same as another.

use std::cmp::Ordering;

use super::{AnswerError, text, timestamp, unique};
use crate::catalog::words::Word;
use crate::contract::cloudhost::provider::types::{
    Accelerator, Capacity, Disk, Image, InstanceType, Location, Market, Offer, Price, Region, Zone,
};

/// A record of a list.
pub(super) trait Record: PartialEq {
    /// Checks the fields and sorts the lists inside.
    fn check(&mut self) -> Result<(), AnswerError>;
    /// The order of the list. Records that are equal in it have the same key.
    fn order(&self, other: &Self) -> Ordering;
    /// The record in an error message.
    fn owner(&self) -> String;
}

impl Record for Region {
    fn check(&mut self) -> Result<(), AnswerError> {
        text::name(|| self.owner(), "name", &self.name)?;
        text::optional(|| self.owner(), "description", &self.description)?;
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
        not_zero(owner, "number of vCPUs", Some(u64::from(self.vcpus)))?;
        not_zero(owner, "memory", Some(self.memory_mib))?;
        for accelerator in &self.accelerators {
            text::name(owner, "accelerator's name", &accelerator.name)?;
            text::optional(owner, "accelerator's maker", &accelerator.manufacturer)?;
            not_zero(
                owner,
                "number of accelerators",
                accelerator.count.map(u64::from),
            )?;
            not_zero(owner, "accelerator's memory", accelerator.memory_mib)?;
        }
        for disk in &self.disks {
            not_zero(owner, "number of disks", Some(u64::from(disk.count)))?;
            not_zero(owner, "disk's size", Some(disk.size_gb))?;
        }
        self.architectures.sort();
        self.architectures.dedup();
        self.accelerators.sort_by(accelerator_order);
        self.disks
            .sort_by_key(|disk: &Disk| (disk.kind as u8, disk.size_gb, disk.count));
        self.markets.sort_by_key(market);
        self.markets.dedup();
        Ok(())
    }

    fn order(&self, other: &Self) -> Ordering {
        self.name.cmp(&other.name)
    }

    fn owner(&self) -> String {
        format!("type {}", text::quoted(&self.name))
    }
}

impl Record for Offer {
    fn check(&mut self) -> Result<(), AnswerError> {
        let owner = || self.owner();
        text::name(owner, "type", &self.instance_type)?;
        text::name(owner, "region", &self.region)?;
        self.zones
            .iter()
            .try_for_each(|name| text::name(owner, "zone", name))?;
        self.zones.sort();
        self.zones.dedup();
        Ok(())
    }

    fn order(&self, other: &Self) -> Ordering {
        let key = |offer: &Self| market(&offer.market);
        self.instance_type
            .cmp(&other.instance_type)
            .then_with(|| self.region.cmp(&other.region))
            .then_with(|| key(self).cmp(&key(other)))
    }

    fn owner(&self) -> String {
        let place = place(&self.instance_type, &self.region, None);
        format!("the {} offer of {place}", self.market.word())
    }
}

impl Record for Price {
    fn check(&mut self) -> Result<(), AnswerError> {
        let owner = || self.owner();
        text::name(owner, "type", &self.instance_type)?;
        text::name(owner, "region", &self.region)?;
        text::optional(owner, "zone", &self.zone)?;
        text::name(owner, "source", &self.source)?;
        not_zero(owner, "amount", Some(self.per_hour.nanos))?;
        let currency = &self.per_hour.currency;
        if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(AnswerError::Currency {
                owner: owner(),
                value: text::quoted(currency),
            });
        }
        self.published
            .map(|seconds| timestamp(&owner(), seconds))
            .transpose()?;
        Ok(())
    }

    fn order(&self, other: &Self) -> Ordering {
        self.instance_type
            .cmp(&other.instance_type)
            .then_with(|| self.region.cmp(&other.region))
            .then_with(|| self.zone.cmp(&other.zone))
            .then_with(|| market(&self.market).cmp(&market(&other.market)))
            .then_with(|| self.per_hour.currency.cmp(&other.per_hour.currency))
    }

    fn owner(&self) -> String {
        let place = place(&self.instance_type, &self.region, self.zone.as_deref());
        format!("the {} price of {place}", self.market.word())
    }
}

impl Record for Capacity {
    fn check(&mut self) -> Result<(), AnswerError> {
        let owner = || self.owner();
        text::name(owner, "type", &self.instance_type)?;
        text::name(owner, "region", &self.region)?;
        text::optional(owner, "zone", &self.zone)
    }

    fn order(&self, other: &Self) -> Ordering {
        self.instance_type
            .cmp(&other.instance_type)
            .then_with(|| self.region.cmp(&other.region))
            .then_with(|| self.zone.cmp(&other.zone))
            .then_with(|| market(&self.market).cmp(&market(&other.market)))
    }

    fn owner(&self) -> String {
        let place = place(&self.instance_type, &self.region, self.zone.as_deref());
        format!("the {} capacity of {place}", self.market.word())
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
        text::name(owner, "region", &self.region)?;
        self.created
            .map(|seconds| timestamp(&owner(), seconds))
            .transpose()?;
        Ok(())
    }

    /// One image may stand for two distributions or releases, so that these are part of the key.
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
            text::quoted(&self.region)
        )
    }
}

/// A type in a region or zone, in an error message.
fn place(instance_type: &str, region: &str, zone: Option<&str>) -> String {
    let (kind, place) = (text::quoted(instance_type), zone.unwrap_or(region));
    format!("{kind} in {}", text::quoted(place))
}

/// Markets in the order of the contract.
fn market(market: &Market) -> u8 {
    *market as u8
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

/// Whether degrees are degrees.
fn on_earth(location: &Location) -> Option<()> {
    let within = |degrees: i32, most: u32| degrees.unsigned_abs() <= most * 1_000_000;
    (within(location.latitude, 90) && within(location.longitude, 180)).then_some(())
}

/// Refuses a 0 that is said.
fn not_zero(
    owner: impl Fn() -> String,
    field: &'static str,
    value: Option<u64>,
) -> Result<(), AnswerError> {
    if value == Some(0) {
        Err(AnswerError::Zero {
            field,
            owner: owner(),
        })
    } else {
        Ok(())
    }
}
