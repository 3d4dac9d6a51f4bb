//! Scripts of `tests/python`, run by the interpreter of the test environment.

use std::ffi::OsStr;
use std::io;
use std::path::PathBuf;
use std::process::{Command, Output};

use crate::{place, program};

/// The interpreter of the test environment.
///
/// # Errors
///
/// There is no test environment, and it could not be made; the message names what is missing.
pub fn interpreter() -> io::Result<PathBuf> {
    program::require_python()?;
    Ok(place::test_env().join("bin").join("python"))
}

/// A command that runs the interpreter; it leaves no compiled files in the source tree.
///
/// # Errors
///
/// As [`interpreter`].
pub fn command() -> io::Result<Command> {
    let mut command = Command::new(interpreter()?);
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    Ok(command)
}

/// A command that runs a script of `tests/python`.
///
/// # Errors
///
/// As [`interpreter`].
pub fn script(name: &str) -> io::Result<Command> {
    let mut command = command()?;
    command.arg(place::workspace().join("tests").join("python").join(name));
    Ok(command)
}

/// Runs a script to its end and returns what it printed.
///
/// # Errors
///
/// The script did not end with status 0; the message holds what it said on standard error.
pub fn run<A: AsRef<OsStr>>(name: &str, args: impl IntoIterator<Item = A>) -> io::Result<String> {
    let output = script(name)?.args(args).output()?;
    succeeded(name, &output)
}

/// Standard output of a command that must have ended with status 0.
pub(crate) fn succeeded(name: &str, output: &Output) -> io::Result<String> {
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(stdout);
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    Err(io::Error::other(format!(
        "{name}: {}\n{stdout}\n{stderr}",
        output.status
    )))
}
