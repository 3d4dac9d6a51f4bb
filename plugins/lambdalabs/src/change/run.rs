//! Changes sent: `run`, `undo`, and what Lambda guarantees for them.

use cloudhost_sdk::change::{encode, tags};
use cloudhost_sdk::http::Method;
use cloudhost_sdk::operations::{Begun, Guarantee, Intent, Operation, Repetition};
use cloudhost_sdk::resources::{Action, ResourceId, ResourceKind, Step, Tag};
use cloudhost_sdk::{Error, ErrorKind, Scope, Timestamp, World, excerpt};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::call::{Call, check_id};
use crate::api::change;

/// Longest time for which a list may not show a change. Lambda publishes none. One API serves both, and its list is what
/// its console shows; a minute is twelve times the longest time that any of its requests takes, by its own limit of one
/// launch in twelve seconds.
pub(super) const SETTLES_MS: u32 = 60_000;

/// Tag with the token of the attempt that made an instance.
pub(super) const TOKEN_TAG: &str = "cloudhost-token";

/// Time between two launches: "one request per 12 seconds".
const LAUNCH_EVERY_MS: u64 = 12_000;

/// Handle of a change that goes on.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Handle {
    /// Time of the response by Lambda's clock.
    pub at: Option<Timestamp>,
}

/// Returns the promises of Lambda for an action on a kind of resource.
pub(crate) fn guarantees(kind: ResourceKind, action: Action) -> Guarantee {
    let repetition = match (kind, action) {
        // There is no token, and names are not unique.
        (ResourceKind::Instance | ResourceKind::SshKey, Action::Create) => Repetition::Another,
        // `global/duplicate`.
        (ResourceKind::Volume, Action::Create) => Repetition::RefusedByName,
        (_, Action::Create | Action::Copy) => Repetition::Another,
        _ => Repetition::SameOutcome,
    };
    let guarantee = Guarantee::new(repetition, SETTLES_MS);
    match kind {
        ResourceKind::Instance => guarantee.with_tags(),
        _ => guarantee,
    }
}

/// Sends the request of a step.
pub(super) async fn run<W: World>(world: &W, step: Step, intent: &Intent) -> Result<Begun, Error> {
    let call = Call::of(&step)?;
    let target = target(step);
    send(world, call, target, intent).await
}

/// Sends the request that reverts a step.
pub(super) async fn undo<W: World>(
    world: &W,
    step: Step,
    target: ResourceId,
    intent: &Intent,
) -> Result<Begun, Error> {
    let back = Call::of(&step)?.reverse(&target.id).ok_or_else(|| {
        let message = format!("cannot revert: {}", step.summary);
        Error::new(ErrorKind::Unsupported, message)
    })?;
    send(world, back, target, intent).await
}

/// Returns the resource of a step.
pub(super) fn target(step: Step) -> ResourceId {
    ResourceId {
        kind: step.kind,
        id: step.id.unwrap_or_default(),
        name: step.name,
        place: step.place,
        parent: step.parent,
    }
}

#[derive(Deserialize)]
struct Launched {
    instance_ids: Vec<String>,
}

#[derive(Deserialize)]
struct Made {
    id: String,
}

async fn send<W: World>(
    world: &W,
    call: Call,
    mut target: ResourceId,
    intent: &Intent,
) -> Result<Begun, Error> {
    const NOTHING: Option<&Value> = None;
    let made = |id: String, mut target: ResourceId| match id.is_empty() {
        true => Err(Error::new(
            ErrorKind::Indeterminate,
            "the response names nothing that was made",
        )),
        false => {
            target.id = id;
            Ok(target)
        }
    };
    let (action, at) = match call {
        Call::Launch { mut body } => {
            body.insert(
                "tags".to_owned(),
                tagged(&tags(intent, [(TOKEN_TAG, intent.token.as_str())]))?,
            );
            let launch = "instance-operations/launch";
            let launched = change::<Launched>(world, Method::Post, launch, Some(&body)).await;
            let (launched, at) = launched.map_err(|error| refine(error, &target))?;
            let id = launched.instance_ids.into_iter().next().unwrap_or_default();
            target = made(id, target)?;
            (Action::Create, at)
        }
        Call::Terminate { id } => {
            let body = json!({"instance_ids": [id]});
            let terminate = "instance-operations/terminate";
            let ended = change::<Value>(world, Method::Post, terminate, Some(&body)).await;
            match ended {
                Ok((_, at)) => (Action::Delete, at),
                Err(error) => return absent(error, target),
            }
        }
        Call::AddKey { name, public_key } => {
            let body = json!({"name": name, "public_key": public_key});
            let (key, _) = change::<Made>(world, Method::Post, "ssh-keys", Some(&body)).await?;
            return made(key.id, target).map(Begun::Done);
        }
        Call::MakeFileSystem { name, region } => {
            let body = json!({"name": name, "region": region});
            let system = change::<Made>(world, Method::Post, "filesystems", Some(&body)).await;
            let (system, _) = system.map_err(|error| refine(error, &target))?;
            return made(system.id, target).map(Begun::Done);
        }
        Call::DeleteKey { id } => {
            let what = format!("ssh-keys/{}", check_id(&id)?);
            let ended = change::<Value>(world, Method::Delete, &what, NOTHING).await;
            return ended.map_or_else(
                |error| absent(error, target.clone()),
                |_| Ok(Begun::Done(target.clone())),
            );
        }
        Call::DeleteFileSystem { id } => {
            let what = format!("filesystems/{}", check_id(&id)?);
            let ended = change::<Value>(world, Method::Delete, &what, NOTHING).await;
            return ended.map_or_else(
                |error| absent(error, target.clone()),
                |_| Ok(Begun::Done(target.clone())),
            );
        }
    };
    Ok(Begun::Running(Operation {
        handle: encode(&Handle { at })?,
        action,
        target,
    }))
}

/// The resource to be ended is not there: that is the outcome.
fn absent(error: Error, target: ResourceId) -> Result<Begun, Error> {
    match error.kind {
        ErrorKind::NotFound => Ok(Begun::Done(target)),
        _ => Err(error),
    }
}

/// Completes an error with its extent and the time of the next attempt.
fn refine(mut error: Error, target: &ResourceId) -> Error {
    let region = || Scope::Region(target.place.region.clone());
    match error.kind {
        ErrorKind::InsufficientCapacity => error.scope = region(),
        ErrorKind::FailedPrecondition => {
            error.scope = region();
            error.advice = Some("use a file system of the region, or another region".to_owned());
        }
        ErrorKind::RateLimited => {
            error.retry_after_ms.get_or_insert(LAUNCH_EVERY_MS);
        }
        ErrorKind::QuotaExceeded => {
            error.advice =
                Some("ask Lambda for a higher quota, or end what is not needed".to_owned());
        }
        _ => {}
    }
    error
}

/// Returns tags as Lambda takes them: keys of at most 55 and values of at most 128 characters, `^[a-z][a-z0-9-:]+$`.
fn tagged(tags: &[Tag]) -> Result<Value, Error> {
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | ':');
    for (key, value) in tags {
        let good = (2..=55).contains(&key.len())
            && key.starts_with(|c: char| c.is_ascii_lowercase())
            && key.chars().all(legal);
        if !good || value.chars().count() > 128 {
            let shown = excerpt(format!("{key}={value}").as_bytes());
            let message = format!("Lambda takes no tag {shown}");
            let error = Error::new(ErrorKind::InvalidArgument, message);
            return Err(error.advice("use lower-case letters, digits, `-` and `:` in its key"));
        }
    }
    let one = |(key, value): &Tag| json!({"key": key, "value": value});
    Ok(tags.iter().map(one).collect())
}
