//! One attempt: sign, send, read.

use super::body::Body;
use super::client::{Http, Owner};
use super::rate_limit::{Bucket, Pace};
use super::redact::Known;
use super::resolver::AllBlocked;
use super::session::Inner;
use super::{FetchError, headers};
use crate::capability::Denial;
use crate::contract::Digest;
use crate::credentials::{SignRequest, Signed};
use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, HOST, USER_AGENT};
use http::uri::Authority;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body as _, Bytes};
use secrecy::zeroize::Zeroizing;
use std::error::Error;
use std::io;
use std::sync::Arc;
use url::{Url, form_urlencoded};

/// A request that passed all checks, ready to be sent as often as needed.
pub(super) struct PreparedRequest {
    /// Owner of the connections that it uses.
    pub owner: Owner,
    /// The real URL: used for the signature and in messages.
    pub url: Url,
    pub method: Method,
    /// The headers that the plugin set.
    pub headers: HeaderMap,
    pub body: Option<Bytes>,
    /// The URL to connect to.
    pub to: Uri,
    /// The origin of the user's endpoint, if the connection goes there.
    pub instead: Option<String>,
    /// `Host`, if the connection goes elsewhere.
    pub host: Option<HeaderValue>,
    pub signs: Vec<Signs>,
    /// The queue for the real host, and its rate.
    pub rate: Option<(Arc<Pace>, Bucket)>,
    /// It changes nothing in the cloud.
    pub reads: bool,
}

/// The use of a credential in a request.
pub(super) struct Signs {
    pub credential: String,
    pub added: Added,
}

/// Part of a request that a credential adds.
pub(super) enum Added {
    /// A signature of Signature Version 4.
    Signature(Scope),
    /// `Authorization: Bearer`.
    Bearer,
    /// `Authorization: Basic`.
    Basic,
    /// A header of its own.
    Header(HeaderName),
    /// A parameter of the query.
    Parameter(String),
}

impl Signs {
    /// The scope of its signature, if it makes one.
    pub(super) fn scope(&self) -> Option<&Scope> {
        match &self.added {
            Added::Signature(scope) => Some(scope),
            _ => None,
        }
    }
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

    /// The name of the credential that signs it; of several, their names with spaces between them.
    pub(super) fn credential(&self) -> Option<&str> {
        self.owner.credential.as_deref()
    }

    /// Digest of method, URL and body, as the plugin gave them: without credentials.
    fn digest(&self) -> Digest {
        let mut text = format!("{} {}\n", self.method, self.url).into_bytes();
        text.extend_from_slice(self.body.as_deref().unwrap_or_default());
        Digest::of(&text)
    }

    /// A label of the operation, to tell requests apart in a log.
    pub(super) fn what(&self) -> String {
        let body = self.body.as_deref().unwrap_or_default();
        what(&self.headers, body, &self.url)
    }

    /// Sends the request once. Dropping the future closes the connection.
    pub(super) async fn send(&self, session: &Inner) -> Result<RawResponse, FetchError> {
        let shared = &session.shared;
        let after = shared.config.attempt_timeout;
        let client = session.connections.of(&self.owner)?;
        let origin = self.origin();
        // Others can have been sent since it was prepared.
        self.check_form(&session.secrets.of(&origin)?)?;
        let signed = self.sign(session).await?;
        for signed in &signed {
            session.secrets.note(&origin, signed)?;
        }
        let known = session.secrets.of(&origin)?;
        known.note_sent(self.texts()).await;
        if !self.reads
            && let Some(permit) = session.permit.get()
        {
            permit.sending(self.digest()).await?;
        }
        for signs in &self.signs {
            let instead = self.instead.as_deref();
            session
                .trail
                .signed(&signs.credential, self.host(), instead);
        }
        match tokio::time::timeout(after, self.exchange(client, session, signed)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(FetchError::Timeout {
                host: self.peer(),
                after,
            }),
        }
    }

    /// The origin that it is sent to.
    pub(super) fn origin(&self) -> String {
        let to = &self.to;
        let scheme = to.scheme_str().unwrap_or_default();
        let authority = to.authority().map(Authority::as_str);
        format!("{scheme}://{}", authority.unwrap_or_default())
    }

    /// Rejects headers that change the form of the response, if the origin got secrets.
    pub(super) fn check_form(&self, secrets: &Known) -> Result<(), FetchError> {
        match secrets.any() {
            true => headers::check_form(&self.headers),
            false => Ok(()),
        }
    }

    /// All texts in it that are the plugin's.
    fn texts(&self) -> impl Iterator<Item = &[u8]> {
        let headers = self.headers.iter();
        let headers =
            headers.flat_map(|(name, value)| [name.as_str().as_bytes(), value.as_bytes()]);
        let body = self.body.as_deref();
        [self.url.as_str().as_bytes()]
            .into_iter()
            .chain(headers)
            .chain(body)
    }

    async fn sign(&self, session: &Inner) -> Result<Vec<Signed>, FetchError> {
        let credentials = &session.shared.credentials;
        let mut all = Vec::with_capacity(self.signs.len());
        for signs in &self.signs {
            let name = &signs.credential;
            all.push(match &signs.added {
                Added::Signature(scope) => {
                    let what = SignRequest {
                        method: &self.method,
                        url: &self.url,
                        headers: &self.headers,
                        body: self.body.as_deref().unwrap_or_default(),
                        service: &scope.service,
                        region: &scope.region,
                    };
                    credentials.sign(name, what).await?
                }
                Added::Bearer => match session.policy.token(name) {
                    Some((url, scope)) => session.exchanged(name, url, scope).await?,
                    None => credentials.bearer(name).await?,
                },
                Added::Basic => credentials.basic(name).await?,
                Added::Header(header) => credentials.header(name, header.clone()).await?,
                Added::Parameter(parameter) => credentials.parameter(name, parameter).await?,
            });
        }
        Ok(all)
    }

    /// The request as sent.
    fn outgoing(
        &self,
        user_agent: &str,
        signed: Vec<Signed>,
    ) -> Result<http::Request<Full<Bytes>>, FetchError> {
        let mut request = http::Request::new(Full::new(self.body.clone().unwrap_or_default()));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.with_parameters(&signed)?;
        let headers = request.headers_mut();
        headers.clone_from(&self.headers);
        // Data that a library unpacks is not counted before it is unpacked: this is what is unpacked here.
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        headers
            .entry(ACCEPT)
            .or_insert(HeaderValue::from_static("*/*"));
        if let Ok(name) = HeaderValue::from_str(user_agent) {
            headers.entry(USER_AGENT).or_insert(name);
        }
        headers.extend(self.host.clone().map(|host| (HOST, host)));
        for (name, value) in signed.into_iter().flat_map(|signed| signed.headers) {
            headers.insert(name, value);
        }
        Ok(request)
    }

    /// The URL to connect to, with the parameters of credentials.
    fn with_parameters(&self, signed: &[Signed]) -> Result<Uri, FetchError> {
        let mut parameters = signed.iter().filter_map(Signed::parameter).peekable();
        if parameters.peek().is_none() {
            return Ok(self.to.clone());
        }
        let mut url = Zeroizing::new(self.to.to_string());
        for (name, value) in parameters {
            let separator = if url.contains('?') { '&' } else { '?' };
            url.push(separator);
            let encoded = form_urlencoded::byte_serialize(value.as_bytes());
            url.push_str(name);
            url.push('=');
            url.extend(encoded);
        }
        Uri::try_from(url.as_str()).map_err(|_| {
            FetchError::Invalid("its URL cannot be sent with the credential".to_owned())
        })
    }

    pub(super) async fn exchange(
        &self,
        client: Http,
        session: &Inner,
        signed: Vec<Signed>,
    ) -> Result<RawResponse, FetchError> {
        let failed = |error: &(dyn Error + 'static), connecting| {
            // The socket fails when the call may receive no more.
            let within = session.budget.came(0);
            within
                .err()
                .unwrap_or_else(|| self.failure(error, connecting))
        };
        let request = self.outgoing(&session.shared.config.user_agent, signed)?;
        let response = client.request(request).await;
        let response = response.map_err(|error| failed(&error, error.is_connect()))?;
        let (head, mut incoming) = response.into_parts();
        let (status, mut headers) = (head.status, head.headers);
        session.note_clock(&headers);
        let mut body = Vec::new();
        // The only information in a redirect that is not followed is its location.
        if !is_redirect(status) {
            let length = incoming.size_hint().exact();
            let mut coming = Body::announced(&mut headers, length, self.host(), &session.budget)?;
            while let Some(frame) = incoming.frame().await {
                let frame = frame.map_err(|error| failed(&error, false))?;
                // The others are trailers, which no plugin sees.
                if let Ok(chunk) = frame.into_data() {
                    coming.add(&chunk)?;
                }
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
        match &self.instead {
            Some(at) => format!("{} at {at}", self.host()),
            None => self.host().to_owned(),
        }
    }

    /// Classifies a failure in the contract's terms.
    fn failure(&self, error: &(dyn Error + 'static), connecting: bool) -> FetchError {
        if causes(error).any(|cause| cause.is::<AllBlocked>()) {
            return Denial::Address {
                host: self.host().to_owned(),
                why: "all of its addresses are loopback or private",
            }
            .into();
        }
        // The innermost cause is the informative one: the outer ones say "client error".
        let why = causes(error).last().map(ToString::to_string);
        let (host, why) = (self.peer(), why.unwrap_or_default());
        match connecting {
            true => FetchError::Unreachable {
                host,
                why,
                // An untrusted certificate does not become trusted by a retry.
                passing: !causes(error).any(|cause| cause.is::<rustls::Error>()),
            },
            false => FetchError::Interrupted { host, why },
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

/// An error and its causes, from the outermost to the innermost.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| cause_of(*error))
}

/// The cause of an error. One inside of an I/O error is not its source.
pub(crate) fn cause_of<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    let inner = error.downcast_ref::<io::Error>();
    match inner.and_then(io::Error::get_ref) {
        Some(inner) => Some(inner),
        None => error.source(),
    }
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
