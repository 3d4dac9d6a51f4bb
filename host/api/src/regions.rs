//! Records of `regions list`.

use crate::{CatalogInfo, Gap};
use cloudhost::catalog::Catalog;
use cloudhost::contract::cloudhost::provider::types::{self, DataKind, Market, Scope};
use cloudhost::host::Summary;
use cloudhost::select::Candidates;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;

/// Regions of a provider.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Regions {
    /// Name of the provider.
    pub provider: String,
    /// Source and age of the data.
    pub catalog: CatalogInfo,
    /// Missing parts of the data.
    pub missing: Vec<Gap>,
    /// The regions.
    pub regions: Vec<Region>,
}

/// One region.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Region {
    /// The cloud's name of the region.
    pub name: String,
    /// Description for people; `null`: unknown.
    pub description: Option<String>,
    /// Zones of the region.
    pub zones: Vec<Zone>,
    /// Number of instance types sold on demand; `null`: unknown.
    pub instance_types: Option<usize>,
    /// Number of instance types that are known to have capacity now, on demand; `null`: none is known to have it, and that
    /// of some is unknown. Left out unless requested.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    pub available_types: Option<Option<usize>>,
}

/// One zone of a region.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Zone {
    /// The cloud's name of the zone.
    pub name: String,
    /// The cloud's id of the zone, which is the same for all accounts; `null`: unknown.
    pub id: Option<String>,
}

/// Reads a field that is there: `null` is a value of it.
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

impl Regions {
    /// Makes the record of a catalog's regions, at this time.
    pub fn new(
        provider: &str,
        summary: &Summary,
        catalog: &Catalog,
        with_availability: bool,
        now: Timestamp,
    ) -> Self {
        let available = with_availability.then(|| Available::of(catalog, summary));
        let mut sold: BTreeMap<&str, usize> = BTreeMap::new();
        for offer in catalog
            .offers
            .iter()
            .filter(|offer| offer.market == Market::OnDemand)
        {
            *sold.entry(&offer.region).or_default() += 1;
        }
        let regions = catalog
            .regions
            .iter()
            .map(|region| Region {
                name: region.name.clone(),
                description: region.description.clone(),
                zones: region
                    .zones
                    .iter()
                    .map(|zone| Zone {
                        name: zone.name.clone(),
                        id: zone.id.clone(),
                    })
                    .collect(),
                instance_types: catalog
                    .offers_known
                    .then(|| sold.get(region.name.as_str()).copied().unwrap_or(0)),
                available_types: available.as_ref().map(|known| known.count(&region.name)),
            })
            .collect();
        Self {
            provider: provider.to_owned(),
            catalog: CatalogInfo::new(summary, now),
            missing: Gap::all(summary),
            regions,
        }
    }
}

/// Capacity of instance types, on demand.
struct Available<'a> {
    catalog: &'a Catalog,
    /// Fresh capacity and the instance types are there.
    known: bool,
    /// By region: the number of types with capacity, and of those of which it is unknown.
    types: BTreeMap<&'a str, (usize, usize)>,
}

impl<'a> Available<'a> {
    fn of(catalog: &'a Catalog, summary: &Summary) -> Self {
        let fresh = summary.is_capacity_fresh();
        let mut types: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        let candidates = Candidates::new(catalog, fresh, None);
        let mut all = candidates.all().iter();
        while let Some(one) = all.find(|one| one.market == Market::OnDemand) {
            let (free, unknown) = types.entry(one.region).or_default();
            *free += usize::from(one.capacity == Some(true));
            *unknown += usize::from(one.capacity.is_none());
        }
        Self {
            catalog,
            known: fresh && catalog.fetched.instance_types.is_some(),
            types,
        }
    }

    /// Counts the types with capacity in a region. Of none, it is known only if nothing is missing.
    fn count(&self, region: &str) -> Option<usize> {
        let (free, unknown) = self.types.get(region).copied().unwrap_or_default();
        let is_part = |gap: &types::Gap| {
            let elsewhere = matches!(&gap.error.scope, Scope::Region(other) if other != region);
            !elsewhere && [DataKind::InstanceTypes, DataKind::Capacity].contains(&gap.kind)
        };
        let whole = || self.known && !self.catalog.missing.iter().any(is_part);
        (free > 0 || unknown == 0 && whole()).then_some(free)
    }
}

#[cfg(test)]
mod tests {
    use super::Region;

    #[rstest::rstest]
    #[case::not_asked_for("", None)]
    #[case::unknown(r#","available_types":null"#, Some(None))]
    #[case::known(r#","available_types":3"#, Some(Some(3)))]
    fn a_region_is_read_back(#[case] field: &str, #[case] expected: Option<Option<usize>>) {
        let text =
            format!(r#"{{"name":"r","description":null,"zones":[],"instance_types":null{field}}}"#);
        let region: Region = serde_json::from_str(&text).unwrap();
        assert_eq!(region.available_types, expected);
        assert_eq!(serde_json::to_string(&region).unwrap(), text);
    }
}
