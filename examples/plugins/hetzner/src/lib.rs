//! Hetzner Cloud as a cloudhost plugin: what a third party writes to make a cloud known.
//!
//! `api` asks, `catalog` decides what, `records` makes the contract's records of what comes back, and the menus are those that the SDK makes
//! of any catalog. No catalog travels inside: Hetzner publishes none that needs no token.
#![deny(missing_docs)]
#![allow(
    clippy::result_large_err,
    reason = "the contract's error record is what an export returns; boxing it would gain nothing"
)]

mod api;
mod catalog;
mod records;

use cloudhost_sdk::kconfig::{Catalog, Dialect, File, menus};
use cloudhost_sdk::{
    Account, DataKind, Description, Error, Freshness, Identity, Listing, Provider, Query, World,
};

/// The provider.
#[derive(Debug)]
pub struct Hetzner;

impl Provider for Hetzner {
    fn describe() -> Description {
        Description {
            title: "Hetzner Cloud".to_owned(),
            settings: Vec::new(),
            // Machines come and go by the minute. All else is fresh for a day, which need not be said.
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
    /// A token belongs to a project, and the API does not say to which.
    async fn whoami<W: World>(world: &W) -> Result<Account, Error> {
        api::rows(world, "locations", &[]).await?;
        Ok(Account {
            id: None,
            principal: None,
        })
    }
}

cloudhost_sdk::plugin!(Hetzner, manifest = "../manifest.toml", identity);
