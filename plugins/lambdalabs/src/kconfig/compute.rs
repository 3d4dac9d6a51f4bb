//! Menu of the instance type.

use cloudhost_sdk::kconfig::{Arch, Choice, Cond, Menu, Symbol};

use super::view::{Machine, REGION_INFER, REGION_SMART, TYPE, TYPE_SMART, View};
use super::words::{type_help, type_prompt};

/// Generates the file of the instance type.
pub(super) fn emit(view: &View<'_>) -> Menu {
    let mut menu = Menu::new();
    if view.machines.is_empty() {
        menu.comment("The catalog has no instance types.");
        return menu;
    }
    let mut choice = Choice::new("Lambda Cloud instance type");
    let mut text = Symbol::text(TYPE).exported(view.kdevops);
    if view.kdevops {
        choice = choice.depends_on(Cond::unset(TYPE_SMART));
    }
    // The script of kdevops' main branch has the first one with capacity, which is the first of the menu.
    let archs: Vec<Arch> = view.archs().into_iter().filter(|_| !view.main).collect();
    for &arch in &archs {
        choice = choice.default_by(&arch.cond(), picks(view, arch));
    }
    // If the region follows from the type, none is chosen.
    for &arch in &archs {
        let best = of_arch(view, arch).min_by_key(|machine| {
            let place = view.best(machine)?;
            Some(view.known.preference(machine.of, &place.of.name))
        });
        if let Some(machine) = best {
            choice = choice.default_to(&machine.symbol, arch.cond());
        }
    }
    menu.choice(choice, |menu| {
        for machine in &view.machines {
            let row = Symbol::boolean(&machine.symbol, type_prompt(view, machine));
            let row = row.depends_on(visible(view, machine));
            menu.symbol(row.help(type_help(view, machine)));
        }
    });
    for machine in &view.machines {
        text = text.default_text(&machine.of.name, Cond::set(&machine.symbol));
    }
    menu.symbol(text);
    menu
}

/// Returns the default type of an architecture for each region, as the symbols of both: the cheapest one that is not
/// known to be unavailable there.
fn picks(view: &View<'_>, arch: Arch) -> impl Iterator<Item = (String, String)> {
    view.places.iter().filter_map(move |place| {
        let name = &place.of.name;
        let here = |machine: &&Machine<'_>| {
            let mut shown = view.shown(machine);
            shown.any(|(at, _)| at.of.name == *name)
        };
        let all = of_arch(view, arch).filter(here);
        let best = all.min_by_key(|machine| view.known.preference(machine.of, name))?;
        Some((place.symbol.clone(), best.symbol.clone()))
    })
}

/// Returns the types that can be chosen with an architecture.
fn of_arch<'v, 'c>(view: &'v View<'c>, arch: Arch) -> impl Iterator<Item = &'v Machine<'c>> {
    let machines = view.machines.iter();
    machines.filter(move |machine| [arch, Arch::Other].contains(&machine.arch))
}

/// Returns the condition that a type can be chosen.
fn visible(view: &View<'_>, machine: &Machine<'_>) -> Cond {
    let arch = machine.arch;
    if view.shown(machine).count() == view.places.len() {
        return arch.cond();
    }
    let smart = [REGION_SMART, REGION_INFER].map(str::to_owned);
    let smart = smart.into_iter().filter(|_| view.kdevops);
    let regions = view.shown(machine).map(|(place, _)| place.symbol.clone());
    // A type that is in the view is shown in some region, so that the list has a symbol.
    let here = Cond::any_set(smart.chain(regions)).unwrap_or_default();
    arch.cond().and(here)
}
