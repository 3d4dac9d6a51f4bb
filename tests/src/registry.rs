//! A registry as others wrote it: Debian's docker-registry.

use std::io::{self, BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::{fs, thread};

use tempfile::TempDir;

use crate::program;

/// Who may use a registry of [`Registry::with_login`].
pub const REGISTRY_USER: &str = "pusher";
/// The password that belongs to it: it must not show anywhere.
pub const REGISTRY_PASSWORD: &str = "registry-test-password";
/// The same as a line of a `htpasswd` file, in bcrypt with the least cost.
const HTPASSWD: &str = "pusher:$2b$04$abcdefghijklmnopqrstuunVhfQpnqHpAVcaDBQgTW/1IjvwTZL/y\n";

/// A running registry with nothing in it. It ends when this value is dropped, and also when the process that holds
/// it dies.
#[derive(Debug)]
pub struct Registry {
    child: Child,
    addr: SocketAddr,
    dir: TempDir,
}

impl Registry {
    /// Starts one that asks nobody who they are.
    ///
    /// # Errors
    ///
    /// docker-registry is not installed, or did not start.
    pub fn start() -> io::Result<Self> {
        Self::with_auth("")
    }

    /// Starts one that serves [`REGISTRY_USER`] only.
    ///
    /// # Errors
    ///
    /// As [`Registry::start`].
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
        // Ends with the process that started it, whatever ends that one.
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

    /// Host and port, as a reference names them.
    pub fn name(&self) -> String {
        self.addr.to_string()
    }

    /// Its URL, without a path.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Where it keeps what it was given.
    pub fn data(&self) -> std::path::PathBuf {
        self.dir.path().join("data")
    }

    /// Writes docker's file of logins with this password for it.
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

/// The server says its port once it listens. What else it says is read and dropped, so that it is never blocked.
fn addr_of(child: &mut Child) -> io::Result<SocketAddr> {
    let stderr = child.stderr.take();
    let mut stderr = BufReader::new(stderr.ok_or_else(|| io::Error::other("no stderr"))?);
    let mut said = String::new();
    loop {
        let start = said.len();
        if stderr.read_line(&mut said)? == 0 {
            let message = format!("docker-registry did not start: {said}");
            return Err(io::Error::other(message));
        }
        let addr = said
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
    // It can have ended by itself; then there is nothing to kill and only the wait matters.
    let _ = child.kill();
    let _ = child.wait();
}
