//! Pauses between two attempts.

use std::time::Duration;

/// First pause.
const FIRST: Duration = Duration::from_secs(1);
/// Longest pause.
pub(crate) const LONGEST: Duration = Duration::from_secs(300);

/// Pause after this many failures in a row: doubled each time, up to five minutes, less up to half of it by chance, so
/// that processes that failed together do not return together. Never shorter than what the cloud asked for, which is
/// believed up to an hour.
pub(crate) fn pause(failures: u32, asked_ms: Option<u64>, chance: u8) -> Duration {
    let full = FIRST
        .saturating_mul(1 << failures.saturating_sub(1).min(16))
        .min(LONGEST);
    let jittered = full - full.mul_f64(f64::from(chance) / 512.0);
    let asked = Duration::from_millis(asked_ms.unwrap_or(0)).min(Duration::from_secs(3600));
    jittered.max(asked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_five_minutes_and_keep_what_the_cloud_asks_for() {
        assert_eq!(pause(1, None, 0), FIRST);
        assert_eq!(pause(3, None, 0), FIRST * 4);
        assert_eq!(pause(u32::MAX, None, 0), LONGEST);
        assert!(pause(9, None, 255) >= LONGEST / 2 - Duration::from_secs(30));
        assert_eq!(pause(1, Some(12_000), 255), Duration::from_secs(12));
        assert_eq!(pause(1, Some(u64::MAX), 0), Duration::from_secs(3600));
    }
}
