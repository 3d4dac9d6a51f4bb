//! Recordings: their content, and their replay to a plugin.

use crate::guests::{ALLOWED, ASKS, Plugin, probe};
use crate::installs::Machine;
use crate::outcome::Dns;
use crate::stage::{PLANTED, Sandboxed, TOKEN};
use cloudhost::plugin::PluginError;
use cloudhost::recording::{
    FormatError, Recorder, Recording, RecordingError, RecordingFile, Replay,
};
use cloudhost::{HasRemedy as _, Remedy};
use cloudhost_probe::{ProbeAction, Seen};
use cloudhost_sdk::http::{Method, Request};
use cloudhost_tests::{Reply, ScriptedServer};
use rstest::rstest;
use std::collections::BTreeMap;
use std::sync::Arc;

fn get(path: &str) -> Request {
    Request::get(format!("https://{ALLOWED}{path}")).bearer("probe")
}

/// Starts a server that echoes requests, each time with another number.
fn counting() -> ScriptedServer {
    let count = std::sync::atomic::AtomicUsize::new(0);
    ScriptedServer::start(move |received| {
        let number = count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let authorization = received
            .header("authorization")
            .unwrap_or("nobody")
            .to_owned();
        let body = format!("{number} {}", received.text());
        Reply::Answer(
            200,
            vec![("x-you-said".to_owned(), authorization)],
            body.into_bytes(),
        )
    })
    .unwrap()
}

/// Sends these requests from the probe, one after the other, and returns its observations and the recording.
async fn recorded(plugin: &Plugin, requests: &[Request]) -> (Vec<Seen>, Recording) {
    let peer = counting();
    let recorder = Arc::new(Recorder::new());
    let stage = Sandboxed::at_with(&peer, |config| {
        config.egress.interceptor = Some(recorder.clone());
    });
    let seen = stage
        .act(plugin, ProbeAction::SendInTurn(requests.to_vec()))
        .await
        .seen();
    stage.assert_contained(&[]).await;
    let recording = recorder.finish(&plugin.artifact, Vec::new()).unwrap();
    assert!(peer.heard()[0].text().contains(TOKEN), "the server gets it");
    let text = String::from_utf8(recording.to_bytes().unwrap()).unwrap();
    assert!(!text.contains(PLANTED), "{text}");
    assert!(text.contains("[redacted]"), "{text}");
    (seen, recording)
}

/// Returns a host that replays this recording, and a server that must not be contacted.
fn replaying(recording: &Recording) -> (Sandboxed, ScriptedServer) {
    let peer = counting();
    let replay = Arc::new(Replay::new(recording.clone(), "make record"));
    let stage = Sandboxed::at_with(&peer, |config| {
        let folder = config.cache_dir.join("replayed");
        config.replay(replay, &folder);
    });
    (stage, peer)
}

/// Checks that there was no connection, no lookup and no use of a credential.
fn silent(stage: &Sandboxed, peer: &ScriptedServer) {
    assert_eq!(peer.connections(), 0);
    assert_eq!(stage.dns.asked(), Vec::<String>::new());
    assert_eq!(stage.uses(), BTreeMap::new());
}

#[tokio::test]
async fn what_was_recorded_is_seen_again() {
    let plugin = probe("probe", ASKS);
    let requests = [
        get("/a"),
        get("/b"),
        get("/a"),
        Request::get(format!("https://{ALLOWED}/a")),
    ];
    let (seen, recording) = recorded(&plugin, &requests).await;
    assert_eq!(recording.exchanges.len(), 4);
    assert_eq!(seen.len(), 4, "{seen:?}");
    let (stage, peer) = replaying(&recording);
    let again = stage
        .act(&plugin, ProbeAction::SendInTurn(requests.to_vec()))
        .await;
    assert_eq!(again.seen(), seen);
    // A denied request stays denied, recorded or not.
    let elsewhere = Request::get("https://elsewhere.test/");
    let denied = stage
        .act(&plugin, ProbeAction::Send(vec![elsewhere]))
        .await
        .one();
    assert_eq!(denied.reason(), "denied.host");
    let facts = stage
        .act(&plugin, ProbeAction::Describe(vec!["probe".to_owned()]))
        .await
        .one();
    assert!(facts.text.contains("configured: true"), "{facts:?}");
    silent(&stage, &peer);
    stage.assert_contained(&["denied.host"]).await;
}

/// Two lists whose pages are selected by a masked parameter: each page is that of its own list, whatever the order of
/// the requests, and no value is in the recording.
#[tokio::test]
async fn pages_by_a_masked_token() {
    let plugin = probe("probe", ASKS);
    let pages = ["Blue-1", "Green-1", "Blue-2", "Green-2"];
    let requests = pages.map(|token| get(&format!("/list?token={token}")));
    let peer = ScriptedServer::start(|received| {
        Reply::Answer(200, Vec::new(), received.start.clone().into_bytes())
    });
    let peer = peer.unwrap();
    let recorder = Arc::new(Recorder::new());
    let stage = Sandboxed::at_with(&peer, |config| {
        config.egress.interceptor = Some(recorder.clone());
    });
    let all = stage
        .act(&plugin, ProbeAction::Send(requests.to_vec()))
        .await;
    assert_eq!(all.seen().len(), 4);
    stage.assert_contained(&[]).await;
    let recording = recorder.finish(&plugin.artifact, Vec::new()).unwrap();
    let mut recorded = recording
        .exchanges
        .iter()
        .map(|one| format!("{:?}", one.request));
    assert!(recorded.all(|request| !request.contains("Blue") && !request.contains("Green")));

    let (stage, peer) = replaying(&recording);
    let turned = requests.into_iter().rev().collect();
    let seen = stage
        .act(&plugin, ProbeAction::SendInTurn(turned))
        .await
        .seen();
    let tokens = seen
        .iter()
        .map(|one| one.text.split(['=', ' ']).nth(2).unwrap());
    assert!(tokens.eq(pages.into_iter().rev()), "{seen:?}");
    silent(&stage, &peer);
    stage.assert_contained(&[]).await;
}

/// The probe ignores the error and returns a listing. That does not count: the call fails.
#[rstest]
#[case::path(vec![get("/other")], "GET https://allowed.test/other")]
#[case::method(vec![Request::new(Method::Head, format!("https://{ALLOWED}/a")).bearer("probe")], "HEAD https://allowed.test/a")]
#[case::body(vec![get("/a").form([("Action", "X")])], "GET https://allowed.test/a with the body `Action=X`")]
#[case::signer(vec![Request::get(format!("https://{ALLOWED}/a"))], "GET https://allowed.test/a")]
#[case::header(vec![get("/a").header("x-more", "1")], "GET https://allowed.test/a")]
#[case::among_others(vec![get("/a"), get("/other"), get("/a")], "GET https://allowed.test/other")]
#[tokio::test]
async fn case_46_request_that_was_not_recorded(#[case] sent: Vec<Request>, #[case] named: &str) {
    let plugin = probe("probe", ASKS);
    let (_, recording) = recorded(&plugin, &[get("/a")]).await;
    let (stage, peer) = replaying(&recording);
    let outcome = stage.act(&plugin, ProbeAction::Send(sent)).await;
    let error = outcome.failure();
    assert!(matches!(error, PluginError::NotRecorded(_)), "{error:?}");
    assert_eq!(
        error.to_string(),
        format!("{named} is not in the recording")
    );
    let how = "make record".to_owned();
    assert_eq!(error.remedy(), Some(Remedy::RecordAgain { how }));
    silent(&stage, &peer);
    stage.assert_contained(&[]).await;
}

#[rstest]
#[case::answer(|text: &str| text.replacen("GET", "PUT", 1), FormatError::Changed)]
#[case::line_more(|text: &str| format!("{}\n{text}", text.lines().next().unwrap()), FormatError::Changed)]
#[case::line_less(|text: &str| text.lines().filter(|line| !line.contains("credential\":{")).map(|line| format!("{line}\n")).collect(), FormatError::Changed)]
#[case::cut(|text: &str| text[..text.len() - 2].to_owned(), FormatError::Cut)]
#[tokio::test]
async fn case_46_recording_that_was_changed(
    #[case] change: fn(&str) -> String,
    #[case] expected: FormatError,
) {
    let plugin = probe("probe", ASKS);
    let (_, recording) = recorded(&plugin, &[get("/a")]).await;
    let (stage, peer) = replaying(&recording);
    let path = stage.folder().join("recording");
    RecordingFile::create(&path)
        .unwrap()
        .commit(&recording)
        .unwrap();
    assert_eq!(Recording::read(&path).unwrap(), recording);
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, change(&text)).unwrap();
    let error = Recording::read(&path).unwrap_err();
    stage.note_error(&error);
    let again = Remedy::Record { path: path.clone() };
    let remedy = error.remedy().unwrap();
    let first = match &remedy {
        Remedy::AnyOf(all) => &all[0],
        one => one,
    };
    assert_eq!(first, &again, "{error}");
    match error {
        RecordingError::Format { why, .. } => assert_eq!(why, expected),
        other => panic!("{other}"),
    }
    silent(&stage, &peer);
    stage.assert_contained(&[]).await;
}

/// A request that is denied on its way, because of the addresses of its host: a replay, which looks up no address, denies
/// it again.
#[tokio::test]
async fn case_46_request_that_is_denied_on_its_way() {
    let plugin = probe("probe", "hosts = [\"rebind.test\"]\n");
    let recorder = Arc::new(Recorder::new());
    let stage = Sandboxed::resolving(Dns::answering("127.0.0.1"), |config| {
        config.egress.interceptor = Some(recorder.clone());
    });
    let request = Request::get("https://rebind.test/what-it-tells");
    let send = || ProbeAction::Send(vec![request.clone()]);
    let denied = stage.act(&plugin, send()).await.one();
    assert_eq!(denied.reason(), "denied.address");
    stage.assert_contained(&["denied.address"]).await;
    let recording = recorder.finish(&plugin.artifact, Vec::new()).unwrap();
    let (stage, peer) = replaying(&recording);
    assert_eq!(stage.act(&plugin, send()).await.one(), denied);
    silent(&stage, &peer);
    stage.assert_contained(&[]).await;
}

/// A file of another kind: no hint replaces it by a recording.
#[tokio::test]
async fn case_46_file_that_is_no_recording() {
    let machine = Machine::new();
    let outcome = machine.run(
        &["run", "aws", "regions", "list", "--replay", "/etc/passwd"],
        1,
    );
    assert!(
        outcome.stderr.contains("hint: check the name: ls /etc"),
        "{outcome}"
    );
    assert!(!outcome.stderr.contains("--record "), "{outcome}");
    machine.assert_contained(&[]).await;
}

/// The clock and the keys of hash tables are the same while a plugin is recorded and replayed.
#[tokio::test]
async fn clock_and_hash_tables_stand_still() {
    let plugin = probe("probe", "");
    let recorder = Arc::new(Recorder::new());
    let stage = Sandboxed::with(|config| config.egress.interceptor = Some(recorder.clone()));
    let first = stage.act(&plugin, ProbeAction::Time).await.one();
    assert_eq!(stage.act(&plugin, ProbeAction::Time).await.one(), first);
    stage.assert_contained(&[]).await;
    let (stage, _peer) = replaying(&recorder.finish(&plugin.artifact, Vec::new()).unwrap());
    assert_eq!(stage.act(&plugin, ProbeAction::Time).await.one(), first);
    stage.assert_contained(&[]).await;

    let stage = Sandboxed::new();
    assert_ne!(stage.act(&plugin, ProbeAction::Time).await.one(), first);
    stage.assert_contained(&[]).await;
}
