//! Downloads from untrusted servers, over TLS and with a size limit.

use super::SourceError;
use super::error::shown;
use super::login::Authorization;
use crate::egress::{AllBlocked, Lookup, System, is_blocked, is_loopback, of_place};
use reqwest::header::{ACCEPT, HeaderMap};
use reqwest::redirect::{Attempt, Policy};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use std::sync::Arc;
use std::time::Duration;
use url::{Host, Url};

/// Timeout to connect.
const CONNECT: Duration = Duration::from_secs(20);
/// Timeout without any received data.
const SILENCE: Duration = Duration::from_secs(60);
/// Bytes that are read of an error's body.
const MAX_ERROR: usize = 4096;
/// Limit on redirects: a registry needs one, a download page two.
const HOPS: usize = 5;

/// Allows https anywhere, and http on this machine.
pub(super) fn reaches(url: &Url) -> bool {
    match url.scheme() {
        "https" => url.has_host(),
        "http" => is_loopback(url),
        _ => false,
    }
}

/// Returns the reason to reject a redirect, or a token server, at `to`. `near`: the location that the user named is on
/// this machine or its private network.
pub(super) fn refusal(from: &Url, to: &Url, near: bool) -> Option<&'static str> {
    match (from.scheme(), to.scheme()) {
        (_, "https") => nearby(to).filter(|_| !near),
        ("http", "http") if is_loopback(to) => None,
        (_, "http") => Some("expected https"),
        _ => Some("expected https"),
    }
}

/// Returns the reason to reject an address that the user did not name: SSRF protection. The resolver checks the
/// addresses of host names.
fn nearby(url: &Url) -> Option<&'static str> {
    let near = match url.host()? {
        Host::Ipv4(address) => is_blocked(address.into()),
        Host::Ipv6(address) => is_blocked(address.into()),
        Host::Domain(_) => is_loopback(url),
    };
    near.then_some("loopback and private addresses are blocked")
}

/// A rejected redirect, as `reqwest` passes it back.
#[derive(Debug, thiserror::Error)]
#[error("{why}")]
struct Refused {
    to: String,
    why: &'static str,
}

/// Client for one location that the user named, and those that it redirects to.
pub(super) struct Downloads {
    client: Client,
    /// The location is on this machine, or in its private network.
    pub near: bool,
}

/// Response of a server. The body of an error is its beginning only.
pub(super) struct ServerResponse {
    url: String,
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl ServerResponse {
    /// Returns the response if its status is a success.
    pub(super) fn success(self) -> Result<Self, SourceError> {
        if self.status.is_success() {
            return Ok(self);
        }
        Err(SourceError::Status {
            url: self.url,
            status: self.status.as_u16(),
        })
    }
}

impl Downloads {
    /// Builds a client for this location. Reads the system's root certificates, so it is created on first use.
    pub(super) async fn of(place: &Url) -> Result<Self, SourceError> {
        Self::resolving(place, Arc::new(System)).await
    }

    pub(super) async fn resolving(
        place: &Url,
        lookup: Arc<dyn Lookup>,
    ) -> Result<Self, SourceError> {
        let host = place.host().unwrap_or(Host::Domain(""));
        let (near, resolver) = of_place(host, lookup).await;
        let client = Client::builder()
            .user_agent(concat!("cloudhost/", env!("CARGO_PKG_VERSION")))
            // `reqwest` removes the login on a redirect to a different server.
            .redirect(Policy::custom(move |attempt| follow(attempt, near)))
            .referer(false)
            .retry(reqwest::retry::never())
            // Traffic to this machine stays here, and the address that was checked is the address that is dialled.
            .no_proxy()
            .dns_resolver(resolver)
            // The digest is of the bytes as they are stored.
            .gzip(false)
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE)
            .build();
        let client = client.map_err(SourceError::Tls)?;
        Ok(Self { client, near })
    }

    /// Fetches a URL, and at most `max` bytes of it.
    pub(super) async fn get(
        &self,
        url: &Url,
        accept: Option<&str>,
        login: Option<&Authorization>,
        max: usize,
    ) -> Result<ServerResponse, SourceError> {
        let mut request = self.request(Method::GET, url, login);
        if let Some(accept) = accept {
            request = request.header(ACCEPT, accept);
        }
        self.send(url, request, max).await
    }

    /// Begins a request, with a login if there is one.
    pub(super) fn request(
        &self,
        method: Method,
        url: &Url,
        login: Option<&Authorization>,
    ) -> RequestBuilder {
        let request = self.client.request(method, url.clone());
        match login {
            Some(login) => login.add_to(request),
            None => request,
        }
    }

    /// Sends a request to this URL, and reads at most `max` bytes of its response.
    pub(super) async fn send(
        &self,
        url: &Url,
        request: RequestBuilder,
        max: usize,
    ) -> Result<ServerResponse, SourceError> {
        let name = shown(url.as_str());
        let mut response = request.send().await.map_err(|error| failed(&name, error))?;
        let mut received = ServerResponse {
            status: response.status(),
            headers: std::mem::take(response.headers_mut()),
            body: Vec::new(),
            url: name,
        };
        if !received.status.is_success() {
            while let Ok(Some(part)) = response.chunk().await {
                let room = MAX_ERROR - received.body.len();
                let part = part.get(..part.len().min(room)).unwrap_or_default();
                received.body.extend_from_slice(part);
                if part.len() == room {
                    break;
                }
            }
            return Ok(received);
        }
        let large = |what: &str| SourceError::TooLarge {
            what: what.to_owned(),
            max,
        };
        if response
            .content_length()
            .is_some_and(|length| length > max as u64)
        {
            return Err(large(&received.url));
        }
        while let Some(part) = response
            .chunk()
            .await
            .map_err(|e| failed(&received.url, e))?
        {
            if part.len() > max - received.body.len() {
                return Err(large(&received.url));
            }
            received.body.extend_from_slice(&part);
        }
        Ok(received)
    }
}

fn follow(attempt: Attempt, near: bool) -> reqwest::redirect::Action {
    let why = match attempt.previous() {
        [.., from] => refusal(from, attempt.url(), near),
        [] => None,
    };
    let why = why.or((attempt.previous().len() > HOPS).then_some("too many redirects"));
    let to = shown(attempt.url().as_str());
    match why {
        Some(why) => attempt.error(Refused { to, why }),
        None => attempt.follow(),
    }
}

fn failed(url: &str, error: reqwest::Error) -> SourceError {
    let to = error.url().map(|to| shown(to.as_str()));
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        if let Some(refused) = error.downcast_ref::<Refused>() {
            return SourceError::Redirect {
                url: url.to_owned(),
                to: refused.to.clone(),
                why: refused.why,
            };
        }
        if error.is::<AllBlocked>() {
            return SourceError::Redirect {
                url: url.to_owned(),
                to: to.unwrap_or_else(|| url.to_owned()),
                why: "all of its addresses are loopback or private",
            };
        }
        cause = error.source();
    }
    SourceError::Unreachable {
        url: url.to_owned(),
        source: error.without_url(),
    }
}
