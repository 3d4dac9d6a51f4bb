//! Menus of the region, and of the zone in that region.

use cloudhost_sdk::Error;
use cloudhost_sdk::kconfig::{Choice, Cond, Menu, Symbol};

use super::view::View;

/// Generates the file of region and zone.
pub(super) fn emit(view: &mut View<'_>) -> Result<Menu, Error> {
    let mut menu = Menu::new();
    let mut region =
        Symbol::text(view.symbols.fixed("TERRAFORM_AWS_REGION")?).exported(view.exported);
    let mut zone =
        Symbol::text(view.symbols.fixed("TERRAFORM_AWS_AV_ZONE")?).exported(view.exported);
    if view.regions.is_empty() {
        menu.comment("The catalog has no regions.");
        return Ok(menu);
    }
    let names = view.regions.iter().zip(&view.region_symbols);
    let mut choice = Choice::new("AWS region");
    if let Some(symbol) = preferred(view) {
        choice = choice.default_to(symbol, Cond::always());
    }
    menu.choice(choice, |menu| {
        for (of, symbol) in names.clone() {
            menu.symbol(Symbol::boolean(symbol, &of.name).help(help(of.zones.len())));
        }
    });
    for (of, symbol) in names.clone() {
        region = region.default_text(&of.name, Cond::set(symbol));
    }
    menu.symbol(region);

    let mut zones = Vec::new();
    for (of, symbol) in names {
        let mut rows = Vec::new();
        for zone in &of.zones {
            let symbol = view
                .symbols
                .make("TERRAFORM_AWS_AV_ZONE", "zone", &zone.name)?;
            let mut row = Symbol::boolean(symbol, &zone.name);
            row.help = zone.id.as_ref().map(|id| format!("Zone ID: {id}"));
            rows.push((zone, row));
        }
        zones.push((symbol, rows));
    }
    for (symbol, rows) in zones {
        // The zone that offers most types, so that a type is rarely missing in it; of equals the first.
        let offered = |name: &String| view.in_zone.get(name.as_str()).copied().unwrap_or(0);
        let best = rows.iter().rev().max_by_key(|(of, _)| offered(&of.name));
        let Some((_, best)) = best else { continue };
        let choice = Choice::new("Availability zone").default_to(&best.name, Cond::always());
        for (of, row) in &rows {
            zone = zone.default_text(&of.name, Cond::set(&row.name));
        }
        menu.when(Cond::set(symbol), |menu| {
            menu.choice(choice, |menu| {
                rows.into_iter().for_each(|(_, row)| menu.symbol(row))
            });
        });
    }
    if !zone.defaults.is_empty() {
        menu.symbol(zone);
    }
    Ok(menu)
}

/// Returns the default region: the one whose images were fetched, which is the user's home region; else us-east-1; else
/// the first.
fn preferred<'v>(view: &'v View<'_>) -> Option<&'v String> {
    let home = view.images.first().and_then(|image| image.region.as_deref());
    let wishes = home.into_iter().chain(["us-east-1"]);
    let find = |name| view.regions.iter().position(|region| region.name == name);
    let number = wishes.filter_map(find).next().unwrap_or(0);
    view.region_symbols.get(number)
}

fn help(zones: usize) -> String {
    match zones {
        0 => "Availability zones: unknown".to_owned(),
        zones => format!("Availability zones: {zones}"),
    }
}
