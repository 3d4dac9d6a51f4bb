//! Components without async functions.

use crate::guests::{ASKS, FETCH, Guest, HTTP, URL};
use crate::stage::Sandboxed;
use cloudhost_tests::{Reply, ScriptedServer};
use std::time::Duration;

/// All functions of the contract without `async`.
const SYNC: &[(&str, &str)] = &[("async func", "func")];

/// A guest that sends a request in `fetch`, and traps unless there is a response.
fn guest(fetch: &'static str) -> Guest<'static> {
    Guest {
        asks: ASKS,
        imports: HTTP,
        fields: URL,
        fetch,
        contract: SYNC,
        ..Guest::default()
    }
}

#[tokio::test]
async fn case_54_a_synchronous_component() {
    let peer = ScriptedServer::start(|_| Reply::ok("reached")).unwrap();
    let stage = Sandboxed::at(&peer);
    // The first byte of the result is 0 if there is a response.
    let fetch = Box::leak(
        format!("{FETCH} (if (i32.load8_u (i32.const 3072)) (then unreachable)) i32.const 1024")
            .into_boxed_str(),
    );
    let outcome = stage.call(&guest(fetch).plugin()).await;
    // An empty listing is no result, but it is no crash either.
    assert!(
        !format!("{:?}", outcome.result).contains("Trap"),
        "{:?}",
        outcome.result
    );
    assert_eq!(peer.heard().len(), 1);
    stage.assert_contained(&[]).await;
}

/// A request that is denied, and one that never ends: the limit on time holds.
#[tokio::test]
async fn case_54_a_synchronous_component_without_the_host() {
    let peer =
        ScriptedServer::start(|_| Reply::Late(Duration::from_secs(60), b"late".to_vec())).unwrap();
    let stage = Sandboxed::at_with(&peer, |config| {
        config.limits.wall = Duration::from_millis(500);
    });
    let fetch = Box::leak(format!("{FETCH} i32.const 1024").into_boxed_str());
    let mut plugin = guest(fetch).plugin();
    let outcome = stage.call(&plugin).await;
    assert!(outcome.took < Duration::from_secs(20), "{:?}", outcome.took);
    plugin.grant.hosts.clear();
    stage.call(&plugin).await;
    stage
        .assert_contained(&["denied.host", "timeout.wall"])
        .await;
}
