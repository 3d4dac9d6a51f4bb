//! Events in a file, one JSON object a line.

use super::{AuditError, AuditSink, Event};
use cloudhost_files::{FileError, append_private};
use jiff::Timestamp;
use serde::Serialize;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Events of one plugin with one reason that are written; further ones are counted.
const MOST: u64 = 10_000;

/// Appends events to a file: `{"time":"2026-01-02T03:04:05Z","plugin":"aws",...}`, with the time in RFC 3339.
///
/// A plugin that repeats an action does not fill the disk: the first 10,000 of its events with one reason are
/// written. [`Self::finish`] writes the number of further events, in one line for each plugin and reason, with
/// `"more"`.
///
/// ```no_run
/// use cloudhost::audit::JsonLines;
/// use cloudhost::host::{Host, HostConfig};
/// use std::{path::Path, sync::Arc};
///
/// let log = Arc::new(JsonLines::open(Path::new("/var/log/inventory/audit.jsonl"))?);
/// let mut config = HostConfig::new("/var/cache/inventory");
/// config.audit = Some(log.clone());
/// let host = Host::new(config)?;
/// // ... and when the program ends:
/// log.finish()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct JsonLines {
    path: PathBuf,
    most: u64,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    file: File,
    /// By plugin and reason.
    seen: Vec<Seen>,
    failed: Option<io::Error>,
}

/// Events of one plugin with one reason.
#[derive(Debug)]
struct Seen {
    /// The first of them, without host and credential: the closing line is about all of them.
    like: Event,
    events: u64,
}

#[derive(Serialize)]
struct Line<'a> {
    time: Timestamp,
    #[serde(flatten)]
    event: &'a Event,
    /// Number of further events with this reason that were not written.
    #[serde(skip_serializing_if = "Option::is_none")]
    more: Option<u64>,
}

impl JsonLines {
    /// Opens a file to append to. A missing file is created for its owner alone (mode 0600).
    ///
    /// # Errors
    /// [`AuditError::Open`] if it cannot be written, or is a link, a pipe or anything but a plain file;
    /// [`AuditError::NotPrivate`] if other users can write it, too.
    pub fn open(path: &Path) -> Result<Self, AuditError> {
        let file = append_private(path).map_err(|error| match error {
            FileError::NotPrivate => AuditError::NotPrivate {
                path: path.to_owned(),
            },
            error => AuditError::Open {
                path: path.to_owned(),
                source: error.into(),
            },
        })?;
        Ok(Self {
            path: path.to_owned(),
            most: MOST,
            state: Mutex::new(State {
                file,
                seen: Vec::new(),
                failed: None,
            }),
        })
    }

    /// Writes the numbers of omitted events, and syncs the file to the disk.
    ///
    /// # Errors
    /// [`AuditError::Write`] if an event could not be written.
    pub fn finish(&self) -> Result<(), AuditError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        for Seen { like, events } in std::mem::take(&mut state.seen) {
            if events > self.most {
                state.write(&like, Some(events - self.most));
            }
        }
        if let Err(error) = state.file.sync_data() {
            state.failed.get_or_insert(error);
        }
        match state.failed.take() {
            None => Ok(()),
            Some(source) => Err(AuditError::Write {
                path: self.path.clone(),
                source,
            }),
        }
    }
}

impl AuditSink for JsonLines {
    fn record(&self, event: &Event) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let known = (state.seen).binary_search_by(|seen| key(&seen.like).cmp(&key(event)));
        let at = known.unwrap_or_else(|at| {
            let like = Event {
                host: None,
                endpoint: None,
                credential: None,
                ..event.clone()
            };
            state.seen.insert(at, Seen { like, events: 0 });
            at
        });
        let Some(seen) = state.seen.get_mut(at) else {
            return;
        };
        seen.events = seen.events.saturating_add(1);
        if seen.events <= self.most {
            state.write(event, None);
        }
    }
}

fn key(event: &Event) -> (Option<&str>, &str) {
    (event.plugin.as_deref(), event.reason)
}

impl State {
    /// One write per line, so that lines of two processes do not mix.
    fn write(&mut self, event: &Event, more: Option<u64>) {
        if self.failed.is_some() {
            return;
        }
        let line = Line {
            time: crate::clock::timestamp(),
            event,
            more,
        };
        let written = serde_json::to_vec(&line)
            .map_err(io::Error::other)
            .and_then(|mut text| {
                text.push(b'\n');
                self.file.write_all(&text)
            });
        if let Err(error) = written {
            tracing::error!(%error, "cannot write the audit log");
            self.failed = Some(error);
        }
    }
}

#[cfg(test)]
impl JsonLines {
    /// A log with another bound.
    pub(super) fn keeping(mut self, most: u64) -> Self {
        self.most = most;
        self
    }

    /// Redirects further events to this file.
    pub(super) fn swap(&self, file: File) {
        self.state.lock().unwrap().file = file;
    }
}
