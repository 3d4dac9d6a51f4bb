//! Filters: the part of a catalog that a user wants.
//!
//! A name that the catalog does not have is an error that suggests similar names: a typing error must not become an
//! empty menu. A filter that matches nothing otherwise gives an empty catalog.

use std::collections::{BTreeSet, HashSet};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Catalog;
use crate::contract::cloudhost::provider::types::{AcceleratorKind, Scope};
use crate::{HasRemedy, Remedy};

/// Most names that a hint suggests.
const OFFERED: usize = 5;
/// Letters of a wrong name that are compared. Names in a catalog have at most 256 bytes, and real ones fewer.
const LONGEST: usize = 64;

/// A filter of a catalog. Empty lists and `None` select everything.
///
/// ```
/// use cloudhost::catalog::{Catalog, Filter, FilterError};
///
/// fn large(catalog: Catalog) -> Result<Catalog, FilterError> {
///     let mut filter = Filter::default();
///     filter.gpu = true;
///     filter.min_vcpus = Some(64);
///     filter.apply(catalog)
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Filter {
    /// Names of regions. Selects these regions, the offers in them, and the types that one of them offers.
    pub regions: Vec<String>,
    /// Names of families.
    pub families: Vec<String>,
    /// Only types with a GPU. Other accelerators do not count.
    pub gpu: bool,
    /// Only types with at least this many vCPUs.
    pub min_vcpus: Option<u32>,
    /// Instruction sets. Selects types that run one of them, and images made for one of them.
    pub architectures: Vec<String>,
    /// A name that the catalog does not have is a list of names with commas between them, as on a command line. Names can
    /// have commas too.
    pub lists: bool,
}

/// A filter that names something that the catalog does not have.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("the catalog has no {what} {name:?}{}", because(why))]
pub struct FilterError {
    /// The cloud's error for this region.
    pub why: Option<String>,
    /// Kind of the name: `region`, `family` or `architecture`.
    pub what: &'static str,
    /// The name.
    pub name: String,
    /// Known names most similar to it, at most five, the most similar first.
    pub close: Vec<String>,
    /// Number of known names.
    pub known: usize,
}

impl HasRemedy for FilterError {
    fn remedy(&self) -> Option<Remedy> {
        if self.why.is_some() || self.close.is_empty() {
            return Some(Remedy::Refresh);
        }
        Some(Remedy::UseName {
            close: self.close.clone(),
            known: self.known,
        })
    }
}

impl Filter {
    /// A text that is equal for two filters exactly if they select the same; part of a generation's key.
    pub fn key(&self) -> String {
        let names = |list: &[String]| {
            list.iter()
                .cloned()
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect()
        };
        let sorted = Filter {
            regions: names(&self.regions),
            families: names(&self.families),
            gpu: self.gpu,
            min_vcpus: self.min_vcpus.filter(|least| *least > 0),
            architectures: names(&self.architectures),
            lists: self.lists,
        };
        // A record of texts and numbers always has a JSON form. Its debug form is as good a key.
        serde_json::to_string(&sorted).unwrap_or_else(|_| format!("{sorted:?}"))
    }

    /// Keeps the selected part of a catalog. Its digest stays that of the whole.
    ///
    /// If a filter on regions meets a catalog without known offers, types stay: it is not known where they are sold.
    /// Offers, prices and capacity of types that are filtered out are dropped. Images are filtered by architecture
    /// alone, because their names and name patterns mean the same in every region.
    ///
    /// # Errors
    /// A name that the catalog does not have.
    pub fn apply(&self, mut catalog: Catalog) -> Result<Catalog, FilterError> {
        let named = self.resolved(&catalog)?;
        let wanted = |names: &[String], name: &String| names.is_empty() || names.contains(name);
        let region = |name: &String| wanted(&named.regions, name);
        catalog.regions.retain(|one| region(&one.name));
        catalog.offers.retain(|one| region(&one.region));
        catalog.prices.retain(|one| region(&one.region));
        catalog.capacity.retain(|one| region(&one.region));
        let sold: Option<HashSet<&str>> =
            (!named.regions.is_empty() && catalog.offers_known).then(|| {
                let types = catalog.offers.iter();
                types.map(|offer| offer.instance_type.as_str()).collect()
            });
        catalog.instance_types.retain(|kind| {
            wanted(&named.families, &kind.family)
                && sold
                    .as_ref()
                    .is_none_or(|sold| sold.contains(kind.name.as_str()))
                && (named.architectures.is_empty()
                    || kind
                        .architectures
                        .iter()
                        .any(|name| named.architectures.contains(name)))
                && (!self.gpu
                    || kind
                        .accelerators
                        .iter()
                        .any(|device| device.kind == AcceleratorKind::Gpu))
                && kind.vcpus >= self.min_vcpus.unwrap_or(0)
        });
        if catalog.fetched.instance_types.is_some() {
            let types = catalog.instance_types.iter();
            let left: HashSet<&str> = types.map(|kind| kind.name.as_str()).collect();
            let left = |name: &String| left.contains(name.as_str());
            catalog.offers.retain(|one| left(&one.instance_type));
            catalog.prices.retain(|one| left(&one.instance_type));
            catalog.capacity.retain(|one| left(&one.instance_type));
        }
        catalog
            .images
            .retain(|one| wanted(&named.architectures, &one.architecture));
        Ok(catalog)
    }

    /// Returns the filter with the names that the catalog has.
    fn resolved(&self, catalog: &Catalog) -> Result<Self, FilterError> {
        // A provider may sell in regions that it did not list, and regions may not have been fetched.
        let listed = catalog.regions.iter().map(|region| &region.name);
        let selling = catalog.offers.iter().map(|offer| &offer.region);
        let priced = catalog.prices.iter().map(|price| &price.region);
        let held = catalog.capacity.iter().map(|capacity| &capacity.region);
        let regions = listed.chain(selling).chain(priced).chain(held);
        let regions = names("region", &self.regions, self.lists, regions).map_err(|error| {
            let region = Scope::Region(error.name.clone());
            let gap = catalog.missing.iter().find(|gap| gap.error.scope == region);
            FilterError {
                why: gap.map(|gap| gap.error.message.clone()),
                ..error
            }
        })?;
        let types = &catalog.instance_types;
        let families = types.iter().map(|kind| &kind.family);
        let of_types = types.iter().flat_map(|kind| &kind.architectures);
        let of_images = catalog.images.iter().map(|image| &image.architecture);
        let architectures = of_types.chain(of_images);
        Ok(Self {
            regions,
            families: names("family", &self.families, self.lists, families)?,
            architectures: names(
                "architecture",
                &self.architectures,
                self.lists,
                architectures,
            )?,
            ..self.clone()
        })
    }
}

fn because(why: &Option<String>) -> String {
    why.as_ref().map_or(String::new(), |why| {
        format!("; it could not be fetched: {why}")
    })
}

/// Returns the wanted names, all of which are known. With `lists`, a value that is not a known name is a list of names.
pub(crate) fn names<'n, N: AsRef<str> + ?Sized + 'n>(
    what: &'static str,
    wanted: &[String],
    lists: bool,
    known: impl Iterator<Item = &'n N>,
) -> Result<Vec<String>, FilterError> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let known: BTreeSet<&str> = known.map(AsRef::as_ref).collect();
    let all = wanted.iter().flat_map(|value| match lists {
        true if !known.contains(value.as_str()) => value.split(',').collect(),
        _ => vec![value.as_str()],
    });
    let checked = all.map(|name| match known.contains(name) {
        true => Ok(name.to_owned()),
        false => Err(FilterError {
            what,
            why: None,
            name: name.to_owned(),
            close: nearest(name, known.iter().copied()),
            known: known.len(),
        }),
    });
    checked.collect()
}

/// Known names most similar to a wrong one: at most five, the most similar first.
pub(crate) fn nearest<'n>(wrong: &str, known: impl Iterator<Item = &'n str>) -> Vec<String> {
    // A name longer than any real one has no similar name, and costs time.
    let wrong: String = wrong.to_lowercase().chars().take(LONGEST).collect();
    let mut ranked: Vec<(usize, &str)> = known
        .map(|name| (strsim::osa_distance(&wrong, &name.to_lowercase()), name))
        .collect();
    ranked.sort_unstable();
    ranked.dedup();
    ranked
        .into_iter()
        .take(OFFERED)
        .map(|(_, name)| name.to_owned())
        .collect()
}
