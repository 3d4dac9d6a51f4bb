//! Consequences of responses: what a row is after them. No input or output here.

use crate::plan::harmless_again;
use crate::record::makes;
use crate::{
    Action, Begun, Error, ErrorKind, PlannedStep, Progress, Repetition, ResourceId, Row, RowState,
    Scope, Status,
};
use jiff::Timestamp;
use std::time::Duration;

/// Time after which a change is asked for first.
pub(crate) const FIRST_POLL: Duration = Duration::from_secs(1);
/// Longest time between two polls: a plugin cannot make the host forget a change.
const RAREST_POLL: Duration = Duration::from_secs(600);

/// Facts about a row that the rules need.
pub(crate) struct Context<'a> {
    /// Its step.
    pub(crate) planned: &'a PlannedStep,
    /// Now.
    pub(crate) now: Timestamp,
    /// Time after which everything that was sent is visible.
    pub(crate) left: Duration,
    /// Time after which what the row ends is visible, if this operation made it.
    pub(crate) shown: Duration,
    /// The pause before another attempt.
    pub(crate) pause: &'a (dyn Fn(&Row, Option<u64>) -> Duration + Sync),
}

impl Context<'_> {
    /// True if the row ends something.
    pub(crate) fn deleting(&self, row: &Row) -> bool {
        row.undo.is_some() || self.planned.step.action == Action::Delete
    }

    fn repetition(&self, row: &Row) -> Repetition {
        match row.undo {
            Some(_) => Repetition::SameOutcome,
            None => self.planned.guarantee.repetition,
        }
    }

    fn soon(&self, row: &mut Row, asked_ms: Option<u64>) {
        row.failures = row.failures.saturating_add(1);
        row.due = after(self.now, (self.pause)(row, asked_ms));
    }

    /// Ends a row with success, unless a second resource has to be looked for first.
    fn done(&self, row: &mut Row, resource: ResourceId) {
        row.result = Some(resource);
        row.error = None;
        row.progress = None;
        row.failures = 0;
        row.due = self.now;
        row.state = match row.repeated && row.undo.is_none() {
            true => RowState::Settling,
            false => RowState::Done,
        };
    }

    /// Applies what a request or a look has brought.
    pub(crate) fn begun(&self, row: &mut Row, begun: Begun) {
        match begun {
            Begun::Done(resource) => self.done(row, resource),
            Begun::Running(running) => {
                row.state = RowState::Accepted;
                row.handle = Some(running);
                row.error = None;
                row.failures = 0;
                row.due = after(self.now, FIRST_POLL);
            }
        }
    }

    /// Applies the response to a request. `sent`: a request can have left.
    pub(crate) fn responded(&self, row: &mut Row, sent: bool, response: Result<Begun, Error>) {
        let error = match response {
            Ok(begun) => return self.begun(row, begun),
            Err(error) => error,
        };
        let kind = error.kind;
        let asked = error.retry_after_ms;
        row.error = Some(error);
        if self.deleting(row) && kind == ErrorKind::NotFound {
            if !self.shown.is_zero() {
                // The cloud may not know yet everywhere what it has just made.
                return self.later(row, asked);
            }
            let target = row
                .undo
                .clone()
                .unwrap_or_else(|| named(&self.planned.step));
            return self.done(row, target);
        }
        match kind {
            ErrorKind::Indeterminate | ErrorKind::Unavailable | ErrorKind::Internal if sent => {
                row.unknown = true;
                row.state = RowState::Recovering;
                self.soon(row, asked);
            }
            ErrorKind::RateLimited
            | ErrorKind::Unavailable
            | ErrorKind::Busy
            | ErrorKind::Unauthenticated
            | ErrorKind::Indeterminate => self.later(row, asked),
            ErrorKind::AlreadyExists
                if sent && self.repetition(row) == Repetition::RefusedByName && row.unknown =>
            {
                // Perhaps by the first request: a look tells.
                row.refused = true;
                row.state = RowState::Recovering;
                row.due = self.now;
            }
            // A delete is tried for ever, except a request that can never work.
            ErrorKind::InvalidArgument | ErrorKind::Unsupported => self.refused(row),
            _ if self.deleting(row) => self.later(row, asked),
            _ => self.refused(row),
        }
    }

    /// Keeps a row for another attempt. Nothing is on its way, except what was of unknown outcome before.
    fn later(&self, row: &mut Row, asked: Option<u64>) {
        row.state = match row.unknown {
            true => RowState::Recovering,
            false => RowState::Intent,
        };
        self.soon(row, asked);
    }

    /// Ends a row that the cloud refuses. If an earlier request can still have had an effect, a look decides.
    fn refused(&self, row: &mut Row) {
        let harmless =
            self.repetition(row) == Repetition::SameOutcome && !makes(self.planned.step.action);
        if row.unknown && !harmless && row.undo.is_none() {
            row.refused = true;
            row.state = RowState::Recovering;
            row.due = self.now;
        } else {
            row.state = RowState::Failed;
        }
    }

    /// Applies the result of a poll.
    pub(crate) fn polled(&self, row: &mut Row, result: Result<Status, Error>) {
        match result {
            Ok(Status::Running(progress)) => running(row, progress, self.now),
            Ok(Status::Succeeded(resource)) => self.done(row, resource),
            Ok(Status::Failed(error)) => {
                row.error = Some(error);
                self.failed(row);
                if self.deleting(row) {
                    // The next attempt is another request of the same outcome.
                    row.state = RowState::Intent;
                    row.handle = None;
                    self.soon(row, None);
                }
            }
            Ok(Status::Cancelled) => {
                row.error = Some(error(
                    ErrorKind::FailedPrecondition,
                    "the change was cancelled",
                ));
                self.failed(row);
            }
            Err(error) if error.kind == ErrorKind::NotFound => self.poll_not_found(row, error),
            Err(error) => {
                let asked = error.retry_after_ms;
                row.error = Some(error);
                self.soon(row, asked);
            }
        }
    }

    fn poll_not_found(&self, row: &mut Row, error: Error) {
        let target = row.handle.as_ref().map(|running| running.target.clone());
        if self.deleting(row) {
            let target = row.undo.clone().or(target);
            return self.done(row, target.unwrap_or_else(|| named(&self.planned.step)));
        }
        row.error = Some(error);
        // Lists lag: the cloud may not show yet what it has just accepted.
        match self.left.is_zero() && row.failures >= 3 {
            true => self.failed(row),
            false => self.soon(row, None),
        }
    }

    /// Ends an accepted row that failed, unless a second resource has to be looked for first.
    fn failed(&self, row: &mut Row) {
        row.due = self.now;
        row.state = match row.repeated {
            true => RowState::Settling,
            false => RowState::Failed,
        };
    }

    /// Applies a look that found nothing. Everything that was sent is visible after `left`. Returns true if the request is sent again now.
    pub(crate) fn not_found(&self, row: &mut Row, back: bool) -> bool {
        let settled = self.left.is_zero();
        let harmless = harmless_again(&self.repetition(row)) || self.is_young(row);
        match row.refused || back {
            true if settled => row.state = RowState::Failed,
            false if settled || harmless => return true,
            _ => row.due = after(self.now, self.left),
        }
        false
    }

    /// True if a request that is sent now can make a second resource: an earlier one can still arrive, and the cloud
    /// does not know its token for certain. A name protects only as long as the first resource has it.
    pub(crate) fn can_repeat(&self, row: &Row) -> bool {
        row.unknown && row.undo.is_none() && makes(self.planned.step.action) && !self.is_young(row)
    }

    /// True if the cloud still knows the token for certain. Half of its time counts: the other half is for clocks. A
    /// clock that is earlier than what it wrote has gone back, and no age is known.
    pub(crate) fn is_young(&self, row: &Row) -> bool {
        let Repetition::SameToken(seconds) = self.repetition(row) else {
            return false;
        };
        let known = i64::try_from(seconds / 2).unwrap_or(i64::MAX);
        let age = |sent: Option<Timestamp>| sent.map(|sent| self.now.duration_since(sent));
        let forward = age(row.last_sent).is_some_and(|age| !age.is_negative());
        forward
            && age(row.first_sent).is_some_and(|age| !age.is_negative() && age.as_secs() < known)
    }
}

/// Applies that a change goes on.
pub(crate) fn running(row: &mut Row, progress: Progress, now: Timestamp) {
    let pause = Duration::from_millis(progress.poll_after_ms.into());
    row.due = after(now, pause.clamp(Duration::from_millis(100), RAREST_POLL));
    row.progress = Some(progress);
    row.error = None;
    row.failures = 0;
}

/// A time later.
pub(crate) fn after(now: Timestamp, pause: Duration) -> Timestamp {
    now.saturating_add(pause).unwrap_or(now)
}

/// Builds an error of the engine.
pub(crate) fn error(kind: ErrorKind, message: &str) -> Error {
    Error {
        kind,
        scope: Scope::Request,
        code: None,
        message: message.to_owned(),
        request_id: None,
        retry_after_ms: None,
        advice: None,
    }
}

/// The resource that a step names.
fn named(step: &crate::Step) -> ResourceId {
    ResourceId {
        kind: step.kind,
        id: step.id.clone().unwrap_or_default(),
        name: step.name.clone(),
        place: step.place.clone(),
        parent: step.parent.clone(),
    }
}
