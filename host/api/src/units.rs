//! Amounts, sizes and times, as people read them.

use cloudhost::select::amount;
use jiff::Timestamp;

/// Writes an amount of money: `$0.75`, or `18.50 CNY`.
pub fn money(nanos: u64, currency: &str) -> String {
    match currency {
        "USD" => format!("${}", amount(nanos)),
        _ => format!("{} {currency}", amount(nanos)),
    }
}

/// Writes memory in GiB, with a fraction only where there is one.
pub fn gib(mib: u64) -> String {
    let (whole, rest) = (mib / 1024, mib % 1024);
    if rest == 0 {
        return format!("{whole} GiB");
    }
    let hundredths = format!("{:02}", rest * 100 / 1024);
    format!("{whole}.{} GiB", hundredths.trim_end_matches('0'))
}

/// Seconds from then to now; 0 for a time in the future.
pub fn age_seconds(then: Timestamp, now: Timestamp) -> u64 {
    u64::try_from(now.duration_since(then).as_secs()).unwrap_or(0)
}

/// The time that the contract gives in seconds since 1970.
pub(crate) fn time(seconds: Option<u64>) -> Option<Timestamp> {
    Timestamp::from_second(i64::try_from(seconds?).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::gib;

    #[rstest::rstest]
    #[case(512, "0.5 GiB")]
    #[case(8_192, "8 GiB")]
    #[case(3_891, "3.79 GiB")]
    #[case(1_945, "1.89 GiB")]
    fn memory(#[case] mib: u64, #[case] expected: &str) {
        assert_eq!(gib(mib), expected);
    }
}
