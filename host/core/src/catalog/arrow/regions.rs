//! The table of regions and their zones.

use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, Int32Array, RecordBatch};
use arrow_schema::{ArrowError, DataType, Fields, Schema};

use super::columns::{always, list_type, lists, maybe, maybe_texts, structs, texts};
use super::rows::{Columns, Damage};
use crate::contract::cloudhost::provider::types::{Location, Region, Zone};

fn zone_fields() -> Fields {
    Fields::from(vec![
        always("name", DataType::Utf8),
        maybe("id", DataType::Utf8),
    ])
}

pub(super) fn schema() -> Schema {
    Schema::new(vec![
        always("name", DataType::Utf8),
        maybe("description", DataType::Utf8),
        always("zones", list_type(DataType::Struct(zone_fields()))),
        // Millionths of a degree; both or neither.
        maybe("latitude", DataType::Int32),
        maybe("longitude", DataType::Int32),
        maybe("place", DataType::Utf8),
        maybe("country", DataType::Utf8),
    ])
}

pub(super) fn batch(regions: &[Region]) -> Result<RecordBatch, ArrowError> {
    let zones = || regions.iter().flat_map(|region| &region.zones);
    let degrees = |part: fn(&Location) -> i32| -> ArrayRef {
        let parts = regions.iter().map(|region| region.location.as_ref());
        Arc::new(parts.map(|place| place.map(part)).collect::<Int32Array>())
    };
    let zone_columns = vec![
        texts(zones().map(|zone| &zone.name)),
        maybe_texts(zones().map(|zone| &zone.id)),
    ];
    let columns = vec![
        texts(regions.iter().map(|region| &region.name)),
        maybe_texts(regions.iter().map(|region| &region.description)),
        lists(
            regions.iter().map(|region| region.zones.len()),
            structs(zone_fields(), zone_columns)?,
        )?,
        degrees(|place| place.latitude),
        degrees(|place| place.longitude),
        maybe_texts(regions.iter().map(|region| &region.place)),
        maybe_texts(regions.iter().map(|region| &region.country)),
    ];
    RecordBatch::try_new(Arc::new(schema()), columns)
}

pub(super) fn records(table: &RecordBatch, records: &mut Vec<Region>) -> Result<(), Damage> {
    let columns = Columns::Table(table);
    let (name, description) = (columns.texts("name")?, columns.texts("description")?);
    let (place, country) = (columns.texts("place")?, columns.texts("country")?);
    let zones = columns.lists("zones")?;
    let zone = zones.structs()?;
    let (zone_name, zone_id) = (zone.texts("name")?, zone.texts("id")?);
    let (latitude, longitude) = (
        columns.numbers::<Int32Type>("latitude")?,
        columns.numbers::<Int32Type>("longitude")?,
    );
    for row in 0..table.num_rows() {
        let zone = |at| {
            Ok(Zone {
                name: zone_name.text(at)?,
                id: zone_id.maybe(at),
            })
        };
        records.push(Region {
            name: name.text(row)?,
            description: description.maybe(row),
            zones: zones.items(row)?.map(zone).collect::<Result<_, Damage>>()?,
            location: latitude
                .get(row)
                .zip(longitude.get(row))
                .map(|(latitude, longitude)| Location {
                    latitude,
                    longitude,
                }),
            place: place.maybe(row),
            country: country.maybe(row),
        });
    }
    Ok(())
}
