//! Who signs plugins: a key of Debian's minisign.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::program;

/// A key pair that nobody else has.
#[derive(Debug)]
pub struct Signer {
    dir: TempDir,
}

impl Signer {
    /// Makes one, without a password.
    ///
    /// # Errors
    ///
    /// minisign is not installed, or failed.
    pub fn new() -> io::Result<Self> {
        let signer = Self {
            dir: tempfile::tempdir()?,
        };
        let (public, secret) = (signer.public_file(), signer.secret_file());
        let mut command = program::command("minisign")?;
        run(command
            .args(["-G", "-W", "-p"])
            .arg(public)
            .arg("-s")
            .arg(secret))?;
        Ok(signer)
    }

    /// The file of the public key, as it is handed out.
    pub fn public_file(&self) -> PathBuf {
        self.dir.path().join("key.pub")
    }

    fn secret_file(&self) -> PathBuf {
        self.dir.path().join("key")
    }

    /// Signs a file, into the file beside it with `.minisig` after its name, and returns that file. `options` are
    /// more options of `minisign -S`.
    ///
    /// # Errors
    ///
    /// minisign failed.
    pub fn sign(&self, file: &Path, options: &[&str]) -> io::Result<PathBuf> {
        let mut command = program::command("minisign")?;
        command.args(["-S", "-s"]).arg(self.secret_file());
        run(command.args(options).arg("-m").arg(file))?;
        let mut beside = file.as_os_str().to_owned();
        beside.push(".minisig");
        Ok(beside.into())
    }
}

fn run(command: &mut Command) -> io::Result<()> {
    let done = command.output()?;
    if done.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&done.stderr);
    Err(io::Error::other(format!("minisign failed: {said}")))
}
