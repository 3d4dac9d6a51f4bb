//! Changes of EC2: instances, SSH keys, volumes and snapshots.
//!
//! | module | content |
//! |---|---|
//! | `instances`, `launch`, `keys`, `storage` | lists, and plans made by reads alone |
//! | `call` | the request of a step, kept as its data |
//! | `run` | requests that change something, and what EC2 guarantees for them |
//! | `poll` | states of changes, and recovery after a lost response |
//! | `errors` | the meaning of error codes |
//! | `limits` | quotas, and permissions tried with `DryRun` |
//!
//! Parameters and elements are those of EC2's model, version 2016-11-15.

mod api;
mod call;
mod errors;
mod instances;
mod keys;
mod launch;
mod limits;
mod poll;
mod rows;
mod run;
mod storage;

use cloudhost_sdk::account::{AccountLimits, QuotaList, Verdict};
use cloudhost_sdk::instances::{Instance, InstanceList, InstanceSpec, Instances, SshKeyList};
use cloudhost_sdk::operations::{Begun, Guarantee, Intent, Made, Operation, Operations, Status};
use cloudhost_sdk::resources::{Action, Place, ResourceId, ResourceKind, ResourceQuery, Step};
use cloudhost_sdk::storage::{Snapshot, SnapshotList, Storage, Volume, VolumeList, VolumeSpec};
use cloudhost_sdk::{Error, World};

use crate::Aws;

impl Operations for Aws {
    fn guarantees(kind: ResourceKind, action: Action) -> Guarantee {
        run::guarantees(kind, action)
    }

    async fn run<W: World>(
        world: &W,
        step: Step,
        made: Vec<Made>,
        intent: Intent,
    ) -> Result<Begun, Error> {
        run::run(world, step, made, intent).await
    }

    async fn undo<W: World>(
        world: &W,
        step: Step,
        target: ResourceId,
        intent: Intent,
    ) -> Result<Begun, Error> {
        run::undo(world, step, target, intent).await
    }

    async fn poll<W: World>(world: &W, operations: Vec<Operation>) -> Vec<Result<Status, Error>> {
        poll::poll(world, operations).await
    }

    async fn recover<W: World>(
        world: &W,
        step: Step,
        made: Vec<Made>,
        intent: Intent,
    ) -> Result<Vec<Begun>, Error> {
        poll::recover(world, step, made, intent).await
    }

    async fn protect<W: World>(world: &W, id: ResourceId, on: bool) -> Result<Vec<Step>, Error> {
        instances::protect(world, id, on).await
    }
}

impl Instances for Aws {
    async fn list<W: World>(world: &W, query: ResourceQuery) -> Result<InstanceList, Error> {
        instances::list(world, &query).await
    }

    async fn get<W: World>(world: &W, id: ResourceId) -> Result<Instance, Error> {
        instances::get(world, &id).await
    }

    async fn create<W: World>(world: &W, spec: InstanceSpec) -> Result<Vec<Step>, Error> {
        launch::create(world, spec).await
    }

    async fn start<W: World>(world: &W, id: ResourceId) -> Result<Vec<Step>, Error> {
        instances::start(world, id).await
    }

    async fn stop<W: World>(world: &W, id: ResourceId) -> Result<Vec<Step>, Error> {
        instances::stop(world, id).await
    }

    async fn delete<W: World>(world: &W, id: ResourceId) -> Result<Vec<Step>, Error> {
        instances::delete(world, id).await
    }

    async fn list_ssh_keys<W: World>(world: &W, query: ResourceQuery) -> Result<SshKeyList, Error> {
        keys::list(world, &query).await
    }

    async fn add_ssh_key<W: World>(
        world: &W,
        place: Place,
        name: String,
        public_key: String,
    ) -> Result<Vec<Step>, Error> {
        keys::add(world, place, name, &public_key).await
    }

    async fn delete_ssh_key<W: World>(world: &W, id: ResourceId) -> Result<Vec<Step>, Error> {
        keys::delete(world, id).await
    }
}

impl Storage for Aws {
    async fn list_volumes<W: World>(world: &W, query: ResourceQuery) -> Result<VolumeList, Error> {
        storage::list_volumes(world, &query).await
    }

    async fn get_volume<W: World>(world: &W, id: ResourceId) -> Result<Volume, Error> {
        storage::get_volume(world, &id).await
    }

    async fn create_volume<W: World>(world: &W, spec: VolumeSpec) -> Result<Vec<Step>, Error> {
        storage::create_volume(world, spec).await
    }

    async fn clone_volume<W: World>(
        world: &W,
        id: ResourceId,
        to: Place,
        name: String,
    ) -> Result<Vec<Step>, Error> {
        storage::clone_volume(world, id, to, name).await
    }

    async fn attach_volume<W: World>(
        world: &W,
        id: ResourceId,
        instance: ResourceId,
    ) -> Result<Vec<Step>, Error> {
        storage::attach_volume(world, id, instance).await
    }

    async fn detach_volume<W: World>(
        world: &W,
        id: ResourceId,
        instance: Option<ResourceId>,
    ) -> Result<Vec<Step>, Error> {
        storage::detach_volume(world, id, instance).await
    }

    async fn delete_volume<W: World>(world: &W, id: ResourceId) -> Result<Vec<Step>, Error> {
        storage::delete_volume(world, id).await
    }

    async fn list_snapshots<W: World>(
        world: &W,
        query: ResourceQuery,
    ) -> Result<SnapshotList, Error> {
        storage::list_snapshots(world, &query).await
    }

    async fn get_snapshot<W: World>(world: &W, id: ResourceId) -> Result<Snapshot, Error> {
        storage::get_snapshot(world, &id).await
    }

    async fn create_snapshot<W: World>(
        world: &W,
        volume: ResourceId,
        name: String,
    ) -> Result<Vec<Step>, Error> {
        storage::create_snapshot(world, volume, name).await
    }

    async fn copy_snapshot<W: World>(
        world: &W,
        id: ResourceId,
        to: Place,
        name: String,
    ) -> Result<Vec<Step>, Error> {
        storage::copy_snapshot(world, id, to, name).await
    }

    async fn delete_snapshot<W: World>(world: &W, id: ResourceId) -> Result<Vec<Step>, Error> {
        storage::delete_snapshot(world, id).await
    }
}

impl AccountLimits for Aws {
    async fn quotas<W: World>(world: &W, regions: Vec<String>) -> Result<QuotaList, Error> {
        limits::quotas(world, &regions).await
    }

    async fn may<W: World>(
        world: &W,
        kind: ResourceKind,
        action: Action,
        place: Place,
    ) -> Result<Verdict, Error> {
        limits::may(world, kind, action, &place).await
    }
}

/// Encodes bytes as a parameter of EC2 takes them.
fn base64(bytes: &[u8]) -> String {
    use ::base64::Engine;
    ::base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests;
