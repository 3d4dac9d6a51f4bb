//! Uploads to registries that return locations and errors of any kind.

use super::*;
use crate::plugin::Artifact;
use cloudhost_tests::{HostileRegistry, ReceivedRequest, Reply, ScriptedServer, closed_port};
use http::Method;
use rstest::rstest;

const UPLOADS: &str = "/v2/some/plugin/blobs/uploads/";
const MANIFEST: &str = "/v2/some/plugin/manifests/1";

/// A component that does nothing, with this number of further bytes.
fn artifact(more: usize) -> Artifact {
    let manifest = b"name = \"probe\"\nversion = \"0.1.0\"\ncontract = \"0.2.0\"\n";
    let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
    for (name, content) in [
        ("cloudhost:manifest", &manifest[..]),
        ("x", &vec![b'x'; more]),
    ] {
        // https://webassembly.github.io/spec/core/appendix/custom.html: a section of id 0, its size, its name.
        bytes.push(0);
        let mut size = 1 + name.len() + content.len();
        while size >= 0x80 {
            bytes.push(u8::try_from(size & 0x7f).unwrap() | 0x80);
            size >>= 7;
        }
        bytes.push(u8::try_from(size).unwrap());
        bytes.push(u8::try_from(name.len()).unwrap());
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend_from_slice(content);
    }
    Artifact::read(bytes).unwrap()
}

/// A registry that has nothing, and takes uploads at this location.
fn registry(location: &str) -> HostileRegistry {
    let server = HostileRegistry::start().unwrap();
    server.say(UPLOADS, 202, &[("Location", location)], b"");
    server.say(MANIFEST, 201, &[], b"");
    server
}

fn reference(name: &str) -> OciReference {
    format!("oci://{name}/some/plugin:1").parse().unwrap()
}

async fn put(server: &HostileRegistry) -> Result<OciReference, SourceError> {
    let to = reference(&server.name());
    push(&to, &artifact(0), None, &options()).await
}

fn targets(server: &HostileRegistry) -> Vec<String> {
    let asked = server.asked().into_iter();
    asked.map(|asked| asked.target).collect()
}

#[rstest]
#[case::http("http://storage.test/upload")]
#[case::file("file:///upload")]
#[tokio::test]
async fn a_location_without_tls(#[case] location: &str) {
    let server = registry(location);
    let error = put(&server).await.unwrap_err();
    assert!(matches!(error, SourceError::Location { .. }), "{error:?}");
    assert!(error.to_string().contains("expected https"), "{error}");
    // Its text is the registry's: no hint has it.
    assert!(!error.to_string().contains("/upload"), "{error}");
    assert_eq!(error.remedy(), None);
    assert_eq!(error.refusal().unwrap().reason, "source.redirect");
    let blob = format!("/v2/some/plugin/blobs/{}", artifact(0).digest);
    assert_eq!(targets(&server), [&blob, UPLOADS], "no more was sent");
}

/// A registry that is far away names a location that is near. It gets nothing.
#[rstest]
#[case::metadata("https://169.254.169.254/upload", "private addresses")]
#[case::private("https://10.0.0.1/upload", "private addresses")]
#[case::this_machine("https://127.0.0.1/upload", "private addresses")]
#[case::by_name("https://localhost/upload", "private addresses")]
#[case::http("http://127.0.0.1/upload", "expected https")]
#[tokio::test]
async fn a_location_that_is_near(#[case] location: &str, #[case] why: &str) {
    let (from, options) = (reference("52.94.5.1"), options());
    let session = registry::Session::new(&from, &options, login::Scope::Push);
    let mut session = session.await.unwrap();
    let location = location.parse().unwrap();
    let sent = session.send(Method::PUT, &location, |request| request, 100);
    let Err(error) = sent.await else {
        panic!("it was sent");
    };
    assert!(matches!(error, SourceError::Location { .. }), "{error:?}");
    assert!(error.to_string().contains(why), "{error}");
}

#[tokio::test]
async fn a_location_that_is_relative() {
    let server = registry("../uploads/one?state=a%2Fb");
    let upload = "/v2/some/plugin/blobs/uploads/one";
    server.say(upload, 201, &[], b"");
    let pinned = put(&server).await.unwrap();
    assert!(pinned.digest().is_some());
    let digest = artifact(0).digest.to_string().replace(':', "%3A");
    let expected = format!("{upload}?state=a%2Fb&digest={digest}");
    assert!(
        targets(&server).contains(&expected),
        "{:?}",
        targets(&server)
    );
    assert_eq!(targets(&server).last().unwrap(), MANIFEST);
}

#[tokio::test]
async fn text_of_an_error_is_one_line_without_urls() {
    let server = registry("");
    let (code, message) = (
        "see\nhttps://evil.test/c",
        "https://evil.test/m \u{1b}[2J\nhint: x",
    );
    let body = json!({"errors": [{"code": code, "message": message}]}).to_string();
    server.say(UPLOADS, 400, &[], body.as_bytes());
    let error = put(&server).await.unwrap_err();
    let expected = ": 400 Bad Request: see [URL] [URL] \\u{1b}[2J hint: x";
    assert!(error.to_string().ends_with(expected), "{error}");
}

#[tokio::test]
async fn no_location() {
    let server = registry("");
    server.say(UPLOADS, 202, &[], b"");
    let error = put(&server).await.unwrap_err();
    assert!(error.to_string().contains("named no location"), "{error}");
}

/// Storage of another origin gets the component, and no login.
#[tokio::test]
async fn a_location_of_another_origin_gets_no_login() {
    let storage = HostileRegistry::start().unwrap();
    storage.say("/upload", 201, &[], b"");
    let server = registry("");
    let login = format!("Basic {LOGIN}");
    let location = format!("{}/upload", storage.url());
    let headers = [
        ("WWW-Authenticate", "Basic realm=\"x\""),
        ("Location", &location),
    ];
    server.say_to(&login, UPLOADS, &headers, b"");
    server.say_to(&login, MANIFEST, &headers, b"");
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("config.json");
    let logins = json!({"auths": {server.name(): {"auth": LOGIN}}});
    std::fs::write(&config, logins.to_string()).unwrap();
    let options = FetchOptions {
        docker_config: Some(config),
        ..options()
    };
    let to = reference(&server.name());
    push(&to, &artifact(0), None, &options).await.unwrap();
    let sent: Vec<Option<String>> = storage
        .asked()
        .into_iter()
        .map(|one| one.authorization)
        .collect();
    assert_eq!(sent, [None, None], "component and config");
    let last = server.asked().pop().unwrap();
    assert_eq!(
        (last.target.as_str(), last.authorization),
        (MANIFEST, Some(login))
    );
}

/// A server to which the registry leads for an upload is not the registry.
#[tokio::test]
async fn a_challenge_of_another_server_is_not_answered() {
    let [server, storage, tokens] = [(); 3].map(|()| HostileRegistry::start().unwrap());
    tokens.say("/token", 200, &[], b"{\"token\": \"t0ken\"}");
    let challenge = format!("Bearer realm=\"{}/token\"", tokens.url());
    storage.say("/uploads", 401, &[("WWW-Authenticate", &challenge)], b"");
    let there = format!("{}/uploads", storage.url());
    server.say(UPLOADS, 307, &[("Location", &there)], b"");
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("config.json");
    let logins = json!({"auths": {server.name(): {"auth": LOGIN}}});
    std::fs::write(&config, logins.to_string()).unwrap();
    let options = FetchOptions {
        docker_config: Some(config),
        ..options()
    };
    let error = push(&reference(&server.name()), &artifact(0), None, &options).await;
    assert_eq!(tokens.asked().len(), 0);
    let error = error.unwrap_err().to_string();
    assert!(error.ends_with("401 Unauthorized"), "{error}");
}

/// A server that answers an upload with another location has not taken it, whatever that location answers to a GET.
#[rstest]
#[tokio::test]
async fn an_upload_that_becomes_another_request(#[values(301, 302, 303)] status: u16) {
    let upload = "/v2/some/plugin/blobs/uploads/one";
    let server = registry("one");
    server.say(upload, status, &[("Location", "/done")], b"");
    server.say("/done", 200, &[], b"");
    let error = put(&server).await.unwrap_err();
    assert!(matches!(error, SourceError::Push { .. }), "{error:?}");
    assert!(error.to_string().contains(&status.to_string()), "{error}");
    assert!(!targets(&server).contains(&"/done".to_owned()));
}

/// Of a location, only the origin is named, however the upload fails.
#[tokio::test]
async fn a_location_is_named_by_its_origin() {
    let storage = HostileRegistry::start().unwrap();
    storage.say("/it-says", 201, &[], &vec![b'x'; 65 << 10]);
    for at in [storage.url(), format!("http://{}", closed_port())] {
        let server = registry(&format!("{at}/it-says"));
        let error = put(&server).await.unwrap_err();
        assert!(error.to_string().contains(&at), "{error}");
        quotes_nothing_of("it-says", &error);
    }
}

/// `someone:secret`
const LOGIN: &str = "c29tZW9uZTpzZWNyZXQ=";

/// An error in the format of the distribution specification is shown, escaped and cut.
#[rstest]
#[case::message(
    r#"{"errors":[{"code":"NAME_INVALID","message":"no such project"},{"code":"X"}]}"#,
    "400 Bad Request: NAME_INVALID no such project"
)]
#[case::code(r#"{"errors":[{"code":"DENIED"}]}"#, "400 Bad Request: DENIED")]
#[case::acting(
    r#"{"errors":[{"code":"A","message":"\u001b[2J\nerror: forged"}]}"#,
    r"A \u{1b}[2J error: forged"
)]
#[case::none("<html>", "400 Bad Request")]
#[tokio::test]
async fn an_error_of_the_registry(#[case] body: &str, #[case] shown: &str) {
    let server = registry("");
    server.say(UPLOADS, 400, &[], body.as_bytes());
    let error = put(&server).await.unwrap_err();
    assert!(matches!(error, SourceError::Push { .. }), "{error:?}");
    assert!(error.to_string().ends_with(shown), "{error}");
    let long = format!(r#"{{"errors":[{{"code":"{}"}}]}}"#, "x".repeat(3_000));
    server.say(UPLOADS, 400, &[], long.as_bytes());
    let error = put(&server).await.unwrap_err().to_string();
    assert!(error.contains("xxx") && error.len() < 400, "{error}");
}

#[tokio::test]
async fn a_mebibyte_arrives_whole() {
    let answer = |request: &ReceivedRequest| match request.start.split(' ').next() {
        Some("HEAD") => Reply::Answer(404, Vec::new(), Vec::new()),
        Some("POST") => {
            let location = ("Location".to_owned(), "one".to_owned());
            Reply::Answer(202, vec![location], Vec::new())
        }
        _ => Reply::Answer(201, Vec::new(), Vec::new()),
    };
    let server = ScriptedServer::start(answer).unwrap();
    let artifact = artifact(1 << 20);
    let to = reference(server.url().trim_start_matches("http://"));
    let pinned = push(&to, &artifact, None, &options()).await.unwrap();
    let heard = server.heard();
    let mut put = heard.iter().filter(|one| one.start.starts_with("PUT "));
    let body = &put.next().unwrap().body;
    assert!(
        body.len() > 1 << 20 && artifact.bytes == *body,
        "{}",
        body.len()
    );
    let manifest = &put.next_back().unwrap().body;
    assert_eq!(pinned.digest(), Some(&*Digest::of(manifest).to_string()));
}
