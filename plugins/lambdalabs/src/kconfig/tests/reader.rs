//! Reader of the subset of Kconfig that the menus use.

use cloudhost_sdk::kconfig::{Choice, Condition, Entry, File, Symbol, Term, Value};

/// The choices and the strings of all files.
pub struct Tree {
    choices: Vec<(Choice, Vec<Symbol>)>,
    texts: Vec<Symbol>,
    pub paths: Vec<String>,
}

impl Tree {
    pub fn new(files: Vec<File>) -> Tree {
        let mut tree = Tree {
            choices: vec![],
            texts: vec![],
            paths: files.iter().map(|file| file.path.clone()).collect(),
        };
        for entry in files.into_iter().flat_map(|file| file.entries) {
            match entry {
                Entry::OpenChoice(choice) => tree.choices.push((choice, vec![])),
                Entry::Symbol(symbol) if symbol.prompt.is_some() => {
                    tree.choices.last_mut().unwrap().1.push(symbol);
                }
                Entry::Symbol(symbol) => tree.texts.push(symbol),
                Entry::OpenIf(_) => panic!("not read"),
                Entry::Close | Entry::Comment(_) | Entry::Source(_) => {}
            }
        }
        tree
    }

    fn choice(&self, prefix: &str) -> Option<&(Choice, Vec<Symbol>)> {
        let of = |symbol: &Symbol| symbol.name.starts_with(prefix);
        self.choices
            .iter()
            .find(|(_, symbols)| symbols.iter().all(of))
    }

    /// Returns the symbols of the choice whose symbols have this prefix, in their order.
    pub fn members(&self, prefix: &str) -> Vec<&Symbol> {
        let choice = self.choice(prefix).into_iter();
        choice.flat_map(|(_, symbols)| symbols).collect()
    }

    /// Returns those of them that can be chosen while these symbols are set.
    pub fn visible(&self, prefix: &str, set: &[&str]) -> Vec<String> {
        let Some((choice, symbols)) = self.choice(prefix) else {
            return vec![];
        };
        let shown = |s: &&Symbol| holds(&choice.depends_on, set) && holds(&s.depends_on, set);
        symbols
            .iter()
            .filter(shown)
            .map(|s| s.name.clone())
            .collect()
    }

    /// Returns the one that is chosen by default.
    pub fn default(&self, prefix: &str, set: &[&str]) -> Option<String> {
        let visible = self.visible(prefix, set);
        let (choice, _) = self.choice(prefix)?;
        let mut defaults = choice.defaults.iter();
        let found = defaults.find(|d| holds(&d.when, set) && visible.contains(&d.symbol));
        found.map(|d| d.symbol.clone()).or(visible.first().cloned())
    }

    /// Returns the prompt of a symbol of a choice.
    pub fn prompt(&self, name: &str) -> String {
        let mut all = self.choices.iter().flat_map(|(_, symbols)| symbols);
        let found = all.find(|symbol| symbol.name == name).unwrap();
        found.prompt.clone().unwrap()
    }

    /// Returns the value of a string.
    pub fn text(&self, name: &str, set: &[&str]) -> Option<String> {
        let symbol = self.texts.iter().find(|symbol| symbol.name == name)?;
        let default = symbol.defaults.iter().find(|d| holds(&d.when, set))?;
        match &default.value {
            Value::Text(text) => Some(text.clone()),
            Value::Boolean(_) => panic!("{name} is a string"),
        }
    }

    pub fn is_exported(&self, name: &str) -> bool {
        self.texts.iter().any(|s| s.name == name && s.exported)
    }
}

fn holds(condition: &Condition, set: &[&str]) -> bool {
    condition.iter().all(|list| {
        list.iter().any(|term| match term {
            Term::Set(name) => set.contains(&name.as_str()),
            Term::Unset(name) => !set.contains(&name.as_str()),
        })
    })
}
