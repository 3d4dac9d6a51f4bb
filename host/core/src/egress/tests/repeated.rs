//! A server that echoes its requests: the plugin sees no secret of them.

use super::answers::fetch_with;
use super::server::{Server, Step, answer};
use super::*;
use crate::capability::Denial;
use crate::contract::cloudhost::provider::http::HttpErrorKind;
use tokio::sync::Semaphore;

/// Case 23: an endpoint that echoes its request.
#[tokio::test]
async fn reflected_secrets_are_redacted() {
    let (outcome, _, server) = fetch_with(vec![Step::Echo], signed(), |_| ()).await;
    let response = outcome.unwrap();
    let sent = server.requests().remove(0);
    let authorization = sent
        .lines()
        .find(|line| line.starts_with("authorization: "))
        .unwrap();
    let (_, signature) = authorization.split_once("Signature=").unwrap();
    assert!(sent.contains(TOKEN), "the server did get it");
    let seen = format!("{}{:?}", text(&response), response.headers);
    assert!(
        seen.contains("[redacted]") && seen.contains("x-amz-date"),
        "{seen}"
    );
    for secret in [TOKEN, SECRET, signature, "AKIDEXAMPLE"] {
        assert!(!seen.contains(secret), "{secret} in {seen}");
    }
}

/// Secrets that a server received once are redacted from all its responses to the same call.
#[tokio::test]
async fn a_server_that_tells_it_later() {
    let headers = format!("x-kept: {TOKEN}\r\n");
    let steps = vec![
        Step::Write(answer("200 OK", "", b"thanks")),
        Step::Write(answer("200 OK", &headers, TOKEN.as_bytes())),
    ];
    let server = Server::start(steps).await;
    let session = World::at(&server.url()).session();
    session.fetch(signed()).await.unwrap();
    let response = session.fetch(get(REAL)).await.unwrap();
    assert!(!server.requests()[1].contains("authorization"));
    assert_eq!(text(&response), "[redacted]");
    let kept = response
        .headers
        .iter()
        .find(|header| header.name == "x-kept");
    assert_eq!(kept.unwrap().value, "[redacted]");
}

/// A signature is hexadecimal, and so is a name.
#[tokio::test]
async fn a_secret_in_the_name_of_a_header_field() {
    let steps = vec![Step::Tell("Signature=")];
    let (outcome, _, server) = fetch_with(steps, signed(), |_| ()).await;
    let sent = server.requests().remove(0);
    let signature = sent.split_once("Signature=").unwrap().1;
    let signature = &signature[..64];
    let response = outcome.unwrap();
    assert_eq!(text(&response), "[redacted]");
    let names: Vec<&str> = response.headers.iter().map(|h| h.name.as_str()).collect();
    assert_eq!(names, ["x-told", "content-length"]);
    assert!(!format!("{response:?}").contains(signature));
}

/// Nor in an error about the response: the name of an encoding is the server's text.
#[tokio::test]
async fn a_secret_as_an_encoding() {
    let headers = format!("content-encoding: {TOKEN}\r\n");
    let (outcome, _, _) = fetch_with(
        vec![Step::Write(answer("200 OK", &headers, b"x"))],
        signed(),
        |_| (),
    )
    .await;
    let (kind, message) = outcome.unwrap_err();
    assert_eq!(kind, HttpErrorKind::Interrupted);
    assert!(!message.contains("the-session-token"), "{message}");
}

/// HTTP/2 lets a server state a reason for ending a connection.
#[tokio::test]
async fn a_secret_in_an_error() {
    let environment = Environment::new([("CLOUDHOST_OTHER_TOKEN", TOKEN)], None);
    let credentials = Credentials::new(environment);
    let signed = credentials.bearer("other").await.unwrap();
    let secrets = redact::Secrets::default();
    secrets.note("https://a.com", &signed).unwrap();
    let secrets = secrets.of("https://a.com").unwrap();
    let (host, why) = ("a.com".to_owned(), format!("(b\"{TOKEN}\")"));
    for error in [
        FetchError::Interrupted {
            host: host.clone(),
            why: why.clone(),
        },
        FetchError::Unreachable {
            host,
            why,
            passing: false,
        },
    ] {
        let (error, repeats) = error.cleaned(&secrets).await;
        let message = error.to_string();
        assert!(
            repeats && message.ends_with("(b\"[redacted]\")"),
            "{message}"
        );
    }
}

/// A request for a piece that waits for its turn while the credential is sent, or for its response.
#[tokio::test]
async fn pieces_beside_a_credential() {
    for (in_flight, sent) in [(1, 1), (2, 2)] {
        let gate = Arc::new(Semaphore::new(0));
        let ok = Step::Write(answer("200 OK", "", b"x"));
        let server = Server::start(vec![Step::Held(gate.clone()), ok]).await;
        let mut world = World::at(&server.url());
        world.limits.in_flight = in_flight;
        let session = world.session();
        let mut piece = get(REAL);
        piece.headers.push(Header {
            name: "Range".to_owned(),
            value: "bytes=0-60".to_owned(),
        });
        let mut requests = vec![signed(), piece];
        if in_flight == 2 {
            requests.reverse();
        }
        let all = futures::future::join_all(requests.into_iter().map(|one| session.fetch(one)));
        let release = async {
            while server.requests().len() < sent {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            gate.close();
        };
        let (outcomes, ()) = tokio::join!(all, release);
        let labels = session.report().denials;
        let labels: Vec<_> = labels.iter().map(Denial::label).collect();
        assert_eq!(labels, ["denied.header"], "{in_flight}");
        assert_eq!(outcomes.iter().filter(|one| one.is_ok()).count(), 1);
        assert_eq!(server.requests().len(), sent);
    }
}
