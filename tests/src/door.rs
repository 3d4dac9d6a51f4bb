//! A loopback server's door: a port, a thread for each client, and an end.

use std::io::{self, Read};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// An open door. Dropping it closes the port to new clients.
#[derive(Debug)]
pub(crate) struct Door {
    addr: SocketAddr,
    stop: Arc<AtomicBool>,
}

impl Door {
    /// Serves each client in a thread of its own.
    ///
    /// # Errors
    ///
    /// No port could be had.
    pub(crate) fn open(
        serve: impl Fn(TcpStream) -> io::Result<()> + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let addr = listener.local_addr()?;
        let (stop, serve) = (Arc::new(AtomicBool::new(false)), Arc::new(serve));
        let stopped = Arc::clone(&stop);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if stopped.load(Ordering::Relaxed) {
                    break;
                }
                let serve = Arc::clone(&serve);
                // A client that goes away ends its thread with an error that concerns nobody.
                thread::spawn(move || drop(serve(client)));
            }
        });
        Ok(Self { addr, stop })
    }

    /// The URL of what is behind it, without a path.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.addr)
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // Wakes the listener, which then sees that it is to stop.
        drop(TcpStream::connect(self.addr));
    }
}

/// Says nothing until the client goes away.
pub(crate) fn hang(client: &mut TcpStream) {
    while client.read(&mut [0]).is_ok_and(|read| read > 0) {}
}
