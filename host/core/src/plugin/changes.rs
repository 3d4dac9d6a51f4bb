//! Calls of the interfaces that know an account's resources, and change them.

use super::call::{Calling, exported, fitting};
use super::guest::Guest;
use super::Plugin;
use crate::contract::cloudhost::provider::pools::{PoolSpec, Scaling};
use crate::contract::cloudhost::provider::resources::{
    Action, Place, ResourceId, ResourceKind, ResourceQuery, Step,
};
use crate::contract::cloudhost::provider::types::Error as CloudError;
use crate::contract::with_account::exports::cloudhost::provider::account::{QuotaList, Verdict};
use crate::contract::with_capacity_on_request::exports::cloudhost::provider::capacity_on_request::{
    Demand, Outlook,
};
use crate::contract::with_clusters::exports::cloudhost::provider::clusters::{
    Access, Cluster, ClusterList, ClusterSpec, Version,
};
use crate::contract::with_instances::exports::cloudhost::provider::instances::{
    Instance, InstanceList, InstanceSpec, SshKeyList,
};
use crate::contract::with_node_pools::exports::cloudhost::provider::node_pools::Pool;
use crate::contract::with_operations::exports::cloudhost::provider::operations::{
    Begun, Guarantee, Intent, Made, Operation, Status,
};
use crate::contract::with_storage::exports::cloudhost::provider::storage::{
    Snapshot, SnapshotList, Volume, VolumeList, VolumeSpec,
};
use crate::egress::{Permit, Session};
use std::sync::Arc;
use wasmtime::Store;

/// Calls of an optional interface: each returns `None` if the plugin does not export it.
macro_rules! calls {
    ($field:ident, $interface:ident: $(
        $(#[$doc:meta])*
        $visible:vis $name:ident = $export:literal $function:ident($($argument:ident: $type:ty),*) -> $result:ty;
    )*) => {
        impl Plugin<'_> {
            $(
                $(#[$doc])*
                ///
                /// # Errors
                /// When the plugin crashes or reaches a limit.
                $visible fn $name<'a>(
                    &'a self,
                    session: Session,
                    $($argument: $type),*
                ) -> Calling<'a, Option<Result<$result, CloudError>>> {
                    Box::pin(async move {
                        let current = self.prepared.exports.current();
                        let Some(pre) = current.and_then(|of| of.$field.as_ref()) else {
                            return Ok(None);
                        };
                        let call = async |store: &mut Store<Guest>| {
                            exported!(store, pre, async $interface.$function($($argument),*))
                        };
                        self.ask($export, session, call).await.map(Some)
                    })
                }
            )*
        }
    };
}

impl Plugin<'_> {
    /// Returns the cloud's promises for a change; `None`: the plugin cannot change its cloud.
    ///
    /// # Errors
    /// When the plugin crashes or reaches a limit.
    pub fn guarantees<'a>(
        &'a self,
        session: Session,
        kind: ResourceKind,
        action: Action,
    ) -> Calling<'a, Option<Guarantee>> {
        Box::pin(async move {
            let current = self.prepared.exports.current();
            let Some(pre) = current.and_then(|of| of.operations.as_ref()) else {
                return Ok(None);
            };
            let call = async |store: &mut Store<Guest>| {
                exported!(
                    store,
                    pre,
                    cloudhost_provider_operations.call_guarantees(kind, action)
                )
            };
            self.in_store("guarantees", session, call).await.map(Some)
        })
    }

    /// Sends a step, with the permit for one change. `made` has the results of the steps before it.
    ///
    /// # Errors
    /// When the plugin crashes or reaches a limit.
    pub fn run<'a>(
        &'a self,
        session: Session,
        permit: Arc<dyn Permit>,
        step: Step,
        made: Vec<Made>,
        intent: Intent,
    ) -> Calling<'a, Option<Result<Begun, CloudError>>> {
        Box::pin(async move {
            session.permit(permit);
            self.run_step(session, step, made, intent).await
        })
    }

    /// Reverts a step, with the permit for one change.
    ///
    /// # Errors
    /// When the plugin crashes or reaches a limit.
    pub fn undo<'a>(
        &'a self,
        session: Session,
        permit: Arc<dyn Permit>,
        step: Step,
        target: ResourceId,
        intent: Intent,
    ) -> Calling<'a, Option<Result<Begun, CloudError>>> {
        Box::pin(async move {
            session.permit(permit);
            self.undo_step(session, step, target, intent).await
        })
    }

    /// Cancels a running change, with the permit for one change.
    ///
    /// # Errors
    /// When the plugin crashes or reaches a limit.
    pub fn cancel<'a>(
        &'a self,
        session: Session,
        permit: Arc<dyn Permit>,
        operation: Operation,
    ) -> Calling<'a, Option<Result<(), CloudError>>> {
        Box::pin(async move {
            session.permit(permit);
            self.cancel_operation(session, operation).await
        })
    }

    /// Reads the state of changes: one result for each, in the same order. `None`: the plugin cannot change its cloud.
    ///
    /// # Errors
    /// When the plugin crashes or reaches a limit.
    pub fn poll<'a>(
        &'a self,
        session: Session,
        operations: Vec<Operation>,
    ) -> Calling<'a, Option<Vec<Result<Status, CloudError>>>> {
        Box::pin(async move {
            let current = self.prepared.exports.current();
            let Some(pre) = current.and_then(|of| of.operations.as_ref()) else {
                return Ok(None);
            };
            let call = async |store: &mut Store<Guest>| {
                exported!(
                    store,
                    pre,
                    async cloudhost_provider_operations.call_poll(operations)
                )
            };
            let observer = session.clone();
            let states = self.in_store("poll", session, call).await?;
            observer.call_finished("poll", &Ok(()));
            Ok(Some(states))
        })
    }
}

calls! {
    operations, cloudhost_provider_operations:
    /// Finds all that a step has made with this intent, as far as the cloud shows it now. `None`: the plugin does not support this.
    pub recover = "recover" call_recover(step: Step, made: Vec<Made>, intent: Intent) -> Vec<Begun>;
    /// Plans a change of the cloud's protection against deletion. `None`: the plugin does not support this.
    pub protect = "protect" call_protect(id: ResourceId, on: bool) -> Vec<Step>;
    /// Plans a change of the time at which the cloud ends a resource. `None`: the plugin does not support this.
    pub set_end = "set-end" call_set_end(id: ResourceId, ends_at: Option<u64>) -> Vec<Step>;
}

calls! {
    instances, cloudhost_provider_instances:
    /// Lists instances. `None`: the plugin does not support this.
    pub list_instances = "list" call_list(query: ResourceQuery) -> InstanceList;
    /// Reads one instance. `None`: the plugin does not support this.
    pub get_instance = "get" call_get(id: ResourceId) -> Instance;
    /// Plans an instance. `None`: the plugin does not support this.
    pub create_instance = "create" call_create(spec: InstanceSpec) -> Vec<Step>;
    /// Plans the start of an instance. `None`: the plugin does not support this.
    pub start_instance = "start" call_start(id: ResourceId) -> Vec<Step>;
    /// Plans a stop that keeps the disks. `None`: the plugin does not support this.
    pub stop_instance = "stop" call_stop(id: ResourceId) -> Vec<Step>;
    /// Plans the end of an instance. `None`: the plugin does not support this.
    pub delete_instance = "delete" call_delete(id: ResourceId) -> Vec<Step>;
    /// Lists the SSH keys. `None`: the plugin does not support this.
    pub list_ssh_keys = "list-ssh-keys" call_list_ssh_keys(query: ResourceQuery) -> SshKeyList;
    /// Plans a new SSH key. `None`: the plugin does not support this.
    pub add_ssh_key = "add-ssh-key" call_add_ssh_key(place: Place, name: String, public_key: String) -> Vec<Step>;
    /// Plans the end of an SSH key. `None`: the plugin does not support this.
    pub delete_ssh_key = "delete-ssh-key" call_delete_ssh_key(id: ResourceId) -> Vec<Step>;
}

calls! {
    storage, cloudhost_provider_storage:
    /// Lists volumes. `None`: the plugin does not support this.
    pub list_volumes = "list-volumes" call_list_volumes(query: ResourceQuery) -> VolumeList;
    /// Reads one volume. `None`: the plugin does not support this.
    pub get_volume = "get-volume" call_get_volume(id: ResourceId) -> Volume;
    /// Plans a volume. `None`: the plugin does not support this.
    pub create_volume = "create-volume" call_create_volume(spec: VolumeSpec) -> Vec<Step>;
    /// Plans a copy of a volume, in this or another place. `None`: the plugin does not support this.
    pub clone_volume = "clone-volume" call_clone_volume(id: ResourceId, to: Place, name: String) -> Vec<Step>;
    /// Plans the attachment of a volume. `None`: the plugin does not support this.
    pub attach_volume = "attach-volume" call_attach_volume(id: ResourceId, instance: ResourceId) -> Vec<Step>;
    /// Plans the detachment of a volume. `None`: the plugin does not support this.
    pub detach_volume = "detach-volume" call_detach_volume(id: ResourceId, instance: Option<ResourceId>) -> Vec<Step>;
    /// Plans the end of a volume. `None`: the plugin does not support this.
    pub delete_volume = "delete-volume" call_delete_volume(id: ResourceId) -> Vec<Step>;
    /// Lists the account's own snapshots. `None`: the plugin does not support this.
    pub list_snapshots = "list-snapshots" call_list_snapshots(query: ResourceQuery) -> SnapshotList;
    /// Reads one snapshot. `None`: the plugin does not support this.
    pub get_snapshot = "get-snapshot" call_get_snapshot(id: ResourceId) -> Snapshot;
    /// Plans a snapshot of a volume. `None`: the plugin does not support this.
    pub create_snapshot = "create-snapshot" call_create_snapshot(volume: ResourceId, name: String) -> Vec<Step>;
    /// Plans a copy of a snapshot in another place. `None`: the plugin does not support this.
    pub copy_snapshot = "copy-snapshot" call_copy_snapshot(id: ResourceId, to: Place, name: String) -> Vec<Step>;
    /// Plans the end of a snapshot. `None`: the plugin does not support this.
    pub delete_snapshot = "delete-snapshot" call_delete_snapshot(id: ResourceId) -> Vec<Step>;
}

calls! {
    clusters, cloudhost_provider_clusters:
    /// Lists clusters. `None`: the plugin does not support this.
    pub list_clusters = "list" call_list(query: ResourceQuery) -> ClusterList;
    /// Reads one cluster. `None`: the plugin does not support this.
    pub get_cluster = "get" call_get(id: ResourceId) -> Cluster;
    /// Lists the versions of Kubernetes. `None`: the plugin does not support this.
    pub cluster_versions = "versions" call_versions(place: Place) -> Vec<Version>;
    /// Returns the access to a cluster. `None`: the plugin does not support this.
    pub connect_cluster = "connect" call_connect(id: ResourceId) -> Access;
    /// Plans a cluster. `None`: the plugin does not support this.
    pub create_cluster = "create" call_create(spec: ClusterSpec) -> Vec<Step>;
    /// Plans an upgrade of a cluster. `None`: the plugin does not support this.
    pub upgrade_cluster = "upgrade" call_upgrade(id: ResourceId, version: String, node_pools: bool) -> Vec<Step>;
    /// Plans the end of a cluster. `None`: the plugin does not support this.
    pub delete_cluster = "delete" call_delete(id: ResourceId) -> Vec<Step>;
}

calls! {
    node_pools, cloudhost_provider_node_pools:
    /// Lists the node pools of a cluster. `None`: the plugin does not support this.
    pub list_node_pools = "list" call_list(cluster: ResourceId) -> Vec<Pool>;
    /// Plans a node pool. `None`: the plugin does not support this.
    pub create_node_pool = "create" call_create(cluster: ResourceId, spec: PoolSpec) -> Vec<Step>;
    /// Plans a change of the number of instances of a node pool. `None`: the plugin does not support this.
    pub scale_node_pool = "scale" call_scale(pool: ResourceId, scaling: Scaling) -> Vec<Step>;
    /// Plans an upgrade of a node pool. `None`: the plugin does not support this.
    pub upgrade_node_pool = "upgrade" call_upgrade(pool: ResourceId, version: String) -> Vec<Step>;
    /// Plans the end of a node pool. `None`: the plugin does not support this.
    pub delete_node_pool = "delete" call_delete(pool: ResourceId) -> Vec<Step>;
}

calls! {
    account, cloudhost_provider_account:
    /// Reads the limits of the account. `None`: the plugin does not support this.
    pub quotas = "quotas" call_quotas(regions: Vec<String>) -> QuotaList;
    /// Tests a permission, without the change. `None`: the plugin does not support this.
    pub may = "may" call_may(kind: ResourceKind, action: Action, place: Place) -> Verdict;
}

calls! {
    capacity_on_request, cloudhost_provider_capacity_on_request:
    /// Requests estimates of capacity: one result for each demand, in the same order. `None`: the plugin does not support this.
    pub ask_capacity = "ask" call_ask(demands: Vec<Demand>) -> Vec<Result<Outlook, CloudError>>;
}

calls! {
    operations, cloudhost_provider_operations:
    /// Sends a step.
    run_step = "run" call_run(step: Step, made: Vec<Made>, intent: Intent) -> Begun;
    /// Reverts a step.
    undo_step = "undo" call_undo(step: Step, target: ResourceId, intent: Intent) -> Begun;
    /// Cancels a running change.
    cancel_operation = "cancel" call_cancel(operation: Operation) -> ();
}
