//! `cloudhost volume snapshot ...`

use super::carry_out::{Ending, Proposal, agree, carry_out};
use super::clouds::{Clouds, Listed, absent, query};
use super::{create, target, volume};
use crate::args::{
    ChangeArgs, EndArgs, ListArgs, OneArgs, PruneArgs, RestoreArgs, SnapshotCommand,
    SnapshotCreateArgs,
};
use crate::exit::Exit;
use crate::views;
use cloudhost::changes::{ChangeError, Known, Proofs, find};
use cloudhost::clock;
use cloudhost::contract::cloudhost::provider::resources::{ResourceId, ResourceKind};
use cloudhost::contract::with_storage::exports::cloudhost::provider::storage as wit;
use cloudhost::host::Provider;
use cloudhost_api::{MissingPart, Ownership, Pruned, Resource, Snapshot, Snapshots, VolumeRequest};
use std::collections::BTreeMap;

pub async fn execute(clouds: &Clouds<'_>, command: &SnapshotCommand) -> anyhow::Result<Exit> {
    match command {
        SnapshotCommand::Create(args) => new(clouds, args).await,
        SnapshotCommand::Get(args) => get(clouds, args).await,
        SnapshotCommand::List { list: args, volume } => list(clouds, args, volume).await,
        SnapshotCommand::Restore(args) => restore(clouds, args).await,
        SnapshotCommand::Delete(args) => delete(clouds, args).await,
        SnapshotCommand::Prune(args) => prune(clouds, args).await,
    }
}

async fn list(
    clouds: &Clouds<'_>,
    args: &ListArgs,
    volume: &Option<String>,
) -> anyhow::Result<Exit> {
    let query = query(&args.region, &args.tag);
    let read = async |provider: &Provider| {
        let list = provider.snapshots(query.clone()).await?;
        Ok::<_, ChangeError>((list.snapshots, list.missing))
    };
    let (listed, known) = tokio::join!(clouds.list(read), clouds.known());
    let (Listed { items, missing }, known) = (listed?, known?);
    let mut snapshots: Vec<Snapshot> = items
        .into_iter()
        .map(|(provider, one)| record(&known, &provider, one))
        .collect();
    snapshots.retain(|one| {
        let of = |volume: &String| one.volume.as_ref() == Some(volume);
        volume.as_ref().is_none_or(of) && (!args.mine || one.ownership == Ownership::Ours)
    });
    snapshots.sort_by(|a, b| {
        let key = |one: &Snapshot| {
            (
                one.provider.clone(),
                one.region.clone(),
                one.volume.clone(),
                one.created,
            )
        };
        (key(a), &a.id).cmp(&(key(b), &b.id))
    });
    let record = Snapshots { snapshots, missing };
    clouds.session.print(&record, views::snapshots)?;
    Ok(clouds.close(record.snapshots.len(), "snapshot", &record.missing))
}

fn record(known: &Known, provider: &str, one: wit::Snapshot) -> Snapshot {
    let proofs = known.proofs(provider, &one.id, &one.tags, one.created);
    Snapshot::new(provider, one, proofs.into())
}

/// Finds a snapshot.
pub async fn search(
    provider: &Provider,
    name: &str,
    regions: &[String],
) -> anyhow::Result<wit::Snapshot> {
    let list = provider.snapshots(query(regions, &[])).await?;
    let kind = ResourceKind::Snapshot;
    let found = find(
        provider.name(),
        kind,
        name,
        list.snapshots,
        &list.missing,
        |one| &one.id,
    );
    Ok(found?)
}

async fn get(clouds: &Clouds<'_>, args: &OneArgs) -> anyhow::Result<Exit> {
    let provider = clouds.one();
    let (found, known) = tokio::join!(search(provider, &args.name, &args.region), clouds.known());
    let record = record(&known?, provider.name(), found?);
    clouds.session.print(&record, views::snapshot)?;
    Ok(Exit::Done)
}

async fn new(clouds: &Clouds<'_>, args: &SnapshotCreateArgs) -> anyhow::Result<Exit> {
    let provider = clouds.one();
    let changes = clouds.changes().await?;
    let name = args.name.clone().unwrap_or_default();
    create::check_name(&name);
    // A snapshot only reads the volume, whoever made it.
    let volume = volume::search(provider, &args.volume, &args.region).await?;
    let title = format!(
        "create snapshot {name} of volume {}",
        target::shown(&volume.id)
    );
    let steps = provider.plan_snapshot(volume.id, name).await?;
    let mut proposal = Proposal::new(provider, title, vec![steps], &args.change);
    proposal.tags = args.new.tag.iter().cloned().collect();
    proposal.protect = args.new.protect;
    proposal.ending = args.new.expires_in.map(Ending::after);
    carry_out(clouds, &changes, proposal).await
}

async fn restore(clouds: &Clouds<'_>, args: &RestoreArgs) -> anyhow::Result<Exit> {
    let mut request = VolumeRequest {
        name: args.name.clone().unwrap_or_default(),
        size_gib: args.size,
        snapshot: Some(args.snapshot.clone()),
        ..VolumeRequest::default()
    };
    create::placed(&mut request, &args.place, &clouds.sources.set);
    create::check_name(&request.name);
    let title = format!(
        "restore snapshot {} as volume {}",
        args.snapshot, request.name
    );
    volume::make(clouds, request, title, &args.change).await
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
        let protected = known.is_protected(provider.name(), &one.id);
        target::unprotected(&one.id, protected, args.unprotect)?;
        names.push(target::shown(&one.id));
        plans.push(provider.plan_delete_snapshot(one.id).await?);
    }
    let title = format!("delete snapshot {}", names.join(", "));
    let plans = vec![target::joined(plans)];
    let proposal = Proposal::new(provider, title, plans, &args.change);
    carry_out(clouds, &changes, proposal).await
}

async fn prune(clouds: &Clouds<'_>, args: &PruneArgs) -> anyhow::Result<Exit> {
    let provider = clouds.one();
    let changes = clouds.changes().await?;
    let (list, known) = tokio::join!(
        provider.snapshots(query(&args.region, &[])),
        changes.known([provider])
    );
    let (list, known) = (list?, known?);
    let all = list.snapshots.into_iter().filter(|one| {
        let of = |volume: &String| one.source.as_ref() == Some(volume);
        args.volume.as_ref().is_none_or(of)
    });
    let may = |one: &wit::Snapshot| {
        let proofs = known.proofs(provider.name(), &one.id, &one.tags, one.created);
        let protected = known.is_protected(provider.name(), &one.id);
        !protected && (args.not_mine || proofs == Proofs::Ours)
    };
    let now = u64::try_from(clock::timestamp().as_second()).unwrap_or(0);
    let rules = Rules {
        keep: args.keep_newest.unwrap_or(0),
        before: now.saturating_sub(args.older_than.unwrap_or(0)),
    };
    let sorted = rules.apply(all.collect(), may);
    let pruned = Pruned {
        deleted: sorted.delete.iter().map(Resource::from).collect(),
        kept: sorted.kept,
        left: sorted.left.iter().map(Resource::from).collect(),
        missing: list
            .missing
            .iter()
            .map(|gap| MissingPart::new(provider.name(), gap))
            .collect(),
    };
    clouds.session.print(&pruned, views::pruned)?;
    let mut parts = vec![format!(
        "{} to delete, {} kept",
        pruned.deleted.len(),
        pruned.kept
    )];
    if !pruned.left.is_empty() {
        parts.push(format!(
            "{} left: not made here, protected, or of unknown age",
            pruned.left.len()
        ));
    }
    parts.extend(absent(&pruned.missing));
    clouds.session.close(&parts);
    let exit = match pruned.missing.is_empty() {
        true => Exit::Done,
        false => Exit::Incomplete,
    };
    if sorted.delete.is_empty() || args.dry_run {
        return Ok(exit);
    }
    let number = sorted.delete.len();
    agree(args.yes, &format!("Delete {number} of them?")).await?;
    let plans = sorted
        .delete
        .into_iter()
        .map(|id| provider.plan_delete_snapshot(id));
    let plans = futures::future::try_join_all(plans).await?;
    let change = ChangeArgs {
        yes: true,
        dry_run: false,
        wait: true,
        no_wait: false,
        timeout: None,
        keep: false,
        not_mine: args.not_mine,
    };
    let title = format!("prune {}", crate::text::count(number, "snapshot"));
    let mut proposal = Proposal::new(provider, title, vec![target::joined(plans)], &change);
    (proposal.silent, proposal.part) = (true, true);
    match carry_out(clouds, &changes, proposal).await? {
        Exit::Done => Ok(exit),
        other => Ok(other),
    }
}

/// Rules of what is kept.
struct Rules {
    /// Number of the newest of each volume.
    keep: usize,
    /// Time before which a snapshot is old, in seconds since 1970.
    before: u64,
}

/// Snapshots by rule.
#[derive(Debug, Default, PartialEq)]
struct Sorted {
    delete: Vec<ResourceId>,
    kept: usize,
    left: Vec<ResourceId>,
}

impl Rules {
    /// Sorts snapshots. Only complete ones count as the newest; one of unknown age or volume is never deleted.
    fn apply(&self, all: Vec<wit::Snapshot>, may: impl Fn(&wit::Snapshot) -> bool) -> Sorted {
        let mut sorted = Sorted::default();
        let mut volumes: BTreeMap<(String, String), Vec<(u64, wit::Snapshot)>> = BTreeMap::new();
        for one in all {
            match (one.created, one.source.clone(), one.state) {
                (Some(created), Some(volume), wit::SnapshotState::Completed) => {
                    let key = (one.id.place.region.clone(), volume);
                    volumes.entry(key).or_default().push((created, one));
                }
                (_, _, wit::SnapshotState::Pending | wit::SnapshotState::Deleting) => {
                    sorted.kept += 1;
                }
                _ => sorted.left.push(one.id),
            }
        }
        for mut of_volume in volumes.into_values() {
            of_volume.sort_by(|a, b| (b.0, &b.1.id.id).cmp(&(a.0, &a.1.id.id)));
            for (index, (created, one)) in of_volume.into_iter().enumerate() {
                if index < self.keep || created >= self.before {
                    sorted.kept += 1;
                } else if may(&one) {
                    sorted.delete.push(one.id);
                } else {
                    sorted.left.push(one.id);
                }
            }
        }
        sorted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cloudhost::contract::cloudhost::provider::resources::Place;
    use rstest::rstest;

    fn snapshot(id: &str, volume: Option<&str>, created: Option<u64>) -> wit::Snapshot {
        wit::Snapshot {
            id: ResourceId {
                kind: ResourceKind::Snapshot,
                id: id.to_owned(),
                name: String::new(),
                place: Place {
                    region: "east".to_owned(),
                    zone: None,
                },
                parent: None,
            },
            source: volume.map(str::to_owned),
            state: wit::SnapshotState::Completed,
            status: None,
            reach: wit::Reach::Region,
            percent: None,
            size_gib: None,
            created,
            tags: Vec::new(),
            message: None,
        }
    }

    #[rstest]
    #[case::newest(2, u64::MAX, &["a1", "b1"], 4, &["x", "y"])]
    #[case::old(0, 25, &["a1", "a2", "b1"], 3, &["x", "y"])]
    #[case::both(1, 25, &["a1", "a2", "b1"], 3, &["x", "y"])]
    #[case::old_and_few(3, 100, &[], 6, &["x", "y"])]
    #[case::foreign(0, 100, &["a1", "a2", "a3", "b1", "b2", "b3"], 0, &["x", "y"])]
    fn rules(
        #[case] keep: usize,
        #[case] before: u64,
        #[case] delete: &[&str],
        #[case] kept: usize,
        #[case] left: &[&str],
    ) {
        let all = vec![
            snapshot("a1", Some("a"), Some(10)),
            snapshot("b1", Some("b"), Some(10)),
            snapshot("a2", Some("a"), Some(20)),
            snapshot("a3", Some("a"), Some(30)),
            snapshot("b2", Some("b"), Some(30)),
            snapshot("b3", Some("b"), Some(40)),
            snapshot("x", None, Some(1)),
            snapshot("y", Some("a"), None),
        ];
        let sorted = Rules { keep, before }.apply(all, |_| true);
        let mut deleted: Vec<_> = sorted.delete.iter().map(|id| id.id.as_str()).collect();
        deleted.sort_unstable();
        let mut others: Vec<_> = sorted.left.iter().map(|id| id.id.as_str()).collect();
        others.sort_unstable();
        assert_eq!((deleted.as_slice(), sorted.kept), (delete, kept));
        assert_eq!(others, left);
    }

    #[test]
    fn what_is_not_ours_is_left() {
        let all = vec![snapshot("a1", Some("a"), Some(10))];
        let rules = Rules {
            keep: 0,
            before: 100,
        };
        let sorted = rules.apply(all, |_| false);
        assert_eq!((sorted.delete.len(), sorted.left.len()), (0, 1));
    }
}
