//! Credentials in other places than a signature or a bearer token.

use super::server::{Server, Step, answer};
use super::*;
use crate::contract::cloudhost::provider::http::{HeaderAuth, HttpErrorKind, QueryAuth};
use rstest::rstest;

const API: &str = "https://api.test/v1";
const PASSWORD: &str = "s3cret-of-the-user/and=more";

const ASKS: &str = "hosts = [\"api.test\", \"login.test\"]\n\
    [[credentials]]\nname = \"user\"\nscheme = \"basic\"\n\
    [[credentials]]\nname = \"key\"\nscheme = \"header\"\nheader = \"x-auth-token\"\n\
    [[credentials]]\nname = \"param\"\nscheme = \"query\"\nparameter = \"key\"\n\
    [[credentials]]\nname = \"client\"\nscheme = \"client-credentials\"\n\
    token-url = \"https://login.test/token\"\nscope = \"all of it\"\n";

fn world(url: &str) -> World {
    let mut world = World::new();
    let url = Url::parse(url).unwrap();
    world.config.endpoints.insert("example".to_owned(), url);
    world.variables = vec![
        ("CLOUDHOST_USER_TOKEN", format!("me:{PASSWORD}")),
        ("CLOUDHOST_KEY_TOKEN", PASSWORD.to_owned()),
        ("CLOUDHOST_PARAM_TOKEN", PASSWORD.to_owned()),
        ("CLOUDHOST_CLIENT_TOKEN", format!("id-1:{PASSWORD}")),
    ];
    world
}

fn session(world: &World) -> Session {
    session_of(&world.egress(), "example", ASKS, world.limits)
}

fn with(auth: Vec<Auth>) -> Request {
    Request { auth, ..get(API) }
}

fn header(name: &str) -> Auth {
    Auth::Header(HeaderAuth {
        header: name.to_owned(),
        credential: "key".to_owned(),
    })
}

fn parameter(name: &str) -> Auth {
    Auth::Query(QueryAuth {
        parameter: name.to_owned(),
        credential: "param".to_owned(),
    })
}

#[tokio::test]
async fn each_in_its_place_and_several_at_once() {
    let server = Server::start(vec![Step::Write(answer("200 OK", "", b"{}"))]).await;
    let session = session(&world(&server.url()));
    let all = vec![
        Auth::Basic("user".to_owned()),
        header("X-Auth-Token"),
        parameter("key"),
    ];
    session.fetch(with(all)).await.unwrap();
    let sent = &server.requests()[0];
    let encoded = "/v1?key=s3cret-of-the-user%2Fand%3Dmore HTTP/1.1";
    assert!(sent.contains(encoded), "{sent}");
    // `me:` and the password.
    let basic = "authorization: Basic bWU6czNjcmV0LW9mLXRoZS11c2VyL2FuZD1tb3Jl\r\n";
    assert!(sent.contains(basic), "{sent}");
    assert!(
        sent.contains(&format!("x-auth-token: {PASSWORD}\r\n")),
        "{sent}"
    );
}

/// Secrets that a server repeats are not the plugin's to see.
#[rstest]
#[case::basic(Auth::Basic("user".to_owned()))]
#[case::header(header("x-auth-token"))]
#[case::query(parameter("key"))]
#[tokio::test]
async fn an_echo_is_redacted(#[case] auth: Auth) {
    let server = Server::start(vec![Step::Echo]).await;
    let session = session(&world(&server.url()));
    let response = session.fetch(with(vec![auth])).await.unwrap();
    let shown = text(&response);
    for part in [
        PASSWORD,
        "s3cret-of-the-user",
        "czNjcmV0LW9mLXRoZS11c2Vy",
        "bWU6czNj",
    ] {
        assert!(!shown.contains(part), "{shown}");
    }
}

#[rstest]
#[case::another_header(vec![header("x-other-token")], HttpErrorKind::Denied)]
#[case::another_parameter(vec![parameter("token")], HttpErrorKind::Denied)]
#[case::another_scheme(vec![Auth::Bearer("user".to_owned())], HttpErrorKind::Denied)]
#[case::basic_of_a_token(vec![Auth::Basic("key".to_owned())], HttpErrorKind::Denied)]
#[case::twice(vec![header("x-auth-token"), header("x-auth-token")], HttpErrorKind::InvalidRequest)]
#[case::two_of_authorization(
    vec![Auth::Basic("user".to_owned()), Auth::Bearer("client".to_owned())],
    HttpErrorKind::InvalidRequest
)]
#[case::many(vec![header("x-auth-token"); 5], HttpErrorKind::InvalidRequest)]
#[tokio::test]
async fn other_uses(#[case] auth: Vec<Auth>, #[case] kind: HttpErrorKind) {
    let server = Server::start(vec![Step::Echo]).await;
    let session = session(&world(&server.url()));
    let error = session.fetch(with(auth)).await.unwrap_err();
    assert_eq!(error.kind, kind, "{}", error.message);
    assert_eq!(server.connections(), 0);
}

/// The plugin does not write where the host writes a credential.
#[tokio::test]
async fn a_place_that_the_plugin_fills() {
    let server = Server::start(vec![Step::Echo]).await;
    let session = session(&world(&server.url()));
    let mut request = with(vec![header("x-auth-token")]);
    request.headers.push(Header {
        name: "X-Auth-Token".to_owned(),
        value: "mine".to_owned(),
    });
    let error = session.fetch(request).await.unwrap_err();
    assert_eq!(error.kind, HttpErrorKind::InvalidRequest);
    let request = Request {
        url: format!("{API}?key=mine"),
        ..with(vec![parameter("key")])
    };
    let error = session.fetch(request).await.unwrap_err();
    assert_eq!(error.kind, HttpErrorKind::InvalidRequest);
    assert_eq!(server.connections(), 0);
}

/// The host exchanges the secret, and the plugin's requests carry the token. One exchange serves many requests.
#[tokio::test]
async fn client_credentials_are_exchanged_once() {
    let token =
        br#"{"access_token":"the-token-of-an-hour","token_type":"Bearer","expires_in":3600}"#;
    let steps = vec![
        Step::Write(answer("200 OK", "", token)),
        Step::Write(answer("200 OK", "", b"the-token-of-an-hour")),
    ];
    let server = Server::start(steps).await;
    let session = session(&world(&server.url()));
    let request = with(vec![Auth::Bearer("client".to_owned())]);
    let response = session.fetch(request.clone()).await.unwrap();
    assert!(
        !text(&response).contains("the-token-of"),
        "{}",
        text(&response)
    );
    session.fetch(request).await.unwrap();
    let sent = server.requests();
    assert_eq!(sent.len(), 3, "{sent:?}");
    assert!(sent[0].starts_with("POST /token HTTP/1.1"), "{}", sent[0]);
    let form = "grant_type=client_credentials&client_id=id-1\
        &client_secret=s3cret-of-the-user%2Fand%3Dmore&scope=all+of+it";
    assert!(sent[0].contains(form), "{}", sent[0]);
    for sent in &sent[1..] {
        let line = "authorization: Bearer the-token-of-an-hour\r\n";
        assert!(sent.contains(line), "{sent}");
        assert!(!sent.contains("s3cret"), "{sent}");
    }
}

#[rstest]
#[case::refused(
    "401 No",
    br#"{"error":"invalid_client","error_description":"s3cret-of-the-user/and=more"}"#,
    "HTTP 401: invalid_client"
)]
#[case::a_code_that_repeats("400 No", br#"{"error":"s3cret-of-the-user/and=more"}"#, "HTTP 400")]
#[case::no_token("200 OK", b"{}", "no token")]
#[case::no_json("200 OK", b"hello", "no token")]
#[tokio::test]
async fn no_token(#[case] status: &str, #[case] body: &[u8], #[case] part: &str) {
    let server = Server::start(vec![Step::Write(answer(status, "", body))]).await;
    let session = session(&world(&server.url()));
    let request = with(vec![Auth::Bearer("client".to_owned())]);
    let error = session.fetch(request).await.unwrap_err();
    assert_eq!(error.kind, HttpErrorKind::CredentialMissing);
    let shown = session.report().last_failure.unwrap().to_string();
    assert!(shown.contains(part), "{shown}");
    assert!(
        !shown.contains("s3cret") && !error.message.contains("s3cret"),
        "{shown}"
    );
    assert_eq!(server.requests().len(), 1);
}
