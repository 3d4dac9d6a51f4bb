//! Events in a file, one JSON object a line.

use super::{AuditError, AuditSink, Event};
use jiff::Timestamp;
use rustix::fs::{Mode, OFlags};
use serde::Serialize;
use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Events with the same reason that one plugin's part of the log keeps; what comes after is counted.
const MOST: u64 = 10_000;
/// Hosts and credentials, each with the other, that are counted apart for one plugin and one reason. A plugin can ask
/// for any number of hosts.
const APART: usize = 1_000;

/// Appends events to a file: `{"time":"2026-01-02T03:04:05Z","plugin":"aws",...}`, the time as in RFC 3339.
///
/// A plugin that does the same thing again and again fills no disk: of its events with one reason the first 10,000 are
/// written, and later the first one about each other host and credential. [`Self::finish`] writes how many more there
/// were about each of these. Where they are more than 1,000, the rest is counted together, in a line with
/// `"others":true`.
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
    apart: usize,
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
    plugin: Option<String>,
    reason: &'static str,
    events: u64,
    /// About each host and credential, by these.
    about: Vec<Unwritten>,
    /// About all others.
    others: Option<Unwritten>,
}

/// Events that were left out.
#[derive(Debug)]
struct Unwritten {
    more: u64,
    /// The first of these events: the closing line is about the same.
    first: Event,
}

#[derive(Serialize)]
struct Line<'a> {
    time: Timestamp,
    #[serde(flatten)]
    event: &'a Event,
    /// So many more with this reason, host and credential were not written.
    #[serde(skip_serializing_if = "Option::is_none")]
    more: Option<u64>,
    /// They are about others than the lines of this reason name.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    others: bool,
}

impl JsonLines {
    /// Opens a file to append to. One that is not there is made for its owner alone (mode 0600).
    ///
    /// # Errors
    /// [`AuditError::Open`] where it cannot be written, or is a link, a pipe or anything else but a plain file;
    /// [`AuditError::NotPrivate`] where others could write it, too.
    pub fn open(path: &Path) -> Result<Self, AuditError> {
        let failed = |source| AuditError::Open {
            path: path.to_owned(),
            source,
        };
        let file = open_plain(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if metadata.mode() & 0o022 != 0 || metadata.uid() != rustix::process::geteuid().as_raw() {
            return Err(AuditError::NotPrivate {
                path: path.to_owned(),
            });
        }
        Ok(Self {
            path: path.to_owned(),
            most: MOST,
            apart: APART,
            state: Mutex::new(State {
                file,
                seen: Vec::new(),
                failed: None,
            }),
        })
    }

    /// Says what was left out, and makes sure that all is on the disk.
    ///
    /// # Errors
    /// [`AuditError::Write`] where an event could not be written.
    pub fn finish(&self) -> Result<(), AuditError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        for seen in std::mem::take(&mut state.seen) {
            for Unwritten { more, first } in seen.about.into_iter().filter(|about| about.more > 0) {
                state.write(&first, Some(more), false);
            }
            if let Some(Unwritten { more, mut first }) = seen.others {
                (first.host, first.credential) = (None, None);
                state.write(&first, Some(more), true);
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
        let key = (event.plugin.as_deref(), event.reason);
        let found = state
            .seen
            .binary_search_by(|seen| (seen.plugin.as_deref(), seen.reason).cmp(&key));
        let at = found.unwrap_or_else(|at| {
            state.seen.insert(at, Seen::like(event));
            at
        });
        let seen = state.seen.get_mut(at);
        if seen.is_some_and(|seen| seen.takes(event, self.most, self.apart)) {
            state.write(event, None, false);
        }
    }
}

impl Seen {
    /// None so far.
    fn like(event: &Event) -> Self {
        Self {
            plugin: event.plugin.clone(),
            reason: event.reason,
            events: 0,
            about: Vec::new(),
            others: None,
        }
    }

    /// Counts an event; whether it is to be written.
    fn takes(&mut self, event: &Event, most: u64, apart: usize) -> bool {
        self.events = self.events.saturating_add(1);
        let of = |more| Unwritten {
            more,
            first: event.clone(),
        };
        let room = self.about.len() < apart;
        let written = self.events <= most;
        let key = about(event);
        match self
            .about
            .binary_search_by(|known| about(&known.first).cmp(&key))
        {
            Ok(_) if written => true,
            Ok(at) => {
                if let Some(known) = self.about.get_mut(at) {
                    known.more = known.more.saturating_add(1);
                }
                false
            }
            Err(at) if room => {
                self.about.insert(at, of(0));
                true
            }
            Err(_) if written => true,
            Err(_) => {
                let others = self.others.get_or_insert_with(|| of(0));
                others.more = others.more.saturating_add(1);
                false
            }
        }
    }
}

/// What an event is about: host and credential.
fn about(event: &Event) -> (Option<&str>, Option<&str>) {
    (event.host.as_deref(), event.credential.as_deref())
}

impl State {
    /// One line by one write, so that lines of two processes do not mix.
    fn write(&mut self, event: &Event, more: Option<u64>, others: bool) {
        if self.failed.is_some() {
            return;
        }
        let line = Line {
            time: crate::clock::timestamp(),
            event,
            more,
            others,
        };
        let written = serde_json::to_vec(&line)
            .map_err(io::Error::other)
            .and_then(|mut text| {
                text.push(b'\n');
                self.file.write_all(&text)
            });
        if let Err(error) = written {
            tracing::error!(%error, "the audit log cannot be written");
            self.failed = Some(error);
        }
    }
}

fn open_plain(path: &Path) -> io::Result<File> {
    // A link is not followed, and a pipe not waited for.
    let flags = OFlags::WRONLY
        | OFlags::APPEND
        | OFlags::CREATE
        | OFlags::NOFOLLOW
        | OFlags::NONBLOCK
        | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(path, flags, Mode::RUSR | Mode::WUSR)?);
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    Ok(file)
}

#[cfg(test)]
impl JsonLines {
    /// The same with other bounds.
    pub(super) fn keeping(mut self, most: u64, apart: usize) -> Self {
        (self.most, self.apart) = (most, apart);
        self
    }

    /// Writes to this file from now on.
    pub(super) fn swap(&self, file: File) {
        self.state.lock().unwrap().file = file;
    }
}
