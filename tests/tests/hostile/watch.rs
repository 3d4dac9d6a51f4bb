//! All that this process logs, at trace level: lines with a planted secret, and what plugins said.

use crate::stage::PLANTED;
use std::io::{self, Write};
use std::sync::{Mutex, Once};
use tracing::Level;
use tracing_subscriber::fmt::MakeWriter;

static LEAKS: Mutex<Vec<String>> = Mutex::new(Vec::new());
static SAID: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Begins to watch, if nobody did before.
pub fn start() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let log = tracing_subscriber::fmt()
            .with_max_level(Level::TRACE)
            .with_ansi(false)
            .with_writer(Lines);
        log.init();
        // A watch that sees nothing would find nothing.
        tracing::trace!("{PLANTED} seen by the watch");
        let seen = std::mem::take(&mut *LEAKS.lock().unwrap());
        assert_eq!(seen.len(), 1, "{seen:?}");
    });
}

/// The lines that show a planted secret.
pub fn leaks() -> Vec<String> {
    LEAKS.lock().unwrap().clone()
}

/// The lines of the host itself that contain this text: log lines of guests, warnings, events.
pub fn lines_with(text: &str) -> Vec<String> {
    let said = SAID.lock().unwrap();
    said.iter()
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

/// One event as it is written: with the line feeds that are in it.
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
            SAID.lock().unwrap().push(line);
        }
    }
}
