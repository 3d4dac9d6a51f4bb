//! Instances and SSH keys.

pub use crate::bindings::instances::exports::cloudhost::provider::instances::{
    Instance, InstanceList, InstanceSpec, InstanceState, SshKey, SshKeyList,
};
use crate::error::unsupported;
use crate::resources::{Place, ResourceId, ResourceQuery, Step};
use crate::{Error, World};

/// A cloud with instances. Functions that return steps plan a change, and only read.
pub trait Instances {
    /// Lists instances, without those that are long deleted.
    fn list<W: World>(
        world: &W,
        query: ResourceQuery,
    ) -> impl Future<Output = Result<InstanceList, Error>>;

    /// Reads one instance. Error kind `not-found`: the cloud says that it does not exist.
    fn get<W: World>(world: &W, id: ResourceId) -> impl Future<Output = Result<Instance, Error>>;

    /// Plans an instance. Unless overridden, an `unsupported` error.
    fn create<W: World>(
        _world: &W,
        _spec: InstanceSpec,
    ) -> impl Future<Output = Result<Vec<Step>, Error>> {
        async { Err(unsupported("this plugin cannot create instances")) }
    }

    /// Plans the start of a stopped instance. Unless overridden, an `unsupported` error.
    fn start<W: World>(
        _world: &W,
        _id: ResourceId,
    ) -> impl Future<Output = Result<Vec<Step>, Error>> {
        async { Err(unsupported("this cloud cannot start a stopped instance")) }
    }

    /// Plans a stop that keeps the disks. Unless overridden, an `unsupported` error.
    fn stop<W: World>(
        _world: &W,
        _id: ResourceId,
    ) -> impl Future<Output = Result<Vec<Step>, Error>> {
        async {
            Err(unsupported(
                "this cloud cannot stop an instance and keep it",
            ))
        }
    }

    /// Plans the end of an instance, with what was made for it alone. Unless overridden, an `unsupported` error.
    fn delete<W: World>(
        _world: &W,
        _id: ResourceId,
    ) -> impl Future<Output = Result<Vec<Step>, Error>> {
        async { Err(unsupported("this plugin cannot delete instances")) }
    }

    /// Lists the SSH keys. Unless overridden, an `unsupported` error.
    fn list_ssh_keys<W: World>(
        _world: &W,
        _query: ResourceQuery,
    ) -> impl Future<Output = Result<SshKeyList, Error>> {
        async { Err(unsupported("this cloud stores no SSH keys")) }
    }

    /// Plans a new SSH key, from a public key in OpenSSH's form. Unless overridden, an `unsupported` error.
    fn add_ssh_key<W: World>(
        _world: &W,
        _place: Place,
        _name: String,
        _public_key: String,
    ) -> impl Future<Output = Result<Vec<Step>, Error>> {
        async { Err(unsupported("this cloud stores no SSH keys")) }
    }

    /// Plans the end of an SSH key. Unless overridden, an `unsupported` error.
    fn delete_ssh_key<W: World>(
        _world: &W,
        _id: ResourceId,
    ) -> impl Future<Output = Result<Vec<Step>, Error>> {
        async { Err(unsupported("this cloud stores no SSH keys")) }
    }
}
