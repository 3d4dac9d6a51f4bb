//! An isolated environment in which tests run the binary.

use std::ffi::OsStr;
use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::place;
use crate::run::Invocation;

/// A temporary directory with home, cache and output directories. Dropping it removes them.
#[derive(Debug)]
pub struct Sandbox {
    dir: TempDir,
    /// The secret that its runs are given.
    secret: Option<PathBuf>,
}

/// Content of the secret of [`Sandbox::sealed`].
const SECRET: &[u8; 32] = b"a secret that every test knows..";

impl Sandbox {
    /// Creates a sandbox.
    ///
    /// # Errors
    ///
    /// The directory could not be created.
    pub fn new() -> io::Result<Self> {
        let dir = tempfile::Builder::new()
            .prefix("cloudhost-test-")
            .tempdir()?;
        std::fs::create_dir(dir.path().join("home"))?;
        Ok(Self { dir, secret: None })
    }

    /// Creates a sandbox whose runs are given the secret that seals files, the same one in each. Files that are copied
    /// from one of them to another are used there.
    ///
    /// # Errors
    ///
    /// The directory or the secret could not be created.
    pub fn sealed() -> io::Result<Self> {
        let mut sandbox = Self::new()?;
        let path = sandbox.path().join("secret");
        std::fs::write(&path, SECRET)?;
        std::fs::set_permissions(&path, Permissions::from_mode(0o600))?;
        sandbox.secret = Some(path);
        Ok(sandbox)
    }

    /// Working directory of the binary.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Output directory of [`Sandbox::generate`], which the run creates.
    pub fn out(&self) -> PathBuf {
        self.path().join("out")
    }

    /// Cache directory.
    pub fn cache(&self) -> PathBuf {
        self.path().join("cache")
    }

    /// Home directory.
    pub fn home(&self) -> PathBuf {
        self.path().join("home")
    }

    /// Returns the binary with these arguments. Its environment has `PATH`, the sandbox's home and cache, no metadata
    /// service, and the variables of libfaketime. Nothing else.
    ///
    /// # Errors
    ///
    /// The binary is not built; the message names the command that builds it.
    pub fn cloudhost<A: AsRef<OsStr>>(
        &self,
        args: impl IntoIterator<Item = A>,
    ) -> io::Result<Invocation> {
        let binary = place::binary();
        if !binary.exists() {
            let message = format!(
                "no binary at {}: run `cargo xtask build` first",
                binary.display()
            );
            return Err(io::Error::new(io::ErrorKind::NotFound, message));
        }
        let mut run = self.command(binary.as_os_str());
        run.command.args(args);
        Ok(run)
    }

    /// Returns `cloudhost run aws generate-kconfig --output-dir out` with more arguments.
    ///
    /// # Errors
    ///
    /// Same as [`Sandbox::cloudhost`].
    pub fn generate<A: AsRef<OsStr>>(
        &self,
        args: impl IntoIterator<Item = A>,
    ) -> io::Result<Invocation> {
        let mut run = self.cloudhost(["run", "aws", "generate-kconfig", "--output-dir", "out"])?;
        run.command.args(args);
        Ok(run)
    }

    /// Returns any program in this sandbox, with the same environment.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Invocation {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.home())
            .env("CLOUDHOST_CACHE_DIR", self.cache())
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .current_dir(self.path());
        if let Some(secret) = &self.secret {
            command.env("CLOUDHOST_SEAL_FILE", secret);
        }
        // With libfaketime, all programs of a test then see the same date.
        let faked =
            |name: &OsStr| name == "LD_PRELOAD" || name.as_encoded_bytes().starts_with(b"FAKETIME");
        command.envs(std::env::vars_os().filter(|(name, _)| faked(name)));
        Invocation { command }
    }
}
