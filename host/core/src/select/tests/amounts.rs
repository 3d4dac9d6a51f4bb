//! Money as people write it.

use proptest::prelude::*;
use rstest::rstest;

use super::super::{amount, parse_money};

#[rstest]
#[case("2.50", 2_500_000_000, "USD")]
#[case(" 2 ", 2_000_000_000, "USD")]
#[case("0.000000001", 1, "USD")]
#[case("18.5 CNY", 18_500_000_000, "CNY")]
#[case("18446744073.709551615", u64::MAX, "USD")]
fn read(#[case] text: &str, #[case] nanos: u64, #[case] currency: &str) {
    let money = parse_money(text).unwrap();
    assert_eq!((money.nanos, money.currency.as_str()), (nanos, currency));
}

#[rstest]
#[case("", "expected digits with at most one point")]
#[case(".5", "expected digits with at most one point")]
#[case("-1", "expected digits with at most one point")]
#[case("1e3", "expected digits with at most one point")]
#[case("1.2.3", "expected digits with at most one point")]
#[case("$2", "expected digits with at most one point")]
#[case("1.0000000001", "it has more than nine digits after the point")]
#[case("18446744073.709551616", "it is too large")]
#[case("0.00", "it is zero")]
#[case("2 usd", "expected a currency of three capital letters")]
#[case("2 EURO", "expected a currency of three capital letters")]
fn refused(#[case] text: &str, #[case] reason: &str) {
    assert_eq!(parse_money(text).unwrap_err().reason, reason);
}

#[rstest]
#[case(96_000_000, "0.096")]
#[case(2_500_000_000, "2.50")]
#[case(1, "0.000000001")]
#[case(0, "0.00")]
fn written(#[case] nanos: u64, #[case] text: &str) {
    assert_eq!(amount(nanos), text);
}

proptest! {
    #[test]
    fn written_and_read_again(nanos in 1..=u64::MAX) {
        prop_assert_eq!(parse_money(&amount(nanos)).unwrap().nanos, nanos);
    }
}
