//! Records of an account's resources: instances, volumes, snapshots and SSH keys.

use crate::units::time;
use cloudhost::changes::Proofs;
use cloudhost::contract::Label as _;
use cloudhost::contract::cloudhost::provider::resources::ResourceId;
use cloudhost::contract::cloudhost::provider::types::{self, Scope};
use cloudhost::contract::with_instances::exports::cloudhost::provider::instances as wit;
use cloudhost::contract::with_storage::exports::cloudhost::provider::storage;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Part of a list that could not be read, and the error that it is missing for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MissingPart {
    /// Name of the provider.
    pub provider: String,
    /// Region that is missing; `null`: all, or those of `zone`.
    pub region: Option<String>,
    /// Zone that is missing; `null`: all, or those of `region`.
    pub zone: Option<String>,
    /// Kind of error, such as `permission-denied` or `unavailable`; `null`: the cloud was not asked.
    pub error: Option<String>,
    /// The cloud's code for the error; `null`: none was given.
    pub code: Option<String>,
    /// Message of the cloud, the plugin or the host.
    pub message: String,
    /// The cloud's name for the failed request; `null`: none was given.
    pub request_id: Option<String>,
}

impl MissingPart {
    /// Makes the record of a cloud's error.
    pub fn new(provider: &str, error: &types::Error) -> Self {
        let (region, zone) = match &error.scope {
            Scope::Region(region) => (Some(region.clone()), None),
            Scope::Zone(zone) => (None, Some(zone.clone())),
            Scope::Request | Scope::Provider => (None, None),
        };
        Self {
            provider: provider.to_owned(),
            region,
            zone,
            error: Some(error.kind.as_str().to_owned()),
            code: error.code.clone(),
            message: error.message.clone(),
            request_id: error.request_id.clone(),
        }
    }

    /// Makes the record of a provider that could not be asked at all.
    pub fn whole(provider: &str, message: String) -> Self {
        Self {
            provider: provider.to_owned(),
            region: None,
            zone: None,
            error: None,
            code: None,
            message,
            request_id: None,
        }
    }
}

/// Proofs that a resource was made by this installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Ownership {
    /// Its tags and the journal say so.
    Ours,
    /// Only its tags say so.
    TagOnly,
    /// Only the journal says so.
    JournalOnly,
    /// Nothing says so.
    Foreign,
}

impl From<Proofs> for Ownership {
    fn from(proofs: Proofs) -> Self {
        match proofs {
            Proofs::Ours => Self::Ours,
            Proofs::TagOnly => Self::TagOnly,
            Proofs::JournalOnly => Self::JournalOnly,
            Proofs::Foreign => Self::Foreign,
        }
    }
}

impl Ownership {
    /// The label, as JSON has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::TagOnly => "tag-only",
            Self::JournalOnly => "journal-only",
            Self::Foreign => "foreign",
        }
    }
}

/// Name of one resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Resource {
    /// Its kind, such as `instance` or `volume`.
    pub kind: String,
    /// The cloud's identifier.
    pub id: String,
    /// Name for people; empty if it has none.
    pub name: String,
    /// Name of the region.
    pub region: String,
    /// Name of the zone; `null`: it lives in no zone, or the zone is unknown.
    pub zone: Option<String>,
}

impl From<&ResourceId> for Resource {
    fn from(id: &ResourceId) -> Self {
        Self {
            kind: id.kind.as_str().to_owned(),
            id: id.id.clone(),
            name: id.name.clone(),
            region: id.place.region.clone(),
            zone: id.place.zone.clone(),
        }
    }
}

/// Instances of one or more providers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Instances {
    /// The instances, sorted by provider, region and name.
    pub instances: Vec<Instance>,
    /// Parts that could not be read.
    pub missing: Vec<MissingPart>,
}

/// One instance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Instance {
    /// Name of the provider.
    pub provider: String,
    /// The cloud's identifier.
    pub id: String,
    /// Name for people; empty if it has none.
    pub name: String,
    /// Name of the region.
    pub region: String,
    /// Name of the zone; `null`: it lives in no zone, or the zone is unknown.
    pub zone: Option<String>,
    /// State: `pending`, `running`, `stopping`, `stopped`, `terminating`, `terminated`, `failed` or `other`.
    pub state: String,
    /// The cloud's own word for the state; `null`: unknown.
    pub status: Option<String>,
    /// Name of the instance type.
    pub instance_type: String,
    /// Market: `on-demand`, `spot` or `capacity-block`; `null`: unknown.
    pub market: Option<String>,
    /// Public address; `null`: none, or unknown.
    pub public_ip: Option<String>,
    /// Private address; `null`: none, or unknown.
    pub private_ip: Option<String>,
    /// User to log in as; `null`: unknown.
    pub login: Option<String>,
    /// Time of its creation; `null`: unknown.
    pub created: Option<Timestamp>,
    /// Time at which it ends by itself or is collected; `null`: none is known.
    pub ends_at: Option<Timestamp>,
    /// The cloud refuses to delete it; `null`: unknown.
    pub protected: Option<bool>,
    /// Proofs that this installation made it.
    pub ownership: Ownership,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Description of a failure, in the cloud's words; `null`: none.
    pub message: Option<String>,
}

impl Instance {
    /// Makes the record of an instance.
    pub fn new(provider: &str, of: wit::Instance, ownership: Ownership) -> Self {
        Self {
            provider: provider.to_owned(),
            id: of.id.id,
            name: of.id.name,
            region: of.id.place.region,
            zone: of.id.place.zone,
            state: of.state.as_str().to_owned(),
            status: of.status,
            instance_type: of.instance_type,
            market: of.market.map(|market| market.as_str().to_owned()),
            public_ip: of.public_ip,
            private_ip: of.private_ip,
            login: of.login,
            created: time(of.created),
            ends_at: time(of.ends_at),
            protected: of.protected,
            ownership,
            tags: of.tags.into_iter().collect(),
            message: of.message,
        }
    }
}

/// Volumes of one or more providers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Volumes {
    /// The volumes, sorted by provider, region and name.
    pub volumes: Vec<Volume>,
    /// Parts that could not be read.
    pub missing: Vec<MissingPart>,
}

/// One volume: a disk or a file system.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Volume {
    /// Name of the provider.
    pub provider: String,
    /// The cloud's identifier.
    pub id: String,
    /// Name for people; empty if it has none.
    pub name: String,
    /// Name of the region.
    pub region: String,
    /// Name of the zone; `null`: it lives in no zone, or the zone is unknown.
    pub zone: Option<String>,
    /// State: `creating`, `available`, `in-use`, `deleting`, `deleted`, `failed` or `other`.
    pub state: String,
    /// The cloud's own word for the state; `null`: unknown.
    pub status: Option<String>,
    /// Class: `standard`, `balanced`, `ssd`, `provisioned` or `shared-file-system`; `null`: unknown.
    pub class: Option<String>,
    /// Size in GiB; `null`: unknown.
    pub size_gib: Option<u64>,
    /// Identifiers of the instances that it is attached to; `null`: unknown.
    pub attached_to: Option<Vec<String>>,
    /// Time of its creation; `null`: unknown.
    pub created: Option<Timestamp>,
    /// The cloud refuses to delete it; `null`: unknown.
    pub protected: Option<bool>,
    /// Proofs that this installation made it.
    pub ownership: Ownership,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Description of a failure, in the cloud's words; `null`: none.
    pub message: Option<String>,
}

impl Volume {
    /// Makes the record of a volume.
    pub fn new(provider: &str, of: storage::Volume, ownership: Ownership) -> Self {
        Self {
            provider: provider.to_owned(),
            id: of.id.id,
            name: of.id.name,
            region: of.id.place.region,
            zone: of.id.place.zone,
            state: of.state.as_str().to_owned(),
            status: of.status,
            class: of.class.map(|class| class.as_str().to_owned()),
            size_gib: of.size_gib,
            attached_to: of.attached_to,
            created: time(of.created),
            protected: of.protected,
            ownership,
            tags: of.tags.into_iter().collect(),
            message: of.message,
        }
    }
}

/// Snapshots of volumes of one or more providers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Snapshots {
    /// The snapshots, sorted by provider, region, volume and time.
    pub snapshots: Vec<Snapshot>,
    /// Parts that could not be read.
    pub missing: Vec<MissingPart>,
}

/// One snapshot of a volume.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// Name of the provider.
    pub provider: String,
    /// The cloud's identifier.
    pub id: String,
    /// Name for people; empty if it has none.
    pub name: String,
    /// Name of the region.
    pub region: String,
    /// Name of the zone; `null`: it lives in no zone, or the zone is unknown.
    pub zone: Option<String>,
    /// Identifier of its volume; `null`: unknown.
    pub volume: Option<String>,
    /// State: `pending`, `completed`, `deleting`, `failed` or `other`.
    pub state: String,
    /// The cloud's own word for the state; `null`: unknown.
    pub status: Option<String>,
    /// Places in which it can be restored: `zone`, `region` or `everywhere`.
    pub reach: String,
    /// Progress from 0 to 100; `null`: unknown.
    pub percent: Option<u8>,
    /// Size of the volume in GiB; `null`: unknown.
    pub size_gib: Option<u64>,
    /// Time of its creation; `null`: unknown.
    pub created: Option<Timestamp>,
    /// Proofs that this installation made it.
    pub ownership: Ownership,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Description of a failure, in the cloud's words; `null`: none.
    pub message: Option<String>,
}

impl Snapshot {
    /// Makes the record of a snapshot.
    pub fn new(provider: &str, of: storage::Snapshot, ownership: Ownership) -> Self {
        let reach = match of.reach {
            storage::Reach::Zone => "zone",
            storage::Reach::Region => "region",
            storage::Reach::Everywhere => "everywhere",
        };
        Self {
            provider: provider.to_owned(),
            id: of.id.id,
            name: of.id.name,
            region: of.id.place.region,
            zone: of.id.place.zone,
            volume: of.source,
            state: of.state.as_str().to_owned(),
            status: of.status,
            reach: reach.to_owned(),
            percent: of.percent,
            size_gib: of.size_gib,
            created: time(of.created),
            ownership,
            tags: of.tags.into_iter().collect(),
            message: of.message,
        }
    }
}

/// Public SSH keys that clouds store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SshKeys {
    /// The keys, sorted by provider, region and name.
    pub ssh_keys: Vec<SshKey>,
    /// Parts that could not be read.
    pub missing: Vec<MissingPart>,
}

/// One public SSH key that a cloud stores.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SshKey {
    /// Name of the provider.
    pub provider: String,
    /// The cloud's identifier.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Name of the region; empty if it has none.
    pub region: String,
    /// Fingerprint, in the cloud's form; `null`: unknown.
    pub fingerprint: Option<String>,
}

impl SshKey {
    /// Makes the record of a key.
    pub fn new(provider: &str, of: wit::SshKey) -> Self {
        Self {
            provider: provider.to_owned(),
            id: of.id.id,
            name: of.id.name,
            region: of.id.place.region,
            fingerprint: of.fingerprint,
        }
    }
}
