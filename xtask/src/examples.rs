//! Examples in the documentation: every public type, trait, function and macro has one that is compiled.
//!
//! A method, a field and a variant are shown by the example of their type; a constant, an alias and a module by what
//! they are for.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use public_api::PublicItem;
use serde::Deserialize;

/// What has an example of its own. A function of a type has none of these: it is not in the list of paths.
const SHOWN: [&str; 7] = [
    "struct",
    "enum",
    "union",
    "trait",
    "function",
    "macro",
    "proc_macro",
];

/// Modules of records that are made from `wit/`, under whatever names others give them again: what uses them shows
/// what they are for.
const MADE: [&str; 2] = ["bindings", "contract"];

/// The part that is needed of what rustdoc writes about a crate.
#[derive(Deserialize)]
struct Crate {
    index: HashMap<u32, Item>,
    paths: HashMap<u32, Named>,
}

#[derive(Deserialize)]
struct Item {
    docs: Option<String>,
}

#[derive(Deserialize)]
struct Named {
    kind: String,
    path: Vec<String>,
}

/// Those of the items that should have an example and have none.
pub fn lacking(json: &Path, items: &[PublicItem]) -> Result<Vec<String>> {
    let text = fs::read(json).with_context(|| json.display().to_string())?;
    let known: Crate = serde_json::from_slice(&text)
        .with_context(|| format!("{} is not what rustdoc writes", json.display()))?;
    let bare = items.iter().filter(|item| {
        let id = item.id().0;
        let named = known.paths.get(&id);
        let named = named.filter(|named| {
            named
                .path
                .get(1)
                .is_none_or(|module| !MADE.contains(&module.as_str()))
        });
        let docs = known.index.get(&id).and_then(|item| item.docs.as_deref());
        named.is_some_and(|named| SHOWN.contains(&named.kind.as_str()))
            && !has_example(docs.unwrap_or_default())
    });
    Ok(bare.map(ToString::to_string).collect())
}

/// Whether there is a block of code that is compiled.
fn has_example(docs: &str) -> bool {
    let mut fences = docs
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("```"));
    let mut compiled = false;
    while let Some(opened) = fences.next() {
        compiled |= ["", "rust", "no_run", "rust,no_run"].contains(&opened.trim());
        fences.next();
    }
    compiled
}

#[cfg(test)]
mod tests {
    use super::has_example;

    #[test]
    fn only_what_is_compiled_counts() {
        assert!(has_example("A thing.\n\n```\nf();\n```\n"));
        assert!(has_example("```text\na\n```\n```no_run\nf();\n```"));
        assert!(!has_example("A thing, `f()`."));
        assert!(!has_example("```text\na\n```"));
        assert!(!has_example("```ignore\nf();\n```"));
    }
}
