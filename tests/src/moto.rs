//! AWS emulated by moto, whose data is a dump of the real service.

use std::io::{self, BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Stdio};

use crate::{place, python};

/// A running moto server. It stops when this value is dropped or the owning process dies.
#[derive(Debug)]
pub struct Moto {
    child: Child,
    addr: SocketAddr,
}

impl Moto {
    /// Starts a server with the kit's images (`tests/data/amis.json`): all distributions, in old and new builds, and
    /// decoys that must not be mistaken for them.
    ///
    /// # Errors
    ///
    /// The test environment is missing, or the server did not start.
    pub fn start() -> io::Result<Self> {
        Self::with_images(Some(&place::workspace().join("tests/data/amis.json")))
    }

    /// Starts a server with images from a file in moto's format, or with moto's own images.
    ///
    /// # Errors
    ///
    /// Same as [`Moto::start`].
    pub fn with_images(images: Option<&Path>) -> io::Result<Self> {
        let mut command = python::script("serve_moto.py")?;
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        if let Some(images) = images {
            command.env("MOTO_AMIS_PATH", images);
        }
        let mut child = command.spawn()?;
        match port_of(&mut child) {
            Ok(port) => Ok(Self {
                child,
                addr: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            }),
            Err(error) => {
                end(&mut child);
                Err(error)
            }
        }
    }

    /// Its address.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Its URL, for `AWS_ENDPOINT_URL`.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// Reads the port, which the server prints once it listens.
fn port_of(child: &mut Child) -> io::Result<u16> {
    let stdout = child
        .stdout
        .take()
        .ok_or_else(|| io::Error::other("moto has no output"))?;
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line)?;
    line.trim()
        .parse()
        .map_err(|_| io::Error::other(format!("moto did not start: it printed {line:?}")))
}

fn end(child: &mut Child) {
    // It may have exited already; then only the wait matters.
    let _ = child.kill();
    let _ = child.wait();
}
