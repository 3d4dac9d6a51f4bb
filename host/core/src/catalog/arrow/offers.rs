//! The table of offers: every text in it is dictionary-encoded.

use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, Schema};

use super::columns::{always, list_type, lists, words, words_type};
use super::rows::{Columns, Damage};
use crate::contract::Label;
use crate::contract::cloudhost::provider::types::Offer;

pub(super) fn schema() -> Schema {
    Schema::new(vec![
        always("instance_type", words_type()),
        always("region", words_type()),
        always("zones", list_type(words_type())),
        always("market", words_type()),
    ])
}

pub(super) fn batch(offers: &[Offer]) -> Result<RecordBatch, ArrowError> {
    let zones = offers
        .iter()
        .flat_map(|offer| &offer.zones)
        .map(|zone| Some(zone.as_str()));
    let columns = vec![
        words(
            offers
                .iter()
                .map(|offer| Some(offer.instance_type.as_str())),
        )?,
        words(offers.iter().map(|offer| Some(offer.region.as_str())))?,
        lists(offers.iter().map(|offer| offer.zones.len()), words(zones)?)?,
        words(offers.iter().map(|offer| Some(offer.market.as_str())))?,
    ];
    RecordBatch::try_new(schema().into(), columns)
}

pub(super) fn records(table: &RecordBatch, records: &mut Vec<Offer>) -> Result<(), Damage> {
    let columns = Columns::Table(table);
    let (instance_type, region) = (columns.texts("instance_type")?, columns.texts("region")?);
    let market = columns.texts("market")?;
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
        });
    }
    Ok(())
}
