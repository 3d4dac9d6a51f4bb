//! What was done with the user's trust: exactly one [`Event`] for each denial, each use of a credential, each
//! limit that refused or ended something, and each crash of a plugin.
//!
//! An event names the plugin, the digest of its code, a stable reason code, and the host and the credential that it
//! is about; it never holds a secret, and text that a plugin chose is escaped and cut. Events go to the
//! [`AuditSink`] of [`HostConfig::audit`](crate::host::HostConfig::audit) and to `tracing`, target
//! `cloudhost::audit`, and are counted ([`Counts`]).

mod error;
mod json_lines;
mod trail;

pub use error::AuditError;
pub use json_lines::JsonLines;
pub use trail::{Counts, Trail};

use crate::plugin::Digest;
use serde::{Serialize, Serializer};

/// Something that a plugin did, or that ended it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Event {
    /// The plugin's name.
    pub plugin: String,
    /// The identity of its code.
    #[serde(serialize_with = "as_text")]
    pub digest: Digest,
    /// What sort of event it is.
    pub kind: EventKind,
    /// Which one exactly: `denied.host`, `credential.used`, `limit.memory`, `timeout.cpu`, `plugin.trap`. Stable.
    pub reason: &'static str,
    /// The host that a request was for, where there is one; at most 255 characters.
    pub host: Option<String>,
    /// The name of the credential; for a denied one as the plugin gave it, escaped, at most 64 characters.
    pub credential: Option<String>,
}

/// The sorts of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventKind {
    /// Manifest or grant do not allow it.
    Denied,
    /// A request was signed, or a token put into it. Each attempt to send it is one.
    CredentialUsed,
    /// A limit refused something or ended a call.
    Limited,
    /// The plugin crashed.
    Crashed,
}

/// Who keeps events. It is called from many tasks at once, before what the event is about goes on: it should be
/// quick, and it must not fail; what it cannot keep it tells in a way of its own, as [`JsonLines::finish`].
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
    /// Takes an event.
    fn record(&self, event: &Event);
}

impl std::fmt::Debug for dyn AuditSink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AuditSink")
    }
}

fn as_text<S: Serializer>(digest: &Digest, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(digest)
}

#[cfg(test)]
mod tests;
