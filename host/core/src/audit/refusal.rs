//! Plugins that were rejected before any of their code ran.

use super::{AuditSink, Event, EventKind};
use crate::contract::Digest;

/// The rejection of a plugin, derived from an error of reading, fetching, installing or opening it.
///
/// [`Host`](crate::host::Host) and [`Plugins`](crate::install::Plugins) record theirs. A program that reads
/// components itself records its own: [`Self::record`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// A limit has its own kind.
    pub kind: EventKind,
    /// Reason code, like [`Event::reason`].
    pub reason: &'static str,
    /// The plugin's name, if known.
    pub plugin: Option<String>,
    /// The digest of its bytes, if known.
    pub digest: Option<Digest>,
}

impl Refusal {
    /// A rejection of an unknown plugin.
    pub(crate) fn of(reason: &'static str) -> Self {
        Self {
            kind: EventKind::Refused,
            reason,
            plugin: None,
            digest: None,
        }
    }

    /// A rejection by a limit.
    pub(crate) fn limit(reason: &'static str) -> Self {
        Self {
            kind: EventKind::Limited,
            ..Self::of(reason)
        }
    }

    /// Adds the plugin's name and digest.
    #[cfg(feature = "source")]
    pub(crate) fn about(self, plugin: &str, digest: Option<Digest>) -> Self {
        Self {
            plugin: Some(plugin.to_owned()),
            digest: digest.or(self.digest),
            ..self
        }
    }

    /// Sends the event to `tracing` and to a sink.
    pub fn record(self, sink: Option<&dyn AuditSink>) {
        let event = Event {
            plugin: self.plugin,
            digest: self.digest,
            kind: self.kind,
            reason: self.reason,
            host: None,
            endpoint: None,
            credential: None,
        };
        event.trace();
        if let Some(sink) = sink {
            sink.record(&event);
        }
    }
}
