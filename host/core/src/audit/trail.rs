//! The events of one plugin.

use super::{AuditSink, Event, EventKind, Refusal};
use crate::capability::Denial;
use crate::contract::Digest;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Events of one kind that go to `tracing`; a sink gets all of them.
const TRACED: u64 = 10_000;
/// The longest name of a host in DNS, in characters.
const HOST: usize = 255;

/// Makes the events of one plugin, sends them and counts them. Clones count together.
#[derive(Clone, Debug)]
pub struct Trail(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    plugin: String,
    digest: Digest,
    sink: Option<Arc<dyn AuditSink>>,
    denied: AtomicU64,
    signed: AtomicU64,
    limited: AtomicU64,
    crashed: AtomicU64,
    refused: AtomicU64,
}

/// Number of events of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// Denials.
    pub denied: u64,
    /// Requests signed, or sent with a token; each attempt is one.
    pub signed: u64,
    /// Limits that refused or ended something.
    pub limited: u64,
    /// Crashes.
    pub crashed: u64,
    /// Rejections before loading.
    pub refused: u64,
}

/// Subject of an event.
#[derive(Default)]
struct About<'a> {
    host: Option<&'a str>,
    /// The user's endpoint that stands for the host.
    endpoint: Option<&'a str>,
    credential: Option<&'a str>,
}

impl Trail {
    /// The trail of this plugin, which sends to this sink.
    pub fn new(
        plugin: impl Into<String>,
        digest: Digest,
        sink: Option<Arc<dyn AuditSink>>,
    ) -> Self {
        Self(Arc::new(Inner {
            plugin: plugin.into(),
            digest,
            sink,
            denied: AtomicU64::new(0),
            signed: AtomicU64::new(0),
            limited: AtomicU64::new(0),
            crashed: AtomicU64::new(0),
            refused: AtomicU64::new(0),
        }))
    }

    /// The plugin's name.
    pub fn plugin(&self) -> &str {
        &self.0.plugin
    }

    /// The counts so far.
    pub fn counts(&self) -> Counts {
        let inner = &self.0;
        Counts {
            denied: inner.denied.load(Ordering::Relaxed),
            signed: inner.signed.load(Ordering::Relaxed),
            limited: inner.limited.load(Ordering::Relaxed),
            crashed: inner.crashed.load(Ordering::Relaxed),
            refused: inner.refused.load(Ordering::Relaxed),
        }
    }

    /// Records a denial, with the host if it was in a request.
    pub(crate) fn denied(&self, denial: &Denial, host: Option<&str>) {
        let credential = match denial {
            Denial::Credential { name, .. } => Some(name.as_str()),
            _ => None,
        };
        let about = About {
            host,
            credential,
            ..About::default()
        };
        self.record(EventKind::Denied, denial.label(), about);
    }

    /// Records that a request to this host carries this credential, and the user's endpoint that it goes to instead.
    pub(crate) fn signed(&self, credential: &str, host: &str, endpoint: Option<&str>) {
        let about = About {
            host: Some(host),
            endpoint,
            credential: Some(credential),
        };
        self.record(EventKind::CredentialUsed, "credential.used", about);
    }

    /// Records that a limit rejected something or ended a call.
    pub(crate) fn limited(&self, reason: &'static str, host: Option<&str>) {
        let about = About {
            host,
            ..About::default()
        };
        self.record(EventKind::Limited, reason, about);
    }

    /// Records that the plugin crashed.
    pub(crate) fn crashed(&self) {
        self.record(EventKind::Crashed, "plugin.trap", About::default());
    }

    /// Records that the plugin was rejected before loading.
    pub(crate) fn refused(&self, refusal: &Refusal) {
        self.record(refusal.kind, refusal.reason, About::default());
    }

    fn record(&self, kind: EventKind, reason: &'static str, about: About<'_>) {
        let inner = &self.0;
        let counter = match kind {
            EventKind::Denied => &inner.denied,
            EventKind::CredentialUsed => &inner.signed,
            EventKind::Limited => &inner.limited,
            EventKind::Crashed => &inner.crashed,
            EventKind::Refused => &inner.refused,
        };
        let event = Event {
            plugin: Some(inner.plugin.clone()),
            digest: Some(inner.digest),
            kind,
            reason,
            host: about.host.map(|host| host.chars().take(HOST).collect()),
            endpoint: about.endpoint.map(str::to_owned),
            credential: about.credential.map(str::to_owned),
        };
        if counter.fetch_add(1, Ordering::Relaxed) < TRACED {
            event.trace();
        }
        if let Some(sink) = &inner.sink {
            sink.record(&event);
        }
    }
}
