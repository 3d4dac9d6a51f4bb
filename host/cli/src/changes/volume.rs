//! `cloudhost volume ...` and `cloudhost run PROVIDER volume ...`, without snapshots.

use super::carry_out::{Ending, Proposal, carry_out};
use super::clouds::{Clouds, Listed, query, with_clouds};
use super::{create, instance, snapshot, target};
use crate::args::{
    AttachArgs, CloneArgs, DetachArgs, EndArgs, ListArgs, OneArgs, SourceArgs, VolumeCommand,
    VolumeCreateArgs,
};
use crate::exit::Exit;
use crate::session::Session;
use crate::views;
use cloudhost::changes::{ChangeError, Changes, Known, find, places};
use cloudhost::contract::cloudhost::provider::resources::{Place, ResourceKind};
use cloudhost::contract::with_storage::exports::cloudhost::provider::storage as wit;
use cloudhost::host::Provider;
use cloudhost_api::{Ownership, Volume, VolumeRequest, Volumes};

pub fn execute(
    session: &Session<'_>,
    providers: &[String],
    sources: &SourceArgs,
    command: &VolumeCommand,
) -> anyhow::Result<Exit> {
    with_clouds(session, providers, sources, async |clouds| match command {
        VolumeCommand::Create(args) => new(clouds, args).await,
        VolumeCommand::Get(args) => get(clouds, args).await,
        VolumeCommand::List(args) => list(clouds, args).await,
        VolumeCommand::Attach(args) => attach(clouds, args).await,
        VolumeCommand::Detach(args) => detach(clouds, args).await,
        VolumeCommand::Clone(args) => copy(clouds, args).await,
        VolumeCommand::Delete(args) => delete(clouds, args).await,
        VolumeCommand::Snapshot(command) => snapshot::execute(clouds, command).await,
    })
}

async fn list(clouds: &Clouds<'_>, args: &ListArgs) -> anyhow::Result<Exit> {
    let query = query(&args.region, &args.tag);
    let read = async |provider: &Provider| {
        let list = provider.volumes(query.clone()).await?;
        Ok::<_, ChangeError>((list.volumes, list.missing))
    };
    let (listed, known) = tokio::join!(clouds.list(read), clouds.known());
    let (Listed { items, missing }, known) = (listed?, known?);
    let mut volumes: Vec<Volume> = items
        .into_iter()
        .map(|(provider, one)| record(&known, &provider, one))
        .collect();
    if args.mine {
        volumes.retain(|one| one.ownership == Ownership::Ours);
    }
    volumes.sort_by(|a, b| {
        let key = |one: &Volume| (one.provider.clone(), one.region.clone(), one.name.clone());
        (key(a), &a.id).cmp(&(key(b), &b.id))
    });
    let record = Volumes { volumes, missing };
    clouds.session.print(&record, views::volumes)?;
    Ok(clouds.close(record.volumes.len(), "volume", &record.missing))
}

fn record(known: &Known, provider: &str, one: wit::Volume) -> Volume {
    let proofs = known.proofs(provider, &one.id, &one.tags, one.created);
    Volume::new(provider, one, proofs.into())
}

/// Finds a volume that is not deleted.
pub async fn search(
    provider: &Provider,
    name: &str,
    regions: &[String],
) -> anyhow::Result<wit::Volume> {
    let list = provider.volumes(query(regions, &[])).await?;
    let live = |one: &wit::Volume| one.state != wit::VolumeState::Deleted;
    let live = list.volumes.into_iter().filter(live).collect();
    let kind = ResourceKind::Volume;
    let found = find(provider.name(), kind, name, live, &list.missing, |one| {
        &one.id
    });
    Ok(found?)
}

/// Finds a volume that may be changed.
async fn ours(
    provider: &Provider,
    changes: &Changes,
    which: &OneArgs,
    not_mine: bool,
) -> anyhow::Result<wit::Volume> {
    let (one, known) = tokio::join!(
        search(provider, &which.name, &which.region),
        changes.known([provider])
    );
    let one = one?;
    let proofs = known?.proofs(provider.name(), &one.id, &one.tags, one.created);
    target::ours(&one.id, proofs, not_mine)?;
    Ok(one)
}

async fn get(clouds: &Clouds<'_>, args: &OneArgs) -> anyhow::Result<Exit> {
    let provider = clouds.one();
    let (found, known) = tokio::join!(search(provider, &args.name, &args.region), clouds.known());
    let record = record(&known?, provider.name(), found?);
    clouds.session.print(&record, views::volume)?;
    Ok(Exit::Done)
}

async fn new(clouds: &Clouds<'_>, args: &VolumeCreateArgs) -> anyhow::Result<Exit> {
    let request = create::volume(args, &clouds.sources.set)?;
    let title = format!("create volume {}", request.name);
    make(clouds, request, title, &args.change).await
}

/// Plans and carries out a new volume.
pub async fn make(
    clouds: &Clouds<'_>,
    mut request: VolumeRequest,
    title: String,
    change: &crate::args::ChangeArgs,
) -> anyhow::Result<Exit> {
    let provider = clouds.one();
    let content = match &request.snapshot {
        Some(name) => Some(snapshot::search(provider, name, &request.regions).await?.id),
        None => None,
    };
    if request.regions.is_empty() && request.zones.is_empty() {
        // A snapshot is restored where it is.
        match &content {
            Some(id) => request.regions.push(id.place.region.clone()),
            None => request.regions.extend(provider.default_region()?),
        }
    }
    let regions = match request.zones.is_empty() {
        true => Vec::new(),
        false => clouds.regions(provider).await,
    };
    let places = places(provider.name(), &request.regions, &request.zones, &regions)?;
    let changes = clouds.changes().await?;
    let plans = places
        .iter()
        .map(|place| provider.plan_volume(create::volume_spec(&request, place, content.clone())));
    let names: Vec<String> = places.iter().map(|place| place.region.clone()).collect();
    let (plans, others) = tokio::join!(
        futures::future::join_all(plans),
        provider.volumes(query(&names, &[]))
    );
    let (plans, others) = (instance::usable(plans)?, others?);
    let same =
        |one: &&wit::Volume| one.id.name == request.name && one.state != wit::VolumeState::Deleted;
    if let Some(other) = others.volumes.iter().find(same) {
        return Err(target::exists(provider, &other.id).into());
    }
    let mut proposal = Proposal::new(provider, title, plans, change);
    proposal.missing = others.missing;
    proposal.tags = request.tags.clone();
    proposal.protect = request.protect;
    proposal.ending = request.expires_in_seconds.map(Ending::after);
    proposal.volume = Some(request);
    carry_out(clouds, &changes, proposal).await
}

async fn attach(clouds: &Clouds<'_>, args: &AttachArgs) -> anyhow::Result<Exit> {
    let provider = clouds.one();
    let changes = clouds.changes().await?;
    let instance = args.instance.as_deref().unwrap_or_default();
    let (volume, instance) = tokio::join!(
        ours(provider, &changes, &args.which, args.change.not_mine),
        instance::search(provider, instance, &args.which.region)
    );
    let (volume, instance) = (volume?, instance?);
    let title = format!(
        "attach volume {} to instance {}",
        target::shown(&volume.id),
        target::shown(&instance.id)
    );
    let steps = provider.plan_attach(volume.id, instance.id).await?;
    let proposal = Proposal::new(provider, title, vec![steps], &args.change);
    carry_out(clouds, &changes, proposal).await
}

async fn detach(clouds: &Clouds<'_>, args: &DetachArgs) -> anyhow::Result<Exit> {
    let provider = clouds.one();
    let changes = clouds.changes().await?;
    let volume = ours(provider, &changes, &args.which, args.change.not_mine).await?;
    let instance = match &args.instance {
        Some(name) => Some(
            instance::search(provider, name, &args.which.region)
                .await?
                .id,
        ),
        None => None,
    };
    let title = format!("detach volume {}", target::shown(&volume.id));
    let steps = provider.plan_detach(volume.id, instance).await?;
    let proposal = Proposal::new(provider, title, vec![steps], &args.change);
    carry_out(clouds, &changes, proposal).await
}

async fn copy(clouds: &Clouds<'_>, args: &CloneArgs) -> anyhow::Result<Exit> {
    let provider = clouds.one();
    let changes = clouds.changes().await?;
    let name = args.copy_name.clone().unwrap_or_default();
    create::check_name(&name);
    // A copy only reads the volume, whoever made it.
    let volume = search(provider, &args.which.name, &args.which.region).await?;
    let from = &volume.id.place;
    let to = match (&args.to_region, &args.to_zone) {
        (None, None) => from.clone(),
        (None, Some(zone)) => {
            let regions = clouds.regions(provider).await;
            let known = regions
                .iter()
                .any(|region| region.zones.iter().any(|one| one.name == *zone));
            let place = match known {
                true => places(provider.name(), &[], std::slice::from_ref(zone), &regions)?,
                false => Vec::new(),
            };
            place.into_iter().next().unwrap_or(Place {
                region: from.region.clone(),
                zone: Some(zone.clone()),
            })
        }
        (Some(region), zone) => Place {
            region: region.clone(),
            zone: zone.clone(),
        },
    };
    let title = format!("clone volume {} as {name}", target::shown(&volume.id));
    let steps = provider.plan_clone(volume.id, to, name).await?;
    let proposal = Proposal::new(provider, title, vec![steps], &args.change);
    carry_out(clouds, &changes, proposal).await
}

async fn delete(clouds: &Clouds<'_>, args: &EndArgs) -> anyhow::Result<Exit> {
    let provider = clouds.one();
    let changes = clouds.changes().await?;
    let known = changes.known([provider]).await?;
    let mut plans = Vec::new();
    let mut names = Vec::new();
    for name in &args.which.names {
        let one = search(provider, name, &args.which.region).await?;
        let proofs = known.proofs(provider.name(), &one.id, &one.tags, one.created);
        target::ours(&one.id, proofs, args.change.not_mine)?;
        let protected = one.protected == Some(true) || known.is_protected(provider.name(), &one.id);
        target::unprotected(&one.id, protected, args.unprotect)?;
        names.push(target::shown(&one.id));
        if one.protected == Some(true) {
            let steps = provider.plan_protect(one.id.clone(), false).await?;
            let title = format!("unprotect volume {}", target::shown(&one.id));
            let mut proposal = Proposal::new(provider, title, vec![steps], &args.change);
            proposal.part = !args.change.dry_run;
            match carry_out(clouds, &changes, proposal).await? {
                Exit::Done if !args.change.dry_run => {}
                other => return Ok(other),
            }
        }
        plans.push(provider.plan_delete_volume(one.id).await?);
    }
    let title = format!("delete volume {}", names.join(", "));
    let plans = vec![target::joined(plans)];
    let proposal = Proposal::new(provider, title, plans, &args.change);
    carry_out(clouds, &changes, proposal).await
}
