//! Audit trail: exactly one [`Event`] for each denial, each use of a credential, each limit that rejected or ended
//! something, each crash of a plugin, and each plugin that was rejected before it ran.
//!
//! An event names the plugin, the digest of its code, a stable reason code, and the host and the credential that it
//! is about, if known. It never holds a secret, and text that a plugin chose is escaped and cut. Events go to the
//! [`AuditSink`] of [`HostConfig::audit`](crate::host::HostConfig::audit) and to `tracing`, target
//! `cloudhost::audit`, and are counted ([`Counts`]).

mod error;
mod json_lines;
mod refusal;
mod trail;

pub use error::AuditError;
pub use json_lines::JsonLines;
pub use refusal::Refusal;
pub use trail::{Counts, Trail};

use crate::contract::Digest;
use serde::{Serialize, Serializer};

/// An action of a plugin, or the event that ended it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Event {
    /// The plugin's name; `None` if it was rejected before that was read.
    pub plugin: Option<String>,
    /// The digest of its code; `None` if it was rejected before that was known.
    #[serde(serialize_with = "as_text")]
    pub digest: Option<Digest>,
    /// Kind of the event.
    pub kind: EventKind,
    /// Stable reason code: `denied.host`, `credential.used`, `limit.memory`, `timeout.cpu`, `plugin.trap`,
    /// `plugin.digest`.
    pub reason: &'static str,
    /// The host of the request, if any; at most 255 characters.
    pub host: Option<String>,
    /// The origin of the user's endpoint, if a request with a credential goes there instead of to the host.
    pub endpoint: Option<String>,
    /// The name of the credential. For a denied one, the plugin's text, escaped, at most 64 characters.
    pub credential: Option<String>,
}

/// Kinds of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum EventKind {
    /// Manifest or grant do not allow it.
    Denied,
    /// A request was signed, or a token was added to it. Each attempt to send it is one event.
    CredentialUsed,
    /// A limit rejected something or ended a call.
    Limited,
    /// The plugin crashed.
    Crashed,
    /// The plugin was rejected before any of it ran: for its content or requested permissions, or because it differs
    /// from the granted one.
    Refused,
}

impl Event {
    fn trace(&self) {
        let Self { plugin, kind, .. } = self;
        let (reason, host, endpoint) = (self.reason, &self.host, &self.endpoint);
        let credential = &self.credential;
        let digest = || self.digest.map(|digest| digest.to_string());
        match kind {
            EventKind::CredentialUsed => {
                tracing::debug!(target: "cloudhost::audit", plugin, digest = digest(), ?kind, reason, host, endpoint, credential)
            }
            _ => {
                tracing::info!(target: "cloudhost::audit", plugin, digest = digest(), ?kind, reason, host, endpoint, credential)
            }
        }
    }
}

/// A receiver of events. It is called from many tasks at once, before the action that the event is about continues.
/// It should be quick and must not fail; it reports lost events in its own way, like [`JsonLines::finish`].
///
/// ```
/// use cloudhost::audit::{AuditSink, Event, EventKind};
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// /// Counts denials for a dashboard.
/// #[derive(Default)]
/// struct Denials(AtomicU64);
///
/// impl AuditSink for Denials {
///     fn record(&self, event: &Event) {
///         if event.kind == EventKind::Denied {
///             self.0.fetch_add(1, Ordering::Relaxed);
///         }
///     }
/// }
///
/// let mut config = cloudhost::host::HostConfig::new("/var/cache/inventory");
/// config.audit = Some(std::sync::Arc::new(Denials::default()));
/// ```
pub trait AuditSink: Send + Sync {
    /// Records an event.
    fn record(&self, event: &Event);
}

impl std::fmt::Debug for dyn AuditSink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AuditSink")
    }
}

fn as_text<S: Serializer>(digest: &Option<Digest>, serializer: S) -> Result<S::Ok, S::Error> {
    match digest {
        Some(digest) => serializer.collect_str(digest),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests;
