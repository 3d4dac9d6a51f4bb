//! A change from its plan to its end: shown, agreed to, journaled, carried out.

use super::clouds::{Clouds, usage};
use super::record;
use crate::args::{ChangeArgs, Format};
use crate::change_errors::Declined;
use crate::exit::Exit;
use crate::{prompt, stderr, views};
use cloudhost::changes::{
    ChangeError, Changes, Decision, NewOperation, OnFailure, Operation, OperationId, Options,
    PlanPrice, Request, State, Until, price,
};
use cloudhost::clock;
use cloudhost::contract::cloudhost::provider::resources::Step;
use cloudhost::contract::cloudhost::provider::types::{DataKind, Error as CloudError, Money};
use cloudhost::host::{CatalogRequest, FetchPolicy, Provider};
use cloudhost_api::{InstanceRequest, MissingPart, Plan, PlannedEnd, VolumeRequest};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::time::Duration;

/// Pause between two looks at an operation, to show its progress.
const LOOK: Duration = Duration::from_millis(500);

/// End of what a change makes.
#[derive(Clone, Copy, Debug)]
pub struct Ending {
    /// Its time.
    pub at: Timestamp,
}

impl Ending {
    /// The end after these seconds.
    pub fn after(seconds: u64) -> Self {
        let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
        let at = clock::timestamp().checked_add(SignedDuration::from_secs(seconds));
        // Clouds and journals know whole seconds.
        let at = at.and_then(|at| Timestamp::from_second(at.as_second()));
        Self {
            at: at.unwrap_or(Timestamp::MAX),
        }
    }
}

/// A change that a user wants, with the plugin's plans for it.
pub struct Proposal<'a> {
    pub provider: &'a Provider,
    pub title: String,
    /// Plans that are tried in this order.
    pub plans: Vec<Vec<Step>>,
    pub options: &'a ChangeArgs,
    /// Parts of the account that could not be read.
    pub missing: Vec<CloudError>,
    pub tags: BTreeMap<String, String>,
    pub protect: bool,
    pub ending: Option<Ending>,
    pub max_price: Option<Money>,
    pub instance: Option<InstanceRequest>,
    pub volume: Option<VolumeRequest>,
    /// The user has agreed already.
    pub silent: bool,
    /// It is a part of a command that prints another result.
    pub part: bool,
}

impl<'a> Proposal<'a> {
    /// A change with these plans and nothing else.
    pub fn new(
        provider: &'a Provider,
        title: String,
        plans: Vec<Vec<Step>>,
        options: &'a ChangeArgs,
    ) -> Self {
        Self {
            provider,
            title,
            plans,
            options,
            missing: Vec::new(),
            tags: BTreeMap::new(),
            protect: false,
            ending: None,
            max_price: None,
            instance: None,
            volume: None,
            silent: false,
            part: false,
        }
    }
}

/// Shows a plan, asks, and carries it out.
pub async fn carry_out(
    clouds: &Clouds<'_>,
    changes: &Changes,
    proposal: Proposal<'_>,
) -> anyhow::Result<Exit> {
    let session = clouds.session;
    let (provider, options) = (proposal.provider, proposal.options);
    let first = proposal.plans.first().map_or(&[][..], Vec::as_slice);
    let prices = prices(clouds, &proposal).await?;
    let price = price(first, prices.as_ref());
    let planned = match first {
        // The engine has no operations without steps.
        [] => &[][..],
        _ => proposal.plans.as_slice(),
    };
    let (account, plans) =
        tokio::try_join!(changes.account(provider), changes.check(provider, planned))?;
    let end = proposal.ending.map(|ending| PlannedEnd {
        at: ending.at,
        by: match plans.iter().all(cloudhost::changes::ends_by_cloud) {
            true => cloudhost_api::EndedBy::Cloud,
            false => cloudhost_api::EndedBy::Collector,
        },
    });
    let missing = proposal.missing.iter();
    let plan = Plan {
        provider: provider.name().to_owned(),
        title: proposal.title.clone(),
        account: Some(account.identity.clone()),
        steps: first.iter().map(record::step).collect(),
        places: proposal
            .plans
            .iter()
            .filter_map(|one| record::place(one))
            .collect(),
        exists: Vec::new(),
        missing: missing
            .map(|gap| MissingPart::new(provider.name(), gap))
            .collect(),
        price: record::price(&price),
        end,
        tags: proposal.tags.clone(),
        instance: proposal.instance.clone(),
        volume: proposal.volume.clone(),
    };
    if first.is_empty() {
        session.print(&plan, views::planned)?;
        session.close(&[format!("{}: nothing to do", plan.title)]);
        return Ok(Exit::Done);
    }
    if options.dry_run {
        session.print(&plan, views::planned)?;
        session.close(&[format!("{}: nothing was changed", plan.provider)]);
        if session.cli.output == Format::Table && !session.cli.quiet {
            stderr::lines(&views::plan_notes(&plan));
        }
        return Ok(Exit::Done);
    }
    if !session.cli.quiet && !proposal.silent {
        stderr::lines(&views::plan(&plan));
    }
    if let Some(most) = &proposal.max_price {
        affordable(&price, most)?;
    }
    if !proposal.silent {
        agree(options.yes, "Carry it out?").await?;
    }
    let on_failure = match (options.keep, options.yes || !prompt::possible()) {
        (true, _) => OnFailure::Keep,
        (false, true) => OnFailure::TakeBack,
        (false, false) => OnFailure::Ask,
    };
    let new = NewOperation {
        account,
        title: proposal.title.clone(),
        owner: std::env::var("USER").unwrap_or_default(),
        options: Options {
            ends_at: proposal.ending.map(|ending| ending.at),
            on_failure,
            protected: proposal.protect,
            tags: proposal.tags.clone().into_iter().collect(),
        },
        plans,
    };
    let id = changes.begin(provider, new).await?;
    let until = match options.no_wait {
        true => Until::Accepted,
        false => Until::Done,
    };
    let operation = work(clouds, changes, &id, until, options.timeout).await?;
    report(clouds, changes, operation, until, !proposal.part).await
}

/// Prices of the catalog, as it is stored: a change waits for no price list unless a limit needs it.
async fn prices(
    clouds: &Clouds<'_>,
    proposal: &Proposal<'_>,
) -> anyhow::Result<Option<cloudhost::catalog::Catalog>> {
    let priced = |steps: &Vec<Step>| steps.iter().any(|step| !step.priced.is_empty());
    if !proposal.plans.iter().any(priced) {
        return Ok(None);
    }
    let mut request = CatalogRequest::of([DataKind::Prices]);
    request.settings.clone_from(&clouds.sources.set);
    request.sources = match (clouds.sources.refresh, &proposal.max_price) {
        (true, _) => FetchPolicy::Refresh,
        (false, Some(_)) => FetchPolicy::Fresh,
        (false, None) => FetchPolicy::Offline,
    };
    let catalog = proposal.provider.catalog(&request).await;
    match (catalog, &proposal.max_price) {
        (Ok(catalog), _) => Ok(Some(catalog)),
        (Err(error), Some(_)) => Err(error.into()),
        (Err(_), None) => Ok(None),
    }
}

/// Rejects a plan that costs more, or may.
fn affordable(price: &PlanPrice, most: &Money) -> Result<(), ChangeError> {
    let shown = cloudhost_api::money(most.nanos, &most.currency);
    match price {
        PlanPrice::Known { nanos, currency } if *currency == most.currency => {
            if *nanos > i128::from(most.nanos) {
                return Err(ChangeError::TooExpensive {
                    price: cloudhost_api::money(
                        u64::try_from(*nanos).unwrap_or(u64::MAX),
                        currency,
                    ),
                    most: shown,
                });
            }
            Ok(())
        }
        PlanPrice::Known { currency, .. } => Err(ChangeError::PriceUnknown {
            most: shown,
            why: format!("it is in {currency}"),
        }),
        PlanPrice::Nothing => Ok(()),
        PlanPrice::Unknown(why) => Err(ChangeError::PriceUnknown {
            most: shown,
            why: why.clone(),
        }),
    }
}

/// Asks for agreement. Without a terminal it has to be given by an option.
pub async fn agree(yes: bool, question: &str) -> anyhow::Result<()> {
    if yes {
        return Ok(());
    }
    if !prompt::possible() {
        usage(
            "there is no terminal to ask on, and nothing was changed: add -y to agree to the plan\n",
        );
    }
    match prompt::ask(question).await? {
        true => Ok(()),
        false => Err(Declined.into()),
    }
}

/// Carries on with an operation, and reports how it stands.
pub async fn go_on(
    clouds: &Clouds<'_>,
    changes: &Changes,
    id: &OperationId,
    until: Until,
    timeout: Option<u64>,
) -> anyhow::Result<Exit> {
    let operation = work(clouds, changes, id, until, timeout).await?;
    report(clouds, changes, operation, until, true).await
}

/// Carries on with an operation. On a terminal, the user decides about what a failure has left.
async fn work(
    clouds: &Clouds<'_>,
    changes: &Changes,
    id: &OperationId,
    until: Until,
    timeout: Option<u64>,
) -> anyhow::Result<Operation> {
    clouds.detach_as(Some(id));
    let limit = timeout.map(Duration::from_secs);
    let started = std::time::Instant::now();
    let operation = loop {
        let left = limit.map(|limit| limit.saturating_sub(started.elapsed()));
        let working = changes.work(id, until, left, clouds.stopped());
        let operation = watched(clouds, changes, id, working).await?;
        if operation.state != State::Undecided {
            break operation;
        }
        if !prompt::possible() {
            break operation;
        }
        let why = operation.error.as_ref().map(cloudhost::host::describe);
        stderr::line(format_args!(
            "{} failed: {}",
            operation.title,
            stderr::printable(&why.unwrap_or_default())
        ));
        let decision = match prompt::ask("Take back what was made?").await? {
            true => Decision::TakeBack,
            false => Decision::Keep,
        };
        changes.request(id, Request::Decide(decision)).await?;
    };
    clouds.detach_as(None);
    Ok(operation)
}

/// Prints an operation, and returns the exit status of how it stands. One that failed, or that waits for the user, is an
/// error.
pub async fn report(
    clouds: &Clouds<'_>,
    changes: &Changes,
    operation: Operation,
    until: Until,
    print: bool,
) -> anyhow::Result<Exit> {
    let session = clouds.session;
    for note in &operation.notes {
        session.advise(note);
    }
    let unfinished = matches!(operation.state, State::Running | State::Reverting);
    if operation.state == State::Failed {
        return Err(failed(&operation).into());
    }
    if unfinished && let Some(error) = operation.stalled() {
        return Err(ChangeError::Stalled {
            id: operation.id.to_string(),
            title: operation.title.clone(),
            provider: operation.account.provider.clone(),
            error: Box::new(error.clone()),
        }
        .into());
    }
    if print {
        let plans = changes.plans(&operation.id).await?;
        session.print(&record::operation(&operation, &plans), views::operation)?;
    }
    let accepted = unfinished && until == Until::Accepted;
    let how = match operation.state {
        State::Done => "done",
        State::Cancelled => "cancelled",
        State::Undecided => "failed, and what was made is still there",
        _ if accepted => "accepted by the cloud",
        _ => "not done yet",
    };
    let id = &operation.id;
    let title = &operation.title;
    if operation.state.is_final() {
        session.close(&[format!("{title}: {how}, operation {id}")]);
    } else {
        session.close(&[
            format!("{title}: {how}"),
            format!("carry on with: cloudhost operation wait {id}"),
        ]);
    }
    Ok(match operation.state.is_final() || accepted {
        true => Exit::Done,
        false => Exit::GoesOn,
    })
}

fn failed(operation: &Operation) -> ChangeError {
    let left = operation
        .rows
        .iter()
        .filter(|row| row.undo.is_none() && row.state == cloudhost::changes::RowState::Done);
    ChangeError::Failed {
        id: operation.id.to_string(),
        title: operation.title.clone(),
        provider: operation.account.provider.clone(),
        error: Box::new(operation.error.clone().unwrap_or_else(|| CloudError {
            kind: cloudhost::contract::cloudhost::provider::types::ErrorKind::Internal,
            scope: cloudhost::contract::cloudhost::provider::types::Scope::Request,
            code: None,
            message: "the reason is unknown".to_owned(),
            request_id: None,
            retry_after_ms: None,
            advice: None,
        })),
        left: left
            .filter_map(|row| row.resource().map(|id| id.id.clone()))
            .collect(),
    }
}

/// Works, and shows each new state of a step on a terminal.
async fn watched(
    clouds: &Clouds<'_>,
    changes: &Changes,
    id: &OperationId,
    work: impl Future<Output = Result<Operation, ChangeError>>,
) -> Result<Operation, ChangeError> {
    use std::io::IsTerminal as _;
    if clouds.session.cli.quiet || !std::io::stderr().is_terminal() {
        return work.await;
    }
    let plans = changes.plans(id).await?;
    let watch = async || -> std::convert::Infallible {
        let mut shown = Vec::new();
        loop {
            tokio::time::sleep(LOOK).await;
            // A look that fails is no fault of the work.
            let Ok(Some(operation)) = changes.get(id).await else {
                continue;
            };
            let lines = record::progress(&operation, &plans);
            for line in lines.iter().filter(|line| !shown.contains(*line)) {
                stderr::lines(&[format!("  {line}")]);
            }
            shown.extend(lines);
        }
    };
    tokio::select! {
        biased;
        done = work => done,
        never = watch() => match never {},
    }
}
