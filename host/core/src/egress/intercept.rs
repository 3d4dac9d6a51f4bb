//! A seam between the gates and the network, for who embeds the host: to record, to replay, to answer in a test.
//!
//! An [`Interceptor`] sees requests that passed every gate, before they are signed, and answers after their secrets
//! were taken out. So it never sees a secret, and nothing that was denied. Without one, a request pays nothing for
//! the seam.

use super::FetchError;
use super::send::Prepared;
use super::session::Inner;
use crate::contract::cloudhost::provider::types::ErrorKind;
use crate::credentials::Facts;
use futures::future::BoxFuture;
use http::{HeaderMap, Method};
use std::time::SystemTime;
use url::Url;

/// An answer as the plugin will see it: status, header fields, decoded body.
pub use crate::contract::cloudhost::provider::http::Response as Answer;

/// An answer on its way.
pub type Answered<'a> = BoxFuture<'a, Result<Answer, FetchError>>;

/// What stands between the gates and the network: [`EgressConfig::interceptor`](super::EgressConfig::interceptor).
///
/// It is called from many tasks at once. What it answers goes to the plugin as it is.
///
/// ```
/// use cloudhost::egress::{Answer, Answered, Asked, Interceptor, Next};
///
/// /// Answers for one host by itself.
/// struct Maintenance;
///
/// impl Interceptor for Maintenance {
///     fn exchange<'a>(&'a self, asked: Asked<'a>, next: Next<'a>) -> Answered<'a> {
///         Box::pin(async move {
///             if asked.url.host_str() == Some("prices.example.com") {
///                 return Ok(Answer { status: 503, headers: Vec::new(), body: Vec::new() });
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
    /// Answers a request: with what the network says ([`Next::send`]), or by itself.
    ///
    /// # Errors
    /// Why there is no answer, as the plugin and the user are told it.
    fn exchange<'a>(&'a self, asked: Asked<'a>, next: Next<'a>) -> Answered<'a>;

    /// What is known of a credential, by its name: then the user's configuration is not looked at for it. Default:
    /// `None`, which is the user's configuration.
    fn facts(&self, _credential: &str) -> Option<Facts> {
        None
    }

    /// Hears what the plugin, or the host in its place, was told of a credential. Default: nothing is done.
    fn told(&self, _credential: &str, _facts: &Facts) {}

    /// Hears what came of a call of the plugin that asks its cloud: the export (`fetch`, `whoami`, `bill`), and the kind
    /// of error if it is one of the contract. Of a call that crashed, met a limit or was given up nothing is heard.
    /// Default: nothing is done.
    fn answered(&self, _export: &'static str, _error: Option<ErrorKind>) {}

    /// The time at which the clock of plugins stands still, and from which their random numbers for hash tables come.
    /// Default: `None`, which is the time of the system, as it goes on.
    fn time(&self) -> Option<SystemTime> {
        None
    }
}

/// A request that passed every gate.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The name of the plugin that asks.
    pub plugin: &'a str,
    /// Its method.
    pub method: &'a Method,
    /// Its real URL, also where the user's endpoint stands in for the cloud's.
    pub url: &'a Url,
    /// Its header fields as the plugin set them; those that are the host's are not among them.
    pub headers: &'a HeaderMap,
    /// Its body, if any.
    pub body: Option<&'a [u8]>,
    /// The name of the credential that it will be signed with, if any.
    pub credential: Option<&'a str>,
    /// It changes nothing in the cloud.
    pub read_only: bool,
}

/// The rest of the way: the plugin's rate and places in flight, signing, the socket, retries.
#[derive(Clone, Copy)]
pub struct Next<'a> {
    session: &'a Inner,
    prepared: &'a Prepared,
}

impl<'a> Next<'a> {
    pub(super) fn new(session: &'a Inner, prepared: &'a Prepared) -> Self {
        Self { session, prepared }
    }

    pub(super) fn asked(&self) -> Asked<'a> {
        let request = &self.prepared.request;
        Asked {
            plugin: self.session.plugin(),
            method: request.method(),
            url: &self.prepared.url,
            headers: request.headers(),
            body: request.body().and_then(reqwest::Body::as_bytes),
            credential: self.prepared.credential(),
            read_only: self.prepared.read_only,
        }
    }

    /// Sends the request, as often as it takes, and waits for the whole answer. Dropping the future gives it up.
    ///
    /// # Errors
    /// Why there is no answer.
    pub async fn send(self) -> Result<Answer, FetchError> {
        self.session.send(self.prepared).await
    }
}
