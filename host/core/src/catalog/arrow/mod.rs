//! Tables of the catalog as Arrow IPC files: readable by polars, pyarrow, pandas and, through these, DuckDB.
//!
//! One file per kind, in the Arrow IPC *file* format, uncompressed, so that it can be mapped and used in place.
//! Repeated words are dictionary-encoded with 32-bit keys. Nested data uses lists and structs; money is `uint64`
//! nano-units and times are `timestamp[s, UTC]`. `null` means unknown, like `none` in the contract. Writing is
//! deterministic: equal tables give equal bytes.
//!
//! Reading survives any bytes: the schema must be exactly the one that is written, Arrow's own validation stays on,
//! and every word must be one of the contract's.

use super::PerKind;
use crate::contract::cloudhost::provider::types::DataKind;
use crate::contract::exports::cloudhost::provider::catalog::Listing;

mod capacity;
mod columns;
mod file;
mod images;
mod offer_keys;
mod offers;
mod prices;
mod regions;
mod rows;
mod types;

pub(super) use file::map;
pub(super) use rows::Damage;

/// One encoded table.
#[derive(Clone)]
pub(super) struct Table {
    /// The file's bytes.
    pub bytes: Vec<u8>,
    /// Number of records.
    pub rows: u64,
}

/// The encoded tables of the kinds that are present.
pub(super) type Encoded = PerKind<Option<Table>>;

/// Encodes the kinds that a checked listing holds.
pub(super) fn encode(listing: &Listing) -> Result<Encoded, arrow_schema::ArrowError> {
    let Listing {
        regions,
        instance_types,
        offers,
        images,
        prices,
        capacity,
        missing: _,
    } = listing;
    Ok(PerKind {
        regions: regions
            .as_deref()
            .map(|list| file::write(&regions::batch(list)?))
            .transpose()?,
        instance_types: instance_types
            .as_deref()
            .map(|list| file::write(&types::batch(list)?))
            .transpose()?,
        offers: offers
            .as_deref()
            .map(|list| file::write(&offers::batch(list)?))
            .transpose()?,
        images: images
            .as_deref()
            .map(|list| file::write(&images::batch(list)?))
            .transpose()?,
        prices: prices
            .as_deref()
            .map(|list| file::write(&prices::batch(list)?))
            .transpose()?,
        capacity: capacity
            .as_deref()
            .map(|list| file::write(&capacity::batch(list)?))
            .transpose()?,
    })
}

/// Decodes one table into its place in a listing and returns the number of records.
pub(super) fn decode(
    kind: DataKind,
    bytes: &arrow_buffer::Buffer,
    listing: &mut Listing,
) -> Result<u64, Damage> {
    let rows = match kind {
        DataKind::Regions => listing
            .regions
            .insert(file::read(bytes, regions::schema(), regions::records)?)
            .len(),
        DataKind::InstanceTypes => listing
            .instance_types
            .insert(file::read(bytes, types::schema(), types::records)?)
            .len(),
        DataKind::Offers => listing
            .offers
            .insert(file::read(bytes, offers::schema(), offers::records)?)
            .len(),
        DataKind::Images => listing
            .images
            .insert(file::read(bytes, images::schema(), images::records)?)
            .len(),
        DataKind::Prices => listing
            .prices
            .insert(file::read(bytes, prices::schema(), prices::records)?)
            .len(),
        DataKind::Capacity => listing
            .capacity
            .insert(file::read(bytes, capacity::schema(), capacity::records)?)
            .len(),
    };
    Ok(rows as u64)
}
