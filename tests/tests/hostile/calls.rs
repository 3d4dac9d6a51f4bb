//! Calls that end early, and concurrent calls.

use crate::guests::{ALLOWED, ASKS, FETCH, Guest, HTTP, URL, probe};
use crate::stage::{OTHER_TOKEN, Sandboxed, left};
use cloudhost::{AuthorTask, HasRemedy, Remedy};
use cloudhost_probe::{ProbeAction, Seen};
use cloudhost_sdk::http::Request;
use cloudhost_tests::{Reply, ScriptedServer};
use std::time::Duration;

fn allowed(path: &str) -> Request {
    Request::get(format!("https://{ALLOWED}/{path}"))
}

#[tokio::test]
async fn case_30_one_of_two_runs_out_of_time() {
    let peer = ScriptedServer::start(|_| Reply::Late(Duration::from_millis(100), b"late".to_vec()))
        .unwrap();
    let stage = Sandboxed::at_with(&peer, |config| {
        config.limits.cpu = Duration::from_millis(400)
    });
    let endless = Guest {
        fetch: "(loop (br 0)) unreachable",
        ..Guest::default()
    };
    let (endless, probe) = (endless.plugin(), probe("probe", ASKS));
    let (bad, good) = (stage.load(&endless), stage.load(&probe));
    bad.describe().await.unwrap();
    good.describe().await.unwrap();
    let url = format!("https://{ALLOWED}/");
    let act = serde_json::to_string(&ProbeAction::Send(vec![Request::get(url)])).unwrap();
    let settings = [("do", "act"), ("act", act.as_str())];
    let (bad, good) = tokio::join!(stage.ask(&bad, &[]), stage.ask(&good, &settings));
    assert_eq!(bad.limit(), "timeout.cpu");
    assert_eq!(good.one().text, "late");
    assert!(good.took < bad.took, "{good:?}");
    stage.assert_contained(&["timeout.cpu"]).await;
}

#[tokio::test]
async fn case_31_crash_with_requests_under_way() {
    let peer = ScriptedServer::start(|received| match received.start.contains("/now") {
        true => Reply::ok("now"),
        false => Reply::Silence,
    });
    let peer = peer.unwrap();
    let stage = Sandboxed::at_with(&peer, |config| config.call_limits.in_flight = 4);
    let plugin = probe("probe", ASKS);
    let get = |path| Request::get(format!("https://{ALLOWED}/{path}"));
    let requests = vec![get("now"), get("a"), get("b"), get("c")];
    let trap = stage
        .act(&plugin, ProbeAction::CrashDuring(requests))
        .await
        .trap();
    assert!(trap.contains("plugin probe crashed in fetch: "), "{trap}");
    assert!(
        trap.contains("the probe was told to crash after 1 responses"),
        "{trap}"
    );
    assert!(peer.connections() >= 2, "none was in flight");
    // The requests are cancelled, and all four in-flight slots are free again.
    assert!(left(&peer, 1).await, "{peer:?}");
    let next = stage.act(&plugin, ProbeAction::Repeat(get("now"), 4)).await;
    assert_eq!(next.one().times, 4);
    stage.assert_contained(&["plugin.trap"]).await;
}

#[tokio::test]
async fn case_32_call_given_up_by_the_caller() {
    let peer = ScriptedServer::start(|_| Reply::Silence).unwrap();
    let stage = Sandboxed::at(&peer);
    let plugin = probe("probe", ASKS);
    let provider = stage.load(&plugin);
    provider.describe().await.unwrap();
    let act = ProbeAction::Send(vec![Request::get(format!("https://{ALLOWED}/"))]);
    let act = serde_json::to_string(&act).unwrap();
    let settings = [("do", "act"), ("act", act.as_str())];
    let call = stage.ask(&provider, &settings);
    let given_up = tokio::time::timeout(Duration::from_millis(500), call).await;
    assert!(given_up.is_err(), "{given_up:?}");
    assert_eq!(peer.connections(), 1);
    assert!(left(&peer, 0).await, "{peer:?}");
    // Each call gets a new instance, not the one whose call was cancelled.
    let count = serde_json::to_string(&ProbeAction::Count).unwrap();
    for _ in 0..2 {
        let outcome = stage
            .ask(&provider, &[("do", "act"), ("act", &count)])
            .await;
        assert_eq!(outcome.one().text, "1");
    }
    stage.assert_contained(&[]).await;
}

#[tokio::test]
async fn case_43_export_that_is_not_async_waits() {
    let stage = Sandboxed::new();
    let describe = format!("{FETCH} i32.const 1024");
    let guest = Guest {
        asks: ASKS.split('\n').next().unwrap(),
        imports: HTTP,
        fields: URL,
        describe: &describe,
        ..Guest::default()
    };
    let outcome = stage.call(&guest.plugin()).await;
    let trap = outcome.trap();
    assert!(trap.contains("cannot block a synchronous task"), "{trap}");
    let remedy = Remedy::AskAuthor(AuthorTask::ExportAsync);
    assert_eq!(outcome.failure().remedy(), Some(remedy));
    stage.assert_contained(&["plugin.trap"]).await;
}

/// Responses are not cached: each plugin sends its own request with its own credential, every time.
#[tokio::test]
async fn case_45_same_question_of_two_plugins() {
    let peer = ScriptedServer::start(|received| {
        let me = if received.text().contains(OTHER_TOKEN) {
            "neighbour"
        } else {
            "probe"
        };
        let fields = [("cache-control", "public, max-age=3600"), ("etag", "\"1\"")];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Reply::Answer(200, fields.to_vec(), format!("for {me}").into_bytes())
    });
    let peer = peer.unwrap();
    let stage = Sandboxed::at(&peer);
    let plugins = [
        probe("probe", ASKS),
        probe("neighbour", &ASKS.replace("\"probe\"", "\"neighbour\"")),
    ];
    for _ in 0..2 {
        for plugin in &plugins {
            let name = &plugin.artifact.manifest.name;
            let act = ProbeAction::Send(vec![allowed("").bearer(name)]);
            assert_eq!(
                stage.act(plugin, act).await.one().text,
                format!("for {name}")
            );
        }
    }
    assert_eq!(peer.heard().len(), 4);
    stage.assert_contained(&[]).await;
}

/// The server keeps its connections open. Each is for one plugin and one credential.
#[tokio::test]
async fn case_48_connections_are_not_shared() {
    let peer =
        ScriptedServer::start(|received| Reply::ok(format!("connection {}", received.connection)))
            .unwrap();
    let stage = Sandboxed::at(&peer);
    let asks = ASKS.to_owned() + "[[credentials]]\nname = \"neighbour\"\nscheme = \"bearer\"\n";
    let (first, second) = (probe("probe", &asks), probe("neighbour", &asks));
    let (as_one, as_other) = (allowed("").bearer("probe"), allowed("").bearer("neighbour"));
    let on = |seen: Vec<Seen>| -> Vec<(String, usize)> {
        seen.into_iter()
            .map(|seen| (seen.text, seen.times))
            .collect()
    };
    let requests = vec![
        as_one.clone(),
        as_one.clone(),
        as_other,
        allowed(""),
        as_one.clone(),
    ];
    let seen = on(stage
        .act(&first, ProbeAction::SendInTurn(requests))
        .await
        .seen());
    let expected = [
        ("connection 0", 1),
        ("connection 0", 1),
        ("connection 1", 1),
        ("connection 2", 1),
        ("connection 0", 1),
    ];
    assert_eq!(seen, expected.map(|(text, times)| (text.to_owned(), times)));
    // The same credential by another plugin.
    let seen = on(stage
        .act(&second, ProbeAction::SendInTurn(vec![as_one]))
        .await
        .seen());
    assert_eq!(seen, [("connection 3".to_owned(), 1)]);
    stage.assert_contained(&[]).await;
}
