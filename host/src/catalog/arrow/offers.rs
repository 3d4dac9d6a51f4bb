//! The table of offers: the largest, so that every text in it is a word of a dictionary.

use std::sync::Arc;

use arrow_array::types::UInt64Type;
use arrow_array::{RecordBatch, UInt64Array};
use arrow_schema::{ArrowError, DataType, Schema};

use super::columns::{always, list_type, lists, maybe, time_type, times, words, words_type};
use super::rows::{Columns, Damage};
use crate::catalog::words::Word;
use crate::contract::cloudhost::provider::types::{Money, Offer, Price};

pub(super) fn schema() -> Schema {
    Schema::new(vec![
        always("instance_type", words_type()),
        always("region", words_type()),
        always("zones", list_type(words_type())),
        always("market", words_type()),
        // A price is either known with its currency and source, or all four columns are null.
        maybe("price_nanos_per_hour", DataType::UInt64),
        maybe("price_currency", words_type()),
        maybe("price_source", words_type()),
        maybe("price_published", time_type()),
        always("availability", words_type()),
    ])
}

pub(super) fn batch(offers: &[Offer]) -> Result<RecordBatch, ArrowError> {
    let zones = offers
        .iter()
        .flat_map(|offer| &offer.zones)
        .map(|zone| Some(zone.as_str()));
    let prices = || offers.iter().map(|offer| offer.price.as_ref());
    let columns = vec![
        words(
            offers
                .iter()
                .map(|offer| Some(offer.instance_type.as_str())),
        )?,
        words(offers.iter().map(|offer| Some(offer.region.as_str())))?,
        lists(offers.iter().map(|offer| offer.zones.len()), words(zones)?)?,
        words(offers.iter().map(|offer| Some(offer.market.word())))?,
        Arc::new(
            prices()
                .map(|price| Some(price?.per_hour.nanos))
                .collect::<UInt64Array>(),
        ),
        words(prices().map(|price| Some(price?.per_hour.currency.as_str())))?,
        words(prices().map(|price| Some(price?.source.as_str())))?,
        times(prices().map(|price| price?.published))?,
        words(offers.iter().map(|offer| Some(offer.availability.word())))?,
    ];
    RecordBatch::try_new(Arc::new(schema()), columns)
}

pub(super) fn records(table: &RecordBatch, records: &mut Vec<Offer>) -> Result<(), Damage> {
    let columns = Columns::Table(table);
    let (instance_type, region) = (columns.texts("instance_type")?, columns.texts("region")?);
    let (market, availability) = (columns.texts("market")?, columns.texts("availability")?);
    let zones = columns.lists("zones")?;
    let zone = zones.texts()?;
    let nanos = columns.numbers::<UInt64Type>("price_nanos_per_hour")?;
    let (currency, source) = (
        columns.texts("price_currency")?,
        columns.texts("price_source")?,
    );
    let published = columns.times("price_published")?;
    let price = |row| -> Result<Option<Price>, Damage> {
        let Some(nanos) = nanos.get(row) else {
            return Ok(None);
        };
        let per_hour = Money {
            nanos,
            currency: currency.text(row)?,
        };
        Ok(Some(Price {
            per_hour,
            source: source.text(row)?,
            published: published.seconds(row)?,
        }))
    };
    records.reserve(table.num_rows());
    for row in 0..table.num_rows() {
        records.push(Offer {
            instance_type: instance_type.text(row)?,
            region: region.text(row)?,
            zones: zones
                .items(row)?
                .map(|at| zone.text(at))
                .collect::<Result<_, _>>()?,
            market: market.word(row)?,
            price: price(row)?,
            availability: availability.word(row)?,
        });
    }
    Ok(())
}
