//! Amazon Web Services as a cloudhost plugin: regions, zones, machine types, where each is offered and for how much,
//! images of the common distributions, Kconfig menus of all of that, and whose account it is and what it spent.
//!
//! `ec2` asks the cloud and `prices` its price lists, `kconfig` makes the menus, `account` is about the credential,
//! [`bundle`] is the catalog that travels inside the component.
#![deny(missing_docs)]
#![allow(
    clippy::result_large_err,
    reason = "the contract's error record is what an export returns; boxing it would gain nothing"
)]

mod account;
mod amazon_json;
pub mod bundle;
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
            settings: vec![
                setting(
                    region::HOME_REGION,
                    "Region that is asked first and for images; its partition is the one that is read.",
                    "the credential's region, else us-east-1",
                ),
                setting(
                    prices::PRICE_SOURCE,
                    "Where prices are read: feed, the public price feeds of AWS, or getproducts, its price list API.",
                    "feed",
                ),
                setting(
                    prices::PRICE_REGIONS,
                    "Regions whose prices are read, as us-east-1,eu-west-1.",
                    "with feed all known regions, with getproducts the home region",
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

cloudhost_sdk::plugin!(Aws, manifest = "../manifest.toml", identity, billing);
