//! The public interface of both libraries as committed text, so that every change is visible and intended.
//! `xtask/src/api.rs` runs rustdoc, whose JSON is read here.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use cloudhost_tests::{target_dir, workspace};
use public_api::{Builder, PublicItem};

/// Each library, and the file with its interface.
const LIBRARIES: [(&str, &str); 2] = [
    ("cloudhost", "host/core/api.txt"),
    ("cloudhost_sdk", "sdk/api.txt"),
];

/// Omitted items: records and stubs that are generated from `wit/`, where their changes are visible. The items of the
/// feature `otel` (`Otlp`, `OtlpError`) are missing too: with it, the dependencies would be compiled for this alone.
const ELSEWHERE: [&str; 2] = ["cloudhost::contract::", "cloudhost_sdk::bindings::"];

/// Compares the interfaces with the files, or writes the files. rustdoc must have written its JSON.
pub fn check(update: bool) -> Result<()> {
    let mut changed = Vec::new();
    for (library, file) in LIBRARIES {
        let path = workspace().join(file);
        let json = target_dir().join("doc").join(format!("{library}.json"));
        let items = items(&json)?;
        let found = listing(&items);
        let kept = fs::read_to_string(&path).unwrap_or_default();
        if found == kept {
            continue;
        }
        if update {
            fs::write(&path, found).with_context(|| path.display().to_string())?;
            continue;
        }
        print!("{}", difference(&kept, &found));
        changed.push(file);
    }
    if !changed.is_empty() {
        bail!(
            "the public interface differs from {}: if that is intended, run `cargo xtask api --update` and describe the \
             change in CHANGELOG.md",
            changed.join(" and ")
        );
    }
    Ok(())
}

/// Reads the public items from rustdoc's JSON.
fn items(json: &Path) -> Result<Vec<PublicItem>> {
    let api = Builder::from_rustdoc_json(json)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .omit_auto_derived_impls(true)
        .build();
    let api = api.with_context(|| {
        format!(
            "cannot read {}: the crate `public-api` in Cargo.toml must be the one for this compiler's rustdoc",
            json.display()
        )
    })?;
    let items = api.items().filter(|item| !is_elsewhere(&item.to_string()));
    Ok(items.cloned().collect())
}

/// Formats one item per line.
fn listing(items: &[PublicItem]) -> String {
    items.iter().map(|item| format!("{item}\n")).collect()
}

/// Returns true if an item is omitted. Other items may mention it.
fn is_elsewhere(line: &str) -> bool {
    let words = line.split([' ', '(', '<']);
    let mut paths = words.filter(|word| word.contains("::"));
    let of = match line.split_once(" for ") {
        Some((_, of)) if line.starts_with("impl") => of,
        _ => paths.next().unwrap_or_default(),
    };
    ELSEWHERE.iter().any(|elsewhere| of.starts_with(elsewhere))
}

/// Returns the removed and the added lines.
fn difference(kept: &str, found: &str) -> String {
    let (kept, found): (BTreeSet<_>, BTreeSet<_>) =
        (kept.lines().collect(), found.lines().collect());
    let gone = kept.difference(&found).map(|line| format!("-{line}\n"));
    let new = found.difference(&kept).map(|line| format!("+{line}\n"));
    gone.chain(new).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_shown() {
        let shown = difference("pub fn a()\npub fn b()\n", "pub fn b()\npub fn c()\n");
        assert_eq!(shown, "-pub fn a()\n+pub fn c()\n");
    }

    #[test]
    fn made_from_wit() {
        assert!(is_elsewhere("pub struct cloudhost::contract::X"));
        assert!(is_elsewhere(
            "pub cloudhost::contract::X::name: alloc::string::String"
        ));
        assert!(is_elsewhere(
            "impl core::fmt::Debug for cloudhost::contract::X"
        ));
        assert!(!is_elsewhere(
            "pub fn cloudhost::host::f() -> cloudhost::contract::X"
        ));
        assert!(!is_elsewhere(
            "impl A<cloudhost::contract::X> for cloudhost::host::B"
        ));
    }
}
