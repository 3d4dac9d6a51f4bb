//! What an account has spent: sums that agree with their rows, to the nano-unit.
//!
//! A plugin answers with charges of a period. Here they become a bill of a month: the total, the average of a day
//! and the projection to the month's end, for each currency apart. All days are UTC, as on the clouds' own bills.
//! On the first of a month the bill covers that one day.

use crate::catalog::clean;
use crate::contract::with_billing::exports::cloudhost::provider::billing::{Charge, Period};
use crate::{Form, HasRemedy, Remedy};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// A month that is asked for, as far as it has gone.
///
/// ```
/// use cloudhost::billing::Month;
/// use jiff::civil::date;
///
/// let month = Month::find(Some("2026-02"), date(2026, 2, 10))?;
/// assert!(!month.is_over());
/// assert_eq!(month.period().end, "2026-02-11");
/// assert!(Month::find(Some("2026-03"), date(2026, 2, 10)).is_err());
/// # Ok::<(), cloudhost::billing::MonthError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Month {
    /// Its first day.
    pub start: Date,
    /// The day after the last one that is counted: of the current month, tomorrow.
    pub end: Date,
    /// How many days are counted.
    pub days: u32,
    /// How many days the month has.
    pub days_in_month: u32,
}

/// A month that cannot be asked for.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum MonthError {
    /// Not a month.
    #[error("{0:?} is no month")]
    Form(
        /// As given.
        String,
    ),
    /// It has not begun.
    #[error("{0} has not begun")]
    Future(
        /// As given.
        String,
    ),
}

impl HasRemedy for MonthError {
    fn remedy(&self) -> Option<Remedy> {
        let form = Form::Month;
        Some(Remedy::WriteAs { form })
    }
}

impl Month {
    /// The month that `text` names (`2026-11`), or the current one, seen on the day `today`.
    ///
    /// # Errors
    /// Another form, and a month after today's.
    pub fn find(text: Option<&str>, today: Date) -> Result<Self, MonthError> {
        let start = match text {
            None => today.first_of_month(),
            Some(text) => {
                let plain = text.len() == 7 && text.as_bytes().get(4) == Some(&b'-');
                let day = plain.then(|| format!("{text}-01").parse::<Date>().ok());
                day.flatten()
                    .ok_or_else(|| MonthError::Form(text.to_owned()))?
            }
        };
        if start > today {
            return Err(MonthError::Future(start.strftime("%Y-%m").to_string()));
        }
        let last = start.last_of_month();
        let until = last.min(today);
        let no_month = || MonthError::Form(start.to_string());
        Ok(Self {
            start,
            end: until.tomorrow().map_err(|_| no_month())?,
            days: until.day().unsigned_abs().into(),
            days_in_month: last.day().unsigned_abs().into(),
        })
    }

    /// As a plugin is asked.
    pub fn period(&self) -> Period {
        Period {
            start: self.start.to_string(),
            end: self.end.to_string(),
        }
    }

    /// Whether the month is over, so that nothing is projected.
    pub fn is_over(&self) -> bool {
        self.days == self.days_in_month
    }
}

/// What a month cost in one currency.
///
/// ```no_run
/// use cloudhost::billing::Month;
/// use cloudhost::host::{Host, HostError};
///
/// # async fn bill(host: &Host, month: &Month) -> Result<(), HostError> {
/// for bill in host.provider("aws").await?.bill(month).await?.unwrap_or_default() {
///     println!("{} {}", bill.total, bill.currency);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bill {
    /// ISO 4217 code.
    pub currency: String,
    /// Services with what each cost in nano-units, the dearest first, those that cost nothing left out.
    pub services: Vec<(String, i128)>,
    /// The sum of the services.
    pub total: i128,
    /// The average of a day so far, rounded to the nano-unit.
    pub daily: i128,
    /// The sum at the month's end if the rest is as the days so far; the total where the month is over.
    pub projected: i128,
    /// The cloud says that some of it can still change.
    pub estimated: bool,
}

impl Bill {
    /// Adds charges up: one bill a currency, by its code.
    pub fn of(charges: Vec<Charge>, month: &Month) -> Vec<Self> {
        let mut sums: BTreeMap<String, (BTreeMap<String, i128>, bool)> = BTreeMap::new();
        for charge in charges {
            // A cloud's words, or a stranger's: they go to a terminal.
            let (currency, service) = (clean(&charge.amount.currency), clean(&charge.service));
            let (services, estimated) = sums.entry(currency).or_default();
            *services.entry(service).or_default() += i128::from(charge.amount.nanos);
            *estimated |= charge.estimated;
        }
        let bill = |(currency, (services, estimated)): (String, (BTreeMap<String, i128>, bool))| {
            let mut services: Vec<_> = services.into_iter().filter(|(_, sum)| *sum != 0).collect();
            // Names are in order already, and stay so among equal sums.
            services.sort_by_key(|(_, sum)| std::cmp::Reverse(*sum));
            let total = services.iter().map(|(_, sum)| sum).sum();
            Self {
                currency,
                services,
                total,
                daily: divided(total, month.days),
                projected: divided(total * i128::from(month.days_in_month), month.days),
                estimated,
            }
        };
        sums.into_iter().map(bill).collect()
    }
}

/// Half a unit rounds away from zero.
fn divided(sum: i128, by: u32) -> i128 {
    let by = i128::from(by.max(1));
    let half = if sum < 0 { -by / 2 } else { by / 2 };
    (sum + half) / by
}

#[cfg(test)]
mod tests;
