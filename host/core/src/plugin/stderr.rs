//! Standard error stream of a plugin. Its end is kept, because the message of a panic comes last.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi_io::async_trait;
use wasmtime_wasi_io::bytes::Bytes;
use wasmtime_wasi_io::poll::Pollable;
use wasmtime_wasi_io::streams::{OutputStream, StreamResult};

/// Bytes to keep: enough for the message of a panic.
const KEPT: usize = 16 << 10;

/// A stream that accepts everything and keeps the end. Clones share one stream.
#[derive(Clone, Default)]
pub(super) struct Tail(Arc<Mutex<VecDeque<u8>>>);

impl Tail {
    /// Returns the last bytes written.
    pub(super) fn text(&self) -> String {
        let tail = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes: Vec<u8> = tail.iter().copied().collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl OutputStream for Tail {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        let mut tail = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let new = bytes.get(bytes.len().saturating_sub(KEPT)..);
        tail.extend(new.unwrap_or_default());
        let over = tail.len().saturating_sub(KEPT);
        tail.drain(..over);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(KEPT)
    }
}

#[async_trait]
impl Pollable for Tail {
    async fn ready(&mut self) {}
}

impl IsTerminal for Tail {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Tail {
    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }

    /// Discards all output: the host does not use the asynchronous stream.
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(tokio::io::sink())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_kept() {
        let mut tail = Tail::default();
        for _ in 0..100 {
            let room = tail.check_write().unwrap();
            tail.write(vec![b'x'; room].into()).unwrap();
        }
        tail.write("the last words".into()).unwrap();
        assert_eq!(tail.text().len(), KEPT);
        assert!(tail.text().ends_with("xthe last words"));
    }
}
