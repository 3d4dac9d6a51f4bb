//! Times as AWS writes them, in seconds since 1970.

/// A time such as `2024-08-01T12:34:56.000Z`; `None` for what is not one.
pub(crate) fn timestamp(text: &str) -> Option<u64> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
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

/// A time of HTTP such as `Tue, 22 Sep 2026 06:01:21 GMT`; `None` for what is not one.
pub(crate) fn http_date(text: &str) -> Option<u64> {
    let since = httpdate::parse_http_date(text)
        .ok()?
        .duration_since(std::time::UNIX_EPOCH);
    Some(since.ok()?.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("1970-01-01T00:00:00.000Z", Some(0))]
    #[case("2000-02-29T12:00:00.000Z", Some(951_825_600))]
    #[case("2024-03-01T00:00:00Z", Some(1_709_251_200))]
    #[case("2026-11-21T07:42:22.000Z", Some(1_795_246_942))]
    #[case("2024-13-01T00:00:00Z", None)]
    #[case("yesterday", None)]
    #[case("", None)]
    fn times(#[case] text: &str, #[case] seconds: Option<u64>) {
        assert_eq!(timestamp(text), seconds);
    }

    #[rstest]
    #[case("Tue, 22 Sep 2026 06:01:21 GMT", Some(1_790_056_881))]
    #[case("Thu, 01 Jan 1970 00:00:00 GMT", Some(0))]
    #[case("Tue, 31 Feb 2026 06:01:21", None)]
    #[case("now", None)]
    fn times_of_http(#[case] text: &str, #[case] seconds: Option<u64>) {
        assert_eq!(http_date(text), seconds);
    }
}
