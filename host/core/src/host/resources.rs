//! Resources of a provider's account: reads, and plans of changes. Nothing here can send a change.

use super::{HostError, Provider};
use crate::catalog::{clean, clean_error};
use crate::contract::cloudhost::provider::resources::{
    Action, Place, ResourceId, ResourceKind, ResourceQuery, Step, Tag,
};
use crate::contract::cloudhost::provider::types::Error as CloudError;
use crate::contract::with_account::exports::cloudhost::provider::account::{QuotaList, Verdict};
use crate::contract::with_instances::exports::cloudhost::provider::instances::{
    Instance, InstanceList, InstanceSpec, SshKeyList,
};
use crate::contract::with_storage::exports::cloudhost::provider::storage::{
    Snapshot, SnapshotList, Volume, VolumeList, VolumeSpec,
};

/// Declares calls that read: of a session for the progress, the plugin's function, and its interface.
macro_rules! reads {
    ($($(#[$doc:meta])* $name:ident = $interface:literal $call:ident($($arg:ident: $of:ty),*) -> $out:ty;)*) => {
        impl Provider {$(
            $(#[$doc])*
            ///
            /// # Errors
            /// [`HostError::NoInterface`] if the plugin cannot do this; when the cloud returns an error or is unreachable,
            /// or the plugin does not run.
            pub async fn $name(&self, $($arg: $of),*) -> Result<$out, HostError> {
                let session = self.fetch_session();
                let result = self.plugin().await?.$call(session.clone(), $($arg),*).await?;
                let result = result.ok_or_else(|| self.no_interface($interface))?;
                let mut result = result.map_err(|error| self.cloud(error, &session, None))?;
                Tidy::tidy(&mut result);
                Ok(result)
            }
        )*}
    };
}

reads! {
    /// Lists instances.
    instances = "instances" list_instances(query: ResourceQuery) -> InstanceList;
    /// Reads one instance.
    instance = "instances" get_instance(id: ResourceId) -> Instance;
    /// Lists the public SSH keys that the cloud stores.
    ssh_keys = "instances" list_ssh_keys(query: ResourceQuery) -> SshKeyList;
    /// Lists volumes and file systems.
    volumes = "storage" list_volumes(query: ResourceQuery) -> VolumeList;
    /// Reads one volume.
    volume = "storage" get_volume(id: ResourceId) -> Volume;
    /// Lists the account's own snapshots.
    snapshots = "storage" list_snapshots(query: ResourceQuery) -> SnapshotList;
    /// Reads one snapshot.
    snapshot = "storage" get_snapshot(id: ResourceId) -> Snapshot;
    /// Reads the limits of the account.
    quotas = "account" quotas(regions: Vec<String>) -> QuotaList;
    /// Tests a permission, without the change.
    may = "account" may(kind: ResourceKind, action: Action, place: Place) -> Verdict;

    /// Plans an instance.
    plan_instance = "instances" create_instance(spec: InstanceSpec) -> Vec<Step>;
    /// Plans the start of a stopped instance.
    plan_start = "instances" start_instance(id: ResourceId) -> Vec<Step>;
    /// Plans a stop that keeps the disks.
    plan_stop = "instances" stop_instance(id: ResourceId) -> Vec<Step>;
    /// Plans the end of an instance.
    plan_delete_instance = "instances" delete_instance(id: ResourceId) -> Vec<Step>;
    /// Plans a new SSH key, from a public key in OpenSSH's form.
    plan_ssh_key = "instances" add_ssh_key(place: Place, name: String, public: String) -> Vec<Step>;
    /// Plans the end of an SSH key.
    plan_delete_ssh_key = "instances" delete_ssh_key(id: ResourceId) -> Vec<Step>;
    /// Plans a volume.
    plan_volume = "storage" create_volume(spec: VolumeSpec) -> Vec<Step>;
    /// Plans a copy of a volume.
    plan_clone = "storage" clone_volume(id: ResourceId, to: Place, name: String) -> Vec<Step>;
    /// Plans the attachment of a volume to an instance.
    plan_attach = "storage" attach_volume(id: ResourceId, instance: ResourceId) -> Vec<Step>;
    /// Plans the detachment of a volume; `None`: from its only instance.
    plan_detach = "storage" detach_volume(id: ResourceId, instance: Option<ResourceId>) -> Vec<Step>;
    /// Plans the end of a volume.
    plan_delete_volume = "storage" delete_volume(id: ResourceId) -> Vec<Step>;
    /// Plans a snapshot of a volume.
    plan_snapshot = "storage" create_snapshot(volume: ResourceId, name: String) -> Vec<Step>;
    /// Plans the end of a snapshot.
    plan_delete_snapshot = "storage" delete_snapshot(id: ResourceId) -> Vec<Step>;
    /// Plans a change of the cloud's protection against deletion.
    plan_protect = "operations" protect(id: ResourceId, on: bool) -> Vec<Step>;
}

impl Provider {
    pub(crate) fn no_interface(&self, interface: &'static str) -> HostError {
        HostError::NoInterface {
            provider: self.name().to_owned(),
            interface,
        }
    }

    /// Returns true if manifest and grant let it change its cloud, in operations that the user starts.
    pub fn may_change(&self) -> bool {
        self.policy.may_change()
    }

    /// Checks that manifest and grant let it change its cloud.
    ///
    /// # Errors
    /// [`HostError::ReadOnly`] if not.
    pub fn allow_change(&self) -> Result<(), HostError> {
        match self.may_change() {
            true => Ok(()),
            false => Err(HostError::ReadOnly {
                provider: self.name().to_owned(),
                requested: self.artifact().manifest.change,
            }),
        }
    }

    /// POST requests that only read, as its manifest lists them. GET and HEAD always only read.
    pub fn reads(&self) -> Vec<String> {
        let reads = self.artifact().manifest.reads.iter();
        reads.map(ToString::to_string).collect()
    }

    /// The user's default region for its credential, if any.
    ///
    /// # Errors
    /// When a settings file cannot be read.
    pub fn default_region(&self) -> Result<Option<String>, HostError> {
        for credential in self.credentials() {
            if let Some(region) = self.host.credentials.region(&credential.name)? {
                return Ok(Some(region));
            }
        }
        Ok(None)
    }

    /// Identifier of the account that it changes: as the cloud reports it, else that of the credential.
    ///
    /// # Errors
    /// When the cloud rejects the credential or is unreachable, or the plugin does not run.
    pub async fn account_id(&self) -> Result<String, HostError> {
        match self.whoami().await? {
            Some(account) if account.id.is_some() => Ok(account.id.unwrap_or_default()),
            _ => {
                let mut keys = Vec::new();
                for credential in self.credentials() {
                    keys.push(self.host.credentials.identity(&credential.name)?.key);
                }
                Ok(keys.join(" "))
            }
        }
    }
}

/// Makes the texts of a result safe for a terminal.
trait Tidy {
    fn tidy(&mut self);
}

/// Cleans these fields of a record, and those that it may lack.
macro_rules! tidy {
    ($($record:ty: $($field:ident),* ; $($list:ident),*;)*) => {$(
        impl Tidy for $record {
            fn tidy(&mut self) {
                $(self.$field.tidy();)*
                $(self.$list.iter_mut().for_each(Tidy::tidy);)*
            }
        }
    )*};
}

tidy! {
    InstanceList: ; instances, missing;
    Instance: id, status, instance_type, public_ip, private_ip, login, message; tags;
    SshKeyList: ; ssh_keys, missing;
    crate::contract::with_instances::exports::cloudhost::provider::instances::SshKey: id, fingerprint; ;
    VolumeList: ; volumes, missing;
    Volume: id, status, message; tags, attached_to;
    SnapshotList: ; snapshots, missing;
    Snapshot: id, source, status, message; tags;
    QuotaList: ; quotas, missing;
    crate::contract::with_account::exports::cloudhost::provider::account::Quota: name, region; ;
    ResourceId: id, name, place, parent; ;
    Place: region, zone; ;
}

impl Tidy for String {
    fn tidy(&mut self) {
        *self = clean(self);
    }
}

impl Tidy for Option<String> {
    fn tidy(&mut self) {
        self.iter_mut().for_each(Tidy::tidy);
    }
}

/// Of a list that may be unknown.
impl Tidy for Vec<String> {
    fn tidy(&mut self) {
        self.iter_mut().for_each(Tidy::tidy);
    }
}

impl Tidy for Tag {
    fn tidy(&mut self) {
        self.0.tidy();
        self.1.tidy();
    }
}

impl Tidy for CloudError {
    fn tidy(&mut self) {
        clean_error(self);
    }
}

/// Steps stay as the plugin made them: the same bytes must be sent again.
impl Tidy for Vec<Step> {
    fn tidy(&mut self) {}
}

impl Tidy for Verdict {
    fn tidy(&mut self) {}
}
