//! The table of offers: every text in it is dictionary-encoded.

use std::sync::Arc;

use arrow_array::types::UInt8Type;
use arrow_array::{ArrayRef, RecordBatch, UInt8Array};
use arrow_schema::{ArrowError, DataType, Schema};

use super::columns::{always, list_type, lists, maybe, words, words_type};
use super::rows::{Columns, Damage};
use crate::contract::Label;
use crate::contract::cloudhost::provider::types::Offer;

pub(super) fn schema() -> Schema {
    Schema::new(vec![
        always("instance_type", words_type()),
        always("region", words_type()),
        always("zones", list_type(words_type())),
        always("market", words_type()),
        // Per cent; both or neither.
        maybe("interruption_from", DataType::UInt8),
        maybe("interruption_to", DataType::UInt8),
    ])
}

pub(super) fn batch(offers: &[Offer]) -> Result<RecordBatch, ArrowError> {
    let zones = offers
        .iter()
        .flat_map(|offer| &offer.zones)
        .map(|zone| Some(zone.as_str()));
    let share = |part: fn((u8, u8)) -> u8| -> ArrayRef {
        let shares = offers.iter().map(|offer| offer.interruption.map(part));
        Arc::new(shares.collect::<UInt8Array>())
    };
    let columns = vec![
        words(
            offers
                .iter()
                .map(|offer| Some(offer.instance_type.as_str())),
        )?,
        words(offers.iter().map(|offer| Some(offer.region.as_str())))?,
        lists(offers.iter().map(|offer| offer.zones.len()), words(zones)?)?,
        words(offers.iter().map(|offer| Some(offer.market.as_str())))?,
        share(|(from, _)| from),
        share(|(_, to)| to),
    ];
    RecordBatch::try_new(schema().into(), columns)
}

pub(super) fn records(table: &RecordBatch, records: &mut Vec<Offer>) -> Result<(), Damage> {
    let columns = Columns::Table(table);
    let (instance_type, region) = (columns.texts("instance_type")?, columns.texts("region")?);
    let market = columns.texts("market")?;
    let (from, to) = (
        columns.numbers::<UInt8Type>("interruption_from")?,
        columns.numbers::<UInt8Type>("interruption_to")?,
    );
    let zones = columns.lists("zones")?;
    let zone = zones.texts()?;
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
            interruption: from.get(row).zip(to.get(row)),
        });
    }
    Ok(())
}
