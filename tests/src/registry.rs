//! A third-party registry: Debian's docker-registry.

use std::io::{self, BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::{fs, thread};

use tempfile::TempDir;

use crate::program;

/// User of a registry of [`Registry::with_login`].
pub const REGISTRY_USER: &str = "pusher";
/// Password of that user. It must not appear in any output.
pub const REGISTRY_PASSWORD: &str = "registry-test-password";
/// Both as a line of an `htpasswd` file, in bcrypt with the lowest cost.
const HTPASSWD: &str = "pusher:$2b$04$abcdefghijklmnopqrstuunVhfQpnqHpAVcaDBQgTW/1IjvwTZL/y\n";

/// A running registry, empty at first. It stops when this value is dropped or the owning process dies.
#[derive(Debug)]
pub struct Registry {
    child: Child,
    addr: SocketAddr,
    dir: TempDir,
}

impl Registry {
    /// Starts a registry without authentication.
    ///
    /// # Errors
    ///
    /// docker-registry is not installed, or did not start.
    pub fn start() -> io::Result<Self> {
        Self::with_auth("")
    }

    /// Starts a registry that serves only [`REGISTRY_USER`].
    ///
    /// # Errors
    ///
    /// Same as [`Registry::start`].
    pub fn with_login() -> io::Result<Self> {
        Self::with_auth("auth: {htpasswd: {realm: test, path: htpasswd}}\n")
    }

    fn with_auth(auth: &str) -> io::Result<Self> {
        program::require("docker-registry")?;
        let dir = tempfile::tempdir()?;
        let config = format!(
            "version: 0.1\nlog: {{level: info}}\nhttp: {{addr: '127.0.0.1:0', secret: test}}\n\
             storage: {{filesystem: {{rootdirectory: data}}}}\n{auth}"
        );
        fs::write(dir.path().join("config.yml"), config)?;
        fs::write(dir.path().join("htpasswd"), HTPASSWD)?;
        // The server is killed when the process that started it ends in any way.
        let mut child = Command::new("setpriv")
            .args([
                "--pdeathsig",
                "KILL",
                "docker-registry",
                "serve",
                "config.yml",
            ])
            .current_dir(dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        match addr_of(&mut child) {
            Ok(addr) => Ok(Self { child, addr, dir }),
            Err(error) => {
                end(&mut child);
                Err(error)
            }
        }
    }

    /// Host and port, as in a reference.
    pub fn name(&self) -> String {
        self.addr.to_string()
    }

    /// Its URL, without a path.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Directory of its data.
    pub fn data(&self) -> std::path::PathBuf {
        self.dir.path().join("data")
    }

    /// Writes Docker's login file with this password for the registry.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn write_login(&self, path: &Path, password: &str) -> io::Result<()> {
        let login = serde_json::json!({"username": REGISTRY_USER, "password": password});
        let config = serde_json::json!({"auths": {self.name(): login}});
        fs::write(path, config.to_string())
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// Reads the address, which the server logs once it listens. Later output is read and discarded, so that the server
/// never blocks.
fn addr_of(child: &mut Child) -> io::Result<SocketAddr> {
    let stderr = child.stderr.take();
    let mut stderr = BufReader::new(stderr.ok_or_else(|| io::Error::other("no stderr"))?);
    let mut log = String::new();
    loop {
        let start = log.len();
        if stderr.read_line(&mut log)? == 0 {
            let message = format!("docker-registry did not start: {log}");
            return Err(io::Error::other(message));
        }
        let addr = log
            .get(start..)
            .and_then(|line| line.split_once("listening on "))
            .and_then(|(_, rest)| rest.split(['"', ' ']).next())
            .and_then(|addr| addr.parse().ok());
        if let Some(addr) = addr {
            thread::spawn(move || drop(stderr.read_to_end(&mut Vec::new())));
            return Ok(addr);
        }
    }
}

fn end(child: &mut Child) {
    // It may have exited already; then only the wait matters.
    let _ = child.kill();
    let _ = child.wait();
}
