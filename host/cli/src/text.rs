//! Numbers and times in words.

use cloudhost::clock;
use cloudhost_api::age_seconds;
use jiff::Timestamp;

/// A number of things, such as `1 file` or `2 files`.
pub fn count(number: usize, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        _ => format!("{number} {what}s"),
    }
}

/// The time since then, in its largest unit.
pub fn age(then: Timestamp) -> String {
    span(age_seconds(then, clock::timestamp()))
}

/// A time in its largest unit.
pub fn span(seconds: u64) -> String {
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds / 60),
        7_200..=172_799 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::span;

    #[rstest::rstest]
    #[case(0, "0 s")]
    #[case(119, "119 s")]
    #[case(120, "2 min")]
    #[case(7_199, "119 min")]
    #[case(7_200, "2 h")]
    #[case(172_800, "2 days")]
    fn spans(#[case] seconds: u64, #[case] expected: &str) {
        assert_eq!(span(seconds), expected);
    }
}
