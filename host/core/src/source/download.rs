//! One way to get bytes from a server that nobody trusts: counted, and over TLS.

use super::SourceError;
use super::error::shown;
use super::login::Authorization;
use crate::egress::{AllBlocked, Lookup, System, is_blocked, is_loopback, of_place};
use reqwest::header::{ACCEPT, HeaderMap};
use reqwest::redirect::{Attempt, Policy};
use reqwest::{Client, StatusCode};
use std::sync::Arc;
use std::time::Duration;
use url::{Host, Url};

/// Longest time until a server has taken the connection.
const CONNECT: Duration = Duration::from_secs(20);
/// Longest time in which nothing at all comes.
const SILENCE: Duration = Duration::from_secs(60);
/// Redirects that are followed: a registry needs one, a download page two.
const HOPS: usize = 5;

/// Whether an address is one to ask: https, or http on this machine.
pub(super) fn reaches(url: &Url) -> bool {
    match url.scheme() {
        "https" => url.has_host(),
        "http" => is_loopback(url),
        _ => false,
    }
}

/// Why a redirect from one address to the next, or to a token server, is refused, where the place that the user named
/// is `near` or is not.
pub(super) fn refusal(from: &Url, to: &Url, near: bool) -> Option<&'static str> {
    match (from.scheme(), to.scheme()) {
        (_, "https") => nearby(to).filter(|_| !near),
        ("http", "http") if is_loopback(to) => None,
        (_, "http") => Some("that is not over TLS"),
        _ => Some("that is neither https nor http"),
    }
}

/// Why an address that the user did not name is not asked: it is near, and being near is not a stranger's to borrow.
/// What a name leads to, the resolver checks.
fn nearby(url: &Url) -> Option<&'static str> {
    let near = match url.host()? {
        Host::Ipv4(address) => is_blocked(address.into()),
        Host::Ipv6(address) => is_blocked(address.into()),
        Host::Domain(_) => is_loopback(url),
    };
    near.then_some("that is this machine, or a private network")
}

/// A redirect that was refused, as `reqwest` hands it back.
#[derive(Debug, thiserror::Error)]
#[error("{why}")]
struct Refused {
    to: String,
    why: &'static str,
}

/// What asks one place that the user named, and those that it leads to.
pub(super) struct Downloads {
    client: Client,
    /// The place is on this machine, or in its private network.
    pub near: bool,
}

/// What a server answered. The body is there when the status says success, and empty otherwise.
pub(super) struct Answer {
    url: String,
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    /// The answer, unless it is a refusal.
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
    /// For this place. Reads the system's roots of trust: made where it is needed, not before.
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
            // `reqwest` takes the login off where the next server is another one.
            .redirect(Policy::custom(move |attempt| follow(attempt, near)))
            .referer(false)
            .retry(reqwest::retry::never())
            // What goes to this machine stays here, and the address that was checked is the address dialled.
            .no_proxy()
            .dns_resolver(resolver)
            // The digest is one of the bytes as they are stored.
            .gzip(false)
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE)
            .build();
        let client = client.map_err(SourceError::Tls)?;
        Ok(Self { client, near })
    }

    /// Asks for what is there, and takes `max` bytes of it at most.
    pub(super) async fn get(
        &self,
        url: &Url,
        accept: Option<&str>,
        login: Option<&Authorization>,
        max: usize,
    ) -> Result<Answer, SourceError> {
        let name = shown(url.as_str());
        let mut request = self.client.get(url.clone());
        if let Some(accept) = accept {
            request = request.header(ACCEPT, accept);
        }
        if let Some(login) = login {
            request = login.add_to(request);
        }
        let mut response = request.send().await.map_err(|error| failed(&name, error))?;
        let mut answer = Answer {
            status: response.status(),
            headers: std::mem::take(response.headers_mut()),
            body: Vec::new(),
            url: name,
        };
        if !answer.status.is_success() {
            return Ok(answer);
        }
        let large = |what: &str| SourceError::TooLarge {
            what: what.to_owned(),
            max,
        };
        if response
            .content_length()
            .is_some_and(|said| said > max as u64)
        {
            return Err(large(&answer.url));
        }
        while let Some(part) = response.chunk().await.map_err(|e| failed(&answer.url, e))? {
            if part.len() > max - answer.body.len() {
                return Err(large(&answer.url));
            }
            answer.body.extend_from_slice(&part);
        }
        Ok(answer)
    }
}

fn follow(attempt: Attempt, near: bool) -> reqwest::redirect::Action {
    let why = match attempt.previous() {
        [.., from] => refusal(from, attempt.url(), near),
        [] => None,
    };
    let why = why.or((attempt.previous().len() > HOPS).then_some("these are too many redirects"));
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
                why: "all addresses of that are of this machine, or of a private network",
            };
        }
        cause = error.source();
    }
    SourceError::Unreachable {
        url: url.to_owned(),
        source: error.without_url(),
    }
}
