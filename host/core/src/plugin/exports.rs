//! Exports of a linked component, by the version of its contract.

use super::guest::Guest;
use crate::contract::PluginPre;
use crate::contract::v0_1;
use crate::contract::with_account::WithAccountPre;
use crate::contract::with_billing::WithBillingPre;
use crate::contract::with_capacity_on_request::WithCapacityOnRequestPre;
use crate::contract::with_clusters::WithClustersPre;
use crate::contract::with_identity::WithIdentityPre;
use crate::contract::with_instances::WithInstancesPre;
use crate::contract::with_node_pools::WithNodePoolsPre;
use crate::contract::with_operations::WithOperationsPre;
use crate::contract::with_storage::WithStoragePre;
use wasmtime::component::InstancePre;

/// Exports of a component.
#[derive(Clone)]
pub(super) enum Exports {
    /// Those of the newest version.
    Current(Box<Current>),
    /// Those of 0.1.0.
    Older(Box<Older>),
}

/// Exports of the newest version. An optional interface that the plugin does not export is unsupported.
#[derive(Clone)]
pub(super) struct Current {
    pub plugin: PluginPre<Guest>,
    pub identity: Option<WithIdentityPre<Guest>>,
    pub billing: Option<WithBillingPre<Guest>>,
    pub operations: Option<WithOperationsPre<Guest>>,
    pub instances: Option<WithInstancesPre<Guest>>,
    pub storage: Option<WithStoragePre<Guest>>,
    pub clusters: Option<WithClustersPre<Guest>>,
    pub node_pools: Option<WithNodePoolsPre<Guest>>,
    pub account: Option<WithAccountPre<Guest>>,
    pub capacity_on_request: Option<WithCapacityOnRequestPre<Guest>>,
}

/// Exports of 0.1.0.
#[derive(Clone)]
pub(super) struct Older {
    pub plugin: v0_1::PluginPre<Guest>,
    pub identity: Option<v0_1::with_identity::WithIdentityPre<Guest>>,
    pub billing: Option<v0_1::with_billing::WithBillingPre<Guest>>,
}

impl Exports {
    /// Finds the exports of a component.
    pub(super) fn of(pre: InstancePre<Guest>, older: bool) -> wasmtime::Result<Self> {
        if older {
            return Ok(Self::Older(Box::new(Older {
                identity: v0_1::with_identity::WithIdentityPre::new(pre.clone()).ok(),
                billing: v0_1::with_billing::WithBillingPre::new(pre.clone()).ok(),
                plugin: v0_1::PluginPre::new(pre)?,
            })));
        }
        Ok(Self::Current(Box::new(Current {
            identity: WithIdentityPre::new(pre.clone()).ok(),
            billing: WithBillingPre::new(pre.clone()).ok(),
            operations: WithOperationsPre::new(pre.clone()).ok(),
            instances: WithInstancesPre::new(pre.clone()).ok(),
            storage: WithStoragePre::new(pre.clone()).ok(),
            clusters: WithClustersPre::new(pre.clone()).ok(),
            node_pools: WithNodePoolsPre::new(pre.clone()).ok(),
            account: WithAccountPre::new(pre.clone()).ok(),
            capacity_on_request: WithCapacityOnRequestPre::new(pre.clone()).ok(),
            plugin: PluginPre::new(pre)?,
        })))
    }

    /// The exports of the newest version, which alone has the interfaces that change a cloud.
    pub(super) fn current(&self) -> Option<&Current> {
        match self {
            Self::Current(current) => Some(current),
            Self::Older(_) => None,
        }
    }
}
