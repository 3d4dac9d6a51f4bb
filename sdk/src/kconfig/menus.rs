//! Menus of any catalog, for a provider without special needs.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::{
    Catalog, Choice, Cond, Dialect, File, Known, Menu, Symbol, Symbols, by_region, everywhere,
    hardware,
};
use crate::{Error, InstanceType};

const COMPUTE: &str = "Kconfig.compute.generated";

/// Generates `Kconfig.compute.generated` with a choice of region, a choice of the instance types of that region, and the
/// strings `PREFIX_REGION` and `PREFIX_INSTANCE_TYPE`; in the plain dialect also `Kconfig`, which sources it. `prefix` is
/// `TERRAFORM_` and the plugin's name, as the host allows no other symbols.
///
/// A type without any offer is shown everywhere if the catalog has no offers at all, and nowhere otherwise. A prompt
/// has the price and the capacity on demand only if they are the same in all regions of the type: `s.one ($0.75/hr)
/// [AVAILABLE]`; the help text has those of each region. The default type is the cheapest one of the region that is not
/// known to be unavailable.
///
/// ```
/// use cloudhost_sdk::Error;
/// use cloudhost_sdk::kconfig::{Catalog, Dialect, File, menus};
///
/// /// A complete `Provider::emit_kconfig`, for a provider without special needs.
/// fn emit_kconfig(catalog: Catalog, dialect: Dialect) -> Result<Vec<File>, Error> {
///     menus("TERRAFORM_EXAMPLE", &catalog, dialect)
/// }
/// let files = emit_kconfig(Catalog::default(), Dialect::Kdevops)?;
/// assert_eq!(files[0].path, "Kconfig.compute.generated");
/// # Ok::<(), Error>(())
/// ```
pub fn menus(prefix: &str, catalog: &Catalog, dialect: Dialect) -> Result<Vec<File>, Error> {
    let view = View::new(prefix, catalog)?;
    let exported = dialect != Dialect::Plain;
    let text = |name: &str| Symbol::text(format!("{prefix}_{name}")).exported(exported);
    let mut menu = Menu::new();
    view.regions(&mut menu, text("REGION"));
    view.types(&mut menu, text("INSTANCE_TYPE"));
    let mut files = Vec::new();
    if dialect == Dialect::Plain {
        let mut root = Menu::new();
        root.source(COMPUTE);
        files.push(root.into_file("Kconfig"));
    }
    files.push(menu.into_file(COMPUTE));
    Ok(files)
}

/// A type that can be chosen somewhere: its symbol, and the regions where it may be sold.
struct Machine<'a> {
    of: &'a InstanceType,
    symbol: String,
    regions: BTreeSet<&'a str>,
}

/// The catalog in the form of menus.
struct View<'a> {
    catalog: &'a Catalog,
    known: Known<'a>,
    /// Symbols of the regions, by name.
    regions: BTreeMap<&'a str, String>,
    machines: Vec<Machine<'a>>,
}

impl<'a> View<'a> {
    fn new(prefix: &str, catalog: &'a Catalog) -> Result<View<'a>, Error> {
        let mut symbols = Symbols::new();
        for name in ["REGION", "INSTANCE_TYPE"] {
            symbols.fixed(&format!("{prefix}_{name}"))?;
        }
        let listed = catalog.regions.iter().map(|region| &region.name);
        let selling = catalog.offers.iter().map(|offer| &offer.region);
        let mut regions = BTreeMap::new();
        for name in listed.chain(selling) {
            let symbol = symbols.make(&format!("{prefix}_REGION"), "region", name)?;
            regions.insert(name.as_str(), symbol);
        }
        let mut sold: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for offer in &catalog.offers {
            let of_type = sold.entry(&offer.instance_type).or_default();
            of_type.insert(&offer.region);
        }
        let mut machines = Vec::new();
        for of in &catalog.instance_types {
            let regions = match sold.remove(of.name.as_str()) {
                Some(regions) => regions,
                None if catalog.offers.is_empty() => regions.keys().copied().collect(),
                None => continue,
            };
            let symbol = symbols.make(
                &format!("{prefix}_INSTANCE_TYPE"),
                "instance type",
                &of.name,
            )?;
            machines.push(Machine {
                of,
                symbol,
                regions,
            });
        }
        Ok(View {
            catalog,
            known: Known::new(catalog),
            regions,
            machines,
        })
    }

    /// Returns the types that may be sold in a region.
    fn sold_in(&self, region: &str) -> impl Iterator<Item = &Machine<'a>> + Clone {
        let all = self.machines.iter();
        all.filter(move |machine| machine.regions.contains(region))
    }

    /// Adds the choice of region and its string. The default is the region where most types have capacity, or else where
    /// most are sold.
    fn regions(&self, menu: &mut Menu, mut text: Symbol) {
        let mut choice = Choice::new("Region");
        let count = |(region, _): &(&&str, &String)| {
            let sold = self.sold_in(region);
            let free = sold
                .clone()
                .filter(|one| self.known.capacity(&one.of.name, region) == Some(true));
            (Reverse(free.count()), Reverse(sold.count()))
        };
        if let Some((_, symbol)) = self.regions.iter().min_by_key(count) {
            choice = choice.default_to(symbol, Cond::always());
        }
        for (name, symbol) in &self.regions {
            text = text.default_text(*name, Cond::set(symbol));
        }
        menu.choice(choice, |menu| {
            for (name, symbol) in &self.regions {
                menu.symbol(Symbol::boolean(symbol, *name));
            }
        });
        menu.symbol(text);
    }

    /// Adds the choice of the type and its string.
    fn types(&self, menu: &mut Menu, mut text: Symbol) {
        let picks = self.regions.iter().filter_map(|(name, region)| {
            let sold = self.sold_in(name);
            let best = sold.min_by_key(|one| self.known.preference(one.of, name))?;
            Some((region.clone(), best.symbol.clone()))
        });
        let choice = Choice::new("Instance type").default_by(&Cond::always(), picks);
        for machine in &self.machines {
            text = text.default_text(&machine.of.name, Cond::set(&machine.symbol));
        }
        menu.choice(choice, |menu| {
            for machine in &self.machines {
                let regions = machine.regions.iter();
                let regions = regions.filter_map(|name| self.regions.get(name));
                let sold = match self.catalog.offers.is_empty() {
                    true => Cond::always(),
                    false => Cond::any_set(regions).unwrap_or_default(),
                };
                let row = Symbol::boolean(&machine.symbol, self.prompt(machine));
                menu.symbol(row.depends_on(sold).help(self.help(machine)));
            }
        });
        menu.symbol(text);
    }

    /// Formats the name of a type, with the price and capacity that hold in all of its regions.
    fn prompt(&self, machine: &Machine<'_>) -> String {
        let (name, regions) = (&machine.of.name, &machine.regions);
        let mut out = name.clone();
        let prices = regions.iter().map(|at| self.known.price(name, at));
        if let Some(Some(price)) = everywhere(prices) {
            out.push_str(&format!(" ({price}/hr)"));
        }
        let capacity = regions.iter().map(|at| self.known.capacity(name, at));
        out.push_str(match everywhere(capacity).flatten() {
            Some(true) => " [AVAILABLE]",
            Some(false) => " [NO CAPACITY]",
            None => "",
        });
        out
    }

    /// Formats the hardware of a type, and its prices and capacity by region. A catalog without any price or capacity
    /// has no such line.
    fn help(&self, machine: &Machine<'_>) -> String {
        let (name, regions) = (&machine.of.name, &machine.regions);
        let mut lines = hardware(machine.of);
        if !self.catalog.prices.is_empty() {
            let price = |at: &str| match self.known.price(name, at) {
                Some(price) => format!("{price}/hr"),
                None => "unknown".to_owned(),
            };
            let prices = regions.iter().map(|at| (*at, price(at)));
            lines.push(format!("Price: {}", by_region(prices)));
        }
        if !self.catalog.capacity.is_empty() {
            let capacity = |at: &str| match self.known.capacity(name, at) {
                Some(true) => "available",
                Some(false) => "none",
                None => "unknown",
            };
            let capacity = regions.iter().map(|at| (*at, capacity(at)));
            lines.push(format!("Capacity: {}", by_region(capacity)));
        }
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kconfig::{Entry, Term};
    use crate::{Capacity, Market, Money, Offer, Price, Region};
    use rstest::rstest;

    /// A type: its name, and in each region `r0`, `r1` and so on its price in cents and its capacity.
    type Row<'r> = (&'r str, &'r [(Option<u64>, Option<bool>)]);

    fn catalog(rows: &[Row<'_>]) -> Catalog {
        let mut out = Catalog::default();
        for (name, places) in rows {
            out.instance_types.push(InstanceType {
                name: (*name).into(),
                family: "f".into(),
                architectures: vec!["x86_64".into()],
                cpu_manufacturer: None,
                vcpus: 2,
                memory_mib: 4096,
                accelerators: vec![],
                disks: vec![],
                network: None,
                bare_metal: false,
                burstable: false,
                network_mbps: None,
                attributes: Vec::new(),
                free_tier: false,
                current_generation: true,
                markets: vec![],
            });
            for (number, (cents, free)) in places.iter().enumerate() {
                let region = format!("r{number}");
                if !out.regions.iter().any(|one| one.name == region) {
                    out.regions.push(Region {
                        place: None,
                        country: None,
                        name: region.clone(),
                        description: None,
                        zones: vec![],
                        location: None,
                    });
                }
                out.offers.push(Offer::on_demand(*name, &region));
                out.prices.extend(cents.map(|cents| Price {
                    instance_type: (*name).into(),
                    region: region.clone(),
                    zone: None,
                    market: Market::OnDemand,
                    per_hour: Money::from_cents(cents).unwrap(),
                    source: "a.test/prices".into(),
                    published: None,
                }));
                out.capacity.extend(free.map(|available| Capacity {
                    instance_type: (*name).into(),
                    region,
                    zone: None,
                    market: Market::OnDemand,
                    available,
                }));
            }
        }
        out
    }

    /// The symbols and choices of the file, without the root of the plain dialect.
    fn entries(catalog: &Catalog) -> (Vec<Symbol>, Vec<Choice>) {
        let files = menus("TERRAFORM_X", catalog, Dialect::Kdevops).unwrap();
        let (mut symbols, mut choices) = (vec![], vec![]);
        for entry in files.into_iter().flat_map(|file| file.entries) {
            match entry {
                Entry::Symbol(symbol) => symbols.push(symbol),
                Entry::OpenChoice(choice) => choices.push(choice),
                _ => {}
            }
        }
        (symbols, choices)
    }

    fn row(catalog: &Catalog, name: &str) -> (String, String) {
        let symbol = format!("TERRAFORM_X_INSTANCE_TYPE_{name}");
        let (symbols, _) = entries(catalog);
        let found = symbols.into_iter().find(|one| one.name == symbol).unwrap();
        let help = found.help.unwrap();
        let lines = help.lines().filter(|line| line.starts_with(['P', 'C']));
        (found.prompt.unwrap(), lines.collect::<Vec<_>>().join("; "))
    }

    const YES: Option<bool> = Some(true);
    const NO: Option<bool> = Some(false);

    #[rstest]
    #[case::nothing_known(&[(None, None), (None, None)], "one", "")]
    #[case::one_price(&[(Some(75), None), (Some(75), None)], "one ($0.75/hr)", "Price: $0.75/hr")]
    #[case::two_prices(&[(Some(75), None), (Some(90), None)], "one", "Price: $0.75/hr in r0; $0.90/hr in r1")]
    #[case::one_unknown(&[(Some(75), None), (None, None)], "one", "Price: $0.75/hr in r0; unknown in r1")]
    #[case::free(&[(None, YES), (None, YES)], "one [AVAILABLE]", "Capacity: available")]
    #[case::sold_out(&[(Some(75), NO), (Some(75), NO)], "one ($0.75/hr) [NO CAPACITY]", "Price: $0.75/hr; Capacity: none")]
    #[case::free_elsewhere(&[(None, NO), (None, YES)], "one", "Capacity: none in r0; available in r1")]
    #[case::partly_known(&[(None, None), (None, YES)], "one", "Capacity: unknown in r0; available in r1")]
    fn a_prompt_has_what_holds_everywhere(
        #[case] places: &[(Option<u64>, Option<bool>)],
        #[case] prompt: &str,
        #[case] help: &str,
    ) {
        assert_eq!(
            row(&catalog(&[("one", places)]), "ONE"),
            (prompt.to_owned(), help.to_owned())
        );
    }

    #[test]
    fn the_default_is_the_cheapest_that_is_not_known_to_be_unavailable() {
        let catalog = catalog(&[
            ("dear", &[(Some(90), YES), (Some(90), YES), (Some(90), YES)]),
            (
                "cheap",
                &[(Some(10), YES), (Some(10), NO), (Some(10), None)],
            ),
            ("unpriced", &[(None, YES), (None, YES), (None, YES)]),
        ]);
        let (_, choices) = entries(&catalog);
        let symbol = |name: &str| format!("TERRAFORM_X_{name}");
        let any = |names: &[&str]| {
            vec![
                names
                    .iter()
                    .map(|n| Term::Set(symbol(n)))
                    .collect::<Vec<_>>(),
            ]
        };
        let defaults: Vec<_> = choices[1]
            .defaults
            .iter()
            .map(|d| (d.symbol.clone(), d.when.clone()))
            .collect();
        let expected = [
            (
                symbol("INSTANCE_TYPE_CHEAP"),
                any(&["REGION_R0", "REGION_R2"]),
            ),
            (symbol("INSTANCE_TYPE_DEAR"), any(&["REGION_R1"])),
        ];
        assert_eq!(defaults, expected);
        // Most of its types have capacity.
        assert_eq!(choices[0].defaults[0].symbol, symbol("REGION_R0"));
    }

    #[test]
    fn without_offers_all_types_are_everywhere() {
        let mut catalog = catalog(&[("one", &[(Some(5), NO), (Some(5), YES)])]);
        catalog.offers.clear();
        let (symbols, _) = entries(&catalog);
        let one = symbols
            .iter()
            .find(|one| one.name.ends_with("_ONE"))
            .unwrap();
        assert_eq!(one.depends_on, Vec::<Vec<Term>>::new());
        assert_eq!(
            row(&catalog, "ONE").1,
            "Price: $0.05/hr; Capacity: none in r0; available in r1"
        );
    }

    #[test]
    fn plain_files_need_nothing_around_them() {
        let catalog = catalog(&[("one", &[(None, None)])]);
        let files = menus("TERRAFORM_X", &catalog, Dialect::Plain).unwrap();
        let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths, ["Kconfig", COMPUTE]);
        assert_eq!(files[0].entries, [Entry::Source(COMPUTE.into())]);
        for (dialect, exported) in [
            (Dialect::Plain, false),
            (Dialect::Kdevops, true),
            (Dialect::KdevopsMain, true),
        ] {
            let files = menus("TERRAFORM_X", &catalog, dialect).unwrap();
            let entries = files.iter().flat_map(|file| &file.entries);
            let text = entries.filter_map(|entry| match entry {
                Entry::Symbol(symbol) if symbol.prompt.is_none() => Some(symbol.exported),
                _ => None,
            });
            assert_eq!(text.collect::<Vec<_>>(), [exported; 2]);
        }
    }
}
