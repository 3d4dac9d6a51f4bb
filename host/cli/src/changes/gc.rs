//! `cloudhost gc`

use super::carry_out::agree;
use super::clouds::{Clouds, Listed, absent, with_clouds};
use crate::args::GcArgs;
use crate::exit::Exit;
use crate::session::Session;
use crate::{stderr, views};
use cloudhost::changes::{
    ChangeError, Changes, Finding, OperationId, Outcome, Proofs, Reason, Report, Subject, Until,
};
use cloudhost::contract::Label as _;
use cloudhost::contract::cloudhost::provider::resources::ResourceId;
use cloudhost::host::{Provider, describe};
use cloudhost_api::{Collected, Collection, Resource};
use std::collections::BTreeMap;

pub fn execute(session: &Session<'_>, args: &GcArgs) -> anyhow::Result<Exit> {
    let sources = args.providers.endpoints.sources();
    with_clouds(
        session,
        &args.providers.provider,
        &sources,
        async |clouds| {
            let Some(changes) = clouds.existing_changes().await? else {
                let none = Collection {
                    found: Vec::new(),
                    missing: Vec::new(),
                };
                session.print(&none, views::collection)?;
                session.close(&["no journal: nothing was made from here".to_owned()]);
                return Ok(Exit::Done);
            };
            collect(clouds, &changes, args).await
        },
    )
}

async fn collect(clouds: &Clouds<'_>, changes: &Changes, args: &GcArgs) -> anyhow::Result<Exit> {
    let session = clouds.session;
    let read = async |provider: &Provider| {
        let report = changes.collect(provider).await;
        let report = report?;
        let missing = report.missing.clone();
        Ok::<_, ChangeError>((vec![report], missing))
    };
    let Listed { items, missing } = clouds.list(read).await?;
    let mut reports: BTreeMap<String, Report> = items.into_iter().collect();
    reports.retain(|_, report| !report.findings.is_empty());
    let mut found: Vec<Collected> = Vec::new();
    let mut ends = 0;
    for (provider, report) in &reports {
        for finding in &report.findings {
            ends += usize::from(finding.can_end());
            found.push(collected(provider, finding));
        }
    }
    let mut view = Collection { found, missing };
    let left = view.found.len() - ends;
    let mut parts = vec![format!("{ends} to end, {left} only reported")];
    parts.extend(absent(&view.missing));
    let complete = match view.missing.is_empty() {
        true => Exit::Done,
        false => Exit::Incomplete,
    };
    if ends == 0 || args.dry_run {
        session.print(&view, views::collection)?;
        session.close(&parts);
        return Ok(complete);
    }
    if !session.cli.quiet {
        for one in view.found.iter().filter(|one| one.ended == Some(false)) {
            stderr::lines(&[format!(
                "{}: end {} {} ({}): {}",
                one.provider, one.resource.kind, one.resource.name, one.resource.id, one.why
            )]);
        }
    }
    agree(args.yes, &format!("End {ends} of them?")).await?;
    for (name, report) in &reports {
        let provider = clouds
            .providers
            .iter()
            .flatten()
            .find(|one| one.name() == name);
        let Some(provider) = provider else {
            continue;
        };
        let results = end(clouds, changes, provider, report).await?;
        for (id, outcome, error) in results {
            let same = |one: &&mut Collected| {
                one.provider == *name
                    && one.resource.id == id.id
                    && one.resource.kind == id.kind.as_str()
            };
            if let Some(one) = view.found.iter_mut().find(same) {
                one.ended = match outcome {
                    Outcome::Gone => Some(true),
                    Outcome::Remains => Some(false),
                    Outcome::Unknown => None,
                };
                one.error = error;
            }
        }
    }
    session.print(&view, views::collection)?;
    let ended = view
        .found
        .iter()
        .filter(|one| one.ended == Some(true))
        .count();
    let mut parts = vec![format!("{ended} of {ends} ended, {left} only reported")];
    parts.extend(absent(&view.missing));
    session.close(&parts);
    Ok(match ended == ends {
        true => complete,
        false => Exit::GoesOn,
    })
}

/// Ends what a report lists and may be ended, and verifies it.
async fn end(
    clouds: &Clouds<'_>,
    changes: &Changes,
    provider: &Provider,
    report: &Report,
) -> anyhow::Result<Vec<(ResourceId, Outcome, Option<String>)>> {
    let ordered: Vec<(ResourceId, OperationId)> = changes.end(provider, report).await?;
    let works = ordered
        .iter()
        .map(|(_, id)| changes.work(id, Until::Done, None, clouds.stopped()));
    let operations = futures::future::try_join_all(works).await?;
    let outcomes = changes.verify(provider, &ordered).await?;
    let results = ordered.into_iter().zip(outcomes).zip(operations);
    Ok(results
        .map(|(((id, _), outcome), operation)| {
            let error = operation.stalled().or(operation.error.as_ref());
            (id, outcome, error.map(describe))
        })
        .collect())
}

fn collected(provider: &str, finding: &Finding) -> Collected {
    let (why, operation) = match &finding.reason {
        Reason::Expired(at) => (format!("past its end at {at}"), None),
        Reason::Failed(id) => (
            "left of an operation that failed or was cancelled".to_owned(),
            Some(id.to_string()),
        ),
        Reason::Unfinished(id) => (
            "its operation is not at its end: resume or cancel that".to_owned(),
            Some(id.to_string()),
        ),
        Reason::UnknownOperation => (
            "its tags name an operation that the journal does not have".to_owned(),
            None,
        ),
    };
    let why = match (&finding.subject, finding.protected) {
        (Subject::NotSeen(_), _) => format!("{why}; the cloud does not list it"),
        (_, true) => format!("{why}; protected"),
        _ => why,
    };
    Collected {
        provider: provider.to_owned(),
        resource: Resource::from(finding.subject.id()),
        why,
        ownership: Proofs::into(finding.proofs),
        operation,
        ended: finding.can_end().then_some(false),
        error: None,
    }
}
