//! State of changes: `poll`, and `recover` of what a lost response would have told.

use std::collections::BTreeMap;

use cloudhost_sdk::change::{decode, encode, poll_together, settled};
use cloudhost_sdk::operations::{Begun, Intent, Made, Operation, Progress, Status};
use cloudhost_sdk::query::Action as Query;
use cloudhost_sdk::resources::{Action, Place, ResourceId, ResourceKind, Step};
use cloudhost_sdk::{Error, ErrorKind, Scope, Timestamp, World, join_all};

use super::api::{dated, gone};
use super::call::{Call, TOKEN_TAG};
use super::errors::kind_of_reason;
use super::instances::{INSTANCES, is_protected};
use super::keys::KEYS;
use super::rows::{List, Row};
use super::run::{Handle, PROTECTION, SETTLES_MS};
use super::storage::{SNAPSHOTS, VOLUMES};

/// Most values of filters in a request: with more, EC2 says `FilterLimitExceeded`.
const MOST_VALUES: usize = 200;

/// List of a kind of resource.
struct Listed {
    action: &'static str,
    list: &'static List,
    /// Name of the filter by identifiers.
    filter: &'static str,
    /// Field with the identifier.
    id: &'static str,
}

fn listed(kind: ResourceKind) -> Option<Listed> {
    let (action, list, filter, id) = match kind {
        ResourceKind::Instance => ("DescribeInstances", &INSTANCES, "instance-id", "instanceId"),
        ResourceKind::Volume => ("DescribeVolumes", &VOLUMES, "volume-id", "volumeId"),
        ResourceKind::Snapshot => ("DescribeSnapshots", &SNAPSHOTS, "snapshot-id", "snapshotId"),
        ResourceKind::SshKey => ("DescribeKeyPairs", &KEYS, "key-pair-id", "keyPairId"),
        _ => return None,
    };
    Some(Listed {
        action,
        list,
        filter,
        id,
    })
}

fn listed_or_error(kind: ResourceKind) -> Result<Listed, Error> {
    listed(kind).ok_or_else(|| Error::internal("this plugin changes no resource of this kind"))
}

/// Reads the state of changes, with one request for all resources of a kind in a region.
pub(crate) async fn poll<W: World>(
    world: &W,
    operations: Vec<Operation>,
) -> Vec<Result<Status, Error>> {
    let key = |operation: &Operation| {
        let target = &operation.target;
        listed_or_error(target.kind)?;
        Ok((target.place.region.clone(), target.kind as u8))
    };
    poll_together(operations, key, async |(region, _), group| {
        group_states(world, &region, group).await
    })
    .await
}

async fn group_states<W: World>(
    world: &W,
    region: &str,
    group: Vec<Operation>,
) -> Vec<Result<Status, Error>> {
    let read = join_all(group.chunks(MOST_VALUES).map(async |chunk| {
        let seen = seen(world, region, chunk).await;
        let state = |operation: &Operation| {
            let (rows, now) = seen.as_ref().map_err(Error::clone)?;
            let handle: Handle = decode(&operation.handle, "the handle of the operation")?;
            Ok(status(
                operation,
                &handle,
                rows.get(&operation.target.id),
                *now,
            ))
        };
        chunk.iter().map(state).collect::<Vec<_>>()
    }));
    read.await.into_iter().flatten().collect()
}

type Seen = (BTreeMap<String, Row>, Option<Timestamp>);

/// Reads the resources of operations of one kind. A filter by identifiers, other than the list of identifiers itself,
/// leaves out those that do not exist.
async fn seen<W: World>(world: &W, region: &str, group: &[Operation]) -> Result<Seen, Error> {
    let Some(first) = group.first() else {
        return Ok(Seen::default());
    };
    let how = listed_or_error(first.target.kind)?;
    let ids = group.iter().map(|operation| &operation.target.id);
    let query = Query::read(how.action).filter(how.filter, ids);
    let (rows, now) = dated(world, region, query, how.list).await?;
    let named = rows
        .into_iter()
        .map(|row| (row.text(how.id).to_owned(), row));
    Ok((named.collect(), now))
}

/// State of a change in a list.
#[derive(Debug, PartialEq)]
enum Effect {
    /// Nothing, as far as the list shows it now.
    NotYet,
    /// It goes on.
    Going,
    /// It is done.
    Done,
    /// It failed.
    Failed(Error),
}

/// Tells what a row shows of a change; `None` if the resource is not in the list.
fn effect(operation: &Operation, handle: &Handle, row: Option<&Row>) -> Effect {
    let Operation { action, target, .. } = operation;
    let region = &target.place.region;
    let Some(row) = row else {
        return match action {
            Action::Create | Action::Copy => Effect::NotYet,
            Action::Delete | Action::Detach => Effect::Done,
            _ => Effect::Failed(gone(&target.id, region)),
        };
    };
    match target.kind {
        ResourceKind::Instance => instance_effect(*action, target, row),
        ResourceKind::Volume => volume_effect(*action, handle, target, row),
        ResourceKind::Snapshot => snapshot_effect(*action, target, row),
        // A key is there or not.
        _ if *action == Action::Delete => Effect::NotYet,
        _ => Effect::Done,
    }
}

fn instance_effect(action: Action, target: &ResourceId, row: &Row) -> Effect {
    let failed = || {
        let reason = row.text("stateReason/code");
        let said = row
            .get("stateReason/message")
            .unwrap_or("EC2 gives no reason");
        let message = format!(
            "{} is {}: {said}",
            target.id,
            row.text("instanceState/name")
        );
        failure(target, kind_of_reason(reason), reason, message)
    };
    let by_cloud = || row.text("stateReason/code").starts_with("Server.");
    match (action, row.text("instanceState/name")) {
        (Action::Create, "pending") | (Action::Start, "pending") => Effect::Going,
        (Action::Create, "running" | "stopping" | "stopped") | (Action::Start, "running") => {
            Effect::Done
        }
        (Action::Start, "stopped") if by_cloud() => failed(),
        (Action::Start, "stopped" | "stopping") => Effect::NotYet,
        (Action::Stop, "stopped") | (Action::Delete, "terminated") => Effect::Done,
        (Action::Stop, "stopping") | (Action::Delete, "shutting-down") => Effect::Going,
        (Action::Create | Action::Start | Action::Stop, "shutting-down" | "terminated") => failed(),
        (Action::Stop, "pending" | "running") => Effect::NotYet,
        (Action::Delete, "pending" | "running" | "stopping" | "stopped") => Effect::NotYet,
        _ => Effect::Going,
    }
}

fn volume_effect(action: Action, handle: &Handle, target: &ResourceId, row: &Row) -> Effect {
    let state = row.text("status");
    if matches!(action, Action::Attach | Action::Detach) {
        let of = |(instance, _): &(&str, &str)| {
            handle.instance.as_deref().is_none_or(|id| id == *instance)
        };
        let mut attached = row.pairs(ATTACHED_TO, ATTACHMENT).filter(of);
        let attachment = attached.next().map_or("detached", |(_, status)| status);
        return match (action, attachment) {
            (Action::Attach, "attached") | (Action::Detach, "detached") => Effect::Done,
            (Action::Attach, "detached" | "detaching") | (Action::Detach, "attached") => {
                Effect::NotYet
            }
            _ => Effect::Going,
        };
    }
    match (action, state) {
        (Action::Create, "available" | "in-use") | (Action::Delete, "deleted") => Effect::Done,
        (Action::Create, "error" | "deleting" | "deleted") => {
            let message = format!("{} has the state {state}", target.id);
            Effect::Failed(Error::new(ErrorKind::FailedPrecondition, message))
        }
        (Action::Delete, "available" | "in-use" | "creating" | "error") => Effect::NotYet,
        _ => Effect::Going,
    }
}

fn snapshot_effect(action: Action, target: &ResourceId, row: &Row) -> Effect {
    match (action, row.text("status")) {
        (Action::Delete, _) => Effect::NotYet,
        (_, "completed") => Effect::Done,
        (_, "error") => {
            let said = row.get("statusMessage").unwrap_or("EC2 gives no reason");
            let message = format!("{} has failed: {said}", target.id);
            failure(target, ErrorKind::FailedPrecondition, "", message)
        }
        _ => Effect::Going,
    }
}

fn failure(target: &ResourceId, kind: ErrorKind, code: &str, message: String) -> Effect {
    let place = target.place.clone();
    let scope = match place.zone {
        Some(zone) if kind == ErrorKind::InsufficientCapacity => Scope::Zone(zone),
        _ => Scope::Region(place.region),
    };
    Effect::Failed(Error {
        code: Some(code.to_owned()).filter(|code| !code.is_empty()),
        ..Error::new(kind, message).in_scope(scope)
    })
}

/// Field with the instance of an attachment.
const ATTACHED_TO: &str = "attachmentSet/item/instanceId";

/// Field with the state of an attachment.
const ATTACHMENT: &str = "attachmentSet/item/status";

/// Returns the state of a change. Until the lists have settled after it, by the cloud's clock, a list that does not show it
/// proves nothing.
fn status(
    operation: &Operation,
    handle: &Handle,
    row: Option<&Row>,
    now: Option<Timestamp>,
) -> Status {
    let Operation { action, target, .. } = operation;
    let lags = !settled(handle.at, now, SETTLES_MS);
    let goes_on = || {
        let phase = row.and_then(|row| row.get("instanceState/name").or(row.get("status")));
        let mut progress = Progress::new(
            phase.unwrap_or("not listed yet"),
            poll_after_ms(target.kind),
        );
        if let Some(row) = row {
            let percent = row.get("progress").and_then(|text| text.strip_suffix('%'));
            progress.percent = percent
                .and_then(|text| text.parse().ok())
                .filter(|n| *n <= 100);
            let busy = row.all(ATTACHMENT).any(|state| state == "busy");
            if busy && *action == Action::Detach {
                progress.phase = "busy".to_owned();
                progress.message =
                    Some("the instance uses the volume: unmount it there".to_owned());
            }
        }
        Status::Running(progress)
    };
    match effect(operation, handle, row) {
        Effect::Done => Status::Succeeded(named(target, row)),
        Effect::Failed(error) => Status::Failed(error),
        Effect::Going => goes_on(),
        Effect::NotYet if lags => goes_on(),
        Effect::NotYet => match (action, row) {
            (Action::Create | Action::Copy, _) => {
                Status::Failed(gone(&target.id, &target.place.region))
            }
            (Action::Start | Action::Attach, Some(row)) => {
                let state = row.get("instanceState/name").or(row.get("status"));
                let message = format!("{} is still {}", target.id, state.unwrap_or("as it was"));
                Status::Failed(Error::new(ErrorKind::FailedPrecondition, message))
            }
            _ => goes_on(),
        },
    }
}

/// Time until a state can have changed: instances and volumes take seconds, snapshots minutes.
fn poll_after_ms(kind: ResourceKind) -> u32 {
    match kind {
        ResourceKind::Snapshot => 15_000,
        ResourceKind::Volume => 2_000,
        _ => 5_000,
    }
}

/// Returns the resource as the row names it, with its zone.
fn named(target: &ResourceId, row: Option<&Row>) -> ResourceId {
    let zone = row.and_then(|row| {
        row.get("placement/availabilityZone")
            .or(row.get("availabilityZone"))
    });
    let name = row.map(Row::name).filter(|name| !name.is_empty());
    ResourceId {
        name: name.unwrap_or_else(|| target.name.clone()),
        place: Place {
            region: target.place.region.clone(),
            zone: zone
                .map(str::to_owned)
                .or_else(|| target.place.zone.clone()),
        },
        ..target.clone()
    }
}

/// Finds what a step has made with this token, or whether its change shows.
pub(crate) async fn recover<W: World>(
    world: &W,
    step: Step,
    made: Vec<Made>,
    intent: Intent,
) -> Result<Vec<Begun>, Error> {
    let call = Call::of(&step)?.with(&made)?;
    let known = call.known()?;
    let mut target = ResourceId {
        kind: step.kind,
        id: call.text(known.subject).unwrap_or_default().to_owned(),
        name: step.name,
        place: step.place,
        parent: step.parent,
    };
    let region = target.place.region.clone();
    if let Some(wanted) = call.text(PROTECTION) {
        let now = is_protected(world, &target).await?;
        let done = now == (wanted == "true");
        return Ok(done.then_some(Begun::Done(target)).into_iter().collect());
    }
    let how = listed_or_error(step.kind)?;
    let query = Query::read(how.action);
    let query = match (known.makes, known.token, step.kind) {
        (None, ..) => query.filter(how.filter, [&target.id]),
        (Some(_), true, ResourceKind::Instance) => query.filter("client-token", [&intent.token]),
        (Some(_), ..) => query.filter(&format!("tag:{TOKEN_TAG}"), [&intent.token]),
    };
    let (rows, at) = dated(world, &region, query, how.list).await?;
    let running = |target: ResourceId| {
        let handle = Handle {
            at,
            instance: call.text("InstanceId").map(str::to_owned),
        };
        Ok(Begun::Running(Operation {
            handle: encode(&handle)?,
            action: step.action,
            target,
        }))
    };
    if known.makes.is_some() {
        let begun = |row: &Row| {
            let mut target = named(&target, Some(row));
            row.text(how.id).clone_into(&mut target.id);
            match known.goes_on {
                true => running(target),
                false => Ok(Begun::Done(target)),
            }
        };
        return rows.iter().map(begun).collect();
    }
    let handle = Handle {
        at,
        instance: call.text("InstanceId").map(str::to_owned),
    };
    let row = rows.first();
    target = named(&target, row);
    let operation = Operation {
        handle: String::new(),
        action: step.action,
        target: target.clone(),
    };
    Ok(match effect(&operation, &handle, row) {
        Effect::NotYet => Vec::new(),
        Effect::Done => vec![Begun::Done(target)],
        // A failure is what the next poll reports.
        Effect::Going | Effect::Failed(_) => vec![running(target)?],
    })
}

#[cfg(test)]
#[path = "poll_tests.rs"]
mod tests;
