//! Menus of the instance family, and of the type in that family.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use cloudhost_sdk::Error;
use cloudhost_sdk::kconfig::{Arch, Choice, Cond, File, Menu, Symbol};

use super::Layout;
use super::help::type_help;
use super::view::{Machine, View};

const FAMILY: &str = "TERRAFORM_AWS_INSTANCE_FAMILY";
const SIZE: &str = "TERRAFORM_AWS_INSTANCE_SIZE";
const TYPE: &str = "TERRAFORM_AWS_INSTANCE_TYPE";

/// Adds the file of families, and each family in a separate file or as a block of that one.
pub(super) fn emit(
    view: &mut View<'_>,
    layout: &Layout,
    files: &mut Vec<File>,
) -> Result<(), Error> {
    view.symbols.fixed(TYPE)?;
    let families = std::mem::take(&mut view.families);
    let mut menu = Menu::new();
    let mut rows = Vec::new();
    let mut shown = Vec::new();
    for (family, machines) in &families {
        let all: Vec<&Machine<'_>> = machines.iter().collect();
        let Some(visible) = view.selectable(&all) else {
            continue;
        };
        let symbol = view.symbols.make(FAMILY, "family", family)?;
        let row = Symbol::boolean(&symbol, *family).depends_on(visible);
        rows.push(row.help(format!("Types: {}", machines.len())));
        shown.push((symbol, family, machines));
    }
    if rows.is_empty() {
        menu.comment("The catalog has no instance types that can be selected.");
    }
    let mut choice = Choice::new("Instance family");
    let all = shown.iter().flat_map(|(symbol, _, machines)| {
        let machines: &Vec<Machine<'_>> = machines;
        machines.iter().map(move |machine| (machine, symbol))
    });
    choice = cheapest(view, choice, &all.collect::<Vec<_>>());
    for family in preferred(
        families
            .iter()
            .map(|(name, machines)| (*name, machines.as_slice())),
    ) {
        choice = choice.default_to(view.symbols.make(FAMILY, "family", family)?, Cond::always());
    }
    menu.choice(choice, |menu| {
        rows.into_iter().for_each(|row| menu.symbol(row))
    });
    for (symbol, family, machines) in shown {
        if layout.file_of_each_family {
            let path = format!("instance-types/Kconfig.{}.generated", file_part(family));
            let mut own = Menu::new();
            one(view, &symbol, machines, &mut own)?;
            files.push(own.into_file(&path));
            menu.source(path);
        } else {
            one(view, &symbol, machines, &mut menu)?;
        }
    }
    files.push(menu.into_file(layout.compute));
    view.families = families;
    Ok(())
}

/// Adds one family: its types, smallest first, so that the first visible one is the default.
fn one(
    view: &mut View<'_>,
    family: &str,
    machines: &[Machine<'_>],
    menu: &mut Menu,
) -> Result<(), Error> {
    let mut text = Symbol::text(TYPE).exported(view.exported);
    let mut rows = Vec::new();
    let mut members = Vec::new();
    for machine in machines {
        let Some(visible) = view.selectable(&[machine]) else {
            continue;
        };
        let symbol = view.symbols.make(SIZE, "instance type", &machine.of.name)?;
        text = text.default_text(&machine.of.name, Cond::set(&symbol));
        let row = Symbol::boolean(&symbol, &machine.of.name).depends_on(visible);
        rows.push(row.help(type_help(view, machine)));
        members.push((machine, symbol));
    }
    let all: Vec<_> = members
        .iter()
        .map(|(machine, symbol)| (*machine, symbol))
        .collect();
    let mut choice = cheapest(view, Choice::new("Instance type"), &all);
    if let Some((_, first)) = members.first() {
        choice = choice.default_to(first, Cond::always());
    }
    menu.when(Cond::set(family), |menu| {
        menu.choice(choice, |menu| {
            rows.into_iter().for_each(|row| menu.symbol(row))
        });
        menu.symbol(text);
    });
    Ok(())
}

/// Adds defaults by architecture and region: the symbol of the cheapest type that is not known to be unavailable there.
/// Only in the plain dialect, because kdevops has defaults of its own, and only of types with a known price.
fn cheapest(view: &View<'_>, mut choice: Choice, all: &[(&Machine<'_>, &String)]) -> Choice {
    for arch in view.archs.iter().filter(|_| !view.exported) {
        let regions = view.regions.iter().zip(&view.region_symbols).enumerate();
        let picks = regions.filter_map(|(number, (region, symbol))| {
            let here = all.iter().filter(|(machine, _)| {
                let offers = machine.offers.as_ref();
                [*arch, Arch::Other].contains(&machine.arch)
                    && offers.is_none_or(|offers| offers.contains_key(&number))
                    && view.known.price(&machine.of.name, &region.name).is_some()
            });
            let (_, best) =
                here.min_by_key(|(machine, _)| view.known.preference(machine.of, &region.name))?;
            Some((symbol.clone(), (*best).clone()))
        });
        choice = choice.default_by(&arch.cond(), picks);
    }
    choice
}

/// Returns the default families, best first; Kconfig takes the first visible one. Only general-purpose families (`m`
/// and a generation): those in more than half the regions of the widest one come first, and of these the newest.
fn preferred<'a>(
    families: impl Iterator<Item = (&'a str, &'a [Machine<'a>])> + Clone,
) -> Vec<&'a str> {
    let reach = |machines: &[Machine<'_>]| {
        let offers = machines
            .iter()
            .filter_map(|machine| machine.offers.as_ref());
        offers
            .flat_map(|offers| offers.keys().copied())
            .collect::<BTreeSet<usize>>()
            .len()
    };
    let arch = |machines: &[Machine<'_>]| machines.first().map_or(Arch::Other, |m| m.arch);
    let general: Vec<(Arch, usize, u32, &str)> = families
        .filter_map(|(name, machines)| {
            Some((arch(machines), reach(machines), generation(name)?, name))
        })
        .collect();
    let widest = |arch| {
        general
            .iter()
            .filter(|g| g.0 == arch)
            .map(|g| g.1)
            .max()
            .unwrap_or(0)
    };
    let mut ranked = general.clone();
    ranked.sort_by_key(|(arch, reach, generation, name)| {
        let common = 2 * reach > widest(*arch);
        (
            Reverse(common),
            Reverse(*generation),
            Reverse(*reach),
            name.len(),
            *name,
        )
    });
    ranked.into_iter().map(|(_, _, _, name)| name).collect()
}

/// Parses the generation of a general-purpose family: 7 of `m7i` and `m7i-flex`, none of `mac2` and `r7i`.
fn generation(family: &str) -> Option<u32> {
    let rest = family.strip_prefix('m')?;
    let end = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    rest.get(..end)?.parse().ok()
}

/// Converts a family to a part of a file name.
fn file_part(family: &str) -> String {
    let one = |c: char| match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_' => c,
        _ => '_',
    };
    family.chars().map(one).collect()
}
