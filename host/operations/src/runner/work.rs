//! Work on one operation under a lease.

use super::Runner;
use super::next::{Next, next, planned, to_take_back};
use super::outcome::{Context, error};
use crate::environment::Clock;
use crate::journal::{Change, Claimed, JournalError, Lease};
use crate::permit::{Fault, Purpose};
use crate::plan::next_place;
use crate::record::{creates, key};
use crate::{
    Action, Begun, Cloud, Decision, Error, ErrorKind, Intent, Made, OnFailure, Operation, Owned,
    Permit, Plan, PlannedStep, Refused, ResourceId, Row, RowState, State, Status, backoff, owner,
};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// The reason for which work on an operation ends early.
#[derive(Debug)]
pub(super) enum Stop {
    /// Another worker has it.
    Lost,
    /// The journal cannot be used.
    Journal(JournalError),
}

impl From<JournalError> for Stop {
    fn from(error: JournalError) -> Self {
        Self::Journal(error)
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::LeaseLost => Self::Lost,
            Fault::Journal(error) => Self::Journal(error),
        }
    }
}

/// An operation under work.
pub(super) struct Work<'r> {
    runner: &'r Runner,
    lease: Lease,
    pub(super) operation: Operation,
    plans: Vec<Plan>,
    clock: Clock,
    dirty: BTreeSet<u32>,
    made: Vec<Owned>,
    gone: Vec<ResourceId>,
    /// True: the state of the operation itself has changed since the last write.
    turned: bool,
}

impl<'r> Work<'r> {
    pub(super) fn new(runner: &'r Runner, claimed: Claimed) -> Self {
        Self {
            runner,
            clock: Clock::new(runner.environment.clone(), claimed.now),
            lease: claimed.lease,
            operation: claimed.operation,
            plans: Vec::new(),
            dirty: BTreeSet::new(),
            made: Vec::new(),
            gone: Vec::new(),
            turned: false,
        }
    }

    /// Works until nothing is due, and releases the lease.
    pub(super) async fn advance(&mut self) -> Result<(), Stop> {
        self.load().await?;
        loop {
            let next = next(&self.operation, &self.plans, self.clock.now());
            match next {
                Next::Open(step) => self.open(step, None)?,
                Next::Undo(seq) => {
                    if let Some(row) = self.row(seq).cloned() {
                        self.open(row.step, row.resource().cloned())?;
                    }
                }
                Next::Send(seq) => self.send(seq).await?,
                Next::Look(seq) => self.look(seq).await?,
                Next::Poll(seq) => self.poll(seq).await?,
                Next::Cancel(seq) => self.cancel(seq).await?,
                Next::Drop(seq) => self.drop(seq),
                Next::Fail(seq) => self.fail(seq),
                Next::TakeBack => {
                    self.turn(State::Reverting);
                    self.operation.next = None;
                }
                Next::End => self.end(),
                Next::Wait(due) => {
                    self.operation.due = due;
                    if self.operation.state.is_final() {
                        self.runner.forget(&self.operation.id);
                    }
                    return self.save(true).await;
                }
            }
        }
    }

    pub(super) fn now(&self) -> jiff::Timestamp {
        self.clock.now()
    }

    async fn load(&mut self) -> Result<(), Stop> {
        if self.plans.is_empty() {
            self.plans = self.runner.journal.plans(&self.operation.id).await?;
        }
        if self.plans.is_empty() {
            return Err(Stop::Journal(JournalError::Damaged {
                path: self.operation.id.0.clone().into(),
                reason: "an operation without a plan".to_owned(),
            }));
        }
        // What another worker had sent when it ended is of unknown outcome.
        for row in &mut self.operation.rows {
            if row.state == RowState::Sent {
                row.state = RowState::Recovering;
                row.unknown = true;
                self.dirty.insert(row.seq);
            }
        }
        Ok(())
    }

    fn row(&self, seq: u32) -> Option<&Row> {
        self.operation.rows.iter().find(|row| row.seq == seq)
    }

    /// Replaces a row.
    fn put(&mut self, row: Row) {
        self.dirty.insert(row.seq);
        match self
            .operation
            .rows
            .iter_mut()
            .find(|old| old.seq == row.seq)
        {
            Some(old) => *old = row,
            None => self.operation.rows.push(row),
        }
    }

    fn turn(&mut self, state: State) {
        self.operation.state = state;
        self.turned = true;
    }

    fn note(&mut self, note: String) {
        self.operation.notes.push(note);
        self.turned = true;
    }

    /// The change that makes everything durable that is not yet.
    pub(super) fn change(&mut self, release: bool) -> Change {
        let dirty = std::mem::take(&mut self.dirty);
        self.turned = false;
        let rows = self
            .operation
            .rows
            .iter()
            .filter(|row| dirty.contains(&row.seq));
        Change {
            lease: self.lease.clone(),
            state: self.operation.state,
            attempt: self.operation.attempt,
            next: self.operation.next,
            error: self.operation.error.clone(),
            notes: self.operation.notes.clone(),
            requests: self.operation.requests,
            due: match self.operation.state.is_final() {
                true => None,
                false => self.operation.due,
            },
            rows: rows.cloned().collect(),
            made: std::mem::take(&mut self.made),
            gone: std::mem::take(&mut self.gone),
            release,
        }
    }

    async fn save(&mut self, release: bool) -> Result<(), Stop> {
        let change = self.change(release);
        match self.runner.journal.apply(&[change]).await?.first() {
            Some(true) => Ok(()),
            _ => Err(Stop::Lost),
        }
    }

    /// Writes what is not durable yet, before anything is asked of the cloud.
    async fn flush(&mut self) -> Result<(), Stop> {
        if self.dirty.is_empty() && !self.turned {
            return Ok(());
        }
        self.operation.due = Some(self.clock.now());
        self.save(false).await
    }

    /// Gives a request its token.
    fn open(&mut self, step: u32, undo: Option<ResourceId>) -> Result<(), Stop> {
        let attempt = self.operation.attempt;
        self.open_in(attempt, step, undo)
    }

    fn open_in(&mut self, attempt: u32, step: u32, undo: Option<ResourceId>) -> Result<(), Stop> {
        let token = self.runner.uuid()?;
        let seq = self
            .operation
            .rows
            .iter()
            .map(|row| row.seq + 1)
            .max()
            .unwrap_or(0);
        let mut row = Row {
            seq,
            attempt,
            step,
            undo,
            token,
            place: crate::Place {
                region: String::new(),
                zone: None,
            },
            state: RowState::Intent,
            digest: None,
            sends: 0,
            first_sent: None,
            last_sent: None,
            unknown: false,
            repeated: false,
            refused: false,
            cancelled: false,
            handle: None,
            result: None,
            progress: None,
            error: None,
            failures: 0,
            due: self.clock.now(),
        };
        if let Some(planned) = planned(&self.plans, &row) {
            row.place = planned.step.place.clone();
        }
        self.put(row);
        Ok(())
    }

    /// Parts of a call for a row; `None` if the cloud cannot be used now, which is noted in the row.
    async fn call(&mut self, seq: u32) -> Result<Option<Call>, Stop> {
        self.flush().await?;
        let Some(row) = self.row(seq).cloned() else {
            return Ok(None);
        };
        let Some(planned) = planned(&self.plans, &row).cloned() else {
            return Ok(None);
        };
        match self.runner.clouds.cloud(&self.operation.account).await {
            Ok(cloud) => {
                let intent = self.intent(&row, &planned).await?;
                let made = self.made(&row);
                Ok(Some(Call {
                    cloud,
                    row,
                    planned,
                    intent,
                    made,
                }))
            }
            Err(error) => {
                let (runner, now) = (self.runner, self.clock.now());
                let mut row = row;
                row.failures = row.failures.saturating_add(1);
                row.due = super::outcome::after(now, runner.pause(&row, error.retry_after_ms));
                row.error = Some(error);
                self.put(row);
                Ok(None)
            }
        }
    }

    async fn intent(&self, row: &Row, planned: &PlannedStep) -> Result<Intent, Stop> {
        let options = &self.operation.options;
        let ends = match planned.guarantee.ending {
            crate::Ending::Never => None,
            _ => options
                .ends_at
                .and_then(|time| u64::try_from(time.as_second()).ok()),
        };
        let installation = self.runner.installation().await?;
        Ok(Intent {
            token: row.token.clone(),
            tags: owner::tags(&installation, &self.operation.id, &row.token, &options.tags),
            ends_at: ends.filter(|_| row.undo.is_none()),
        })
    }

    /// Results of the steps that must be done before a row's. Results of others would make its request depend on chance.
    fn made(&self, row: &Row) -> Vec<Made> {
        let plan = usize::try_from(row.attempt)
            .ok()
            .and_then(|attempt| self.plans.get(attempt));
        let mut before = BTreeSet::new();
        let mut open = vec![row.step];
        while let Some(step) = open.pop() {
            let planned = plan.and_then(|plan| plan.step(step));
            let after = planned
                .map(|planned| planned.step.after.as_slice())
                .unwrap_or_default();
            open.extend(after.iter().filter(|step| before.insert(**step)));
        }
        let result = |step: u32| {
            let done = self.operation.rows.iter().find(|other| {
                (other.attempt, other.step) == (row.attempt, step)
                    && other.undo.is_none()
                    && other.state == RowState::Done
            });
            Some((step, done?.result.clone()?))
        };
        before.into_iter().filter_map(result).collect()
    }

    fn context<'a>(
        &self,
        row: &Row,
        planned: &'a PlannedStep,
        pause: &'a (dyn Fn(&Row, Option<u64>) -> Duration + Sync),
    ) -> Context<'a> {
        let settles = Duration::from_millis(planned.guarantee.settles_in_ms.into());
        let enough = settles.saturating_add(self.runner.settings.in_flight);
        let made = |other: &&Row, target: &ResourceId| {
            other.undo.is_none()
                && other.resource().map(key) == Some(key(target))
                && (other.attempt, other.step) == (row.attempt, row.step)
        };
        let maker = row.undo.as_ref().and_then(|target| {
            let mut rows = self.operation.rows.iter();
            rows.find(|other| made(other, target))
        });
        let known = |maker| self.runner.waited(&self.operation.id, maker);
        Context {
            shown: maker.map_or(Duration::ZERO, |maker| settles.saturating_sub(known(maker))),
            planned,
            now: self.clock.now(),
            left: enough.saturating_sub(self.runner.waited(&self.operation.id, row)),
            pause,
        }
    }

    /// Sends a row.
    async fn send(&mut self, seq: u32) -> Result<(), Stop> {
        let Some(call) = self.call(seq).await? else {
            return Ok(());
        };
        let Call {
            cloud,
            row,
            planned,
            intent,
            made,
        } = call;
        let runner = self.runner;
        let pause = |row: &Row, asked| runner.pause(row, asked);
        let purpose = match self.context(&row, &planned, &pause).can_repeat(&row) {
            true => Purpose::SendAgain,
            false => Purpose::Send,
        };
        let permit = self.permit(purpose, row.clone());
        let response = match &row.undo {
            None => {
                cloud
                    .run(&planned.step, &made, &intent, permit.clone())
                    .await
            }
            Some(target) => {
                cloud
                    .undo(&planned.step, target, &intent, permit.clone())
                    .await
            }
        };
        let used = permit.close().await;
        if let Some(fault) = used.fault {
            return Err(fault.into());
        }
        let response = match used.other {
            // Whatever the cloud made of it: this token never goes with another body.
            true => Err(error(
                ErrorKind::Internal,
                &Refused::OtherRequest.to_string(),
            )),
            false => response,
        };
        let mut row = used.row;
        self.runner.sent(&self.operation.id, &row);
        let context = self.context(&row, &planned, &pause);
        if used.other && !used.sent && context.deleting(&row) {
            // Ending it by another request has the same outcome: with another token, so that it is tried for ever.
            row.token = self.runner.uuid()?;
            row.digest = None;
            row.state = RowState::Intent;
            row.failures = row.failures.saturating_add(1);
            row.due = super::outcome::after(context.now, pause(&row, None));
        } else {
            context.responded(&mut row, used.sent, response);
        }
        self.record(&row, &planned);
        self.put(row);
        Ok(())
    }

    fn permit(&mut self, purpose: Purpose, row: Row) -> Arc<Permit> {
        let change = self.change(false);
        let journal = self.runner.journal.clone();
        Arc::new(Permit::new(
            journal,
            self.clock.clone(),
            purpose,
            change,
            row,
        ))
    }

    /// Notes what a row has made or ended, for the proof of the journal.
    fn record(&mut self, row: &Row, planned: &PlannedStep) {
        let action = planned.step.action;
        if row.state == RowState::Done && (row.undo.is_some() || action == Action::Delete) {
            let ends = action == Action::Delete || creates(action);
            let target = row.undo.as_ref().or(row.result.as_ref()).filter(|_| ends);
            self.gone.extend(target.cloned());
        } else if row.undo.is_none() && creates(action) {
            if let Some(resource) = row.resource() {
                let owned = self.owned(row, planned, resource);
                self.made.push(owned);
            }
            let earlier = row.handle.as_ref().map(|running| &running.target);
            let renamed = earlier.filter(|earlier| {
                !earlier.id.is_empty() && row.resource().map(key) != Some(key(earlier))
            });
            self.gone.extend(renamed.cloned());
        }
    }

    fn owned(&self, row: &Row, planned: &PlannedStep, resource: &ResourceId) -> Owned {
        let now = self.clock.now();
        Owned {
            account: self.operation.account.clone(),
            id: resource.clone(),
            operation: self.operation.id.clone(),
            since: row.first_sent.unwrap_or(now),
            until: now,
            created: None,
            ends_at: self.operation.options.ends_at,
            protected: self.operation.options.protected,
            keeps_tags: planned.guarantee.keeps_tags,
        }
    }

    /// Looks for what a row has made, and draws the consequence.
    async fn look(&mut self, seq: u32) -> Result<(), Stop> {
        let Some(call) = self.call(seq).await? else {
            return Ok(());
        };
        let Call {
            cloud,
            mut row,
            planned,
            intent,
            made,
        } = call;
        let runner = self.runner;
        let pause = |row: &Row, asked| runner.pause(row, asked);
        // The time that is left before the look, not after it, says what the look must have shown.
        let mut context = self.context(&row, &planned, &pause);
        if row.state == RowState::Settling && !context.left.is_zero() {
            row.due = super::outcome::after(context.now, context.left);
            self.put(row);
            return Ok(());
        }
        let found = cloud.recover(&planned.step, &made, &intent).await;
        context.now = self.clock.now();
        let found = match found {
            Ok(found) => found,
            Err(error) if error.kind == ErrorKind::Unsupported && context.is_young(&row) => {
                Vec::new()
            }
            Err(error) => {
                row.failures = row.failures.saturating_add(1);
                row.due = super::outcome::after(context.now, pause(&row, error.retry_after_ms));
                row.error = Some(error);
                self.put(row);
                return Ok(());
            }
        };
        if row.state == RowState::Settling {
            row.state = match row.result {
                Some(_) => RowState::Done,
                None => RowState::Failed,
            };
            self.keep_one(&row, found)?;
            self.put(row);
            return Ok(());
        }
        let back = self.operation.state == State::Reverting;
        let mut found = found.into_iter();
        if let Some(first) = found.next() {
            // Found: the refusal was of the second request.
            row.refused = false;
            context.begun(&mut row, first);
            self.record(&row, &planned);
            self.keep_one(&row, found.collect())?;
            self.put(row);
            return Ok(());
        }
        let again = context.not_found(&mut row, back);
        self.put(row);
        match again {
            true => self.send(seq).await,
            false => Ok(()),
        }
    }

    /// Ends all of what was found but the resource of the row.
    fn keep_one(&mut self, row: &Row, found: Vec<Begun>) -> Result<(), Stop> {
        let Some(planned) = planned(&self.plans, row).cloned() else {
            return Ok(());
        };
        let kept = row.resource().cloned();
        for begun in found {
            let other = match begun {
                Begun::Done(resource) => resource,
                Begun::Running(running) => running.target,
            };
            let ended = |old: &Row| old.undo.as_ref().map(key) == Some(key(&other));
            let known = self
                .operation
                .rows
                .iter()
                .any(|old| old.step == row.step && ended(old));
            if other.id.is_empty() || known || kept.as_ref().map(key) == Some(key(&other)) {
                continue;
            }
            self.note(format!(
                "a request with an unknown outcome made a second {}: `{}` is kept, `{}` is ended",
                cloudhost_contract::Label::as_str(other.kind),
                kept.as_ref().map_or("none", |kept| &kept.id),
                other.id,
            ));
            if creates(planned.step.action) {
                let owned = self.owned(row, &planned, &other);
                self.made.push(owned);
            }
            self.open_in(row.attempt, row.step, Some(other))?;
        }
        Ok(())
    }

    async fn poll(&mut self, seq: u32) -> Result<(), Stop> {
        let Some(call) = self.call(seq).await? else {
            return Ok(());
        };
        let running: Vec<_> = call.row.handle.iter().cloned().collect();
        let result = call.cloud.poll(&running).await.pop();
        self.polled(seq, result.unwrap_or(Err(no_result())));
        Ok(())
    }

    /// Applies the result of a poll.
    fn polled(&mut self, seq: u32, result: Result<Status, Error>) {
        let Some(mut row) = self.row(seq).cloned() else {
            return;
        };
        let Some(planned) = planned(&self.plans, &row).cloned() else {
            return;
        };
        let runner = self.runner;
        let pause = |row: &Row, asked| runner.pause(row, asked);
        self.context(&row, &planned, &pause)
            .polled(&mut row, result);
        if row.state != RowState::Accepted {
            self.record(&row, &planned);
        }
        self.put(row);
    }

    /// Applies the results of a batch, and goes on from there.
    pub(super) async fn advance_from(&mut self, results: Vec<Polled>) -> Result<(), Stop> {
        self.load().await?;
        for (seq, result) in results {
            self.polled(seq, result);
        }
        self.advance().await
    }

    /// Applies results that need no plan: the change goes on, or could not be asked for. Returns the others.
    pub(super) fn polled_simply(&mut self, results: Vec<Polled>) -> Vec<Polled> {
        let now = self.clock.now();
        let mut others = Vec::new();
        for (seq, result) in results {
            let Some(mut row) = self.row(seq).cloned() else {
                continue;
            };
            match result {
                Ok(Status::Running(progress)) => super::outcome::running(&mut row, progress, now),
                Err(error) if error.kind != ErrorKind::NotFound => {
                    row.failures = row.failures.saturating_add(1);
                    let pause = self.runner.pause(&row, error.retry_after_ms);
                    row.due = super::outcome::after(now, pause);
                    row.error = Some(error);
                }
                other => {
                    others.push((seq, other));
                    continue;
                }
            }
            self.put(row);
        }
        let pending = self
            .operation
            .rows
            .iter()
            .filter(|row| !row.state.is_final());
        self.operation.due = pending.map(|row| row.due).min();
        others
    }

    async fn cancel(&mut self, seq: u32) -> Result<(), Stop> {
        let Some(Call { cloud, row, .. }) = self.call(seq).await? else {
            return Ok(());
        };
        let Some(running) = row.handle.clone() else {
            return Ok(());
        };
        let permit = self.permit(Purpose::Cancel, row);
        let response = cloud.cancel(&running, permit.clone()).await;
        let used = permit.close().await;
        if let Some(fault) = used.fault {
            return Err(fault.into());
        }
        let mut row = used.row;
        row.due = super::outcome::after(self.clock.now(), super::outcome::FIRST_POLL);
        match response {
            Ok(()) => row.cancelled = true,
            Err(error) => {
                // A refusal is final: the change ends by itself, and is taken back then.
                let later = matches!(
                    error.kind,
                    ErrorKind::RateLimited
                        | ErrorKind::Unavailable
                        | ErrorKind::Indeterminate
                        | ErrorKind::Busy
                );
                row.cancelled = !later;
                row.failures = row.failures.saturating_add(1);
                row.due = super::outcome::after(
                    self.clock.now(),
                    self.runner.pause(&row, error.retry_after_ms),
                );
                row.error = Some(error);
            }
        }
        self.put(row);
        Ok(())
    }

    fn drop(&mut self, seq: u32) {
        if let Some(mut row) = self.row(seq).cloned() {
            row.state = RowState::Failed;
            self.put(row);
        }
    }

    /// Goes on after a step has failed for good: elsewhere, back, or not at all.
    fn fail(&mut self, seq: u32) {
        let failed = self.row(seq).and_then(|row| row.error.clone());
        let failed = failed.unwrap_or_else(|| error(ErrorKind::Internal, "the step failed"));
        let next = next_place(&self.plans, self.operation.attempt, &failed);
        let left = to_take_back(&self.operation, &self.plans).is_some();
        if let Some(next) = next {
            let place = |attempt: u32| {
                let plan = usize::try_from(attempt)
                    .ok()
                    .and_then(|attempt| self.plans.get(attempt));
                let step = plan
                    .and_then(|plan| plan.steps().first())
                    .map(|planned| &planned.step);
                step.map(|step| step.place.zone.clone().unwrap_or(step.place.region.clone()))
            };
            let note = format!(
                "{}: trying {} next: {}",
                place(self.operation.attempt).unwrap_or_default(),
                place(next).unwrap_or_default(),
                failed.message
            );
            self.note(note);
            self.operation.next = Some(next);
            return self.turn(State::Reverting);
        }
        self.operation.error = Some(failed);
        let decision = match (self.operation.decision, self.operation.options.on_failure) {
            (Some(decision), _) => Some(decision),
            (None, OnFailure::Ask) => None,
            (None, OnFailure::TakeBack) => Some(Decision::TakeBack),
            (None, OnFailure::Keep) => Some(Decision::Keep),
        };
        self.turn(match decision {
            _ if !left => State::Failed,
            Some(Decision::TakeBack) => State::Reverting,
            Some(Decision::Keep) => State::Failed,
            None => State::Undecided,
        });
    }

    /// Ends the way that the operation is on.
    fn end(&mut self) {
        let state = match self.operation.state {
            State::Running => State::Done,
            State::Reverting => match self.operation.next.take() {
                Some(next) => {
                    self.operation.attempt = next;
                    State::Running
                }
                None if self.operation.cancel => State::Cancelled,
                None => State::Failed,
            },
            _ => State::Failed,
        };
        self.turn(state);
        let remains = self
            .operation
            .rows
            .iter()
            .filter(|row| row.undo.is_some() && row.state == RowState::Failed);
        let notes: Vec<String> = remains
            .filter_map(|row| {
                let error = row.error.as_ref().map_or("", |error| &error.message);
                Some(format!(
                    "`{}` could not be taken back: {error}",
                    row.undo.as_ref()?.id
                ))
            })
            .filter(|note| !self.operation.notes.contains(note))
            .collect();
        notes.into_iter().for_each(|note| self.note(note));
    }
}

/// Result of a poll, by row.
pub(super) type Polled = (u32, Result<Status, Error>);

/// The error of a provider that returned too few results.
pub(super) fn no_result() -> Error {
    error(ErrorKind::Internal, "the provider's poll has no result")
}

/// Parts of a call.
struct Call {
    cloud: Arc<dyn Cloud>,
    row: Row,
    planned: PlannedStep,
    intent: Intent,
    made: Vec<Made>,
}

impl Runner {
    /// Pause before another attempt at a row.
    fn pause(&self, row: &Row, asked_ms: Option<u64>) -> Duration {
        let chance = self.environment.random().map_or(0, |bytes| bytes[0]);
        backoff::pause(row.failures, asked_ms, chance)
    }

    fn uuid(&self) -> Result<String, Stop> {
        self.environment.uuid().map_err(|error| {
            Stop::Journal(JournalError::Io {
                path: "/dev/urandom".into(),
                reason: error.to_string(),
            })
        })
    }
}

impl From<Refused> for Error {
    /// The error of a request that was not sent, for a [`Cloud`] to return.
    fn from(refused: Refused) -> Self {
        error(ErrorKind::Unavailable, &refused.to_string())
    }
}
