//! Runs the tests, and counts them.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use anyhow::{Context, Result, bail};

use crate::{build, setup, tool};

/// With this begins the kit's error about a program that is not there.
const MISSING: &str = "missing program: ";

/// What became of the tests.
#[derive(Debug, Default, PartialEq)]
pub struct Counts {
    pub passed: usize,
    pub failed: usize,
    /// Tests that found a program missing, and what they said.
    pub skipped: Vec<(String, String)>,
}

impl Counts {
    /// Takes in those of another run.
    pub fn add(&mut self, more: Self) {
        self.passed += more.passed;
        self.failed += more.failed;
        self.skipped.extend(more.skipped);
    }

    /// Takes in one line that libtest wrote. `test` is the one whose output is being shown.
    fn read(&mut self, line: &str, test: &mut Option<String>) {
        if line.starts_with("test result:") {
            *test = None;
            self.passed += counted(line, "passed");
            self.failed += counted(line, "failed");
        } else if let Some(name) = line
            .strip_prefix("---- ")
            .and_then(|rest| rest.strip_suffix(" stdout ----"))
        {
            *test = Some(name.to_owned());
        } else if let Some((_, reason)) = line.split_once(MISSING)
            && let Some(test) = test.take()
        {
            self.skipped.push((
                test,
                reason.trim_end_matches(['"', ' ', '}', ')']).to_owned(),
            ));
        }
    }

    /// Tests that a missing program failed are skipped ones, not failures.
    fn excuse(mut self) -> Self {
        self.failed = self.failed.saturating_sub(self.skipped.len());
        self
    }
}

/// Runs these tests, those of which the names contain `name`.
pub fn run(which: &[&str], name: Option<&str>) -> Result<Counts> {
    eprintln!("==> tests {}", which.join(" "));
    let mut command = tool::cargo(["test", "--workspace", "--no-fail-fast"]);
    let mut child = command
        .args(build::TESTED)
        .args(which)
        .args(name)
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start cargo")?;
    let stdout = child.stdout.take().context("cargo has no output")?;
    let (mut counts, mut test) = (Counts::default(), None);
    for line in BufReader::new(stdout).lines() {
        let line = line?;
        println!("{line}");
        counts.read(&line, &mut test);
    }
    let status = child.wait()?;
    if !status.success() && counts.failed == 0 {
        bail!("cargo test ended with {status}");
    }
    if setup::is_ci() {
        counts.skipped.clear();
    }
    Ok(counts.excuse())
}

/// The number before a word, as in `test result: ok. 12 passed; 0 failed; ...`.
fn counted(line: &str, what: &str) -> usize {
    let words: Vec<&str> = line.split([' ', ';']).collect();
    let before = words.windows(2).find_map(|pair| match pair {
        [number, word] if *word == what => number.parse().ok(),
        _ => None,
    });
    before.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{Counts, counted};

    #[test]
    fn counts_of_a_closing_line() {
        let line = "test result: FAILED. 18 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 23.46s";
        assert_eq!((counted(line, "passed"), counted(line, "failed")), (18, 2));
        assert_eq!(counted("test result: ok.", "passed"), 0);
    }

    #[test]
    fn a_missing_program_is_no_failure_and_anything_else_is() {
        let said = "\
failures:

---- push::signed stdout ----

thread 'push::signed' (7) panicked at tests/push.rs:26:31:
called `Result::unwrap()` on an `Err` value: Custom { kind: NotFound, error: \"missing program: minisign: install it\" }
note: run with `RUST_BACKTRACE=1`

---- push::other stdout ----

thread 'push::other' (7) panicked at tests/push.rs:30:5:
it is wrong

failures:
    push::other
    push::signed

test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.46s
";
        let (mut counts, mut test) = (Counts::default(), None);
        said.lines().for_each(|line| counts.read(line, &mut test));
        let skipped = vec![("push::signed".to_owned(), "minisign: install it".to_owned())];
        let expected = Counts {
            passed: 3,
            failed: 1,
            skipped,
        };
        assert_eq!(counts.excuse(), expected);
    }
}
