//! Recordings as values, as bytes, as files, and replayed.

use super::*;
use crate::contract::cloudhost::provider::http::HttpErrorKind;
use crate::contract::cloudhost::provider::types::ErrorKind;
use crate::egress::{FetchError, InterceptedRequest, Interceptor as _};
use crate::{FilePurpose, Fix, HasRemedy as _, Remedy};
use http::{HeaderMap, Method};
use proptest::prelude::*;
use rstest::rstest;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use url::Url;

/// In place of the seal of a recording that a person changed.
const EDITED: &str = "{\"end\":{\"edited\":true}}\n";

fn about() -> About {
    About {
        format: FORMAT,
        plugin: "aws".to_owned(),
        version: "0.1.0".to_owned(),
        digest: "sha256:00".to_owned(),
        recorded_at: "2026-01-02T03:04:05.000000006Z".parse().unwrap(),
        salt: "0123456789abcdef".to_owned(),
        args: vec!["run".to_owned(), "aws".to_owned()],
    }
}

fn request(url: &str) -> Request {
    Request {
        method: "GET".to_owned(),
        url: url.to_owned(),
        headers: Vec::new(),
        body: None,
        credential: None,
        read_only: true,
    }
}

fn exchange(url: &str, body: &str) -> Exchange {
    Exchange {
        request: request(url),
        outcome: Outcome::Response(RecordedResponse {
            status: 200,
            headers: vec![("etag".to_owned(), "x".to_owned())],
            body: Body(body.into()),
        }),
    }
}

fn failure(url: &str) -> Exchange {
    Exchange {
        request: request(url),
        outcome: Outcome::Error(Failure {
            kind: HttpErrorKind::Timeout,
            message: "late".to_owned(),
        }),
    }
}

fn sample() -> Recording {
    let facts = Facts {
        configured: true,
        source: Some("environment".to_owned()),
        account: None,
        region: Some("us-east-1".to_owned()),
    };
    Recording {
        about: about(),
        credentials: BTreeMap::from([("aws".to_owned(), facts)]),
        exchanges: vec![
            exchange("https://a.com/", "one\n\u{202e}"),
            exchange("https://a.com/", "two"),
            failure("https://b.com/"),
        ],
        results: vec![
            CallResult {
                export: "whoami".to_owned(),
                error: None,
            },
            CallResult {
                export: "fetch".to_owned(),
                error: Some(ErrorKind::RateLimited),
            },
        ],
    }
}

#[test]
fn lines_can_be_read() {
    let text = String::from_utf8(sample().to_bytes().unwrap()).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 8);
    assert!(
        lines[0].starts_with(r#"{"recording":{"format":2,"plugin":"aws""#),
        "{text}"
    );
    assert!(
        lines[1].starts_with(r#"{"credential":{"name":"aws","facts":{"configured":true"#),
        "{text}"
    );
    assert!(
        lines[2].contains(r#""outcome":{"response":{"status":200"#),
        "{text}"
    );
    assert!(
        lines[4].contains(r#""outcome":{"error":{"kind":"timeout","message":"late"}}"#),
        "{text}"
    );
    assert_eq!(
        lines[5..7],
        [
            r#"{"result":{"export":"whoami","error":null}}"#,
            r#"{"result":{"export":"fetch","error":"rate-limited"}}"#,
        ]
    );
    assert!(lines[7].starts_with(r#"{"end":{"blake3":""#), "{text}");
}

/// Recordings of earlier builds stay readable.
#[test]
fn earlier_names_are_read() {
    let text = String::from_utf8(sample().to_bytes().unwrap()).unwrap();
    let names = [
        ("\"args\":[", "\"ran\":["),
        ("{\"response\":{\"status", "{\"answer\":{\"status"),
        ("{\"result\":{\"export", "{\"answered\":{\"export"),
    ];
    let earlier = names.iter().fold(text.clone(), |text, (new, old)| {
        assert!(text.contains(new), "{new}");
        text.replace(new, old)
    });
    let (lines, _) = earlier.split_once("{\"end\"").unwrap();
    let read = Recording::parse(format!("{lines}{EDITED}").as_bytes());
    assert_eq!(read.unwrap(), sample());
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        bodies in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..5),
        text in ".{0,20}",
        status in any::<u16>(),
        kind in 0usize..8,
    ) {
        let kinds = [
            HttpErrorKind::Denied, HttpErrorKind::InvalidRequest, HttpErrorKind::CredentialMissing,
            HttpErrorKind::LimitReached, HttpErrorKind::BodyTooLarge, HttpErrorKind::Unreachable,
            HttpErrorKind::Interrupted, HttpErrorKind::Timeout,
        ];
        let mut recording = sample();
        for body in bodies {
            let mut one = exchange(&text, "");
            one.request.body = Some(Body(body.clone()));
            one.request.headers.push((text.clone(), text.clone()));
            one.outcome = Outcome::Response(RecordedResponse { status, headers: Vec::new(), body: Body(body) });
            recording.exchanges.push(one);
        }
        recording.exchanges.push(Exchange {
            request: request(&text),
            outcome: Outcome::Error(Failure { kind: kinds[kind], message: text }),
        });
        let bytes = recording.to_bytes().unwrap();
        prop_assert_eq!(Recording::parse(&bytes), Ok(recording));
    }
}

#[test]
fn every_change_is_noticed() {
    let good = sample().to_bytes().unwrap();
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1;
        assert!(Recording::parse(&bad).is_err(), "byte {at}");
        assert!(Recording::parse(&good[..at]).is_err(), "length {at}");
    }
    let longer = [good.as_slice(), b"{}\n"].concat();
    assert_eq!(Recording::parse(&longer), Err(FormatError::Cut));
    let edited = String::from_utf8(good).unwrap().replace("two", "2");
    assert_eq!(
        Recording::parse(edited.as_bytes()),
        Err(FormatError::Changed)
    );
}

/// A marker in place of the seal declares an edit, and only the seal is lost.
#[rstest]
#[case::as_written(EDITED, Ok(()))]
#[case::without_a_line_break(EDITED.trim_end(), Ok(()))]
#[case::with_more_of_them("{\"end\": {\"edited\": true}}\r\n\n", Ok(()))]
#[case::not_edited("{\"end\":{\"edited\":false}}\n", Err(FormatError::Cut))]
#[case::neither("", Err(FormatError::Cut))]
#[case::half(&EDITED[..12], Err(FormatError::Cut))]
fn an_edited_recording(#[case] last: &str, #[case] expected: Result<(), FormatError>) {
    let text = String::from_utf8(sample().to_bytes().unwrap()).unwrap();
    let unsealed: String = text.split_inclusive('\n').take(7).collect();
    let edited = unsealed.replace("two", "2") + last;
    let read = Recording::parse(edited.as_bytes());
    assert_eq!(read.clone().map(drop), expected);
    if let Ok(read) = read {
        assert_eq!(read.exchanges[1], exchange("https://a.com/", "2"));
        assert_eq!((read.exchanges.len(), read.results.len()), (3, 2));
    }
}

/// The remedy has the line that marks a recording as edited.
#[rstest]
#[case::changed(FormatError::Changed, false)]
#[case::cut(FormatError::Cut, true)]
fn how_to_edit_one_is_said(#[case] why: FormatError, #[case] append: bool) {
    let path = Path::new("f.jsonl").to_owned();
    let again = Remedy::Record { path: path.clone() };
    let line = EDITED.trim_end();
    let remedy = Remedy::any_of([again, Remedy::MarkEdited { line, append }]);
    let error = RecordingError::Format { path, why };
    assert_eq!(error.remedy(), Some(remedy));
}

#[rstest]
#[case::nothing("", "first line")]
#[case::other("{\"a\":1}\n", "first line")]
#[case::text("hello", "first line")]
#[case::newer(
    "{\"recording\":{\"format\":3,\"new\":true}}\n",
    "unsupported format 3"
)]
#[case::older(
    "{\"recording\":{\"format\":1,\"plugin\":\"aws\"}}\n",
    "unsupported format 1: expected 2"
)]
#[case::field("{\"recording\":{\"format\":2,\"new\":true}}\n", "line 1")]
#[case::line("FIRST\n{\"exchange\":{}}\n", "line 2")]
#[case::name(
    "FIRST\n{\"exchange\":{\"request\":{\"method\":\"GET\",\"url\":\"x\",\"heders\":[]},\"outcome\":{}}}\n",
    "heders"
)]
#[case::kind(
    "FIRST\n{\"exchange\":{\"request\":{\"method\":\"GET\",\"url\":\"x\"},\"outcome\":{\"error\":{\"kind\":\"odd\",\"message\":\"\"}}}}\n",
    "`odd`"
)]
#[case::body(
    "FIRST\n{\"exchange\":{\"request\":{\"method\":\"GET\",\"url\":\"x\",\"body\":7},\"outcome\":{}}}\n",
    "expected a string"
)]
#[case::again("FIRST\nFIRST\n", "line 2")]
fn what_is_no_recording(#[case] text: &str, #[case] expected: &str) {
    let first = serde_json::json!({ "recording": about() }).to_string();
    let text = text.replace("FIRST", &first);
    let text = format!("{text}{EDITED}");
    let error = Recording::parse(text.as_bytes()).unwrap_err();
    assert!(error.to_string().contains(expected), "{error}");
}

#[test]
fn a_file_is_its_owners_and_replaced_only_whole() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("recording");
    std::fs::write(&path, "before").unwrap();
    let file = RecordingFile::create(&path).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"before");
    drop(file);
    let names = std::fs::read_dir(dir.path()).unwrap().count();
    assert_eq!(
        (std::fs::read(&path).unwrap().as_slice(), names),
        (b"before".as_slice(), 1)
    );
    RecordingFile::create(&path)
        .unwrap()
        .commit(&sample())
        .unwrap();
    assert_eq!(Recording::read(&path).unwrap(), sample());
    let mode = path.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[rstest]
#[case::folder("folder")]
#[case::link("link")]
#[case::nowhere("no/such/file")]
fn where_no_recording_is_written(#[case] name: &str) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("folder")).unwrap();
    symlink("elsewhere", dir.path().join("link")).unwrap();
    let error = RecordingFile::create(&dir.path().join(name)).unwrap_err();
    assert!(
        matches!(error, RecordingError::Write { .. }) && error.remedy().is_some(),
        "{error}"
    );
}

#[test]
fn a_pipe_is_not_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let pipe = dir.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    assert!(matches!(
        Recording::read(&pipe),
        Err(RecordingError::Read { .. })
    ));
    let gone = Recording::read(Path::new("/no/such/recording")).unwrap_err();
    let path = "/no/such/recording".into();
    let search = Remedy::Files {
        fix: Fix::Search("/".into()),
        purpose: FilePurpose::Recording,
    };
    let expected = Remedy::any_of([search, Remedy::Record { path }]);
    assert_eq!(gone.remedy(), Some(expected));
}

/// Asks a replay.
fn ask(
    replay: &Replay,
    method: Method,
    url: &str,
    body: Option<&[u8]>,
) -> Result<String, FetchError> {
    let request = InterceptedRequest {
        plugin: "aws",
        method: &method,
        url: &Url::parse(url).unwrap(),
        headers: &HeaderMap::new(),
        body,
        credential: None,
        reads: true,
    };
    let response = replay.outcome(&request)?;
    Ok(String::from_utf8(response.body).unwrap())
}

#[test]
fn equal_requests_are_answered_in_order_and_the_last_one_stays() {
    let replay = Replay::new(sample(), "again");
    let get = |url| ask(&replay, Method::GET, url, None);
    assert_eq!(get("https://a.com/").unwrap(), "one\n\u{202e}");
    for _ in 0..3 {
        assert_eq!(get("https://a.com/").unwrap(), "two");
    }
    match get("https://b.com/") {
        Err(error @ FetchError::Recorded { .. }) => {
            assert_eq!(
                (error.kind(), error.to_string().as_str()),
                (HttpErrorKind::Timeout, "late")
            );
        }
        other => panic!("{other:?}"),
    }
}

#[rstest]
#[case(Method::POST, "https://a.com/", None, "POST https://a.com/ is not")]
#[case(Method::GET, "https://a.com/?x", None, "GET https://a.com/?x is not")]
#[case(
    Method::GET,
    "https://a.com/",
    Some("Action=X\n"),
    "GET https://a.com/ with the body `Action=X\\n` is not"
)]
fn what_was_not_recorded(
    #[case] method: Method,
    #[case] url: &str,
    #[case] body: Option<&str>,
    #[case] said: &str,
) {
    let replay = Replay::new(sample(), "make record");
    let error = ask(&replay, method, url, body.map(str::as_bytes)).unwrap_err();
    assert!(matches!(error, FetchError::NotRecorded { .. }), "{error}");
    assert!(error.to_string().starts_with(said), "{error}");
    let how = "make record".to_owned();
    assert_eq!(error.remedy(), Some(Remedy::RecordAgain { how }));
}

/// A recording that was made of these requests.
fn recorded(urls: &[&str]) -> Recording {
    let recorder = Recorder::new();
    for url in urls {
        recorder.notes(exchange(url, &format!("the response to {url}")));
    }
    finished(&recorder).unwrap()
}

/// Two lists at once, whose pages have a number that is called `token`: each gets its own.
#[test]
fn requests_that_differ_in_what_is_masked_are_two() {
    let urls = ["a", "b", "", "a&n=2"].map(|token| format!("https://a.com/list?token={token}"));
    let recording = recorded(&urls.each_ref().map(String::as_str));
    let text = String::from_utf8(recording.to_bytes().unwrap()).unwrap();
    assert!(text.contains("?token=%5Bredacted-"), "{text}");
    let replay = Replay::new(recording, "");
    for url in urls.iter().rev() {
        let response = ask(&replay, Method::GET, url, None).unwrap();
        assert_eq!(response, format!("the response to {url}"));
    }
    let other = ask(&replay, Method::GET, "https://a.com/list?token=c", None);
    assert!(other.unwrap_err().to_string().contains("redacted-"));
}

/// A masked field of a recorded response, which the plugin sends next.
#[test]
fn what_was_masked_is_found_when_it_is_repeated() {
    let recording = recorded(&["https://a.com/?sig=abc"]);
    let masked = recording.exchanges[0].request.url.clone();
    let replay = Replay::new(recording, "");
    assert!(masked.contains("redacted-"), "{masked}");
    assert!(ask(&replay, Method::GET, &masked, None).is_ok());
}

/// A recording written by hand has no digests.
#[test]
fn a_value_that_is_not_masked_is_found() {
    let mut recording = sample();
    recording.exchanges = vec![exchange("https://a.com/?sig=abc&n=1", "signed")];
    let replay = Replay::new(recording, "");
    assert_eq!(
        ask(&replay, Method::GET, "https://a.com/?sig=abc&n=1", None).unwrap(),
        "signed"
    );
    assert!(ask(&replay, Method::GET, "https://a.com/?sig=abd&n=1", None).is_err());
    assert!(ask(&replay, Method::GET, "https://a.com/?sig=abc&n=2", None).is_err());
}

#[test]
fn facts_and_time_are_those_of_the_recording() {
    let replay = Replay::new(sample(), "");
    assert_eq!(replay.facts("aws"), sample().credentials.remove("aws"));
    assert_eq!(replay.facts("other"), Some(Facts::default()));
    assert_eq!(replay.time(), Some(about().recorded_at.into()));
}

/// Finishes a recording of the plugin of [`about`].
fn finished(recorder: &Recorder) -> Result<Recording, FormatError> {
    let of = [about().plugin, about().version, about().digest];
    recorder.finish_of(of, Vec::new())
}

/// An account is somebody's: it is kept only where a request tells it anyway.
#[rstest]
#[case("https://a.com/accounts/123456789012/x", Some("123456789012"))]
#[case("https://a.com/", None)]
fn accounts(#[case] url: &str, #[case] expected: Option<&str>) {
    let recorder = Recorder::new();
    let facts = Facts {
        configured: true,
        account: Some("123456789012".to_owned()),
        ..Facts::default()
    };
    recorder.on_credential_facts("aws", &facts);
    recorder.notes(exchange(url, "the body names 123456789012"));
    let recording = finished(&recorder).unwrap();
    assert_eq!(recording.credentials["aws"].account.as_deref(), expected);
    assert_eq!(recording.exchanges.len(), 1);
}

/// A request without a response at the end of the run is recorded as failed, in its place among the others.
#[test]
fn what_is_open_is_interrupted() {
    let recorder = Recorder::new();
    let open = recorder.begins(request("https://a.com/slow"));
    recorder.notes(exchange("https://a.com/", "quick"));
    let recording = finished(&recorder).unwrap();
    // Too late to be in it.
    recorder.ends(open, exchange("", "slow").outcome);
    assert_eq!(recording.exchanges[0].request.url, "https://a.com/slow");
    match &recording.exchanges[0].outcome {
        Outcome::Error(failure) => assert_eq!(failure.kind, HttpErrorKind::Interrupted),
        other => panic!("{other:?}"),
    }
    let replay = Replay::new(recording, "");
    let error = ask(&replay, Method::GET, "https://a.com/slow", None).unwrap_err();
    let said = "the recorded run ended before this was answered";
    assert_eq!(error.to_string(), said);
}

#[test]
fn a_recording_has_an_end() {
    let recorder = Recorder::new().keeping(100);
    recorder.notes(exchange("https://a.com/", &"x".repeat(50)));
    recorder.notes(exchange("https://a.com/", &"x".repeat(50)));
    assert_eq!(finished(&recorder), Err(FormatError::TooLarge));
}

/// Someone else's recording names a plugin, which can stand in a command.
#[rstest]
#[case("aws;{touch,PWNED}")]
#[case("../aws")]
#[case("$(id)")]
#[case("")]
fn a_name_that_no_plugin_has(#[case] plugin: &str) {
    let mut recording = sample();
    recording.about.plugin = plugin.to_owned();
    let error = Recording::parse(&recording.to_bytes().unwrap()).unwrap_err();
    assert!(
        matches!(error, FormatError::Line { number: 1, .. }),
        "{error}"
    );
}
