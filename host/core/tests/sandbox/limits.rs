//! Limits that the engine enforces and reports in its own words: this test pins the words.

use super::{Probe, limit};
use cloudhost::audit::{AuditSink, Event, EventKind};
use cloudhost::capability::Grant;
use cloudhost::host::{HostConfig, HostError};
use cloudhost::limits::Limit;
use cloudhost::plugin::PluginError;
use rstest::rstest;
use std::sync::{Arc, Mutex};

#[derive(Default)]
pub struct Events(pub Mutex<Vec<Event>>);

impl AuditSink for Events {
    fn record(&self, event: &Event) {
        self.0.lock().unwrap().push(event.clone());
    }
}

impl Events {
    pub fn reasons(&self) -> Vec<(EventKind, &'static str)> {
        let events = self.0.lock().unwrap();
        events
            .iter()
            .map(|event| (event.kind, event.reason))
            .collect()
    }
}

#[rstest]
#[case::instances(Limit::Instances, 1, "answer")]
#[case::result(Limit::Result, 10, "answer")]
#[case::handles(Limit::Handles, 10, "join")]
#[case::memory(Limit::Memory, 100_000, "answer")]
#[tokio::test]
async fn each_has_its_name(#[case] what: Limit, #[case] most: u64, #[case] told: &str) {
    let events = Arc::new(Events::default());
    let probe = Probe::new(|config: &mut HostConfig| {
        config.overrides.push((what, most));
        config.audit = Some(events.clone());
        // No request is answered: joined requests wait for their turn.
        let nobody = "http://127.0.0.1:1".parse().unwrap();
        config.egress.endpoints.insert("probe".to_owned(), nobody);
    });
    let reached = limit(probe.asked(told, &[("count", "100")]).await);
    assert_eq!((reached.limit, reached.most), (what, most));
    assert_eq!(events.reasons(), [(EventKind::Limited, what.label())]);
}

#[tokio::test]
async fn a_crash_is_one_event() {
    let events = Arc::new(Events::default());
    let probe = Probe::new(|config| config.audit = Some(events.clone()));
    let outcome = probe.told_to("crash").await;
    assert!(matches!(
        outcome,
        Err(HostError::Plugin(PluginError::Trap { .. }))
    ));
    assert_eq!(events.reasons(), [(EventKind::Crashed, "plugin.trap")]);
    let event = events.0.lock().unwrap().remove(0);
    assert_eq!(event.plugin.as_deref(), Some("probe"));
    assert_eq!(event.digest, Some(super::probe().digest));
}

#[tokio::test]
async fn a_component_has_a_size() {
    let probe = Probe::new(|config| config.limits.component = 1_000);
    let artifact = super::probe();
    let provider = probe.host.load(artifact, &Grant::default());
    match provider.describe().await {
        Err(HostError::Plugin(PluginError::Load(exceeded))) => {
            assert_eq!((exceeded.limit, exceeded.most), (Limit::Component, 1_000));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(provider.audited().limited, 1);
}
