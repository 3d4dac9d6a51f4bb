//! Shorthands for the contract's records: empty ones, and the forms that most clouds need.

use std::fmt;

use crate::instances::{Instance, InstanceState};
use crate::kconfig::Catalog;
use crate::operations::Progress;
use crate::resources::ResourceId;
use crate::storage::{Reach, Snapshot, SnapshotState, Volume, VolumeState};
use crate::{Image, InstanceType, Listing, Market, Money, Offer, Region};

/// Nothing fetched, nothing missing: the base of `Listing { regions: Some(..), ..Listing::default() }`.
impl Default for Listing {
    fn default() -> Listing {
        Listing {
            regions: None,
            instance_types: None,
            offers: None,
            images: None,
            prices: None,
            capacity: None,
            missing: Vec::new(),
        }
    }
}

impl Listing {
    /// Returns true if it has no kind of data, not even an empty list.
    pub fn is_empty(&self) -> bool {
        let Listing {
            regions,
            instance_types,
            offers,
            images,
            prices,
            capacity,
            missing: _,
        } = self;
        regions.is_none()
            && instance_types.is_none()
            && offers.is_none()
            && images.is_none()
            && prices.is_none()
            && capacity.is_none()
    }
}

/// An empty catalog.
impl Default for Catalog {
    fn default() -> Catalog {
        Catalog {
            regions: Vec::new(),
            instance_types: Vec::new(),
            offers: Vec::new(),
            images: Vec::new(),
            prices: Vec::new(),
            capacity: Vec::new(),
        }
    }
}

impl Offer {
    /// Creates the offer of a type sold on demand in a region, in unknown zones.
    pub fn on_demand(instance_type: impl Into<String>, region: impl Into<String>) -> Offer {
        Offer {
            instance_type: instance_type.into(),
            region: region.into(),
            zones: Vec::new(),
            market: Market::OnDemand,
            interruption: None,
        }
    }
}

/// Nothing but empty fields: the base of `Region { name, ..Region::default() }`.
impl Default for Region {
    fn default() -> Region {
        Region {
            name: String::new(),
            description: None,
            zones: Vec::new(),
            location: None,
            place: None,
            country: None,
        }
    }
}

/// Nothing but empty fields, of a current generation: the base of `InstanceType { name, ..InstanceType::default() }`.
impl Default for InstanceType {
    fn default() -> InstanceType {
        InstanceType {
            name: String::new(),
            family: String::new(),
            architectures: Vec::new(),
            cpu_manufacturer: None,
            vcpus: 0,
            memory_mib: 0,
            accelerators: Vec::new(),
            disks: Vec::new(),
            network: None,
            network_mbps: None,
            bare_metal: false,
            burstable: false,
            free_tier: false,
            current_generation: true,
            markets: Vec::new(),
            attributes: Vec::new(),
        }
    }
}

/// Nothing but empty fields: the base of `Image { id, ..Image::default() }`.
impl Default for Image {
    fn default() -> Image {
        Image {
            id: String::new(),
            name: String::new(),
            owner: String::new(),
            distribution: String::new(),
            release: String::new(),
            architecture: String::new(),
            name_glob: String::new(),
            region: None,
            created: None,
            gpu: false,
            disk_gib: None,
            attributes: Vec::new(),
        }
    }
}

impl Instance {
    /// Creates an instance of which only this is known.
    pub fn new(id: ResourceId, state: InstanceState, instance_type: impl Into<String>) -> Instance {
        Instance {
            id,
            state,
            status: None,
            instance_type: instance_type.into(),
            market: None,
            public_ip: None,
            private_ip: None,
            login: None,
            created: None,
            ends_at: None,
            protected: None,
            tags: Vec::new(),
            message: None,
        }
    }
}

impl Volume {
    /// Creates a volume of which only this is known.
    pub fn new(id: ResourceId, state: VolumeState) -> Volume {
        Volume {
            id,
            state,
            status: None,
            class: None,
            size_gib: None,
            attached_to: None,
            created: None,
            protected: None,
            tags: Vec::new(),
            message: None,
        }
    }
}

impl Snapshot {
    /// Creates a snapshot of which only this is known.
    pub fn new(id: ResourceId, state: SnapshotState, reach: Reach) -> Snapshot {
        Snapshot {
            id,
            source: None,
            state,
            status: None,
            reach,
            percent: None,
            size_gib: None,
            created: None,
            tags: Vec::new(),
            message: None,
        }
    }
}

impl Progress {
    /// Creates the state of a change that goes on, with the cloud's own word.
    pub fn new(phase: impl Into<String>, poll_after_ms: u32) -> Progress {
        Progress {
            phase: phase.into(),
            percent: None,
            message: None,
            poll_after_ms,
        }
    }
}

impl Money {
    /// Highest price per hour that the host accepts: a billion units. A higher one makes the whole listing unusable.
    pub const MOST: u64 = 1_000_000_000_000_000_000;

    /// Converts cents to US dollars. `None` if the amount is more than [`Money::MOST`].
    pub fn from_cents(cents: u64) -> Option<Money> {
        let nanos = cents.checked_mul(10_000_000)?;
        (nanos <= Money::MOST).then(|| Money {
            nanos,
            currency: "USD".to_owned(),
        })
    }
}

/// Formats `$0.75` for US dollars, `0.75 EUR` for others: at least two decimals, and as many more as the amount has.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (units, rest) = (self.nanos / 1_000_000_000, self.nanos % 1_000_000_000);
        let rest = format!("{rest:09}");
        let (cents, more) = rest.split_at(2);
        let more = more.trim_end_matches('0');
        match self.currency.as_str() {
            "USD" => write!(f, "${units}.{cents}{more}"),
            other => write!(f, "{units}.{cents}{more} {other}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(750_000_000, "USD", "$0.75")]
    #[case(96_000_000, "USD", "$0.096")]
    #[case(1, "USD", "$0.000000001")]
    #[case(98_320_000_000, "USD", "$98.32")]
    #[case(2_000_000_000, "EUR", "2.00 EUR")]
    #[case(u64::MAX, "USD", "$18446744073.709551615")]
    fn money_reads_exactly(#[case] nanos: u64, #[case] currency: &str, #[case] text: &str) {
        let money = Money {
            nanos,
            currency: currency.into(),
        };
        assert_eq!(money.to_string(), text);
    }

    #[rstest]
    #[case(75, Some(750_000_000))]
    #[case(100_000_000_000, Some(Money::MOST))]
    #[case(100_000_000_001, None)]
    #[case(u64::MAX, None)]
    fn whole_cents(#[case] cents: u64, #[case] nanos: Option<u64>) {
        assert_eq!(Money::from_cents(cents).map(|money| money.nanos), nanos);
    }
}
