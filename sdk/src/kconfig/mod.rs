//! Kconfig files as typed entries, built so that no `close` can be forgotten.
//!
//! This module creates the entries; the host quotes strings, checks symbols and writes the files. [`Menu`] builds a
//! file, [`Cond`] a condition, and [`Symbols`] prevents two API names from becoming one symbol.
//!
//! The host accepts only symbols that begin with `TERRAFORM_` and the plugin's name in upper case, with `_` for `-`:
//! `TERRAFORM_MY_CLOUD_REGION`; [`Menu::target_arch`] adds the two others, which only the plain dialect may define.
//! Conditions may name any symbol, but form no cycle. A value passes [`crate::is_value`]. In the plain dialect one of the
//! files is `Kconfig`, which sources the others.

mod arch;
mod condition;
mod hardware;
mod known;
mod menus;
mod symbols;

pub use crate::bindings::exports::cloudhost::provider::kconfig::{
    Catalog, Choice, ChoiceDefault, Condition, DefaultValue, Dialect, Entry, File, Symbol,
    SymbolKind, Term, Value,
};
pub use arch::Arch;
pub use condition::Cond;
pub use hardware::{accelerators, hardware};
pub use known::{Known, by_region, everywhere};
pub use menus::menus;
pub use symbols::{Symbols, symbol_part};

impl Symbol {
    /// Creates a boolean with a prompt.
    pub fn boolean(name: impl Into<String>, prompt: impl Into<String>) -> Symbol {
        Symbol {
            prompt: Some(prompt.into()),
            ..Symbol::bare(name, SymbolKind::Boolean)
        }
    }

    /// Creates a string without a prompt: its value comes only from its defaults.
    pub fn text(name: impl Into<String>) -> Symbol {
        Symbol::bare(name, SymbolKind::Text)
    }

    fn bare(name: impl Into<String>, kind: SymbolKind) -> Symbol {
        Symbol {
            name: name.into(),
            kind,
            prompt: None,
            defaults: Vec::new(),
            depends_on: Vec::new(),
            help: None,
            exported: false,
        }
    }

    /// Adds a default text that applies while `when` holds and no earlier default applies.
    #[must_use]
    pub fn default_text(mut self, value: impl Into<String>, when: Cond) -> Symbol {
        self.defaults.push(DefaultValue {
            value: Value::Text(value.into()),
            when: when.into(),
        });
        self
    }

    /// Sets the condition of its visibility.
    #[must_use]
    pub fn depends_on(mut self, when: Cond) -> Symbol {
        self.depends_on = when.into();
        self
    }

    /// Sets the help text.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Symbol {
        self.help = Some(text.into());
        self
    }

    /// Sets whether Terraform reads it.
    #[must_use]
    pub fn exported(mut self, exported: bool) -> Symbol {
        self.exported = exported;
        self
    }
}

impl Choice {
    /// Creates a choice that is always visible and defaults to its first visible symbol.
    pub fn new(prompt: impl Into<String>) -> Choice {
        Choice {
            prompt: prompt.into(),
            defaults: Vec::new(),
            depends_on: Vec::new(),
            help: None,
        }
    }

    /// Adds a default that applies while `when` holds, if `symbol` is visible and no earlier default applies.
    #[must_use]
    pub fn default_to(mut self, symbol: impl Into<String>, when: Cond) -> Choice {
        self.defaults.push(ChoiceDefault {
            symbol: symbol.into(),
            when: when.into(),
        });
        self
    }

    /// Adds the default for each symbol of another choice: pairs of that symbol and the one to default to, while `when`
    /// holds. Equal ones share one default; if all are equal, it does not depend on the other choice.
    #[must_use]
    pub fn default_by(
        mut self,
        when: &Cond,
        picks: impl IntoIterator<Item = (String, String)>,
    ) -> Choice {
        let mut groups: Vec<(String, Vec<String>)> = Vec::new();
        for (other, symbol) in picks {
            match groups.iter_mut().find(|(of, _)| *of == symbol) {
                Some((_, others)) => others.push(other),
                None => groups.push((symbol, vec![other])),
            }
        }
        let alone = groups.len() == 1;
        for (symbol, others) in groups {
            let others = Cond::any_set(others).filter(|_| !alone).unwrap_or_default();
            self = self.default_to(symbol, when.clone().and(others));
        }
        self
    }

    /// Sets the condition of its visibility.
    #[must_use]
    pub fn depends_on(mut self, when: Cond) -> Choice {
        self.depends_on = when.into();
        self
    }

    /// Sets the help text.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Choice {
        self.help = Some(text.into());
        self
    }
}

/// Builder of a file. Blocks are closures, so that each `open` has its `close`.
///
/// ```
/// use cloudhost_sdk::kconfig::{Choice, Cond, Menu, Symbol};
///
/// let mut menu = Menu::new();
/// menu.comment("Regions of Example");
/// menu.choice(Choice::new("Region"), |menu| {
///     menu.symbol(Symbol::boolean("TERRAFORM_EXAMPLE_REGION_EAST", "east"));
/// });
/// let region = Symbol::text("TERRAFORM_EXAMPLE_REGION");
/// menu.symbol(region.default_text("east", Cond::set("TERRAFORM_EXAMPLE_REGION_EAST")));
/// menu.when(Cond::set("TERRAFORM_EXAMPLE"), |menu| menu.source("Kconfig.more"));
/// let file = menu.into_file("Kconfig.regions");
/// // The choice and the condition have each an entry that closes it.
/// assert_eq!(file.entries.len(), 8);
/// ```
#[derive(Debug, Default)]
pub struct Menu {
    entries: Vec<Entry>,
}

impl Menu {
    /// Creates a file without entries.
    pub fn new() -> Menu {
        Menu::default()
    }

    /// Adds a comment line for readers of the file.
    pub fn comment(&mut self, text: impl Into<String>) {
        self.entries.push(Entry::Comment(text.into()));
    }

    /// Sources another file of the same result.
    pub fn source(&mut self, path: impl Into<String>) {
        self.entries.push(Entry::Source(path.into()));
    }

    /// Adds a symbol.
    pub fn symbol(&mut self, symbol: Symbol) {
        self.entries.push(Entry::Symbol(symbol));
    }

    /// Adds a choice of the symbols that `fill` adds. A choice without symbols is omitted: Kconfig could never give it
    /// a value.
    pub fn choice(&mut self, choice: Choice, fill: impl FnOnce(&mut Menu)) {
        self.block(Entry::OpenChoice(choice), fill);
    }

    /// Adds a block that is visible only under this condition; if it always holds, the entries are added without a
    /// block.
    pub fn when(&mut self, when: Cond, fill: impl FnOnce(&mut Menu)) {
        if when.is_always() {
            fill(self);
        } else {
            self.block(Entry::OpenIf(when.into()), fill);
        }
    }

    fn block(&mut self, open: Entry, fill: impl FnOnce(&mut Menu)) {
        let before = self.entries.len();
        self.entries.push(open);
        fill(self);
        if self.entries.len() == before + 1 {
            self.entries.truncate(before);
        } else {
            self.entries.push(Entry::Close);
        }
    }

    /// Returns the finished file; `path` is below the output directory, with `/`.
    pub fn into_file(self, path: impl Into<String>) -> File {
        File {
            path: path.into(),
            entries: self.entries,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_close_and_empty_ones_vanish() {
        let mut menu = Menu::new();
        menu.choice(Choice::new("Empty"), |_| {});
        menu.when(Cond::set("A"), |menu| {
            menu.choice(Choice::new("Full"), |menu| {
                menu.symbol(Symbol::boolean("B", "b"))
            });
        });
        menu.when(Cond::always(), |menu| menu.comment("c"));
        let shape: Vec<&str> = menu.entries.iter().map(kind).collect();
        assert_eq!(
            shape,
            ["if", "choice", "symbol", "close", "close", "comment"]
        );
    }

    fn kind(entry: &Entry) -> &'static str {
        match entry {
            Entry::Comment(_) => "comment",
            Entry::Source(_) => "source",
            Entry::OpenIf(_) => "if",
            Entry::OpenChoice(_) => "choice",
            Entry::Close => "close",
            Entry::Symbol(_) => "symbol",
        }
    }
}
