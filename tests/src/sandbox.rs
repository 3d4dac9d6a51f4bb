//! A place to run the binary in, with an environment that holds nothing of this machine.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::place;
use crate::run::Invocation;

/// A temporary folder with a home, a cache and an output folder, removed with this value.
#[derive(Debug)]
pub struct Sandbox {
    dir: TempDir,
}

impl Sandbox {
    /// A new one.
    ///
    /// # Errors
    ///
    /// The folder could not be made.
    pub fn new() -> io::Result<Self> {
        let dir = tempfile::Builder::new()
            .prefix("cloudhost-test-")
            .tempdir()?;
        std::fs::create_dir(dir.path().join("home"))?;
        Ok(Self { dir })
    }

    /// The folder in which the binary runs.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// The output folder that [`Sandbox::generate`] names; the run makes it.
    pub fn out(&self) -> PathBuf {
        self.path().join("out")
    }

    /// The cache folder.
    pub fn cache(&self) -> PathBuf {
        self.path().join("cache")
    }

    /// The home folder.
    pub fn home(&self) -> PathBuf {
        self.path().join("home")
    }

    /// The binary with these arguments. Its environment: `PATH`, the sandbox's home and cache, no metadata
    /// service. Nothing else.
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

    /// `cloudhost run aws generate-kconfig --output-dir out` and more arguments.
    ///
    /// # Errors
    ///
    /// As [`Sandbox::cloudhost`].
    pub fn generate<A: AsRef<OsStr>>(
        &self,
        args: impl IntoIterator<Item = A>,
    ) -> io::Result<Invocation> {
        let mut run = self.cloudhost(["run", "aws", "generate-kconfig", "--output-dir", "out"])?;
        run.command.args(args);
        Ok(run)
    }

    /// Any program in this sandbox, with the same environment.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Invocation {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.home())
            .env("CLOUDHOST_CACHE_DIR", self.cache())
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .current_dir(self.path());
        // So that libfaketime, where it is there, gives all programs of a test the same day.
        let faked =
            |name: &OsStr| name == "LD_PRELOAD" || name.as_encoded_bytes().starts_with(b"FAKETIME");
        command.envs(std::env::vars_os().filter(|(name, _)| faked(name)));
        Invocation { command }
    }
}
