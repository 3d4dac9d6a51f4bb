//! Bearer tokens: the requests that carry one, and those that do not.

use super::server::{Server, Step, answer};
use super::*;
use crate::contract::cloudhost::provider::http::HttpErrorKind;
use crate::{HasRemedy as _, Remedy};
use rstest::rstest;

const API: &str = "https://cloud.lambda.ai/api/v1/instance-types";
const KEY: &str = "secret_lab-key_0123456789.abc/DEF+ghi=";
const ASKS: &str = "hosts = [\"cloud.lambda.ai\", \"images.lambda.ai\"]\n\
    [[credentials]]\nname = \"lambdalabs\"\nscheme = \"bearer\"\nhosts = [\"cloud.lambda.ai\"]\n";

fn world(url: Option<&str>) -> World {
    let mut world = World::resolving(&["127.0.0.1"]);
    world.variables = vec![("LAMBDALABS_API_KEY", KEY.to_owned())];
    if let Some(url) = url {
        let url = Url::parse(url).unwrap();
        world.config.endpoints.insert("lambdalabs".to_owned(), url);
    }
    world
}

fn session(world: &World) -> Session {
    session_of(&world.egress(), "lambdalabs", ASKS, world.limits)
}

fn with_key(url: &str) -> Request {
    Request {
        auth: vec![Auth::Bearer("lambdalabs".to_owned())],
        ..get(url)
    }
}

#[tokio::test]
async fn it_is_sent_to_its_host() {
    let server = Server::start(vec![Step::Write(answer("200 OK", "", b"{}"))]).await;
    let world = world(Some(&server.url()));
    let session = session(&world);
    session.fetch(with_key(API)).await.unwrap();
    session.fetch(get(API)).await.unwrap();
    let sent = server.requests();
    let line = format!("\r\nauthorization: Bearer {KEY}\r\n");
    assert!(sent[0].starts_with("GET /api/v1/instance-types HTTP/1.1\r\n"));
    assert!(sent[0].contains(&line), "{}", sent[0]);
    assert!(sent[0].contains("\r\nhost: cloud.lambda.ai\r\n"));
    // A request that does not name it gets neither the token nor its connection.
    assert!(!sent[1].contains("authorization"), "{}", sent[1]);
    assert_eq!(server.connections(), 2);
    assert!(session.describe("lambdalabs").await.unwrap().configured);
}

/// Case 22 and 24: no other host, no other name, no other use; and nothing leaves.
#[rstest]
#[case::another_host("lambdalabs", "https://images.lambda.ai/", "denied.credential")]
#[case::a_host_not_asked_for("lambdalabs", "https://evil.test/", "denied.host")]
#[case::another_port("lambdalabs", "https://cloud.lambda.ai:8443/", "denied.port")]
#[case::without_tls("lambdalabs", "http://cloud.lambda.ai/", "denied.scheme")]
#[case::another_name("aws", API, "denied.credential")]
#[case::a_path("../lambdalabs", API, "denied.credential")]
#[tokio::test]
async fn it_is_sent_nowhere_else(#[case] name: &str, #[case] url: &str, #[case] label: &str) {
    let server = Server::start(vec![Step::Echo]).await;
    let world = world(Some(&server.url()));
    let request = Request {
        auth: vec![Auth::Bearer(name.to_owned())],
        ..get(url)
    };
    let error = session(&world).fetch(request).await.unwrap_err();
    assert_eq!(error.kind, HttpErrorKind::Denied);
    assert!(error.message.starts_with(label), "{}", error.message);
    assert_eq!(server.connections(), 0);
}

/// A manifest cannot have the AWS keys sent as a token by declaring another scheme for `aws`.
#[tokio::test]
async fn the_kind_is_not_the_manifests_to_say() {
    let server = Server::start(vec![Step::Echo]).await;
    let mut world = World::at(&server.url());
    let url = Url::parse(&server.url()).unwrap();
    world.config.endpoints.insert("evil".to_owned(), url);
    let asks = "hosts = [\"evil.test\"]\n[[credentials]]\nname = \"aws\"\nscheme = \"bearer\"\n";
    let session = session_of(&world.egress(), "evil", asks, world.limits);
    let request = Request {
        auth: vec![Auth::Bearer("aws".to_owned())],
        ..get("https://evil.test/")
    };
    let error = session.fetch(request).await.unwrap_err();
    assert_eq!(error.kind, HttpErrorKind::CredentialMissing);
    assert_eq!(server.connections(), 0);
}

#[rstest]
#[case::loopback("http://127.0.0.1:1", HttpErrorKind::Unreachable)]
#[case::with_tls("https://127.0.0.1:1", HttpErrorKind::Unreachable)]
#[case::a_wire_that_others_see("http://10.0.0.1:1", HttpErrorKind::CredentialMissing)]
#[tokio::test]
async fn overrides(#[case] url: &str, #[case] kind: HttpErrorKind) {
    let mut world = world(Some(url));
    world.config.retries.attempts = 1;
    let error = session(&world).fetch(with_key(API)).await.unwrap_err();
    assert_eq!(error.kind, kind, "{}", error.message);
}

#[tokio::test]
async fn without_one_nothing_is_sent() {
    let server = Server::start(vec![Step::Echo]).await;
    let mut world = world(Some(&server.url()));
    world.variables.clear();
    let session = session(&world);
    let error = session.fetch(with_key(API)).await.unwrap_err();
    assert_eq!(error.kind, HttpErrorKind::CredentialMissing);
    assert_eq!(server.connections(), 0);
    let failure = session.report().last_failure.unwrap();
    let Some(Remedy::AnyOf(all)) = failure.remedy() else {
        panic!("{failure:?}");
    };
    assert_eq!(all[0].label(), "set-credential");
    assert!(!session.describe("lambdalabs").await.unwrap().configured);
}

/// Case 23.
#[tokio::test]
async fn what_an_endpoint_sends_back_is_redacted() {
    let server = Server::start(vec![Step::Echo]).await;
    let world = world(Some(&server.url()));
    let response = session(&world).fetch(with_key(API)).await.unwrap();
    assert!(server.requests()[0].contains(KEY), "the server did get it");
    let seen = format!("{}{:?}", text(&response), response.headers);
    assert!(seen.contains("authorization: Bearer [redacted]"), "{seen}");
    assert!(!seen.contains(KEY), "{seen}");
    let quoted = format!("{{\"message\":\"bad key {KEY}\",\"again\":\"Bearer {KEY}\"}}");
    let server = Server::start(vec![Step::Write(answer("401 No", "", quoted.as_bytes()))]).await;
    let world = self::world(Some(&server.url()));
    let response = session(&world).fetch(with_key(API)).await.unwrap();
    // The padding behind its last letter is no secret.
    let expected = "{\"message\":\"bad key [redacted]=\",\"again\":\"Bearer [redacted]=\"}";
    assert_eq!((response.status, text(&response).as_str()), (401, expected));
}

/// Case 20: the target of a redirect gets nothing.
#[tokio::test]
async fn a_redirect_does_not_take_it_along() {
    let target = Server::start(vec![Step::Echo]).await;
    let headers = format!("location: {}/\r\n", target.url());
    let server = Server::start(vec![Step::Write(answer("307 There", &headers, b""))]).await;
    let world = world(Some(&server.url()));
    let response = session(&world).fetch(with_key(API)).await.unwrap();
    assert_eq!(response.status, 307);
    assert_eq!(target.connections(), 0);
}
