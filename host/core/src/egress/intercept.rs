//! Hook between the checks and the network, for programs that embed the host: to record, to replay, or to respond in
//! a test.
//!
//! An [`Interceptor`] sees requests that passed every check, before they are signed. Its response is redacted before
//! the plugin sees it. So it never sees a secret, and nothing that the checks denied. A request can still be denied on
//! its way, for the addresses of its host or for what came meanwhile: that is an error of [`Next::send`]. Without an
//! interceptor, the hook costs a request nothing.

use super::FetchError;
use super::send::PreparedRequest;
use super::session::Inner;
use crate::contract::cloudhost::provider::types::ErrorKind;
use crate::credentials::Facts;
use futures::future::BoxFuture;
use http::{HeaderMap, Method};
use std::time::SystemTime;
use url::Url;

/// A response as the plugin will see it: status, headers, decoded body.
pub use crate::contract::cloudhost::provider::http::Response;

/// A pending response.
pub type ResponseFuture<'a> = BoxFuture<'a, Result<Response, FetchError>>;

/// A hook between the checks and the network: [`EgressConfig::interceptor`](super::EgressConfig::interceptor).
///
/// It is called from many tasks at once. Its response goes to the plugin unchanged.
///
/// ```
/// use cloudhost::egress::{Response, ResponseFuture, InterceptedRequest, Interceptor, Next};
///
/// /// Responds for one host by itself.
/// struct Maintenance;
///
/// impl Interceptor for Maintenance {
///     fn exchange<'a>(&'a self, request: InterceptedRequest<'a>, next: Next<'a>) -> ResponseFuture<'a> {
///         Box::pin(async move {
///             if request.url.host_str() == Some("prices.example.com") {
///                 return Ok(Response { status: 503, headers: Vec::new(), body: Vec::new() });
///             }
///             next.send().await
///         })
///     }
/// }
///
/// let mut config = cloudhost::host::HostConfig::new("/var/cache/inventory");
/// config.egress.interceptor = Some(std::sync::Arc::new(Maintenance));
/// ```
pub trait Interceptor: Send + Sync {
    /// Responds to a request: from the network ([`Next::send`]), or by itself.
    ///
    /// # Errors
    /// The reason for the failure, as the plugin and the user see it.
    fn exchange<'a>(
        &'a self,
        request: InterceptedRequest<'a>,
        next: Next<'a>,
    ) -> ResponseFuture<'a>;

    /// Facts about a credential, by its name, which replace the user's configuration. Default: `None`, which is the
    /// user's configuration.
    fn facts(&self, _credential: &str) -> Option<Facts> {
        None
    }

    /// Receives the facts that the plugin, or the host in its place, got about a credential. Default: does nothing.
    fn on_credential_facts(&self, _credential: &str, _facts: &Facts) {}

    /// Receives the outcome of a call of the plugin that contacts its cloud: the export (`fetch`, `whoami`, `bill`),
    /// and the kind of error if it is one of the contract. Not called for a call that crashed, reached a limit or was
    /// cancelled. Default: does nothing.
    fn on_call_finished(&self, _export: &'static str, _error: Option<ErrorKind>) {}

    /// The fixed time of the plugins' clock, which also seeds their random numbers for hash tables. Default: `None`,
    /// which is the system's running clock.
    fn time(&self) -> Option<SystemTime> {
        None
    }
}

/// A request that passed every check.
#[derive(Clone, Copy, Debug)]
pub struct InterceptedRequest<'a> {
    /// The name of the plugin.
    pub plugin: &'a str,
    /// The method.
    pub method: &'a Method,
    /// The real URL, also where the user's endpoint replaces the cloud's.
    pub url: &'a Url,
    /// The headers that the plugin set, without those that belong to the host.
    pub headers: &'a HeaderMap,
    /// The body, if any.
    pub body: Option<&'a [u8]>,
    /// The name of the credential that it will be signed with, if any; of several, their names with spaces between them.
    pub credential: Option<&'a str>,
    /// It changes nothing in the cloud.
    pub reads: bool,
}

/// The rest of the way: the plugin's rate and places in flight, signing, the socket, retries.
#[derive(Clone, Copy)]
pub struct Next<'a> {
    session: &'a Inner,
    prepared: &'a PreparedRequest,
}

impl<'a> Next<'a> {
    pub(super) fn new(session: &'a Inner, prepared: &'a PreparedRequest) -> Self {
        Self { session, prepared }
    }

    pub(super) fn request(&self) -> InterceptedRequest<'a> {
        let prepared = self.prepared;
        InterceptedRequest {
            plugin: self.session.plugin(),
            method: &prepared.method,
            url: &prepared.url,
            headers: &prepared.headers,
            body: prepared.body.as_deref(),
            credential: prepared.credential(),
            reads: prepared.reads,
        }
    }

    /// Sends the request, with retries, and waits for the whole response. Dropping the future cancels it.
    ///
    /// # Errors
    /// The reason for the failure.
    pub async fn send(self) -> Result<Response, FetchError> {
        self.session.send(self.prepared).await
    }
}
