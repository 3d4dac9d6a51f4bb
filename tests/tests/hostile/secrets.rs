//! Use of credentials by a plugin, and attempts to read them.

use crate::guests::{ALLOWED, ASKS, probe};
use crate::outcome::Outcome;
use crate::stage::{AWS_SECRET, PLANTED, Sandboxed, TOKEN, until};
use cloudhost::credentials::Environment;
use cloudhost::recording::{self, Recorder, Recording};
use cloudhost_probe::ProbeAction;
use cloudhost_sdk::http::{Method, Request};
use cloudhost_tests::{Reply, ScriptedServer};
use rstest::rstest;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// A key of AWS besides the token, and a second host that neither is for.
const BOTH: &str = "hosts = [\"allowed.test\", \"other.test\"]\n\
    [[credentials]]\nname = \"probe\"\nscheme = \"bearer\"\nhosts = [\"allowed.test\"]\n\
    [[credentials]]\nname = \"aws\"\nscheme = \"sigv4\"\nservices = [\"ec2\"]\nhosts = [\"allowed.test\"]\n";

fn allowed() -> Request {
    Request::get(format!("https://{ALLOWED}/"))
}

fn used(credential: &str, times: usize) -> BTreeMap<(String, String), usize> {
    BTreeMap::from([((credential.to_owned(), ALLOWED.to_owned()), times)])
}

/// Starts a server that echoes the request, so that every word of it comes back.
fn echo() -> ScriptedServer {
    ScriptedServer::start(|received| {
        let authorization = received
            .header("authorization")
            .unwrap_or("nobody")
            .to_owned();
        Reply::Answer(
            200,
            vec![("x-you-said".to_owned(), authorization)],
            received.text().into_bytes(),
        )
    })
    .unwrap()
}

#[tokio::test]
async fn case_20_redirect_to_another_origin_with_a_credential() {
    let other = ScriptedServer::start(|_| Reply::ok("caught")).unwrap();
    let to = other.url();
    let peer = ScriptedServer::start(move |_| {
        Reply::Answer(307, vec![("location".to_owned(), to.clone())], Vec::new())
    });
    let peer = peer.unwrap();
    let stage = Sandboxed::at(&peer);
    let act = ProbeAction::Send(vec![allowed().bearer("probe")]);
    let seen = stage.act(&probe("probe", ASKS), act).await.one();
    assert_eq!(seen.status, 307, "{seen:?}");
    let sent = format!("Bearer {TOKEN}");
    assert_eq!(peer.heard()[0].header("authorization"), Some(sent.as_str()));
    assert_eq!(other.connections(), 0);
    assert_eq!(stage.uses(), used("probe", 1));
    stage.assert_contained(&[]).await;
}

#[rstest]
#[case("Authorization")]
#[case("X-Amz-Security-Token")]
#[case("x-amz-date")]
#[case("Host")]
#[case("Cookie")]
#[case("Proxy-Authorization")]
#[case("Proxy-Connection")]
#[case("Transfer-Encoding")]
#[case("Content-Length")]
#[case("Connection")]
#[case("X-Forwarded-For")]
#[case("X-Original-URL")]
#[case("X_Rewrite_URL")]
#[case("X-HTTP-Method-Override")]
#[case("X-Host")]
#[case("X-Real-IP")]
#[case("Proxy")]
#[case("Transfer_Encoding")]
#[tokio::test]
async fn case_21_headers_that_are_the_hosts(#[case] name: &str) {
    let peer = echo();
    let stage = Sandboxed::at(&peer);
    let act = ProbeAction::Send(vec![allowed().header(name, "mine")]);
    let seen = stage.act(&probe("probe", ASKS), act).await.one();
    assert_eq!(seen.reason(), "denied.header", "{seen:?}");
    assert!(seen.text.contains(name), "{seen:?}");
    assert_eq!(peer.connections(), 0);
    stage.assert_contained(&["denied.header"]).await;
}

/// A response in pieces, or in another character set: with a credential, and later in the same call.
#[rstest]
#[case("Range")]
#[case("If-Range")]
#[case("Request-Range")]
#[case("Accept-Charset")]
#[tokio::test]
async fn case_21_headers_that_cut_a_response(#[case] name: &str) {
    let peer = echo();
    let stage = Sandboxed::at(&peer);
    let cut = |request: Request| request.header(name, "bytes=0-60");
    let act = ProbeAction::SendInTurn(vec![
        cut(allowed()),
        cut(allowed().bearer("probe")),
        allowed().bearer("probe"),
        cut(allowed()),
    ]);
    let seen = stage.act(&probe("probe", ASKS), act).await.seen();
    let denied: Vec<_> = seen
        .iter()
        .map(|seen| seen.reason() == "denied.header")
        .collect();
    assert_eq!(denied, [false, true, false, true], "{seen:?}");
    assert_eq!(peer.heard().len(), 2);
    stage.assert_contained(&["denied.header"; 2]).await;
}

/// The user's endpoint for one service, and a plugin that has its credential for hosts of anyone too.
#[tokio::test]
async fn case_22_endpoint_that_is_for_one_cloud() {
    let peer = echo();
    let url = peer.url();
    let stage = Sandboxed::with(|config| {
        let variables = [
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", AWS_SECRET),
            ("AWS_ENDPOINT_URL_EC2", &url),
        ];
        config.environment = Environment::new(variables, None);
    });
    let cloud = "ec2.eu-west-1.amazonaws.com";
    let asks = format!(
        "hosts = [\"collect.evil.test\", \"amazonaws.com.evil.test\", \"evilamazonaws.com\", \"ec2.s3.amazonaws.com\", \
         \"evil.execute-api.eu-west-1.amazonaws.com\", {cloud:?}]\n\
         [[credentials]]\nname = \"aws\"\nscheme = \"sigv4\"\nservices = [\"ec2\"]\n"
    );
    let signed =
        |host: &str| Request::get(format!("https://{host}/")).sigv4("aws", "ec2", "eu-west-1");
    let hosts = [
        "collect.evil.test",
        "amazonaws.com.evil.test",
        "evilamazonaws.com",
        "ec2.s3.amazonaws.com",
        "evil.execute-api.eu-west-1.amazonaws.com",
        cloud,
    ];
    let act = ProbeAction::SendInTurn(hosts.map(signed).to_vec());
    let seen = stage.act(&probe("probe", &asks), act).await.seen();
    for seen in &seen[..seen.len() - 1] {
        assert_eq!(seen.reason(), "denied.endpoint", "{seen:?}");
    }
    assert_eq!(seen.last().unwrap().status, 200, "{seen:?}");
    let heard = peer.heard();
    assert_eq!((heard.len(), heard[0].header("host")), (1, Some(cloud)));
    assert_eq!(stage.endpoints(), [Some(url)]);
    stage.assert_contained(&["denied.endpoint"; 5]).await;
}

/// A credential that is not in the manifest, or for another host, service or scheme.
#[rstest]
#[case::not_asked_for(allowed().bearer("neighbour"))]
#[case::other_host(Request::get("https://other.test/").bearer("probe"))]
#[case::other_host_of_aws(Request::get("https://other.test/").sigv4("aws", "ec2", "eu-west-1"))]
#[case::other_service(allowed().sigv4("aws", "iam", "us-east-1"))]
#[case::other_scheme(allowed().bearer("aws"))]
#[case::token_as_key(allowed().sigv4("probe", "ec2", "us-east-1"))]
#[tokio::test]
async fn case_22_credential_for_another_use(#[case] request: Request) {
    let peer = echo();
    let stage = Sandboxed::at(&peer);
    let outcome = stage
        .act(&probe("probe", BOTH), ProbeAction::Send(vec![request]))
        .await;
    denied(&stage, &peer, &outcome).await;
}

#[tokio::test]
async fn case_22_credential_that_is_not_granted() {
    let peer = echo();
    let stage = Sandboxed::at(&peer);
    let mut plugin = probe("probe", BOTH);
    plugin.grant.credentials.retain(|name| name != "aws");
    let request = allowed().sigv4("aws", "ec2", "eu-west-1");
    let outcome = stage.act(&plugin, ProbeAction::Send(vec![request])).await;
    denied(&stage, &peer, &outcome).await;
}

/// The key would come from a program that leaves a mark when it runs.
#[rstest]
#[case::request(ProbeAction::Send(vec![allowed().sigv4("aws", "ec2", "eu-west-1")]))]
#[case::question(ProbeAction::Describe(vec!["aws".to_owned()]))]
#[tokio::test]
async fn case_22_where_secrets_come_from_is_not_asked(#[case] act: ProbeAction) {
    let marks = tempfile::tempdir().unwrap();
    let mark = marks.path().join("called");
    std::fs::create_dir(marks.path().join(".aws")).unwrap();
    let process = format!(
        "[default]\ncredential_process = /usr/bin/touch {}\n",
        mark.display()
    );
    std::fs::write(marks.path().join(".aws/config"), process).unwrap();
    let peer = echo();
    let stage = Sandboxed::at_with(&peer, |config| {
        let home = Some(marks.path().to_owned());
        config.environment = Environment::new([("CLOUDHOST_PROBE_TOKEN", TOKEN)], home);
    });
    let outcome = stage.act(&probe("probe", ASKS), act).await;
    assert!(!mark.exists(), "the program was run");
    denied(&stage, &peer, &outcome).await;
}

async fn denied(stage: &Sandboxed, peer: &ScriptedServer, outcome: &Outcome) {
    let seen = outcome.one();
    assert_eq!(seen.reason(), "denied.credential", "{seen:?}");
    assert_eq!(peer.connections(), 0);
    assert_eq!(stage.uses(), BTreeMap::new());
    stage.assert_contained(&["denied.credential"]).await;
}

/// A secret in a header, in a body, and as URLs and JSON encode it.
#[tokio::test]
async fn case_23_server_that_repeats_what_it_got() {
    let peer = ScriptedServer::start(|received| {
        let authorization = received
            .header("authorization")
            .unwrap_or("nobody")
            .to_owned();
        let token = authorization.trim_start_matches("Bearer ").to_owned();
        let in_url: String = token
            .replace('/', "%2F")
            .replace('+', "%2B")
            .replace('=', "%3D");
        let body = format!(
            "{}\n{in_url}\n{}",
            received.text(),
            token.replace('/', "\\/")
        );
        Reply::Answer(
            200,
            vec![("x-you-said".to_owned(), authorization)],
            body.into_bytes(),
        )
    });
    let peer = peer.unwrap();
    let stage = Sandboxed::at(&peer);
    let plugin = probe("probe", BOTH);
    let requests = vec![
        allowed().bearer("probe"),
        allowed().sigv4("aws", "ec2", "eu-west-1"),
    ];
    let seen = stage
        .act(&plugin, ProbeAction::SendInTurn(requests))
        .await
        .seen();
    let received = peer.heard();
    assert!(received[0].text().contains(TOKEN), "the server gets it");
    for (seen, received) in seen.iter().zip(&received) {
        let sent = received.header("authorization").unwrap();
        let signature = sent.rsplit('=').next().unwrap();
        assert!(seen.headers.contains("[redacted]"), "{seen:?}");
        assert!(seen.text.contains("[redacted]"), "{seen:?}");
        assert!(
            signature.is_empty() || !seen.text.contains(signature),
            "{seen:?}"
        );
    }
    assert!(!seen[1].text.contains(AWS_SECRET));
    stage.assert_contained(&[]).await;
}

/// The forms in which servers show a request (`tests.rs` of the host's `redact` has more of them).
fn shown(how: &str, text: &str) -> Vec<u8> {
    use base64::Engine as _;
    let base64 = || base64::engine::general_purpose::STANDARD.encode(text);
    let lines = |text: String, width: usize, end: &str| {
        let lines = text.as_bytes().chunks(width);
        let lines: Vec<_> = lines.map(String::from_utf8_lossy).collect();
        lines.join(end).into_bytes()
    };
    let pairs = |hex: String| lines(hex, 2, " ");
    match how {
        "UTF-16" => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        "MIME" => lines(base64(), 76, "\r\n"),
        "PEM in JSON" => lines(base64(), 64, "\\n"),
        "hexadecimal" => pairs(hex::encode_upper(text)),
        "Buffer" => {
            let bytes: Vec<_> = text.bytes().map(|byte| byte.to_string()).collect();
            format!("{{\"type\":\"Buffer\",\"data\":[{}]}}", bytes.join(",")).into()
        }
        "HTML" => {
            let text = text.replace('+', "&plus;").replace('=', "&equals;");
            text.replace('/', "&sol;<wbr>").into()
        }
        "script" => text.replace('/', "\\57").replace('+', "\\u{2b}").into(),
        "quoted-printable" => lines(text.replace('=', "=3D"), 20, "=\r\n"),
        "cut" => text[..text.len() - 3].into(),
        "later" => text[text.len().saturating_sub(20)..].into(),
        other => panic!("{other}"),
    }
}

/// The letters and digits of a text, in lower case.
fn letters(text: &[u8]) -> Vec<u8> {
    let letters = text.iter().filter(|byte| byte.is_ascii_alphanumeric());
    letters.map(u8::to_ascii_lowercase).collect()
}

/// Reports whether a text has this many of these letters in a row.
fn has_piece(text: &str, of: &[u8], length: usize) -> bool {
    let text = letters(text.as_bytes());
    let mut pieces = of.windows(length);
    pieces.any(|piece| text.windows(length).any(|there| there == piece))
}

/// Neither what the plugin sees nor a recording has it.
#[rstest]
#[tokio::test]
async fn case_23_server_that_repeats_it_in_another_form(
    #[values(
        "UTF-16",
        "MIME",
        "PEM in JSON",
        "hexadecimal",
        "Buffer",
        "HTML",
        "script",
        "quoted-printable",
        "cut",
        "later"
    )]
    how: &'static str,
) {
    let peer = ScriptedServer::start(move |received| {
        let authorization = received.header("authorization").unwrap_or("nobody");
        Reply::ok(shown(how, authorization))
    });
    let peer = peer.unwrap();
    let recorder = Arc::new(Recorder::new());
    let stage = Sandboxed::at_with(&peer, |config| {
        config.egress.interceptor = Some(recorder.clone());
    });
    let plugin = probe("probe", ASKS);
    let act = ProbeAction::Send(vec![allowed().bearer("probe")]);
    let seen = stage.act(&plugin, act).await.one();
    assert!(peer.heard()[0].text().contains(TOKEN), "the server gets it");
    assert!(seen.text.contains("[redacted]"), "{seen:?}");
    let shown = |text: &str| letters(&shown(how, text));
    let (whole, before) = (shown(&format!("Bearer {TOKEN}")), shown("Bearer "));
    // Numbers have two letters or more for each.
    let length = match how {
        "hexadecimal" | "Buffer" => 16,
        _ => 8,
    };
    let has_piece = has_piece(&seen.text, &whole[before.len()..], length);
    assert!(!has_piece, "{seen:?}");
    let recording = recorder.finish(&plugin.artifact, Vec::new()).unwrap();
    let recording = recording.to_bytes().unwrap();
    let recorded = String::from_utf8_lossy(&recording);
    assert!(recorded.contains("[redacted]"), "{recorded}");
    let [exchange] = &Recording::parse(&recording).unwrap().exchanges[..] else {
        panic!("{recorded}");
    };
    let recording::Outcome::Response(response) = &exchange.outcome else {
        panic!("{recorded}");
    };
    assert_eq!(String::from_utf8_lossy(&response.body.0), seen.text);
    stage.assert_contained(&[]).await;
}

/// The document of S3 for a signature that is wrong: it has the session token as it is and as hexadecimal numbers.
#[tokio::test]
async fn case_23_canonical_request_of_s3() {
    const SESSION: &str =
        "IQoJb3JpZ2luX2VjPlantedSecret//wEaCXVzLWVhc3QtMSJHMEUCIQDk9cVbnl3bGWY8FhNW5oPzq+5U==";
    let peer = ScriptedServer::start(|received| {
        let header = |name| received.header(name).unwrap_or_default();
        let (date, token) = (header("x-amz-date"), header("x-amz-security-token"));
        let (_, signature) = header("authorization").rsplit_once('=').unwrap_or_default();
        let request =
            format!("GET\n/\n\nhost:{ALLOWED}\nx-amz-date:{date}\nx-amz-security-token:{token}\n");
        let bytes: Vec<_> = request.bytes().map(|byte| format!("{byte:02x}")).collect();
        let bytes = bytes.join(" ");
        let body = format!(
            "<Error><Code>SignatureDoesNotMatch</Code><AWSAccessKeyId>AKIDEXAMPLE</AWSAccessKeyId>\
             <SignatureProvided>{signature}</SignatureProvided><CanonicalRequest>{request}</CanonicalRequest>\
             <CanonicalRequestBytes>{bytes}</CanonicalRequestBytes></Error>"
        );
        Reply::Answer(403, Vec::new(), body.into_bytes())
    });
    let peer = peer.unwrap();
    let recorder = Arc::new(Recorder::new());
    let stage = Sandboxed::at_with(&peer, |config| {
        let variables = [
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", AWS_SECRET),
            ("AWS_SESSION_TOKEN", SESSION),
        ];
        config.environment = Environment::new(variables, None);
        config.egress.interceptor = Some(recorder.clone());
    });
    let asks = "hosts = [\"allowed.test\"]\n\
        [[credentials]]\nname = \"aws\"\nscheme = \"sigv4\"\nservices = [\"s3\"]\nhosts = [\"allowed.test\"]\n";
    let plugin = probe("probe", asks);
    let act = ProbeAction::Send(vec![allowed().sigv4("aws", "s3", "eu-west-1")]);
    let seen = stage.act(&plugin, act).await.one();
    assert!(
        peer.heard()[0].text().contains(SESSION),
        "the server gets it"
    );
    let recording = recorder.finish(&plugin.artifact, Vec::new()).unwrap();
    let recording = recording.to_bytes().unwrap();
    for text in [seen.text.as_str(), &String::from_utf8_lossy(&recording)] {
        assert!(text.contains("CanonicalRequestBytes"), "{text}");
        let bytes = hex::encode(SESSION);
        assert!(!has_piece(text, &letters(SESSION.as_bytes()), 8), "{text}");
        assert!(!has_piece(text, bytes.as_bytes(), 16), "{text}");
    }
    assert_eq!(seen.text.matches("[redacted]").count(), 4, "{seen:?}");
    stage.assert_contained(&[]).await;
}

/// A mark would confirm a guess: each comes back as it was sent.
#[tokio::test]
async fn case_23_token_that_is_guessed() {
    let peer = echo();
    let stage = Sandboxed::at(&peer);
    let text = |letter| format!("0123456789{letter}");
    let guess = |letter| allowed().query("q", &text(letter));
    let requests = [allowed().bearer("probe")].into_iter();
    let requests = requests.chain(('a'..='j').map(guess)).collect();
    let act = ProbeAction::SendInTurn(requests);
    let seen = stage.act(&probe("probe", ASKS), act).await.seen();
    assert!(TOKEN.contains("0123456789+a"));
    for (seen, letter) in seen[1..].iter().zip('a'..='j') {
        assert!(seen.text.contains(&text(letter)), "{seen:?}");
    }
    assert_eq!((seen.len(), peer.heard().len()), (11, 11));
    stage.assert_contained(&[]).await;
}

/// The server puts together the parts of a guess that no request has as a whole.
#[tokio::test]
async fn case_23_token_that_is_guessed_in_parts() {
    let peer = ScriptedServer::start(|received| {
        let parts = received.target().split('&');
        let values = parts.filter_map(|part| part.split('=').nth(1));
        Reply::ok(values.collect::<String>())
    });
    let peer = peer.unwrap();
    let stage = Sandboxed::at(&peer);
    let guess = |letter| {
        let (first, second, third) = (&PLANTED[..5], &PLANTED[5..10], &PLANTED[10..]);
        let request = allowed().query("a", first).query("b", second);
        request.query("c", &format!("{third}-{letter}"))
    };
    let requests = [allowed().bearer("probe")].into_iter();
    let requests = requests.chain(('a'..='z').map(guess)).collect();
    let act = ProbeAction::SendInTurn(requests);
    let seen = stage.act(&probe("probe", ASKS), act).await.seen();
    let (shown, denied) = seen[1..].split_at(8);
    assert!(
        shown.iter().all(|seen| seen.text.starts_with("[redacted]")),
        "{seen:?}"
    );
    assert!(
        denied.iter().all(|seen| seen.reason() == "denied.secret"),
        "{seen:?}"
    );
    assert_eq!(peer.heard().len(), 1 + 8 + 1);
    stage.assert_contained(&["denied.secret"; 18]).await;
}

/// A weak token, and a body that is nothing but its letter: the search costs what it costs for others.
#[tokio::test]
async fn case_23_token_of_one_letter() {
    let body = r"\u0050".repeat((32 << 20) / 6);
    let peer = ScriptedServer::start(move |received| match received.header("authorization") {
        Some(_) => Reply::ok(body.clone()),
        None => Reply::ok("reached"),
    });
    let peer = peer.unwrap();
    let token = "P".repeat(64);
    let stage = Sandboxed::at_with(&peer, |config| {
        let variables = [("CLOUDHOST_PROBE_TOKEN", token.as_str())];
        config.environment = Environment::new(variables, None);
        config.call_limits.response_body = 64 << 20;
        config.limits.cpu = Duration::from_secs(20);
    });
    let (weak, other) = (probe("probe", ASKS), probe("neighbour", ASKS));
    let act = ProbeAction::Send(vec![allowed().bearer("probe")]);
    let (weak, other) = tokio::join!(stage.act(&weak, act), async {
        assert!(until(|| !peer.heard().is_empty()).await);
        let act = ProbeAction::Send(vec![allowed()]);
        stage.act(&other, act).await
    });
    assert_eq!(weak.one().text, "[redacted]");
    assert_eq!(other.one().text, "reached");
    stage.assert_contained(&[]).await;
}

#[tokio::test]
async fn case_24_credential_names_that_are_none() {
    let peer = echo();
    let stage = Sandboxed::at(&peer);
    let names = [
        "../probe",
        "probe/../neighbour",
        "probe\n",
        "probe\0",
        "PROBE",
        "",
        "neighbour",
        "aws",
        "probe ",
    ];
    let plugin = probe("probe", ASKS);
    let requests = names.iter().map(|name| allowed().bearer(name)).collect();
    let seen = stage
        .act(&plugin, ProbeAction::SendInTurn(requests))
        .await
        .seen();
    assert_eq!(
        seen.iter().map(|seen| seen.times).sum::<usize>(),
        names.len()
    );
    assert!(
        seen.iter().all(|seen| seen.reason() == "denied.credential"),
        "{seen:?}"
    );
    assert!(
        seen.iter().all(|seen| !seen.text.contains('\n')),
        "{seen:?}"
    );
    let described = stage
        .act(
            &plugin,
            ProbeAction::Describe(names.map(str::to_owned).to_vec()),
        )
        .await
        .seen();
    assert!(
        described
            .iter()
            .all(|seen| seen.reason() == "denied.credential"),
        "{described:?}"
    );
    assert_eq!(peer.connections(), 0);
    stage.assert_contained(&["denied.credential"; 18]).await;
}

/// The host signs and injects. It never replaces placeholders.
#[tokio::test]
async fn case_25_text_that_looks_like_a_secret_or_its_place() {
    let peer = ScriptedServer::start(|_| Reply::ok("")).unwrap();
    let stage = Sandboxed::at(&peer);
    let texts = [
        "${CLOUDHOST_PROBE_TOKEN}",
        "{{credential.probe}}",
        "$AWS_SECRET_ACCESS_KEY",
        "%CLOUDHOST_PROBE_TOKEN%",
        "AKIAIOSFODNN7EXAMPLE",
        "[redacted]",
    ];
    let post = |text: &str| {
        let mut request = allowed()
            .bearer("probe")
            .query("q", text)
            .body("text/plain", text.into());
        request.method = Method::Post;
        request.url = request.url.replacen("/?", "/say?", 1);
        request
    };
    let act = ProbeAction::SendInTurn(texts.map(post).to_vec());
    let reads = "[[reads]]\nhost = \"allowed.test\"\npath = \"/\"\nactions = [\"say\"]\n";
    let plugin = probe("probe", &format!("{ASKS}{reads}"));
    stage.act(&plugin, act).await.seen();
    let received = peer.heard();
    assert_eq!(received.len(), texts.len());
    for (received, text) in received.iter().zip(texts) {
        assert_eq!(String::from_utf8_lossy(&received.body), text);
        let url = post(text).url;
        let query = url.split('?').nth(1).unwrap();
        assert_eq!(received.start, format!("POST /say?{query} HTTP/1.1"));
    }
    assert_eq!(stage.uses(), used("probe", texts.len()));
    stage.assert_contained(&[]).await;
}
