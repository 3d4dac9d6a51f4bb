//! Destinations that a plugin may contact.

use crate::guests::{ALLOWED, ASKS, Plugin, probe};
use crate::outcome::Dns;
use crate::stage::Sandboxed;
use cloudhost::capability::Grant;
use cloudhost::{HasRemedy, Remedy};
use cloudhost_probe::ProbeAction;
use cloudhost_sdk::http::Request;
use cloudhost_tests::{Reply, ScriptedServer};
use rstest::rstest;
use std::net::TcpListener;

fn get(url: &str) -> Request {
    Request::get(url)
}

fn allowed(path: &str) -> Request {
    Request::get(format!("https://{ALLOWED}/{path}"))
}

fn ok_peer() -> ScriptedServer {
    ScriptedServer::start(|_| Reply::ok("reached")).unwrap()
}

/// A port on this machine that notices connections.
struct Port(TcpListener);

impl Port {
    fn open() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    fn number(&self) -> u16 {
        self.0.local_addr().unwrap().port()
    }

    fn was_reached(&self) -> bool {
        self.0.accept().is_ok()
    }
}

/// A host in neither manifest nor grant, and one in the manifest only.
#[rstest]
#[case::nobody_named_it("", "the plugin's manifest does not request it")]
#[case::not_granted(ASKS, "was not granted")]
#[tokio::test]
async fn case_13_host_that_is_not_granted(#[case] asks: &str, #[case] why: &str) {
    let peer = ok_peer();
    let stage = Sandboxed::at(&peer);
    let mut plugin = probe("probe", asks);
    plugin.grant = Grant::default();
    let outcome = stage
        .act(&plugin, ProbeAction::Send(vec![allowed("")]))
        .await;
    let seen = outcome.one();
    assert_eq!(
        (seen.kind.as_str(), seen.reason()),
        ("Denied", "denied.host")
    );
    assert!(seen.text.contains(why), "{seen:?}");
    let denials = stage_denials(&stage, &plugin).await;
    assert!(
        denials.iter().all(Option::is_some),
        "each has a remedy: {denials:?}"
    );
    assert_eq!(peer.connections(), 0);
    assert_eq!(stage.dns.asked(), Vec::<String>::new());
    stage
        .assert_contained(&["denied.host", "denied.host"])
        .await;
}

/// Returns the remedies of the denials of one more such request.
async fn stage_denials(stage: &Sandboxed, plugin: &Plugin) -> Vec<Option<Remedy>> {
    let provider = stage.load(plugin);
    let act = serde_json::to_string(&ProbeAction::Send(vec![allowed("")])).unwrap();
    stage.ask(&provider, &[("do", "act"), ("act", &act)]).await;
    let denials = provider.activity().denials;
    denials.iter().map(HasRemedy::remedy).collect()
}

#[tokio::test]
async fn case_14_other_port_or_scheme() {
    let peer = ok_peer();
    let stage = Sandboxed::at(&peer);
    let urls = [
        "https://allowed.test:8443/",
        "http://allowed.test/",
        "http://allowed.test:443/",
        "ftp://allowed.test/",
    ];
    let act = ProbeAction::Send(urls.map(get).to_vec());
    let reasons = stage.act(&probe("probe", ASKS), act).await.reasons();
    let expected = [
        "denied.port",
        "denied.scheme",
        "denied.scheme",
        "denied.scheme",
    ];
    assert_eq!(reasons, expected);
    assert_eq!((peer.connections(), stage.dns.asked()), (0, Vec::new()));
    stage.assert_contained(&expected).await;
}

/// Each URL is read by one parser: it leads to the allowed host in its plain form, or is rejected.
#[rstest]
#[case::suffix("https://allowed.test.evil.test/", Err("denied.host"))]
#[case::prefix("https://evilallowed.test/", Err("denied.host"))]
#[case::trailing_dot("https://allowed.test./", Err("denied.host"))]
#[case::upper_case("https://ALLOWED.Test/", Ok("/"))]
#[case::homograph("https://\u{430}llowed.test/", Err("denied.host"))]
#[case::userinfo("https://allowed.test@evil.test/", Err("denied.userinfo"))]
#[case::password("https://allowed.test:443@evil.test/", Err("denied.userinfo"))]
#[case::own_userinfo("https://user@allowed.test/", Err("denied.userinfo"))]
#[case::backslash("https://allowed.test\\@evil.test/", Err("invalid request"))]
#[case::backslash_before("https:\\\\evil.test\\allowed.test/", Err("invalid request"))]
#[case::encoded_dot("https://allowed.test%2eevil.test/", Err("denied.host"))]
#[case::encoded_at("https://allowed.test%40evil.test/", Err("invalid request"))]
#[case::encoded_letter("https://%61llowed.test/", Ok("/"))]
#[case::tab("https://allowed.te\tst/", Err("invalid request"))]
#[case::line("https://allowed.test\r\nx: y/", Err("invalid request"))]
#[case::full_width("https://\u{ff41}llowed.test/", Ok("/"))]
#[case::nul("https://allowed.test\0.evil.test/", Err("invalid request"))]
#[tokio::test]
async fn case_15_urls_that_look_like_another(
    #[case] url: &str,
    #[case] expected: Result<&str, &str>,
) {
    let peer = ok_peer();
    let stage = Sandboxed::at(&peer);
    let seen = stage
        .act(&probe("probe", ASKS), ProbeAction::Send(vec![get(url)]))
        .await
        .one();
    let received = peer.heard();
    match expected {
        Ok(path) => {
            assert_eq!(seen.text, "reached", "{seen:?}");
            assert_eq!(received[0].start, format!("GET {path} HTTP/1.1"));
            assert_eq!(received[0].header("host"), Some(ALLOWED));
        }
        Err(reason) => {
            assert_eq!(seen.reason(), reason, "{seen:?}");
            assert_eq!(received.len(), 0);
        }
    }
    let denied = expected
        .err()
        .filter(|reason| reason.starts_with("denied."));
    stage.assert_contained(&Vec::from_iter(denied)).await;
}

#[rstest]
#[case("https://127.0.0.1/")]
#[case("https://2130706433/")]
#[case("https://0x7f.1/")]
#[case("https://0177.0.0.1/")]
#[case("https://127.1/")]
#[case("https://[::1]/")]
#[case("https://[::ffff:127.0.0.1]/")]
#[case("https://[64:ff9b::7f00:1]/")]
#[case("https://0.0.0.0/")]
#[case("https://8.8.8.8/")]
#[case("https://localhost/")]
#[case("https://x.localhost/")]
#[tokio::test]
async fn case_16_addresses_instead_of_names(#[case] url: &str) {
    let peer = ok_peer();
    let stage = Sandboxed::at(&peer);
    let seen = stage
        .act(&probe("probe", ASKS), ProbeAction::Send(vec![get(url)]))
        .await
        .one();
    assert_eq!(seen.reason(), "denied.address", "{seen:?}");
    assert_eq!((peer.connections(), stage.dns.asked()), (0, Vec::new()));
    stage.assert_contained(&["denied.address"]).await;
}

/// Denied, whatever was granted: by address, by name, and by a name that resolves to it.
#[tokio::test]
async fn case_17_metadata_service() {
    let dns = Dns::answering("169.254.169.254 fd00:ec2::254");
    let stage = Sandboxed::resolving(dns, |_| {});
    let plugin = probe(
        "probe",
        "hosts = [\"*.google.internal\", \"metadata.google.internal\", \"imds.test\"]",
    );
    let urls = [
        "https://169.254.169.254/",
        "https://[fd00:ec2::254]/",
        "https://metadata.google.internal/",
        "https://imds.test/",
    ];
    let act = ProbeAction::Send(urls.map(get).to_vec());
    let reasons = stage.act(&plugin, act).await.reasons();
    assert_eq!(reasons, ["denied.address"; 4]);
    assert_eq!(stage.dns.asked(), ["imds.test"]);
    stage.assert_contained(&["denied.address"; 4]).await;
}

/// A name that resolves to this machine at once, beside another address, and after one more lookup. `3ffe::1` is
/// unassigned.
#[rstest]
#[case::private("127.0.0.1", "Denied")]
#[case::mixed("127.0.0.1 3ffe::1 ::1", "Unreachable")]
#[case::rebinding("3ffe::1, 127.0.0.1", "Unreachable")]
#[tokio::test]
async fn case_18_names_that_lead_to_this_machine(#[case] answers: &str, #[case] kind: &str) {
    let port = Port::open();
    let stage = Sandboxed::resolving(Dns::answering(answers), |_| {});
    let plugin = probe(
        "probe",
        &format!("hosts = [\"rebind.test:{}\"]", port.number()),
    );
    let request = get(&format!("https://rebind.test:{}/", port.number()));
    let outcome = stage
        .act(
            &plugin,
            ProbeAction::SendInTurn(vec![request.clone(), request]),
        )
        .await;
    let seen = outcome.seen();
    assert!(
        seen.iter()
            .all(|seen| seen.kind == kind || seen.kind == "Timeout"),
        "{seen:?}"
    );
    assert!(!port.was_reached());
    // The checked address is the one that is dialled: there is no lookup in between.
    assert_eq!(stage.dns.asked(), ["rebind.test"]);
    let denied = if kind == "Denied" { 2 } else { 0 };
    stage
        .assert_contained(&vec!["denied.address"; denied])
        .await;
}

/// The plugin gets the status and the location, and has to send another request, which all checks apply to.
#[rstest]
#[case::denied_host("https://evil.test/")]
#[case::metadata("https://169.254.169.254/latest/meta-data/")]
#[case::plain("http://allowed.test/")]
#[case::file("file:///etc/passwd")]
#[case::same_host("https://allowed.test/again")]
#[tokio::test]
async fn case_19_redirects_are_not_followed(#[case] location: &'static str) {
    let peer = ScriptedServer::start(move |_| {
        let to = ("location".to_owned(), location.to_owned());
        Reply::Answer(302, vec![to], b"body of the redirect".to_vec())
    });
    let peer = peer.unwrap();
    let stage = Sandboxed::at(&peer);
    let seen = stage
        .act(&probe("probe", ASKS), ProbeAction::Send(vec![allowed("")]))
        .await
        .one();
    assert_eq!((seen.status, seen.length), (302, 0), "{seen:?}");
    assert!(seen.headers.contains(location), "{seen:?}");
    assert_eq!((peer.heard().len(), stage.dns.asked()), (1, Vec::new()));
    stage.assert_contained(&[]).await;
}
