//! The way out for one call of a plugin.

use super::budget::{Budget, CallLimits};
use super::client::{Owner, Way};
use super::pace::Turn;
use super::send::{Answer, Prepared, Scope, Signs};
use super::{FetchError, Shared, headers, overrides, record};
use crate::audit::Trail;
use crate::capability::{Denial, Policy, Scheme, Use};
use crate::contract::cloudhost::provider::credentials::Facts;
use crate::contract::cloudhost::provider::http::{Auth, HttpError, Request, Response};
use std::future::Future;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use url::{Position, Url};

/// Denials that a report keeps; the first ones tell what a plugin tried.
const MAX_DENIALS: usize = 64;

/// The way out for one call: a policy, budgets, and a report. Clones are the same session.
#[derive(Clone)]
pub struct Session(Arc<Inner>);

struct Inner {
    shared: Arc<Shared>,
    trail: Trail,
    policy: Arc<Policy>,
    budget: Budget,
    in_flight: Arc<Semaphore>,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    denials: Vec<Denial>,
    last_failure: Option<FetchError>,
}

/// A request on its way; it ends when this is dropped.
struct Running(JoinHandle<Result<Response, Failure>>);

/// A request without an answer.
struct Failure {
    error: FetchError,
    /// The host that it was for, where that could be read.
    host: Option<String>,
}

/// Before its URL was read.
impl From<FetchError> for Failure {
    fn from(error: FetchError) -> Self {
        Self { error, host: None }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What a call did on the network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Requests, those that were denied included.
    pub requests: u32,
    /// Attempts after the first ones.
    pub retries: u32,
    /// Bytes of all bodies received, decoded.
    pub bytes_in: u64,
    /// What was denied, the first 64.
    pub denials: Vec<Denial>,
    /// The last request that got no answer, in the user's words: with what a credential's provider said,
    /// which the plugin does not get.
    pub last_failure: Option<FetchError>,
}

impl Session {
    pub(super) fn new(
        shared: Arc<Shared>,
        trail: Trail,
        policy: Arc<Policy>,
        limits: CallLimits,
    ) -> Self {
        Self(Arc::new(Inner {
            in_flight: shared.in_flight.of(trail.plugin()),
            shared,
            trail,
            policy,
            budget: Budget::new(limits),
            seen: Mutex::default(),
        }))
    }

    /// Sends a plugin's request through all gates and waits for the whole answer.
    ///
    /// Dropping the future closes the connection and gives the place in flight to the next one.
    pub fn fetch(
        &self,
        request: Request,
    ) -> impl Future<Output = Result<Response, HttpError>> + Send + 'static {
        let session = self.0.clone();
        async move {
            // Before the task, which holds the body while it waits for its turn.
            let body = request.body.as_ref().map_or(0, Vec::len);
            if let Err(error) = session.budget.request(body) {
                return Err(session.failed(error.into()));
            }
            // A task of its own: hundreds of requests that one guest joins use all processors, and what
            // happens on a socket wakes this task, not the guest.
            let work = session.clone();
            let mut task = Running(tokio::spawn(async move { work.fetch(request).await }));
            let outcome = match (&mut task.0).await {
                Ok(outcome) => outcome,
                Err(_) => Err(given_up().into()),
            };
            outcome.map_err(|failure| session.failed(failure))
        }
    }

    /// Tells a plugin about a credential that it may name.
    ///
    /// # Errors
    /// A sentence, where manifest and grant do not both name it.
    pub async fn describe(&self, name: &str) -> Result<Facts, String> {
        if let Err(denial) = self.0.policy.allow_describe(name) {
            return Err(self.0.failed(FetchError::from(denial).into()).message);
        }
        let facts = self.0.shared.credentials.describe(name).await;
        Ok(Facts {
            configured: facts.configured,
            source: facts.source,
            account: facts.account,
            region: facts.region,
        })
    }

    /// The trail of the plugin's events.
    pub(crate) fn trail(&self) -> &Trail {
        &self.0.trail
    }

    /// What the call did so far.
    pub fn report(&self) -> Report {
        let inner = &self.0;
        let seen = inner.seen.lock().unwrap_or_else(PoisonError::into_inner);
        Report {
            requests: inner.budget.requests.load(Ordering::Relaxed),
            retries: inner.budget.retries.load(Ordering::Relaxed),
            bytes_in: inner.budget.bytes_in.load(Ordering::Relaxed),
            denials: seen.denials.clone(),
            last_failure: seen.last_failure.clone(),
        }
    }
}

/// The host itself ends: nothing that a limit or the network did.
fn given_up() -> FetchError {
    FetchError::Interrupted {
        host: "the cloud".to_owned(),
        why: "the host gave the request up".to_owned(),
    }
}

impl Inner {
    async fn fetch(&self, request: Request) -> Result<Response, Failure> {
        let url = record::parse(&request.url)?;
        let host = url.host_str().map(str::to_owned);
        let answered = self.ask(url, request).await;
        answered.map_err(|error| Failure { error, host })
    }

    async fn ask(&self, url: Url, request: Request) -> Result<Response, FetchError> {
        let read_only = request.read_only;
        let prepared = self.prepare(url, request)?;
        let start = Instant::now();
        let (outcome, retries) = self.attempts(&prepared, read_only).await;
        let answer = outcome?;
        tracing::debug!(
            target: "cloudhost::egress",
            plugin = self.trail.plugin(),
            host = prepared.host(),
            method = %prepared.request.method(),
            what = prepared.what(),
            status = answer.status.as_u16(),
            bytes = answer.body.len(),
            milliseconds = start.elapsed().as_millis() as u64,
            retries,
            credential = prepared.signs.as_ref().map(|signs| signs.credential.as_str()),
            "answered"
        );
        Ok(record::response(answer))
    }

    /// All gates that need no network.
    fn prepare(&self, url: Url, request: Request) -> Result<Prepared, FetchError> {
        self.policy.allow_url(&url)?;
        let headers = headers::outgoing(&request.headers, &self.budget.limits)?;
        let signs = self.credential(&url, request.auth)?;
        let service = signs.as_ref().and_then(|signs| {
            let scope = signs.sigv4.as_ref()?;
            Some((signs.credential.as_str(), scope.service.as_str()))
        });
        let endpoint = overrides::find(&self.shared, self.trail.plugin(), service)?;
        let (connect, way, host) = match &endpoint {
            None => (url.clone(), Way::Direct, None),
            Some(endpoint) => {
                let connect = overrides::connect_to(endpoint, &url, signs.is_some())?;
                let way = match connect.scheme() {
                    "https" => Way::Override,
                    _ => Way::PlainOverride,
                };
                (connect, way, Some(record::authority(&url)?))
            }
        };
        let rate = self.policy.spacing(&url).map(|spacing| {
            let host = &url[Position::BeforeHost..Position::AfterPort];
            (self.shared.paces.of(self.trail.plugin(), host), spacing)
        });
        let client = self.shared.clients.of(Owner {
            plugin: self.trail.plugin().to_owned(),
            credential: signs.as_ref().map(|signs| signs.credential.clone()),
            way,
        })?;
        let mut outgoing = reqwest::Request::new(record::method(request.method), connect);
        *outgoing.headers_mut() = headers;
        *outgoing.body_mut() = request.body.map(reqwest::Body::from);
        Ok(Prepared {
            client,
            url,
            request: outgoing,
            host,
            signs,
            rate,
        })
    }

    /// The credential that a request names, where it may use it so.
    fn credential(&self, url: &Url, auth: Auth) -> Result<Option<Signs>, FetchError> {
        match auth {
            Auth::None => Ok(None),
            Auth::Sigv4(sigv4) => {
                let wanted = Use {
                    credential: &sigv4.credential,
                    scheme: Scheme::SigV4,
                    service: Some(&sigv4.service),
                };
                self.policy.allow_credential(url, wanted)?;
                let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
                if !(1..=32).contains(&sigv4.region.len()) || !sigv4.region.chars().all(plain) {
                    return Err(FetchError::Invalid(format!(
                        "`{}` is not the name of a region",
                        crate::capability::shown(&sigv4.region)
                    )));
                }
                Ok(Some(Signs {
                    credential: sigv4.credential,
                    sigv4: Some(Scope {
                        service: sigv4.service,
                        region: sigv4.region,
                    }),
                }))
            }
            Auth::Bearer(name) => {
                let wanted = Use {
                    credential: &name,
                    scheme: Scheme::Bearer,
                    service: None,
                };
                self.policy.allow_credential(url, wanted)?;
                Ok(Some(Signs {
                    credential: name,
                    sigv4: None,
                }))
            }
        }
    }

    /// Sends until an outcome is the last one. A place in flight is held while sending, not while waiting for
    /// a turn or for a later attempt.
    async fn attempts(
        &self,
        prepared: &Prepared,
        read_only: bool,
    ) -> (Result<Answer, FetchError>, u32) {
        let config = &self.shared.config;
        let (mut start, mut attempt) = (None, 1);
        loop {
            let turn = match Turn::wait(&self.in_flight, prepared.rate.as_ref()).await {
                Ok(turn) => turn,
                Err(_) => return (Err(given_up()), 0),
            };
            let start = start.get_or_insert_with(Instant::now);
            let outcome = prepared.send(&self.shared, &self.budget, &self.trail).await;
            drop(turn);
            let wait = match read_only {
                true => config.retries.wait(attempt, &outcome),
                false => None,
            };
            // What hung once for the whole time is not asked again: a call asks several in turn.
            let wait = wait.filter(|wait| start.elapsed() + *wait < config.attempt_timeout);
            let Some(wait) = wait else {
                return (outcome, attempt - 1);
            };
            self.budget.retries.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(wait).await;
            attempt += 1;
        }
    }

    /// Notes a failure and turns it into what the plugin gets.
    fn failed(&self, Failure { error, host }: Failure) -> HttpError {
        let for_plugin = error.for_plugin();
        match &error {
            FetchError::Denied(denial) => self.trail.denied(denial, host.as_deref()),
            FetchError::Limit(_) | FetchError::TooLarge { .. } => {
                self.trail.limited(error.label(), host.as_deref());
            }
            _ => {}
        }
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        match &error {
            FetchError::Denied(denial) if seen.denials.len() < MAX_DENIALS => {
                tracing::warn!(
                    target: "cloudhost::egress",
                    plugin = self.trail.plugin(),
                    reason = denial.label(),
                    "{denial}"
                );
                seen.denials.push(denial.clone());
            }
            other => tracing::debug!(
                target: "cloudhost::egress",
                plugin = self.trail.plugin(),
                reason = other.label(),
                "{}",
                for_plugin.message
            ),
        }
        seen.last_failure = Some(error);
        for_plugin
    }
}
