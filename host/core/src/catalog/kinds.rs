//! One value for each kind of data: a table that is never indexed and never lacks an entry.

use serde::{Deserialize, Serialize};

use crate::contract::cloudhost::provider::types::DataKind;

/// All kinds, in the order of every listing.
pub const KINDS: [DataKind; 6] = [
    DataKind::Regions,
    DataKind::InstanceTypes,
    DataKind::Offers,
    DataKind::Images,
    DataKind::Prices,
    DataKind::Capacity,
];

/// The kind's name in file names and messages, as the contract spells it: `instance-types`.
pub fn kind_name(kind: DataKind) -> &'static str {
    match kind {
        DataKind::Regions => "regions",
        DataKind::InstanceTypes => "instance-types",
        DataKind::Offers => "offers",
        DataKind::Images => "images",
        DataKind::Prices => "prices",
        DataKind::Capacity => "capacity",
    }
}

/// A value for each kind of data.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PerKind<T> {
    /// The value of regions.
    pub regions: T,
    /// The value of instance types.
    pub instance_types: T,
    /// The value of offers.
    pub offers: T,
    /// The value of images.
    pub images: T,
    /// The value of prices.
    pub prices: T,
    /// The value of capacity.
    pub capacity: T,
}

impl<T> PerKind<T> {
    /// The value of one kind.
    pub fn get(&self, kind: DataKind) -> &T {
        match kind {
            DataKind::Regions => &self.regions,
            DataKind::InstanceTypes => &self.instance_types,
            DataKind::Offers => &self.offers,
            DataKind::Images => &self.images,
            DataKind::Prices => &self.prices,
            DataKind::Capacity => &self.capacity,
        }
    }

    /// All values with their kinds, in the order of [`KINDS`].
    pub fn iter(&self) -> impl Iterator<Item = (DataKind, &T)> {
        KINDS.into_iter().map(|kind| (kind, self.get(kind)))
    }

    /// Makes a value for each kind.
    pub(super) fn from_fn(mut make: impl FnMut(DataKind) -> T) -> PerKind<T> {
        PerKind {
            regions: make(DataKind::Regions),
            instance_types: make(DataKind::InstanceTypes),
            offers: make(DataKind::Offers),
            images: make(DataKind::Images),
            prices: make(DataKind::Prices),
            capacity: make(DataKind::Capacity),
        }
    }
}
