//! Servers that get a login, and those that do not.

use super::*;
use cloudhost_tests::{HostileRegistry, closed_port};
use rstest::rstest;

/// `someone:secret`, as basic authentication has it.
const BASIC: &str = "Basic c29tZW9uZTpzZWNyZXQ=";
const MANIFEST: &str = "/v2/some/plugin/manifests/1";

fn logged_in(dir: &Path, registry: &HostileRegistry) -> FetchOptions {
    let config = dir.join("config.json");
    let login = json!({"auths": {registry.name(): {"auth": "c29tZW9uZTpzZWNyZXQ="}}});
    std::fs::write(&config, login.to_string()).unwrap();
    FetchOptions {
        docker_config: Some(config),
        ..options()
    }
}

fn blob() -> String {
    format!("/v2/some/plugin/blobs/{}", Digest::of(COMPONENT))
}

/// A registry that gives its manifest and its component to who sends this.
fn registry(needs: &str, challenge: &str) -> HostileRegistry {
    let server = HostileRegistry::start().unwrap();
    let challenge = [("WWW-Authenticate", challenge)];
    let manifest = manifest_of(COMPONENT).to_string();
    server.say_to(needs, MANIFEST, &challenge, manifest.as_bytes());
    server.say_to(needs, &blob(), &challenge, COMPONENT);
    server
}

async fn pull(server: &HostileRegistry, options: &FetchOptions) -> Result<Fetched, SourceError> {
    fetch_with(&format!("oci://{}/some/plugin:1", server.name()), options).await
}

#[tokio::test]
async fn a_login_is_shown_when_asked_for_and_to_no_other_server() {
    let dir = tempfile::tempdir().unwrap();
    let (server, storage) = (
        registry(BASIC, "Basic realm=\"r\""),
        HostileRegistry::start().unwrap(),
    );
    let there = format!("{}/storage?signature=secret", storage.url());
    server.say(&blob(), 307, &[("Location", &there)], b"");
    storage.say("/storage", 200, &[], COMPONENT);
    let options = logged_in(dir.path(), &server);
    assert_eq!(pull(&server, &options).await.unwrap().bytes, COMPONENT);
    let shown: Vec<_> = server
        .asked()
        .into_iter()
        .map(|asked| asked.authorization)
        .collect();
    assert_eq!(
        shown,
        [None, Some(BASIC.to_owned()), Some(BASIC.to_owned())]
    );
    let [asked] = &storage.asked()[..] else {
        panic!("{:?}", storage.asked());
    };
    assert_eq!(asked.authorization, None);
}

#[rstest]
#[case::token("token", true)]
#[case::access_token("access_token", false)]
#[tokio::test]
async fn a_token_server_is_asked(#[case] name: &str, #[case] login: bool) {
    let dir = tempfile::tempdir().unwrap();
    let tokens = HostileRegistry::start().unwrap();
    let challenge = format!(
        "Bearer realm=\"{}/token\",service=\"the registry\"",
        tokens.url()
    );
    let server = registry("Bearer t0ken", &challenge);
    let token = json!({name: "t0ken"}).to_string();
    let options = match login {
        true => {
            tokens.say_to(BASIC, "/token", &[], token.as_bytes());
            logged_in(dir.path(), &server)
        }
        false => {
            tokens.say("/token", 200, &[], token.as_bytes());
            options()
        }
    };
    assert_eq!(pull(&server, &options).await.unwrap().bytes, COMPONENT);
    let [asked] = &tokens.asked()[..] else {
        panic!("{:?}", tokens.asked());
    };
    let wanted = "/token?scope=repository%3Asome%2Fplugin%3Apull&service=the+registry";
    assert_eq!(asked.target, wanted);
    let shown: Vec<_> = server
        .asked()
        .into_iter()
        .map(|asked| asked.authorization)
        .collect();
    let bearer = Some("Bearer t0ken".to_owned());
    assert_eq!(shown, [None, bearer.clone(), bearer]);
}

#[tokio::test]
async fn a_token_server_that_refuses() {
    let dir = tempfile::tempdir().unwrap();
    let tokens = HostileRegistry::start().unwrap();
    let server = registry(
        "Bearer t",
        &format!("Bearer realm=\"{}/token\"", tokens.url()),
    );
    tokens.say("/token", 401, &[], b"");
    let options = logged_in(dir.path(), &server);
    let error = pull(&server, &options).await.unwrap_err();
    assert!(
        matches!(&error, SourceError::Login { user: Some(user), .. } if user == "someone"),
        "{error:?}"
    );
}

#[rstest]
#[case::no_token("{}")]
#[case::no_json("<html>")]
#[case::no_header_value(r#"{"token": "a\r\nHost: evil"}"#)]
#[tokio::test]
async fn a_token_that_is_none(#[case] answer: &str) {
    let tokens = HostileRegistry::start().unwrap();
    let server = registry(
        "Bearer t",
        &format!("Bearer realm=\"{}/token\"", tokens.url()),
    );
    tokens.say("/token", 200, &[], answer.as_bytes());
    let error = pull(&server, &options()).await.unwrap_err();
    assert!(matches!(error, SourceError::Challenge { .. }), "{error:?}");
}

#[rstest]
#[case::plain("Bearer realm=\"http://tokens.example/token\"", "expected https")]
#[case::file("Bearer realm=\"file:///etc/passwd\"", "expected https")]
#[case::no_realm("Bearer service=\"x\"", "no token server")]
#[case::other("Digest realm=\"x\", nonce=\"y\"", "expected Basic or Bearer")]
#[case::garbage(",,,=", "expected Basic or Bearer")]
#[tokio::test]
async fn a_challenge_that_is_not_answered(#[case] challenge: &str, #[case] why: &str) {
    let dir = tempfile::tempdir().unwrap();
    let server = registry(BASIC, challenge);
    let error = pull(&server, &logged_in(dir.path(), &server))
        .await
        .unwrap_err();
    assert!(error.to_string().contains(why), "{error}");
    assert!(!error.to_string().contains("passwd"), "{error}");
    let mut asked = server.asked().into_iter();
    assert!(asked.all(|asked| asked.authorization.is_none()));
}

#[tokio::test]
async fn an_identity_token_is_not_taken() {
    let dir = tempfile::tempdir().unwrap();
    let server = registry(BASIC, "Basic realm=\"r\"");
    let options = logged_in(dir.path(), &server);
    let login = json!({"auths": {server.name(): {"identitytoken": "secret"}}});
    std::fs::write(dir.path().join("config.json"), login.to_string()).unwrap();
    let error = pull(&server, &options).await.unwrap_err();
    assert!(error.to_string().contains("identity token"), "{error}");
    assert!(!format!("{error:?}").contains("secret"));
}

#[tokio::test]
async fn a_login_helper_that_is_not_there() {
    let dir = tempfile::tempdir().unwrap();
    let server = registry(BASIC, "Basic realm=\"r\"");
    let options = logged_in(dir.path(), &server);
    let login = json!({"credHelpers": {server.name(): "of-nobody"}});
    std::fs::write(dir.path().join("config.json"), login.to_string()).unwrap();
    let error = pull(&server, &options).await.unwrap_err();
    assert!(
        matches!(error, SourceError::Credentials { .. }),
        "{error:?}"
    );
}

/// A server to which a registry leads is not the registry: its challenge gets neither the login nor a request to the
/// token server that it names.
#[tokio::test]
async fn a_challenge_of_another_server_is_not_answered() {
    let dir = tempfile::tempdir().unwrap();
    let [server, storage, tokens] = [(); 3].map(|()| HostileRegistry::start().unwrap());
    tokens.say("/token", 200, &[], b"{\"token\": \"t0ken\"}");
    let challenge = format!("Bearer realm=\"{}/token\"", tokens.url());
    storage.say("/blob", 401, &[("WWW-Authenticate", &challenge)], b"");
    let manifest = manifest_of(COMPONENT).to_string();
    server.say(MANIFEST, 200, &[], manifest.as_bytes());
    let there = format!("{}/blob", storage.url());
    server.say(&blob(), 307, &[("Location", &there)], b"");
    let error = pull(&server, &logged_in(dir.path(), &server)).await;
    let error = error.unwrap_err();
    assert_eq!(tokens.asked().len(), 0);
    assert!(
        matches!(error, SourceError::Status { status: 401, .. }),
        "{error:?}"
    );
}

/// The URL of a token server is the registry's text: no error and no hint has more of it than its origin.
#[rstest]
#[case::absent(404)]
#[case::broken(500)]
#[tokio::test]
async fn a_token_server_is_named_by_its_origin(#[case] status: u16) {
    let tokens = HostileRegistry::start().unwrap();
    tokens.say("/it-says", status, &[], b"it-says");
    for at in [tokens.url(), format!("http://{}", closed_port())] {
        let server = registry("Bearer t", &format!("Bearer realm=\"{at}/it-says\""));
        let error = pull(&server, &options()).await.unwrap_err();
        assert!(error.to_string().contains(&at), "{error}");
        quotes_nothing_of("it-says", &error);
    }
}
