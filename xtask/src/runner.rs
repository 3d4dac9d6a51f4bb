//! Runs the tests, counts them, and reports the slowest.
//!
//! libtest reports the time of each test on nightly only. The installed one does so if `RUSTC_BOOTSTRAP` is set, but
//! setting that for cargo would compile most dependencies again. So this program starts the tests in cargo's place, and
//! sets it for them alone.

use std::env;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::{build, setup, tool};

/// Start of the kit's error about a missing program.
const MISSING: &str = "missing program: ";

/// Environment variable that is set if this program starts tests.
const WRAPPER: &str = "XTASK_TESTS";

/// Maximum number of slow tests that are reported.
const LONGEST: usize = 15;
/// Seconds from which a test is slow.
const LONG: f64 = 5.0;

/// Results of the tests.
#[derive(Debug, Default, PartialEq)]
pub struct Counts {
    pub passed: usize,
    pub failed: usize,
    /// Tests that found a program missing, and their message.
    pub skipped: Vec<(String, String)>,
    /// Tests that took long, in seconds.
    pub long: Vec<(f64, String)>,
}

impl Counts {
    /// Adds the results of another run.
    pub fn add(&mut self, more: Self) {
        self.passed += more.passed;
        self.failed += more.failed;
        self.skipped.extend(more.skipped);
        self.long.extend(more.long);
    }

    /// Returns the slowest tests, one per line.
    pub fn longest(&self) -> String {
        let mut long = self.long.clone();
        long.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        let lines = long.iter().take(LONGEST);
        lines
            .map(|(seconds, test)| format!("{seconds:>8.1} s  {test}\n"))
            .collect()
    }

    /// Reads one line of libtest. `test` is the test whose output is being shown.
    fn read(&mut self, line: &str, test: &mut Option<String>) {
        if let Some((seconds, test)) = timed(line) {
            if seconds >= LONG {
                self.long.push((seconds, test.to_owned()));
            }
        } else if line.starts_with("test result:") {
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

    /// Counts tests that failed for a missing program as skipped, not as failed.
    fn excuse(mut self) -> Self {
        self.failed = self.failed.saturating_sub(self.skipped.len());
        self
    }
}

/// Runs those of these tests whose names contain `name`.
pub fn run(which: &[&str], name: Option<&str>) -> Result<Counts> {
    eprintln!("==> tests {}", which.join(" "));
    let mut command = tool::cargo(["test", "--workspace", "--no-fail-fast"]);
    command.args(build::TESTED).args(which);
    // rustdoc starts its tests itself.
    if !which.contains(&"--doc") {
        let runner = format!("target.'cfg(unix)'.runner=['{}']", tool::itself().display());
        command.args(["--config", &runner]).env(WRAPPER, "1");
    }
    let mut child = command
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

/// Becomes a program with tests, which reports the time of each. Returns only if this program does not start tests.
pub fn wrap() -> Result<()> {
    if env::var_os(WRAPPER).is_none() {
        return Ok(());
    }
    let mut args = env::args_os().skip(1);
    let program = args.next().context("cargo did not name the program")?;
    let mut tests = Command::new(program);
    tests
        .args(args)
        .args(["-Z", "unstable-options", "--report-time"])
        .env("RUSTC_BOOTSTRAP", "1")
        .env_remove(WRAPPER);
    Err(tests.exec()).context("cannot start the tests")
}

/// Parses seconds and name of `test NAME ... ok <1.234s>`.
fn timed(line: &str) -> Option<(f64, &str)> {
    let (name, outcome) = line.strip_prefix("test ")?.split_once(" ... ")?;
    let (_, time) = outcome.split_once('<')?;
    Some((time.strip_suffix("s>")?.parse().ok()?, name))
}

/// Parses the number before a word, as in `test result: ok. 12 passed; 0 failed; ...`.
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
    use super::{Counts, counted, timed};

    #[test]
    fn counts_of_a_closing_line() {
        let line = "test result: FAILED. 18 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 23.46s";
        assert_eq!((counted(line, "passed"), counted(line, "failed")), (18, 2));
        assert_eq!(counted("test result: ok.", "passed"), 0);
    }

    #[test]
    fn times_of_tests() {
        assert_eq!(timed("test a::b ... ok <1.250s>"), Some((1.25, "a::b")));
        assert_eq!(timed("test a::b ... FAILED <12.0s>"), Some((12.0, "a::b")));
        assert_eq!(timed("test a::b ... ok"), None);
        assert_eq!(timed("running 3 tests"), None);
    }

    #[test]
    fn a_missing_program_is_no_failure_and_anything_else_is() {
        let output = "\
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
        output.lines().for_each(|line| counts.read(line, &mut test));
        let skipped = vec![("push::signed".to_owned(), "minisign: install it".to_owned())];
        let expected = Counts {
            passed: 3,
            failed: 1,
            skipped,
            long: Vec::new(),
        };
        assert_eq!(counts.excuse(), expected);
    }
}
