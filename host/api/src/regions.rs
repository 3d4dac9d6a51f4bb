//! Records of `regions list`.

use crate::{CatalogInfo, Gap};
use cloudhost::catalog::Catalog;
use cloudhost::contract::cloudhost::provider::types::Market;
use cloudhost::host::Summary;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::{BTreeMap, BTreeSet};

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
    /// Number of instance types with capacity now, on demand; `null`: unknown. Left out unless requested.
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
        let available = available(catalog, summary);
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
                available_types: with_availability
                    .then(|| Some(available.as_ref()?.get(&region.name).copied().unwrap_or(0))),
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

/// Counts the types with capacity on demand, by region; `None` where no fresh capacity is known.
fn available(catalog: &Catalog, summary: &Summary) -> Option<BTreeMap<String, usize>> {
    if !summary.is_capacity_fresh() || catalog.capacity.is_empty() {
        return None;
    }
    let mut types: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for one in &catalog.capacity {
        let there = types.entry(one.region.clone()).or_default();
        if one.available && one.market == Market::OnDemand {
            there.insert(&one.instance_type);
        }
    }
    Some(
        types
            .into_iter()
            .map(|(region, types)| (region, types.len()))
            .collect(),
    )
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
