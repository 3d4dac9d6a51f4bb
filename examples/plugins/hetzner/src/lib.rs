//! Hetzner Cloud as a cloudhost plugin: an example of a third party's provider.
//!
//! `catalog` selects the requests, `api` sends them, `records` converts their responses to the contract's records,
//! `servers` lists and plans servers, `operations` carries plans out, and the menus are those that the SDK generates from
//! any catalog. No catalog is bundled: Hetzner publishes none without a
//! token.
#![deny(missing_docs)]
#![allow(
    clippy::result_large_err,
    reason = "the contract's error record is what an export returns; boxing it would gain nothing"
)]

mod api;
mod catalog;
mod operations;
mod records;
mod servers;

use cloudhost_sdk::kconfig::{Catalog, Dialect, File, menus};
use cloudhost_sdk::{
    Account, DataKind, Description, Error, Freshness, Identity, Listing, Provider, Query, World,
};

/// The provider of Hetzner Cloud.
#[derive(Debug)]
pub struct Hetzner;

impl Provider for Hetzner {
    fn describe() -> Description {
        Description {
            title: "Hetzner Cloud".to_owned(),
            settings: Vec::new(),
            // Capacity changes by the minute. All other data is fresh for a day, the default.
            freshness: vec![Freshness {
                kind: DataKind::Capacity,
                seconds: 15 * 60,
            }],
            menus: vec![
                DataKind::Regions,
                DataKind::InstanceTypes,
                DataKind::Offers,
                DataKind::Prices,
                DataKind::Capacity,
            ],
        }
    }

    async fn fetch<W: World>(world: &W, query: Query) -> Result<Listing, Error> {
        catalog::fetch(world, &query).await
    }

    fn emit_kconfig(catalog: Catalog, dialect: Dialect) -> Result<Vec<File>, Error> {
        menus("TERRAFORM_HETZNER", &catalog, dialect)
    }
}

impl Identity for Hetzner {
    /// Checks the token. It belongs to a project, which the API does not identify.
    async fn whoami<W: World>(world: &W) -> Result<Account, Error> {
        api::rows(world, "locations", &[]).await?;
        Ok(Account {
            id: None,
            principal: None,
        })
    }
}

cloudhost_sdk::plugin!(
    Hetzner,
    manifest = "../manifest.toml",
    identity,
    operations,
    instances,
);
