//! Requests that can change a cloud, and credentials in places of their own.

use crate::guests::{ALLOWED, Plugin, probe};
use crate::stage::Sandboxed;
use cloudhost::capability::{Denial, Manifest};
use cloudhost::contract::Digest;
use cloudhost::contract::cloudhost::provider::resources::{
    Action, Place, ResourceId, ResourceKind, ResourceQuery, Step,
};
use cloudhost::contract::with_operations::exports::cloudhost::provider::operations::{
    Begun, Intent, Operation, Status,
};
use cloudhost::egress::Permit;
use cloudhost::plugin::PluginError;
use cloudhost_probe::{ProbeAction, Seen};
use cloudhost_sdk::http::{Method, Request};
use cloudhost_tests::{Reply, ScriptedServer};
use futures::future::BoxFuture;
use rstest::rstest;
use std::sync::{Arc, Mutex};

const ASKS: &str = "change = true\nhosts = [\"allowed.test\"]\n\
    [[credentials]]\nname = \"probe\"\nscheme = \"header\"\nheader = \"x-auth-token\"\n\
    [[reads]]\nhost = \"allowed.test\"\npath = \"/\"\nform = \"Action\"\nactions = [\"Describe\"]\n\
    [[reads]]\nhost = \"allowed.test\"\npath = \"/\"\nform = \"Action\"\nactions = [\"Run\"]\n\
    parameter = { name = \"DryRun\", value = \"true\" }\n";

/// A journal that notes what leaves, or refuses it.
#[derive(Default)]
struct Journal {
    sent: Mutex<usize>,
    refuses: bool,
}

impl Permit for Journal {
    fn sending(&self, _: Digest) -> BoxFuture<'_, Result<(), Denial>> {
        *self.sent.lock().unwrap() += 1;
        let refused = self.refuses.then(|| Denial::Change {
            method: "POST",
            host: ALLOWED.to_owned(),
            missing: None,
            why: "the journal is full".to_owned(),
        });
        Box::pin(async move { refused.map_or(Ok(()), Err) })
    }
}

fn url(rest: &str) -> String {
    format!("https://{ALLOWED}/{rest}")
}

fn form(query: &str, fields: &[(&str, &str)]) -> Request {
    Request::post(url(query)).form(fields.iter().copied())
}

fn change() -> Request {
    form("", &[("Action", "Run")])
}

fn json(requests: &[Request]) -> String {
    serde_json::to_string(requests).unwrap()
}

fn seen(text: &str) -> Vec<Seen> {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn place() -> Place {
    Place {
        region: "here".to_owned(),
        zone: None,
    }
}

fn id(text: String) -> ResourceId {
    ResourceId {
        kind: ResourceKind::Other,
        id: text,
        name: String::new(),
        place: place(),
        parent: None,
    }
}

fn step(requests: &[Request]) -> Step {
    Step {
        action: Action::Create,
        kind: ResourceKind::Instance,
        id: None,
        name: "one".to_owned(),
        place: place(),
        parent: None,
        summary: String::new(),
        priced: Vec::new(),
        after: Vec::new(),
        data: json(requests),
    }
}

fn intent() -> Intent {
    Intent {
        token: "6f1c1f0e-6f0a-4f53-8d0a-2d3a7c1c9b11".to_owned(),
        tags: Vec::new(),
        ends_at: None,
    }
}

fn operation(requests: &[Request]) -> Operation {
    Operation {
        handle: json(requests),
        action: Action::Create,
        target: id("i-1".to_owned()),
    }
}

/// What the plugin saw while it ran a step with these requests.
async fn run(
    stage: &Sandboxed,
    peer: &ScriptedServer,
    plugin: &Plugin,
    permit: Arc<Journal>,
    requests: &[Request],
) -> Vec<Seen> {
    let call = stage.call_of(plugin, peer).await;
    let of = call.plugin();
    let begun = of.run(call.session(), permit, step(requests), Vec::new(), intent());
    match begun.await.unwrap().unwrap().unwrap() {
        Begun::Done(made) => seen(&made.id),
        Begun::Running(_) => panic!("it runs"),
    }
}

fn peer() -> ScriptedServer {
    ScriptedServer::start(|_| Reply::ok("reached")).unwrap()
}

/// Each of these is a change.
#[rstest]
#[case::put(Request::new(Method::Put, url("")))]
#[case::patch(Request::new(Method::Patch, url("")))]
#[case::delete(Request::new(Method::Delete, url("")))]
#[case::post(Request::post(url("")))]
#[case::not_listed(change())]
#[case::second_action(form("", &[("Action", "Describe"), ("Action", "Run")]))]
#[case::other_case(form("", &[("Action", "Describe"), ("action", "Run")]))]
#[case::in_the_query(form("?Action=Run", &[("Action", "Describe")]))]
#[case::other_path(form("run", &[("Action", "Describe")]))]
#[case::no_dry_run(form("", &[("Action", "Run"), ("DryRun", "false")]))]
#[case::dry_run_twice(form("", &[("Action", "Run"), ("DryRun", "true"), ("DryRun", "false")]))]
#[case::as_json(Request::post(url("")).body("application/json", b"Action=Describe".to_vec()))]
#[tokio::test]
async fn case_51_a_call_that_only_reads(#[case] request: Request) {
    let (peer, plugin) = (peer(), probe("probe", ASKS));
    let stage = Sandboxed::at(&peer);
    let requests = [request];
    let mut outcomes = Vec::new();
    let act = ProbeAction::Send(requests.to_vec());
    outcomes.push(stage.act(&plugin, act).await.one());
    let call = stage.call_of(&plugin, &peer).await;
    let of = call.plugin();
    let states = of.poll(call.session(), vec![operation(&requests)]).await;
    match states.unwrap().unwrap().remove(0).unwrap() {
        Status::Succeeded(id) => outcomes.extend(seen(&id.id)),
        other => panic!("{other:?}"),
    }
    let found = of
        .recover(call.session(), step(&requests), Vec::new(), intent())
        .await;
    match found.unwrap().unwrap().unwrap().remove(0) {
        Begun::Done(id) => outcomes.extend(seen(&id.id)),
        other => panic!("{other:?}"),
    }
    let plan = of.protect(call.session(), id(json(&requests)), true).await;
    outcomes.extend(seen(&plan.unwrap().unwrap().unwrap()[0].summary));
    let query = ResourceQuery {
        regions: vec![json(&requests)],
        tags: Vec::new(),
    };
    let list = of.list_instances(call.session(), query).await;
    outcomes.extend(seen(&list.unwrap().unwrap().unwrap().missing[0].message));
    let one = of.get_instance(call.session(), id(json(&requests))).await;
    outcomes.extend(seen(&one.unwrap().unwrap().unwrap_err().message));
    for seen in &outcomes {
        assert_eq!(
            (seen.kind.as_str(), seen.reason()),
            ("Denied", "denied.change")
        );
    }
    assert_eq!((outcomes.len(), peer.connections()), (6, 0));
    stage.assert_contained(&["denied.change"; 6]).await;
}

#[tokio::test]
async fn case_51_a_second_change() {
    let (peer, plugin) = (peer(), probe("probe", ASKS));
    let stage = Sandboxed::at(&peer);
    let journal = Arc::new(Journal::default());
    let dry = form("", &[("Action", "Run"), ("DryRun", "true")]);
    let requests = [dry.clone(), change(), dry, change()];
    let seen = run(&stage, &peer, &plugin, journal.clone(), &requests).await;
    let statuses: Vec<u16> = seen.iter().map(|seen| seen.status).collect();
    assert_eq!(statuses, [200, 200, 200, 0]);
    assert_eq!(seen[3].reason(), "denied.change");
    assert_eq!((*journal.sent.lock().unwrap(), peer.heard().len()), (1, 3));
    // The same for the two other calls that can send one.
    let call = stage.call_of(&plugin, &peer).await;
    let of = call.plugin();
    let undo = of.undo(
        call.session(),
        journal.clone(),
        step(&requests[1..2]),
        id("i-1".to_owned()),
        intent(),
    );
    undo.await.unwrap().unwrap().unwrap();
    let cancel = of.cancel(call.session(), journal.clone(), operation(&requests[1..2]));
    cancel.await.unwrap().unwrap().unwrap_err();
    assert_eq!((*journal.sent.lock().unwrap(), peer.heard().len()), (3, 5));
    stage.assert_contained(&["denied.change"]).await;
}

#[rstest]
#[case::reads_alone(ASKS, false)]
#[case::not_asked(ASKS.strip_prefix("change = true\n").unwrap(), true)]
#[tokio::test]
async fn case_51_without_the_grant(#[case] asks: &str, #[case] granted: bool) {
    let peer = peer();
    let stage = Sandboxed::at(&peer);
    let mut plugin = probe("probe", asks);
    plugin.grant.change = granted;
    let seen = run(&stage, &peer, &plugin, Arc::default(), &[change()]).await;
    assert_eq!(seen[0].reason(), "denied.change");
    assert_eq!(peer.connections(), 0);
    stage.assert_contained(&["denied.change"]).await;
}

#[tokio::test]
async fn case_51_the_journal_refuses() {
    let peer = peer();
    let stage = Sandboxed::at(&peer);
    let journal = Arc::new(Journal {
        refuses: true,
        ..Journal::default()
    });
    let plugin = probe("probe", ASKS);
    let seen = run(&stage, &peer, &plugin, journal, &[change()]).await;
    assert_eq!(seen[0].reason(), "denied.change");
    assert_eq!(peer.heard().len(), 0);
    stage.assert_contained(&["denied.change"]).await;
}

#[rstest]
#[case::busy(Reply::Answer(503, Vec::new(), Vec::new()))]
#[case::closed(Reply::Raw(Vec::new()))]
#[tokio::test]
async fn case_51_a_change_is_not_repeated(#[case] reply: Reply) {
    let peer = ScriptedServer::start(move |_| reply.clone()).unwrap();
    let stage = Sandboxed::at(&peer);
    let journal = Arc::new(Journal::default());
    let plugin = probe("probe", ASKS);
    run(&stage, &peer, &plugin, journal.clone(), &[change()]).await;
    assert_eq!((*journal.sent.lock().unwrap(), peer.heard().len()), (1, 1));
    stage.assert_contained(&[]).await;
}

/// The fixture of contract 0.1.0 sends one POST that it calls a read, and one that it does not.
#[tokio::test]
async fn case_52_claims_of_an_older_component() {
    let peer = peer();
    let stage = Sandboxed::at_with(&peer, |config| {
        let url = peer.url().parse().unwrap();
        config.egress.endpoints.insert("fixture".to_owned(), url);
    });
    let path = cloudhost_tests::workspace().join("tests/contract/kept/0.1.0.wasm");
    let artifact = cloudhost::plugin::Artifact::open(&path).unwrap();
    let mut plugin = Plugin::trusted(artifact);
    plugin.grant.change = true;
    let outcome = stage.call(&plugin).await;
    let regions = &outcome.result.as_ref().unwrap().regions;
    let texts = regions
        .iter()
        .filter_map(|region| region.description.as_deref());
    let texts: Vec<&str> = texts.collect();
    let of = |name: &str| {
        texts
            .iter()
            .find(|text| text.starts_with(name))
            .unwrap()
            .to_string()
    };
    assert!(of("sigv4 ").contains("reached"), "{texts:?}");
    assert!(of("post ").contains("denied.change"), "{texts:?}");
    stage
        .assert_contained(&["denied.change", "denied.host"])
        .await;
}

#[rstest]
#[case::claims_of_the_old("0.2.0", "0.1.0")]
#[case::functions_of_the_new("0.1.0", "0.2.0")]
#[tokio::test]
async fn case_52_two_contracts(#[case] named: &str, #[case] used: &str) {
    let stage = Sandboxed::new();
    let path = cloudhost_tests::workspace().join("tests/contract/kept/0.1.0.wasm");
    let bytes = std::fs::read(path).unwrap();
    let change = |bytes: Vec<u8>, from: &str, to: &str| {
        let (from, to) = (from.as_bytes(), to.as_bytes());
        let mut out = bytes.clone();
        for at in 0..bytes.len().saturating_sub(from.len()) {
            if bytes[at..].starts_with(from) {
                out[at..at + to.len()].copy_from_slice(to);
            }
        }
        out
    };
    let bytes = change(
        bytes,
        "contract = \"0.1.0\"",
        &format!("contract = \"{named}\""),
    );
    let bytes = change(bytes, "@0.1.0", &format!("@{used}"));
    let error = stage.refused(bytes);
    assert!(
        matches!(error, PluginError::MixedContract { .. }),
        "{error:?}"
    );
    assert!(error.to_string().contains(named), "{error}");
    stage.assert_contained(&["plugin.contract"]).await;
}

/// No second place, and none that the plugin fills.
#[tokio::test]
async fn case_53_a_credential_in_another_place() {
    let peer = peer();
    let stage = Sandboxed::at(&peer);
    let get = || Request::get(url(""));
    let requests = vec![
        get().auth_header("x-other-token", "probe"),
        get().bearer("probe"),
        get().basic("probe"),
        get().auth_query("key", "probe"),
        get()
            .auth_header("x-auth-token", "probe")
            .auth_header("x-auth-token", "probe"),
        get()
            .auth_header("x-auth-token", "probe")
            .header("X-Auth-Token", "mine"),
    ];
    let plugin = probe("probe", ASKS);
    let outcome = stage.act(&plugin, ProbeAction::SendInTurn(requests)).await;
    let kinds: Vec<(String, usize)> = outcome
        .seen()
        .iter()
        .map(|seen| (seen.kind.clone(), seen.times))
        .collect();
    let total: usize = kinds.iter().map(|(_, times)| times).sum();
    assert_eq!(total, 6, "{kinds:?}");
    assert!(
        kinds
            .iter()
            .all(|(kind, _)| kind == "Denied" || kind == "InvalidRequest"),
        "{kinds:?}"
    );
    assert_eq!(peer.connections(), 0);
    stage.assert_contained(&["denied.credential"; 4]).await;
}

/// A manifest whose changes and reads are of another contract, or of other hosts.
#[rstest]
#[case::older("contract = \"0.1.0\"\nchange = true", "needs contract 0.2.0")]
#[case::reads_of_others(
    "contract = \"0.2.0\"\n[[reads]]\nhost = \"evil.test\"\npath = \"/\"\nactions = [\"x\"]",
    "not among `hosts`"
)]
fn what_a_manifest_cannot_ask(#[case] rest: &str, #[case] part: &str) {
    let text = format!("name = \"x\"\nversion = \"1.0.0\"\n{rest}");
    let error = Manifest::parse(&text).unwrap_err();
    assert!(error.to_string().contains(part), "{error}");
}
