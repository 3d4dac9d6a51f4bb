//! Downloads from untrusted servers, over TLS and with a size limit on all that a socket receives.

use super::SourceError;
use super::error::shown;
use super::login::Authorization;
use crate::egress::{
    AllBlocked, Connector, Http, Lookup, Meter, System, cause_of, is_blocked, is_loopback,
    of_place, system_tls,
};
use http::header::{
    ACCEPT, AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, LOCATION, USER_AGENT,
};
use http::{Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body as _, Bytes, Incoming};
use hyper_util::rt::TokioExecutor;
use std::error::Error;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use url::{Host, Url};

/// Timeout to connect.
const CONNECT: Duration = Duration::from_secs(20);
/// Timeout without any received data.
const SILENCE: Duration = Duration::from_secs(60);
/// Name of this program in requests.
const AGENT: &str = concat!("cloudhost/", env!("CARGO_PKG_VERSION"));
/// Bytes that are read of an error's body.
const MAX_ERROR: usize = 4096;
/// Limit on redirects: a registry needs one, a download page two.
const HOPS: usize = 5;
/// Bytes that a socket may receive besides a body and its framing: certificates, headers, informational responses.
const AROUND: u64 = 1 << 20;

type BoxError = Box<dyn Error + Send + Sync>;

/// Allows https anywhere, and http on this machine.
pub(super) fn reaches(url: &Url) -> bool {
    match url.scheme() {
        "https" => url.has_host(),
        "http" => is_loopback(url),
        _ => false,
    }
}

/// Returns the reason to reject a location that a server named: a redirect, a token server, a place for an upload.
/// `near`: the location that the user named is on this machine or its private network.
pub(super) fn refusal(from: &Url, to: &Url, near: bool) -> Option<&'static str> {
    match (from.scheme(), to.scheme()) {
        (_, "https") => nearby(to).filter(|_| !near),
        ("http", "http") if is_loopback(to) => None,
        _ => Some("expected https"),
    }
}

/// The location in the headers of a response from this URL.
pub(super) fn location(from: &Url, headers: &HeaderMap) -> Option<Url> {
    let location = headers.get(LOCATION)?;
    from.join(&String::from_utf8_lossy(location.as_bytes()))
        .ok()
}

/// The part of a URL that a server named which messages have. The rest would be text of the server's choice.
fn origin(url: &Url) -> String {
    let origin = url.origin();
    shown(&match origin.is_tuple() {
        true => origin.ascii_serialization(),
        false => format!("a location with `{}:`", url.scheme()),
    })
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

/// A request to a server that the user or another server named.
pub(super) struct Ask {
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: Bytes,
    named_by: Option<Namer>,
}

/// The server that named a location.
struct Namer {
    name: String,
    url: Url,
}

impl Ask {
    /// Sets a header.
    pub(super) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Sets the body.
    pub(super) fn body(mut self, body: Vec<u8>) -> Self {
        self.body = body.into();
        self
    }

    /// Declares that a server, and not the user, named the URL.
    pub(super) fn named_by(mut self, server: &Url) -> Self {
        self.named_by = Some(Namer {
            name: origin(server),
            url: server.clone(),
        });
        self
    }

    /// The server's name in messages.
    fn name(&self) -> String {
        match &self.named_by {
            Some(_) => origin(&self.url),
            None => shown(self.url.as_str()),
        }
    }

    /// Rejects a location to which no server may lead.
    fn check(&self, near: bool) -> Result<(), SourceError> {
        let namer = self.named_by.as_ref();
        let refusal = namer.and_then(|namer| refusal(&namer.url, &self.url, near));
        refusal.map_or(Ok(()), |why| Err(self.refused(why)))
    }

    fn refused(&self, why: &'static str) -> SourceError {
        let namer = self.named_by.as_ref();
        SourceError::Location {
            url: namer.map_or_else(|| self.name(), |namer| namer.name.clone()),
            to: self.name(),
            why,
        }
    }

    /// The same request at the location of a redirect, if it is followed. A server of another origin gets no login.
    fn redirected(&self, response: &http::Response<Incoming>) -> Option<Self> {
        let followed: &[u16] = match self.method {
            Method::GET | Method::HEAD => &[301, 302, 303, 307, 308],
            // The others let a client send a GET instead, which would do something else.
            _ => &[307, 308],
        };
        if !followed.contains(&response.status().as_u16()) {
            return None;
        }
        let to = location(&self.url, response.headers())?;
        let mut headers = self.headers.clone();
        if self.url.origin() != to.origin() {
            headers.remove(AUTHORIZATION);
        }
        Some(Self {
            method: self.method.clone(),
            url: to,
            headers,
            body: self.body.clone(),
            named_by: Some(Namer {
                name: self.name(),
                url: self.url.clone(),
            }),
        })
    }

    fn to_request(&self) -> Result<Request<Full<Bytes>>, BoxError> {
        let mut request = Request::new(Full::new(self.body.clone()));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = Uri::try_from(self.url.as_str())?;
        let headers = request.headers_mut();
        headers.clone_from(&self.headers);
        headers
            .entry(ACCEPT)
            .or_insert(HeaderValue::from_static("*/*"));
        headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        Ok(request)
    }
}

/// Bytes that the sockets of a client may still receive.
#[derive(Default)]
struct Left(AtomicU64);

impl Meter for Left {
    fn came(&self, bytes: usize) -> io::Result<()> {
        let taken = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(bytes as u64)
            });
        taken.map(drop).map_err(|_| io::Error::other(TooMuch))
    }
}

/// A socket received more than a response may have.
#[derive(Debug, thiserror::Error)]
#[error("too much was received")]
struct TooMuch;

/// A server sent nothing for a long time.
#[derive(Debug, thiserror::Error)]
#[error("no data within {} s", SILENCE.as_secs())]
struct Silent;

/// Client for one location that the user named, and those that it redirects to. It uses no proxy: traffic to this machine
/// stays here, and the address that was checked is the address that is dialled.
pub(super) struct Downloads {
    client: Http,
    left: Arc<Left>,
    /// The location is on this machine, or in its private network.
    pub near: bool,
}

/// Response of a server. The body of an error is its beginning only.
pub(super) struct ServerResponse {
    /// The URL after all redirects.
    pub url: Url,
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl ServerResponse {
    /// Returns the response if its status is a success. `url`: the requested URL, for the message.
    pub(super) fn success(self, url: &str) -> Result<Self, SourceError> {
        if self.status.is_success() {
            return Ok(self);
        }
        Err(SourceError::Status {
            url: url.to_owned(),
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
        let (near, addresses) = of_place(host, lookup).await;
        let tls = system_tls().map_err(SourceError::Tls)?;
        let left = Arc::new(Left::default());
        let connector = Connector::new(addresses, tls, CONNECT, left.clone());
        Ok(Self {
            client: connector.client(TokioExecutor::new()),
            left,
            near,
        })
    }

    /// Fetches a URL that the user named, and at most `max` bytes of it.
    pub(super) async fn get(&self, url: &Url, max: usize) -> Result<ServerResponse, SourceError> {
        self.send(self.ask(Method::GET, url, None), max).await
    }

    /// Begins a request, with a login if there is one.
    pub(super) fn ask(&self, method: Method, url: &Url, login: Option<&Authorization>) -> Ask {
        let mut headers = HeaderMap::new();
        let login = login.and_then(Authorization::header);
        headers.extend(login.map(|login| (AUTHORIZATION, login)));
        Ask {
            method,
            url: url.clone(),
            headers,
            body: Bytes::new(),
            named_by: None,
        }
    }

    /// Sends a request, follows redirects, and reads at most `max` bytes of the response.
    pub(super) async fn send(&self, ask: Ask, max: usize) -> Result<ServerResponse, SourceError> {
        // Chunks that are not tiny need less than an eighth more.
        let most = AROUND
            .saturating_add(max as u64)
            .saturating_add(max as u64 / 8);
        self.left.0.store(most, Ordering::Relaxed);
        let large = SourceError::TooLarge {
            what: ask.name(),
            max,
        };
        let (ask, mut response) = self.response(ask).await?;
        let mut received = ServerResponse {
            status: response.status(),
            headers: std::mem::take(response.headers_mut()),
            body: Vec::new(),
            url: ask.url.clone(),
        };
        let mut body = response.into_body();
        if !received.status.is_success() {
            while let Ok(Some(part)) = next(&mut body).await {
                let room = MAX_ERROR - received.body.len();
                let part = part.get(..part.len().min(room)).unwrap_or_default();
                received.body.extend_from_slice(part);
                if part.len() == room {
                    break;
                }
            }
            return Ok(received);
        }
        if body.size_hint().lower() > max as u64 {
            return Err(large);
        }
        while let Some(part) = next(&mut body).await.map_err(|error| failed(&ask, error))? {
            if part.len() > max - received.body.len() {
                return Err(large);
            }
            received.body.extend_from_slice(&part);
        }
        Ok(received)
    }

    /// The response after all redirects, and the request that got it.
    async fn response(&self, mut ask: Ask) -> Result<(Ask, http::Response<Incoming>), SourceError> {
        for _ in 0..=HOPS {
            ask.check(self.near)?;
            let response = self.once(&ask).await;
            let response = response.map_err(|error| failed(&ask, error))?;
            ask = match ask.redirected(&response) {
                Some(next) => next,
                None => return Ok((ask, response)),
            };
        }
        Err(ask.refused("too many redirects"))
    }

    async fn once(&self, ask: &Ask) -> Result<http::Response<Incoming>, BoxError> {
        let response = self.client.request(ask.to_request()?);
        Ok(tokio::time::timeout(SILENCE, response)
            .await
            .map_err(|_| Silent)??)
    }
}

/// The next part of a body.
async fn next(body: &mut Incoming) -> Result<Option<Bytes>, BoxError> {
    loop {
        let frame = tokio::time::timeout(SILENCE, body.frame()).await;
        match frame.map_err(|_| Silent)?.transpose()? {
            None => return Ok(None),
            // The others are trailers.
            Some(frame) => match frame.into_data() {
                Ok(part) => return Ok(Some(part)),
                Err(_) => continue,
            },
        }
    }
}

fn failed(ask: &Ask, error: BoxError) -> SourceError {
    let mut cause: Option<&(dyn Error + 'static)> = Some(&*error);
    while let Some(error) = cause {
        if error.is::<TooMuch>() {
            return SourceError::Flood { url: ask.name() };
        }
        if error.is::<AllBlocked>() {
            return ask.refused("all of its addresses are loopback or private");
        }
        cause = cause_of(error);
    }
    SourceError::Unreachable {
        url: ask.name(),
        source: error,
    }
}
