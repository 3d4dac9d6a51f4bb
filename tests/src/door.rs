//! A loopback listener: a port, a thread for each client, and a stop flag.

use std::io::{self, Read};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// Stop flag of a server. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Sends nothing until the client disconnects or the server stops.
    pub(crate) fn hang(&self, client: &mut TcpStream) -> io::Result<()> {
        use io::ErrorKind::{TimedOut, WouldBlock};
        client.set_read_timeout(Some(Duration::from_millis(20)))?;
        while !self.0.load(Ordering::Relaxed) {
            match client.read(&mut [0]) {
                Err(error) if matches!(error.kind(), WouldBlock | TimedOut) => {}
                _ => break,
            }
        }
        Ok(())
    }
}

/// An open listener. Dropping it closes the port to new clients and ends hanging connections.
#[derive(Debug)]
pub(crate) struct ListenerGuard {
    addr: SocketAddr,
    stop: Stop,
}

impl ListenerGuard {
    /// Opens a port and serves each client in its own thread.
    ///
    /// # Errors
    ///
    /// No port is available.
    pub(crate) fn open(
        stop: &Stop,
        serve: impl Fn(TcpStream) -> io::Result<()> + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let addr = listener.local_addr()?;
        let (stop, serve) = (stop.clone(), Arc::new(serve));
        let stopped = Arc::clone(&stop.0);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if stopped.load(Ordering::Relaxed) {
                    break;
                }
                let serve = Arc::clone(&serve);
                // A client that disconnects ends its thread with an error, which is ignored.
                thread::spawn(move || drop(serve(client)));
            }
        });
        Ok(Self { addr, stop })
    }

    /// URL of the server, without a path.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.addr)
    }
}

impl Drop for ListenerGuard {
    fn drop(&mut self) {
        self.stop.0.store(true, Ordering::Relaxed);
        // Wakes the listener, which then sees the flag.
        drop(TcpStream::connect(self.addr));
    }
}
