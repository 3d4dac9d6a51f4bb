//! Egress of one call of a plugin: policy, budget and report.

use super::budget::Budget;
use super::client::Connections;
use super::redact::Secrets;
use super::{FetchError, Permit, Shared};
use crate::audit::Trail;
use crate::capability::{Denial, Policy};
use crate::contract::cloudhost::provider::credentials::Facts;
use crate::contract::cloudhost::provider::http::{HttpError, Request, Response};
use crate::contract::cloudhost::provider::types::Error as CloudError;
use crate::limits::{CallLimits, CpuTime};
use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::SystemTime;
use tokio::sync::Semaphore;

/// Most denials in a report; the first ones show what a plugin tried.
const MAX_DENIALS: usize = 64;

/// Egress of one call: a policy, budgets, and a report. Clones are the same session.
#[derive(Clone)]
pub struct Session(Arc<Inner>);

pub(super) struct Inner {
    pub(super) shared: Arc<Shared>,
    pub(super) trail: Trail,
    pub(super) policy: Arc<Policy>,
    pub(super) budget: Arc<Budget>,
    pub(super) cpu: Arc<CpuTime>,
    pub(super) connections: Connections,
    pub(super) secrets: Secrets,
    pub(super) in_flight: Arc<Semaphore>,
    /// Requests that passed the checks and have no response yet.
    pub(super) active: AtomicUsize,
    /// The right to send one change; no call but `run`, `undo` and `cancel` has it.
    pub(super) permit: OnceLock<Arc<dyn Permit>>,
    /// Set by the first change.
    pub(super) changed: AtomicBool,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    denials: Vec<Denial>,
    last_failure: Option<FetchError>,
    not_recorded: Option<FetchError>,
    skew_seconds: Option<i64>,
}

/// A request without a response.
pub(super) struct Failure {
    pub(super) error: FetchError,
    /// The host, if it could be read.
    pub(super) host: Option<String>,
}

/// Placeholder until its URL is read.
impl From<FetchError> for Failure {
    fn from(error: FetchError) -> Self {
        Self { error, host: None }
    }
}

/// Network activity of a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Requests, including denied ones.
    pub requests: u32,
    /// Attempts that were sent, retries included. A request can wait for its turn at a rate.
    pub sent: u32,
    /// Retries.
    pub retries: u32,
    /// Bytes of all bodies received, decoded.
    pub bytes_in: u64,
    /// Denials, the first 64.
    pub denials: Vec<Denial>,
    /// The last failed request, for the user: with the text of a credential's provider, which the plugin does not
    /// get.
    pub last_failure: Option<FetchError>,
    /// Seconds that the clock of the last response was ahead of this machine's; negative: behind. `None`: it had no date.
    pub skew_seconds: Option<i64>,
}

impl Session {
    pub(super) fn new(
        shared: Arc<Shared>,
        trail: Trail,
        policy: Arc<Policy>,
        limits: CallLimits,
    ) -> Self {
        let budget = Arc::new(Budget::new(limits));
        let cpu = Arc::new(CpuTime::default());
        Self(Arc::new(Inner {
            in_flight: shared.in_flight.of(trail.plugin(), limits.in_flight),
            connections: Connections::new(shared.clients.clone(), budget.clone(), cpu.clone()),
            shared,
            trail,
            policy,
            budget,
            cpu,
            secrets: Secrets::default(),
            active: AtomicUsize::new(0),
            permit: OnceLock::new(),
            changed: AtomicBool::new(false),
            seen: Mutex::default(),
        }))
    }

    /// Sends a plugin's request through all checks and waits for the whole response.
    ///
    /// Dropping the future closes the connection and gives the place in flight to the next request.
    pub fn fetch(
        &self,
        request: Request,
    ) -> impl Future<Output = Result<Response, HttpError>> + Send + 'static + use<> {
        self.fetch_as_claimed(request, false)
    }

    /// The same for a component of an older contract, which says by itself whether a POST only reads.
    pub(crate) fn fetch_as_claimed(
        &self,
        request: Request,
        reads: bool,
    ) -> impl Future<Output = Result<Response, HttpError>> + Send + 'static + use<> {
        let session = self.0.clone();
        async move {
            let outcome = session.fetch(request, reads).await;
            outcome.map_err(|failure| session.failed(failure))
        }
    }

    /// Lets this call send one change.
    pub(crate) fn permit(&self, permit: Arc<dyn Permit>) {
        let _ = self.0.permit.set(permit);
    }

    /// Describes a credential that the plugin may name.
    ///
    /// # Errors
    /// A sentence, if manifest and grant do not both name it.
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
            project: None,
            quota_project: None,
            subscription: None,
            tenant: None,
            organisation: None,
        })
    }

    /// The trail of the plugin's events.
    pub(crate) fn trail(&self) -> &Trail {
        &self.0.trail
    }

    /// The processor time of the call, to which its requests add theirs.
    pub(crate) fn cpu(&self) -> Arc<CpuTime> {
        self.0.cpu.clone()
    }

    /// Ends the use of network and secrets when the returned value is dropped. The report stays.
    pub(crate) fn close_on_drop(&self) -> CloseOnDrop {
        CloseOnDrop(self.0.clone())
    }

    /// The first request that is missing in a replayed recording, if any: the result of the call is then worthless.
    pub(crate) fn not_recorded(&self) -> Option<FetchError> {
        let seen = self.0.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.not_recorded.clone()
    }

    /// Reports the outcome of the call to the interceptor.
    pub(crate) fn call_finished<T>(&self, export: &'static str, result: &Result<T, CloudError>) {
        if let Some(interceptor) = &self.0.shared.config.interceptor {
            interceptor.on_call_finished(export, result.as_ref().err().map(|error| error.kind));
        }
    }

    /// The guest's time, if it is not the system's.
    pub(crate) fn time(&self) -> Option<SystemTime> {
        self.0.shared.config.interceptor.as_ref()?.time()
    }

    /// The report so far.
    pub fn report(&self) -> Report {
        let inner = &self.0;
        let seen = inner.seen.lock().unwrap_or_else(PoisonError::into_inner);
        Report {
            requests: inner.budget.requests.load(Ordering::Relaxed),
            sent: inner.budget.sent.load(Ordering::Relaxed),
            retries: inner.budget.retries.load(Ordering::Relaxed),
            bytes_in: inner.budget.bytes_in.load(Ordering::Relaxed),
            denials: seen.denials.clone(),
            last_failure: seen.last_failure.clone(),
            skew_seconds: seen.skew_seconds,
        }
    }
}

impl Inner {
    /// Notes the clock of a response.
    pub(super) fn note_clock(&self, headers: &http::HeaderMap) {
        let date = headers.get(http::header::DATE);
        let date = date.and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok());
        let seconds = |time: SystemTime| {
            let since = time.duration_since(SystemTime::UNIX_EPOCH);
            since
                .ok()
                .and_then(|since| i64::try_from(since.as_secs()).ok())
        };
        let skew = date.and_then(seconds).zip(seconds(crate::clock::now()));
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.skew_seconds = skew.map(|(theirs, ours)| theirs - ours);
    }
}

/// Closes a session.
pub(crate) struct CloseOnDrop(Arc<Inner>);

impl Drop for CloseOnDrop {
    fn drop(&mut self) {
        // What an aborted request still receives is not the next call's.
        let idle = self.0.active.load(Ordering::Relaxed) == 0;
        self.0.connections.close(idle);
        self.0.secrets.forget();
    }
}

impl Inner {
    pub(super) fn plugin(&self) -> &str {
        self.trail.plugin()
    }

    /// Records a failure and converts it into the plugin's error.
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
