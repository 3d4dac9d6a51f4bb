//! Changes of servers: the requests, their states, and recovery.
//!
//! A change is an *action* of Hetzner's, with an identifier: `GET /actions?id=..` tells many in one request. A name is unique
//! in a project, so that a request that is repeated makes no second server: it is refused.

use std::collections::BTreeMap;

use cloudhost_sdk::change::{decode, encode, poll_together, tags};
use cloudhost_sdk::http::Method;
use cloudhost_sdk::operations::{
    Begun, Guarantee, Intent, Made, Operation, Operations, Progress, Repetition, Status,
};
use cloudhost_sdk::resources::{Action, ResourceId, ResourceKind, Step};
use cloudhost_sdk::{Error, ErrorKind, Scope, World};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::servers::{self, Server, parse};
use crate::{Hetzner, api};

/// Longest time for which a list may not show a change. Hetzner publishes none; recovery goes by the unique name, and needs
/// only that its own lists are not older than this.
const SETTLES_MS: u32 = 30_000;

/// Time until a state can have changed: a server takes seconds.
const POLL_AFTER_MS: u32 = 2_000;

/// Most identifiers in a request: those of a page.
const MOST_ACTIONS: usize = 50;

/// Label with the token of the attempt that made a server.
const TOKEN_LABEL: &str = "cloudhost-token";

/// The request of a step, kept as its data.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "call")]
pub(crate) enum Call {
    /// `POST /servers`.
    Create {
        /// Fields of its body.
        body: BTreeMap<String, Value>,
    },
    /// `DELETE /servers/ID`.
    Delete {
        /// The server.
        id: u64,
    },
}

/// Handle of a change that goes on: its action; none for a server that was found again.
#[derive(Debug, Serialize, Deserialize)]
struct Handle {
    action: Option<u64>,
}

/// Response to a change.
#[derive(Deserialize)]
struct Answer {
    action: Going,
    /// Actions that follow, such as the start of a new server.
    #[serde(default)]
    next_actions: Vec<Going>,
    server: Option<Numbered>,
}

#[derive(Deserialize)]
struct Numbered {
    id: u64,
}

/// An action.
#[derive(Clone, Debug, Deserialize)]
struct Going {
    id: u64,
    status: String,
    command: String,
    #[serde(default)]
    progress: u8,
    error: Option<Failed>,
}

#[derive(Clone, Debug, Deserialize)]
struct Failed {
    code: String,
    message: String,
}

impl Operations for Hetzner {
    fn guarantees(_kind: ResourceKind, action: Action) -> Guarantee {
        let repetition = match action {
            Action::Create => Repetition::RefusedByName,
            _ => Repetition::SameOutcome,
        };
        Guarantee::new(repetition, SETTLES_MS).with_tags()
    }

    async fn run<W: World>(
        world: &W,
        step: Step,
        _made: Vec<Made>,
        intent: Intent,
    ) -> Result<Begun, Error> {
        let call = decode(&step.data, "the data of the step")?;
        send(world, call, target(step), &intent).await
    }

    async fn undo<W: World>(
        world: &W,
        step: Step,
        made: ResourceId,
        intent: Intent,
    ) -> Result<Begun, Error> {
        let id = made
            .id
            .parse()
            .ok()
            .filter(|_| step.action == Action::Create);
        let id = id.ok_or_else(|| {
            Error::new(
                ErrorKind::Unsupported,
                format!("cannot revert: {}", step.summary),
            )
        })?;
        send(world, Call::Delete { id }, made, &intent).await
    }

    async fn poll<W: World>(world: &W, operations: Vec<Operation>) -> Vec<Result<Status, Error>> {
        let by_action = |operation: &Operation| {
            let handle: Handle = decode(&operation.handle, "the handle of the operation")?;
            Ok(handle.action.is_some())
        };
        poll_together(operations, by_action, async |by_action, group| {
            let mut out = Vec::new();
            for some in group.chunks(MOST_ACTIONS) {
                out.extend(match by_action {
                    true => states_of_actions(world, some).await,
                    false => states_of_servers(world, some).await,
                });
            }
            out
        })
        .await
    }

    async fn recover<W: World>(
        world: &W,
        step: Step,
        _made: Vec<Made>,
        intent: Intent,
    ) -> Result<Vec<Begun>, Error> {
        let servers = match step.action {
            Action::Create => servers::all(world, &[("name", &step.name)]).await?,
            _ => servers::all(world, &[]).await?,
        };
        let target = target(step.clone());
        if step.action != Action::Create {
            let there = servers
                .iter()
                .find(|server| server.id.to_string() == target.id);
            return Ok(match there.map(|server| server.status.as_str()) {
                None => vec![Begun::Done(target)],
                Some("deleting") => vec![running(step.action, target, None)?],
                Some(_) => Vec::new(),
            });
        }
        let ours = |server: &&Server| server.labels.get(TOKEN_LABEL) == Some(&intent.token);
        let found = servers.iter().filter(ours);
        found
            .map(|server| running(Action::Create, server.id(), None))
            .collect()
    }
}

fn target(step: Step) -> ResourceId {
    ResourceId {
        kind: step.kind,
        id: step.id.unwrap_or_default(),
        name: step.name,
        place: step.place,
        parent: step.parent,
    }
}

fn running(action: Action, target: ResourceId, of: Option<u64>) -> Result<Begun, Error> {
    Ok(Begun::Running(Operation {
        handle: encode(&Handle { action: of })?,
        action,
        target,
    }))
}

async fn send<W: World>(
    world: &W,
    call: Call,
    mut target: ResourceId,
    intent: &Intent,
) -> Result<Begun, Error> {
    let (action, answer) = match call {
        Call::Create { mut body } => {
            let labels = tags(intent, [(TOKEN_LABEL, intent.token.as_str())]);
            let labels: BTreeMap<String, String> = labels.into_iter().collect();
            body.insert("labels".to_owned(), json!(labels));
            let sent = api::change::<Answer>(world, Method::Post, "servers", Some(&body)).await;
            let answer = sent.map_err(|error| match error.kind {
                ErrorKind::InsufficientCapacity => {
                    error.in_scope(Scope::Region(target.place.region.clone()))
                }
                _ => error,
            })?;
            let server = answer.server.as_ref().ok_or_else(|| {
                Error::new(
                    ErrorKind::Indeterminate,
                    "POST /servers: the response names no server",
                )
            })?;
            target.id = server.id.to_string();
            (Action::Create, answer)
        }
        Call::Delete { id } => {
            let what = format!("servers/{id}");
            let sent = api::change::<Answer>(world, Method::Delete, &what, None::<&Value>).await;
            match sent {
                // What is to be ended is not there: that is the outcome.
                Err(error) if error.kind == ErrorKind::NotFound => return Ok(Begun::Done(target)),
                sent => (Action::Delete, sent?),
            }
        }
    };
    let last = answer.next_actions.last().unwrap_or(&answer.action);
    running(action, target, Some(last.id))
}

async fn states_of_actions<W: World>(world: &W, group: &[Operation]) -> Vec<Result<Status, Error>> {
    let id = |operation: &Operation| {
        let handle: Handle = decode(&operation.handle, "the handle of the operation")?;
        Ok(handle.action.unwrap_or_default().to_string())
    };
    let ids: Vec<Result<String, Error>> = group.iter().map(id).collect();
    let filter: Vec<(&str, &str)> = ids.iter().flatten().map(|id| ("id", id.as_str())).collect();
    let rows = api::rows(world, "actions", &filter).await;
    let rows = rows.and_then(|rows| rows.into_iter().map(|row| parse(row, "action")).collect());
    let rows: Result<Vec<Going>, Error> = rows;
    let state = |(operation, id): (&Operation, &Result<String, Error>)| {
        let (rows, id) = (
            rows.as_ref().map_err(Error::clone)?,
            id.as_ref().map_err(Error::clone)?,
        );
        let action = rows.iter().find(|action| action.id.to_string() == *id);
        let action = action.ok_or_else(|| {
            Error::new(ErrorKind::NotFound, format!("action {id} does not exist"))
        })?;
        Ok(status_of_action(action, &operation.target))
    };
    group.iter().zip(&ids).map(state).collect()
}

fn status_of_action(action: &Going, target: &ResourceId) -> Status {
    match (action.status.as_str(), &action.error) {
        ("success", _) => Status::Succeeded(target.clone()),
        ("error", Some(Failed { code, message })) => {
            let kind = api::kind_of(code).unwrap_or(ErrorKind::FailedPrecondition);
            let message = format!("{}: {message}", action.command);
            Status::Failed(Error {
                code: Some(code.clone()),
                ..Error::new(kind, message).in_scope(Scope::Region(target.place.region.clone()))
            })
        }
        ("error", None) => Status::Failed(Error::new(
            ErrorKind::FailedPrecondition,
            format!("{} failed", action.command),
        )),
        _ => Status::Running(Progress {
            percent: Some(action.progress.min(100)),
            ..Progress::new(&action.command, POLL_AFTER_MS)
        }),
    }
}

/// States of changes whose action is not known, by their servers.
async fn states_of_servers<W: World>(world: &W, group: &[Operation]) -> Vec<Result<Status, Error>> {
    let servers = servers::all(world, &[]).await;
    let state = |operation: &Operation| {
        let servers = servers.as_ref().map_err(Error::clone)?;
        let target = &operation.target;
        let server = servers
            .iter()
            .find(|server| server.id.to_string() == target.id);
        let word = server.map(|server| server.status.as_str());
        Ok(match (operation.action, word) {
            (Action::Delete, None) | (Action::Create, Some("running" | "off")) => {
                Status::Succeeded(target.clone())
            }
            (_, None) => {
                let message = format!("server {} does not exist", target.id);
                Status::Failed(Error::new(ErrorKind::NotFound, message))
            }
            (_, Some(word)) => Status::Running(Progress::new(word, POLL_AFTER_MS)),
        })
    };
    group.iter().map(state).collect()
}
