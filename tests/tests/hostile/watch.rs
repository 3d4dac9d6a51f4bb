//! The log of this process at trace level: lines with a planted secret, and lines of plugins.

use crate::stage::PLANTED;
use std::io::{self, Write};
use std::sync::{Mutex, Once};
use tracing::Level;
use tracing_subscriber::fmt::MakeWriter;

static LEAKS: Mutex<Vec<String>> = Mutex::new(Vec::new());
static CAPTURED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Starts to watch the log, once.
pub fn start() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let log = tracing_subscriber::fmt()
            .with_max_level(Level::TRACE)
            .with_ansi(false)
            .with_writer(Lines);
        log.init();
        // Proves that the watch sees the log.
        tracing::trace!("{PLANTED} seen by the watch");
        let seen = std::mem::take(&mut *LEAKS.lock().unwrap());
        assert_eq!(seen.len(), 1, "{seen:?}");
    });
}

/// Lines that show a planted secret.
pub fn leaks() -> Vec<String> {
    LEAKS.lock().unwrap().clone()
}

/// Log lines of guests, and warnings, that contain this text.
pub fn lines_with(text: &str) -> Vec<String> {
    let lines = CAPTURED.lock().unwrap();
    lines
        .iter()
        .filter(|line| line.contains(text))
        .cloned()
        .collect()
}

struct Lines;

impl<'w> MakeWriter<'w> for Lines {
    type Writer = Line;

    fn make_writer(&'w self) -> Line {
        Line(Vec::new())
    }
}

/// An event as it is written, with its line feeds.
struct Line(Vec<u8>);

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let line = String::from_utf8_lossy(&self.0).into_owned();
        if line.contains(PLANTED) {
            LEAKS.lock().unwrap().push(line);
        } else if line.contains(" cloudhost::guest: ") || line.contains(" WARN ") {
            CAPTURED.lock().unwrap().push(line);
        }
    }
}
