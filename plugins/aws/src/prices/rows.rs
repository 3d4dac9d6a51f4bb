//! The sieve that every price goes through: what is no price never becomes a record, and is told.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use cloudhost_sdk::{Error, Market, Money, Price, decimal, excerpt};

/// How many refused rows are named.
const NAMED: usize = 5;

/// The longest name of a machine type; the longest real one has some twenty characters.
const LONGEST: usize = 64;

/// What is the same for all prices of one list.
#[derive(Clone, Debug)]
pub(super) struct List {
    /// Host name and path of what was asked.
    pub source: String,
    /// When it was published, where it says so.
    pub published: Option<u64>,
    /// The market of its prices.
    pub market: Market,
}

/// The prices of one list, in USD an hour, by type and region.
#[derive(Debug)]
pub(super) struct Rows {
    list: List,
    /// `None` where rows of one key contradict each other.
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

    /// Takes a row. It is refused if its amount is no decimal number above zero (`None`: it has none); so are all rows
    /// of one type and region that disagree on it.
    pub fn take(&mut self, name: &str, region: &str, amount: Option<&str>) {
        self.take_as_of(name, region, amount, self.list.published);
    }

    /// As [`Rows::take`], of a list whose rows are published one by one.
    pub fn take_as_of(
        &mut self,
        name: &str,
        region: &str,
        amount: Option<&str>,
        published: Option<u64>,
    ) {
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
        if name.is_empty() || name.len() > LONGEST || !name.chars().all(legal) {
            return self.refuse(name, region, "not the name of a machine type");
        }
        let nanos = amount.and_then(decimal::nanos);
        let nanos = match nanos.map(u64::try_from) {
            Some(Ok(0)) => return self.refuse(name, region, "a price of 0"),
            Some(Ok(nanos)) => nanos,
            _ => return self.refuse(name, region, "no price that is a decimal number"),
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

    /// Counts a row that is no price of this list, and why.
    pub fn refuse(&mut self, name: &str, region: &str, why: &str) {
        let name = excerpt(name.as_bytes());
        self.refused.push(format!("{name} in {region}: {why}"));
    }

    /// The prices, and the error that names what was refused.
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
            let error = Error::internal(format!("{title}: the answer has no prices"));
            return (prices, Some(error));
        }
        let error = (!refused.is_empty()).then(|| {
            let rest = match refused.len().saturating_sub(NAMED) {
                0 => String::new(),
                more => format!("; and {more} more"),
            };
            let named: Vec<&str> = refused.iter().take(NAMED).map(String::as_str).collect();
            let what = match refused.len() {
                1 => "1 price is refused and stays unknown".to_owned(),
                count => format!("{count} prices are refused and stay unknown"),
            };
            Error::unusable(format!("{title}: {what}: {}{rest}", named.join("; ")))
        });
        (prices, error)
    }
}
