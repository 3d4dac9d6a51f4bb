//! Regions and zones: `DescribeRegions` and `DescribeAvailabilityZones`.

use cloudhost_sdk::query::Action;
use cloudhost_sdk::xml::Step;
use cloudhost_sdk::{Error, Region, World, Zone, excerpt};

use super::api::Api;
use super::offerings::Offered;
use crate::region::{self, is_name, partition};

/// A region with its zones and offers.
#[derive(Debug)]
pub(super) struct Place {
    pub name: String,
    /// `None` if zones were not requested.
    pub zones: Option<Vec<Zone>>,
    pub offered: Offered,
    /// `None` if the zones that offer a type are unknown.
    pub in_zones: Option<Offered>,
}

impl Place {
    pub fn region(&self) -> Region {
        Region {
            place: None,
            country: None,
            name: self.name.clone(),
            description: None,
            zones: self.zones.clone().unwrap_or_default(),
            location: region::place(&self.name).map(|place| place.location),
        }
    }
}

impl<W: World> Api<'_, W> {
    /// Fetches the names of the regions that the account can use, the home region first, the others sorted. Those of
    /// other partitions, where the account does not exist, are omitted.
    pub async fn regions(&self) -> Result<Vec<String>, Error> {
        let action = Action::read("DescribeRegions").param("AllRegions", "true");
        let mut regions = Vec::new();
        let (mut name, mut status) = (String::new(), String::new());
        let seen = |path: &[&str], step: Step<'_>| match (path, step) {
            (["regionInfo", "item", "regionName"], Step::Close(Some(text))) => {
                text.clone_into(&mut name)
            }
            (["regionInfo", "item", "optInStatus"], Step::Close(Some(text))) => {
                text.clone_into(&mut status)
            }
            (["regionInfo", "item"], Step::Close(_)) => {
                let name = std::mem::take(&mut name);
                if std::mem::take(&mut status) != "not-opted-in" {
                    regions.push(name);
                }
            }
            _ => {}
        };
        self.ask(&self.home, action, "DescribeRegions", seen)
            .await?;
        if let Some(odd) = regions.iter().find(|name| !is_name(name)) {
            let odd = excerpt(odd.as_bytes());
            return Err(Error::internal(format!(
                "DescribeRegions in {}: invalid region name \"{odd}\"",
                self.home
            )));
        }
        regions.retain(|name| partition(name) == partition(&self.home));
        if regions.is_empty() {
            return Err(Error::internal(format!(
                "DescribeRegions in {}: the response has no region that the account can use",
                self.home
            )));
        }
        regions.sort_by(|a, b| (*a != self.home, a).cmp(&(*b != self.home, b)));
        regions.dedup();
        Ok(regions)
    }

    /// Fetches the availability zones of a region, sorted, without local zones and other kinds.
    pub async fn zones(&self, region: &str) -> Result<Vec<Zone>, Error> {
        const KIND: &str = "availability-zone";
        let action = Action::read("DescribeAvailabilityZones")
            .param("AllAvailabilityZones", "true")
            .filter("region-name", [region])
            .filter("zone-type", [KIND]);
        let mut zones = Vec::new();
        let mut row = Row::default();
        // A stand-in for EC2 may ignore the filters, so they are applied here too.
        let seen = |path: &[&str], step: Step<'_>| match (path, step) {
            (["availabilityZoneInfo", "item"], Step::Close(_)) => {
                let row = std::mem::take(&mut row);
                let elsewhere = row.region.is_some_and(|name| name != region);
                let other_kind = row.kind.is_some_and(|kind| kind != KIND);
                if let Some(name) = row.name.filter(|_| !elsewhere && !other_kind) {
                    zones.push(Zone { name, id: row.id });
                }
            }
            (["availabilityZoneInfo", "item", field], Step::Close(Some(text))) => {
                row.field(field, text);
            }
            _ => {}
        };
        self.ask(region, action, "DescribeAvailabilityZones", seen)
            .await?;
        zones.sort_by(|a, b| a.name.cmp(&b.name));
        zones.dedup();
        Ok(zones)
    }
}

#[derive(Default)]
struct Row {
    name: Option<String>,
    id: Option<String>,
    kind: Option<String>,
    region: Option<String>,
}

impl Row {
    fn field(&mut self, field: &str, text: &str) {
        let slot = match field {
            "zoneName" => &mut self.name,
            "zoneId" => &mut self.id,
            "zoneType" => &mut self.kind,
            "regionName" => &mut self.region,
            _ => return,
        };
        *slot = Some(text.to_owned()).filter(|text| !text.is_empty());
    }
}
