//! The catalog in the form of menus: by family, with the regions that offer each type.

use std::collections::{BTreeMap, BTreeSet};

use cloudhost_sdk::kconfig::{Arch, Catalog, Cond, Dialect, Known, Symbols};
use cloudhost_sdk::{Error, Image, InstanceType, Offer, Region};

use super::prices::Prices;

/// A type that can be selected somewhere.
#[derive(Debug)]
pub(super) struct Machine<'a> {
    pub of: &'a InstanceType,
    pub arch: Arch,
    /// By number of the region. `None` if the catalog has no offers at all: visible everywhere.
    pub offers: Option<BTreeMap<usize, &'a Offer>>,
}

/// The catalog in the form of menus.
#[derive(Debug)]
pub(super) struct View<'a> {
    /// Sorted by name.
    pub regions: Vec<&'a Region>,
    /// The symbol of each region.
    pub region_symbols: Vec<String>,
    /// By family, the smallest type first.
    pub families: BTreeMap<&'a str, Vec<Machine<'a>>>,
    /// Architectures that need a menu entry.
    pub archs: BTreeSet<Arch>,
    pub images: &'a [Image],
    /// Number of types that each zone offers, by the zone's name.
    pub in_zone: BTreeMap<&'a str, usize>,
    pub symbols: Symbols,
    /// `true` if Terraform reads the strings.
    pub exported: bool,
    pub prices: Prices<'a>,
    pub known: Known<'a>,
}

impl<'a> View<'a> {
    pub fn new(catalog: &'a Catalog, dialect: Dialect) -> Result<View<'a>, Error> {
        let mut symbols = Symbols::new();
        for symbol in Arch::ASKED.into_iter().filter_map(Arch::symbol) {
            symbols.fixed(symbol)?;
        }
        let mut regions: Vec<&Region> = catalog.regions.iter().collect();
        regions.sort_by(|a, b| a.name.cmp(&b.name));
        regions.dedup_by(|a, b| a.name == b.name);
        let symbol =
            |region: &&Region| symbols.make("TERRAFORM_AWS_REGION", "region", &region.name);
        let region_symbols = regions.iter().map(symbol).collect::<Result<_, _>>()?;

        let families = families(catalog, &regions);
        let mut in_zone = BTreeMap::new();
        for zone in catalog.offers.iter().flat_map(|offer| &offer.zones) {
            *in_zone.entry(zone.as_str()).or_default() += 1;
        }
        let machines = families.values().flatten();
        let mut archs: BTreeSet<Arch> = machines.map(|machine| machine.arch).collect();
        if archs.is_empty() || archs.contains(&Arch::Other) {
            archs.extend(Arch::ASKED);
        }
        Ok(View {
            regions,
            region_symbols,
            families,
            archs,
            images: &catalog.images,
            in_zone,
            symbols,
            exported: dialect != Dialect::Plain,
            prices: Prices::new(catalog),
            known: Known::new(catalog),
        })
    }

    /// Returns the condition that one of these regions is chosen: the shorter of "one of those" and "none of the
    /// others". `None` without regions.
    pub fn in_regions(&self, numbers: &BTreeSet<usize>) -> Option<Cond> {
        let named = |inside: bool| {
            let all = self.region_symbols.iter().enumerate();
            all.filter(move |(n, _)| numbers.contains(n) == inside)
                .map(|(_, symbol)| symbol)
        };
        if numbers.is_empty() {
            None
        } else if 2 * numbers.len() <= self.region_symbols.len() {
            Cond::any_set(named(true))
        } else {
            Some(Cond::none_set(named(false)))
        }
    }

    /// Returns the condition that one of these types can be selected; `None` if it can never hold.
    pub fn selectable(&self, machines: &[&Machine<'_>]) -> Option<Cond> {
        let mut by_arch: BTreeMap<Arch, Option<BTreeSet<usize>>> = BTreeMap::new();
        for machine in machines {
            let numbers = machine.offers.as_ref().map(|offers| offers.keys().copied());
            let known = by_arch
                .entry(machine.arch)
                .or_insert_with(|| Some(BTreeSet::new()));
            match (known.as_mut(), numbers) {
                (Some(known), Some(numbers)) => known.extend(numbers),
                _ => *known = None,
            }
        }
        let conds = by_arch.into_iter().filter_map(|(arch, numbers)| {
            let regions = match numbers {
                Some(numbers) => self.in_regions(&numbers)?,
                None => Cond::always(),
            };
            Some(arch.cond().and(regions))
        });
        conds.reduce(Cond::or)
    }
}

/// Returns the types that can be selected somewhere, smallest first: metal last, then by vCPUs, memory and name.
fn families<'a>(catalog: &'a Catalog, regions: &[&Region]) -> BTreeMap<&'a str, Vec<Machine<'a>>> {
    let numbers: BTreeMap<&str, usize> = regions
        .iter()
        .enumerate()
        .map(|(n, region)| (region.name.as_str(), n))
        .collect();
    let mut offers: BTreeMap<&str, BTreeMap<usize, &Offer>> = BTreeMap::new();
    for offer in &catalog.offers {
        if let Some(number) = numbers.get(offer.region.as_str()) {
            offers
                .entry(&offer.instance_type)
                .or_default()
                .entry(*number)
                .or_insert(offer);
        }
    }
    let everywhere = catalog.offers.is_empty();
    let mut families: BTreeMap<&str, Vec<Machine<'_>>> = BTreeMap::new();
    for of in &catalog.instance_types {
        let offers = offers.remove(of.name.as_str());
        if offers.is_some() || everywhere {
            let arch = Arch::of(&of.architectures);
            families
                .entry(&of.family)
                .or_default()
                .push(Machine { of, arch, offers });
        }
    }
    for machines in families.values_mut() {
        let size = |m: &Machine<'a>| (m.of.bare_metal, m.of.vcpus, m.of.memory_mib, &m.of.name);
        machines.sort_by(|a, b| size(a).cmp(&size(b)));
    }
    families
}
