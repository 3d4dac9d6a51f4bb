//! Changes of Lambda Cloud: instances, file systems as volumes, and SSH keys.
//!
//! | module | content |
//! |---|---|
//! | `instances`, `storage`, `keys` | lists, and plans made by reads alone |
//! | `call` | the request of a step, kept as its data |
//! | `run` | requests that change something, and what Lambda guarantees for them |
//! | `poll` | states of changes, and recovery after a lost response |
//!
//! Fields and codes are those of Lambda's OpenAPI description, version 1.10.0.

mod call;
mod instances;
mod keys;
mod poll;
mod run;
mod storage;

use cloudhost_sdk::instances::{Instance, InstanceList, InstanceSpec, Instances, SshKeyList};
use cloudhost_sdk::operations::{Begun, Guarantee, Intent, Made, Operation, Operations, Status};
use cloudhost_sdk::resources::{Action, Place, ResourceId, ResourceKind, ResourceQuery, Step};
use cloudhost_sdk::storage::{Storage, Volume, VolumeList, VolumeSpec};
use cloudhost_sdk::{Error, ErrorKind, World};

use crate::Lambda;

/// Region of what belongs to the whole account.
const EVERYWHERE: &str = "global";

impl Operations for Lambda {
    fn guarantees(kind: ResourceKind, action: Action) -> Guarantee {
        run::guarantees(kind, action)
    }

    async fn run<W: World>(
        world: &W,
        step: Step,
        _made: Vec<Made>,
        intent: Intent,
    ) -> Result<Begun, Error> {
        run::run(world, step, &intent).await
    }

    async fn undo<W: World>(
        world: &W,
        step: Step,
        target: ResourceId,
        intent: Intent,
    ) -> Result<Begun, Error> {
        run::undo(world, step, target, &intent).await
    }

    async fn poll<W: World>(world: &W, operations: Vec<Operation>) -> Vec<Result<Status, Error>> {
        poll::poll(world, operations).await
    }

    async fn recover<W: World>(
        world: &W,
        step: Step,
        _made: Vec<Made>,
        intent: Intent,
    ) -> Result<Vec<Begun>, Error> {
        poll::recover(world, step, &intent).await
    }
}

impl Instances for Lambda {
    async fn list<W: World>(world: &W, query: ResourceQuery) -> Result<InstanceList, Error> {
        instances::list(world, &query).await
    }

    async fn get<W: World>(world: &W, id: ResourceId) -> Result<Instance, Error> {
        instances::get(world, &id).await
    }

    async fn create<W: World>(world: &W, spec: InstanceSpec) -> Result<Vec<Step>, Error> {
        instances::create(world, spec).await
    }

    async fn delete<W: World>(world: &W, id: ResourceId) -> Result<Vec<Step>, Error> {
        instances::delete(world, id).await
    }

    async fn list_ssh_keys<W: World>(
        world: &W,
        _query: ResourceQuery,
    ) -> Result<SshKeyList, Error> {
        keys::list(world).await
    }

    async fn add_ssh_key<W: World>(
        world: &W,
        _place: Place,
        name: String,
        public_key: String,
    ) -> Result<Vec<Step>, Error> {
        keys::add(world, name, &public_key).await
    }

    async fn delete_ssh_key<W: World>(world: &W, id: ResourceId) -> Result<Vec<Step>, Error> {
        keys::delete(world, id).await
    }
}

impl Storage for Lambda {
    async fn list_volumes<W: World>(world: &W, query: ResourceQuery) -> Result<VolumeList, Error> {
        storage::list(world, &query).await
    }

    async fn get_volume<W: World>(world: &W, id: ResourceId) -> Result<Volume, Error> {
        storage::get(world, &id).await
    }

    async fn create_volume<W: World>(world: &W, spec: VolumeSpec) -> Result<Vec<Step>, Error> {
        storage::create(world, spec).await
    }

    async fn attach_volume<W: World>(
        _world: &W,
        id: ResourceId,
        _instance: ResourceId,
    ) -> Result<Vec<Step>, Error> {
        let message = format!("Lambda attaches {} to new instances alone", id.id);
        let error = Error::new(ErrorKind::Unsupported, message);
        Err(error.advice("name it when you create the instance"))
    }

    async fn detach_volume<W: World>(
        _world: &W,
        id: ResourceId,
        _instance: Option<ResourceId>,
    ) -> Result<Vec<Step>, Error> {
        let message = format!("Lambda detaches {} only from an instance that ends", id.id);
        let error = Error::new(ErrorKind::Unsupported, message);
        Err(error.advice("end the instance; the data of the file system stays"))
    }

    async fn delete_volume<W: World>(world: &W, id: ResourceId) -> Result<Vec<Step>, Error> {
        storage::delete(world, id).await
    }
}

/// Creates the error for a resource that does not exist.
fn gone(id: &str) -> Error {
    let id = cloudhost_sdk::excerpt(id.as_bytes());
    Error::new(ErrorKind::NotFound, format!("{id} does not exist"))
}

#[cfg(test)]
mod tests;
