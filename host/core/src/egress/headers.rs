//! Header hygiene, in both directions.
//!
//! A plugin that sets `Host` talks to another server behind the same address. One that sets `Authorization`
//! authenticates as another identity. One that sets `Transfer-Encoding` can put two requests where the host counted
//! one. One that sets `X-HTTP-Method-Override` changes what a log, a recording and a grant say of its request. One that
//! sets `Range` gets a response in pieces, in which no secret is found. Such headers belong to the host, and setting
//! them is denied, not silently changed.

use super::budget::exceeded;
use super::{CallLimits, FetchError};
use crate::capability::Denial;
use crate::contract::cloudhost::provider::http::Header;
use crate::limits::Limit;
use http::{HeaderMap, HeaderName, HeaderValue};

const ROUTING: &str = "it selects the server, which only the URL may do";
const REQUEST: &str = "it replaces the method or the URL of the request";
const CLIENT: &str = "it says who sends the request, which the host does";
const IDENTITY: &str = "it sets the identity; name a credential instead";
const CONNECTION: &str = "it belongs to the connection, which the host manages";
const PIECES: &str =
    "it changes the form of the response, in which the host searches for the credential";

/// The reason why a header does not belong to the plugin. Names in lower case.
///
/// Servers behind CGI and WSGI read `_` in a name as `-`.
fn reserved(name: &str, secret: bool) -> Option<&'static str> {
    let name = name.replace('_', "-");
    match name.as_str() {
        "host"
        | "forwarded"
        | "via"
        | "x-backend-host"
        | "x-backend-server"
        | "x-host"
        | "x-http-destinationurl"
        | "x-http-host-override"
        | "x-server-name" => Some(ROUTING),
        "base-url" | "request-uri" | "x-http-method" | "x-override-url" | "x-request-uri" => {
            Some(REQUEST)
        }
        "client-ip" | "front-end-https" | "remote-host" | "remote-user" | "x-https"
        | "x-remote-host" | "x-remote-user" | "x-scheme" | "x-url-scheme" => Some(CLIENT),
        "authorization"
        | "cookie"
        | "cookie2"
        | "x-amz-security-token"
        | "x-amz-date"
        | "x-amz-content-sha256" => Some(IDENTITY),
        "connection" | "content-length" | "expect" | "http2-settings" | "keep-alive" | "proxy"
        | "te" | "trailer" | "transfer-encoding" | "upgrade" | "accept-encoding" => {
            Some(CONNECTION)
        }
        "a-im" | "accept-charset" | "if-range" | "range" | "request-range" | "x-ms-range"
            if secret =>
        {
            Some(PIECES)
        }
        name if name.starts_with("proxy-") || name.starts_with("x-proxy") => Some(CONNECTION),
        name if name.starts_with("x-forward") || name.starts_with("x-original-host") => {
            Some(ROUTING)
        }
        name if name.starts_with("x-original-")
            || name.starts_with("x-rewrite-")
            || name.ends_with("-method-override") =>
        {
            Some(REQUEST)
        }
        name if ["-addr", "-clientip", "-ip"]
            .iter()
            .any(|end| name.ends_with(end)) =>
        {
            Some(CLIENT)
        }
        _ => None,
    }
}

/// Rejects headers that change the form of the response.
pub(super) fn check_form(headers: &HeaderMap) -> Result<(), FetchError> {
    for name in headers.keys() {
        if let Some(why) = reserved(name.as_str(), true) {
            let name = name.to_string();
            return Err(Denial::Header { name, why }.into());
        }
    }
    Ok(())
}

/// The plugin's headers, checked; with a secret in the request, those that change the form of its response too.
pub(super) fn outgoing(
    headers: &[Header],
    limits: &CallLimits,
    secret: bool,
) -> Result<HeaderMap, FetchError> {
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
        if let Some(why) = reserved(name.as_str(), secret) {
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
        outgoing(&[header], &CallLimits::default(), false)
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
            "X-Forwarded-For",
            "X-Forwarded",
            "X-Forwarder-For",
            "X_Forwarded_Host",
            "Transfer_Encoding",
            "Content_Length",
            "Proxy",
            "X-Proxy-URL",
            "X-Original-URL",
            "X-Original-Host",
            "X_Rewrite_URL",
            "X-HTTP-Method-Override",
            "X-HTTP-Method",
            "X-Method-Override",
            "X-Host",
            "X-Real-IP",
            "X-Client-IP",
            "True-Client-IP",
            "Client-IP",
            "X-Cluster-Client-IP",
            "CF-Connecting-IP",
            "X-Remote-Addr",
            "X-Remote-User"
        )]
        name: &str,
    ) {
        match one(name, "x") {
            Err(FetchError::Denied(denial)) => assert_eq!(denial.label(), "denied.header"),
            other => panic!("{other:?}"),
        }
    }

    /// A response that comes in pieces, or in another character set, can hide a secret.
    #[rstest]
    fn forms_of_a_response(
        #[values(
            "Range",
            "if-range",
            "Request-Range",
            "X-Ms-Range",
            "x_ms_range",
            "A-IM",
            "Accept-Charset"
        )]
        name: &str,
    ) {
        let header = Header {
            name: name.to_owned(),
            value: "bytes=0-60".to_owned(),
        };
        let headers = |secret| {
            outgoing(
                std::slice::from_ref(&header),
                &CallLimits::default(),
                secret,
            )
        };
        assert_eq!(headers(false).unwrap().len(), 1);
        match headers(true) {
            Err(FetchError::Denied(denial)) => assert_eq!(denial.label(), "denied.header"),
            other => panic!("{other:?}"),
        }
    }

    #[rstest]
    #[case::plain("Content-Type", "application/json", true)]
    #[case::target("X-Amz-Target", "Service.Operation", true)]
    #[case::a_token("X-Request-Id", "a", true)]
    #[case::like_an_address("X-Zip", "a", true)]
    #[case::condition("If-None-Match", "a", true)]
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
            match outgoing(&vec![header; count], &CallLimits::default(), false) {
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
