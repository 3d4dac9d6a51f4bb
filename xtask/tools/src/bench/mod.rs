//! Benchmarks of speed and memory, each beside a baseline of the same run, against the targets of the project.

mod changes;
mod curl;
mod fetch;
mod inside;
mod menus;
mod table;
mod unchanged;

use anyhow::{Result, bail};

use table::{Measure, print};

type Bench = fn() -> Result<Vec<Measure>>;

const BENCHES: [(&str, Bench); 13] = [
    ("fetch", fetch::against_curl),
    ("delay", fetch::delayed),
    ("redaction", fetch::redaction),
    ("unchanged", unchanged::run),
    ("value", unchanged::kconfig_value),
    ("menus", menus::run),
    ("inside", inside::run),
    ("choosing", inside::choosing),
    ("safety", inside::safety),
    ("many", inside::many),
    ("create", changes::create),
    ("instances", changes::list),
    ("journal", changes::journal),
];

/// Runs the benchmarks whose names contain `name`. Fails if a target is missed.
pub fn run(name: Option<&str>) -> Result<()> {
    let chosen: Vec<_> = BENCHES
        .iter()
        .filter(|(known, _)| known.contains(name.unwrap_or_default()))
        .collect();
    if chosen.is_empty() {
        bail!(
            "no such benchmark; there are: {}",
            BENCHES.map(|(name, _)| name).join(", ")
        );
    }
    let mut measures = Vec::new();
    for (name, bench) in chosen {
        eprintln!("==> {name}");
        measures.extend(bench()?);
    }
    print(&measures)?;
    let over: Vec<&str> = measures
        .iter()
        .filter(|m| !m.passed())
        .map(|m| m.name)
        .collect();
    if !over.is_empty() {
        bail!("over the target: {}", over.join(", "));
    }
    Ok(())
}

/// Returns the middle of the values; of an even number, the mean of both in the middle.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    let at = |index: usize| values.get(index).copied().unwrap_or(f64::NAN);
    if values.len() % 2 == 1 {
        at(half)
    } else {
        (at(half.wrapping_sub(1)) + at(half)) / 2.0
    }
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn the_middle() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
        assert!(median(Vec::new()).is_nan());
    }
}
