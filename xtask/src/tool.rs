//! Calls of other programs.

use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::place::{target_dir, workspace};

/// Path of this program, for cargo to start it as another tool.
pub fn itself() -> PathBuf {
    release("xtask")
}

/// Path of a built program of the workspace.
pub fn release(name: &str) -> PathBuf {
    target_dir().join("release").join(name)
}

/// Returns a command of the cargo that runs this task, in the workspace's directory.
pub fn cargo<'a>(args: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(args).current_dir(workspace());
    command
}

/// Runs a command to completion, with its output on this terminal. Any status but 0 is an error.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot start {}", shown(command)))?;
    if !status.success() {
        bail!("{} ended with {status}", shown(command));
    }
    Ok(())
}

/// Prints the name of a step, and runs its command like [`run`].
pub fn step(what: &str, command: &mut Command) -> Result<()> {
    eprintln!("==> {what}");
    run(command)
}

/// Runs a command and returns its standard output.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start {}", shown(command)))?;
    if !output.status.success() {
        bail!("{} ended with {}", shown(command), output.status);
    }
    String::from_utf8(output.stdout).context("output is not UTF-8")
}

/// Returns true if a command can be started and exits with status 0. Its output is not shown.
pub fn works(program: &str, args: &[&str]) -> bool {
    let quiet = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    quiet.is_ok_and(|status| status.success())
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    format!("`{}`", words.join(" "))
}
