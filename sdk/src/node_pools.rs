//! Node pools of Kubernetes clusters.

pub use crate::bindings::cloudhost::provider::pools::{PoolSpec, Scaling};
pub use crate::bindings::node_pools::exports::cloudhost::provider::node_pools::{Pool, PoolState};
use crate::error::unsupported;
use crate::resources::{ResourceId, Step};
use crate::{Error, World};

/// A cloud with node pools. Functions that return steps plan a change, and only read.
pub trait NodePools {
    /// Lists the node pools of a cluster.
    fn list<W: World>(
        world: &W,
        cluster: ResourceId,
    ) -> impl Future<Output = Result<Vec<Pool>, Error>>;

    /// Plans a node pool. Unless overridden, an `unsupported` error.
    fn create<W: World>(
        _world: &W,
        _cluster: ResourceId,
        _spec: PoolSpec,
    ) -> impl Future<Output = Result<Vec<Step>, Error>> {
        async { Err(unsupported("this plugin cannot create node pools")) }
    }

    /// Plans a change of the number of instances. Unless overridden, an `unsupported` error.
    fn scale<W: World>(
        _world: &W,
        _pool: ResourceId,
        _scaling: Scaling,
    ) -> impl Future<Output = Result<Vec<Step>, Error>> {
        async { Err(unsupported("this plugin cannot scale node pools")) }
    }

    /// Plans an upgrade. Unless overridden, an `unsupported` error.
    fn upgrade<W: World>(
        _world: &W,
        _pool: ResourceId,
        _version: String,
    ) -> impl Future<Output = Result<Vec<Step>, Error>> {
        async { Err(unsupported("this plugin cannot upgrade node pools")) }
    }

    /// Plans the end of a node pool. Unless overridden, an `unsupported` error.
    fn delete<W: World>(
        _world: &W,
        _pool: ResourceId,
    ) -> impl Future<Output = Result<Vec<Step>, Error>> {
        async { Err(unsupported("this plugin cannot delete node pools")) }
    }
}
