//! AWS emulated by moto, whose data is a dump of the real service.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::server::Server;
use crate::{place, python};

/// A running moto server. It stops when this value is dropped or the owning process dies.
#[derive(Debug)]
pub struct Moto {
    server: Server,
}

impl Moto {
    /// Starts a server with the kit's images (`tests/data/amis.json`): all distributions, in old and new builds, and
    /// decoys that must not be mistaken for them.
    ///
    /// # Errors
    ///
    /// The test environment is missing, or the server did not start.
    pub fn start() -> io::Result<Self> {
        Self::with_images(Some(&images()))
    }

    /// Starts a server with images from a file in moto's format, or with moto's own images.
    ///
    /// # Errors
    ///
    /// Same as [`Moto::start`].
    pub fn with_images(images: Option<&Path>) -> io::Result<Self> {
        let mut command = python::script("serve_moto.py")?;
        if let Some(images) = images {
            command.env("MOTO_AMIS_PATH", images);
        }
        Ok(Self {
            server: Server::start(command)?,
        })
    }

    /// Its address.
    pub fn addr(&self) -> SocketAddr {
        self.server.addr()
    }

    /// Its URL, for `AWS_ENDPOINT_URL`.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr())
    }
}

/// The kit's images.
pub(crate) fn images() -> PathBuf {
    place::workspace().join("tests/data/amis.json")
}
