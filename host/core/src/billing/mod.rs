//! Costs of an account: sums that agree with their rows, to the nano-unit.
//!
//! A plugin returns the charges of a period. This module turns them into the bill of a month: the total, the average
//! of a day and the projection to the month's end, for each currency separately. All days are UTC, as on the clouds'
//! own bills. On the first of a month the bill covers that one day.

use crate::catalog::clean;
use crate::contract::with_billing::exports::cloudhost::provider::billing::{Charge, Period};
use crate::{Form, HasRemedy, Remedy};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// A month of a bill, as far as it has gone.
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
    /// The day after the last counted one. For the current month: tomorrow.
    pub end: Date,
    /// Number of counted days.
    pub days: u32,
    /// Number of days of the month.
    pub days_in_month: u32,
}

/// An invalid month.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum MonthError {
    /// Not a month.
    #[error("invalid month {0:?}")]
    Form(
        /// The given text.
        String,
    ),
    /// It has not begun.
    #[error("{0} has not begun")]
    Future(
        /// The given text.
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
    /// The text has another form, or names a month after today's.
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

    /// The period in the form of the contract.
    pub fn period(&self) -> Period {
        Period {
            start: self.start.to_string(),
            end: self.end.to_string(),
        }
    }

    /// Returns `true` if the month is over, so that nothing is projected.
    pub fn is_over(&self) -> bool {
        self.days == self.days_in_month
    }
}

/// The cost of a month in one currency.
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
    /// Services with the cost of each in nano-units, in descending order, without those that cost nothing.
    pub services: Vec<(String, i128)>,
    /// The sum of the services.
    pub total: i128,
    /// The average of a day so far, rounded to the nano-unit.
    pub daily: i128,
    /// The projected sum at the month's end, at the rate of the days so far; the total if the month is over.
    pub projected: i128,
    /// The cloud may still change some of it.
    pub estimated: bool,
}

impl Bill {
    /// Adds charges up: one bill per currency, sorted by its code.
    pub fn of(charges: Vec<Charge>, month: &Month) -> Vec<Self> {
        let mut sums: BTreeMap<String, (BTreeMap<String, i128>, bool)> = BTreeMap::new();
        for charge in charges {
            // Untrusted text from a cloud: it goes to a terminal.
            let (currency, service) = (clean(&charge.amount.currency), clean(&charge.service));
            let (services, estimated) = sums.entry(currency).or_default();
            *services.entry(service).or_default() += i128::from(charge.amount.nanos);
            *estimated |= charge.estimated;
        }
        let bill = |(currency, (services, estimated)): (String, (BTreeMap<String, i128>, bool))| {
            let mut services: Vec<_> = services.into_iter().filter(|(_, sum)| *sum != 0).collect();
            // Names are already sorted, and stay so among equal sums.
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

/// Rounds half a unit away from zero.
fn divided(sum: i128, by: u32) -> i128 {
    let by = i128::from(by.max(1));
    let half = if sum < 0 { -by / 2 } else { by / 2 };
    (sum + half) / by
}

#[cfg(test)]
mod tests;
