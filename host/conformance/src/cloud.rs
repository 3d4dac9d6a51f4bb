//! The cloud of a case: it stands where the network would be.

use super::twist::{self, Twist};
use cloudhost::credentials::Facts;
use cloudhost::egress::{Answer, Asked, FetchError, Interceptor, Next};
use cloudhost::recording::{Replay, Request};
use futures::future::BoxFuture;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::sync::Notify;

/// What a request comes to.
pub(super) type Reply = Result<Answer, FetchError>;

/// A request as the plugin made it: a page that a masked parameter names can be found in the answer before it.
pub(super) type Call = Request;

/// How answers arrive.
pub(super) enum Way {
    /// As recorded.
    AsRecorded,
    /// As recorded, so much later: clock and hash tables are others.
    Later(Duration),
    /// As recorded, and the later asked the earlier.
    Backwards,
    /// Changed.
    Twisted(Twist),
    /// As recorded, but for the answer to the request of this number, which never comes.
    Without(usize),
}

/// A cloud for one call.
pub(super) struct Cloud {
    /// What was recorded; `None`: it has no answer of its own.
    tape: Option<Replay>,
    way: Way,
    asked: AtomicUsize,
    calls: Mutex<Vec<(Call, Reply)>>,
    /// Something waits for what never comes.
    pub held: Notify,
}

/// Between two answers that arrive backwards: longer than a turn of the scheduler.
const APART: Duration = Duration::from_millis(2);
/// Requests whose answers are turned around; later ones come at once.
const TURNED: usize = 32;

impl Cloud {
    pub(super) fn new(tape: Option<Replay>, way: Way) -> Self {
        Self {
            tape,
            way,
            asked: AtomicUsize::new(0),
            calls: Mutex::default(),
            held: Notify::new(),
        }
    }

    /// The requests that were answered, with their answers, in the order of these.
    pub(super) fn calls(&self) -> Vec<(Call, Reply)> {
        let calls = self.calls.lock();
        calls.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many requests there were.
    pub(super) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    async fn answer(&self, asked: Asked<'_>, next: Next<'_>) -> Reply {
        let at = self.asked.fetch_add(1, Ordering::SeqCst);
        let call = Request::of(&asked);
        match self.way {
            Way::Without(never) if never == at => {
                self.held.notify_one();
                std::future::pending::<()>().await;
            }
            Way::Backwards => {
                let wait = TURNED.saturating_sub(at) as u32;
                tokio::time::sleep(APART.saturating_mul(wait)).await;
            }
            _ => {}
        }
        let mut reply = match &self.tape {
            Some(tape) => tape.exchange(asked, next).await,
            None => Ok(Answer {
                status: 200,
                headers: Vec::new(),
                body: Vec::new(),
            }),
        };
        if let Way::Twisted(twist) = &self.way {
            // Where answers are others, so are the questions: what was not recorded cannot be had.
            reply = twist(&call, reply).map_err(|error| match error {
                FetchError::NotRecorded { what, .. } => twist::not_there(what),
                other => other,
            });
        }
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.push((call, reply.clone()));
        reply
    }
}

impl Interceptor for Cloud {
    fn exchange<'a>(&'a self, asked: Asked<'a>, next: Next<'a>) -> BoxFuture<'a, Reply> {
        Box::pin(self.answer(asked, next))
    }

    /// Every credential is there: no case is about the machine that it runs on.
    fn facts(&self, credential: &str) -> Option<Facts> {
        let recorded = self.tape.as_ref().and_then(|tape| tape.facts(credential));
        let some = Facts {
            configured: true,
            source: Some("the conformance suite".to_owned()),
            ..Facts::default()
        };
        Some(recorded.unwrap_or(some))
    }

    fn time(&self) -> Option<SystemTime> {
        let recorded = self.tape.as_ref().and_then(Replay::time)?;
        match self.way {
            Way::Later(by) => recorded.checked_add(by),
            _ => Some(recorded),
        }
    }
}
