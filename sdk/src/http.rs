//! Requests and responses: the contract's records, with a builder and parsers for JSON and XML.
//!
//! ```
//! use cloudhost_sdk::http::{Auth, Request};
//!
//! let request = Request::get("https://api.example.com/v1/types").query("region", "east").bearer("example");
//! assert_eq!(request.url, "https://api.example.com/v1/types?region=east");
//! assert_eq!(request.auth, [Auth::Bearer("example".to_owned())]);
//! ```

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Serialize, de::DeserializeOwned};

pub use crate::bindings::cloudhost::provider::http::{
    Auth, Header, HeaderAuth, HttpError, HttpErrorKind, Method, QueryAuth, Request, Response, Sigv4,
};
use crate::{Error, World, excerpt};

/// Everything outside the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

impl Request {
    /// Creates a GET request, which only reads.
    pub fn get(url: impl Into<String>) -> Request {
        Request::new(Method::Get, url)
    }

    /// Creates a POST request. It is a change, unless the manifest lists it in `[[reads]]`.
    pub fn post(url: impl Into<String>) -> Request {
        Request::new(Method::Post, url)
    }

    /// Creates a request. All methods but GET and HEAD are changes, and a POST that the manifest lists in `[[reads]]` is a
    /// read.
    pub fn new(method: Method, url: impl Into<String>) -> Request {
        Request {
            method,
            url: url.into(),
            headers: Vec::new(),
            body: None,
            auth: Vec::new(),
        }
    }

    /// Adds a parameter to the URL's query, percent-encoded.
    #[must_use]
    pub fn query(mut self, name: &str, value: &str) -> Request {
        self.url
            .push(if self.url.contains('?') { '&' } else { '?' });
        self.url.push_str(&pair(name, value));
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Request {
        self.headers.push(Header {
            name: name.to_owned(),
            value: value.to_owned(),
        });
        self
    }

    /// Makes the host add a credential. A request can have several, in different places.
    #[must_use]
    pub fn auth(mut self, auth: Auth) -> Request {
        self.auth.push(auth);
        self
    }

    /// Makes the host send this credential as a bearer token.
    #[must_use]
    pub fn bearer(self, credential: &str) -> Request {
        self.auth(Auth::Bearer(credential.to_owned()))
    }

    /// Makes the host send this credential as `Authorization: Basic`.
    #[must_use]
    pub fn basic(self, credential: &str) -> Request {
        self.auth(Auth::Basic(credential.to_owned()))
    }

    /// Makes the host send this credential in a header.
    #[must_use]
    pub fn auth_header(self, header: &str, credential: &str) -> Request {
        self.auth(Auth::Header(HeaderAuth {
            header: header.to_owned(),
            credential: credential.to_owned(),
        }))
    }

    /// Makes the host send this credential in the query of the URL.
    #[must_use]
    pub fn auth_query(self, parameter: &str, credential: &str) -> Request {
        self.auth(Auth::Query(QueryAuth {
            parameter: parameter.to_owned(),
            credential: credential.to_owned(),
        }))
    }

    /// Makes the host sign by AWS Signature Version 4 for a service and region.
    #[must_use]
    pub fn sigv4(self, credential: &str, service: &str, region: &str) -> Request {
        self.auth(Auth::Sigv4(Sigv4 {
            credential: credential.to_owned(),
            service: service.to_owned(),
            region: region.to_owned(),
        }))
    }

    /// Sets a JSON body. Fails only for a value that JSON cannot represent, such as a map with keys that are not text.
    pub fn json(self, body: &impl Serialize) -> Result<Request, Error> {
        let body = serde_json::to_vec(body)
            .map_err(|e| Error::internal(format!("cannot encode the request body as JSON: {e}")))?;
        Ok(self.body("application/json", body))
    }

    /// Sets a form as the body, `name=value` pairs percent-encoded.
    #[must_use]
    pub fn form<'a>(self, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Request {
        let pairs: Vec<String> = pairs.into_iter().map(|(n, v)| pair(n, v)).collect();
        let kind = "application/x-www-form-urlencoded; charset=utf-8";
        self.body(kind, pairs.join("&").into_bytes())
    }

    /// Sets the body and its content type.
    #[must_use]
    pub fn body(mut self, content_type: &str, body: Vec<u8>) -> Request {
        self.body = Some(body);
        self.header("content-type", content_type)
    }

    /// Sends the request. If there is no response, the [`Error`] names the request.
    pub async fn send(self, world: &impl World) -> Result<Response, Error> {
        let name = match self.method {
            Method::Get => "GET",
            Method::Head => "HEAD",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
        };
        let name = format!("{name} {}", self.url.split('?').next().unwrap_or_default());
        world
            .fetch(self)
            .await
            .map_err(|error| Error::from_http(&error, &name))
    }
}

impl Response {
    /// Returns the value of a header; its name is case-insensitive.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut fields = self.headers.iter();
        let field = fields.find(|field| field.name.eq_ignore_ascii_case(name))?;
        Some(&field.value)
    }

    /// Returns `Retry-After` in milliseconds, if it is given in seconds.
    pub fn retry_after_ms(&self) -> Option<u64> {
        let seconds: u64 = self.header("retry-after")?.trim().parse().ok()?;
        seconds.checked_mul(1000)
    }

    /// Returns the response if its status is a success; otherwise an error of the kind of the status, with an excerpt
    /// of the body. If the cloud's errors have codes, map those first.
    pub fn ok(self, request: &str) -> Result<Response, Error> {
        if (200..300).contains(&self.status) {
            return Ok(self);
        }
        let mut error = Error::new(
            Error::kind_of_status(self.status),
            format!(
                "{request}: HTTP {}: \"{}\"",
                self.status,
                excerpt(&self.body)
            ),
        );
        error.retry_after_ms = self.retry_after_ms();
        Err(error)
    }

    /// Parses the body as JSON. `request` names the request in the error.
    pub fn json<T: DeserializeOwned>(&self, request: &str) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let what = match error.classify() {
                serde_json::error::Category::Eof => "truncated JSON",
                serde_json::error::Category::Data => "not the documented JSON",
                _ => "not JSON",
            };
            not_understood(request, what, &error.to_string(), &self.body)
        })
    }

    /// Parses the body as XML. Meant for small responses; [`crate::xml::walk`] reads large ones without a tree.
    pub fn xml<T: DeserializeOwned>(&self, request: &str) -> Result<T, Error> {
        let no_xml = |error: &dyn std::fmt::Display| {
            not_understood(
                request,
                "not the documented XML",
                &error.to_string(),
                &self.body,
            )
        };
        let text = std::str::from_utf8(&self.body).map_err(|e| no_xml(&e))?;
        quick_xml::de::from_str(text).map_err(|e| no_xml(&e))
    }
}

/// Formats `name=value`, percent-encoded.
fn pair(name: &str, value: &str) -> String {
    let encoded = |text| utf8_percent_encode(text, RESERVED);
    format!("{}={}", encoded(name), encoded(value))
}

/// Creates the error for a response that is not as the cloud documents it.
pub(crate) fn not_understood(request: &str, what: &str, detail: &str, body: &[u8]) -> Error {
    let detail = match excerpt(detail.as_bytes()) {
        detail if detail.is_empty() => detail,
        detail => format!(" ({detail})"),
    };
    let start = excerpt(body);
    Error::internal(format!(
        "{request}: invalid response: {what}{detail}; it starts with \"{start}\""
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;
    use rstest::rstest;

    #[test]
    fn query_and_form_are_encoded() {
        let request = Request::get("https://a/b")
            .query("q", "x y&z")
            .query("é", "-._~");
        assert_eq!(request.url, "https://a/b?q=x%20y%26z&%C3%A9=-._~");
        let request = Request::post("https://a").form([("A.1", "*"), ("B", "c/d")]);
        assert_eq!(request.body.unwrap(), b"A.1=%2A&B=c%2Fd");
    }

    #[rstest]
    #[case(401, ErrorKind::Unauthenticated)]
    #[case(403, ErrorKind::PermissionDenied)]
    #[case(404, ErrorKind::NotFound)]
    #[case(429, ErrorKind::RateLimited)]
    #[case(418, ErrorKind::InvalidArgument)]
    #[case(503, ErrorKind::Unavailable)]
    #[case(301, ErrorKind::Internal)]
    fn statuses(#[case] status: u16, #[case] kind: ErrorKind) {
        let answer = Response {
            status,
            headers: vec![Header {
                name: "Retry-After".into(),
                value: "2".into(),
            }],
            body: b"no\x07".to_vec(),
        };
        let error = answer.ok("GET it").unwrap_err();
        assert_eq!(error.kind, kind);
        assert_eq!(error.retry_after_ms, Some(2000));
        assert_eq!(
            error.message,
            format!("GET it: HTTP {status}: \"no\\u{{7}}\"")
        );
    }

    #[rstest]
    #[case(b"{\"a\":1", "truncated JSON")]
    #[case(b"<html>", "not JSON")]
    #[case(b"[\"x\"]", "not the documented JSON")]
    fn bad_json_is_told_apart(#[case] body: &[u8], #[case] told: &str) {
        let answer = Response {
            status: 200,
            headers: vec![],
            body: body.to_vec(),
        };
        let error = answer
            .json::<std::collections::BTreeMap<String, u32>>("GET x")
            .unwrap_err();
        assert_eq!(error.kind, ErrorKind::Internal);
        assert!(error.message.contains(told), "{}", error.message);
    }
}
