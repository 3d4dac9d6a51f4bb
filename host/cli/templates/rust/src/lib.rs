//! Acme as a cloudhost plugin: responses of its API become records, and records become Kconfig menus.
//!
//! A plugin is pure translation. It does not wait, retry, cache or print: the host does. It names a credential and
//! never sees one.
//!
//! The API is made up, so that this works before you know yours. Each page is requested with
//!
//! ```text
//! GET https://api.acme.example/v1/instance-types?page=2
//! {"instance_types": [{"name": "standard-2", "vcpus": 2, "memory_gib": 4, "architecture": "x86_64",
//!                      "hourly_price_cents": 5, "regions": ["north-1"]}],
//!  "next_page": null}
//! ```
//!
//! where `hourly_price_cents` is null for an unknown price.

mod records;
#[cfg(test)]
mod tests;

use cloudhost_sdk::http::Request;
use cloudhost_sdk::kconfig::{Catalog, Dialect, File, menus};
use cloudhost_sdk::{
    Bundle, DataKind, Description, Error, Listing, Provider, Query, World, all_pages,
};
use records::{Page, listing};
use std::cell::RefCell;

const TYPES: &str = "https://api.acme.example/v1/instance-types";

/// The provider.
pub struct Plugin;

impl Provider for Plugin {
    fn describe() -> Description {
        Description {
            title: "Acme".to_owned(),
            settings: Vec::new(),
            freshness: Vec::new(),
            menus: vec![
                DataKind::Regions,
                DataKind::InstanceTypes,
                DataKind::Offers,
                DataKind::Prices,
            ],
        }
    }

    async fn fetch<W: World>(world: &W, _query: Query) -> Result<Listing, Error> {
        let rows = RefCell::new(Vec::new());
        all_pages("the instance types", async |page| {
            let page = page.unwrap_or_else(|| "1".to_owned());
            let request = Request::get(TYPES).query("page", &page).bearer("acme");
            let response = request.send(world).await?.ok("the instance types")?;
            let page: Page = response.json("the instance types")?;
            rows.borrow_mut().extend(page.instance_types);
            Ok(page.next_page.map(|number| number.to_string()))
        })
        .await?;
        Ok(listing(&rows.into_inner()))
    }

    /// The catalog bundled in the component, for use without credentials: a response of the API.
    fn bundled() -> Option<Bundle> {
        let page: Page = serde_json::from_str(include_str!("../catalog.json")).ok()?;
        Some(Bundle {
            listing: listing(&page.instance_types),
            // 2026-11-01T00:00:00Z
            fetched_at: 1_793_491_200,
            source: "the price list of Acme of 2026-11-01".to_owned(),
        })
    }

    fn emit_kconfig(catalog: Catalog, dialect: Dialect) -> Result<Vec<File>, Error> {
        menus("TERRAFORM_ACME", &catalog, dialect)
    }
}

cloudhost_sdk::plugin!(Plugin, manifest = "../manifest.toml");
