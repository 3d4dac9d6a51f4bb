//! The way out for one call of a plugin.

use super::budget::{Budget, CallLimits};
use super::pace::Turn;
use super::send::{Answer, Prepared};
use super::{FetchError, Next, Shared, record};
use crate::audit::Trail;
use crate::capability::{Denial, Policy};
use crate::contract::cloudhost::provider::credentials::Facts;
use crate::contract::cloudhost::provider::http::{HttpError, Request, Response};
use crate::telemetry::SPANS;
use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tracing::field::Empty;
use tracing::{Instrument as _, Span};
use url::Url;

/// Denials that a report keeps; the first ones tell what a plugin tried.
const MAX_DENIALS: usize = 64;

/// The way out for one call: a policy, budgets, and a report. Clones are the same session.
#[derive(Clone)]
pub struct Session(Arc<Inner>);

pub(super) struct Inner {
    pub(super) shared: Arc<Shared>,
    pub(super) trail: Trail,
    pub(super) policy: Arc<Policy>,
    pub(super) budget: Budget,
    in_flight: Arc<Semaphore>,
    /// Requests that passed the gates and have no answer yet.
    asking: AtomicUsize,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    denials: Vec<Denial>,
    last_failure: Option<FetchError>,
    not_recorded: Option<FetchError>,
}

/// A request on its way; it ends when this is dropped.
struct Running(JoinHandle<Result<Response, FetchError>>);

/// One of the requests of a call that are under way.
struct Asking<'a> {
    count: &'a AtomicUsize,
    /// There was no other when it began.
    alone: bool,
}

impl<'a> Asking<'a> {
    fn one_more(count: &'a AtomicUsize) -> Self {
        let alone = count.fetch_add(1, Ordering::Relaxed) == 0;
        Self { count, alone }
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::Relaxed);
    }
}

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
            in_flight: shared.in_flight.of(trail.plugin(), limits.in_flight),
            shared,
            trail,
            policy,
            budget: Budget::new(limits),
            asking: AtomicUsize::new(0),
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
            let outcome = session.fetch(request).await;
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
        let facts = self.0.shared.describe(name).await;
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

    /// The first request that a replay had no answer to, if any: what the call gives is then worth nothing.
    pub(crate) fn not_recorded(&self) -> Option<FetchError> {
        let seen = self.0.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.not_recorded.clone()
    }

    /// The time that the guest is told, where it is not the system's.
    pub(crate) fn time(&self) -> Option<SystemTime> {
        self.0.shared.config.interceptor.as_ref()?.time()
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
    pub(super) fn plugin(&self) -> &str {
        self.trail.plugin()
    }

    async fn fetch(self: &Arc<Self>, request: Request) -> Result<Response, Failure> {
        // First, for the body is held while the request waits for its turn.
        let body = request.body.as_ref().map_or(0, Vec::len);
        self.budget.request(body)?;
        let url = record::parse(&request.url)?;
        let host = url.host_str().map(str::to_owned);
        let answered = self.allow_and_ask(url, request).await;
        answered.map_err(|error| Failure { error, host })
    }

    /// What is refused costs no task, and neither does one request alone. Hundreds that one guest joins use all
    /// processors, and what happens on a socket wakes the request's own task, not the guest.
    async fn allow_and_ask(
        self: &Arc<Self>,
        url: Url,
        request: Request,
    ) -> Result<Response, FetchError> {
        let prepared = self.prepare(url, request)?;
        let asking = Asking::one_more(&self.asking);
        if asking.alone {
            return self.ask(&prepared).await;
        }
        let work = self.clone();
        let task = async move { work.ask(&prepared).await };
        let task = tokio::spawn(task.in_current_span());
        (&mut Running(task).0)
            .await
            .unwrap_or_else(|_| Err(given_up()))
    }

    async fn ask(&self, prepared: &Prepared) -> Result<Response, FetchError> {
        let span = tracing::debug_span!(
            target: SPANS,
            "fetch",
            plugin = self.trail.plugin(),
            host = prepared.host(),
            method = %prepared.request.method(),
            what = prepared.what(),
            credential = prepared.credential(),
            status = Empty,
            bytes = Empty,
            retries = Empty,
            error = Empty,
        );
        let outcome = self.answer(prepared).instrument(span.clone()).await;
        match &outcome {
            Ok(answer) => {
                span.record("status", answer.status);
                span.record("bytes", answer.body.len());
            }
            Err(error) => {
                span.record("error", error.label());
            }
        }
        outcome
    }

    async fn answer(&self, prepared: &Prepared) -> Result<Response, FetchError> {
        match &self.shared.config.interceptor {
            None => self.send(prepared).await,
            Some(interceptor) => {
                let next = Next::new(self, prepared);
                interceptor.exchange(next.asked(), next).await
            }
        }
    }

    /// All that needs the network.
    pub(super) async fn send(&self, prepared: &Prepared) -> Result<Response, FetchError> {
        let start = Instant::now();
        let (outcome, retries) = self.attempts(prepared).await;
        Span::current().record("retries", retries);
        let answer = outcome.as_ref().ok();
        tracing::debug!(
            target: "cloudhost::egress",
            plugin = self.trail.plugin(),
            host = prepared.host(),
            method = %prepared.request.method(),
            what = prepared.what(),
            status = answer.map(|answer| answer.status.as_u16()),
            bytes = answer.map(|answer| answer.body.len()),
            milliseconds = start.elapsed().as_millis() as u64,
            retries,
            credential = prepared.credential(),
            "{}",
            if answer.is_some() { "answered" } else { "not answered" }
        );
        outcome.map(record::response)
    }

    /// Sends until an outcome is the last one. A place in flight is held while sending, not while waiting for
    /// a turn or for a later attempt.
    async fn attempts(&self, prepared: &Prepared) -> (Result<Answer, FetchError>, u32) {
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
            let wait = match prepared.read_only {
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
        if let FetchError::NotRecorded { .. } = &error {
            seen.not_recorded.get_or_insert_with(|| error.clone());
        }
        seen.last_failure = Some(error);
        for_plugin
    }
}
