//! Time of an HTTP header: the date of AWS's price lists.

/// Parses a time such as `Tue, 22 Sep 2026 06:01:21 GMT` as seconds since 1970; `None` if it is invalid.
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
    #[case("Tue, 22 Sep 2026 06:01:21 GMT", Some(1_790_056_881))]
    #[case("Thu, 01 Jan 1970 00:00:00 GMT", Some(0))]
    #[case("Tue, 31 Feb 2026 06:01:21", None)]
    #[case("now", None)]
    fn times_of_http(#[case] text: &str, #[case] seconds: Option<u64>) {
        assert_eq!(http_date(text), seconds);
    }
}
