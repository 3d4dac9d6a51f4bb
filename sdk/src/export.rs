//! Exports of the optional interfaces, for the macro [`crate::plugin!`].

/// Exports an optional interface inside the module of [`plugin!`]; not part of the public API.
#[doc(hidden)]
#[macro_export]
macro_rules! __optional {
    (identity, $provider:ty) => {
        impl $crate::__private::b::identity::exports::cloudhost::provider::identity::Guest
            for Component
        {
            async fn whoami() -> Result<$crate::Account, $crate::Error> {
                <$provider as $crate::Identity>::whoami(&$crate::Host).await
            }
        }
        $crate::__private::b::identity::export_identity!(
            Component with_types_in $crate::__private::b::identity
        );
    };
    (billing, $provider:ty) => {
        impl $crate::__private::b::billing::exports::cloudhost::provider::billing::Guest
            for Component
        {
            fn request_cost() -> Option<$crate::Money> {
                <$provider as $crate::Billing>::request_cost()
            }
            async fn bill(period: $crate::Period) -> Result<Vec<$crate::Charge>, $crate::Error> {
                <$provider as $crate::Billing>::bill(&$crate::Host, period).await
            }
        }
        $crate::__private::b::billing::export_billing!(
            Component with_types_in $crate::__private::b::billing
        );
    };
    (operations, $provider:ty) => {
        const _: () = {
            use $crate::__private::b::operations::exports::cloudhost::provider::operations as i;
            use $crate::operations::*;
            use $crate::resources::*;
            use $crate::Error;
            impl i::Guest for Component {
                fn guarantees(kind: ResourceKind, action: Action) -> Guarantee {
                    <$provider as Operations>::guarantees(kind, action)
                }
                async fn run(step: Step, made: Vec<Made>, intent: Intent) -> Result<Begun, Error> {
                    <$provider as Operations>::run(&$crate::Host, step, made, intent).await
                }
                async fn undo(step: Step, target: ResourceId, intent: Intent) -> Result<Begun, Error> {
                    <$provider as Operations>::undo(&$crate::Host, step, target, intent).await
                }
                async fn cancel(operation: Operation) -> Result<(), Error> {
                    <$provider as Operations>::cancel(&$crate::Host, operation).await
                }
                async fn poll(operations: Vec<Operation>) -> Vec<Result<Status, Error>> {
                    <$provider as Operations>::poll(&$crate::Host, operations).await
                }
                async fn recover(step: Step, made: Vec<Made>, intent: Intent) -> Result<Vec<Begun>, Error> {
                    <$provider as Operations>::recover(&$crate::Host, step, made, intent).await
                }
                async fn protect(id: ResourceId, on: bool) -> Result<Vec<Step>, Error> {
                    <$provider as Operations>::protect(&$crate::Host, id, on).await
                }
                async fn set_end(id: ResourceId, ends_at: Option<u64>) -> Result<Vec<Step>, Error> {
                    <$provider as Operations>::set_end(&$crate::Host, id, ends_at).await
                }
            }
        };
        $crate::__private::b::operations::export_operations!(
            Component with_types_in $crate::__private::b::operations
        );
    };
    (instances, $provider:ty) => {
        const _: () = {
            use $crate::__private::b::instances::exports::cloudhost::provider::instances as i;
            use $crate::instances::*;
            use $crate::resources::*;
            use $crate::Error;
            impl i::Guest for Component {
                async fn list(query: ResourceQuery) -> Result<InstanceList, Error> {
                    <$provider as Instances>::list(&$crate::Host, query).await
                }
                async fn get(id: ResourceId) -> Result<Instance, Error> {
                    <$provider as Instances>::get(&$crate::Host, id).await
                }
                async fn create(spec: InstanceSpec) -> Result<Vec<Step>, Error> {
                    <$provider as Instances>::create(&$crate::Host, spec).await
                }
                async fn start(id: ResourceId) -> Result<Vec<Step>, Error> {
                    <$provider as Instances>::start(&$crate::Host, id).await
                }
                async fn stop(id: ResourceId) -> Result<Vec<Step>, Error> {
                    <$provider as Instances>::stop(&$crate::Host, id).await
                }
                async fn delete(id: ResourceId) -> Result<Vec<Step>, Error> {
                    <$provider as Instances>::delete(&$crate::Host, id).await
                }
                async fn list_ssh_keys(query: ResourceQuery) -> Result<SshKeyList, Error> {
                    <$provider as Instances>::list_ssh_keys(&$crate::Host, query).await
                }
                async fn add_ssh_key(place: Place, name: String, public_key: String) -> Result<Vec<Step>, Error> {
                    <$provider as Instances>::add_ssh_key(&$crate::Host, place, name, public_key).await
                }
                async fn delete_ssh_key(id: ResourceId) -> Result<Vec<Step>, Error> {
                    <$provider as Instances>::delete_ssh_key(&$crate::Host, id).await
                }
            }
        };
        $crate::__private::b::instances::export_instances!(
            Component with_types_in $crate::__private::b::instances
        );
    };
    (storage, $provider:ty) => {
        const _: () = {
            use $crate::__private::b::storage::exports::cloudhost::provider::storage as i;
            use $crate::storage::*;
            use $crate::resources::*;
            use $crate::Error;
            impl i::Guest for Component {
                async fn list_volumes(query: ResourceQuery) -> Result<VolumeList, Error> {
                    <$provider as Storage>::list_volumes(&$crate::Host, query).await
                }
                async fn get_volume(id: ResourceId) -> Result<Volume, Error> {
                    <$provider as Storage>::get_volume(&$crate::Host, id).await
                }
                async fn create_volume(spec: VolumeSpec) -> Result<Vec<Step>, Error> {
                    <$provider as Storage>::create_volume(&$crate::Host, spec).await
                }
                async fn clone_volume(id: ResourceId, to: Place, name: String) -> Result<Vec<Step>, Error> {
                    <$provider as Storage>::clone_volume(&$crate::Host, id, to, name).await
                }
                async fn attach_volume(id: ResourceId, instance: ResourceId) -> Result<Vec<Step>, Error> {
                    <$provider as Storage>::attach_volume(&$crate::Host, id, instance).await
                }
                async fn detach_volume(id: ResourceId, instance: Option<ResourceId>) -> Result<Vec<Step>, Error> {
                    <$provider as Storage>::detach_volume(&$crate::Host, id, instance).await
                }
                async fn delete_volume(id: ResourceId) -> Result<Vec<Step>, Error> {
                    <$provider as Storage>::delete_volume(&$crate::Host, id).await
                }
                async fn list_snapshots(query: ResourceQuery) -> Result<SnapshotList, Error> {
                    <$provider as Storage>::list_snapshots(&$crate::Host, query).await
                }
                async fn get_snapshot(id: ResourceId) -> Result<Snapshot, Error> {
                    <$provider as Storage>::get_snapshot(&$crate::Host, id).await
                }
                async fn create_snapshot(volume: ResourceId, name: String) -> Result<Vec<Step>, Error> {
                    <$provider as Storage>::create_snapshot(&$crate::Host, volume, name).await
                }
                async fn copy_snapshot(id: ResourceId, to: Place, name: String) -> Result<Vec<Step>, Error> {
                    <$provider as Storage>::copy_snapshot(&$crate::Host, id, to, name).await
                }
                async fn delete_snapshot(id: ResourceId) -> Result<Vec<Step>, Error> {
                    <$provider as Storage>::delete_snapshot(&$crate::Host, id).await
                }
            }
        };
        $crate::__private::b::storage::export_storage!(
            Component with_types_in $crate::__private::b::storage
        );
    };
    (clusters, $provider:ty) => {
        const _: () = {
            use $crate::__private::b::clusters::exports::cloudhost::provider::clusters as i;
            use $crate::clusters::*;
            use $crate::resources::*;
            use $crate::Error;
            impl i::Guest for Component {
                async fn list(query: ResourceQuery) -> Result<ClusterList, Error> {
                    <$provider as Clusters>::list(&$crate::Host, query).await
                }
                async fn get(id: ResourceId) -> Result<Cluster, Error> {
                    <$provider as Clusters>::get(&$crate::Host, id).await
                }
                async fn versions(place: Place) -> Result<Vec<Version>, Error> {
                    <$provider as Clusters>::versions(&$crate::Host, place).await
                }
                async fn connect(id: ResourceId) -> Result<Access, Error> {
                    <$provider as Clusters>::connect(&$crate::Host, id).await
                }
                async fn create(spec: ClusterSpec) -> Result<Vec<Step>, Error> {
                    <$provider as Clusters>::create(&$crate::Host, spec).await
                }
                async fn upgrade(id: ResourceId, version: String, node_pools: bool) -> Result<Vec<Step>, Error> {
                    <$provider as Clusters>::upgrade(&$crate::Host, id, version, node_pools).await
                }
                async fn delete(id: ResourceId) -> Result<Vec<Step>, Error> {
                    <$provider as Clusters>::delete(&$crate::Host, id).await
                }
            }
        };
        $crate::__private::b::clusters::export_clusters!(
            Component with_types_in $crate::__private::b::clusters
        );
    };
    (node_pools, $provider:ty) => {
        const _: () = {
            use $crate::__private::b::node_pools::exports::cloudhost::provider::node_pools as i;
            use $crate::node_pools::*;
            use $crate::resources::*;
            use $crate::Error;
            impl i::Guest for Component {
                async fn list(cluster: ResourceId) -> Result<Vec<Pool>, Error> {
                    <$provider as NodePools>::list(&$crate::Host, cluster).await
                }
                async fn create(cluster: ResourceId, spec: PoolSpec) -> Result<Vec<Step>, Error> {
                    <$provider as NodePools>::create(&$crate::Host, cluster, spec).await
                }
                async fn scale(pool: ResourceId, scaling: Scaling) -> Result<Vec<Step>, Error> {
                    <$provider as NodePools>::scale(&$crate::Host, pool, scaling).await
                }
                async fn upgrade(pool: ResourceId, version: String) -> Result<Vec<Step>, Error> {
                    <$provider as NodePools>::upgrade(&$crate::Host, pool, version).await
                }
                async fn delete(pool: ResourceId) -> Result<Vec<Step>, Error> {
                    <$provider as NodePools>::delete(&$crate::Host, pool).await
                }
            }
        };
        $crate::__private::b::node_pools::export_node_pools!(
            Component with_types_in $crate::__private::b::node_pools
        );
    };
    (account, $provider:ty) => {
        const _: () = {
            use $crate::__private::b::account::exports::cloudhost::provider::account as i;
            use $crate::account::*;
            use $crate::resources::*;
            use $crate::Error;
            impl i::Guest for Component {
                async fn quotas(regions: Vec<String>) -> Result<QuotaList, Error> {
                    <$provider as AccountLimits>::quotas(&$crate::Host, regions).await
                }
                async fn may(kind: ResourceKind, action: Action, place: Place) -> Result<Verdict, Error> {
                    <$provider as AccountLimits>::may(&$crate::Host, kind, action, place).await
                }
            }
        };
        $crate::__private::b::account::export_account!(
            Component with_types_in $crate::__private::b::account
        );
    };
    (capacity_on_request, $provider:ty) => {
        const _: () = {
            use $crate::__private::b::capacity_on_request::exports::cloudhost::provider::capacity_on_request as i;
            use $crate::capacity_on_request::*;
            use $crate::resources::*;
            use $crate::Error;
            impl i::Guest for Component {
                async fn ask(demands: Vec<Demand>) -> Result<Vec<Result<Outlook, Error>>, Error> {
                    <$provider as CapacityOnRequest>::ask(&$crate::Host, demands).await
                }
            }
        };
        $crate::__private::b::capacity_on_request::export_capacity_on_request!(
            Component with_types_in $crate::__private::b::capacity_on_request
        );
    };
}
