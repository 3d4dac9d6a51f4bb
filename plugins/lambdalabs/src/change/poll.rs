//! State of changes: `poll`, and `recover` of what a lost response would have told.

use cloudhost_sdk::change::{decode, encode, poll_together, settled};
use cloudhost_sdk::operations::{Begun, Intent, Operation, Progress, Status};
use cloudhost_sdk::resources::{Action, ResourceId, ResourceKind, Step};
use cloudhost_sdk::{Error, ErrorKind, Scope, Timestamp, World};

use super::call::Call;
use super::instances::{self, Row};
use super::run::{Handle, SETTLES_MS, TOKEN_TAG, target};
use super::{gone, keys, storage};
use crate::api::ask_dated;

/// Time until a state can have changed. One request tells all, of one a second.
const POLL_AFTER_MS: u32 = 10_000;

/// Reads the state of changes, with one request. Only instances have changes that go on.
pub(super) async fn poll<W: World>(
    world: &W,
    operations: Vec<Operation>,
) -> Vec<Result<Status, Error>> {
    let key = |operation: &Operation| match operation.target.kind {
        ResourceKind::Instance => Ok(()),
        _ => Err(Error::internal(
            "this plugin has no change of this kind that goes on",
        )),
    };
    poll_together(operations, key, async |(), group| {
        let listed = instances::all(world).await;
        let state = |operation: &Operation| {
            let (rows, now) = listed.as_ref().map_err(Error::clone)?;
            let handle: Handle = decode(&operation.handle, "the handle of the operation")?;
            let row = rows.iter().find(|row| row.id == operation.target.id);
            Ok(status(operation, &handle, row, *now))
        };
        group.iter().map(state).collect()
    })
    .await
}

/// Returns the state of a change of an instance, which Lambda lists as long as it is there.
fn status(
    operation: &Operation,
    handle: &Handle,
    row: Option<&Row>,
    now: Option<Timestamp>,
) -> Status {
    let target = || operation.target.clone();
    let Some(row) = row else {
        return match operation.action {
            Action::Delete => Status::Succeeded(target()),
            _ if settled(handle.at, now, SETTLES_MS) => Status::Failed(gone(&operation.target.id)),
            _ => Status::Running(Progress::new("not listed yet", POLL_AFTER_MS)),
        };
    };
    let failed = |kind, what: &str| {
        let message = format!("{} {what}", row.id);
        let scope = Scope::Region(operation.target.place.region.clone());
        Status::Failed(Error::new(kind, message).in_scope(scope))
    };
    match (operation.action, row.status.as_str()) {
        (Action::Create, "active") => Status::Succeeded(target()),
        (Action::Create, "unhealthy") => failed(
            ErrorKind::FailedPrecondition,
            "is unhealthy: Lambda cannot reach it, and charges for it",
        ),
        (Action::Create, "preempted") => failed(ErrorKind::InsufficientCapacity, "was preempted"),
        (Action::Create, "terminating" | "terminated") => failed(
            ErrorKind::FailedPrecondition,
            "was ended before it was ready",
        ),
        (Action::Delete, "terminated" | "preempted") => Status::Succeeded(target()),
        (_, other) => Status::Running(Progress::new(other, POLL_AFTER_MS)),
    }
}

/// Finds what a step has made with this token, or whether its change shows.
pub(super) async fn recover<W: World>(
    world: &W,
    step: Step,
    intent: &Intent,
) -> Result<Vec<Begun>, Error> {
    let call = Call::of(&step)?;
    let target = target(step);
    let running = |action, id: &str, at| {
        Ok(Begun::Running(Operation {
            handle: encode(&Handle { at })?,
            action,
            target: ResourceId {
                id: id.to_owned(),
                ..target.clone()
            },
        }))
    };
    let done = |id: &str| {
        Begun::Done(ResourceId {
            id: id.to_owned(),
            ..target.clone()
        })
    };
    match call {
        Call::Launch { .. } => {
            let (rows, at) = instances::all(world).await?;
            let token = (TOKEN_TAG.to_owned(), intent.token.clone());
            let ours = rows.iter().filter(|row| row.tags().contains(&token));
            ours.map(|row| running(Action::Create, &row.id, at))
                .collect()
        }
        Call::Terminate { id } => {
            let (rows, at) = instances::all(world).await?;
            match rows
                .iter()
                .find(|row| row.id == id)
                .map(|row| row.status.as_str())
            {
                None | Some("terminated" | "preempted") => Ok(vec![done(&id)]),
                Some("terminating") => Ok(vec![running(Action::Delete, &id, at)?]),
                Some(_) => Ok(Vec::new()),
            }
        }
        Call::AddKey { name, public_key } => {
            let (rows, _): (Vec<keys::Row>, _) = ask_dated(world, "ssh-keys").await?;
            let same = rows
                .iter()
                .filter(|row| row.name == name && row.public_key == public_key);
            Ok(same.map(|row| done(&row.id)).collect())
        }
        Call::DeleteKey { id } => {
            let (rows, _): (Vec<keys::Row>, _) = ask_dated(world, "ssh-keys").await?;
            let there = rows.iter().any(|row| row.id == id);
            Ok((!there).then(|| done(&id)).into_iter().collect())
        }
        Call::MakeFileSystem { name, region } => {
            let rows = storage::all(world).await?;
            let same = rows
                .iter()
                .filter(|row| row.name == name && row.region.name == region);
            Ok(same.map(|row| done(&row.id)).collect())
        }
        Call::DeleteFileSystem { id } => {
            let rows = storage::all(world).await?;
            let there = rows.iter().any(|row| row.id == id);
            Ok((!there).then(|| done(&id)).into_iter().collect())
        }
    }
}
