//! Header hygiene, in both directions.
//!
//! A plugin that sets `Host` talks to another server behind the same address. One that sets `Authorization`
//! authenticates as another identity. One that sets `Transfer-Encoding` can put two requests where the host counted
//! one. Such headers belong to the host, and setting them is denied, not silently changed.

use super::budget::exceeded;
use super::{CallLimits, FetchError};
use crate::capability::Denial;
use crate::contract::cloudhost::provider::http::Header;
use crate::limits::Limit;
use http::{HeaderMap, HeaderName, HeaderValue};

const ROUTING: &str = "it selects the server, which only the URL may do";
const IDENTITY: &str = "it sets the identity; name a credential instead";
const CONNECTION: &str = "it belongs to the connection, which the host manages";

/// The reason why a header does not belong to the plugin. Names in lower case.
fn reserved(name: &str) -> Option<&'static str> {
    match name {
        "host" | "forwarded" | "via" => Some(ROUTING),
        "authorization"
        | "cookie"
        | "cookie2"
        | "x-amz-security-token"
        | "x-amz-date"
        | "x-amz-content-sha256" => Some(IDENTITY),
        "connection" | "content-length" | "expect" | "http2-settings" | "keep-alive" | "te"
        | "trailer" | "transfer-encoding" | "upgrade" | "accept-encoding" => Some(CONNECTION),
        _ if name.starts_with("proxy-") => Some(CONNECTION),
        _ if name.starts_with("x-forwarded-") => Some(ROUTING),
        _ => None,
    }
}

/// The plugin's headers, checked.
pub(super) fn outgoing(headers: &[Header], limits: &CallLimits) -> Result<HeaderMap, FetchError> {
    let invalid = |why: String| Err(FetchError::Invalid(why));
    if headers.len() > limits.headers {
        return Err(exceeded(Limit::Headers, limits.headers as u64));
    }
    let bytes: usize = headers.iter().map(|h| h.name.len() + h.value.len()).sum();
    if bytes > limits.header_bytes {
        return Err(exceeded(Limit::HeaderBytes, limits.header_bytes as u64));
    }
    let mut map = HeaderMap::with_capacity(headers.len() + 8);
    for header in headers {
        let shown = || crate::contract::escape_untrusted(&header.name);
        // Lower-cases, and rejects what is no token of RFC 9110.
        let Ok(name) = HeaderName::from_bytes(header.name.as_bytes()) else {
            return invalid(format!("invalid header name `{}`", shown()));
        };
        if let Some(why) = reserved(name.as_str()) {
            return Err(Denial::Header { name: shown(), why }.into());
        }
        // Visible ASCII, space and tab: no CR, LF or NUL, and nothing that a signer reads differently.
        let value = header.value.as_bytes();
        match HeaderValue::from_str(&header.value) {
            Ok(value_ok) if value.is_ascii() => map.append(name, value_ok),
            _ => {
                return invalid(format!(
                    "the value of the header `{}` is not visible ASCII",
                    shown()
                ));
            }
        };
    }
    Ok(map)
}

/// The response headers that a plugin sees: without those of the connection, and without cookies.
pub(super) fn incoming(headers: &HeaderMap) -> Vec<(&str, &[u8])> {
    let ours = |name: &str| {
        matches!(
            name,
            "connection"
                | "keep-alive"
                | "set-cookie"
                | "set-cookie2"
                | "te"
                | "trailer"
                | "transfer-encoding"
                | "upgrade"
        ) || name.starts_with("proxy-")
    };
    headers
        .iter()
        .filter(|(name, _)| !ours(name.as_str()))
        .map(|(name, value)| (name.as_str(), value.as_bytes()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn one(name: &str, value: &str) -> Result<HeaderMap, FetchError> {
        let header = Header {
            name: name.to_owned(),
            value: value.to_owned(),
        };
        outgoing(&[header], &CallLimits::default())
    }

    #[rstest]
    fn the_hosts_own(
        #[values(
            "Host",
            "host",
            "Authorization",
            "AUTHORIZATION",
            "Cookie",
            "X-Amz-Security-Token",
            "x-amz-date",
            "X-Amz-Content-SHA256",
            "Proxy-Authorization",
            "proxy-anything",
            "Connection",
            "Transfer-Encoding",
            "TE",
            "Upgrade",
            "Keep-Alive",
            "Trailer",
            "Content-Length",
            "Expect",
            "X-Forwarded-For"
        )]
        name: &str,
    ) {
        match one(name, "x") {
            Err(FetchError::Denied(denial)) => assert_eq!(denial.label(), "denied.header"),
            other => panic!("{other:?}"),
        }
    }

    #[rstest]
    #[case::plain("Content-Type", "application/json", true)]
    #[case::target("X-Amz-Target", "Service.Operation", true)]
    #[case::tab("x", "a\tb", true)]
    #[case::empty_value("x", "", true)]
    #[case::empty_name("", "x", false)]
    #[case::space_in_name("a b", "x", false)]
    #[case::colon("a:b", "x", false)]
    #[case::pseudo(":authority", "x", false)]
    #[case::hidden_host("host ", "x", false)]
    #[case::line_in_name("a\r\nhost", "x", false)]
    #[case::cr("a", "x\rHost: evil", false)]
    #[case::lf("a", "x\nHost: evil", false)]
    #[case::crlf("a", "x\r\n\r\nGET / HTTP/1.1", false)]
    #[case::nul("a", "x\0", false)]
    #[case::other_script("a", "é", false)]
    fn form(#[case] name: &str, #[case] value: &str, #[case] accepted: bool) {
        match one(name, value) {
            Ok(_) => assert!(accepted),
            Err(FetchError::Invalid(_)) => assert!(!accepted),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn bounds() {
        let many = |count: usize, length: usize| {
            let header = Header {
                name: "a".to_owned(),
                value: "x".repeat(length),
            };
            match outgoing(&vec![header; count], &CallLimits::default()) {
                Ok(map) => Ok(map.len()),
                Err(FetchError::Limit(exceeded)) => Err(exceeded.label()),
                Err(other) => panic!("{other:?}"),
            }
        };
        assert_eq!(many(64, 1), Ok(64));
        assert_eq!(many(65, 1), Err("limit.headers"));
        assert_eq!(many(1, (16 << 10) - 1), Ok(1));
        assert_eq!(many(1, 16 << 10), Err("limit.header-bytes"));
        assert_eq!(many(1_000_000, 1), Err("limit.headers"));
    }

    #[test]
    fn answers_lose_cookies_and_connection() {
        let mut headers = HeaderMap::new();
        for name in [
            "set-cookie",
            "connection",
            "transfer-encoding",
            "proxy-authenticate",
            "etag",
        ] {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static("x"));
        }
        assert_eq!(incoming(&headers), vec![("etag", b"x".as_slice())]);
    }
}
