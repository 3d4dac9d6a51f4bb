//! Volumes, which outlive instances, and their snapshots.

pub use crate::bindings::storage::exports::cloudhost::provider::storage::{
    Reach, Snapshot, SnapshotList, SnapshotState, Volume, VolumeClass, VolumeList, VolumeSpec,
    VolumeState,
};
use crate::error::unsupported;
use crate::resources::{Place, ResourceId, ResourceQuery, Step};
use crate::{Error, World};

/// A cloud with volumes. Functions that return steps plan a change, and only read.
pub trait Storage {
    /// Lists volumes.
    fn list_volumes<W: World>(
        world: &W,
        query: ResourceQuery,
    ) -> impl Future<Output = Result<VolumeList, Error>>;

    /// Reads one volume. Error kind `not-found`: the cloud says that it does not exist.
    fn get_volume<W: World>(
        world: &W,
        id: ResourceId,
    ) -> impl Future<Output = Result<Volume, Error>>;

    /// Plans a volume. Unless overridden, an `unsupported` error.
    fn create_volume<W: World>(
        _world: &W,
        _spec: VolumeSpec,
    ) -> impl Future<Output = Result<Vec<Step>, Error>> {
        async { Err(unsupported("this plugin cannot create volumes")) }
    }

    /// Plans a copy of a volume in this or another place. Unless overridden, an `unsupported` error.
    fn clone_volume<W: World>(
        _world: &W,
        _id: ResourceId,
        _to: Place,
        _name: String,
    ) -> impl Future<Output = Result<Vec<Step>, Error>> {
        async { Err(unsupported("this plugin cannot clone volumes")) }
    }

    /// Plans the attachment of a volume to an instance. Unless overridden, an `unsupported` error.
    fn attach_volume<W: World>(
        _world: &W,
        _id: ResourceId,
        _instance: ResourceId,
    ) -> impl Future<Output = Result<Vec<Step>, Error>> {
        async {
            Err(unsupported(
                "this cloud cannot attach a volume to an instance that runs",
            ))
        }
    }

    /// Plans the detachment of a volume; `None`: from its only instance. Unless overridden, an `unsupported` error.
    fn detach_volume<W: World>(
        _world: &W,
        _id: ResourceId,
        _instance: Option<ResourceId>,
    ) -> impl Future<Output = Result<Vec<Step>, Error>> {
        async {
            Err(unsupported(
                "this cloud cannot detach a volume from an instance that runs",
            ))
        }
    }

    /// Plans the end of a volume. Unless overridden, an `unsupported` error.
    fn delete_volume<W: World>(
        _world: &W,
        _id: ResourceId,
    ) -> impl Future<Output = Result<Vec<Step>, Error>> {
        async { Err(unsupported("this plugin cannot delete volumes")) }
    }

    /// Lists the account's own snapshots. Unless overridden, an `unsupported` error.
    fn list_snapshots<W: World>(
        _world: &W,
        _query: ResourceQuery,
    ) -> impl Future<Output = Result<SnapshotList, Error>> {
        async { Err(unsupported("this cloud has no snapshots of volumes")) }
    }

    /// Reads one snapshot. Unless overridden, an `unsupported` error.
    fn get_snapshot<W: World>(
        _world: &W,
        _id: ResourceId,
    ) -> impl Future<Output = Result<Snapshot, Error>> {
        async { Err(unsupported("this cloud has no snapshots of volumes")) }
    }

    /// Plans a snapshot of a volume. Unless overridden, an `unsupported` error.
    fn create_snapshot<W: World>(
        _world: &W,
        _volume: ResourceId,
        _name: String,
    ) -> impl Future<Output = Result<Vec<Step>, Error>> {
        async { Err(unsupported("this cloud has no snapshots of volumes")) }
    }

    /// Plans a copy of a snapshot in another place. Unless overridden, an `unsupported` error.
    fn copy_snapshot<W: World>(
        _world: &W,
        _id: ResourceId,
        _to: Place,
        _name: String,
    ) -> impl Future<Output = Result<Vec<Step>, Error>> {
        async { Err(unsupported("this cloud has no snapshots of volumes")) }
    }

    /// Plans the end of a snapshot. Unless overridden, an `unsupported` error.
    fn delete_snapshot<W: World>(
        _world: &W,
        _id: ResourceId,
    ) -> impl Future<Output = Result<Vec<Step>, Error>> {
        async { Err(unsupported("this cloud has no snapshots of volumes")) }
    }
}
