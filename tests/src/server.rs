//! A server of `tests/python`: a script that prints its port and ends with its standard input.

use std::io::{self, BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command, Stdio};

/// A running server on loopback. It stops when this value is dropped or the owning process dies.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    addr: SocketAddr,
}

impl Server {
    /// Starts a script and waits until it has printed its port.
    ///
    /// # Errors
    ///
    /// The script did not start, or printed something else.
    pub(crate) fn start(mut command: Command) -> io::Result<Self> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let child = command.spawn()?;
        // From here on, an error ends the process.
        let mut server = Self {
            child,
            addr: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        };
        let stdout = server.child.stdout.take();
        let stdout = stdout.ok_or_else(|| io::Error::other("the server has no output"))?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let port = line.trim().parse();
        let port =
            port.map_err(|_| io::Error::other(format!("no server started: it printed {line:?}")))?;
        server.addr.set_port(port);
        Ok(server)
    }

    /// Its address.
    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have exited already; then only the wait matters.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
