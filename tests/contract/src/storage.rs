//! Volumes and snapshots.

use crate::Fixture;
use crate::changes::{missing, named};
use cloudhost_sdk::resources::{Action, Place, ResourceId, ResourceKind, ResourceQuery, Step};
use cloudhost_sdk::storage::{
    Reach, Snapshot, SnapshotList, SnapshotState, Storage, Volume, VolumeClass, VolumeList,
    VolumeSpec, VolumeState,
};
use cloudhost_sdk::{Error, World};

fn volume(id: &str) -> Volume {
    Volume {
        status: Some("in-use".to_owned()),
        class: Some(VolumeClass::SharedFileSystem),
        size_gib: Some(100),
        attached_to: Some(vec!["i-1".to_owned()]),
        created: Some(1_793_232_000),
        protected: Some(false),
        tags: vec![("owner".to_owned(), "me".to_owned())],
        message: Some("well".to_owned()),
        ..Volume::new(named(ResourceKind::Volume, id), VolumeState::InUse)
    }
}

fn snapshot(id: &str) -> Snapshot {
    Snapshot {
        source: Some("vol-1".to_owned()),
        status: Some("completed".to_owned()),
        percent: Some(100),
        size_gib: Some(100),
        created: Some(1_793_232_000),
        tags: vec![("owner".to_owned(), "me".to_owned())],
        message: Some("well".to_owned()),
        ..Snapshot::new(
            named(ResourceKind::Snapshot, id),
            SnapshotState::Completed,
            Reach::Everywhere,
        )
    }
}

fn plan(action: Action, id: &ResourceId, data: String) -> Result<Vec<Step>, Error> {
    Ok(vec![
        Step::change(action, id, format!("{action:?}")).data(data),
    ])
}

impl Storage for Fixture {
    async fn list_volumes<W: World>(
        _world: &W,
        _query: ResourceQuery,
    ) -> Result<VolumeList, Error> {
        Ok(VolumeList {
            volumes: vec![volume("vol-1")],
            missing: missing(),
        })
    }

    async fn get_volume<W: World>(_world: &W, id: ResourceId) -> Result<Volume, Error> {
        Ok(volume(&id.id))
    }

    async fn create_volume<W: World>(_world: &W, spec: VolumeSpec) -> Result<Vec<Step>, Error> {
        let data = serde_json::to_string(&spec).map_err(|e| Error::internal(e.to_string()))?;
        let step = Step::create(ResourceKind::Volume, spec.name, spec.place, "volume");
        Ok(vec![step.data(data)])
    }

    async fn clone_volume<W: World>(
        _world: &W,
        id: ResourceId,
        to: Place,
        name: String,
    ) -> Result<Vec<Step>, Error> {
        plan(Action::Copy, &id, format!("{} {name}", to.region))
    }

    async fn attach_volume<W: World>(
        _world: &W,
        id: ResourceId,
        instance: ResourceId,
    ) -> Result<Vec<Step>, Error> {
        plan(Action::Attach, &id, instance.id)
    }

    async fn detach_volume<W: World>(
        _world: &W,
        id: ResourceId,
        instance: Option<ResourceId>,
    ) -> Result<Vec<Step>, Error> {
        plan(
            Action::Detach,
            &id,
            instance.map(|one| one.id).unwrap_or_default(),
        )
    }

    async fn delete_volume<W: World>(_world: &W, id: ResourceId) -> Result<Vec<Step>, Error> {
        plan(Action::Delete, &id, String::new())
    }

    async fn list_snapshots<W: World>(
        _world: &W,
        _query: ResourceQuery,
    ) -> Result<SnapshotList, Error> {
        Ok(SnapshotList {
            snapshots: vec![snapshot("snap-1")],
            missing: missing(),
        })
    }

    async fn get_snapshot<W: World>(_world: &W, id: ResourceId) -> Result<Snapshot, Error> {
        Ok(snapshot(&id.id))
    }

    async fn create_snapshot<W: World>(
        _world: &W,
        volume: ResourceId,
        name: String,
    ) -> Result<Vec<Step>, Error> {
        plan(Action::Create, &volume, name)
    }

    async fn copy_snapshot<W: World>(
        _world: &W,
        id: ResourceId,
        to: Place,
        name: String,
    ) -> Result<Vec<Step>, Error> {
        plan(Action::Copy, &id, format!("{} {name}", to.region))
    }

    async fn delete_snapshot<W: World>(_world: &W, id: ResourceId) -> Result<Vec<Step>, Error> {
        plan(Action::Delete, &id, String::new())
    }
}
