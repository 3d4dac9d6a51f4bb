//! Records of `bill`.

use cloudhost::billing::{self, Month};
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Nano-units in one unit of a currency.
const UNIT: u128 = 1_000_000_000;

/// Cost of a month, for each currency.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bill {
    /// Name of the provider.
    pub provider: String,
    /// First day, in UTC.
    pub start: Date,
    /// Day after the last one that is counted.
    pub end: Date,
    /// Number of days that are counted.
    pub days: u32,
    /// Number of days of the whole month.
    pub days_in_month: u32,
    /// One bill for each currency; none where there are no charges.
    pub bills: Vec<CurrencyBill>,
}

/// Charges in one currency. All amounts are exact decimals in units of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CurrencyBill {
    /// ISO 4217 code, such as `USD`.
    pub currency: String,
    /// Charges by service.
    pub services: Vec<ServiceCharge>,
    /// Sum of all services.
    pub total: String,
    /// Total divided by the days that are counted.
    pub daily_average: String,
    /// Total at the end of the month, at the same average; `null`: the month is over.
    pub projected: Option<String>,
    /// Part of the amounts can still change.
    pub estimated: bool,
}

/// Charges of one service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceCharge {
    /// The cloud's name for the service.
    pub service: String,
    /// Exact decimal; negative for a credit.
    pub amount: String,
}

impl Bill {
    /// Makes the record of a month's bills.
    pub fn new(provider: &str, month: &Month, bills: Vec<billing::Bill>) -> Self {
        let one = |bill: billing::Bill| CurrencyBill {
            currency: bill.currency,
            services: bill
                .services
                .into_iter()
                .map(|(service, nanos)| ServiceCharge {
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
            provider: provider.to_owned(),
            start: month.start,
            end: month.end,
            days: month.days,
            days_in_month: month.days_in_month,
            bills: bills.into_iter().map(one).collect(),
        }
    }
}

/// Writes nano-units as a decimal with at least two digits after the point.
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
