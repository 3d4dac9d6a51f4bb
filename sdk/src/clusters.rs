//! Kubernetes clusters.

pub use crate::bindings::clusters::exports::cloudhost::provider::clusters::{
    Access, Cluster, ClusterAuth, ClusterList, ClusterSpec, ClusterState, KubeconfigFrom, Presign,
    TokenOf, Version,
};
use crate::error::unsupported;
use crate::resources::{Place, ResourceId, ResourceQuery, Step};
use crate::{Error, World};

/// A cloud with Kubernetes clusters. Functions that return steps plan a change, and only read.
pub trait Clusters {
    /// Lists clusters.
    fn list<W: World>(
        world: &W,
        query: ResourceQuery,
    ) -> impl Future<Output = Result<ClusterList, Error>>;

    /// Reads one cluster. Error kind `not-found`: the cloud says that it does not exist.
    fn get<W: World>(world: &W, id: ResourceId) -> impl Future<Output = Result<Cluster, Error>>;

    /// Lists the versions of Kubernetes, newest first. Unless overridden, an `unsupported` error.
    fn versions<W: World>(
        _world: &W,
        _place: Place,
    ) -> impl Future<Output = Result<Vec<Version>, Error>> {
        async {
            Err(unsupported(
                "this plugin cannot list the versions of Kubernetes",
            ))
        }
    }

    /// Returns the access to a cluster. Unless overridden, an `unsupported` error.
    fn connect<W: World>(
        _world: &W,
        _id: ResourceId,
    ) -> impl Future<Output = Result<Access, Error>> {
        async { Err(unsupported("this plugin cannot connect to clusters")) }
    }

    /// Plans a cluster: its control plane, then its node pools. Unless overridden, an `unsupported` error.
    fn create<W: World>(
        _world: &W,
        _spec: ClusterSpec,
    ) -> impl Future<Output = Result<Vec<Step>, Error>> {
        async { Err(unsupported("this plugin cannot create clusters")) }
    }

    /// Plans an upgrade: the control plane, then the node pools. Unless overridden, an `unsupported` error.
    fn upgrade<W: World>(
        _world: &W,
        _id: ResourceId,
        _version: String,
        _node_pools: bool,
    ) -> impl Future<Output = Result<Vec<Step>, Error>> {
        async { Err(unsupported("this plugin cannot upgrade clusters")) }
    }

    /// Plans the end of a cluster, and first of all that it needs to be gone. Unless overridden, an `unsupported` error.
    fn delete<W: World>(
        _world: &W,
        _id: ResourceId,
    ) -> impl Future<Output = Result<Vec<Step>, Error>> {
        async { Err(unsupported("this plugin cannot delete clusters")) }
    }
}
