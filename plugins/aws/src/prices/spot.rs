//! Spot prices of all regions: the feed behind <https://aws.amazon.com/ec2/spot/pricing/>.
//!
//! Undocumented, anonymous, one file of 2.8 MB without a time in it; `published` is HTTP's `Last-Modified`, which is
//! minutes old. Its format is taken from public programs that read it, among them `spotinfo` (`internal/spot/data.go`)
//! and infracost's price scraper (`awsSpot.ts`, which also has the old names of regions):
//!
//! ```json
//! {"config": {"regions": [{"region": "us-east", "instanceTypes": [{"type": "generalCurrentGen", "sizes": [
//!    {"size": "m5.large", "valueColumns": [{"name": "linux", "prices": {"USD": "0.0345"}},
//!                                          {"name": "mswin", "prices": {"USD": "N/A*"}}]}]}]}]}}
//! ```
//!
//! `N/A` means that the type is not sold as spot there, which is neither a price nor an error. There is one price for a
//! region, although every zone has its own. Rows of local zones (`us-west-2-lax-1a`) are omitted: they are not regions.

use std::collections::BTreeSet;

use cloudhost_sdk::{Error, Market, Price, World};
use serde::Deserialize;
use serde_json::Value;

use super::feed;
use super::rows::{List, Rows};
use crate::region;
use crate::time;

const PATH: &str = "website.spot.ec2.aws.a2z.com/spot.json";

const TITLE: &str = "spot prices";

#[derive(Deserialize)]
struct Document {
    config: Config,
}

#[derive(Deserialize)]
struct Config {
    regions: Vec<InRegion>,
}

#[derive(Deserialize)]
struct InRegion {
    region: String,
    #[serde(rename = "instanceTypes")]
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    sizes: Vec<Size>,
}

#[derive(Deserialize)]
struct Size {
    #[serde(default)]
    size: Value,
    #[serde(rename = "valueColumns")]
    columns: Vec<Column>,
}

#[derive(Deserialize)]
struct Column {
    #[serde(default)]
    name: Value,
    #[serde(default)]
    prices: Value,
}

/// Fetches the prices of these regions (`None`: of all), and reports rejected ones.
pub(super) async fn fetch(
    world: &impl World,
    wanted: Option<&BTreeSet<String>>,
) -> Result<(Vec<Price>, Option<Error>), Error> {
    let answer = feed::get(world, PATH, TITLE).await?;
    let document: Document = answer.json(TITLE)?;
    let mut rows = Rows::new(List {
        source: PATH.to_owned(),
        published: answer.header("last-modified").and_then(time::http_date),
        market: Market::Spot,
    });
    for here in document.config.regions {
        let region = today(&here.region);
        if !is_region(region) || wanted.is_some_and(|wanted| !wanted.contains(region)) {
            continue;
        }
        for size in here.groups.into_iter().flat_map(|group| group.sizes) {
            let name = size.size.as_str().unwrap_or_default();
            for column in size.columns.iter().filter(|column| column.name == "linux") {
                let amount = column.prices.get("USD").and_then(Value::as_str);
                if !amount.is_some_and(|text| text.starts_with("N/A")) {
                    rows.take(name, region, amount);
                }
            }
        }
    }
    Ok(rows.finish(TITLE))
}

/// Maps a region's old name in the feed to its current one.
fn today(name: &str) -> &str {
    match name {
        "us-east" => "us-east-1",
        "us-west" => "us-west-1",
        "eu-ireland" => "eu-west-1",
        "eu-frankfurt" => "eu-central-1",
        "apac-sin" => "ap-southeast-1",
        "apac-syd" => "ap-southeast-2",
        "apac-tokyo" => "ap-northeast-1",
        other => other,
    }
}

/// Returns true for a region: words, then one number. A local zone has more after the number.
fn is_region(name: &str) -> bool {
    let number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let mut parts = name.rsplit('-');
    region::is_name(name) && parts.next().is_some_and(number) && !parts.any(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("us-east-1", true)]
    #[case("us-gov-west-1", true)]
    #[case("us-west-2-lax-1a", false)]
    #[case("us-west-2-lax-1", false)]
    #[case("us-east", false)]
    #[case("evil/1", false)]
    #[case("", false)]
    fn regions_and_others(#[case] name: &str, #[case] is: bool) {
        assert_eq!(is_region(name), is);
    }
}
