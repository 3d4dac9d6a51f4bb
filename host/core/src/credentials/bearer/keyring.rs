//! Tokens in the system's keyring: any program that implements the Secret Service protocol of freedesktop.org, such
//! as GNOME Keyring, KWallet or KeePassXC.
//!
//! It is accessed through `secret-tool`, a program of libsecret, and not through a library: those in Rust either need
//! the C library of D-Bus, or bring an implementation of D-Bus with some thirty crates and threads into a process
//! that is to start and end within milliseconds. And a keyring may wait for a person to unlock it: a program can be
//! ended after a while, a call cannot. The secret goes over a pipe; it is never an argument.
//!
//! An empty marker file beside cloudhost's own credentials records that there is a token in the keyring, so that a
//! run accesses the keyring only if something was stored there.

use super::super::{CredentialsError, Environment};
use super::Token;
use super::file::Problem;
use super::store::unwritable;
use crate::Remedy;
use cloudhost_files::write_private;

use rustix::fs::{OFlags, fcntl_setfl};
use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;
use std::io::{ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The program.
const TOOL: &str = "secret-tool";
/// Timeout of a read. An unlocked keyring responds within some 20 ms.
const READ_TIMEOUT: Duration = Duration::from_secs(5);
/// Timeout of a change: the user is present, and may be asked for a password.
const CHANGE_TIMEOUT: Duration = Duration::from_secs(60);
/// Polling interval for the program's exit.
const TICK: Duration = Duration::from_millis(2);
/// Most output that is read: more than any token has.
const MAX_BYTES: usize = 16 * 1024;

/// The token of one name in the keyring.
pub(super) struct Keyring<'e> {
    name: &'e str,
    environment: &'e Environment,
}

/// The program's output.
struct ToolOutput {
    success: bool,
    stdout: Zeroizing<String>,
    stderr: Zeroizing<String>,
}

/// The directory of the marker files.
pub(crate) fn folder(environment: &Environment) -> Option<PathBuf> {
    Some(environment.config_dir()?.join("cloudhost/keyring"))
}

impl<'e> Keyring<'e> {
    pub fn of(name: &'e str, environment: &'e Environment) -> Self {
        Self { name, environment }
    }

    /// Reports whether a token was stored in it. Does not access the keyring.
    pub fn is_used(&self) -> bool {
        self.marker().is_some_and(|path| path.exists())
    }

    /// The token's text.
    pub fn get(&self) -> Result<SecretString, Problem> {
        let output = self.run(&["lookup"], "", READ_TIMEOUT)?;
        if output.success && !output.stdout.trim().is_empty() {
            return Ok(SecretString::from(output.stdout.as_str()));
        }
        let silent = output.stderr.trim().is_empty();
        Err(match silent {
            true => self.problem("it has no token of this name".to_owned()),
            false => self.failed(&output),
        })
    }

    /// Stores a token, replacing the current one.
    pub fn set(&self, token: &Token) -> Result<(), CredentialsError> {
        let label = format!("--label=cloudhost: token of {}", self.name);
        let output = self
            .run(&["store", &label], token.expose(), CHANGE_TIMEOUT)
            .and_then(|output| match output.success {
                true => Ok(()),
                false => Err(self.failed(&output)),
            });
        output.map_err(|problem| self.unobtainable(problem))?;
        match self.marker() {
            Some(path) => write_private(&path, b"").map_err(unwritable(&path)),
            None => Err(self.unobtainable(self.problem("there is no home directory".to_owned()))),
        }
    }

    /// Removes the token, if one was stored. Returns `true` if there was one.
    pub fn remove(&self) -> Result<bool, CredentialsError> {
        let Some(path) = self.marker().filter(|path| path.exists()) else {
            return Ok(false);
        };
        // It fails without a message if there was none.
        let output = self.run(&["clear"], "", CHANGE_TIMEOUT);
        let output = output.map_err(|problem| self.unobtainable(problem))?;
        if !output.success && !output.stderr.trim().is_empty() {
            return Err(self.unobtainable(self.failed(&output)));
        }
        std::fs::remove_file(&path).map_err(unwritable(&path))?;
        Ok(output.success)
    }

    /// The marker file.
    fn marker(&self) -> Option<PathBuf> {
        Some(folder(self.environment)?.join(self.name))
    }

    fn run(&self, verb: &[&str], input: &str, timeout: Duration) -> Result<ToolOutput, Problem> {
        let started = Instant::now();
        let mut child = Command::new(TOOL)
            .args(verb)
            .args(["application", "cloudhost", "credential", self.name])
            .env_clear()
            .envs(self.environment.variables())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| self.not_started(&error))?;
        if let Some(mut stdin) = child.stdin.take() {
            // A token fits into a pipe. The error of a program that ended before it read is reported elsewhere.
            let _ = stdin.write_all(input.as_bytes());
        }
        let status = loop {
            match child.try_wait() {
                Ok(Some(status)) => break status,
                Ok(None) if started.elapsed() < timeout => std::thread::sleep(TICK),
                Ok(None) => {
                    let _ = child.kill();
                    let _ = child.wait();
                    let why = format!("it did not respond within {} s", timeout.as_secs());
                    return Err(self.problem(format!("{why}: it may be locked")));
                }
                Err(error) => return Err(error.into()),
            }
        };
        Ok(ToolOutput {
            success: status.success(),
            stdout: read(child.stdout.take()),
            stderr: read(child.stderr.take()),
        })
    }

    fn not_started(&self, error: &std::io::Error) -> Problem {
        match error.kind() {
            ErrorKind::NotFound => Problem::new(
                format!("{TOOL} is not installed"),
                Remedy::InstallPackage {
                    package: "libsecret-tools",
                },
            ),
            _ => self.problem(format!("{TOOL} cannot be run: {error}")),
        }
    }

    fn failed(&self, output: &ToolOutput) -> Problem {
        let line = output.stderr.lines().next().unwrap_or("no output");
        self.problem(format!("{TOOL} failed: {}", line.escape_debug()))
    }

    fn problem(&self, why: String) -> Problem {
        let file = Remedy::SetCredential {
            name: self.name.to_owned(),
            keyring: false,
        };
        Problem::new(why, Remedy::any_of([Remedy::UnlockKeyring, file]))
    }

    fn unobtainable(&self, problem: Problem) -> CredentialsError {
        CredentialsError::Unobtainable {
            title: self.name.to_owned(),
            origin: SHOWN.to_owned(),
            why: problem.why,
            remedy: problem.remedy,
        }
    }
}

/// The keyring's name in messages.
pub(super) const SHOWN: &str = "the system keyring";

/// The output that an ended program left in a pipe. Its children may still hold the other end, and are not waited
/// for.
fn read(pipe: Option<impl Read + AsFd>) -> Zeroizing<String> {
    // Reserved at its largest size from the start, so that no smaller copy stays behind in memory.
    let mut bytes = Zeroizing::new(vec![0; MAX_BYTES]);
    let mut end = 0;
    if let Some(mut pipe) = pipe
        && fcntl_setfl(&pipe, OFlags::NONBLOCK).is_ok()
    {
        while let Some(rest) = bytes.get_mut(end..)
            && let Ok(count @ 1..) = pipe.read(rest)
        {
            end += count;
        }
    }
    let text = bytes.get(..end).unwrap_or_default();
    Zeroizing::new(String::from_utf8_lossy(text).into_owned())
}
