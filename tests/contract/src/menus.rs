//! Menus with every kind of entry.

use cloudhost_sdk::kconfig::{
    Catalog, Choice, Cond, DefaultValue, Dialect, File, Menu, Symbol, Value,
};

const TYPE: &str = "TERRAFORM_FIXTURE_TYPE";

pub(crate) fn files(catalog: &Catalog, dialect: Dialect) -> Vec<File> {
    let mut top = Menu::new();
    top.comment(format!(
        "{} regions, {} types, {} offers, {} images, {} prices, {} of capacity",
        catalog.regions.len(),
        catalog.instance_types.len(),
        catalog.offers.len(),
        catalog.images.len(),
        catalog.prices.len(),
        catalog.capacity.len(),
    ));
    let symbols: Vec<(String, &str)> = catalog
        .instance_types
        .iter()
        .map(|one| {
            (
                format!("{TYPE}_{}", one.name.to_uppercase()),
                one.name.as_str(),
            )
        })
        .collect();
    let mut choice = Choice::new("Machine type").help("What it is.\nAnd why.");
    if let Some((symbol, _)) = symbols.last() {
        choice = choice.default_to(symbol, Cond::unset("TERRAFORM_FIXTURE_NONE"));
    }
    top.choice(choice, |menu| {
        for (symbol, name) in &symbols {
            menu.symbol(Symbol::boolean(
                symbol,
                format!("{name} \"$(shell,false)\""),
            ));
        }
    });
    let none = Symbol {
        defaults: vec![DefaultValue {
            value: Value::Boolean(false),
            when: Vec::new(),
        }],
        ..Symbol::boolean("TERRAFORM_FIXTURE_NONE", "None at all")
    };
    top.symbol(none.help("Takes the first."));
    top.when(
        Cond::any_set(symbols.iter().map(|(symbol, _)| symbol)).unwrap_or_default(),
        |menu| {
            menu.source("Kconfig.inner.generated");
        },
    );
    let mut inner = Menu::new();
    let mut name = Symbol::text(TYPE).exported(dialect != Dialect::Plain);
    for (symbol, text) in &symbols {
        name = name.default_text(*text, Cond::set(symbol));
    }
    inner.symbol(name);
    vec![
        top.into_file("Kconfig.fixture.generated"),
        inner.into_file("Kconfig.inner.generated"),
    ]
}
