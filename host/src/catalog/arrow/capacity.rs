//! The table of capacity.

use std::sync::Arc;

use arrow_array::{BooleanArray, RecordBatch};
use arrow_schema::{ArrowError, DataType, Schema};

use super::columns::{always, maybe, words, words_type};
use super::rows::{Columns, Damage};
use crate::catalog::words::Word;
use crate::contract::cloudhost::provider::types::Capacity;

pub(super) fn schema() -> Schema {
    Schema::new(vec![
        always("instance_type", words_type()),
        always("region", words_type()),
        maybe("zone", words_type()),
        always("market", words_type()),
        always("available", DataType::Boolean),
    ])
}

pub(super) fn batch(capacity: &[Capacity]) -> Result<RecordBatch, ArrowError> {
    let all = || capacity.iter();
    let columns = vec![
        words(all().map(|one| Some(one.instance_type.as_str())))?,
        words(all().map(|one| Some(one.region.as_str())))?,
        words(all().map(|one| one.zone.as_deref()))?,
        words(all().map(|one| Some(one.market.word())))?,
        Arc::new(
            all()
                .map(|one| Some(one.available))
                .collect::<BooleanArray>(),
        ),
    ];
    RecordBatch::try_new(Arc::new(schema()), columns)
}

pub(super) fn records(table: &RecordBatch, records: &mut Vec<Capacity>) -> Result<(), Damage> {
    let columns = Columns::Table(table);
    let (instance_type, region) = (columns.texts("instance_type")?, columns.texts("region")?);
    let (zone, market) = (columns.texts("zone")?, columns.texts("market")?);
    let available = columns.flags("available")?;
    records.reserve(table.num_rows());
    for row in 0..table.num_rows() {
        records.push(Capacity {
            instance_type: instance_type.text(row)?,
            region: region.text(row)?,
            zone: zone.maybe(row),
            market: market.word(row)?,
            available: available.get(row)?,
        });
    }
    Ok(())
}
