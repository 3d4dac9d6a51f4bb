//! Amazon Web Services as a cloudhost plugin: regions, zones, machine types, where each is offered, images of the
//! common distributions, and Kconfig menus of all of that.
//!
//! `ec2` asks the cloud, `kconfig` makes the menus, [`bundle`] is the catalog that travels inside the component.
#![deny(missing_docs)]
#![allow(
    clippy::result_large_err,
    reason = "the contract's error record is what an export returns; boxing it would gain nothing"
)]

pub mod bundle;
mod ec2;
mod kconfig;

use cloudhost_sdk::kconfig::{Catalog, Dialect, File};
use cloudhost_sdk::{
    Bundle, DataKind, Description, Error, Freshness, Level, Listing, Provider, Query, Setting,
    World, log,
};

/// The provider.
#[derive(Debug)]
pub struct Aws;

impl Provider for Aws {
    fn describe() -> Description {
        let day = |kind| Freshness {
            kind,
            seconds: 24 * 60 * 60,
        };
        Description {
            title: "Amazon Web Services".to_owned(),
            settings: vec![Setting {
                name: ec2::HOME_REGION.to_owned(),
                help: "Region that is asked first and for images; its partition is the one that is read.".to_owned(),
                default: Some("the credential's region, else us-east-1".to_owned()),
            }],
            freshness: vec![
                day(DataKind::Regions),
                day(DataKind::InstanceTypes),
                day(DataKind::Offers),
                day(DataKind::Images),
            ],
        }
    }

    async fn fetch<W: World>(world: &W, query: Query) -> Result<Listing, Error> {
        ec2::fetch(world, &query).await
    }

    fn bundled() -> Option<Bundle> {
        let decoded = bundle::decode(bundle::CATALOG);
        decoded
            .map_err(|error| log(Level::Error, &format!("the bundled catalog: {error}")))
            .ok()
    }

    fn emit_kconfig(catalog: Catalog, dialect: Dialect) -> Result<Vec<File>, Error> {
        kconfig::emit(&catalog, dialect)
    }
}

cloudhost_sdk::plugin!(Aws, manifest = "../manifest.toml");
