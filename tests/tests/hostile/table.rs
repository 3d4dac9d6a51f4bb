//! The table of cases in README.md names exactly the existing tests.

use std::collections::BTreeSet;
use std::process::Command;

const README: &str = include_str!("README.md");

/// Returns the tests of this program, those of one rstest table as one.
fn tests() -> BTreeSet<String> {
    let this = std::env::current_exe().unwrap();
    let listed = Command::new(this)
        .args(["--list", "--format", "terse"])
        .output()
        .unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let name = |line: &str| {
        let mut parts = line.trim_end_matches(": test").split("::");
        parts
            .find(|part| is_case(part) || part.starts_with("pin_"))
            .map(str::to_owned)
    };
    listed.lines().filter_map(name).collect()
}

/// Recognises `case_07_...`. rstest calls its own cases `case_1_...`.
fn is_case(name: &str) -> bool {
    number(name).is_some()
}

fn number(name: &str) -> Option<usize> {
    let digits = name.strip_prefix("case_")?.get(..3)?;
    let digits = digits.strip_suffix('_')?;
    digits.parse().ok()
}

/// Returns the rows with a number: the number and the tests that the row names.
fn rows() -> Vec<(usize, Vec<String>)> {
    let row = |line: &str| {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        let number = cells.get(1)?.parse().ok()?;
        let tests = cells.get(4)?.split('`').skip(1).step_by(2);
        Some((number, tests.map(str::to_owned).collect()))
    };
    README.lines().filter_map(row).collect()
}

#[test]
fn the_table_names_every_test_and_no_other() {
    let named = README.split('`').skip(1).step_by(2);
    let named = named.filter(|name| is_case(name) || name.starts_with("pin_"));
    let named: BTreeSet<_> = named.map(str::to_owned).collect();
    assert_eq!(named, tests());
}

#[test]
fn the_table_has_every_case_and_its_tests_in_its_row() {
    let rows = rows();
    let numbers: Vec<_> = rows.iter().map(|(number, _)| *number).collect();
    let every: BTreeSet<_> = numbers.iter().copied().collect();
    assert!(
        numbers.is_sorted() && every == BTreeSet::from_iter(1..=54),
        "{numbers:?}"
    );
    for (case, tests) in rows {
        assert!(!tests.is_empty(), "case {case}");
        assert!(
            tests.iter().all(|test| number(test) == Some(case)),
            "case {case}: {tests:?}"
        );
    }
}
