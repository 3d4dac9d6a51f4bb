//! Records of the journal.

use crate::{Action, Error, ErrorKind, Place, Plan, Progress, ResourceId, Running, Tag};
use cloudhost_contract::{Digest, Label as _};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Identifier of an operation: a UUID in lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OperationId(pub String);

impl std::fmt::Display for OperationId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// An account of a cloud.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Account {
    /// Name of the provider.
    pub provider: String,
    /// Identifier of the account or project, such as `123456789012`.
    pub identity: String,
}

/// Conduct when a step fails for good and earlier ones have made something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnFailure {
    /// Wait for a [`Decision`].
    Ask,
    /// Take back what was made.
    TakeBack,
    /// Keep what was made.
    Keep,
}

/// The user's answer to a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// Take back what was made.
    TakeBack,
    /// Keep what was made.
    Keep,
}

/// Choices of the user when the operation began.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Options {
    /// Time at which what is made ends.
    pub ends_at: Option<Timestamp>,
    /// Conduct when a step fails.
    pub on_failure: OnFailure,
    /// `true`: the collector never ends what is made.
    pub protected: bool,
    /// The user's tags.
    pub tags: Vec<Tag>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            ends_at: None,
            on_failure: OnFailure::Ask,
            protected: false,
            tags: Vec::new(),
        }
    }
}

/// An operation to begin.
#[derive(Clone, Debug, PartialEq)]
pub struct NewOperation {
    /// The account that it changes.
    pub account: Account,
    /// Description for people, such as `create instance dev`.
    pub title: String,
    /// The user who began it.
    pub owner: String,
    /// Its options.
    pub options: Options,
    /// Plans, tried in order while the error says that elsewhere may work.
    pub plans: Vec<Plan>,
}

/// State of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It goes on.
    Running,
    /// A step failed, and what was made waits for a [`Decision`].
    Undecided,
    /// Resources that were made are taken back.
    Reverting,
    /// All steps are done.
    Done,
    /// It failed.
    Failed,
    /// It was cancelled.
    Cancelled,
}

impl State {
    /// All states with their labels.
    pub const LABELS: [(Self, &str); 6] = [
        (Self::Running, "running"),
        (Self::Undecided, "undecided"),
        (Self::Reverting, "reverting"),
        (Self::Done, "done"),
        (Self::Failed, "failed"),
        (Self::Cancelled, "cancelled"),
    ];

    /// True for a state that never changes.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}

/// State of a request. A step without one is ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RowState {
    /// Token and place are durable. Nothing is on its way.
    Intent,
    /// The digest is durable, and the request can be on its way.
    Sent,
    /// The outcome of a request is unknown.
    Recovering,
    /// The cloud has accepted it.
    Accepted,
    /// It is done, and was sent more than once to a cloud that cannot tell: the second one is looked for.
    Settling,
    /// It is done.
    Done,
    /// It failed, and nothing of it is on its way.
    Failed,
}

impl RowState {
    /// All states with their labels.
    pub const LABELS: [(Self, &str); 7] = [
        (Self::Intent, "intent"),
        (Self::Sent, "sent"),
        (Self::Recovering, "recovering"),
        (Self::Accepted, "accepted"),
        (Self::Settling, "settling"),
        (Self::Done, "done"),
        (Self::Failed, "failed"),
    ];

    /// True for a state that never changes.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Failed)
    }
}

/// One request of an operation: a step in one place, or the end of what a step made.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Number in the operation, from 0.
    pub seq: u32,
    /// Index of the plan.
    pub attempt: u32,
    /// Index of the step in the plan.
    pub step: u32,
    /// The resource to end; `none`: the step itself.
    pub undo: Option<ResourceId>,
    /// The token: with this row and its body for ever.
    pub token: String,
    /// Place of the step.
    pub place: Place,
    /// State.
    pub state: RowState,
    /// Digest of the request.
    pub digest: Option<Digest>,
    /// Number of times that the request was sent.
    pub sends: u32,
    /// Time of the first.
    pub first_sent: Option<Timestamp>,
    /// Time of the last.
    pub last_sent: Option<Timestamp>,
    /// `true`: the outcome of some send was never learned.
    pub unknown: bool,
    /// `true`: it was sent again where the cloud can make a second resource of it.
    pub repeated: bool,
    /// `true`: the cloud refused it, after a send with an unknown outcome. It is not sent again.
    pub refused: bool,
    /// `true`: the cloud was told to cancel it.
    pub cancelled: bool,
    /// The running change.
    pub handle: Option<Running>,
    /// The resource.
    pub result: Option<ResourceId>,
    /// Its progress, as the cloud reported it last.
    pub progress: Option<Progress>,
    /// The last error.
    pub error: Option<Error>,
    /// Failures in a row.
    pub failures: u32,
    /// Time of the next attempt or poll.
    pub due: Timestamp,
}

impl Row {
    /// The resource that the request made or changed, as far as it is known.
    pub fn resource(&self) -> Option<&ResourceId> {
        let target = self.handle.as_ref().map(|running| &running.target);
        self.result
            .as_ref()
            .or(target)
            .filter(|resource| !resource.id.is_empty())
    }
}

/// An operation, as the journal has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// Its identifier.
    pub id: OperationId,
    /// The account that it changes.
    pub account: Account,
    /// Description for people.
    pub title: String,
    /// The user who began it.
    pub owner: String,
    /// The time at which it began.
    pub created: Timestamp,
    /// Its options.
    pub options: Options,
    /// State.
    pub state: State,
    /// Index of the plan that is carried out.
    pub attempt: u32,
    /// Index of the plan that follows when all is taken back.
    pub next: Option<u32>,
    /// The error that made it fail.
    pub error: Option<Error>,
    /// Events that the user must know, such as a duplicate that was ended.
    pub notes: Vec<String>,
    /// `true`: the user wants it to stop.
    pub cancel: bool,
    /// The user's answer to a failure.
    pub decision: Option<Decision>,
    /// Number of requests of users so far.
    pub requests: u64,
    /// Time of the next work; `none`: it waits for the user, or is at its end.
    pub due: Option<Timestamp>,
    /// Its requests, in the order in which they began.
    pub rows: Vec<Row>,
}

impl Operation {
    /// The error that keeps it from going on until the user does something, such as an expired credential. It is tried
    /// again all the same.
    pub fn stalled(&self) -> Option<&Error> {
        let stalls = |row: &&Row| {
            let kind = row.error.as_ref().map(|error| error.kind);
            match kind {
                None => false,
                Some(
                    ErrorKind::RateLimited
                    | ErrorKind::Unavailable
                    | ErrorKind::Busy
                    | ErrorKind::Indeterminate,
                ) => false,
                Some(ErrorKind::Unauthenticated | ErrorKind::PermissionDenied) => true,
                // What was sent often passes by itself, such as a dependency that is being deleted.
                Some(_) => row.sends == 0 || row.failures >= STALLED,
            }
        };
        let pending = self
            .rows
            .iter()
            .filter(|row| !row.state.is_final() && !row.refused);
        pending.filter(stalls).find_map(|row| row.error.as_ref())
    }
}

/// Failures in a row from which an error that can pass is shown to the user.
const STALLED: u32 = 5;

/// A request of a user about an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// Stop, and take back what was made unless the options keep it.
    Cancel,
    /// Answer to a failure.
    Decide(Decision),
    /// Go on now, without waiting for the next attempt.
    Resume,
}

/// A resource that the journal knows as ours.
#[derive(Clone, Debug, PartialEq)]
pub struct Owned {
    /// Its account.
    pub account: Account,
    /// Its name.
    pub id: ResourceId,
    /// The operation that made it.
    pub operation: OperationId,
    /// Earliest time of its creation: the first send.
    pub since: Timestamp,
    /// Latest time of its creation: the response.
    pub until: Timestamp,
    /// The time of its creation that the cloud reported, once known.
    pub created: Option<Timestamp>,
    /// Time at which it ends.
    pub ends_at: Option<Timestamp>,
    /// `true`: the collector never ends it.
    pub protected: bool,
    /// `true` if the cloud keeps tags on it.
    pub keeps_tags: bool,
}

/// True for actions that make something which a failure takes back.
pub(crate) fn makes(action: Action) -> bool {
    matches!(action, Action::Create | Action::Copy | Action::Attach)
}

/// True for actions that make a resource of their own.
pub(crate) fn creates(action: Action) -> bool {
    matches!(action, Action::Create | Action::Copy)
}

/// Key of a resource in an account.
pub(crate) fn key(id: &ResourceId) -> (&'static str, &str, &str) {
    (id.kind.as_str(), &id.place.region, &id.id)
}
