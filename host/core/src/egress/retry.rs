//! Retries: conditions and waits.
//!
//! Only requests that the plugin calls read-only are retried, and only if another attempt can succeed: after
//! connection errors, time-outs, and responses by which a cloud says "later": by their status, or by an error code
//! that the plugin's manifest lists ([`RetryRule`]). The wait doubles up to its cap, and a random part of it is taken
//! (full jitter), so that hundreds of requests that failed together do not come back together. `Retry-After` is
//! honoured; if it is longer than its cap, the response is final.

use super::FetchError;
use super::send::RawResponse;
use crate::capability::{CodeLocation, RetryRule};
use serde_json::Value;
use std::borrow::Cow;
use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, SystemTime};

/// The retry policy.
///
/// ```
/// let mut config = cloudhost::host::HostConfig::new("/var/cache/inventory");
/// config.egress.retries.attempts = 1;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retries {
    /// Attempts in all, the first included. Default: 4.
    pub attempts: u32,
    /// The first wait, before its random part is taken. Default: 100 ms.
    pub base: Duration,
    /// The longest wait of our own. Default: 5 s.
    pub cap: Duration,
    /// The longest `Retry-After` that is honoured, before a random part of `base` is added. Default: 20 s.
    pub retry_after_cap: Duration,
}

impl Default for Retries {
    fn default() -> Self {
        Self {
            attempts: 4,
            base: Duration::from_millis(100),
            cap: Duration::from_secs(5),
            retry_after_cap: Duration::from_secs(20),
        }
    }
}

/// Error documents are small; anything larger is data.
const LARGEST_ERROR: usize = 64 * 1024;

impl Retries {
    /// The wait before the next attempt; `None` if this outcome is final.
    pub(super) fn wait(
        &self,
        attempt: u32,
        outcome: &Result<RawResponse, FetchError>,
        rules: &[RetryRule],
    ) -> Option<Duration> {
        if attempt >= self.attempts {
            return None;
        }
        let delay = match outcome {
            Ok(response) if is_later(response, rules) => {
                let delay = retry_after(response, crate::clock::now());
                // A retry before the time that the server states cannot succeed.
                if delay.is_some_and(|delay| delay > self.retry_after_cap) {
                    return None;
                }
                delay
            }
            Err(error) if error.is_passing() => None,
            _ => return None,
        };
        Some(match delay {
            Some(delay) => delay + self.base.mul_f64(random()),
            None => {
                let doubled = self.base.saturating_mul(1 << (attempt - 1).min(16));
                doubled.min(self.cap).mul_f64(random())
            }
        })
    }
}

/// A number from 0 to 1. The standard library seeds its hashers at random, which is random enough to spread
/// waits.
fn random() -> f64 {
    let bits = RandomState::new().hash_one(0u8);
    (bits >> 11) as f64 / (1u64 << 53) as f64
}

/// Reports whether a response means "later": by HTTP's rules, or by those of the manifest.
fn is_later(response: &RawResponse, rules: &[RetryRule]) -> bool {
    let status = response.status.as_u16();
    let is_code = |rule: &RetryRule| {
        let code = rule.code.iter().find_map(|at| error_code(response, at));
        code.is_some_and(|code| rule.codes.contains(&code))
    };
    matches!(status, 429 | 500 | 502 | 503 | 504)
        || rules
            .iter()
            .any(|rule| rule.status == status && is_code(rule))
}

/// The error code at a location, if there is one.
fn error_code(response: &RawResponse, at: &CodeLocation) -> Option<String> {
    let text = if let Some(name) = &at.header {
        Cow::Borrowed(response.headers.get(name)?.to_str().ok()?)
    } else if response.body.len() > LARGEST_ERROR {
        return None;
    } else if let Some(name) = &at.xml {
        let body = std::str::from_utf8(&response.body).ok()?;
        let (_, rest) = body.split_once(&format!("<{name}>"))?;
        Cow::Borrowed(rest.split_once(&format!("</{name}>"))?.0)
    } else {
        let body: Value = serde_json::from_slice(&response.body).ok()?;
        match body.pointer(at.json.as_deref()?)? {
            Value::String(text) => Cow::Owned(text.clone()),
            Value::Number(number) => Cow::Owned(number.to_string()),
            _ => return None,
        }
    };
    Some(at.cut(&text).to_owned())
}

/// `Retry-After` in seconds or as a date (RFC 9110, 10.2.3).
fn retry_after(response: &RawResponse, now: SystemTime) -> Option<Duration> {
    let value = response
        .headers
        .get(http::header::RETRY_AFTER)?
        .to_str()
        .ok()?
        .trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capability::Manifest;
    use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
    use rstest::rstest;

    fn response(status: u16, headers: &[(&'static str, &str)], body: &str) -> RawResponse {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(
                HeaderName::from_static(name),
                HeaderValue::from_str(value).unwrap(),
            );
        }
        RawResponse {
            status: StatusCode::from_u16(status).unwrap(),
            headers: map,
            body: body.as_bytes().to_vec(),
        }
    }

    const RULES: &str = r##"
        name = "example"
        version = "1.0.0"
        contract = "0.2.0"
        [[retry]]
        status = 400
        code = [
            { header = "x-error", before = ":" },
            { xml = "Code" },
            { json = "/error/type", after = "#" },
        ]
        codes = ["come-back", "4711"]
        [[retry]]
        status = 403
        code = [{ json = "/errors/0/reason" }]
        codes = ["rateLimitExceeded"]
    "##;

    fn rules() -> Vec<RetryRule> {
        Manifest::parse(RULES).unwrap().retry
    }

    #[rstest]
    #[case(200, &[], "", false)]
    #[case(304, &[], "", false)]
    #[case(400, &[], "", false)]
    #[case(401, &[], "", false)]
    #[case(404, &[], "", false)]
    #[case(409, &[], "", false)]
    #[case(429, &[], "", true)]
    #[case(500, &[], "", true)]
    #[case(501, &[], "", false)]
    #[case(502, &[], "", true)]
    #[case(503, &[], "", true)]
    #[case(504, &[], "", true)]
    #[case::xml(400, &[], "<Response><Error><Code> come-back </Code></Error></Response>", true)]
    #[case::other_code(400, &[], "<Code>gone</Code>", false)]
    #[case::other_case(400, &[], "<Code>Come-Back</Code>", false)]
    #[case::longer_code(400, &[], "<Code>come-back-never</Code>", false)]
    #[case::open_element(400, &[], "<Code>come-back", false)]
    #[case::other_status(403, &[], "<Code>come-back</Code>", false)]
    #[case::success(200, &[], "<Code>come-back</Code>", false)]
    #[case::header(400, &[("x-error", "come-back:http://x")], "{}", true)]
    #[case::header_first(400, &[("x-error", "gone")], "<Code>come-back</Code>", false)]
    #[case::json(400, &[], r#"{"error":{"type":"come-back"}}"#, true)]
    #[case::json_cut(400, &[], r#"{"error":{"type":"a#b#come-back"}}"#, true)]
    #[case::json_number(400, &[], r#"{"error":{"type":4711}}"#, true)]
    #[case::json_elsewhere(400, &[], r#"{"type":"come-back"}"#, false)]
    #[case::json_list(403, &[], r#"{"errors":[{"reason":"rateLimitExceeded"}]}"#, true)]
    #[case::code_of_another_rule(403, &[], r#"{"errors":[{"reason":"come-back"}]}"#, false)]
    #[case::no_text(400, &[], r#"{"error":{"type":["come-back"]}}"#, false)]
    #[case::no_json(400, &[], "not json", false)]
    fn later(
        #[case] status: u16,
        #[case] headers: &[(&'static str, &str)],
        #[case] body: &str,
        #[case] expected: bool,
    ) {
        let outcome = Ok(response(status, headers, body));
        let wait = |rules: &[RetryRule]| Retries::default().wait(1, &outcome, rules).is_some();
        assert_eq!(wait(&rules()), expected);
        // Without a manifest's rules only the status counts.
        assert_eq!(wait(&[]), expected && !(400..=403).contains(&status));
    }

    /// The manifest of a cloud that has its codes in three places.
    #[rstest]
    #[case::query(&[], "<Response><Errors><Error><Code>RequestLimitExceeded</Code></Error></Errors></Response>", true)]
    #[case::other_query(&[], "<Code>InvalidInstanceType</Code>", false)]
    #[case::header(&[("x-amzn-errortype", "ThrottlingException:http://x")], "{}", true)]
    #[case::other_header(&[("x-amzn-errortype", "ValidationException")], "{}", false)]
    #[case::json(&[], r#"{"__type":"com.amazon.coral#ThrottlingException"}"#, true)]
    fn rules_of_a_real_manifest(
        #[case] headers: &[(&'static str, &str)],
        #[case] body: &str,
        #[case] expected: bool,
    ) {
        let text = include_str!("../../../../plugins/aws/manifest.toml");
        let rules = Manifest::parse(text).unwrap().retry;
        let outcome = Ok(response(400, headers, body));
        let wait = Retries::default().wait(1, &outcome, &rules);
        assert_eq!(wait.is_some(), expected);
    }

    #[test]
    fn a_body_that_is_too_large_for_an_error_is_not_read() {
        let padded = |bytes: usize| {
            let body = format!("{}<Code>come-back</Code>", " ".repeat(bytes - 22));
            let outcome = Ok(response(400, &[], &body));
            Retries::default().wait(1, &outcome, &rules()).is_some()
        };
        assert!(padded(LARGEST_ERROR));
        assert!(!padded(LARGEST_ERROR + 1));
    }

    #[rstest]
    #[case(FetchError::Interrupted { host: String::new(), why: String::new() }, true)]
    #[case(FetchError::Timeout { host: String::new(), after: Duration::ZERO }, true)]
    #[case(FetchError::Unreachable { host: String::new(), why: String::new(), passing: true }, true)]
    #[case(FetchError::Unreachable { host: String::new(), why: String::new(), passing: false }, false)]
    #[case(FetchError::TooLarge { host: String::new(), limit: 0 }, false)]
    #[case(
        crate::egress::budget::exceeded(crate::limits::Limit::Requests, 1),
        false
    )]
    fn errors(#[case] error: FetchError, #[case] expected: bool) {
        assert_eq!(
            Retries::default().wait(1, &Err(error), &[]).is_some(),
            expected
        );
    }

    #[test]
    fn waits_grow_to_their_cap_and_end() {
        let retries = Retries {
            attempts: 20,
            ..Retries::default()
        };
        let outcome = Ok(response(503, &[], ""));
        for attempt in 1..20 {
            let most = Duration::from_millis(100 << (attempt - 1)).min(retries.cap);
            let waits: Vec<Duration> = (0..50)
                .map(|_| retries.wait(attempt, &outcome, &[]).unwrap())
                .collect();
            assert!(waits.iter().all(|wait| *wait <= most), "{attempt}");
            // Full jitter: spread over the whole of it.
            assert!(waits.iter().any(|wait| *wait > most / 2), "{attempt}");
            assert!(waits.iter().any(|wait| *wait < most / 2), "{attempt}");
        }
        assert_eq!(retries.wait(20, &outcome, &[]), None);
    }

    #[rstest]
    #[case("3", Some(3))]
    #[case("0", Some(0))]
    #[case("20", Some(20))]
    #[case("Thu, 01 Jan 1970 00:00:00 GMT", Some(0))]
    #[case("soon", None)]
    #[case("-1", None)]
    fn delay(#[case] value: &str, #[case] seconds: Option<u64>) {
        let wait = Retries::default()
            .wait(1, &Ok(response(429, &[("retry-after", value)], "")), &[])
            .unwrap();
        match seconds {
            Some(seconds) => {
                let delay = Duration::from_secs(seconds);
                assert!((delay..=delay + Duration::from_millis(100)).contains(&wait));
            }
            None => assert!(wait <= Duration::from_millis(100)),
        }
    }

    /// A wait of an hour is too long, and an earlier retry cannot succeed.
    #[rstest]
    #[case("21")]
    #[case("3600")]
    #[case("Fri, 31 Dec 9999 23:59:59 GMT")]
    fn asked_for_too_long(#[case] value: &str) {
        let response = response(429, &[("retry-after", value)], "");
        assert_eq!(Retries::default().wait(1, &Ok(response), &[]), None);
    }
}
