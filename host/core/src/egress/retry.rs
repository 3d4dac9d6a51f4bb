//! When a request is sent again.
//!
//! Only what the plugin calls read-only, and only where another attempt can end otherwise: connection
//! errors, time-outs, and answers by which a cloud says "later". The wait doubles up to its cap, and a random
//! part of it is taken (full jitter), so that hundreds of requests that failed together do not come back
//! together. `Retry-After` is honoured; where it is longer than its cap, the answer is the last one.

use super::FetchError;
use super::send::Answer;
use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, SystemTime};

/// What is sent again, and when.
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
    /// The longest wait that a server can ask for and is waited for, before a random part of `base` is added. Default: 20 s.
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

/// AWS error codes that mean "later" where the status is 400: botocore, `retries/standard.py`, and SlowDown of S3.
const LATER: [&str; 16] = [
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "RequestTimeout",
    "RequestTimeoutException",
    "SlowDown",
    "Throttling",
    "ThrottledException",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
];

/// Error documents are small; what is larger is data.
const LARGEST_ERROR: usize = 64 * 1024;

impl Retries {
    /// How long to wait before the next attempt; `None` where this outcome is the last.
    pub(super) fn wait(
        &self,
        attempt: u32,
        outcome: &Result<Answer, FetchError>,
    ) -> Option<Duration> {
        if attempt >= self.attempts {
            return None;
        }
        let asked = match outcome {
            Ok(answer) if is_later(answer) => {
                let asked = retry_after(answer, crate::clock::now());
                // Sooner than the server says is in vain.
                if asked.is_some_and(|asked| asked > self.retry_after_cap) {
                    return None;
                }
                asked
            }
            Err(error) if error.is_passing() => None,
            _ => return None,
        };
        Some(match asked {
            Some(asked) => asked + self.base.mul_f64(random()),
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

/// Whether an answer means "later".
fn is_later(answer: &Answer) -> bool {
    match answer.status.as_u16() {
        429 | 500 | 502 | 503 | 504 => true,
        400 => error_code(answer).is_some_and(|code| LATER.contains(&code.as_str())),
        _ => false,
    }
}

/// The error code of an AWS answer: a header, `<Code>` of XML, or `__type` of JSON.
fn error_code(answer: &Answer) -> Option<String> {
    if let Some(kind) = answer.headers.get("x-amzn-errortype") {
        let kind = kind.to_str().ok()?;
        return Some(kind.split(':').next()?.to_owned());
    }
    if answer.body.len() > LARGEST_ERROR {
        return None;
    }
    let text = std::str::from_utf8(&answer.body).ok()?;
    if let Some((_, rest)) = text.split_once("<Code>") {
        return Some(rest.split_once("</Code>")?.0.trim().to_owned());
    }
    let json: serde_json::Value = serde_json::from_str(text).ok()?;
    let kind = json.get("__type")?.as_str()?;
    Some(kind.rsplit('#').next()?.to_owned())
}

/// `Retry-After` in seconds or as a date (RFC 9110, 10.2.3).
fn retry_after(answer: &Answer, now: SystemTime) -> Option<Duration> {
    let value = answer
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
    use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
    use rstest::rstest;

    fn answer(status: u16, headers: &[(&'static str, &str)], body: &str) -> Answer {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(
                HeaderName::from_static(name),
                HeaderValue::from_str(value).unwrap(),
            );
        }
        Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers: map,
            body: body.as_bytes().to_vec(),
        }
    }

    #[rstest]
    #[case(200, &[], "", false)]
    #[case(304, &[], "", false)]
    #[case(400, &[], "", false)]
    #[case(401, &[], "", false)]
    #[case(403, &[], "<Code>Throttling</Code>", false)]
    #[case(404, &[], "", false)]
    #[case(409, &[], "", false)]
    #[case(429, &[], "", true)]
    #[case(500, &[], "", true)]
    #[case(501, &[], "", false)]
    #[case(502, &[], "", true)]
    #[case(503, &[], "", true)]
    #[case(504, &[], "", true)]
    #[case(400, &[], "<Response><Errors><Error><Code>RequestLimitExceeded</Code></Error></Errors></Response>", true)]
    #[case(400, &[], "<Code>InvalidInstanceType</Code>", false)]
    #[case(400, &[("x-amzn-errortype", "ThrottlingException:http://x")], "{}", true)]
    #[case(400, &[("x-amzn-errortype", "ValidationException")], "{}", false)]
    #[case(400, &[], r#"{"__type":"com.amazon.coral#ThrottlingException"}"#, true)]
    #[case(400, &[], "not json", false)]
    fn later(
        #[case] status: u16,
        #[case] headers: &[(&'static str, &str)],
        #[case] body: &str,
        #[case] expected: bool,
    ) {
        let outcome = Ok(answer(status, headers, body));
        assert_eq!(Retries::default().wait(1, &outcome).is_some(), expected);
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
        assert_eq!(Retries::default().wait(1, &Err(error)).is_some(), expected);
    }

    #[test]
    fn waits_grow_to_their_cap_and_end() {
        let retries = Retries {
            attempts: 20,
            ..Retries::default()
        };
        let outcome = Ok(answer(503, &[], ""));
        for attempt in 1..20 {
            let most = Duration::from_millis(100 << (attempt - 1)).min(retries.cap);
            let waits: Vec<Duration> = (0..50)
                .map(|_| retries.wait(attempt, &outcome).unwrap())
                .collect();
            assert!(waits.iter().all(|wait| *wait <= most), "{attempt}");
            // Full jitter: spread over the whole of it.
            assert!(waits.iter().any(|wait| *wait > most / 2), "{attempt}");
            assert!(waits.iter().any(|wait| *wait < most / 2), "{attempt}");
        }
        assert_eq!(retries.wait(20, &outcome), None);
    }

    #[rstest]
    #[case("3", Some(3))]
    #[case("0", Some(0))]
    #[case("20", Some(20))]
    #[case("Thu, 01 Jan 1970 00:00:00 GMT", Some(0))]
    #[case("soon", None)]
    #[case("-1", None)]
    fn asked(#[case] value: &str, #[case] seconds: Option<u64>) {
        let wait = Retries::default()
            .wait(1, &Ok(answer(429, &[("retry-after", value)], "")))
            .unwrap();
        match seconds {
            Some(seconds) => {
                let asked = Duration::from_secs(seconds);
                assert!((asked..=asked + Duration::from_millis(100)).contains(&wait));
            }
            None => assert!(wait <= Duration::from_millis(100)),
        }
    }

    /// Nobody waits for an hour, and before that it is in vain.
    #[rstest]
    #[case("21")]
    #[case("3600")]
    #[case("Fri, 31 Dec 9999 23:59:59 GMT")]
    fn asked_for_too_long(#[case] value: &str) {
        let answer = answer(429, &[("retry-after", value)], "");
        assert_eq!(Retries::default().wait(1, &Ok(answer)), None);
    }
}
