//! Menus of any catalog, for a provider that has no wishes of its own.

use super::{Catalog, Choice, Cond, Dialect, File, Menu, Symbol, Symbols};
use crate::Error;

/// One file, `Kconfig.compute.generated`, with a choice of region, a choice of machine type that shows those of
/// the region, and the strings `PREFIX_REGION` and `PREFIX_INSTANCE_TYPE`. A type without any offer is shown
/// everywhere if the catalog has no offers at all, and nowhere otherwise.
pub fn menus(prefix: &str, catalog: &Catalog, dialect: Dialect) -> Result<Vec<File>, Error> {
    let exported = dialect == Dialect::Kdevops;
    let mut symbols = Symbols::new();
    let mut menu = Menu::new();

    let mut region_text = text(&mut symbols, prefix, "REGION", exported)?;
    let mut rows = Vec::new();
    let region_prefix = format!("{prefix}_REGION");
    for region in &catalog.regions {
        let symbol = symbols.make(&region_prefix, "region", &region.name)?;
        region_text = region_text.default_text(&region.name, Cond::set(&symbol));
        rows.push(Symbol::boolean(symbol, &region.name));
    }
    menu.choice(Choice::new("Region"), |menu| {
        rows.into_iter().for_each(|row| menu.symbol(row))
    });
    menu.symbol(region_text);

    let mut type_text = text(&mut symbols, prefix, "INSTANCE_TYPE", exported)?;
    let mut rows = Vec::new();
    let type_prefix = format!("{prefix}_INSTANCE_TYPE");
    for machine in &catalog.instance_types {
        let mut sold = Vec::new();
        for offer in catalog
            .offers
            .iter()
            .filter(|o| o.instance_type == machine.name)
        {
            let symbol = symbols.make(&region_prefix, "region", &offer.region)?;
            if !sold.contains(&symbol) {
                sold.push(symbol);
            }
        }
        let when = match Cond::any_set(sold) {
            Some(when) => when,
            None if catalog.offers.is_empty() => Cond::always(),
            None => continue,
        };
        let symbol = symbols.make(&type_prefix, "machine type", &machine.name)?;
        type_text = type_text.default_text(&machine.name, Cond::set(&symbol));
        let gib = machine.memory_mib as f64 / 1024.0;
        let help = format!("vCPUs: {}\nMemory: {gib:.1} GiB", machine.vcpus);
        rows.push(
            Symbol::boolean(symbol, &machine.name)
                .depends_on(when)
                .help(help),
        );
    }
    menu.choice(Choice::new("Machine type"), |menu| {
        rows.into_iter().for_each(|row| menu.symbol(row))
    });
    menu.symbol(type_text);
    Ok(vec![menu.into_file("Kconfig.compute.generated")])
}

fn text(symbols: &mut Symbols, prefix: &str, name: &str, exported: bool) -> Result<Symbol, Error> {
    let symbol = symbols.fixed(&format!("{prefix}_{name}"))?;
    Ok(Symbol::text(symbol).exported(exported))
}
