//! A server that echoes its requests: the plugin sees no secret of them.

use super::answers::fetch_with;
use super::server::{Server, Step, answer};
use super::*;
use crate::contract::cloudhost::provider::http::HttpErrorKind;

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
        assert!(repeats && message.ends_with("(b\"[redacted]\")"), "{message}");
    }
}
