//! One request of a call: checked, then sent until a response is final.

use super::rate_limit::Slot;
use super::send::{PreparedRequest, RawResponse};
use super::session::{Failure, Inner};
use super::{FetchError, Next, record};
use crate::contract::cloudhost::provider::http::{Request, Response};
use crate::telemetry::SPANS;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;
use tokio::task::JoinHandle;
use tracing::field::Empty;
use tracing::{Instrument as _, Span};
use url::Url;

/// A request in flight; it ends when this is dropped.
struct Running(JoinHandle<Result<Response, FetchError>>);

/// A counted request of a call.
struct InFlightGuard {
    session: Arc<Inner>,
    /// No other request was in flight when it began.
    alone: bool,
}

impl InFlightGuard {
    fn one_more(session: &Arc<Inner>) -> Self {
        let alone = session.active.fetch_add(1, Ordering::Relaxed) == 0;
        let session = session.clone();
        Self { session, alone }
    }
}

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        self.session.active.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The host itself ends: no limit and no network failure.
pub(super) fn given_up() -> FetchError {
    FetchError::Interrupted {
        host: "the cloud".to_owned(),
        why: "the host cancelled the request".to_owned(),
    }
}

impl Inner {
    pub(super) async fn fetch(
        self: &Arc<Self>,
        request: Request,
        claimed: bool,
    ) -> Result<Response, Failure> {
        // First, because the body is held while the request waits for its turn.
        let body = request.body.as_ref().map_or(0, Vec::len);
        self.budget.request(body)?;
        let url = record::parse(&request.url)?;
        let host = url.host_str().map(str::to_owned);
        let response = self.allow_and_ask(url, request, claimed).await;
        response.map_err(|error| Failure { error, host })
    }

    /// A rejected request costs no task, and neither does one request alone. Hundreds that one guest joins use all
    /// processors, and events on a socket wake the request's own task, not the guest.
    async fn allow_and_ask(
        self: &Arc<Self>,
        url: Url,
        request: Request,
        claimed: bool,
    ) -> Result<Response, FetchError> {
        let prepared = self.prepare(url, request, claimed)?;
        let guard = InFlightGuard::one_more(self);
        if guard.alone {
            return self.ask(&prepared).await;
        }
        let task = async move { guard.session.ask(&prepared).await };
        let task = self.cpu.clone().of_task(task.in_current_span());
        let task = tokio::spawn(task);
        (&mut Running(task).0)
            .await
            .unwrap_or_else(|_| Err(given_up()))
    }

    async fn ask(&self, prepared: &PreparedRequest) -> Result<Response, FetchError> {
        let span = tracing::debug_span!(
            target: SPANS,
            "fetch",
            plugin = self.trail.plugin(),
            host = prepared.host(),
            method = %prepared.method,
            what = prepared.what(),
            credential = prepared.credential(),
            status = Empty,
            bytes = Empty,
            retries = Empty,
            error = Empty,
        );
        let outcome = self.exchange(prepared).instrument(span.clone()).await;
        match &outcome {
            Ok(response) => {
                // OpenTelemetry's integers are signed: others would arrive as text.
                span.record("status", i64::from(response.status));
                span.record("bytes", response.body.len() as i64);
            }
            Err(error) => {
                span.record("error", error.label());
            }
        }
        outcome
    }

    async fn exchange(&self, prepared: &PreparedRequest) -> Result<Response, FetchError> {
        match &self.shared.config.interceptor {
            None => self.send(prepared).await,
            Some(interceptor) => {
                // Nothing that is denied is shown to it. What other requests add meanwhile is checked again.
                prepared.check_form(&self.secrets.of(&prepared.origin())?)?;
                let next = Next::new(self, prepared);
                interceptor.exchange(next.request(), next).await
            }
        }
    }

    /// The part that needs the network.
    pub(super) async fn send(&self, prepared: &PreparedRequest) -> Result<Response, FetchError> {
        let start = Instant::now();
        let (outcome, retries) = self.attempts(prepared).await;
        Span::current().record("retries", i64::from(retries));
        let response = outcome.as_ref().ok();
        tracing::debug!(
            target: "cloudhost::egress",
            plugin = self.trail.plugin(),
            host = prepared.host(),
            method = %prepared.method,
            what = prepared.what(),
            status = response.map(|response| response.status.as_u16()),
            bytes = response.map(|response| response.body.len()),
            milliseconds = start.elapsed().as_millis() as u64,
            retries,
            credential = prepared.credential(),
            "{}",
            if response.is_some() { "answered" } else { "not answered" }
        );
        self.shown(prepared, outcome).await
    }

    /// The outcome without secrets. Another request can have sent some while this one was under way.
    async fn shown(
        &self,
        prepared: &PreparedRequest,
        outcome: Result<RawResponse, FetchError>,
    ) -> Result<Response, FetchError> {
        let secrets = self.secrets.of(&prepared.origin())?;
        prepared.check_form(&secrets)?;
        let (shown, repeats) = match outcome {
            Ok(response) => {
                let (response, repeats) = record::response(response, &secrets).await;
                (Ok(response), repeats)
            }
            Err(error) => {
                let (error, repeats) = error.cleaned(&secrets).await;
                (Err(error), repeats)
            }
        };
        if repeats {
            self.secrets.repeated(prepared.host())?;
        }
        shown
    }

    /// Sends until an outcome is final. A place in flight is held while sending, not while waiting for a turn or for
    /// a retry.
    async fn attempts(&self, prepared: &PreparedRequest) -> (Result<RawResponse, FetchError>, u32) {
        let config = &self.shared.config;
        let (mut start, mut attempt) = (None, 1);
        loop {
            let turn = match Slot::wait(&self.in_flight, prepared.rate.as_ref()).await {
                Ok(turn) => turn,
                Err(_) => return (Err(given_up()), 0),
            };
            let start = start.get_or_insert_with(Instant::now);
            self.budget.sent.fetch_add(1, Ordering::Relaxed);
            let outcome = prepared.send(self).await;
            drop(turn);
            let wait = match prepared.reads {
                true => config
                    .retries
                    .wait(attempt, &outcome, self.policy.retry_rules()),
                false => None,
            };
            // A request that hung once for the whole time is not retried: a call sends several in turn.
            let wait = wait.filter(|wait| start.elapsed() + *wait < config.attempt_timeout);
            let Some(wait) = wait else {
                return (outcome, attempt - 1);
            };
            self.budget.retries.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(wait).await;
            attempt += 1;
        }
    }
}
