//! Amounts of money in decimal form, exact in both directions.

use crate::cloudhost::provider::types::Money;

/// Nano-units in one unit of a currency.
const UNIT: u64 = 1_000_000_000;

/// The text is not an amount of money.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("invalid amount {text:?}: {reason}")]
pub struct AmountError {
    /// The given text.
    pub text: String,
    /// Reason.
    pub reason: &'static str,
}

/// Formats an amount as a decimal, exact, with at least two digits after the point: `0.096`, `2.50`.
///
/// ```
/// assert_eq!(cloudhost_contract::amount(2_490_000_000), "2.49");
/// ```
#[must_use]
pub fn amount(nanos: u64) -> String {
    let digits = format!("{:09}", nanos % UNIT);
    let digits = digits.trim_end_matches('0');
    format!("{}.{digits:0<2}", nanos / UNIT)
}

/// Parses `2.50`, which is in US dollars, or `18.5 CNY`.
///
/// # Errors
/// When the text has a different form, or the amount is zero, finer than a nano-unit, or too large.
///
/// ```
/// use cloudhost_contract::parse_money;
///
/// let money = parse_money("18.5 CNY")?;
/// assert_eq!((money.nanos, money.currency.as_str()), (18_500_000_000, "CNY"));
/// assert_eq!(parse_money("2.50")?.currency, "USD");
/// # Ok::<(), cloudhost_contract::AmountError>(())
/// ```
pub fn parse_money(text: &str) -> Result<Money, AmountError> {
    let fault = |reason| AmountError {
        text: text.to_owned(),
        reason,
    };
    let (number, currency) = match text.trim().split_once(' ') {
        Some((number, currency)) => (number, currency.trim()),
        None => (text.trim(), "USD"),
    };
    if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err(fault("expected a currency of three capital letters"));
    }
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || !(whole.bytes().chain(part.bytes())).all(|byte| byte.is_ascii_digit()) {
        return Err(fault("expected digits with at most one point"));
    }
    if part.len() > 9 {
        return Err(fault("it has more than nine digits after the point"));
    }
    // Stricter than `cloudhost_sdk::decimal::nanos`, which rounds: see there.
    let nanos = format!("{whole}{part:0<9}")
        .parse::<u64>()
        .map_err(|_| fault("it is too large"))?;
    if nanos == 0 {
        return Err(fault("it is zero"));
    }
    Ok(Money {
        nanos,
        currency: currency.to_owned(),
    })
}
