//! The collector's view of a provider: all that it lists, and plans that end it.

use super::cloud::{Accounts, as_cloud, error};
use super::journal::checked;
use crate::contract::cloudhost::provider::resources::{
    ResourceId, ResourceKind, ResourceQuery, Tag,
};
use crate::contract::cloudhost::provider::types::{Error as CloudError, ErrorKind};
use crate::contract::with_instances::exports::cloudhost::provider::instances::InstanceState;
use crate::contract::with_storage::exports::cloudhost::provider::storage::VolumeState;
use crate::host::{HostError, Provider};
use cloudhost_operations::{Account, Inventory, Listing, Plan, Seen};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use jiff::Timestamp;

impl Inventory for Accounts {
    fn list<'a>(&'a self, account: &'a Account) -> BoxFuture<'a, Result<Listing, CloudError>> {
        async {
            let cloud = self.of_account(account).await?;
            listing(&cloud.0).await.map_err(as_cloud)
        }
        .boxed()
    }

    fn get<'a>(
        &'a self,
        account: &'a Account,
        id: &'a ResourceId,
    ) -> BoxFuture<'a, Result<Option<Seen>, CloudError>> {
        async {
            let cloud = self.of_account(account).await?;
            match read(&cloud.0, id.clone()).await.map_err(as_cloud) {
                Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
                read => read,
            }
        }
        .boxed()
    }

    fn plan_end<'a>(
        &'a self,
        account: &'a Account,
        id: &'a ResourceId,
    ) -> BoxFuture<'a, Result<Plan, CloudError>> {
        async {
            let cloud = self.of_account(account).await?;
            let provider = &cloud.0;
            let id = id.clone();
            let steps = match id.kind {
                ResourceKind::Instance => provider.plan_delete_instance(id).await,
                ResourceKind::Volume => provider.plan_delete_volume(id).await,
                ResourceKind::Snapshot => provider.plan_delete_snapshot(id).await,
                ResourceKind::SshKey => provider.plan_delete_ssh_key(id).await,
                _ => Err(provider.no_interface("operations")),
            };
            let plans = [steps.map_err(as_cloud)?];
            let plans = checked(provider, &plans).await.map_err(as_cloud)?;
            let missing = || error(ErrorKind::Internal, "the plan has no steps".to_owned());
            plans.into_iter().next().ok_or_else(missing)
        }
        .boxed()
    }
}

/// Reads one resource; `None`: it does not exist.
async fn read(provider: &Provider, id: ResourceId) -> Result<Option<Seen>, HostError> {
    Ok(match id.kind {
        ResourceKind::Instance => {
            let one = provider.instance(id).await?;
            let live = one.state != InstanceState::Terminated;
            live.then(|| seen(one.id, one.tags, one.created, one.protected))
        }
        ResourceKind::Volume => {
            let one = provider.volume(id).await?;
            let live = one.state != VolumeState::Deleted;
            live.then(|| seen(one.id, one.tags, one.created, one.protected))
        }
        ResourceKind::Snapshot => {
            let one = provider.snapshot(id).await?;
            Some(seen(one.id, one.tags, one.created, None))
        }
        ResourceKind::SshKey => {
            let query = ResourceQuery {
                regions: vec![id.place.region.clone()],
                tags: Vec::new(),
            };
            let list = provider.ssh_keys(query).await?;
            let found = list.ssh_keys.into_iter().find(|one| one.id.id == id.id);
            match (found, list.missing.into_iter().next()) {
                (None, Some(error)) => return Err(provider.refused(error)),
                (found, _) => found.map(|one| seen(one.id, Vec::new(), None, None)),
            }
        }
        _ => return Err(provider.no_interface("operations")),
    })
}

/// Lists what a provider can list. What it has no interface for, it has not made.
async fn listing(provider: &Provider) -> Result<Listing, HostError> {
    let all = || ResourceQuery {
        regions: Vec::new(),
        tags: Vec::new(),
    };
    let (instances, volumes, snapshots, keys) = tokio::join!(
        provider.instances(all()),
        provider.volumes(all()),
        provider.snapshots(all()),
        provider.ssh_keys(all()),
    );
    let mut listing = Listing::default();
    if let Some(list) = supported(instances)? {
        let live = list.instances.into_iter();
        let live = live.filter(|one| one.state != InstanceState::Terminated);
        listing
            .seen
            .extend(live.map(|one| seen(one.id, one.tags, one.created, one.protected)));
        listing.missing.extend(list.missing);
    }
    if let Some(list) = supported(volumes)? {
        let live = list.volumes.into_iter();
        let live = live.filter(|one| one.state != VolumeState::Deleted);
        listing
            .seen
            .extend(live.map(|one| seen(one.id, one.tags, one.created, one.protected)));
        listing.missing.extend(list.missing);
    }
    if let Some(list) = supported(snapshots)? {
        let all = list.snapshots.into_iter();
        listing
            .seen
            .extend(all.map(|one| seen(one.id, one.tags, one.created, None)));
        listing.missing.extend(list.missing);
    }
    if let Some(list) = supported(keys)? {
        let all = list.ssh_keys.into_iter();
        listing
            .seen
            .extend(all.map(|one| seen(one.id, Vec::new(), None, None)));
        listing.missing.extend(list.missing);
    }
    Ok(listing)
}

fn supported<T>(result: Result<T, HostError>) -> Result<Option<T>, HostError> {
    match result {
        Err(error) if error.is_unsupported() => Ok(None),
        result => result.map(Some),
    }
}

fn seen(id: ResourceId, tags: Vec<Tag>, created: Option<u64>, protected: Option<bool>) -> Seen {
    let created = created.and_then(|seconds| i64::try_from(seconds).ok());
    Seen {
        id,
        tags,
        created: created.and_then(|seconds| Timestamp::from_second(seconds).ok()),
        protected,
    }
}
