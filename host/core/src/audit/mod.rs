//! What was done with the user's trust: exactly one [`Event`] for each denial, each use of a credential, each
//! limit that refused or ended something, each crash of a plugin, and each plugin that was refused before it ran.
//!
//! An event names the plugin, the digest of its code, a stable reason code, and the host and the credential that it
//! is about, as far as they are known; it never holds a secret, and text that a plugin chose is escaped and cut. Events go to the
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

/// Something that a plugin did, or that ended it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Event {
    /// The plugin's name; `None` where it was refused before that was read.
    pub plugin: Option<String>,
    /// The identity of its code; `None` where it was refused before that was known.
    #[serde(serialize_with = "as_text")]
    pub digest: Option<Digest>,
    /// What sort of event it is.
    pub kind: EventKind,
    /// Which one exactly: `denied.host`, `credential.used`, `limit.memory`, `timeout.cpu`, `plugin.trap`,
    /// `plugin.digest`. Stable.
    pub reason: &'static str,
    /// The host that a request was for, where there is one; at most 255 characters.
    pub host: Option<String>,
    /// The name of the credential; for a denied one as the plugin gave it, escaped, at most 64 characters.
    pub credential: Option<String>,
}

/// The sorts of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum EventKind {
    /// Manifest or grant do not allow it.
    Denied,
    /// A request was signed, or a token put into it. Each attempt to send it is one.
    CredentialUsed,
    /// A limit refused something or ended a call.
    Limited,
    /// The plugin crashed.
    Crashed,
    /// The plugin was refused before any of it ran: for what it is or asks for, or since it is not what was granted.
    Refused,
}

impl Event {
    fn trace(&self) {
        let Self { plugin, kind, .. } = self;
        let (reason, host, credential) = (self.reason, &self.host, &self.credential);
        let digest = || self.digest.map(|digest| digest.to_string());
        match kind {
            EventKind::CredentialUsed => {
                tracing::debug!(target: "cloudhost::audit", plugin, digest = digest(), ?kind, reason, host, credential)
            }
            _ => {
                tracing::info!(target: "cloudhost::audit", plugin, digest = digest(), ?kind, reason, host, credential)
            }
        }
    }
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

fn as_text<S: Serializer>(digest: &Option<Digest>, serializer: S) -> Result<S::Ok, S::Error> {
    match digest {
        Some(digest) => serializer.collect_str(digest),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests;
