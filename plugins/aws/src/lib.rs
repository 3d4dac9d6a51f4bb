//! Amazon Web Services as a cloudhost plugin: regions, zones, instance types, their offers and prices, images of the
//! common distributions, Kconfig menus of all that, the account with its charges, and changes of instances, volumes,
//! snapshots and SSH keys.
//!
//! `ec2` fetches from EC2 and `prices` from the price lists, `kconfig` generates the menus, `account` covers the
//! credential, `change` plans and sends changes, and [`bundle`] is the catalog bundled in the component.
#![deny(missing_docs)]
#![allow(
    clippy::result_large_err,
    reason = "the contract's error record is what an export returns; boxing it would gain nothing"
)]

mod account;
mod amazon_json;
pub mod bundle;
mod change;
mod ec2;
mod fetch;
mod kconfig;
mod prices;
mod region;
mod time;

use cloudhost_sdk::kconfig::{Catalog, Dialect, File};
use cloudhost_sdk::{
    Account, Billing, Bundle, Charge, DataKind, Description, Error, Freshness, Identity, Listing,
    Money, Period, Provider, Query, Setting, World,
};

/// The provider of Amazon Web Services.
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
            settings: vec![
                setting(
                    region::HOME_REGION,
                    "Region to fetch first, and for images; only regions of its partition are fetched.",
                    "the credential's region, else us-east-1",
                ),
                setting(
                    prices::PRICE_SOURCE,
                    "Source of prices: feed, the public price feeds of AWS, or getproducts, its price list API.",
                    "feed",
                ),
                setting(
                    prices::PRICE_REGIONS,
                    "Regions to fetch prices of, such as us-east-1,eu-west-1.",
                    "all known regions with feed, the home region with getproducts",
                ),
            ],
            freshness: [
                DataKind::Regions,
                DataKind::InstanceTypes,
                DataKind::Offers,
                DataKind::Images,
                DataKind::Prices,
            ]
            .map(day)
            .to_vec(),
            menus: vec![
                DataKind::Regions,
                DataKind::InstanceTypes,
                DataKind::Offers,
                DataKind::Images,
            ],
        }
    }

    async fn fetch<W: World>(world: &W, query: Query) -> Result<Listing, Error> {
        fetch::fetch(world, &query).await
    }

    fn bundled() -> Option<Bundle> {
        cloudhost_sdk::bundle::bundled(bundle::CATALOG)
    }

    fn emit_kconfig(catalog: Catalog, dialect: Dialect) -> Result<Vec<File>, Error> {
        kconfig::emit(&catalog, dialect)
    }
}

impl Identity for Aws {
    async fn whoami<W: World>(world: &W) -> Result<Account, Error> {
        account::whoami(world).await
    }
}

impl Billing for Aws {
    fn request_cost() -> Option<Money> {
        account::request_cost()
    }

    async fn bill<W: World>(world: &W, period: Period) -> Result<Vec<Charge>, Error> {
        account::bill(world, period).await
    }
}

fn setting(name: &str, help: &str, default: &str) -> Setting {
    Setting {
        name: name.to_owned(),
        help: help.to_owned(),
        default: Some(default.to_owned()),
    }
}

cloudhost_sdk::plugin!(
    Aws,
    manifest = "../manifest.toml",
    identity,
    billing,
    operations,
    instances,
    storage,
    account,
);
