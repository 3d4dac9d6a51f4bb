//! The table of capacity.

use std::sync::Arc;

use arrow_array::{BooleanArray, RecordBatch};
use arrow_schema::{ArrowError, DataType, Schema};

use super::columns::always;
use super::offer_keys::{self, OfferKeys};
use super::rows::{Columns, Damage};
use crate::contract::cloudhost::provider::types::Capacity;

pub(super) fn schema() -> Schema {
    let mut fields = offer_keys::fields();
    fields.push(always("available", DataType::Boolean));
    Schema::new(fields)
}

pub(super) fn batch(capacity: &[Capacity]) -> Result<RecordBatch, ArrowError> {
    let available = capacity.iter().map(|one| Some(one.available));
    let mut columns = offer_keys::arrays(capacity)?;
    columns.push(Arc::new(available.collect::<BooleanArray>()));
    RecordBatch::try_new(Arc::new(schema()), columns)
}

pub(super) fn records(table: &RecordBatch, records: &mut Vec<Capacity>) -> Result<(), Damage> {
    let columns = Columns::Table(table);
    let sales = OfferKeys::of(&columns)?;
    let available = columns.flags("available")?;
    records.reserve(table.num_rows());
    for row in 0..table.num_rows() {
        let sold = sales.row(row)?;
        records.push(Capacity {
            instance_type: sold.instance_type,
            region: sold.region,
            zone: sold.zone,
            market: sold.market,
            available: available.get(row)?,
        });
    }
    Ok(())
}
