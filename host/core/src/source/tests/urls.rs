//! Files, and servers that anybody could run.

use super::*;
use cloudhost_tests::{HostileRegistry, Reply, ScriptedServer, closed_port};
use rstest::rstest;

const SIGNATURE: &str = "untrusted comment: signature from minisign secret key
RUQf6LRCGA9i559r3g7V1qNyJDApGip8MfqcadIgT9CuhV3EMhHoN1mGTkUidF/z7SrlQgXdy8ofjb7bNJJylDOocrCo8KLzZwo=
trusted comment: timestamp:1633700835\tfile:test\tprehashed
wLMDjy9FLAuxZ3q4NlEvkgtyhrr0gtTu6KC4KBJdITbbOeAi1zBIYo0v4iTgt8jJpIidRJnp94ABQkJAgAooBQ==
";

#[tokio::test]
async fn a_file_and_its_signature() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("plugin.wasm");
    let source = path.to_str().unwrap();
    let missing = fetch(source).await.unwrap_err();
    assert_eq!(missing.remedy().unwrap().label(), "fix-files");

    std::fs::write(&path, COMPONENT).unwrap();
    let fetched = fetch(source).await.unwrap();
    assert_eq!(fetched.bytes, COMPONENT);
    assert_eq!(fetched.digest, Digest::of(COMPONENT));
    assert_eq!((fetched.signature, fetched.pinned), (None, None));

    let beside = dir.path().join("plugin.wasm.minisig");
    std::fs::write(&beside, SIGNATURE).unwrap();
    let fetched = fetch(source).await.unwrap();
    assert_eq!(fetched.signature.unwrap().text(), SIGNATURE);

    // Broken is not absent.
    std::fs::write(&beside, "untrusted comment: nothing\n").unwrap();
    let broken = fetch(source).await.unwrap_err();
    assert!(matches!(broken, SourceError::NoSignature), "{broken}");
    std::fs::write(&beside, vec![b'x'; 17 << 10]).unwrap();
    let large = fetch(source).await.unwrap_err();
    assert!(matches!(large, SourceError::TooLarge { .. }), "{large}");
}

#[tokio::test]
async fn a_file_that_is_too_large_or_none() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("plugin.wasm");
    std::fs::write(&path, COMPONENT).unwrap();
    let at_most = |max_bytes| FetchOptions {
        max_bytes,
        ..options()
    };
    let source = Source::File(path);
    assert!(source.fetch(&at_most(COMPONENT.len())).await.is_ok());
    let error = source
        .fetch(&at_most(COMPONENT.len() - 1))
        .await
        .unwrap_err();
    assert!(matches!(error, SourceError::Limit { .. }), "{error}");
    assert_eq!(error.remedy().unwrap().label(), "raise-limit");
    let folder = Source::File(dir.path().to_owned());
    let error = folder.fetch(&options()).await.unwrap_err();
    assert!(matches!(error, SourceError::Read { .. }), "{error}");
}

/// Storage services say 403 of what is not there.
#[rstest]
#[tokio::test]
async fn a_url_without_signature(#[values(403, 404, 410)] status: u16) {
    let server = HostileRegistry::start().unwrap();
    server.say("/a.wasm", 200, &[], COMPONENT);
    server.say("/a.wasm.minisig", status, &[], b"");
    let fetched = fetch(&format!("{}/a.wasm", server.url())).await.unwrap();
    assert_eq!(fetched.bytes, COMPONENT);
    assert_eq!(fetched.signature, None);
}

#[tokio::test]
async fn a_url_and_its_signature() {
    let server = HostileRegistry::start().unwrap();
    server.say("/a.wasm", 200, &[], COMPONENT);
    server.say("/a.wasm.minisig", 200, &[], SIGNATURE.as_bytes());
    let url = format!("{}/a.wasm?raw=1", server.url());
    let fetched = fetch(&url).await.unwrap();
    assert_eq!(fetched.signature.unwrap().text(), SIGNATURE);
    let asked: Vec<_> = server
        .asked()
        .into_iter()
        .map(|asked| asked.target)
        .collect();
    assert_eq!(asked, ["/a.wasm?raw=1", "/a.wasm.minisig?raw=1"]);

    // A server that fails is not one without a signature.
    server.say("/a.wasm.minisig", 503, &[], b"");
    let error = fetch(&url).await.unwrap_err();
    assert!(
        matches!(error, SourceError::Status { status: 503, .. }),
        "{error}"
    );
}

#[tokio::test]
async fn servers_that_do_not_give_it() {
    let server = HostileRegistry::start().unwrap();
    let url = format!("{}/a.wasm?token=secret", server.url());
    let error = fetch(&url).await.unwrap_err();
    assert!(matches!(error, SourceError::Status { status: 404, .. }));
    assert!(!error.to_string().contains("secret"), "{error}");

    let port = closed_port();
    let error = fetch(&format!("http://{port}/a?token=secret"))
        .await
        .unwrap_err();
    assert!(matches!(error, SourceError::Unreachable { .. }), "{error}");
    assert!(!format!("{error:?}").contains("secret"), "{error:?}");

    server.say_without_end("/slow.wasm", COMPONENT);
    let soon = FetchOptions {
        time: Duration::from_millis(300),
        ..options()
    };
    let url = format!("{}/slow.wasm", server.url());
    let error = fetch_with(&url, &soon).await.unwrap_err();
    assert!(matches!(error, SourceError::Late { .. }), "{error}");
}

#[rstest]
#[case::said(true)]
#[case::not_said(false)]
#[tokio::test]
async fn a_url_with_too_much(#[case] said: bool) {
    let server = HostileRegistry::start().unwrap();
    if said {
        server.say("/a.wasm", 200, &[], COMPONENT);
    } else {
        server.say_in_parts("/a.wasm", COMPONENT);
    }
    let url = format!("{}/a.wasm", server.url());
    let at_most = |max_bytes| FetchOptions {
        max_bytes,
        ..options()
    };
    let whole = fetch_with(&url, &at_most(COMPONENT.len())).await;
    assert_eq!(whole.unwrap().bytes, COMPONENT);
    let error = fetch_with(&url, &at_most(COMPONENT.len() - 1))
        .await
        .unwrap_err();
    assert!(matches!(error, SourceError::Limit { .. }), "{error}");
}

/// All that a socket receives counts, also what never becomes a body.
#[rstest]
#[case::informational(b"", b"HTTP/1.1 100 Continue\r\n\r\n")]
#[case::size_of_a_chunk(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"00000000")]
#[tokio::test]
async fn a_server_that_sends_no_body(#[case] first: &'static [u8], #[case] again: &'static [u8]) {
    let again = again.repeat(1_000);
    let server = ScriptedServer::start(move |_| Reply::Forever(first.to_vec(), again.clone()));
    let server = server.unwrap();
    let small = FetchOptions {
        max_bytes: 1 << 20,
        ..options()
    };
    let url = format!("{}/a.wasm", server.url());
    let tag = format!(
        "oci://{}/some/plugin:1",
        server.url().replace("http://", "")
    );
    for source in [&url, &tag] {
        let error = fetch_with(source, &small).await.unwrap_err();
        let expected = "sent too much besides its response";
        assert!(error.to_string().ends_with(expected), "{error}");
        assert_eq!(error.refusal().unwrap().reason, "source.size");
    }
}

#[tokio::test]
async fn redirects_lead_to_no_place_without_tls() {
    let (server, other) = (
        HostileRegistry::start().unwrap(),
        HostileRegistry::start().unwrap(),
    );
    let there = format!("{}/b.wasm", other.url());
    server.say("/a.wasm", 302, &[("Location", &there)], b"");
    other.say("/b.wasm", 200, &[], COMPONENT);
    let url = format!("{}/a.wasm", server.url());
    assert_eq!(fetch(&url).await.unwrap().bytes, COMPONENT);

    for to in [
        "http://plugins.example/a.wasm?secret",
        "http://169.254.169.254/it-says",
        "ftp://a.example/",
    ] {
        server.say("/a.wasm", 302, &[("Location", to)], b"");
        let error = fetch(&url).await.unwrap_err();
        quotes_nothing_of(to, &error);
        assert_eq!(error.remedy(), None);
        assert!(
            matches!(error, SourceError::Location { .. }),
            "{to}: {error:?}"
        );
    }
    server.say("/a.wasm", 302, &[("Location", "/a.wasm")], b"");
    let error = fetch(&url).await.unwrap_err();
    assert!(error.to_string().contains("too many"), "{error}");
}

/// The location of a redirect can have any characters, as browsers read it.
#[tokio::test]
async fn a_redirect_to_a_name_with_an_accent() {
    let server = HostileRegistry::start().unwrap();
    server.say("/a.wasm", 302, &[("Location", "/été.wasm")], b"");
    server.say("/%C3%A9t%C3%A9.wasm", 200, &[], COMPONENT);
    let fetched = fetch(&format!("{}/a.wasm", server.url())).await.unwrap();
    assert_eq!(fetched.bytes, COMPONENT);
}

/// The target of a redirect is named by its origin, also where it cannot be reached.
#[tokio::test]
async fn a_redirect_to_a_server_that_is_not_there() {
    let server = HostileRegistry::start().unwrap();
    let at = format!("http://{}", closed_port());
    let there = format!("{at}/it-says");
    server.say("/a.wasm", 302, &[("Location", &there)], b"");
    let error = fetch(&format!("{}/a.wasm", server.url()))
        .await
        .unwrap_err();
    assert!(error.to_string().contains(&at), "{error}");
    quotes_nothing_of("it-says", &error);
}
