//! Changes sent: `run`, `undo`, and what the cloud guarantees for them.

use cloudhost_sdk::change::encode;
use cloudhost_sdk::operations::{Begun, Guarantee, Intent, Made, Operation, Repetition};
use cloudhost_sdk::resources::{Action, Place, ResourceId, ResourceKind, Step};
use cloudhost_sdk::xml::Step as Element;
use cloudhost_sdk::{Error, ErrorKind, Timestamp, World};
use serde::{Deserialize, Serialize};

use super::call::Call;
use super::errors::refine;
use crate::ec2::endpoint;
use crate::region;

/// Longest time for which EC2's lists may not show a change: its guide to eventual consistency waits "up to five minutes".
pub(super) const SETTLES_MS: u32 = 5 * 60 * 1000;

/// "A client token is valid for at least 24 hours after the termination of the instance": EC2 API reference, "Ensuring
/// idempotency".
const INSTANCE_TOKEN_S: u64 = 24 * 60 * 60;

/// For volumes no time is documented. An hour is less than all that AWS documents for tokens of other resources.
const VOLUME_TOKEN_S: u64 = 60 * 60;

/// Returns true if an earlier step can have made what EC2 does not find.
fn is_made(error: &Error) -> bool {
    matches!(
        error.code.as_deref(),
        Some("InvalidKeyPair.NotFound" | "InvalidInstanceID.NotFound" | "InvalidSnapshot.NotFound")
    )
}

/// Time after which EC2 can have seen what an earlier step made: "starting with a couple of seconds".
const RETRY_MS: u64 = 2_000;

/// Handle of a change that goes on.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Handle {
    /// Time of the response by the cloud's clock.
    pub at: Option<Timestamp>,
    /// Instance that a volume is attached to or detached from.
    pub instance: Option<String>,
}

/// Returns the promises of EC2 for an action on a kind of resource.
pub(crate) fn guarantees(kind: ResourceKind, action: Action) -> Guarantee {
    use ResourceKind::{Instance, Snapshot, SshKey, Volume};
    let repetition = match (kind, action) {
        (Instance, Action::Create) => Repetition::SameToken(INSTANCE_TOKEN_S),
        (Volume, Action::Create) => Repetition::SameToken(VOLUME_TOKEN_S),
        // "The keypair already exists": InvalidKeyPair.Duplicate.
        (SshKey, Action::Create) => Repetition::RefusedByName,
        // "is already attached to an instance": VolumeInUse.
        (Volume, Action::Attach) => Repetition::RefusedByName,
        // Neither CreateSnapshot nor CopySnapshot has a token.
        (Snapshot, Action::Create | Action::Copy) => Repetition::Another,
        (_, Action::Create | Action::Copy) => Repetition::Another,
        _ => Repetition::SameOutcome,
    };
    Guarantee::new(repetition, SETTLES_MS).with_tags()
}

/// Sends the request of a step.
pub(crate) async fn run<W: World>(
    world: &W,
    step: Step,
    made: Vec<Made>,
    intent: Intent,
) -> Result<Begun, Error> {
    let call = Call::of(&step)?.with(&made)?;
    let follows = !step.after.is_empty();
    let target = ResourceId {
        kind: step.kind,
        id: step.id.unwrap_or_default(),
        name: step.name,
        place: step.place,
        parent: step.parent,
    };
    let sent = send(world, &call, step.action, target.clone(), &intent).await;
    sent.or_else(|error| match error.kind {
        // What is to be ended is not there: that is the outcome.
        ErrorKind::NotFound if ends(step.action) => Ok(Begun::Done(ResourceId {
            id: subject(&call).unwrap_or(target.id),
            ..target
        })),
        // EC2 has not yet seen everywhere what an earlier step made: its guide calls that eventual consistency.
        ErrorKind::NotFound if follows && is_made(&error) => Err(Error {
            kind: ErrorKind::Busy,
            retry_after_ms: Some(RETRY_MS),
            ..error
        }),
        _ => Err(error),
    })
}

/// Sends the request that reverts a step.
pub(crate) async fn undo<W: World>(
    world: &W,
    step: Step,
    target: ResourceId,
    intent: Intent,
) -> Result<Begun, Error> {
    let call = Call::of(&step)?;
    let (action, back) = reverse(&call, &target).ok_or_else(|| {
        let message = format!("cannot revert: {}", step.summary);
        Error::new(ErrorKind::Unsupported, message)
    })?;
    send(world, &back, action, target, &intent).await
}

/// Returns the request that reverts another, and its action.
fn reverse(call: &Call, target: &ResourceId) -> Option<(Action, Call)> {
    let of = |name: &str, parameter: &str| Call::new(name).set(parameter, &target.id);
    Some(match call.known().ok()?.name {
        "RunInstances" => (Action::Delete, of("TerminateInstances", "InstanceId.1")),
        "ImportKeyPair" => (Action::Delete, of("DeleteKeyPair", "KeyPairId")),
        "CreateVolume" => (Action::Delete, of("DeleteVolume", "VolumeId")),
        "CreateSnapshot" | "CopySnapshot" => (Action::Delete, of("DeleteSnapshot", "SnapshotId")),
        "AttachVolume" => {
            let instance = call.text("InstanceId").or(target.parent.as_deref());
            (
                Action::Detach,
                of("DetachVolume", "VolumeId").set_some("InstanceId", instance),
            )
        }
        "StartInstances" => (Action::Stop, of("StopInstances", "InstanceId.1")),
        "StopInstances" => (Action::Start, of("StartInstances", "InstanceId.1")),
        "ModifyInstanceAttribute" => {
            let was_on = call.text(PROTECTION) == Some("true");
            let action = if was_on {
                Action::Unprotect
            } else {
                Action::Protect
            };
            (action, protection(&target.id, !was_on))
        }
        _ => return None,
    })
}

/// Parameter of the protection of an instance against its end.
pub(super) const PROTECTION: &str = "DisableApiTermination.Value";

/// Creates the request that protects an instance, or no longer does.
pub(super) fn protection(instance: &str, on: bool) -> Call {
    Call::new("ModifyInstanceAttribute")
        .set("InstanceId", instance)
        .set(PROTECTION, if on { "true" } else { "false" })
}

async fn send<W: World>(
    world: &W,
    call: &Call,
    action: Action,
    mut target: ResourceId,
    intent: &Intent,
) -> Result<Begun, Error> {
    let known = call.known()?;
    region::check(&target.place.region)?;
    let request = call.request(&target.name, intent)?;
    let (mut id, mut zone) = (None, None);
    let see = |path: &[&str], element: Element<'_>| {
        let Element::Close(Some(text)) = element else {
            return;
        };
        match path {
            path if known.makes == Some(path) => id = Some(text.to_owned()),
            ["availabilityZone"] | ["instancesSet", "item", "placement", "availabilityZone"] => {
                zone = Some(text.to_owned());
            }
            _ => {}
        }
    };
    let sent = request
        .send(world, &endpoint(&target.place.region), see)
        .await;
    let answer = match sent {
        Ok(answer) => answer,
        Err(error) if is_detached(action, &error) => {
            target.id = subject(call).unwrap_or_default();
            return Ok(Begun::Done(target));
        }
        Err(error) => return Err(refine(error, known.name, &target.place)),
    };
    match known.makes {
        Some(_) => {
            let made = id.filter(|id| !id.is_empty());
            target.id = made.ok_or_else(|| {
                let message = format!("{}: the response names nothing that was made", known.name);
                Error::new(ErrorKind::Indeterminate, message)
            })?;
            target.place = placed(target.place, zone);
        }
        None => target.id = subject(call).unwrap_or_default(),
    }
    if !known.goes_on {
        return Ok(Begun::Done(target));
    }
    let instance = matches!(action, Action::Attach | Action::Detach)
        .then(|| call.text("InstanceId").map(str::to_owned))
        .flatten();
    let handle = Handle {
        at: answer.date(),
        instance,
    };
    Ok(Begun::Running(Operation {
        handle: encode(&handle)?,
        action,
        target,
    }))
}

/// Returns the identifier of what a request changes.
fn subject(call: &Call) -> Option<String> {
    call.text(call.known().ok()?.subject).map(str::to_owned)
}

fn placed(place: Place, zone: Option<String>) -> Place {
    Place {
        zone: zone.filter(|zone| !zone.is_empty()).or(place.zone),
        ..place
    }
}

/// Returns true if EC2 refuses to detach a volume because nothing has it: "is in the 'available' state".
fn is_detached(action: Action, error: &Error) -> bool {
    action == Action::Detach
        && error.code.as_deref() == Some("IncorrectState")
        && error.message.contains("'available' state")
}

/// Returns true for actions that are done when their resource does not exist.
fn ends(action: Action) -> bool {
    matches!(action, Action::Delete | Action::Detach)
}
