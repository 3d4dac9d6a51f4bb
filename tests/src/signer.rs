//! A signer of plugins: a key of Debian's minisign.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::program;

/// A new key pair.
#[derive(Debug)]
pub struct Signer {
    dir: TempDir,
}

impl Signer {
    /// Generates a key pair without a password.
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

    /// File of the public key.
    pub fn public_file(&self) -> PathBuf {
        self.dir.path().join("key.pub")
    }

    fn secret_file(&self) -> PathBuf {
        self.dir.path().join("key")
    }

    /// Signs a file and returns the signature file, which has the same name with `.minisig` appended. `options` are
    /// further options of `minisign -S`.
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
    let stderr = String::from_utf8_lossy(&done.stderr);
    Err(io::Error::other(format!("minisign failed: {stderr}")))
}
