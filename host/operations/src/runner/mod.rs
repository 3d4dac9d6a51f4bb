//! The runner: claims what is due, and carries it out.
//!
//! A request is sent only after its token, place and digest are durable. An outcome that is unknown is never guessed:
//!
//! | a second request means | then |
//! |---|---|
//! | nothing, for a while (`same-token`) | look; the same bytes again while the token is young; else as `another` |
//! | an error: the name is taken | look; send; on the error look again: with our token it is ours |
//! | the same state | send |
//! | another resource | look; wait the settling time; look; send; after a success look once more, keep one |
//!
//! The settling time is measured by this process's own monotonic clock, so that no jump of the time of day shortens it.

pub(crate) mod next;
pub(crate) mod outcome;
mod work;

use crate::journal::{Claimed, Filter, Journal, JournalError, Lease, WorkerId, has_come};
use crate::{
    Account, Clouds, Environment, NewOperation, Operation, OperationId, Request, Row, RowState,
    Running, State,
};
use futures::future::{BoxFuture, Either, select};
use futures::stream::{self, StreamExt as _};
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap};
use std::pin::pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use work::{Polled, Stop, Work};

/// Settings of a runner.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Time for which a claim holds. It is renewed while work goes on.
    pub lease: Duration,
    /// Most operations claimed at once.
    pub batch: u32,
    /// Most operations worked on at once, polls not counted.
    pub concurrency: usize,
    /// Most changes in one poll of an account.
    pub polls: usize,
    /// Longest time from the sending of a request to its arrival, however late: the timeout of the host's requests. It is
    /// waited in addition to a cloud's settling time.
    pub in_flight: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(20),
            batch: 1000,
            concurrency: 16,
            polls: 200,
            in_flight: Duration::from_secs(30),
        }
    }
}

/// The reason for which waiting ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Stopped {
    /// It is at its end.
    Ended(Operation),
    /// It failed, and what was made waits for a [`crate::Decision`].
    Undecided(Operation),
    /// It cannot go on until the user does something; [`Operation::stalled`] says what.
    Stalled(Operation),
    /// The time is over. It goes on when it is resumed.
    TimedOut(Operation),
    /// The caller wanted to stop waiting. It goes on when it is resumed.
    Detached(Operation),
    /// The journal has no such operation.
    Unknown,
}

/// Of each operation and row: the number of sends, and the time at which this process saw the last one.
type Seen = HashMap<OperationId, HashMap<u32, (u32, Duration)>>;

/// Carries out operations. Any number of runners, in any number of processes, can share a journal.
pub struct Runner {
    journal: Arc<dyn Journal>,
    clouds: Arc<dyn Clouds>,
    environment: Arc<dyn Environment>,
    settings: Settings,
    worker: WorkerId,
    installation: OnceLock<String>,
    seen: Mutex<Seen>,
}

impl std::fmt::Debug for Runner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runner")
            .field("worker", &self.worker)
            .finish_non_exhaustive()
    }
}

impl Runner {
    /// Makes a runner.
    ///
    /// # Errors
    /// The operating system has no randomness.
    pub fn new(
        journal: Arc<dyn Journal>,
        clouds: Arc<dyn Clouds>,
        environment: Arc<dyn Environment>,
        settings: Settings,
    ) -> std::io::Result<Self> {
        Ok(Self {
            worker: WorkerId(environment.uuid()?),
            journal,
            clouds,
            environment,
            settings,
            installation: OnceLock::new(),
            seen: Mutex::default(),
        })
    }

    /// The journal.
    pub fn journal(&self) -> &Arc<dyn Journal> {
        &self.journal
    }

    /// Writes an operation into the journal. From here on it survives everything; [`Runner::wait`] or [`Runner::serve`],
    /// here or elsewhere, carries it out.
    ///
    /// # Errors
    /// The journal cannot be written. Nothing was begun then.
    pub async fn start(&self, operation: &NewOperation) -> Result<OperationId, JournalError> {
        let random = self.environment.uuid();
        let id = OperationId(random.map_err(|error| JournalError::Io {
            path: "/dev/urandom".into(),
            reason: error.to_string(),
        })?);
        self.journal.add(&id, operation).await?;
        Ok(id)
    }

    /// Carries out an operation until it is at its end, needs the user, the time is over, or `stop` is ready. Work that
    /// is under way is finished first.
    ///
    /// # Errors
    /// The journal cannot be used.
    pub async fn wait(
        &self,
        id: &OperationId,
        timeout: Option<Duration>,
        stop: impl Future<Output = ()>,
    ) -> Result<Stopped, JournalError> {
        let mut stop = pin!(stop);
        let start = self.environment.monotonic();
        loop {
            let Some(operation) = self.journal.get(id).await? else {
                return Ok(Stopped::Unknown);
            };
            let now = self.environment.now();
            match operation.state {
                state if state.is_final() => return Ok(Stopped::Ended(operation)),
                State::Undecided if operation.due.is_none() => {
                    return Ok(Stopped::Undecided(operation));
                }
                _ => {}
            }
            if operation.due.is_some_and(|due| has_come(due, now)) {
                if self.tick(Some(id)).await? > 0 {
                    continue;
                }
            } else if operation.stalled().is_some() {
                return Ok(Stopped::Stalled(operation));
            }
            let passed = self.environment.monotonic().saturating_sub(start);
            let left = timeout.map_or(Duration::MAX, |timeout| timeout.saturating_sub(passed));
            if left.is_zero() {
                return Ok(Stopped::TimedOut(operation));
            }
            let due = operation.due.map(|due| due.duration_since(now));
            let due = due.and_then(|due| Duration::try_from(due).ok());
            let pause = due
                .unwrap_or(OTHER_PAUSE)
                .clamp(MIN_PAUSE, MAX_PAUSE)
                .min(left);
            match select(self.journal.wait(pause), stop.as_mut()).await {
                Either::Left(_) => {}
                Either::Right(_) => return Ok(Stopped::Detached(operation)),
            }
        }
    }

    /// Carries out everything that is due, by any process's order, until `stop` is ready. Work that is under way is
    /// finished first. Several calls can run at once, so that a slow cloud holds up no other.
    ///
    /// # Errors
    /// The journal cannot be used.
    pub async fn serve(&self, stop: impl Future<Output = ()>) -> Result<(), JournalError> {
        let mut stop = pin!(stop);
        loop {
            if self.tick(None).await? > 0 {
                if futures::poll!(stop.as_mut()).is_ready() {
                    return Ok(());
                }
                continue;
            }
            let due = self.journal.next_due().await?;
            let pause = match due {
                Some(Duration::ZERO) => OTHER_PAUSE,
                due => due.unwrap_or(MAX_PAUSE).clamp(MIN_PAUSE, MAX_PAUSE),
            };
            match select(self.journal.wait(pause), stop.as_mut()).await {
                Either::Left(_) => {}
                Either::Right(_) => return Ok(()),
            }
        }
    }

    /// Asks an operation to stop, and to take back what it made unless its options keep it. Returns `false` if it is at
    /// its end.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub async fn cancel(&self, id: &OperationId) -> Result<bool, JournalError> {
        self.journal.request(id, Request::Cancel).await
    }

    /// Answers an operation that is undecided. Returns `false` if it is at its end.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub async fn decide(
        &self,
        id: &OperationId,
        decision: crate::Decision,
    ) -> Result<bool, JournalError> {
        self.journal.request(id, Request::Decide(decision)).await
    }

    /// Makes an operation due now, without its pause after a failure. Returns `false` if it is at its end.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub async fn resume(&self, id: &OperationId) -> Result<bool, JournalError> {
        self.journal.request(id, Request::Resume).await
    }

    /// Makes all operations that are not at their end due now, and returns them, the newest first.
    ///
    /// # Errors
    /// The journal cannot be used.
    pub async fn resume_all(&self) -> Result<Vec<OperationId>, JournalError> {
        let unfinished = self
            .journal
            .list(u32::MAX, Filter { unfinished: true })
            .await?;
        let mut resumed = Vec::new();
        for line in unfinished {
            if self.resume(&line.id).await? {
                resumed.push(line.id);
            }
        }
        Ok(resumed)
    }

    /// Claims what is due, works on it until nothing of it is due, and returns the number of operations claimed.
    ///
    /// # Errors
    /// The journal cannot be used.
    pub async fn tick(&self, only: Option<&OperationId>) -> Result<usize, JournalError> {
        let Settings {
            lease,
            batch,
            concurrency,
            polls,
            ..
        } = self.settings;
        let claimed = self.journal.claim(&self.worker, lease, batch, only).await?;
        let count = claimed.len();
        if count == 0 {
            return Ok(0);
        }
        let leases: Vec<Lease> = claimed
            .iter()
            .map(|claimed| claimed.lease.clone())
            .collect();
        let mut groups: BTreeMap<Account, Vec<Claimed>> = BTreeMap::new();
        let mut tasks: Vec<BoxFuture<'_, Result<(), Stop>>> = Vec::new();
        for one in claimed {
            match only_polls(&one.operation, one.now) {
                true => groups
                    .entry(one.operation.account.clone())
                    .or_default()
                    .push(one),
                false => tasks.push(Box::pin(async { Work::new(self, one).advance().await })),
            }
        }
        for (account, mut group) in groups {
            while !group.is_empty() {
                let rest = group.split_off(polls.max(1).min(group.len()));
                let chunk = std::mem::replace(&mut group, rest);
                let account = account.clone();
                tasks.push(Box::pin(async move { self.poll(&account, chunk).await }));
            }
        }
        let work = stream::iter(tasks).buffer_unordered(concurrency.max(1));
        let work = pin!(
            work.fold(Ok(()), async |result: Result<(), JournalError>, one| {
                match one {
                    Ok(()) | Err(Stop::Lost) => result,
                    Err(Stop::Journal(error)) => result.and(Err(error)),
                }
            })
        );
        let renewal = pin!(async {
            loop {
                self.environment.sleep(lease / 3).await;
                if let Err(error) = self.journal.renew(&leases, lease).await {
                    tracing::warn!("the lease of operations was not renewed: {error}");
                }
            }
        });
        match select(work, renewal).await {
            Either::Left((result, _)) => result.map(|()| count),
            Either::Right((never, _)) => never,
        }
    }

    /// Asks for the state of all changes of an account at once.
    async fn poll(&self, account: &Account, claimed: Vec<Claimed>) -> Result<(), Stop> {
        let mut works: Vec<Work<'_>> = claimed
            .into_iter()
            .map(|claimed| Work::new(self, claimed))
            .collect();
        let mut places = Vec::new();
        let mut running: Vec<Running> = Vec::new();
        for (index, work) in works.iter().enumerate() {
            for row in due_polls(&work.operation, work.now()) {
                places.push((index, row.seq));
                running.extend(row.handle.clone());
            }
        }
        let results = match self.clouds.cloud(account).await {
            Ok(cloud) => cloud.poll(&running).await,
            Err(error) => vec![Err(error); running.len()],
        };
        let mut by_work: BTreeMap<usize, Vec<Polled>> = BTreeMap::new();
        let mut results = results.into_iter();
        for (index, seq) in places {
            let result = results.next().unwrap_or(Err(work::no_result()));
            by_work.entry(index).or_default().push((seq, result));
        }
        let mut changes = Vec::new();
        let mut others: Vec<BoxFuture<'_, Result<(), Stop>>> = Vec::new();
        for (index, mut work) in works.drain(..).enumerate() {
            let results = by_work.remove(&index).unwrap_or_default();
            let rest = work.polled_simply(results);
            match rest.is_empty() {
                true => changes.push(work.change(true)),
                false => others.push(Box::pin(async move { work.advance_from(rest).await })),
            }
        }
        if !changes.is_empty() {
            self.journal.apply(&changes).await?;
        }
        let mut others = stream::iter(others).buffer_unordered(self.settings.concurrency.max(1));
        let mut result = Ok(());
        while let Some(one) = others.next().await {
            if let Err(Stop::Journal(error)) = one {
                result = Err(Stop::Journal(error));
            }
        }
        result
    }

    async fn installation(&self) -> Result<String, JournalError> {
        if let Some(known) = self.installation.get() {
            return Ok(known.clone());
        }
        let read = self.journal.installation().await?;
        Ok(self.installation.get_or_init(|| read).clone())
    }

    /// Notes that a row was sent just now.
    fn sent(&self, id: &OperationId, row: &Row) {
        let seen = (row.sends, self.environment.monotonic());
        self.seen()
            .entry(id.clone())
            .or_default()
            .insert(row.seq, seen);
    }

    /// Time for which this process knows that nothing was sent: since the last request, or since it saw the row first.
    fn waited(&self, id: &OperationId, row: &Row) -> Duration {
        let now = self.environment.monotonic();
        let mut seen = self.seen();
        let rows = seen.entry(id.clone()).or_default();
        let known = rows.entry(row.seq).or_insert((row.sends, now));
        if known.0 != row.sends {
            *known = (row.sends, now);
        }
        now.saturating_sub(known.1)
    }

    fn forget(&self, id: &OperationId) {
        self.seen().remove(id);
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Pause while another process works.
const OTHER_PAUSE: Duration = Duration::from_millis(200);
/// Shortest and longest pause of a loop.
const MIN_PAUSE: Duration = Duration::from_millis(20);
const MAX_PAUSE: Duration = Duration::from_secs(5);

/// Running changes that are due.
fn due_polls(operation: &Operation, now: Timestamp) -> impl Iterator<Item = &Row> {
    let due = move |row: &&Row| row.state == RowState::Accepted && has_come(row.due, now);
    operation
        .rows
        .iter()
        .filter(due)
        .filter(|row| row.handle.is_some())
}

/// True if all that is due of an operation is the state of running changes.
fn only_polls(operation: &Operation, now: Timestamp) -> bool {
    let other = |row: &Row| {
        !row.state.is_final()
            && has_come(row.due, now)
            && (row.state != RowState::Accepted || row.handle.is_none())
    };
    operation.state == State::Running
        && !operation.cancel
        && !operation.rows.iter().any(other)
        && due_polls(operation, now).next().is_some()
}
