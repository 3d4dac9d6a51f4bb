//! One attempt: sign, send, read.

use super::body::Body;
use super::client::Owner;
use super::rate_limit::Pace;
use super::resolver::AllBlocked;
use super::session::Inner;
use super::{FetchError, Shared};
use crate::capability::Denial;
use crate::credentials::{SignRequest, Signed};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, StatusCode};
use reqwest::{Client, Request};
use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// A request that passed all checks, ready to be sent as often as needed.
pub(super) struct PreparedRequest {
    /// Owner of the connections that it uses.
    pub owner: Owner,
    /// The real URL: used for the signature and in messages.
    pub url: Url,
    /// The request as sent, without the headers that signing adds. Its URL is the one to connect to.
    pub request: Request,
    /// `Host`, if the connection goes elsewhere.
    pub host: Option<HeaderValue>,
    pub signs: Option<Signs>,
    /// The queue for the real host, and the time from one request to the next.
    pub rate: Option<(Arc<Pace>, Duration)>,
    pub read_only: bool,
}

/// The signer of a request: a credential, and the service and region if it makes a signature.
pub(super) struct Signs {
    pub credential: String,
    pub sigv4: Option<Scope>,
}

/// The scope of a signature.
pub(super) struct Scope {
    pub service: String,
    pub region: String,
}

/// A received response.
pub(super) struct RawResponse {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl PreparedRequest {
    /// The real host, for messages.
    pub(super) fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// The name of the credential that signs it.
    pub(super) fn credential(&self) -> Option<&str> {
        self.signs.as_ref().map(|signs| signs.credential.as_str())
    }

    /// A label of the operation, to tell requests apart in a log.
    pub(super) fn what(&self) -> String {
        let body = self.request.body().and_then(reqwest::Body::as_bytes);
        what(self.request.headers(), body.unwrap_or_default(), &self.url)
    }

    /// Sends the request once. Dropping the future closes the connection.
    pub(super) async fn send(&self, session: &Inner) -> Result<RawResponse, FetchError> {
        let shared = &session.shared;
        let after = shared.config.attempt_timeout;
        let client = shared.clients.of(&self.owner)?;
        let signed = self.sign(shared).await?;
        if let Some(signed) = &signed {
            session.secrets.note(signed);
        }
        if let Some(signs) = &self.signs {
            session.trail.signed(&signs.credential, self.host());
        }
        match tokio::time::timeout(after, self.exchange(client, session, signed)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(FetchError::Timeout {
                host: self.peer(),
                after,
            }),
        }
    }

    async fn sign(&self, shared: &Shared) -> Result<Option<Signed>, FetchError> {
        let Some(signs) = &self.signs else {
            return Ok(None);
        };
        let credentials = &shared.credentials;
        let Some(scope) = &signs.sigv4 else {
            return Ok(Some(credentials.bearer(&signs.credential).await?));
        };
        let body = self.request.body().and_then(reqwest::Body::as_bytes);
        let what = SignRequest {
            method: self.request.method(),
            url: &self.url,
            headers: self.request.headers(),
            body: body.unwrap_or_default(),
            service: &scope.service,
            region: &scope.region,
        };
        Ok(Some(credentials.sign(&signs.credential, what).await?))
    }

    async fn exchange(
        &self,
        client: Client,
        session: &Inner,
        signed: Option<Signed>,
    ) -> Result<RawResponse, FetchError> {
        let Some(mut request) = self.request.try_clone() else {
            return Err(FetchError::Invalid(
                "its body cannot be sent twice".to_owned(),
            ));
        };
        if let Some(host) = &self.host {
            request
                .headers_mut()
                .insert(http::header::HOST, host.clone());
        }
        for (name, value) in signed.iter().flat_map(|signed| &signed.headers) {
            request.headers_mut().insert(name, value.clone());
        }
        let mut response = client
            .execute(request)
            .await
            .map_err(|error| self.failure(error))?;
        let status = response.status();
        let mut headers = std::mem::take(response.headers_mut());
        let mut body = Vec::new();
        // The only information in a redirect that is not followed is its location.
        if !is_redirect(status) {
            let length = response.content_length();
            let mut coming = Body::announced(&mut headers, length, self.host(), &session.budget)?;
            while let Some(chunk) = response.chunk().await.map_err(|e| self.failure(e))? {
                coming.add(&chunk)?;
            }
            body = coming.finish()?;
        }
        Ok(RawResponse {
            status,
            headers,
            body,
        })
    }

    /// The expected peer, for messages: the real host, and the address of the override.
    fn peer(&self) -> String {
        match &self.host {
            Some(_) => {
                let at = self.request.url().origin().ascii_serialization();
                format!("{} at {at}", self.host())
            }
            None => self.host().to_owned(),
        }
    }

    /// Classifies a failure in the contract's terms.
    fn failure(&self, error: reqwest::Error) -> FetchError {
        let error = error.without_url();
        if find::<AllBlocked>(&error).is_some() {
            return Denial::Address {
                host: self.host().to_owned(),
                why: "all of its addresses are loopback or private",
            }
            .into();
        }
        let (host, why) = (self.peer(), chain_of(&error));
        if error.is_builder() {
            FetchError::Invalid(why)
        } else if error.is_connect() {
            // An untrusted certificate does not become trusted by a retry; rustls reports it as invalid data.
            let trust = find::<io::Error>(&error)
                .is_some_and(|error| error.kind() == io::ErrorKind::InvalidData);
            FetchError::Unreachable {
                host,
                why,
                passing: !trust,
            }
        } else {
            FetchError::Interrupted { host, why }
        }
    }
}

/// The `Action` of a form, as in query protocols, else the URL's path. A plugin has no secret to put there.
fn what(headers: &HeaderMap, body: &[u8], url: &Url) -> String {
    let form = headers.get(CONTENT_TYPE).is_some_and(|kind| {
        let kind = kind.as_bytes();
        kind.starts_with(b"application/x-www-form-urlencoded")
    });
    let mut fields = url::form_urlencoded::parse(if form { body } else { &[] });
    let action = fields.find_map(|(name, value)| (name == "Action").then_some(value));
    crate::contract::escape_untrusted(action.as_deref().unwrap_or(url.path()))
}

fn is_redirect(status: StatusCode) -> bool {
    status.is_redirection() && status != StatusCode::NOT_MODIFIED
}

/// The first cause of this type.
fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let mut at = Some(error);
    while let Some(error) = at {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        at = error.source();
    }
    None
}

/// The innermost cause, which is the informative one: the outer ones say "error sending request".
pub(super) fn chain_of(error: &(dyn Error + 'static)) -> String {
    let mut innermost = error;
    while let Some(cause) = innermost.source() {
        innermost = cause;
    }
    innermost.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";

    #[rstest::rstest]
    #[case::query(FORM, "Version=1&Action=DescribeRegions&X=y", "DescribeRegions")]
    #[case::escapes(FORM, "Action=a%1b%5B2J", r"a\u{1b}[2J")]
    #[case::no_action(FORM, "Version=1", "/api/v1/x")]
    #[case::no_form("application/json", "Action=DescribeRegions", "/api/v1/x")]
    fn requests_can_be_told_apart(#[case] kind: &str, #[case] body: &str, #[case] expected: &str) {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_str(kind).unwrap());
        let url = Url::parse("https://a.com/api/v1/x?token=hidden").unwrap();
        assert_eq!(what(&headers, body.as_bytes(), &url), expected);
    }
}
