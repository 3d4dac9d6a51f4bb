//! Menu of the instance type.

use cloudhost_sdk::kconfig::{Choice, Cond, Menu, Symbol};

use super::view::{Machine, Place, REGION_INFER, REGION_SMART, TYPE, TYPE_SMART, View};
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
    let preferred = preferred(view);
    let surely = preferred
        .iter()
        .map(|machine| (*machine, surely_free(view, machine)));
    let (surely, rest): (Vec<_>, Vec<_>) = surely.partition(|(_, when)| when.is_some());
    let partly = |when: &Option<Cond>| !when.as_ref().is_some_and(Cond::is_always);
    for (machine, when) in &surely {
        choice = choice.default_to(&machine.symbol, when.clone().unwrap_or_default());
    }
    for (machine, _) in surely.iter().chain(&rest).filter(|(_, when)| partly(when)) {
        choice = choice.default_to(&machine.symbol, Cond::always());
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

/// Returns the default types, best first; Kconfig takes the first visible one. The order is by capacity, then by price;
/// an unknown price comes last.
fn preferred<'v, 'c>(view: &'v View<'c>) -> Vec<&'v Machine<'c>> {
    let mut out: Vec<&Machine<'_>> = view.machines.iter().collect();
    out.sort_by_key(|m| (m.stock, m.cost.is_none(), m.cost, &m.of.name));
    out
}

/// Returns the condition that a visible type certainly has capacity; `None` if it has none anywhere. A type whose
/// capacity is known in all regions needs no condition: it is hidden where it has no capacity and another type has.
fn surely_free(view: &View<'_>, machine: &Machine<'_>) -> Option<Cond> {
    let all = view.places.iter().zip(&machine.regions);
    let free = all.filter(|(_, at)| **at == Some(Some(true)));
    let free = Cond::any_set(free.map(|(place, _)| place.symbol.clone()))?;
    let partly = machine.regions.contains(&Some(None));
    Some(if partly { free } else { Cond::always() })
}

/// Returns the condition that a type can be chosen; the parent module documents the rule.
fn visible(view: &View<'_>, machine: &Machine<'_>) -> Cond {
    let arch = machine.arch;
    let elsewhere = machine.regions.contains(&Some(Some(true)));
    let shown = |place: &Place, at: &Option<Option<bool>>| match at {
        None => false,
        Some(Some(false)) => !elsewhere || place.has_none(arch),
        Some(_) => true,
    };
    let all = view.places.iter().zip(&machine.regions);
    let hidden = all.clone().any(|(place, at)| !shown(place, at));
    if !hidden {
        return arch.cond();
    }
    let smart = [REGION_SMART, REGION_INFER].map(str::to_owned);
    let smart = smart.into_iter().filter(|_| view.kdevops);
    let regions = all.filter(|(place, at)| shown(place, at));
    let regions = regions.map(|(place, _)| place.symbol.clone());
    // A type that is in the view is shown in some region, so that the list has a symbol.
    let here = Cond::any_set(smart.chain(regions)).unwrap_or_default();
    arch.cond().and(here)
}
