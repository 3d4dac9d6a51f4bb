//! Times in the form that clouds use.

/// Parses a time in UTC such as `2024-08-01T12:34:56.000Z` or `2024-08-01T12:34:56+00:00` (RFC 3339) as seconds since
/// 1970; `None` if it is invalid.
///
/// ```
/// use cloudhost_sdk::timestamp;
///
/// assert_eq!(timestamp("2024-03-01T00:00:00Z"), Some(1_709_251_200));
/// assert_eq!(timestamp("yesterday"), None);
/// ```
pub fn timestamp(text: &str) -> Option<u64> {
    let text = text.strip_suffix('Z').or(text.strip_suffix("+00:00"))?;
    let (date, time) = text.split_once('T')?;
    let mut date = date.split('-').map(|part| part.parse::<u64>().ok());
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let time = time.split('.').next()?;
    let mut time = time.split(':').map(|part| part.parse::<u64>().ok());
    let (hour, minute, second) = (time.next()??, time.next()??, time.next()??);
    let legal =
        (1970..=9999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    if !legal || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    // Days of the civil calendar, counted in years that begin in March so that the leap day is the last.
    let (y, m) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days = y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 1;
    Some((days - 719_468) * 86_400 + hour * 3600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("1970-01-01T00:00:00.000Z", Some(0))]
    #[case("2000-02-29T12:00:00.000Z", Some(951_825_600))]
    #[case("2024-03-01T00:00:00Z", Some(1_709_251_200))]
    #[case("2024-03-01T00:00:00+00:00", Some(1_709_251_200))]
    #[case("2026-11-21T07:42:22.000Z", Some(1_795_246_942))]
    #[case("2026-11-21T07:42:22+02:00", None)]
    #[case("2024-13-01T00:00:00Z", None)]
    #[case("yesterday", None)]
    #[case("", None)]
    fn times(#[case] text: &str, #[case] seconds: Option<u64>) {
        assert_eq!(timestamp(text), seconds);
    }
}
