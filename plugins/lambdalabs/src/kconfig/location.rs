//! Menu of the region.

use cloudhost_sdk::kconfig::{Arch, Choice, Cond, Menu, Symbol};

use super::view::{Place, REGION, REGION_INFER, REGION_SMART, View};
use super::words::{region_help, region_prompt};

/// Default region of kdevops' playbooks, as in the manifest.
pub(super) const HOME: &str = "us-west-1";

/// Generates the file of the region.
pub(super) fn emit(view: &View<'_>) -> Menu {
    let mut menu = Menu::new();
    if view.places.is_empty() {
        menu.comment("The catalog has no regions.");
        return menu;
    }
    let mut choice = Choice::new("Lambda Cloud region");
    let mut text = Symbol::text(REGION).exported(view.kdevops);
    if view.kdevops {
        choice = choice.depends_on(Cond::none_set([REGION_SMART, REGION_INFER]));
    }
    for (symbol, when) in preferred(view) {
        choice = choice.default_to(symbol, when);
    }
    menu.choice(choice, |menu| {
        for place in &view.places {
            let row = Symbol::boolean(&place.symbol, region_prompt(place));
            menu.symbol(row.help(region_help(place)));
        }
    });
    for place in &view.places {
        text = text.default_text(&place.of.name, Cond::set(&place.symbol));
    }
    for machine in view.machines.iter().filter(|_| view.kdevops) {
        if let Some(place) = view.best(machine) {
            let when = Cond::set(REGION_INFER).and(Cond::set(&machine.symbol));
            text = text.default_text(&place.of.name, when);
        }
    }
    menu.symbol(text);
    menu
}

/// Returns the default regions: for each architecture the one where most of its types have capacity, and then the one where
/// most types have; kdevops' main branch has the latter alone. Without any known capacity it is kdevops' own default,
/// if that is there.
fn preferred<'v>(view: &'v View<'_>) -> Vec<(&'v String, Cond)> {
    let most = |arch: Option<Arch>| {
        let free = |place: &Place| arch.map(|arch| place.free.get(&arch).copied().unwrap_or(0));
        let home = |place: &Place| place.total() == 0 && place.of.name == HOME;
        let places = view.places.iter().rev();
        let best = places.max_by_key(|place| (free(place), place.total(), home(place)))?;
        Some((&best.symbol, arch.map(Arch::cond).unwrap_or_default()))
    };
    let archs = view.archs().into_iter().filter(|_| !view.main);
    archs.map(Some).chain([None]).filter_map(most).collect()
}
