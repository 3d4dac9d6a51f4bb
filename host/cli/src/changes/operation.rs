//! `cloudhost operation ...`

use super::carry_out::{agree, go_on, report};
use super::clouds::{Clouds, with_clouds};
use super::record;
use crate::args::{OperationCommand, SourceArgs};
use crate::exit::Exit;
use crate::session::Session;
use crate::views;
use cloudhost::changes::{Changes, Decision, Request, Until};
use cloudhost_api::Operations;
use std::time::{Duration, Instant};

pub fn execute(session: &Session<'_>, command: &OperationCommand) -> anyhow::Result<Exit> {
    let endpoints = match command {
        OperationCommand::List { .. } | OperationCommand::Show { .. } => SourceArgs::default(),
        OperationCommand::Wait(args) => args.endpoints.sources(),
        OperationCommand::Resume { endpoints, .. } => endpoints.sources(),
        OperationCommand::Cancel { operation, .. } => operation.endpoints.sources(),
    };
    with_clouds(session, &[], &endpoints, async |clouds| {
        // Without a journal there is nothing to read, and none is made.
        let changes = clouds.existing_changes().await?;
        match (command, changes) {
            (OperationCommand::List { .. }, None) => print(session, Vec::new()),
            (OperationCommand::Resume { id: None, .. }, None) => {
                session.close(&["no unfinished operations".to_owned()]);
                Ok(Exit::Done)
            }
            (command, Some(changes)) => run(clouds, &changes, command).await,
            (
                OperationCommand::Show { id }
                | OperationCommand::Resume { id: Some(id), .. }
                | OperationCommand::Wait(crate::args::OperationArgs { id, .. })
                | OperationCommand::Cancel {
                    operation: crate::args::OperationArgs { id, .. },
                    ..
                },
                None,
            ) => Err(cloudhost::changes::ChangeError::UnknownOperation { id: id.clone() }.into()),
        }
    })
}

async fn run(
    clouds: &Clouds<'_>,
    changes: &Changes,
    command: &OperationCommand,
) -> anyhow::Result<Exit> {
    let session = clouds.session;
    match command {
        OperationCommand::List { newest } => print(session, changes.list(*newest).await?),
        OperationCommand::Show { id } => {
            let operation = changes.find(id).await?;
            let plans = changes.plans(&operation.id).await?;
            session.print(&record::operation(&operation, &plans), views::operation)?;
            for note in &operation.notes {
                session.advise(note);
            }
            Ok(Exit::Done)
        }
        OperationCommand::Wait(args) => {
            let operation = changes.find(&args.id).await?;
            go_on(clouds, changes, &operation.id, Until::Done, args.timeout).await
        }
        OperationCommand::Resume {
            id: Some(id),
            timeout,
            ..
        } => {
            let operation = changes.find(id).await?;
            changes.request(&operation.id, Request::Resume).await?;
            go_on(clouds, changes, &operation.id, Until::Done, *timeout).await
        }
        OperationCommand::Resume {
            id: None, timeout, ..
        } => resume(clouds, changes, *timeout).await,
        OperationCommand::Cancel {
            operation: args,
            keep,
            yes,
        } => {
            let operation = changes.find(&args.id).await?;
            if operation.state.is_final() {
                return report(clouds, changes, operation, Until::Done, true).await;
            }
            let what = match keep {
                true => "and keep what it made",
                false => "and take back what it made",
            };
            agree(*yes, &format!("Cancel {} {what}?", operation.title)).await?;
            let decision = match keep {
                true => Decision::Keep,
                false => Decision::TakeBack,
            };
            changes.request(&operation.id, Request::Cancel).await?;
            changes
                .request(&operation.id, Request::Decide(decision))
                .await?;
            go_on(clouds, changes, &operation.id, Until::Done, args.timeout).await
        }
    }
}

/// Carries on with all that is unfinished, at once.
async fn resume(
    clouds: &Clouds<'_>,
    changes: &Changes,
    timeout: Option<u64>,
) -> anyhow::Result<Exit> {
    let session = clouds.session;
    let all = changes.unfinished().await?;
    if all.is_empty() {
        session.close(&["no unfinished operations".to_owned()]);
        return Ok(Exit::Done);
    }
    let started = Instant::now();
    let limit = timeout.map(Duration::from_secs);
    let works = all.iter().map(async |one| {
        changes.request(&one.id, Request::Resume).await?;
        let left = limit.map(|limit| limit.saturating_sub(started.elapsed()));
        changes
            .work(&one.id, Until::Done, left, clouds.stopped())
            .await
    });
    let results = futures::future::join_all(works).await;
    let mut operations = Vec::new();
    let mut first = None;
    for result in results {
        match result {
            Ok(operation) => operations.push(operation),
            Err(error) => first = first.or(Some(error)),
        }
    }
    if let Some(error) = first {
        return Err(error.into());
    }
    let unfinished = operations
        .iter()
        .filter(|one| !one.state.is_final())
        .count();
    let failed = operations
        .iter()
        .filter(|one| one.state == cloudhost::changes::State::Failed)
        .count();
    let number = operations.len();
    let view = Operations {
        operations: operations.iter().map(record::line).collect(),
    };
    session.print(&view, views::operations)?;
    session.close(&[
        crate::text::count(number, "operation"),
        format!("{failed} failed"),
        format!("{unfinished} unfinished"),
    ]);
    Ok(match (failed, unfinished) {
        (0, 0) => Exit::Done,
        (_, 0) => Exit::Failed,
        _ => Exit::GoesOn,
    })
}

fn print(session: &Session<'_>, all: Vec<cloudhost::changes::Summary>) -> anyhow::Result<Exit> {
    let view = Operations {
        operations: all.into_iter().map(record::summary).collect(),
    };
    session.print(&view, views::operations)?;
    session.close(&[crate::text::count(view.operations.len(), "operation")]);
    Ok(Exit::Done)
}
