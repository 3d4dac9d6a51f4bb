//! Programs of the system that tests run, and what becomes of a test where one is missing.

use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::{env, fs};

use crate::{lock, place};

/// Makes sure that a program is there: as root on Debian it is installed.
///
/// # Errors
///
/// It is not there; the message names what to install. `cargo xtask test` knows the message, counts the test as skipped
/// and says so, or as failed where `CI` is `true`.
pub fn require(program: &str) -> io::Result<()> {
    let path = env::var_os("PATH").unwrap_or_default();
    if env::split_paths(&path).any(|folder| folder.join(program).is_file()) {
        return Ok(());
    }
    setup(program)
}

/// A command of a program, as [`require`] makes sure that there is one.
///
/// # Errors
///
/// As [`require`].
pub fn command(program: &str) -> io::Result<Command> {
    require(program)?;
    Ok(Command::new(program))
}

/// Prepares the Python environment of the tests where its packages are not those of the list.
pub(crate) fn require_python() -> io::Result<()> {
    let list = place::workspace().join("tests/requirements.txt");
    let stamp = place::test_env().join("installed.txt");
    if fs::read(stamp).is_ok_and(|installed| fs::read(list).is_ok_and(|wanted| wanted == installed))
    {
        return Ok(());
    }
    setup("python")
}

/// `cargo xtask setup NEEDED`, which knows packages and waits for another one that installs.
fn setup(needed: &str) -> io::Result<()> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _one = lock(&ONE_AT_A_TIME);
    let xtask = place::target_dir().join("release").join("xtask");
    let said = match run(&xtask, needed) {
        Ok(None) => return Ok(()),
        Ok(Some(said)) => said,
        Err(_) => format!("run `cargo xtask setup {needed}`"),
    };
    let message = format!(
        "missing program: {needed}: {}",
        said.trim().replace('\n', "; ")
    );
    Err(io::Error::new(io::ErrorKind::NotFound, message))
}

/// What it said where it failed.
fn run(xtask: &Path, needed: &str) -> io::Result<Option<String>> {
    let mut command = Command::new(xtask);
    let output = command
        .args(["setup", needed])
        .stdin(Stdio::null())
        .output()?;
    io::stderr().write_all(&output.stderr)?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Ok((!output.status.success()).then_some(said))
}
