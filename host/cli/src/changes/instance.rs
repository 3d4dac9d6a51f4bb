//! `cloudhost instance ...` and `cloudhost run PROVIDER instance ...`

use super::carry_out::{Ending, Proposal, carry_out};
use super::clouds::{Clouds, Listed, query, with_clouds};
use super::{create, target};
use crate::args::{
    EndArgs, InstanceChangeArgs, InstanceCommand, InstanceCreateArgs, ListArgs, OneArgs,
    SourceArgs, WaitState,
};
use crate::exit::Exit;
use crate::session::Session;
use crate::views;
use cloudhost::changes::{ChangeError, Known, find, places};
use cloudhost::contract::cloudhost::provider::resources::{Action, ResourceId, ResourceKind, Step};
use cloudhost::contract::cloudhost::provider::types::ErrorKind;
use cloudhost::contract::with_instances::exports::cloudhost::provider::instances as wit;
use cloudhost::host::{HostError, Provider};
use cloudhost_api::{Instance, Instances};
use std::time::{Duration, Instant};

/// Pause between two looks at a state.
const PAUSE: Duration = Duration::from_secs(3);

pub fn execute(
    session: &Session<'_>,
    providers: &[String],
    sources: &SourceArgs,
    command: &InstanceCommand,
) -> anyhow::Result<Exit> {
    with_clouds(session, providers, sources, async |clouds| match command {
        InstanceCommand::Create(args) => new(clouds, args).await,
        InstanceCommand::Get(args) => get(clouds, args).await,
        InstanceCommand::List(args) => list(clouds, args).await,
        InstanceCommand::Start(args) => switch(clouds, args, Action::Start).await,
        InstanceCommand::Stop(args) => switch(clouds, args, Action::Stop).await,
        InstanceCommand::Terminate(args) => terminate(clouds, args).await,
        InstanceCommand::Wait {
            which,
            state,
            timeout,
        } => wait(clouds, which, *state, *timeout).await,
    })
}

async fn list(clouds: &Clouds<'_>, args: &ListArgs) -> anyhow::Result<Exit> {
    let query = query(&args.region, &args.tag);
    let read = async |provider: &Provider| {
        let list = provider.instances(query.clone()).await?;
        Ok::<_, ChangeError>((list.instances, list.missing))
    };
    let (listed, known) = tokio::join!(clouds.list(read), clouds.known());
    let (Listed { items, missing }, known) = (listed?, known?);
    let mut instances: Vec<Instance> = items
        .into_iter()
        .map(|(provider, one)| record(&known, &provider, one))
        .collect();
    if args.mine {
        instances.retain(|one| one.ownership == cloudhost_api::Ownership::Ours);
    }
    instances.sort_by(|a, b| {
        let key = |one: &Instance| (one.provider.clone(), one.region.clone(), one.name.clone());
        (key(a), &a.id).cmp(&(key(b), &b.id))
    });
    let record = Instances { instances, missing };
    clouds.session.print(&record, views::instances)?;
    Ok(clouds.close(record.instances.len(), "instance", &record.missing))
}

fn record(known: &Known, provider: &str, one: wit::Instance) -> Instance {
    let proofs = known.proofs(provider, &one.id, &one.tags, one.created);
    let ends = known.ends_at(provider, &one.id);
    let mut record = Instance::new(provider, one, proofs.into());
    record.ends_at = record.ends_at.or(ends);
    record
}

/// Finds an instance that is not terminated.
pub async fn search(
    provider: &Provider,
    name: &str,
    regions: &[String],
) -> anyhow::Result<wit::Instance> {
    let list = provider.instances(query(regions, &[])).await?;
    let live = |one: &wit::Instance| one.state != wit::InstanceState::Terminated;
    let live = list.instances.into_iter().filter(live).collect();
    let kind = ResourceKind::Instance;
    let found = find(provider.name(), kind, name, live, &list.missing, |one| {
        &one.id
    });
    Ok(found?)
}

async fn get(clouds: &Clouds<'_>, args: &OneArgs) -> anyhow::Result<Exit> {
    let provider = clouds.one();
    let (found, known) = tokio::join!(search(provider, &args.name, &args.region), clouds.known());
    show(clouds, &known?, found?)
}

fn show(clouds: &Clouds<'_>, known: &Known, one: wit::Instance) -> anyhow::Result<Exit> {
    let record = record(known, clouds.one().name(), one);
    clouds.session.print(&record, views::instance)?;
    Ok(Exit::Done)
}

async fn new(clouds: &Clouds<'_>, args: &InstanceCreateArgs) -> anyhow::Result<Exit> {
    let provider = clouds.one();
    let mut request = create::instance(args, &clouds.sources.set)?;
    if request.regions.is_empty() && request.zones.is_empty() {
        request.regions.extend(provider.default_region()?);
    }
    let regions = match request.zones.is_empty() {
        true => Vec::new(),
        false => clouds.regions(provider).await,
    };
    let places = places(provider.name(), &request.regions, &request.zones, &regions)?;
    let mut volumes = Vec::new();
    for name in &request.volumes {
        let regions: Vec<String> = places.iter().map(|place| place.region.clone()).collect();
        volumes.push(super::volume::search(provider, name, &regions).await?.id);
    }
    let changes = clouds.changes().await?;
    let plan_all = async |request: &cloudhost_api::InstanceRequest| -> anyhow::Result<_> {
        let mut specs = Vec::new();
        for instance_type in &request.instance_types {
            for place in &places {
                specs.push(create::instance_spec(
                    request,
                    place,
                    instance_type,
                    &volumes,
                )?);
            }
        }
        let plans = specs.into_iter().map(|spec| provider.plan_instance(spec));
        let plans = futures::future::join_all(plans).await;
        Ok(plans)
    };
    let first_regions: Vec<String> = places.iter().map(|place| place.region.clone()).collect();
    let others = async {
        let list = provider.instances(query(&first_regions, &[])).await;
        list.map(|list| {
            let same = |one: &wit::Instance| {
                one.id.name == request.name && one.state != wit::InstanceState::Terminated
            };
            let same = list.instances.into_iter().filter(same).map(|one| one.id);
            (same.collect::<Vec<ResourceId>>(), list.missing)
        })
    };
    let (plans, others) = tokio::join!(plan_all(&request), others);
    let (mut plans, (exists, missing)) = (plans?, others?);
    if plans.iter().any(|plan| plan.as_ref().is_err_and(needs_key)) {
        // The cloud makes no instance without a key: it gets the public half of this installation's.
        request.ssh_keys = vec![changes.host_key()?.public];
        plans = plan_all(&request).await?;
    }
    let plans = usable(plans)?;
    if let Some(other) = exists.first() {
        return Err(target::exists(provider, other).into());
    }
    let mut proposal = Proposal::new(
        provider,
        format!("create instance {}", request.name),
        plans,
        &args.change,
    );
    proposal.missing = missing;
    proposal.tags = request.tags.clone();
    proposal.protect = request.protect;
    proposal.ending = request.expires_in_seconds.map(Ending::after);
    proposal.max_price = args.max_price.as_deref().map(super::price).transpose()?;
    proposal.instance = Some(request);
    carry_out(clouds, &changes, proposal).await
}

/// The cloud makes no instance without an SSH key.
fn needs_key(error: &HostError) -> bool {
    match error {
        HostError::Cloud { error, .. } => error.code.as_deref() == Some("ssh-key-required"),
        _ => false,
    }
}

/// The plans of places where the instance can be made; the error of the first one if there is none.
pub fn usable(plans: Vec<Result<Vec<Step>, HostError>>) -> Result<Vec<Vec<Step>>, HostError> {
    let mut usable = Vec::new();
    let mut first = None;
    for plan in plans {
        match plan {
            Ok(steps) => usable.push(steps),
            Err(error) if elsewhere(&error) => first = first.or(Some(error)),
            Err(error) => return Err(error),
        }
    }
    match first {
        Some(error) if usable.is_empty() => Err(error),
        _ => Ok(usable),
    }
}

/// Another place or type can work: the error is about this one alone.
fn elsewhere(error: &HostError) -> bool {
    use cloudhost::contract::cloudhost::provider::types::Scope;
    match error {
        HostError::Cloud { error, .. } => {
            matches!(error.scope, Scope::Zone(_) | Scope::Region(_))
                && matches!(
                    error.kind,
                    ErrorKind::InsufficientCapacity
                        | ErrorKind::QuotaExceeded
                        | ErrorKind::NotFound
                        | ErrorKind::Unsupported
                        | ErrorKind::Unavailable
                )
        }
        _ => false,
    }
}

async fn switch(
    clouds: &Clouds<'_>,
    args: &InstanceChangeArgs,
    action: Action,
) -> anyhow::Result<Exit> {
    let provider = clouds.one();
    let changes = clouds.changes().await?;
    let known = changes.known([provider]).await?;
    let mut plans = Vec::new();
    let mut names = Vec::new();
    for name in &args.which.names {
        let one = search(provider, name, &args.which.region).await?;
        let proofs = known.proofs(provider.name(), &one.id, &one.tags, one.created);
        target::ours(&one.id, proofs, args.change.not_mine)?;
        names.push(target::shown(&one.id));
        plans.push(match action {
            Action::Start => provider.plan_start(one.id).await?,
            _ => provider.plan_stop(one.id).await?,
        });
    }
    let verb = match action {
        Action::Start => "start",
        _ => "stop",
    };
    let title = format!("{verb} instance {}", names.join(", "));
    let plans = vec![target::joined(plans)];
    carry_out(
        clouds,
        &changes,
        Proposal::new(provider, title, plans, &args.change),
    )
    .await
}

async fn terminate(clouds: &Clouds<'_>, args: &EndArgs) -> anyhow::Result<Exit> {
    let provider = clouds.one();
    let changes = clouds.changes().await?;
    let known = changes.known([provider]).await?;
    let mut all = Vec::new();
    let mut protected = Vec::new();
    for name in &args.which.names {
        let one = search(provider, name, &args.which.region).await?;
        let proofs = known.proofs(provider.name(), &one.id, &one.tags, one.created);
        target::ours(&one.id, proofs, args.change.not_mine)?;
        // A list need not say so.
        let by_cloud = provider.instance(one.id.clone()).await?.protected == Some(true);
        let by_us = known.is_protected(provider.name(), &one.id);
        target::unprotected(&one.id, by_cloud || by_us, args.unprotect)?;
        if by_cloud {
            protected.push(one.id.clone());
        }
        all.push(one.id);
    }
    let names: Vec<String> = all.iter().map(target::shown).collect();
    if !protected.is_empty() {
        // A plugin plans no end of what is protected now.
        let steps = protected
            .into_iter()
            .map(|id| provider.plan_protect(id, false));
        let steps = target::joined(futures::future::try_join_all(steps).await?);
        let title = format!("unprotect instance {}", names.join(", "));
        let mut proposal = Proposal::new(provider, title, vec![steps], &args.change);
        proposal.part = !args.change.dry_run;
        match carry_out(clouds, &changes, proposal).await? {
            Exit::Done if !args.change.dry_run => {}
            other => return Ok(other),
        }
    }
    let steps = all.into_iter().map(|id| provider.plan_delete_instance(id));
    let steps = target::joined(futures::future::try_join_all(steps).await?);
    let title = format!("terminate instance {}", names.join(", "));
    let proposal = Proposal::new(provider, title, vec![steps], &args.change);
    carry_out(clouds, &changes, proposal).await
}

async fn wait(
    clouds: &Clouds<'_>,
    which: &OneArgs,
    state: WaitState,
    timeout: Option<u64>,
) -> anyhow::Result<Exit> {
    use wit::InstanceState::{Failed, Running, Stopped, Terminated, Terminating};
    let provider = clouds.one();
    let started = Instant::now();
    let mut one = match (search(provider, &which.name, &which.region).await, state) {
        (Ok(one), _) => one,
        (Err(error), WaitState::Terminated) if is_absent(&error) => {
            clouds
                .session
                .close(&[format!("{}: terminated", which.name)]);
            return Ok(Exit::Done);
        }
        (Err(error), _) => return Err(error),
    };
    loop {
        let reached = match state {
            WaitState::Running => one.state == Running,
            WaitState::Stopped => one.state == Stopped,
            WaitState::Terminated => one.state == Terminated,
        };
        if reached {
            return show(clouds, &clouds.known().await?, one);
        }
        let never = one.state == Failed
            || state != WaitState::Terminated && matches!(one.state, Terminating | Terminated);
        let late = timeout.is_some_and(|limit| started.elapsed().as_secs() >= limit);
        if never || late {
            let exit = match late {
                true => Exit::GoesOn,
                false => Exit::Failed,
            };
            show(clouds, &clouds.known().await?, one)?;
            return Ok(exit);
        }
        tokio::time::sleep(PAUSE).await;
        one = match provider.instance(one.id.clone()).await {
            Ok(one) => one,
            Err(error) if is_not_found(&error) => {
                one.state = Terminated;
                one
            }
            Err(error) => return Err(error.into()),
        };
    }
}

fn is_absent(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(ChangeError::NotFound { .. }))
}

fn is_not_found(error: &HostError) -> bool {
    matches!(error, HostError::Cloud { error, .. } if error.kind == ErrorKind::NotFound)
}
