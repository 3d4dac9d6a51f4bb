//! The table of prices.

use std::sync::Arc;

use arrow_array::types::UInt64Type;
use arrow_array::{RecordBatch, UInt64Array};
use arrow_schema::{ArrowError, DataType, Schema};

use super::columns::{always, maybe, time_type, times, words, words_type};
use super::offer_keys::{self, OfferKeys};
use super::rows::{Columns, Damage, need};
use crate::contract::cloudhost::provider::types::{Money, Price};

pub(super) fn schema() -> Schema {
    let mut fields = offer_keys::fields();
    fields.extend([
        always("nanos_per_hour", DataType::UInt64),
        always("currency", words_type()),
        always("source", words_type()),
        maybe("published", time_type()),
    ]);
    Schema::new(fields)
}

pub(super) fn batch(prices: &[Price]) -> Result<RecordBatch, ArrowError> {
    let all = || prices.iter();
    let mut columns = offer_keys::arrays(prices)?;
    columns.extend([
        Arc::new(UInt64Array::from_iter_values(
            all().map(|price| price.per_hour.nanos),
        )),
        words(all().map(|price| Some(price.per_hour.currency.as_str())))?,
        words(all().map(|price| Some(price.source.as_str())))?,
        times(all().map(|price| price.published))?,
    ]);
    RecordBatch::try_new(Arc::new(schema()), columns)
}

pub(super) fn records(table: &RecordBatch, records: &mut Vec<Price>) -> Result<(), Damage> {
    let columns = Columns::Table(table);
    let sales = OfferKeys::of(&columns)?;
    let nanos = columns.numbers::<UInt64Type>("nanos_per_hour")?;
    let (currency, source) = (columns.texts("currency")?, columns.texts("source")?);
    let published = columns.times("published")?;
    records.reserve(table.num_rows());
    for row in 0..table.num_rows() {
        let sold = sales.row(row)?;
        records.push(Price {
            instance_type: sold.instance_type,
            region: sold.region,
            zone: sold.zone,
            market: sold.market,
            per_hour: Money {
                nanos: need(nanos.get(row))?,
                currency: currency.text(row)?,
            },
            source: source.text(row)?,
            published: published.seconds(row)?,
        });
    }
    Ok(())
}
