//! The answer of `bill`.

use crate::print;
use cloudhost::billing::{Bill, Month};
use comfy_table::Table;
use serde::Serialize;

/// Nano-units in one unit of a currency.
const UNIT: u128 = 1_000_000_000;

/// What a month cost.
#[derive(Debug, Serialize)]
pub struct BillView<'a> {
    provider: &'a str,
    /// The first day.
    start: String,
    /// The day after the last one that is counted.
    end: String,
    days: u32,
    days_in_month: u32,
    /// One for each currency.
    bills: Vec<OneView>,
}

#[derive(Debug, Serialize)]
struct OneView {
    currency: String,
    services: Vec<ServiceView>,
    /// All amounts are exact decimals.
    total: String,
    daily_average: String,
    /// At the month's end, if it goes on as so far; `null` where the month is over.
    projected: Option<String>,
    /// Some of it can still change.
    estimated: bool,
}

#[derive(Debug, Serialize)]
struct ServiceView {
    service: String,
    amount: String,
}

impl<'a> BillView<'a> {
    pub fn new(provider: &'a str, month: &Month, bills: Vec<Bill>) -> Self {
        let one = |bill: Bill| OneView {
            currency: bill.currency,
            services: bill
                .services
                .into_iter()
                .map(|(service, nanos)| ServiceView {
                    service,
                    amount: exact(nanos),
                })
                .collect(),
            total: exact(bill.total),
            daily_average: exact(bill.daily),
            projected: (!month.is_over()).then(|| exact(bill.projected)),
            estimated: bill.estimated,
        };
        Self {
            provider,
            start: month.start.to_string(),
            end: month.end.to_string(),
            days: month.days,
            days_in_month: month.days_in_month,
            bills: bills.into_iter().map(one).collect(),
        }
    }

    pub fn table(&self) -> Table {
        let rows = self.bills.iter().flat_map(|bill| {
            let row = |what: &str, amount: &str| {
                vec![what.to_owned(), amount.to_owned(), bill.currency.clone()]
            };
            let services = bill.services.iter();
            let mut rows: Vec<_> = services.map(|one| row(&one.service, &one.amount)).collect();
            rows.push(row("TOTAL", &bill.total));
            rows.push(row("daily average", &bill.daily_average));
            rows.extend(
                bill.projected
                    .as_ref()
                    .map(|sum| row("projected for the month", sum)),
            );
            rows
        });
        print::table(&["SERVICE", "AMOUNT", "CURRENCY"], rows)
    }

    /// In words.
    pub fn line(&self) -> String {
        let totals: Vec<String> = self
            .bills
            .iter()
            .map(|bill| format!("{} {}", bill.total, bill.currency))
            .collect();
        let totals = match totals.as_slice() {
            [] => "no charges".to_owned(),
            totals => totals.join(" and "),
        };
        format!(
            "{totals} from {} to the day before {}",
            self.start, self.end
        )
    }
}

/// Nano-units as a decimal with at least two digits after the point.
fn exact(nanos: i128) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let (whole, part) = (nanos.unsigned_abs() / UNIT, nanos.unsigned_abs() % UNIT);
    let digits = format!("{part:09}");
    let digits = digits.trim_end_matches('0');
    format!("{sign}{whole}.{digits:0<2}")
}

#[cfg(test)]
mod tests {
    use super::exact;

    #[rstest::rstest]
    #[case(0, "0.00")]
    #[case(1, "0.000000001")]
    #[case(-1_500_000_000, "-1.50")]
    #[case(12_345_678_900, "12.3456789")]
    #[case(7_000_000_000, "7.00")]
    fn decimals(#[case] nanos: i128, #[case] expected: &str) {
        assert_eq!(exact(nanos), expected);
    }
}
