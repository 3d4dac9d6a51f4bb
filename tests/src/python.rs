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
/// The test environment is missing and could not be created. The message names what is missing.
pub fn interpreter() -> io::Result<PathBuf> {
    program::require_python()?;
    Ok(place::test_env().join("bin").join("python"))
}

/// Returns a command that runs the interpreter and leaves no compiled files in the source tree.
///
/// # Errors
///
/// Same as [`interpreter`].
pub fn command() -> io::Result<Command> {
    let mut command = Command::new(interpreter()?);
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    Ok(command)
}

/// Returns a command that runs a script of `tests/python`.
///
/// # Errors
///
/// Same as [`interpreter`].
pub fn script(name: &str) -> io::Result<Command> {
    let mut command = command()?;
    command.arg(place::workspace().join("tests").join("python").join(name));
    Ok(command)
}

/// Runs a script and returns its standard output.
///
/// # Errors
///
/// The script did not exit with status 0. The message has its output.
pub fn run<A: AsRef<OsStr>>(name: &str, args: impl IntoIterator<Item = A>) -> io::Result<String> {
    let output = script(name)?.args(args).output()?;
    succeeded(name, &output)
}

/// Returns the standard output of a command that must have exited with status 0.
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
