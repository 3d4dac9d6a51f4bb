//! The catalog in the form of menus: regions and types with their symbols and capacity.

use std::collections::{BTreeMap, BTreeSet};

use cloudhost_sdk::kconfig::{Arch, Catalog, Dialect, Known, Symbols};
use cloudhost_sdk::{Error, InstanceType, Region};

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

/// A region.
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

/// A type.
#[derive(Debug)]
pub(super) struct Machine<'a> {
    pub of: &'a InstanceType,
    pub symbol: String,
    pub arch: Arch,
    pub stock: Stock,
    /// Its capacity by region, in the order of the view; `None`: unknown.
    pub free: Vec<Option<bool>>,
}

/// The catalog in the form of menus. Where a type is sold is unknown: it may be sold in every region.
#[derive(Debug)]
pub(super) struct View<'a> {
    /// Those with most capacity first, then by name.
    pub places: Vec<Place>,
    /// Those with capacity first, then by name.
    pub machines: Vec<Machine<'a>>,
    pub known: Known<'a>,
    /// `true` if Terraform reads the strings, and the tree can define symbols for the files.
    pub kdevops: bool,
    /// `true` if the defaults are those of the script that kdevops' main branch has.
    pub main: bool,
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
        let known = Known::new(catalog);
        let mut places = Vec::new();
        for of in regions(catalog) {
            let here = catalog.instance_types.iter().map(|one| {
                let free = known.capacity(&one.name, &of.name);
                (Arch::of(&one.architectures), free)
            });
            let here: Vec<(Arch, Option<bool>)> = here.collect();
            let mut free = BTreeMap::new();
            for (arch, _) in here.iter().filter(|(_, free)| *free == Some(true)) {
                *free.entry(*arch).or_default() += 1;
            }
            places.push(Place {
                symbol: symbols.make(REGION, "region", &of.name)?,
                stock: Stock::of(here.iter().map(|(_, free)| *free)),
                free,
                of,
            });
        }
        places.sort_by(|a, b| (b.total(), &a.of.name).cmp(&(a.total(), &b.of.name)));

        let mut machines = Vec::new();
        for of in &catalog.instance_types {
            let free = places
                .iter()
                .map(|place| known.capacity(&of.name, &place.of.name));
            let free: Vec<Option<bool>> = free.collect();
            machines.push(Machine {
                of,
                symbol: symbols.make(TYPE, "instance type", &of.name)?,
                arch: Arch::of(&of.architectures),
                stock: Stock::of(free.iter().copied()),
                free,
            });
        }
        machines.sort_by(|a, b| (a.stock, &a.of.name).cmp(&(b.stock, &b.of.name)));
        Ok(View {
            places,
            machines,
            known,
            kdevops: dialect != Dialect::Plain,
            main: dialect == Dialect::KdevopsMain,
        })
    }

    /// Returns the architectures of the types.
    pub fn archs(&self) -> BTreeSet<Arch> {
        self.machines.iter().map(|machine| machine.arch).collect()
    }

    /// Returns the regions where a type can be chosen, each with its capacity; the parent module documents the rule.
    pub fn shown(&self, machine: &Machine<'_>) -> impl Iterator<Item = (&Place, Option<bool>)> {
        let elsewhere = machine.free.contains(&Some(true));
        let arch = machine.arch;
        let all = self.places.iter().zip(machine.free.iter().copied());
        all.filter(move |(place, free)| *free != Some(false) || !elsewhere || place.has_none(arch))
    }

    /// Returns the names of the regions where the capacity of a type is this.
    pub fn named(&self, machine: &Machine<'_>, free: Option<bool>) -> Vec<&str> {
        let all = self.places.iter().zip(&machine.free);
        let such = all.filter(|(_, at)| **at == free);
        such.map(|(place, _)| place.of.name.as_str()).collect()
    }

    /// Returns the region for a type, if it follows from the type: the first, which has most, with capacity, else the
    /// first with unknown capacity, else any.
    pub fn best(&self, machine: &Machine<'_>) -> Option<&Place> {
        let all = || self.places.iter().zip(&machine.free);
        let find = |state| all().find(|(_, at)| **at == state);
        let best = find(Some(true)).or_else(|| find(None));
        let (place, _) = best.or_else(|| find(Some(false)))?;
        Some(place)
    }
}

/// Returns the regions of the catalog: those that are listed, and those that prices and capacity name. Without any, the
/// built-in ones.
fn regions(catalog: &Catalog) -> Vec<Region> {
    let mut out: BTreeMap<&str, Region> = BTreeMap::new();
    for region in &catalog.regions {
        out.insert(&region.name, region.clone());
    }
    let prices = catalog.prices.iter().map(|price| &price.region);
    let capacity = catalog.capacity.iter().map(|one| &one.region);
    for name in prices.chain(capacity) {
        out.entry(name)
            .or_insert_with(|| places::region(name, None));
    }
    match out.is_empty() && !catalog.instance_types.is_empty() {
        true => places::all().collect(),
        false => out.into_values().collect(),
    }
}
