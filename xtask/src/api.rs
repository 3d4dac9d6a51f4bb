//! The public interface of both libraries as text that is committed, so that a change of it is seen and meant.
//!
//! rustdoc knows the interface, and writes it as JSON with an option that it has on nightly only. The compiler that is
//! there will do it too, where `RUSTC_BOOTSTRAP` is set; set for cargo, it would have most dependencies compiled again.
//! So this program stands in for rustdoc, and sets it for rustdoc alone.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use cloudhost_tests::{target_dir, workspace};
use public_api::{Builder, PublicItem};

use crate::{build, tool};

/// Each library, and the file with its interface.
const LIBRARIES: [(&str, &str); 2] = [
    ("cloudhost", "host/api.txt"),
    ("cloudhost_sdk", "sdk/api.txt"),
];

/// What is left out: records and stubs that are made from `wit/`, whose changes are seen there, and the command line,
/// which is no interface for programs. Nor is there what the feature `otel` adds (`Otlp`, `OtlpError`): with it, the
/// dependencies would be compiled for this alone.
const ELSEWHERE: [&str; 3] = [
    "cloudhost::contract::",
    "cloudhost::cli",
    "cloudhost_sdk::bindings::",
];

/// Set where this program runs as rustdoc.
const WRAPPER: &str = "XTASK_RUSTDOC";

/// Compares the interfaces with the files, or writes the files.
pub fn check(update: bool) -> Result<()> {
    // With the examples, because they need what tests need: then the dependencies are those that the lints have checked.
    let mut doc = tool::cargo(["doc", "--workspace", "--lib", "--examples"]);
    doc.args(build::TESTED)
        .args(["--no-deps", "--quiet"])
        .env("RUSTDOC", tool::itself())
        .env(
            "RUSTDOCFLAGS",
            "-Z unstable-options --output-format json --cap-lints allow",
        )
        .env(WRAPPER, "1");
    tool::step("public interface", &mut doc)?;
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
            "the public interface is not the one in {}: if that is meant, run `cargo xtask api --update`, and say in \
             CHANGELOG.md what users must know",
            changed.join(" and ")
        );
    }
    Ok(())
}

/// What is public, as rustdoc wrote it into a file.
fn items(json: &Path) -> Result<Vec<PublicItem>> {
    let api = Builder::from_rustdoc_json(json)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .omit_auto_derived_impls(true)
        .build();
    let api = api.with_context(|| {
        format!(
            "{} cannot be read: the crate `public-api` in Cargo.toml has to be the one for this compiler's rustdoc",
            json.display()
        )
    })?;
    let items = api.items().filter(|item| !is_elsewhere(&item.to_string()));
    Ok(items.cloned().collect())
}

/// One item on each line.
fn listing(items: &[PublicItem]) -> String {
    items.iter().map(|item| format!("{item}\n")).collect()
}

/// Whether an item is one of those that are left out. Others may mention them.
fn is_elsewhere(line: &str) -> bool {
    let words = line.split([' ', '(', '<']);
    let mut paths = words.filter(|word| word.contains("::"));
    let of = match line.split_once(" for ") {
        Some((_, of)) if line.starts_with("impl") => of,
        _ => paths.next().unwrap_or_default(),
    };
    line.contains("cloudhost::cli::") || ELSEWHERE.iter().any(|elsewhere| of.starts_with(elsewhere))
}

/// Lines that went and lines that came.
fn difference(kept: &str, found: &str) -> String {
    let (kept, found): (BTreeSet<_>, BTreeSet<_>) =
        (kept.lines().collect(), found.lines().collect());
    let gone = kept.difference(&found).map(|line| format!("-{line}\n"));
    let new = found.difference(&kept).map(|line| format!("+{line}\n"));
    gone.chain(new).collect()
}

/// Becomes rustdoc, with what is there on nightly only. Returns only where this program is not the wrapper.
pub fn wrap() -> Result<()> {
    if env::var_os(WRAPPER).is_none() {
        return Ok(());
    }
    let mut rustdoc = Command::new("rustdoc");
    rustdoc
        .args(env::args_os().skip(1))
        .env("RUSTC_BOOTSTRAP", "1");
    Err(rustdoc.exec()).context("cannot start rustdoc")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_shown() {
        let said = difference("pub fn a()\npub fn b()\n", "pub fn b()\npub fn c()\n");
        assert_eq!(said, "-pub fn a()\n+pub fn c()\n");
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
