//! The columns that prices and capacity begin with: instance type, location and market.

use arrow_array::ArrayRef;
use arrow_schema::{ArrowError, Field};

use super::columns::{always, maybe, words, words_type};
use super::rows::{Columns, Damage, Texts};
use crate::catalog::HasOfferKey;
use crate::contract::Label as _;
use crate::contract::cloudhost::provider::types::Market;

pub(super) fn fields() -> Vec<Field> {
    vec![
        always("instance_type", words_type()),
        always("region", words_type()),
        maybe("zone", words_type()),
        always("market", words_type()),
    ]
}

pub(super) fn arrays(records: &[impl HasOfferKey]) -> Result<Vec<ArrayRef>, ArrowError> {
    let all = || records.iter();
    Ok(vec![
        words(all().map(|one| Some(one.instance_type())))?,
        words(all().map(|one| Some(one.region())))?,
        words(all().map(|one| one.zone()))?,
        words(all().map(|one| Some(one.market().as_str())))?,
    ])
}

/// These columns of a table.
pub(super) struct OfferKeys<'a> {
    instance_type: Texts<'a>,
    region: Texts<'a>,
    zone: Texts<'a>,
    market: Texts<'a>,
}

/// One row of them.
pub(super) struct Sold {
    pub instance_type: String,
    pub region: String,
    pub zone: Option<String>,
    pub market: Market,
}

impl<'a> OfferKeys<'a> {
    pub fn of(columns: &Columns<'a>) -> Result<Self, Damage> {
        Ok(OfferKeys {
            instance_type: columns.texts("instance_type")?,
            region: columns.texts("region")?,
            zone: columns.texts("zone")?,
            market: columns.texts("market")?,
        })
    }

    pub fn row(&self, row: usize) -> Result<Sold, Damage> {
        Ok(Sold {
            instance_type: self.instance_type.text(row)?,
            region: self.region.text(row)?,
            zone: self.zone.maybe(row),
            market: self.market.word(row)?,
        })
    }
}
