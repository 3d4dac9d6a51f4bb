//! `cloudhost ssh-key ...` and `cloudhost run PROVIDER ssh-key ...`

use super::carry_out::{Proposal, carry_out};
use super::clouds::{Clouds, Listed, query, with_clouds};
use super::{create, target};
use crate::args::{ChangeArgs, ListArgs, SourceArgs, SshKeyAddArgs, SshKeyCommand, WhichArgs};
use crate::exit::Exit;
use crate::session::Session;
use crate::views;
use cloudhost::changes::{ChangeError, find, public_key};
use cloudhost::contract::cloudhost::provider::resources::{Place, ResourceKind};
use cloudhost::host::Provider;
use cloudhost_api::{SshKey, SshKeys};

pub fn execute(
    session: &Session<'_>,
    providers: &[String],
    sources: &SourceArgs,
    command: &SshKeyCommand,
) -> anyhow::Result<Exit> {
    with_clouds(session, providers, sources, async |clouds| match command {
        SshKeyCommand::List(args) => list(clouds, args).await,
        SshKeyCommand::Add(args) => add(clouds, args).await,
        SshKeyCommand::Delete { which, change } => delete(clouds, which, change).await,
    })
}

async fn list(clouds: &Clouds<'_>, args: &ListArgs) -> anyhow::Result<Exit> {
    let query = query(&args.region, &args.tag);
    let read = async |provider: &Provider| {
        let list = provider.ssh_keys(query.clone()).await?;
        Ok::<_, ChangeError>((list.ssh_keys, list.missing))
    };
    let (listed, known) = tokio::join!(clouds.list(read), clouds.known());
    let (Listed { items, missing }, known) = (listed?, known?);
    let items = items
        .into_iter()
        .filter(|(provider, one)| !args.mine || known.has(provider, &one.id));
    let mut ssh_keys: Vec<SshKey> = items
        .map(|(provider, one)| SshKey::new(&provider, one))
        .collect();
    ssh_keys.sort_by(|a, b| {
        let key = |one: &SshKey| (one.provider.clone(), one.region.clone(), one.name.clone());
        (key(a), &a.id).cmp(&(key(b), &b.id))
    });
    let record = SshKeys { ssh_keys, missing };
    clouds.session.print(&record, views::ssh_keys)?;
    Ok(clouds.close(record.ssh_keys.len(), "SSH key", &record.missing))
}

async fn add(clouds: &Clouds<'_>, args: &SshKeyAddArgs) -> anyhow::Result<Exit> {
    let provider = clouds.one();
    create::check_name(&args.name);
    let changes = clouds.changes().await?;
    let key = match &args.public_key {
        Some(path) => public_key(path)?,
        None => changes.host_key()?.public,
    };
    let region = match &args.region {
        Some(region) => Some(region.clone()),
        None => provider.default_region()?,
    };
    let place = Place {
        region: region.unwrap_or_default(),
        zone: None,
    };
    let title = format!("add SSH key {}", args.name);
    let steps = provider.plan_ssh_key(place, args.name.clone(), key).await?;
    let proposal = Proposal::new(provider, title, vec![steps], &args.change);
    carry_out(clouds, &changes, proposal).await
}

async fn delete(
    clouds: &Clouds<'_>,
    which: &WhichArgs,
    change: &ChangeArgs,
) -> anyhow::Result<Exit> {
    let provider = clouds.one();
    let changes = clouds.changes().await?;
    let (list, known) = tokio::join!(
        provider.ssh_keys(query(&which.region, &[])),
        changes.known([provider])
    );
    let (list, known) = (list?, known?);
    let mut plans = Vec::new();
    let mut names = Vec::new();
    for name in &which.names {
        let all = list.ssh_keys.iter().collect();
        let kind = ResourceKind::SshKey;
        let one = find(provider.name(), kind, name, all, &list.missing, |one| {
            &one.id
        })?;
        let proofs = known.proofs(provider.name(), &one.id, &[], None);
        target::ours(&one.id, proofs, change.not_mine)?;
        names.push(target::shown(&one.id));
        plans.push(provider.plan_delete_ssh_key(one.id.clone()).await?);
    }
    let title = format!("delete SSH key {}", names.join(", "));
    let plans = vec![target::joined(plans)];
    carry_out(
        clouds,
        &changes,
        Proposal::new(provider, title, plans, change),
    )
    .await
}
