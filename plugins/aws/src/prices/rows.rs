//! Filter of all prices: an invalid price never becomes a record, and is reported.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use cloudhost_sdk::{Error, Market, Money, Price, decimal, excerpt};

/// Number of rejected rows that are named.
const NAMED: usize = 5;

/// Longest name of an instance type that is accepted; the longest real one has some twenty characters.
const LONGEST: usize = 64;

/// Properties that all prices of one list share.
#[derive(Clone, Debug)]
pub(super) struct List {
    /// Host name and path of the source.
    pub source: String,
    /// Publication time, if given.
    pub published: Option<u64>,
    /// Market of its prices.
    pub market: Market,
}

/// The prices of one list, in USD an hour, by type and region.
#[derive(Debug)]
pub(super) struct Rows {
    list: List,
    /// `None` if rows of one key contradict each other.
    kept: BTreeMap<(String, String), Option<Row>>,
    refused: Vec<String>,
}

#[derive(Debug)]
struct Row {
    nanos: u64,
    published: Option<u64>,
}

impl Rows {
    pub fn new(list: List) -> Rows {
        Rows {
            list,
            kept: BTreeMap::new(),
            refused: Vec::new(),
        }
    }

    /// Takes a row. It is rejected if its amount is not a decimal number above zero (`None`: it has none); so are all
    /// rows of one type and region with different amounts.
    pub fn take(&mut self, name: &str, region: &str, amount: Option<&str>) {
        self.take_as_of(name, region, amount, self.list.published);
    }

    /// Same as [`Rows::take`], for a list whose rows have separate publication times.
    pub fn take_as_of(
        &mut self,
        name: &str,
        region: &str,
        amount: Option<&str>,
        published: Option<u64>,
    ) {
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
        if name.is_empty() || name.len() > LONGEST || !name.chars().all(legal) {
            return self.refuse(name, region, "not the name of an instance type");
        }
        let nanos = amount.and_then(decimal::nanos);
        let nanos = match nanos.map(u64::try_from) {
            Some(Ok(0)) => return self.refuse(name, region, "a price of 0"),
            Some(Ok(nanos)) => nanos,
            _ => return self.refuse(name, region, "no decimal price"),
        };
        let key = (name.to_owned(), region.to_owned());
        match self.kept.entry(key) {
            Entry::Vacant(slot) => drop(slot.insert(Some(Row { nanos, published }))),
            Entry::Occupied(mut slot) => {
                if slot.get().as_ref().is_some_and(|row| row.nanos != nanos) {
                    slot.insert(None);
                }
            }
        }
    }

    /// Records a row that is not a price of this list, with the reason.
    pub fn refuse(&mut self, name: &str, region: &str, why: &str) {
        let name = excerpt(name.as_bytes());
        self.refused.push(format!("{name} in {region}: {why}"));
    }

    /// Returns the prices, and the error that names the rejected rows.
    pub fn finish(self, title: &str) -> (Vec<Price>, Option<Error>) {
        let Rows {
            list,
            kept,
            mut refused,
        } = self;
        let mut prices = Vec::with_capacity(kept.len());
        for ((instance_type, region), row) in kept {
            let Some(Row { nanos, published }) = row else {
                refused.push(format!(
                    "{instance_type} in {region}: prices that contradict each other"
                ));
                continue;
            };
            prices.push(Price {
                instance_type,
                region,
                zone: None,
                market: list.market,
                per_hour: Money {
                    nanos,
                    currency: "USD".to_owned(),
                },
                source: list.source.clone(),
                published,
            });
        }
        if prices.is_empty() && refused.is_empty() {
            let error = Error::internal(format!("{title}: the response has no prices"));
            return (prices, Some(error));
        }
        let error = (!refused.is_empty()).then(|| {
            let rest = match refused.len().saturating_sub(NAMED) {
                0 => String::new(),
                more => format!("; and {more} more"),
            };
            let named: Vec<&str> = refused.iter().take(NAMED).map(String::as_str).collect();
            let what = match refused.len() {
                1 => "1 price was rejected".to_owned(),
                count => format!("{count} prices were rejected"),
            };
            Error::unusable(format!("{title}: {what}: {}{rest}", named.join("; ")))
        });
        (prices, error)
    }
}
