//! Error codes that only the plugin's manifest knows: the host acts on them, and knows no cloud.

use super::Probe;
use cloudhost::host::HostError;
use cloudhost::{HasRemedy as _, Remedy};
use cloudhost_tests::{Reply, ScriptedServer};
use rstest::rstest;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

fn reply(status: u16, reason: &str) -> Reply {
    let body = format!(r#"{{"error":{{"reason":"probe.test/{reason}"}}}}"#);
    Reply::Answer(status, Vec::new(), body.into_bytes())
}

fn probe_at(peer: &ScriptedServer) -> Probe {
    let url = peer.url().parse().unwrap();
    Probe::new(|config| {
        config.egress.endpoints.insert("probe".to_owned(), url);
        config.egress.retries.base = Duration::from_millis(1);
    })
}

/// A response of the manifest's `[[retry]]` is retried; the plugin gets the others.
#[rstest]
#[case::later(400, "come-back", 2)]
#[case::other_code(400, "come-back-never", 1)]
#[case::other_status(403, "come-back", 1)]
#[tokio::test]
async fn a_code_of_the_manifest_is_resent(
    #[case] status: u16,
    #[case] reason: &'static str,
    #[case] sent: usize,
) {
    let first = AtomicU32::new(0);
    let peer = ScriptedServer::start(move |_| match first.fetch_add(1, Ordering::Relaxed) {
        0 => reply(status, reason),
        _ => Reply::ok("{}"),
    });
    let peer = peer.unwrap();
    let outcome = probe_at(&peer).told_to("coded").await;
    assert_eq!(outcome.is_ok(), sent == 2, "{outcome:?}");
    assert_eq!(peer.heard().len(), sent);
}

/// The remedy is the manifest's text, and names its source.
#[tokio::test]
async fn advice_of_the_manifest_is_the_remedy() {
    let peer = ScriptedServer::start(|_| reply(422, "closed-for-lunch")).unwrap();
    let probe = probe_at(&peer);
    let error = probe.told_to("coded").await.unwrap_err();
    assert!(matches!(error, HostError::Cloud { .. }), "{error:?}");
    let remedy = Remedy::Advice {
        provider: "probe".to_owned(),
        text: "come back at two".to_owned(),
    };
    assert_eq!(error.remedy(), Some(remedy));
}

#[tokio::test]
async fn a_code_without_advice_has_none() {
    let peer = ScriptedServer::start(|_| reply(422, "out-of-ink")).unwrap();
    let error = probe_at(&peer).told_to("coded").await.unwrap_err();
    assert_eq!(error.remedy(), None);
}
