//! A check that a build does not compile again what an earlier one has compiled.
//!
//! Cargo compiles a crate once for each set of features, profile and dependencies. Tests and benchmarks need crates that
//! the program does not, and those switch on features of what both need: then the large dependencies are compiled a
//! second time. The remedy is to have the feature in the program's build too: in `[workspace.dependencies]`, or in
//! `host/cli/Cargo.toml` where the crate is compiled for a build script or a macro.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::Value;

/// Output of cargo for `--unit-graph`.
#[derive(Deserialize)]
struct Graph {
    units: Vec<Unit>,
}

/// One run of the compiler, or of a build script.
#[derive(Deserialize)]
struct Unit {
    pkg_id: String,
    target: Target,
    /// `None` for code that runs during compilation.
    platform: Option<String>,
    mode: String,
    profile: Value,
    features: BTreeSet<String>,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Target {
    kind: Vec<String>,
}

#[derive(Deserialize)]
struct Dependency {
    index: usize,
}

/// Compares two files with graphs: of a build, and of a later one.
pub fn check(first: &str, second: &str) -> Result<()> {
    let read = |path: &str| -> Result<Graph> {
        let text = fs::read(path).with_context(|| path.to_owned())?;
        serde_json::from_slice(&text).with_context(|| path.to_owned())
    };
    let again = again(&read(first)?, &read(second)?);
    if !again.is_empty() {
        bail!(
            "these dependencies of {first} are compiled again for {second}:\n    {}",
            again.join("\n    ")
        );
    }
    Ok(())
}

/// Returns dependencies of both builds that the second compiles in another way, and the difference.
fn again(first: &Graph, second: &Graph) -> Vec<String> {
    let (before, after) = (first.by_crate(), second.by_crate());
    let mut again = Vec::new();
    for (name, kinds) in &before {
        let Some(now) = after.get(name) else { continue };
        // A variant that only one of them compiles, such as for build scripts besides the program, is not a
        // recompilation.
        for (kind, other) in kinds.difference(now).zip(now.difference(kinds)) {
            again.push(format!("{name}: {kind}; then {other}"));
        }
    }
    again
}

impl Graph {
    /// Returns each external crate that is compiled, with its variants.
    fn by_crate(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut crates: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for unit in self
            .units
            .iter()
            .filter(|unit| unit.pkg_id.starts_with("registry+"))
        {
            let name = unit.pkg_id.rsplit('#').next().unwrap_or_default();
            let kind = unit.target.kind.join("+");
            let side = if unit.platform.is_some() {
                "target"
            } else {
                "host"
            };
            let key = format!("{name} ({kind}, {}, {side})", unit.mode);
            crates.entry(key).or_default().insert(self.way(unit));
        }
        crates
    }

    /// Describes a unit: features, profile, and the number of its dependencies, which differs if a feature of this
    /// crate adds one.
    fn way(&self, unit: &Unit) -> String {
        let features: Vec<&str> = unit.features.iter().map(String::as_str).collect();
        let mut needs: Vec<&str> = unit
            .dependencies
            .iter()
            .filter_map(|dependency| self.units.get(dependency.index))
            .map(|unit| unit.pkg_id.rsplit('#').next().unwrap_or_default())
            .collect();
        needs.sort_unstable();
        needs.dedup();
        let of = |name: &str| {
            unit.profile
                .get(name)
                .map(Value::to_string)
                .unwrap_or_default()
        };
        format!(
            "features [{}], {} dependencies, opt-level {}",
            features.join(", "),
            needs.len(),
            of("opt_level")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{Graph, again};

    fn graph(features: &str, platform: &str) -> Graph {
        let unit = format!(
            r#"{{"pkg_id": "registry+https://r#a@1.0.0", "target": {{"kind": ["lib"]}}, "platform": {platform},
                 "mode": "build", "profile": {{"opt_level": "3"}}, "features": {features}, "dependencies": []}}"#
        );
        serde_json::from_str(&format!(r#"{{"units": [{unit}]}}"#)).unwrap()
    }

    #[test]
    fn another_feature_is_named() {
        let first = graph(r#"["std"]"#, r#""x86""#);
        let found = again(&first, &graph(r#"["serde", "std"]"#, r#""x86""#));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].contains("a@1.0.0") && found[0].contains("[serde, std]"),
            "{found:?}"
        );
    }

    #[test]
    fn what_one_build_compiles_in_two_ways_the_other_may_in_one() {
        let (both, one) = (graph(r#"["std"]"#, r#""x86""#), graph("[]", r#""x86""#));
        let units = both.units.into_iter().chain(graph("[]", r#""x86""#).units);
        let both = Graph {
            units: units.collect(),
        };
        assert!(again(&both, &one).is_empty());
        assert!(again(&one, &both).is_empty());
    }

    #[test]
    fn the_same_and_what_only_one_has_are_fine() {
        let first = graph(r#"["std"]"#, r#""x86""#);
        assert!(again(&first, &first).is_empty());
        assert!(again(&first, &Graph { units: Vec::new() }).is_empty());
    }
}
