//! Rules for dependencies: licences, sources, unwanted crates, and duplicate versions.
//!
//! The data is from `cargo tree`, for everything that is compiled in the workspace.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail};

use crate::tool;

/// Targets that the workspace is compiled for.
const TARGETS: [&str; 3] = [
    "x86_64-unknown-linux-gnu",
    "aarch64-unknown-linux-gnu",
    "wasm32-wasip2",
];

/// Licences under which code may be used.
const LICENCES: [&str; 11] = [
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-3-Clause",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    // Of libFuzzer, which is in no released program.
    "NCSA",
    "Unicode-3.0",
    "Zlib",
];

/// Unwanted crates, and their replacement.
const UNWANTED: [(&str, &str); 4] = [
    (
        "openssl-sys",
        "use rustls, so that a build needs no system library",
    ),
    (
        "native-tls",
        "use rustls, so that a build needs no system library",
    ),
    ("atty", "use std::io::IsTerminal"),
    ("serde_yaml", "archived; use serde-saphyr"),
];

/// Crates that the program has in two versions, because its dependencies need both. Each is compiled twice.
const TWICE: [&str; 10] = [
    "base64",
    "block-buffer",
    "cpufeatures",
    "crypto-common",
    "digest",
    "getrandom",
    "hashbrown",
    "io-lifetimes",
    "sha2",
    "syn",
];

/// Fails if a rule is broken, and names each crate with the rule.
pub fn check() -> Result<()> {
    eprintln!("==> dependencies");
    let mut broken = Vec::new();
    let mut whole = vec![
        "--workspace",
        "--all-features",
        "--edges",
        "normal,build,dev",
    ];
    whole.extend(TARGETS.iter().flat_map(|target| ["--target", target]));
    for package in packages(&whole)? {
        broken.extend(package.broken());
    }
    broken.extend(duplicates(&packages(&[
        "--package",
        "cloudhost-cli",
        "--edges",
        "normal",
    ])?));
    if !broken.is_empty() {
        bail!(
            "rules for dependencies (xtask/src/deps.rs) are broken:\n    {}",
            broken.join("\n    ")
        );
    }
    Ok(())
}

/// One crate of the graph.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Package {
    name: String,
    version: String,
    /// Source, if not crates.io.
    place: String,
    licence: String,
}

fn packages(which: &[&str]) -> Result<BTreeSet<Package>> {
    let mut tree = tool::cargo(["tree", "--prefix", "none", "--format", "{p}\t{l}"]);
    let lines = tool::output(tree.args(which))?;
    Ok(lines.lines().filter_map(Package::read).collect())
}

impl Package {
    /// Reads a line such as `name v1.2.3 (/path)<tab>MIT`.
    fn read(line: &str) -> Option<Self> {
        let (package, licence) = line.split_once('\t')?;
        let mut words = package.splitn(3, ' ');
        let (name, version) = (words.next()?, words.next()?);
        let place = words.next().unwrap_or_default();
        let place = place
            .trim_start_matches("(proc-macro)")
            .trim_matches(['(', ')', ' ']);
        Some(Self {
            name: name.to_owned(),
            version: version.to_owned(),
            place: place.to_owned(),
            licence: licence.trim_end_matches(" (*)").to_owned(),
        })
    }

    fn broken(&self) -> Vec<String> {
        let Self {
            name,
            version,
            place,
            licence,
        } = self;
        let mut broken = Vec::new();
        if !is_allowed(licence) {
            broken.push(format!("{name} {version}: licence `{licence}`"));
        }
        if !place.is_empty() && !place.starts_with('/') {
            broken.push(format!("{name} {version}: from {place}"));
        }
        let unwanted = UNWANTED.iter().find(|(unwanted, _)| unwanted == name);
        broken.extend(unwanted.map(|(_, instead)| format!("{name} {version}: {instead}")));
        broken
    }
}

/// Returns crates with two versions that are not in the list, and listed crates with one version.
fn duplicates(packages: &BTreeSet<Package>) -> Vec<String> {
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for package in packages {
        versions
            .entry(&package.name)
            .or_default()
            .insert(&package.version);
    }
    versions.retain(|_, versions| versions.len() > 1);
    let known = |name: &str| TWICE.contains(&name);
    let new = versions.iter().filter(|(name, _)| !known(name));
    let new = new.map(|(name, versions)| {
        let versions: Vec<&str> = versions.iter().copied().collect();
        format!("{name}: the program has {}", versions.join(" and "))
    });
    let gone = TWICE.iter().filter(|name| !versions.contains_key(*name));
    new.chain(gone.map(|name| format!("{name}: one version only, remove it from the list")))
        .collect()
}

/// Returns true if the licences of the list satisfy an SPDX expression. A slash is the old form of `OR`.
fn is_allowed(expression: &str) -> bool {
    let spaced = expression
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ");
    let mut words = spaced.split_whitespace().peekable();
    any(&mut words) == Some(true) && words.next().is_none()
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

/// Returns `None` for an invalid expression.
fn any(words: &mut Words<'_>) -> Option<bool> {
    let mut allowed = all(words)?;
    while words.next_if_eq(&"OR").is_some() {
        allowed |= all(words)?;
    }
    Some(allowed)
}

fn all(words: &mut Words<'_>) -> Option<bool> {
    let mut allowed = one(words)?;
    while words.next_if_eq(&"AND").is_some() {
        allowed &= one(words)?;
    }
    Some(allowed)
}

fn one(words: &mut Words<'_>) -> Option<bool> {
    if words.next_if_eq(&"(").is_some() {
        let allowed = any(words)?;
        return words.next_if_eq(&")").map(|_| allowed);
    }
    let mut name = words.next()?.to_owned();
    if words.next_if_eq(&"WITH").is_some() {
        name = format!("{name} WITH {}", words.next()?);
    }
    Some(LICENCES.contains(&name.as_str()))
}

#[cfg(test)]
mod tests {
    use super::{Package, duplicates, is_allowed};

    #[test]
    fn licences() {
        for allowed in [
            "MIT",
            "MIT/Apache-2.0",
            "GPL-3.0 OR MIT",
            "(MIT OR Apache-2.0) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception OR GPL-3.0",
        ] {
            assert!(is_allowed(allowed), "{allowed}");
        }
        for refused in [
            "",
            "GPL-3.0",
            "MIT AND GPL-3.0",
            "MIT OR",
            "(MIT",
            "MIT MIT",
            "GPL-3.0 WITH LLVM-exception",
        ] {
            assert!(!is_allowed(refused), "{refused}");
        }
    }

    #[test]
    fn places_and_names() {
        let broken = |line: &str| Package::read(line).unwrap().broken().join("; ");
        assert_eq!(broken("a v1.0.0 (proc-macro)\tMIT (*)"), "");
        assert_eq!(broken("a v1.0.0 (/src/a)\tMIT"), "");
        assert_eq!(
            broken("a v1.0.0 (https://x/y#1)\tMIT"),
            "a v1.0.0: from https://x/y#1"
        );
        assert!(broken("atty v1.0.0\tMIT").contains("IsTerminal"));
    }

    #[test]
    fn a_second_version_is_named() {
        let read = |line| Package::read(line).unwrap();
        let packages = ["a v1.0.0\tMIT", "a v2.0.0\tMIT", "b v1.0.0\tMIT"]
            .map(read)
            .into();
        assert!(duplicates(&packages).contains(&"a: the program has v1.0.0 and v2.0.0".to_owned()));
    }
}
