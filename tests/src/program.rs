//! System programs that tests run. A test whose program is missing is skipped, or fails in CI.

use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::{env, fs};

use crate::{lock, place};

/// Ensures that a program exists. As root on Debian, installs it.
///
/// # Errors
///
/// The program is missing; the message names what to install. `cargo xtask test` recognises the message: it counts and
/// reports the test as skipped, or as failed if `CI` is `true`.
pub fn require(program: &str) -> io::Result<()> {
    let path = env::var_os("PATH").unwrap_or_default();
    if env::split_paths(&path).any(|folder| folder.join(program).is_file()) {
        return Ok(());
    }
    setup(program)
}

/// Returns a command of a program, after [`require`].
///
/// # Errors
///
/// Same as [`require`].
pub fn command(program: &str) -> io::Result<Command> {
    require(program)?;
    Ok(Command::new(program))
}

/// Prepares the Python environment of the tests if its packages differ from the list.
pub(crate) fn require_python() -> io::Result<()> {
    let list = place::workspace().join("tests/requirements.txt");
    let stamp = place::test_env().join("installed.txt");
    if fs::read(stamp).is_ok_and(|installed| fs::read(list).is_ok_and(|wanted| wanted == installed))
    {
        return Ok(());
    }
    setup("python")
}

/// Runs `cargo xtask setup NEEDED`, which knows the packages and waits for a concurrent installation.
fn setup(needed: &str) -> io::Result<()> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _one = lock(&ONE_AT_A_TIME);
    let xtask = place::target_dir().join("release").join("xtask");
    let reason = match run(&xtask, needed) {
        Ok(None) => return Ok(()),
        Ok(Some(stderr)) => stderr,
        Err(_) => format!("run `cargo xtask setup {needed}`"),
    };
    let message = format!(
        "missing program: {needed}: {}",
        reason.trim().replace('\n', "; ")
    );
    Err(io::Error::new(io::ErrorKind::NotFound, message))
}

/// Runs it, and returns its standard error if it failed.
fn run(xtask: &Path, needed: &str) -> io::Result<Option<String>> {
    let mut command = Command::new(xtask);
    let output = command
        .args(["setup", needed])
        .stdin(Stdio::null())
        .output()?;
    io::stderr().write_all(&output.stderr)?;
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    Ok((!output.status.success()).then_some(stderr))
}
