//! Lambda Cloud as a cloudhost plugin: instance types, prices, current capacity, regions, images, Kconfig menus of that,
//! and changes of instances, file systems and SSH keys.
//!
//! `api` fetches from the cloud, `change` plans and sends changes, `kconfig` generates the menus, and [`published`] is
//! the catalog bundled in the component.
#![deny(missing_docs)]
#![allow(
    clippy::result_large_err,
    reason = "the contract's error record is what an export returns; boxing it would gain nothing"
)]

mod api;
mod change;
mod kconfig;
mod places;
pub mod published;

use cloudhost_sdk::kconfig::{Catalog, Dialect, File};
use cloudhost_sdk::{
    Account, Bundle, DataKind, Description, Error, Freshness, Identity, Listing, Provider, Query,
    World, bundle,
};

/// The provider of Lambda Cloud.
#[derive(Debug)]
pub struct Lambda;

impl Provider for Lambda {
    fn describe() -> Description {
        Description {
            title: "Lambda Cloud".to_owned(),
            settings: Vec::new(),
            // Capacity changes by the minute. All other data is fresh for a day, the default.
            freshness: vec![Freshness {
                kind: DataKind::Capacity,
                seconds: 15 * 60,
            }],
            menus: api::IN_ONE_REQUEST.to_vec(),
        }
    }

    async fn fetch<W: World>(world: &W, query: Query) -> Result<Listing, Error> {
        api::fetch(world, &query).await
    }

    fn bundled() -> Option<Bundle> {
        bundle::bundled(published::CATALOG)
    }

    fn emit_kconfig(catalog: Catalog, dialect: Dialect) -> Result<Vec<File>, Error> {
        kconfig::emit(&catalog, dialect)
    }
}

impl Identity for Lambda {
    async fn whoami<W: World>(world: &W) -> Result<Account, Error> {
        api::whoami(world).await
    }
}

cloudhost_sdk::plugin!(
    Lambda,
    manifest = "../manifest.toml",
    identity,
    operations,
    instances,
    storage,
);
