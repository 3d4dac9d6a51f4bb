//! Records of plans, operations, and what is left of them.

use crate::{Money, Resource};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Plan of a change, before anything is sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Name of the provider.
    pub provider: String,
    /// The change in words, such as `create instance dev`.
    pub title: String,
    /// Account that is changed; `null`: unknown.
    pub account: Option<String>,
    /// Steps in the first place.
    pub steps: Vec<PlannedStep>,
    /// Places and instance types that are tried in this order.
    pub places: Vec<PlannedPlace>,
    /// Resources of the same name that exist already.
    pub exists: Vec<Resource>,
    /// Parts of the account that could not be read, so that what exists there is unknown.
    pub missing: Vec<crate::MissingPart>,
    /// Cost of the steps in the first place.
    pub price: PlannedPrice,
    /// End of what is made; `null`: it has none.
    pub end: Option<PlannedEnd>,
    /// Tags of what is made.
    pub tags: BTreeMap<String, String>,
    /// The instance to create, for a file that can be given again; `null`: the plan creates none.
    pub instance: Option<InstanceRequest>,
    /// The volume to create, for a file that can be given again; `null`: the plan creates none.
    pub volume: Option<VolumeRequest>,
}

/// One step of a plan: one request that changes one resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlannedStep {
    /// The change, such as `create` or `delete`.
    pub action: String,
    /// Kind of the resource, such as `instance`.
    pub kind: String,
    /// The cloud's identifier; `null`: it does not exist yet.
    pub id: Option<String>,
    /// Name of the resource.
    pub name: String,
    /// Name of the region.
    pub region: String,
    /// Name of the zone; `null`: it lives in no zone, or the cloud chooses.
    pub zone: Option<String>,
    /// Description for people.
    pub summary: String,
}

/// A place in which a plan can be carried out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlannedPlace {
    /// Name of the region.
    pub region: String,
    /// Name of the zone; `null`: the cloud chooses.
    pub zone: Option<String>,
    /// Name of the instance type; `null`: the plan has none.
    pub instance_type: Option<String>,
}

/// Cost of a plan, from the catalog. What the catalog has no price for, such as disks and traffic, is not in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlannedPrice {
    /// Cost of an hour; `null`: unknown.
    pub hour: Option<Money>,
    /// Cost of a month of 730 hours; `null`: unknown.
    pub month: Option<Money>,
    /// The instances cost less after the plan, by this amount.
    pub saved: bool,
    /// Reason for an unknown price; `null`: it is known.
    pub unknown: Option<String>,
}

/// End of a resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlannedEnd {
    /// Its time.
    pub at: Timestamp,
    /// Party that ends it.
    pub by: EndedBy,
}

/// Component that ends a resource at its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum EndedBy {
    /// The cloud itself.
    Cloud,
    /// The collector, at its next run after that time.
    Collector,
}

/// An instance to create.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InstanceRequest {
    /// Its name.
    pub name: String,
    /// Names of regions, tried in this order.
    pub regions: Vec<String>,
    /// Names of zones, tried in this order; empty: the cloud chooses.
    #[serde(default)]
    pub zones: Vec<String>,
    /// Names of instance types, tried in this order.
    pub instance_types: Vec<String>,
    /// Identifier of the image; `null`: the provider's default.
    #[serde(default)]
    pub image: Option<String>,
    /// Names of SSH keys that the cloud has, or public keys in OpenSSH's form.
    #[serde(default)]
    pub ssh_keys: Vec<String>,
    /// User to log in as; `null`: the image's.
    #[serde(default)]
    pub login: Option<String>,
    /// Data for the first start, as text; `null`: none, or in `user_data_base64`.
    #[serde(default)]
    pub user_data: Option<String>,
    /// Data for the first start that is no text, in base64; `null`: none.
    #[serde(default)]
    pub user_data_base64: Option<String>,
    /// Buy it on the spot market.
    #[serde(default)]
    pub spot: bool,
    /// Size of the boot disk in GiB; `null`: the image's.
    #[serde(default)]
    pub disk_gib: Option<u32>,
    /// Identifier of the network; `null`: the default one.
    #[serde(default)]
    pub network: Option<String>,
    /// Identifier of the subnet; `null`: one of the network.
    #[serde(default)]
    pub subnet: Option<String>,
    /// Identifiers of security groups; empty: the default of the network.
    #[serde(default)]
    pub security_groups: Vec<String>,
    /// Public address; `null`: the default of the subnet.
    #[serde(default)]
    pub public_address: Option<bool>,
    /// Role of the instance; `null`: none.
    #[serde(default)]
    pub role: Option<String>,
    /// Volumes or file systems that it has from the start, by name or identifier.
    #[serde(default)]
    pub volumes: Vec<String>,
    /// Let the cloud refuse to delete it.
    #[serde(default)]
    pub protect: bool,
    /// Seconds after which it ends; `null`: never.
    #[serde(default)]
    pub expires_in_seconds: Option<u64>,
    /// Tags.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// Settings of the plugin.
    #[serde(default)]
    pub settings: BTreeMap<String, String>,
}

/// A volume to create.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VolumeRequest {
    /// Its name.
    pub name: String,
    /// Names of regions, tried in this order.
    pub regions: Vec<String>,
    /// Names of zones, tried in this order; empty: the cloud chooses.
    #[serde(default)]
    pub zones: Vec<String>,
    /// Size in GiB; `null`: the snapshot's, or of a file system that grows.
    #[serde(default)]
    pub size_gib: Option<u64>,
    /// Class: `standard`, `balanced`, `ssd`, `provisioned` or `shared-file-system`; `null`: the provider's default.
    #[serde(default)]
    pub class: Option<String>,
    /// Operations per second; `null`: the class's.
    #[serde(default)]
    pub iops: Option<u32>,
    /// Snapshot of its content, by name or identifier; `null`: it is empty.
    #[serde(default)]
    pub snapshot: Option<String>,
    /// Let the cloud refuse to delete it.
    #[serde(default)]
    pub protect: bool,
    /// Seconds after which it ends; `null`: never.
    #[serde(default)]
    pub expires_in_seconds: Option<u64>,
    /// Tags.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// Settings of the plugin.
    #[serde(default)]
    pub settings: BTreeMap<String, String>,
}

/// One operation: a change that the journal has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Operation {
    /// Its identifier.
    pub id: String,
    /// Name of the provider.
    pub provider: String,
    /// Account that it changes; `null`: unknown.
    pub account: Option<String>,
    /// The change in words, such as `create instance dev`.
    pub title: String,
    /// State, such as `running`, `done`, `failed` or `cancelled`.
    pub state: String,
    /// Time at which it began.
    pub created: Timestamp,
    /// Time at which what it made ends; `null`: never.
    pub ends_at: Option<Timestamp>,
    /// Steps that have begun, and those of the plan that is carried out.
    pub steps: Vec<OperationStep>,
    /// Error that made it fail; `null`: none.
    pub error: Option<String>,
    /// Events that matter to the user, such as a duplicate that was ended.
    pub notes: Vec<String>,
}

/// One step of an operation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OperationStep {
    /// The change, such as `create` or `delete`.
    pub action: String,
    /// Kind of the resource, such as `instance`.
    pub kind: String,
    /// Description for people.
    pub summary: String,
    /// State, such as `ready`, `sent`, `accepted`, `done` or `failed`.
    pub state: String,
    /// Number of attempts.
    pub attempts: u32,
    /// The resource as the cloud names it; `null`: it is not known yet.
    pub resource: Option<Resource>,
    /// Error of the last attempt; `null`: none.
    pub error: Option<String>,
}

/// Operations of the journal, the newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Operations {
    /// The operations.
    pub operations: Vec<OperationSummary>,
}

/// One operation without its steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OperationSummary {
    /// Its identifier.
    pub id: String,
    /// Name of the provider.
    pub provider: String,
    /// The change in words, such as `create instance dev`.
    pub title: String,
    /// State, such as `running`, `done`, `failed` or `cancelled`.
    pub state: String,
    /// Time at which it began.
    pub created: Timestamp,
    /// Error that made it fail; `null`: none.
    pub error: Option<String>,
}

/// Result of the collector: resources that should have ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Collection {
    /// Resources that it found.
    pub found: Vec<Collected>,
    /// Parts of accounts that could not be read: nothing is known about resources there.
    pub missing: Vec<crate::MissingPart>,
}

/// Resource that should have ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Collected {
    /// Name of the provider.
    pub provider: String,
    /// The resource.
    pub resource: Resource,
    /// Reason, such as `past its end`.
    pub why: String,
    /// Proofs that this installation made it. Without both, it is only reported.
    pub ownership: crate::Ownership,
    /// Operation that made it; `null`: unknown.
    pub operation: Option<String>,
    /// It was ended, and the cloud confirms that; `false`: the cloud still shows it; `null`: unknown, or nothing was tried.
    pub ended: Option<bool>,
    /// Error of the attempt to end it; `null`: none.
    pub error: Option<String>,
}

/// Result of `doctor`: checks of everything that a change needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Doctor {
    /// The checks.
    pub checks: Vec<Check>,
    /// Limits of accounts.
    pub quotas: Vec<Quota>,
    /// Requests that reading needs, for a policy that allows no more.
    pub reads: Vec<ReadPolicy>,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Name of the provider; `null`: this machine.
    pub provider: Option<String>,
    /// Subject, such as `credentials` or `create instance`.
    pub subject: String,
    /// Its result.
    pub result: CheckResult,
    /// Description of the result.
    pub message: String,
    /// The next step; `null`: none is needed, or none is known.
    pub hint: Option<String>,
}

/// Result of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CheckResult {
    /// It is in order.
    Good,
    /// It is not.
    Bad,
    /// It cannot be found out without a change.
    Unknown,
}

impl CheckResult {
    /// The label, as JSON has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Unknown => "unknown",
        }
    }
}

/// Limit of an account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Quota {
    /// Name of the provider.
    pub provider: String,
    /// The cloud's name of the limit.
    pub name: String,
    /// Name of the region; `null`: it holds everywhere.
    pub region: Option<String>,
    /// The limit; `null`: unknown.
    pub limit: Option<u64>,
    /// The part in use; `null`: unknown.
    pub used: Option<u64>,
}

/// Requests that reading from a provider needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadPolicy {
    /// Name of the provider.
    pub provider: String,
    /// The requests, as the manifest of its plugin lists them.
    pub requests: Vec<String>,
}

/// Accounts of credentials.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Accounts {
    /// The accounts.
    pub accounts: Vec<Account>,
    /// Providers that could not be asked.
    pub missing: Vec<crate::MissingPart>,
}

/// Account of one credential.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Name of the provider.
    pub provider: String,
    /// Source of the credential; `null`: unknown.
    pub source: Option<String>,
    /// Identifier of the account or project; `null`: the cloud does not report it.
    pub account: Option<String>,
    /// Principal in it; `null`: the cloud does not report it.
    pub principal: Option<String>,
}

/// Result of pruning snapshots.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pruned {
    /// Snapshots that the rules do not keep.
    pub deleted: Vec<Resource>,
    /// Snapshots that the rules keep.
    pub kept: usize,
    /// Snapshots that are left because their time or their volume is unknown, or this installation did not make them.
    pub left: Vec<Resource>,
    /// Parts that could not be read.
    pub missing: Vec<crate::MissingPart>,
}
