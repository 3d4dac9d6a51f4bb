//! The catalog in the form of menus: regions and types with their symbols and capacity.

use std::collections::{BTreeMap, BTreeSet};

use cloudhost_sdk::kconfig::{Arch, Catalog, Dialect, Symbols, price_words};
use cloudhost_sdk::{Error, InstanceType, Market, Money, Region};

use crate::places;

pub(super) const REGION: &str = "TERRAFORM_LAMBDALABS_REGION";
pub(super) const TYPE: &str = "TERRAFORM_LAMBDALABS_INSTANCE_TYPE";
pub(super) const REGION_SMART: &str = "TERRAFORM_LAMBDALABS_REGION_SMART";
pub(super) const REGION_INFER: &str = "TERRAFORM_LAMBDALABS_REGION_SMART_INFER";
pub(super) const TYPE_SMART: &str = "TERRAFORM_LAMBDALABS_INSTANCE_TYPE_SMART";

/// Known capacity of a type over all regions, or of a region over all types.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Stock {
    Available,
    Unknown,
    /// No capacity anywhere.
    Empty,
}

impl Stock {
    fn of(known: impl Iterator<Item = Option<bool>> + Clone) -> Stock {
        if known.clone().any(|one| one == Some(true)) {
            Stock::Available
        } else if known.clone().all(|one| one == Some(false)) && known.count() > 0 {
            Stock::Empty
        } else {
            Stock::Unknown
        }
    }
}

/// A region with types.
#[derive(Debug)]
pub(super) struct Place {
    pub of: Region,
    pub symbol: String,
    pub stock: Stock,
    /// Number of types with capacity, by architecture.
    pub free: BTreeMap<Arch, usize>,
}

impl Place {
    /// Returns the number of types with capacity.
    pub fn total(&self) -> usize {
        self.free.values().sum()
    }

    /// Returns true if no type of an architecture is known to have capacity.
    pub fn has_none(&self, arch: Arch) -> bool {
        self.free.get(&arch).is_none_or(|count| *count == 0)
    }
}

/// A type that can be chosen somewhere.
#[derive(Debug)]
pub(super) struct Machine<'a> {
    pub of: &'a InstanceType,
    pub symbol: String,
    pub arch: Arch,
    pub stock: Stock,
    /// Text such as `$0.75/hr`.
    pub price: Option<String>,
    /// Lowest price per hour, for comparison.
    pub cost: Option<u64>,
    /// Per region, in the order of the view: `None` if the type is not offered there, else its capacity, if known.
    pub regions: Vec<Option<Option<bool>>>,
}

/// The catalog in the form of menus.
#[derive(Debug)]
pub(super) struct View<'a> {
    /// Those with most capacity first, then by name.
    pub places: Vec<Place>,
    /// Those with capacity first, then by name.
    pub machines: Vec<Machine<'a>>,
    /// `true` if Terraform reads the strings, and the tree can define symbols for the files.
    pub kdevops: bool,
}

impl<'a> View<'a> {
    pub fn new(catalog: &'a Catalog, dialect: Dialect) -> Result<View<'a>, Error> {
        let mut symbols = Symbols::new();
        let of_archs = Arch::ASKED.into_iter().filter_map(Arch::symbol);
        for fixed in [REGION, TYPE, REGION_SMART, REGION_INFER, TYPE_SMART]
            .into_iter()
            .chain(of_archs)
        {
            symbols.fixed(fixed)?;
        }
        let mut free: BTreeMap<(&str, &str), bool> = BTreeMap::new();
        for one in &catalog.capacity {
            if one.market == Market::OnDemand {
                *free.entry((&one.instance_type, &one.region)).or_default() |= one.available;
            }
        }
        let offered: BTreeSet<(&str, &str)> = catalog
            .offers
            .iter()
            .map(|offer| (offer.instance_type.as_str(), offer.region.as_str()))
            .collect();
        // Without offers the regions of a type are unknown: it is shown everywhere.
        let is_offered = |of: &str, at: &str| offered.is_empty() || offered.contains(&(of, at));
        let lookup = |of: &str, at: &str| is_offered(of, at).then(|| free.get(&(of, at)).copied());

        let mut places = Vec::new();
        for of in regions(catalog) {
            let types = catalog.instance_types.iter();
            let known = types
                .filter_map(|t| Some((Arch::of(&t.architectures), lookup(&t.name, &of.name)?)));
            let known: Vec<(Arch, Option<bool>)> = known.collect();
            if known.is_empty() && !catalog.instance_types.is_empty() {
                continue;
            }
            let mut free = BTreeMap::new();
            for (arch, _) in known.iter().filter(|(_, free)| *free == Some(true)) {
                *free.entry(*arch).or_default() += 1;
            }
            places.push(Place {
                symbol: symbols.make(REGION, "region", &of.name)?,
                stock: Stock::of(known.iter().map(|(_, free)| *free)),
                free,
                of,
            });
        }
        places.sort_by(|a, b| (b.total(), &a.of.name).cmp(&(a.total(), &b.of.name)));

        let mut machines = Vec::new();
        for of in &catalog.instance_types {
            let at = |place: &Place| lookup(&of.name, &place.of.name);
            let regions: Vec<Option<Option<bool>>> = places.iter().map(at).collect();
            if !places.is_empty() && regions.iter().all(Option::is_none) {
                continue;
            }
            machines.push(Machine {
                of,
                symbol: symbols.make(TYPE, "instance type", &of.name)?,
                arch: Arch::of(&of.architectures),
                stock: Stock::of(regions.iter().flatten().copied()),
                price: price_words(&catalog.prices, &of.name),
                cost: cost(catalog, &of.name),
                regions,
            });
        }
        machines.sort_by(|a, b| (a.stock, &a.of.name).cmp(&(b.stock, &b.of.name)));
        Ok(View {
            places,
            machines,
            kdevops: dialect == Dialect::Kdevops,
        })
    }

    /// Returns the architectures of the types.
    pub fn archs(&self) -> BTreeSet<Arch> {
        self.machines.iter().map(|machine| machine.arch).collect()
    }

    /// Returns the names of the regions where a type has capacity.
    pub fn free(&self, machine: &Machine<'_>) -> impl Iterator<Item = String> {
        let all = self.places.iter().zip(&machine.regions);
        let free = all.filter(|(_, at)| **at == Some(Some(true)));
        free.map(|(place, _)| place.of.name.clone())
    }

    /// Returns true if the type is shown without capacity in a region that has capacity, but only of another
    /// architecture.
    pub fn misleads(&self, machine: &Machine<'_>) -> bool {
        let mut all = self.places.iter().zip(&machine.regions);
        all.any(|(place, at)| {
            *at == Some(Some(false)) && place.total() > 0 && place.has_none(machine.arch)
        })
    }

    /// Returns the region for a type, if it follows from the type: the first, which has most, with capacity, else the
    /// first with unknown capacity, else any.
    pub fn best(&self, machine: &Machine<'_>) -> Option<&Place> {
        let all = || self.places.iter().zip(&machine.regions);
        let find = |state| all().find(|(_, at)| **at == Some(state));
        let best = find(Some(true)).or_else(|| find(None));
        let (place, _) = best.or_else(|| find(Some(false)))?;
        Some(place)
    }
}

/// Returns the regions of the catalog: those that are listed, and those that offers or capacity name.
fn regions(catalog: &Catalog) -> Vec<Region> {
    let mut out: BTreeMap<&str, Region> = BTreeMap::new();
    for region in &catalog.regions {
        out.insert(&region.name, region.clone());
    }
    let named = catalog.offers.iter().map(|offer| &offer.region);
    for name in named.chain(catalog.capacity.iter().map(|one| &one.region)) {
        out.entry(name)
            .or_insert_with(|| places::region(name, None));
    }
    out.into_values().collect()
}

/// Returns the lowest price per hour, in nano-units; `None` unless all prices are in USD, as other currencies cannot be
/// compared.
fn cost(catalog: &Catalog, name: &str) -> Option<u64> {
    let of = catalog.prices.iter();
    let of = of.filter(|p| p.instance_type == name && p.market == Market::OnDemand);
    let money: Vec<&Money> = of.map(|price| &price.per_hour).collect();
    let one = money.iter().all(|m| m.currency == "USD");
    money.iter().map(|m| m.nanos).min().filter(|_| one)
}
