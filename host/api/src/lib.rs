//! Records of cloudhost: the JSON that `--output json` prints, with a schema for each.
//!
//! One file a subject. A record owns its data, is made from the types of the library, and can be read back. The
//! contract can grow without changing a record. Labels of the contract (markets, kinds of data, kinds of errors) are
//! strings, because newer versions of the contract add to them; closed sets of cloudhost's own are enums.
#![deny(missing_docs)]

mod authoring;
mod bill;
mod cache;
mod catalog;
mod credentials;
mod images;
mod instance_types;
mod kconfig;
mod operations;
mod plugins;
mod prices;
mod regions;
mod resources;
mod schema;
mod selection;
#[cfg(test)]
mod tests;
mod units;

pub use authoring::{BuiltPlugin, NewProject, PushedPlugin, TestCase, TestReport, Verdict};
pub use bill::{Bill, CurrencyBill, ServiceCharge};
pub use cache::{CacheCleared, CacheStatus, CachedCatalog, CachedKind};
pub use catalog::{CatalogInfo, CatalogSource, FormerPlugin, Gap};
pub use credentials::{
    Credential, CredentialCheck, CredentialList, CredentialPath, CredentialRemoved,
    CredentialStored, CredentialTest,
};
pub use images::{Image, Images};
pub use instance_types::{Accelerator, Disk, InstanceType, InstanceTypes, RegionPrice};
pub use kconfig::{AuditCounts, GeneratedFiles, GeneratedKconfig};
pub use operations::{
    Account, Accounts, Check, CheckResult, Collected, Collection, Doctor, EndedBy, InstanceRequest,
    Operation, OperationStep, OperationSummary, Operations, Plan, PlannedEnd, PlannedPlace,
    PlannedPrice, PlannedStep, Pruned, Quota, ReadPolicy, VolumeRequest,
};
pub use plugins::{
    Granted, Plugin, PluginCredential, PluginGrant, PluginList, PluginRate, PluginSetting,
    PluginVerification, VerifiedPlugin,
};
pub use prices::{Price, PriceComparison, PriceDifference, Prices};
pub use regions::{Region, Regions, Zone};
pub use resources::{
    Instance, Instances, MissingPart, Ownership, Resource, Snapshot, Snapshots, SshKey, SshKeys,
    Volume, Volumes,
};
pub use schema::{Record, Schema, SchemaList, SchemaName};
pub use selection::{
    Availability, Candidate, Component, Explanation, LeftOut, Location, LocationSource, Mode,
    Money, Rule, Score, Selection, SelectionMode, Tier, TierList, TierStep, Weight,
};
pub use units::{age_seconds, gib, money};
