//! The mock cloud of a case, in place of the network.

use super::mutation::{self, Call, Mutation, Reply};
use cloudhost::credentials::Facts;
use cloudhost::egress::{FetchError, InterceptedRequest, Interceptor, Next, Response};
use cloudhost::recording::{Recording, Replay, Request};
use futures::future::BoxFuture;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::sync::Notify;

/// Order and delay of responses.
pub(crate) enum Scenario {
    AsRecorded,
    /// As recorded, so much later: clock and hash tables differ.
    Later(Duration),
    /// As recorded, the last requested first.
    Reversed,
    Mutated(Mutation),
    /// As recorded, except that the request of this number never gets its response.
    Without(usize),
}

/// A cloud for one call.
pub(crate) struct MockCloud {
    /// `None`: every response is empty.
    replay: Option<Replay>,
    scenario: Scenario,
    requests: AtomicUsize,
    calls: Mutex<Vec<(Call, Reply)>>,
    /// Notified when a request waits for a response that never comes.
    pub held: Notify,
}

/// Interval of reversed responses: longer than a turn of the scheduler.
const INTERVAL: Duration = Duration::from_millis(2);
/// Requests whose responses are reversed; later ones come at once.
const REVERSED: usize = 32;

impl MockCloud {
    pub(crate) fn new(recording: Option<&Recording>, scenario: Scenario) -> Self {
        Self {
            replay: recording.map(|recording| Replay::new(recording.clone(), "")),
            scenario,
            requests: AtomicUsize::new(0),
            calls: Mutex::default(),
            held: Notify::new(),
        }
    }

    /// Requests with their replies, in the order of the replies.
    pub(crate) fn calls(&self) -> Vec<(Call, Reply)> {
        let calls = self.calls.lock();
        calls.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Number of requests.
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    async fn respond(&self, request: InterceptedRequest<'_>, next: Next<'_>) -> Reply {
        let at = self.requests.fetch_add(1, Ordering::SeqCst);
        let call = Request::of(&request);
        match self.scenario {
            Scenario::Without(never) if never == at => {
                self.held.notify_one();
                std::future::pending::<()>().await;
            }
            Scenario::Reversed => {
                let wait = REVERSED.saturating_sub(at) as u32;
                tokio::time::sleep(INTERVAL.saturating_mul(wait)).await;
            }
            _ => {}
        }
        let mut reply = match &self.replay {
            Some(replay) => replay.exchange(request, next).await,
            None => Ok(Response {
                status: 200,
                headers: Vec::new(),
                body: Vec::new(),
            }),
        };
        if let Scenario::Mutated(mutate) = &self.scenario {
            // Other responses lead to other requests: what was not recorded is unreachable.
            reply = mutate(&call, reply).map_err(|error| match error {
                FetchError::NotRecorded { what, .. } => mutation::not_there(what),
                other => other,
            });
        }
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.push((call, reply.clone()));
        reply
    }
}

impl Interceptor for MockCloud {
    fn exchange<'a>(
        &'a self,
        request: InterceptedRequest<'a>,
        next: Next<'a>,
    ) -> BoxFuture<'a, Reply> {
        Box::pin(self.respond(request, next))
    }

    /// Configures every credential: no case depends on the machine that it runs on.
    fn facts(&self, credential: &str) -> Option<Facts> {
        let recorded = self
            .replay
            .as_ref()
            .and_then(|replay| replay.facts(credential));
        let some = Facts {
            configured: true,
            source: Some("the conformance suite".to_owned()),
            ..Facts::default()
        };
        Some(recorded.unwrap_or(some))
    }

    fn time(&self) -> Option<SystemTime> {
        let recorded = self.replay.as_ref().and_then(Replay::time)?;
        match self.scenario {
            Scenario::Later(by) => recorded.checked_add(by),
            _ => Some(recorded),
        }
    }
}
