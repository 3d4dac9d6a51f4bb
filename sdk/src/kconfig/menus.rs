//! Menus of any catalog, for a provider without special needs.

use super::{Catalog, Choice, Cond, Dialect, File, Menu, Symbol, Symbols};
use crate::{Error, Market, Price};

/// Generates one file, `Kconfig.compute.generated`, with a choice of region, a choice of the instance types of that
/// region, and the strings `PREFIX_REGION` and `PREFIX_INSTANCE_TYPE`. A type without any offer is shown everywhere if
/// the catalog has no offers at all, and nowhere otherwise. A prompt contains the price and the capacity on demand of a
/// type, if known: `s.one ($0.75/hr) [AVAILABLE]`, `s.one (from $0.75/hr) [NO CAPACITY]`.
///
/// ```
/// use cloudhost_sdk::Error;
/// use cloudhost_sdk::kconfig::{Catalog, Dialect, File, menus};
///
/// /// A complete `Provider::emit_kconfig`, for a provider without special needs.
/// fn emit_kconfig(catalog: Catalog, dialect: Dialect) -> Result<Vec<File>, Error> {
///     menus("EXAMPLE", &catalog, dialect)
/// }
/// assert_eq!(emit_kconfig(Catalog::default(), Dialect::Plain)?[0].path, "Kconfig.compute.generated");
/// # Ok::<(), Error>(())
/// ```
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
        let symbol = symbols.make(&type_prefix, "instance type", &machine.name)?;
        type_text = type_text.default_text(&machine.name, Cond::set(&symbol));
        let gib = machine.memory_mib as f64 / 1024.0;
        let help = format!("vCPUs: {}\nMemory: {gib:.1} GiB", machine.vcpus);
        rows.push(
            Symbol::boolean(symbol, prompt(catalog, &machine.name))
                .depends_on(when)
                .help(help),
        );
    }
    menu.choice(Choice::new("Instance type"), |menu| {
        rows.into_iter().for_each(|row| menu.symbol(row))
    });
    menu.symbol(type_text);
    Ok(vec![menu.into_file("Kconfig.compute.generated")])
}

fn text(symbols: &mut Symbols, prefix: &str, name: &str, exported: bool) -> Result<Symbol, Error> {
    let symbol = symbols.fixed(&format!("{prefix}_{name}"))?;
    Ok(Symbol::text(symbol).exported(exported))
}

/// Formats the price per hour of a type on demand: `$0.75/hr`, or `from $0.75/hr` if it depends on the region. `None`
/// if no price is known.
pub fn price_words(prices: &[Price], instance_type: &str) -> Option<String> {
    let of = |p: &&Price| p.instance_type == instance_type && p.market == Market::OnDemand;
    let order = |p: &&Price| (p.per_hour.currency.clone(), p.per_hour.nanos);
    let least = &prices.iter().filter(of).min_by_key(order)?.per_hour;
    let one = prices.iter().filter(of).all(|p| p.per_hour == *least);
    Some(format!("{}{least}/hr", if one { "" } else { "from " }))
}

/// Formats the name of a type, with its known price and capacity on demand, over all regions and zones.
fn prompt(catalog: &Catalog, name: &str) -> String {
    let mut out = name.to_owned();
    if let Some(price) = price_words(&catalog.prices, name) {
        out.push_str(&format!(" ({price})"));
    }
    let known = catalog.capacity.iter();
    let mut known = known
        .filter(|c| c.instance_type == name && c.market == Market::OnDemand)
        .map(|c| c.available)
        .peekable();
    if known.peek().is_some() {
        let free = known.any(|available| available);
        out.push_str(if free {
            " [AVAILABLE]"
        } else {
            " [NO CAPACITY]"
        });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Capacity, Money};
    use rstest::rstest;

    #[rstest]
    #[case(&[], &[], "s.one")]
    #[case(&[75], &[], "s.one ($0.75/hr)")]
    #[case(&[90, 75], &[false, true], "s.one (from $0.75/hr) [AVAILABLE]")]
    #[case(&[75, 75], &[false], "s.one ($0.75/hr) [NO CAPACITY]")]
    fn prompts(#[case] cents: &[u64], #[case] available: &[bool], #[case] text: &str) {
        let price = |(n, cents): (usize, &u64)| Price {
            instance_type: "s.one".into(),
            region: n.to_string(),
            zone: None,
            market: Market::OnDemand,
            per_hour: Money::from_cents(*cents).unwrap(),
            source: "a.test/prices".into(),
            published: None,
        };
        let capacity = |(n, available): (usize, &bool)| Capacity {
            instance_type: "s.one".into(),
            region: n.to_string(),
            zone: None,
            market: Market::OnDemand,
            available: *available,
        };
        let catalog = Catalog {
            prices: cents.iter().enumerate().map(price).collect(),
            capacity: available.iter().enumerate().map(capacity).collect(),
            ..Catalog::default()
        };
        assert_eq!(prompt(&catalog, "s.one"), text);
        assert_eq!(prompt(&catalog, "s.two"), "s.two");
    }
}
