//! A small reader of Kconfig entries.

use super::*;

/// Content of a file: its choices with their symbols, its strings, conditions and sources.
#[derive(Default)]
pub(super) struct Read<'f> {
    pub choices: Vec<(&'f Choice, Vec<&'f Symbol>)>,
    pub texts: Vec<&'f Symbol>,
    pub all: Vec<&'f Symbol>,
    pub conditions: Vec<&'f Condition>,
    pub sources: Vec<&'f str>,
}

/// Reads a file, and checks that it closes each block.
pub(super) fn read(file: &File) -> Read<'_> {
    let mut out = Read::default();
    let mut open = Vec::new();
    for entry in &file.entries {
        match entry {
            Entry::Comment(_) => {}
            Entry::Source(path) => out.sources.push(path),
            Entry::OpenIf(when) => {
                assert!(!when.is_empty());
                out.conditions.push(when);
                open.push("if");
            }
            Entry::OpenChoice(choice) => {
                open.push("choice");
                out.choices.push((choice, vec![]));
            }
            Entry::Close => drop(open.pop().expect("something is open")),
            Entry::Symbol(symbol) => {
                out.all.push(symbol);
                out.conditions.push(&symbol.depends_on);
                out.conditions
                    .extend(symbol.defaults.iter().map(|default| &default.when));
                if open.last() == Some(&"choice") {
                    assert_eq!(symbol.kind, SymbolKind::Boolean);
                    out.choices.last_mut().unwrap().1.push(symbol);
                } else if symbol.kind == SymbolKind::Text {
                    out.texts.push(symbol);
                }
            }
        }
    }
    assert!(open.is_empty(), "{} has open blocks", file.path);
    out
}
