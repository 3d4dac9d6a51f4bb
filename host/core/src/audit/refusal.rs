//! Plugins that were refused before any of their code ran.

use super::{AuditSink, Event, EventKind};
use crate::contract::Digest;

/// That a plugin was refused, as an error of reading, fetching, installing or opening it tells.
///
/// [`Host`](crate::host::Host) and [`Plugins`](crate::install::Plugins) record theirs. Who reads components himself
/// hands it on: [`Self::record`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// A limit has its own kind.
    pub kind: EventKind,
    /// As [`Event::reason`].
    pub reason: &'static str,
    /// Its name, where that is known.
    pub plugin: Option<String>,
    /// Its bytes, where they are known.
    pub digest: Option<Digest>,
}

impl Refusal {
    /// A refusal of which nothing else is known.
    pub(crate) fn of(reason: &'static str) -> Self {
        Self {
            kind: EventKind::Refused,
            reason,
            plugin: None,
            digest: None,
        }
    }

    /// A limit refused it.
    pub(crate) fn limit(reason: &'static str) -> Self {
        Self {
            kind: EventKind::Limited,
            ..Self::of(reason)
        }
    }

    /// The same, of this plugin and these bytes.
    #[cfg(feature = "source")]
    pub(crate) fn about(self, plugin: &str, digest: Option<Digest>) -> Self {
        Self {
            plugin: Some(plugin.to_owned()),
            digest: digest.or(self.digest),
            ..self
        }
    }

    /// Makes the event of it, for `tracing` and for a sink.
    pub fn record(self, sink: Option<&dyn AuditSink>) {
        let event = Event {
            plugin: self.plugin,
            digest: self.digest,
            kind: self.kind,
            reason: self.reason,
            host: None,
            credential: None,
        };
        event.trace();
        if let Some(sink) = sink {
            sink.record(&event);
        }
    }
}
