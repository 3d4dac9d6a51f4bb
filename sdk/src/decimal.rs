//! Decimal text as whole nano-units, without a float on the way.
//!
//! Clouds write prices and costs as text with ten decimals or more (`0.0960000000`, `-1.2E-7`). Fractions of a
//! nano-unit are rounded away from zero: no price or cost is ever shown smaller than it is, and none above zero
//! becomes zero.
//!
//! The host's `parse_money` (host/contract/src/money.rs) shares no code with it: the SDK stands alone in a plugin's
//! project, and the host parses a user's amount strictly, without rounding or an exponent.

use crate::Money;

/// Longest text that is parsed; clouds write some twenty characters.
const LONGEST: usize = 64;

/// Decimals of a nano-unit.
const NANO: i64 = 9;

/// Parses a decimal number such as `0.0960000000`, `12`, `-3.5` or `1.2E-7` as nano-units. `None` if the text is not
/// such a number, or its nano-units exceed an `i64`.
///
/// ```
/// use cloudhost_sdk::decimal::nanos;
///
/// assert_eq!(nanos("0.0960000000"), Some(96_000_000));
/// assert_eq!(nanos("1.2E-7"), Some(120));
/// assert_eq!(nanos("free"), None);
/// ```
pub fn nanos(text: &str) -> Option<i64> {
    if text.len() > LONGEST || !text.is_ascii() {
        return None;
    }
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
        None => (text, 0),
    };
    let (negative, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, mantissa),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((_, "")) => return None,
        Some(parts) => parts,
        None => (mantissa, ""),
    };
    let digits = format!("{whole}{fraction}");
    if whole.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // Number of digits, including zeros appended to them, that count nano-units.
    let count = i64::try_from(whole.len()).ok()?.checked_add(NANO)?;
    let count = count.checked_add(exponent)?.max(0);
    let zeros = count
        .saturating_sub(i64::try_from(digits.len()).ok()?)
        .max(0);
    let (counted, finer) = digits.split_at(usize::try_from(count - zeros).ok()?);
    let value = match counted.trim_start_matches('0') {
        "" => 0,
        counted => {
            let scale = 10_i64.checked_pow(u32::try_from(zeros).ok()?)?;
            counted.parse::<i64>().ok()?.checked_mul(scale)?
        }
    };
    let value = value.checked_add(i64::from(finer.contains(|c| c != '0')))?;
    Some(if negative { -value } else { value })
}

impl Money {
    /// Parses an amount from decimal text: `0.0060` of `EUR` is 6,000,000 nano-units. `None` if the text is not a
    /// number (see [`nanos`]), or the amount is not above 0, and so not a price, or above [`Money::MOST`].
    pub fn from_decimal(text: &str, currency: &str) -> Option<Money> {
        let nanos = u64::try_from(nanos(text)?).ok()?;
        (1..=Money::MOST).contains(&nanos).then(|| Money {
            nanos,
            currency: currency.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case("0.0960000000", Some(96_000_000))]
    #[case("360.98695", Some(360_986_950_000))]
    #[case("0.0000000001", Some(1))]
    #[case("0.1000000001", Some(100_000_001))]
    #[case("-0.0000000001", Some(-1))]
    #[case("12", Some(12_000_000_000))]
    #[case("000.5", Some(500_000_000))]
    #[case("-3.5", Some(-3_500_000_000))]
    #[case("1.2E-7", Some(120))]
    #[case("1.2e3", Some(1_200_000_000_000))]
    #[case("5E-10", Some(1))]
    #[case("-5E-30", Some(-1))]
    #[case("123E-12", Some(1))]
    #[case("0E+400", Some(0))]
    #[case("0", Some(0))]
    #[case("-0.000", Some(0))]
    #[case("9223372036.854775807", Some(i64::MAX))]
    #[case("9223372036.854775808", None)]
    #[case("1E300", None)]
    #[case("1E9223372036854775807", None)]
    #[case("1E99999999999999999999", None)]
    #[case("99999999999999999999", None)]
    #[case("N/A*", None)]
    #[case("NaN", None)]
    #[case("inf", None)]
    #[case("", None)]
    #[case(".5", None)]
    #[case("5.", None)]
    #[case("1.2.3", None)]
    #[case("+1", None)]
    #[case("--1", None)]
    #[case("1,000.00", None)]
    #[case(" 1", None)]
    #[case("0x10", None)]
    #[case("\u{661}", None)]
    #[case("1E", None)]
    fn numbers(#[case] text: &str, #[case] expected: Option<i64>) {
        assert_eq!(nanos(text), expected);
    }

    #[test]
    fn a_long_text_is_no_number() {
        assert_eq!(nanos(&"0".repeat(65)), None);
    }

    #[rstest]
    #[case("0.0060", Some(6_000_000))]
    #[case("0.0000", None)]
    #[case("-1", None)]
    #[case("free", None)]
    fn prices(#[case] text: &str, #[case] expected: Option<u64>) {
        let money = Money::from_decimal(text, "EUR");
        assert!(money.iter().all(|money| money.currency == "EUR"));
        assert_eq!(money.map(|money| money.nanos), expected);
    }

    proptest! {
        #[test]
        fn nano_units_are_exact(value in any::<i64>()) {
            let sign = if value < 0 { "-" } else { "" };
            let size = value.unsigned_abs();
            let text = format!("{sign}{}.{:09}", size / 1_000_000_000, size % 1_000_000_000);
            let expected = (value != i64::MIN).then_some(value);
            prop_assert_eq!(nanos(&text), expected);
        }

        #[test]
        fn an_exponent_moves_the_point(whole in 0u32..1000, fraction in 0u32..1000, exponent in -9i32..6) {
            let scientific = nanos(&format!("{whole}.{fraction:03}E{exponent}"));
            // The same number as a count of thousandths, moved by the exponent.
            let thousandths = u64::from(whole) * 1000 + u64::from(fraction);
            let power = 6 + exponent;
            let expected = if power >= 0 {
                thousandths * 10u64.pow(power.unsigned_abs())
            } else {
                thousandths.div_ceil(10u64.pow(power.unsigned_abs()))
            };
            prop_assert_eq!(scientific, i64::try_from(expected).ok());
        }

        #[test]
        fn no_text_is_a_panic(text in ".{0,80}") {
            nanos(&text);
        }
    }
}
