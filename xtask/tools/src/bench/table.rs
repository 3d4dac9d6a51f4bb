//! Measurements, for people and for programs.

use std::fs;

use anyhow::{Context, Result};
use cloudhost_tests::target_dir;
use serde::Serialize;

/// One figure and its target.
#[derive(Debug, Serialize)]
pub struct Measure {
    /// Name of the measurement.
    pub name: &'static str,
    /// Measured figure.
    pub value: f64,
    /// Target: the largest figure that is allowed.
    pub limit: f64,
    /// Unit of both.
    pub unit: &'static str,
    /// Details: the single figures, the baseline, the number of runs.
    pub detail: String,
}

impl Measure {
    /// Returns true if the target is met. NaN, for a missing figure, does not meet it.
    pub fn passed(&self) -> bool {
        self.value <= self.limit
    }
}

/// Prints a table, and writes the same to `target/bench.json`.
pub fn print(measures: &[Measure]) -> Result<()> {
    println!(
        "{:<34} {:>10} {:>10}  {:<5}  ",
        "", "measured", "target", ""
    );
    for measure in measures {
        let verdict = if measure.passed() { "pass" } else { "OVER" };
        let unit = measure.unit;
        let (value, limit) = (
            format!("{:.2} {unit}", measure.value),
            format!("{} {unit}", measure.limit),
        );
        println!(
            "{:<34} {value:>10} {limit:>10}  {verdict:<5}  {}",
            measure.name, measure.detail
        );
    }
    let path = target_dir().join("bench.json");
    let json = serde_json::to_vec_pretty(measures)?;
    fs::write(&path, json).with_context(|| path.display().to_string())?;
    println!("also in {}", path.display());
    Ok(())
}
