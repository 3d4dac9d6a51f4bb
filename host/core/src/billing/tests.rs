use super::*;
use crate::contract::with_billing::exports::cloudhost::provider::billing::Amount;
use jiff::civil::date;
use proptest::prelude::*;
use rstest::rstest;

#[rstest]
#[case::first(None, date(2026, 11, 1), "2026-11-01", "2026-11-02", 1, 30)]
#[case::middle(None, date(2026, 11, 21), "2026-11-01", "2026-11-22", 21, 30)]
#[case::last(None, date(2026, 12, 31), "2026-12-01", "2027-01-01", 31, 31)]
#[case::past(
    Some("2024-02"),
    date(2026, 11, 21),
    "2024-02-01",
    "2024-03-01",
    29,
    29
)]
#[case::this(Some("2026-11"), date(2026, 11, 1), "2026-11-01", "2026-11-02", 1, 30)]
fn months(
    #[case] text: Option<&str>,
    #[case] today: Date,
    #[case] start: &str,
    #[case] end: &str,
    #[case] days: u32,
    #[case] all: u32,
) {
    let month = Month::find(text, today).unwrap();
    let period = month.period();
    assert_eq!((period.start.as_str(), period.end.as_str()), (start, end));
    assert_eq!((month.days, month.days_in_month), (days, all));
    assert_eq!(month.is_over(), days == all);
}

#[rstest]
#[case("2026-13")]
#[case("2026-1")]
#[case("11-2026")]
#[case("2026-11-01")]
#[case("")]
#[case("2026-12")]
fn no_months(#[case] text: &str) {
    let error = Month::find(Some(text), date(2026, 11, 21)).unwrap_err();
    assert!(error.remedy().is_some());
}

fn charge(service: &str, nanos: i64, currency: &str) -> Charge {
    Charge {
        service: service.to_owned(),
        amount: Amount {
            nanos,
            currency: currency.to_owned(),
        },
        estimated: service == "EC2",
    }
}

#[test]
fn a_bill() {
    let month = Month::find(None, date(2026, 11, 3)).unwrap();
    let charges = vec![
        charge("S3", 1_000_000_000, "USD"),
        charge("EC2", 9_000_000_000, "USD"),
        charge("Refund", -1_000_000_000, "USD"),
        charge("Tax", 0, "USD"),
        charge("S3", 500_000_000, "USD"),
        charge("EC2", 7, "CNY"),
    ];
    let [cny, usd] = Bill::of(charges, &month).try_into().unwrap();
    assert_eq!((cny.currency.as_str(), cny.total, cny.daily), ("CNY", 7, 2));
    let services: Vec<_> = usd.services.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(services, ["EC2", "S3", "Refund"]);
    assert_eq!(usd.total, 9_500_000_000);
    assert_eq!(usd.daily, 3_166_666_667);
    assert_eq!(usd.projected, 95_000_000_000);
    assert!(usd.estimated);
    assert_eq!(Bill::of(Vec::new(), &month), []);
}

proptest! {
    #[test]
    fn sums_agree(charges in proptest::collection::vec(("[A-C]", any::<i64>(), "[X-Z]{3}"), 0..30), day in 1i8..=30) {
        let month = Month::find(None, date(2026, 11, day)).unwrap();
        let all: i128 = charges.iter().map(|(_, nanos, _)| i128::from(*nanos)).sum();
        let charges = charges.iter().map(|(service, nanos, code)| charge(service, *nanos, code)).collect();
        let bills = Bill::of(charges, &month);
        for bill in &bills {
            prop_assert_eq!(bill.services.iter().map(|(_, sum)| sum).sum::<i128>(), bill.total);
            prop_assert!((bill.daily * i128::from(month.days) - bill.total).abs() <= i128::from(month.days));
        }
        prop_assert_eq!(bills.iter().map(|bill| bill.total).sum::<i128>(), all);
    }
}
