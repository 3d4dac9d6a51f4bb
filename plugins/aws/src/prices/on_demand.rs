//! On-demand prices of one region: the feed behind <https://aws.amazon.com/ec2/pricing/on-demand/>.
//!
//! Undocumented, anonymous, one compressed file of some 60 KB per region and operating system. Its format is taken from
//! public programs that read it, among them the `gpu_index` adapter for AWS, `gen:aws` of a capacity planner (which
//! also notes that bodies are compressed without a header) and a recorded file in the tests of an inventory of cloud
//! servers, publication 2024-11-14T21:50:09Z:
//!
//! ```json
//! {"manifest": {"serviceId": "ec2", "hawkFilePublicationDate": "2024-11-14T21:50:09Z", "currencyCode": "USD"},
//!  "regions": {"EU (Stockholm)": {"m6in large EU Stockholm Linux": {
//!    "rateCode": "PEEZJDSDVW22Q4FW.JRTCKXETXF.6YS6EN2CT7", "price": "0.1480000000", "Location": "EU (Stockholm)",
//!    "Instance Type": "m6in.large", "Operating System": "Linux", "Pre Installed S/W": "NA"}}}}
//! ```
//!
//! The key of a row adds nothing to the row. Every row of a real file (1322 of us-east-1, August 2026) has a different
//! type and a decimal text as price, never 0. Older types that AWS no longer advertises are in another feed; their
//! prices stay unknown here.

use cloudhost_sdk::{Error, Market, Price, World, excerpt};
use serde::Deserialize;
use serde_json::Value;

use super::feed::{self, Fields};
use super::rows::{List, Rows};

const BASE: &str =
    "b0.p.awsstatic.com/pricing/2.0/meteredUnitMaps/ec2/USD/current/ec2-ondemand-without-sec-sel";

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    manifest: Manifest,
    regions: Fields<Fields<Row>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Manifest {
    #[serde(rename = "hawkFilePublicationDate")]
    published: Option<String>,
    #[serde(rename = "currencyCode")]
    currency: Option<String>,
}

/// A row. Its values are of any type, so that an invalid one fails only its row, not the file.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Row {
    #[serde(rename = "Instance Type")]
    name: Value,
    price: Value,
    #[serde(rename = "Location")]
    location: Value,
    #[serde(rename = "Operating System")]
    system: Value,
    #[serde(rename = "Pre Installed S/W")]
    software: Value,
}

impl Row {
    /// Returns true if it is for Linux without other software at this location. A missing field is taken as a match:
    /// the file was requested by location and system.
    fn fits(&self, location: &str) -> bool {
        let says = |value: &Value, wanted: &[&str]| {
            value.is_null() || value.as_str().is_some_and(|text| wanted.contains(&text))
        };
        says(&self.location, &[location])
            && says(&self.system, &["Linux"])
            && says(&self.software, &["NA", ""])
    }
}

/// Fetches the prices of a region that the price list calls `location`, and reports rejected ones.
pub(super) async fn fetch(
    world: &impl World,
    region: &str,
    location: &str,
) -> Result<(Vec<Price>, Option<Error>), Error> {
    let title = format!("on-demand prices of {region}");
    let path = format!("{BASE}/{}/Linux/index.json", location.replace(' ', "%20"));
    let answer = feed::get(world, &path, &title).await?;
    let document: Document = answer.json(&title)?;
    if let Some(other) = document.manifest.currency.filter(|code| code != "USD") {
        let other = excerpt(other.as_bytes());
        return Err(Error::unusable(format!(
            "{title}: the prices are in \"{other}\" and not in USD"
        )));
    }
    let mut rows = Rows::new(List {
        source: path,
        published: document
            .manifest
            .published
            .as_deref()
            .and_then(cloudhost_sdk::timestamp),
        market: Market::OnDemand,
    });
    let here = document
        .regions
        .0
        .into_iter()
        .filter(|(name, _)| name == location);
    for (_, row) in here.flat_map(|(_, fields)| fields.0) {
        let name = row.name.as_str().unwrap_or_default();
        if row.fits(location) {
            rows.take(name, region, row.price.as_str());
        } else {
            rows.refuse(name, region, "a price of another place, system or software");
        }
    }
    Ok(rows.finish(&title))
}
