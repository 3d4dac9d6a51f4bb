//! The table of prices.

use std::sync::Arc;

use arrow_array::types::UInt64Type;
use arrow_array::{RecordBatch, UInt64Array};
use arrow_schema::{ArrowError, DataType, Schema};

use super::columns::{always, maybe, time_type, times, words, words_type};
use super::rows::{Columns, Damage, need};
use crate::catalog::words::Word;
use crate::contract::cloudhost::provider::types::{Money, Price};

pub(super) fn schema() -> Schema {
    Schema::new(vec![
        always("instance_type", words_type()),
        always("region", words_type()),
        maybe("zone", words_type()),
        always("market", words_type()),
        always("nanos_per_hour", DataType::UInt64),
        always("currency", words_type()),
        always("source", words_type()),
        maybe("published", time_type()),
    ])
}

pub(super) fn batch(prices: &[Price]) -> Result<RecordBatch, ArrowError> {
    let all = || prices.iter();
    let columns = vec![
        words(all().map(|price| Some(price.instance_type.as_str())))?,
        words(all().map(|price| Some(price.region.as_str())))?,
        words(all().map(|price| price.zone.as_deref()))?,
        words(all().map(|price| Some(price.market.word())))?,
        Arc::new(UInt64Array::from_iter_values(
            all().map(|price| price.per_hour.nanos),
        )),
        words(all().map(|price| Some(price.per_hour.currency.as_str())))?,
        words(all().map(|price| Some(price.source.as_str())))?,
        times(all().map(|price| price.published))?,
    ];
    RecordBatch::try_new(Arc::new(schema()), columns)
}

pub(super) fn records(table: &RecordBatch, records: &mut Vec<Price>) -> Result<(), Damage> {
    let columns = Columns::Table(table);
    let (instance_type, region) = (columns.texts("instance_type")?, columns.texts("region")?);
    let (zone, market) = (columns.texts("zone")?, columns.texts("market")?);
    let nanos = columns.numbers::<UInt64Type>("nanos_per_hour")?;
    let (currency, source) = (columns.texts("currency")?, columns.texts("source")?);
    let published = columns.times("published")?;
    records.reserve(table.num_rows());
    for row in 0..table.num_rows() {
        records.push(Price {
            instance_type: instance_type.text(row)?,
            region: region.text(row)?,
            zone: zone.maybe(row),
            market: market.word(row)?,
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
