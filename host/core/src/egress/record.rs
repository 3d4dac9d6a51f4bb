//! Conversion of the contract's records to requests and of responses back.

use super::redact::Known;
use super::send::RawResponse;
use super::{FetchError, headers};
use crate::contract::cloudhost::provider::http::{Header, Method, Response};
use http::HeaderValue;
use std::borrow::Cow;
use url::{Host, Url};

/// Longest URL that is parsed.
const MAX_URL: usize = 16 * 1024;

/// The only parser. Characters that it would drop or read differently are rejected before: the URL that a person sees
/// in a log is then the one that is dialled.
pub(super) fn parse(text: &str) -> Result<Url, FetchError> {
    let invalid = |why: String| Err(FetchError::Invalid(why));
    if text.len() > MAX_URL {
        return invalid(format!(
            "its URL has {} bytes, more than the limit of {MAX_URL}",
            text.len()
        ));
    }
    if text.contains(|c: char| c.is_control() || c.is_whitespace() || c == '\\') {
        return invalid("its URL has a space, a control character or a backslash".to_owned());
    }
    match Url::parse(text) {
        Ok(mut url) => {
            if let Some(Host::Domain(host)) = url.host()
                && !host.bytes().all(is_of_a_name)
            {
                return invalid(format!(
                    "its host `{}` has other characters than letters, digits, `-`, `_` and `.`",
                    crate::contract::escape_untrusted(host)
                ));
            }
            url.set_fragment(None);
            Ok(url)
        }
        Err(error) => invalid(format!(
            "invalid URL `{}`: {error}",
            crate::contract::escape_untrusted(without_query(text))
        )),
    }
}

/// Other scripts are `xn--...` by now. Everything else that a URL's host can hold is no name of a server, and has a
/// meaning where a message is pasted into a shell.
fn is_of_a_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

/// The part of a URL that may stand in a message: a query can hold a signature or a token.
fn without_query(text: &str) -> &str {
    text.split_once(['?', '#'])
        .map_or(text, |(before, _)| before)
}

/// `host` or `host:port`, the format of the `Host` header.
pub(super) fn authority(url: &Url) -> Result<HeaderValue, FetchError> {
    let host = url.host_str().unwrap_or_default();
    let text = match url.port() {
        None => host.to_owned(),
        Some(port) => format!("{host}:{port}"),
    };
    HeaderValue::try_from(text)
        .map_err(|_| FetchError::Invalid("its host is not visible ASCII".to_owned()))
}

pub(super) fn method(method: Method) -> http::Method {
    match method {
        Method::Get => http::Method::GET,
        Method::Head => http::Method::HEAD,
        Method::Post => http::Method::POST,
        Method::Put => http::Method::PUT,
        Method::Patch => http::Method::PATCH,
        Method::Delete => http::Method::DELETE,
    }
}

/// The name of a method.
pub(super) fn name(method: Method) -> &'static str {
    match method {
        Method::Get => "GET",
        Method::Head => "HEAD",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Patch => "PATCH",
        Method::Delete => "DELETE",
    }
}

/// The response as the plugin sees it, and whether it repeated a secret.
pub(super) async fn response(raw: RawResponse, secrets: &Known) -> (Response, bool) {
    let (mut seen, mut repeats) = (Vec::new(), false);
    for (name, value) in headers::incoming(&raw.headers) {
        // The name cannot be shown without the secret in it.
        if secrets.is_in(name.as_bytes()).await {
            repeats = true;
            continue;
        }
        let value = secrets.clean(value).await;
        repeats |= matches!(value, Cow::Owned(_));
        seen.push(Header {
            name: name.to_owned(),
            value: String::from_utf8_lossy(&value).into_owned(),
        });
    }
    let cleaned = match secrets.clean(&raw.body).await {
        Cow::Owned(cleaned) => Some(cleaned),
        Cow::Borrowed(_) => None,
    };
    repeats |= cleaned.is_some();
    let response = Response {
        status: raw.status.as_u16(),
        headers: seen,
        body: cleaned.unwrap_or(raw.body),
    };
    (response, repeats)
}
