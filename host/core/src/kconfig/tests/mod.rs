//! Tests of the rules one by one, of the text's structure, and with the real readers.

mod check;
mod cycles;
mod name;
mod readers;
mod rendered;
mod structure;
mod text;
mod values;

use super::{KconfigError, Options, Rendered};
use crate::contract::exports::cloudhost::provider::kconfig::{
    Choice, ChoiceDefault, Condition, DefaultValue, Dialect, Entry, File, Symbol, SymbolKind, Term,
    Value,
};

fn options(dialect: Dialect) -> Options {
    Options::new(dialect, "x")
}

/// Renders as [`super::render`], with symbols of any name.
fn render(files: &[File], options: &Options) -> Result<Vec<Rendered>, KconfigError> {
    let prefix = super::name::source_prefix(&options.source_prefix)?;
    super::check::check(files)?;
    super::render::render(files, options, &prefix)
}

fn file(path: &str, entries: Vec<Entry>) -> File {
    File {
        path: path.into(),
        entries,
    }
}

/// A boolean with a prompt.
fn boolean(name: &str, prompt: &str) -> Symbol {
    Symbol {
        name: name.into(),
        kind: SymbolKind::Boolean,
        prompt: Some(prompt.into()),
        defaults: Vec::new(),
        depends_on: Vec::new(),
        help: None,
        exported: false,
    }
}

/// A string without a prompt.
fn string(name: &str, value: &str) -> Symbol {
    let defaults = vec![DefaultValue {
        value: Value::Text(value.into()),
        when: Vec::new(),
    }];
    Symbol {
        kind: SymbolKind::Text,
        prompt: None,
        defaults,
        ..boolean(name, "")
    }
}

fn choice(prompt: &str) -> Choice {
    Choice {
        prompt: prompt.into(),
        defaults: Vec::new(),
        depends_on: Vec::new(),
        help: None,
    }
}

fn is_set(name: &str) -> Condition {
    vec![vec![Term::Set(name.into())]]
}

fn plain(entries: Vec<Entry>) -> Result<String, KconfigError> {
    let rendered: Vec<Rendered> = render(&[file("Kconfig.x", entries)], &options(Dialect::Plain))?;
    Ok(rendered.into_iter().map(|file| file.text).collect())
}
