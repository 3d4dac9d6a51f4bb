//! Responses, and their treatment.

use super::server::{Server, Step, answer};
use super::*;
use crate::contract::cloudhost::provider::http::HttpErrorKind;
use rstest::rstest;
use std::time::Instant;

/// A file of 1,051 bytes that is 1 MiB of zeros, repeated as requested: consecutive gzip members are one stream (RFC
/// 1952, 2.2).
fn gzip_zeros(mebibytes: usize) -> Vec<u8> {
    include_bytes!("zeros.gz").repeat(mebibytes)
}

async fn fetch(steps: Vec<Step>) -> (Result<Response, (HttpErrorKind, String)>, Report, Server) {
    fetch_with(steps, get(REAL), |_| ()).await
}

pub(super) async fn fetch_with(
    steps: Vec<Step>,
    request: Request,
    change: impl FnOnce(&mut World),
) -> (Result<Response, (HttpErrorKind, String)>, Report, Server) {
    let server = Server::start(steps).await;
    let mut world = World::at(&server.url());
    world.limits.response_body = 100_000;
    change(&mut world);
    let session = world.session();
    let outcome = session.fetch(request).await;
    (
        outcome.map_err(|e| (e.kind, e.message)),
        session.report(),
        server,
    )
}

/// Cases 19 and 20.
#[tokio::test]
async fn redirects_are_not_followed() {
    let target = Server::start(vec![Step::Echo]).await;
    let headers = format!("location: {}/x\r\n", target.url());
    let redirect = answer("302 Found", &headers, b"<a href>");
    let (outcome, _, _) = fetch_with(vec![Step::Write(redirect)], signed(), |_| ()).await;
    let response = outcome.unwrap();
    assert_eq!((response.status, response.body.len()), (302, 0));
    assert!(
        response
            .headers
            .iter()
            .any(|header| header.name == "location")
    );
    assert_eq!(target.connections(), 0);
}

#[tokio::test]
async fn bodies_are_decoded() {
    let body = gzip_zeros(1);
    let gzip = answer(
        "200 OK",
        "content-encoding: gzip\r\nset-cookie: a=b\r\n",
        &body,
    );
    let (outcome, report, server) = fetch_with(vec![Step::Write(gzip)], get(REAL), |world| {
        world.limits.response_body = 2 << 20
    })
    .await;
    let response = outcome.unwrap();
    assert_eq!(response.body.len(), 1 << 20);
    assert_eq!(report.bytes_in, 1 << 20);
    assert!(
        response
            .headers
            .iter()
            .all(|header| header.name != "set-cookie")
    );
    assert!(
        server.requests()[0]
            .to_lowercase()
            .contains("accept-encoding: gzip")
    );
}

/// A plugin that got packed bytes would unpack them itself, past all limits.
#[rstest]
#[case("gzip, gzip", true)]
#[case("br", true)]
#[case("identity\r\ncontent-encoding: br", true)]
#[case("gzip\r\ncontent-encoding: gzip", true)]
#[case("identity", false)]
#[case("IDENTITY", false)]
#[tokio::test]
async fn an_encoding_that_is_left_is_refused(#[case] encoding: &str, #[case] refused: bool) {
    let headers = format!("content-encoding: {encoding}\r\n");
    let packed = answer("200 OK", &headers, b"body");
    let (outcome, _, server) = fetch(vec![Step::Write(packed)]).await;
    match outcome {
        Ok(response) => assert!(!refused && text(&response) == "body"),
        Err((kind, message)) => {
            assert!(
                refused && message.contains("unsupported or repeated Content-Encoding"),
                "{message}"
            );
            assert_eq!(kind, HttpErrorKind::Interrupted);
        }
    }
    // The same response would arrive again.
    assert_eq!(server.requests().len(), 1);
}

/// The response to HEAD states the encoding of a body.
#[tokio::test]
async fn nothing_is_packed() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 5\r\n\r\n";
    let request = Request {
        method: Method::Head,
        ..get(REAL)
    };
    let (outcome, _, _) = fetch_with(vec![Step::Write(head.to_vec())], request, |_| ()).await;
    assert_eq!(text(&outcome.unwrap()), "");
}

/// Empty blocks (RFC 1951, 3.2.4) or empty members, for ever: they unpack to nothing, and would be read until the
/// request times out.
#[rstest]
#[case::blocks(b"\x1f\x8b\x08\0\0\0\0\0\0\xff".to_vec(), b"\0\0\0\xff\xff".repeat(1000))]
#[case::members(Vec::new(), EMPTY_MEMBER.repeat(1000))]
#[tokio::test]
async fn what_unpacks_to_nothing_is_counted(#[case] first: Vec<u8>, #[case] again: Vec<u8>) {
    let head = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n".to_vec();
    let step = Step::Forever([head, first].concat(), again);
    let (outcome, report, server) = fetch_with(vec![step], get(REAL), |world| {
        world.limits.bytes_in = 1 << 20;
        world.config.attempt_timeout = Duration::from_secs(5);
    })
    .await;
    let (kind, message) = outcome.unwrap_err();
    assert_eq!(kind, HttpErrorKind::LimitReached, "{message}");
    assert!(message.starts_with("limit.bytes-in: "), "{message}");
    assert_eq!((report.bytes_in, server.requests().len()), (0, 1));
}

/// Informational responses, the size of a chunk, and headers, for ever: the socket counts what never becomes a body.
#[rstest]
#[case::informational(Vec::new(), b"HTTP/1.1 100 Continue\r\n\r\n".repeat(1000), HttpErrorKind::LimitReached)]
#[case::size_of_a_chunk(CHUNKED.to_vec(), vec![b'0'; 1 << 16], HttpErrorKind::LimitReached)]
// The HTTP library has limits of its own for these.
#[case::extension_of_a_chunk([CHUNKED, b"1;"].concat(), vec![b'x'; 1 << 16], HttpErrorKind::Interrupted)]
#[case::headers(b"HTTP/1.1 200 OK\r\n".to_vec(), b"x: y\r\n".repeat(1000), HttpErrorKind::Interrupted)]
#[case::trailers([CHUNKED, b"0\r\n"].concat(), b"x: y\r\n".repeat(1000), HttpErrorKind::Interrupted)]
#[tokio::test]
async fn what_surrounds_a_body_is_counted(
    #[case] first: Vec<u8>,
    #[case] again: Vec<u8>,
    #[case] expected: HttpErrorKind,
) {
    let steps = vec![Step::Forever(first, again)];
    let (outcome, report, server) = fetch_with(steps, get(REAL), |world| {
        world.limits.bytes_in = 200_000;
        world.config.attempt_timeout = Duration::from_secs(5);
        world.config.retries.attempts = 1;
    })
    .await;
    let (kind, message) = outcome.unwrap_err();
    assert_eq!(kind, expected, "{message}");
    assert_eq!((report.bytes_in, server.requests().len()), (0, 1));
}

/// Byte by byte, where the HTTP library takes it.
#[rstest]
#[case::headers([b"HTTP/1.1 200 OK\r\n".as_slice(), &b"x: y\r\n".repeat(50), b"content-length: 0\r\n\r\n"].concat())]
#[case::extension_of_a_chunk([CHUNKED, b"40;", &[b'x'; 500], b"\r\n", &[b'y'; 64], b"\r\n0\r\n\r\n"].concat())]
#[case::trailers([CHUNKED, b"0\r\n", &b"x: y\r\n".repeat(50), b"\r\n"].concat())]
#[tokio::test]
async fn little_around_a_body_is_counted(#[case] response: Vec<u8>, #[values(0, 1)] missing: u64) {
    let most = response.len() as u64 - missing;
    let (outcome, ..) = fetch_with(vec![Step::Write(response)], get(REAL), |world| {
        world.limits.bytes_in = most;
    })
    .await;
    let kind = outcome.err().map(|(kind, _)| kind);
    assert_eq!(kind, (missing > 0).then_some(HttpErrorKind::LimitReached));
}

const CHUNKED: &[u8] = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";

/// A chunk counts as 64 bytes.
#[rstest]
#[case(900, true)]
#[case(1_100, false)]
#[tokio::test]
async fn a_chunk_counts_as_more_than_its_bytes(#[case] chunks: usize, #[case] taken: bool) {
    let body = [CHUNKED, &b"1\r\nx\r\n".repeat(chunks), b"0\r\n\r\n"].concat();
    let (outcome, ..) = fetch_with(vec![Step::Write(body)], get(REAL), |world| {
        world.limits.bytes_in = 64_000 + 6_000;
    })
    .await;
    match outcome {
        Ok(response) => assert!(taken && response.body.len() == chunks),
        Err((_, message)) => {
            assert!(
                !taken && message.starts_with("limit.bytes-in: "),
                "{message}"
            );
        }
    }
}

const EMPTY_MEMBER: &[u8] = b"\x1f\x8b\x08\0\0\0\0\0\0\xff\x03\0\0\0\0\0\0\0\0\0";

/// Setting up a member takes time, however small it is: 5 kB here, and the limit is 1 MiB.
#[rstest]
#[case(250, true)]
#[case(260, false)]
#[tokio::test]
async fn a_member_counts_as_more_than_its_bytes(#[case] members: usize, #[case] taken: bool) {
    let packed = [&EMPTY_MEMBER.repeat(members), &gzip_zeros(1)[..]].concat();
    let packed = answer("200 OK", "content-encoding: gzip\r\n", &packed);
    let (outcome, ..) = fetch_with(vec![Step::Write(packed)], get(REAL), |world| {
        world.limits.response_body = 1 << 20;
        world.limits.bytes_in = 1 << 20;
    })
    .await;
    match outcome {
        Ok(response) => assert!(taken && response.body.len() == 1 << 20),
        Err((_, message)) => {
            assert!(
                !taken && message.starts_with("limit.bytes-in: "),
                "{message}"
            );
        }
    }
}

fn chunked(bytes: usize) -> Vec<u8> {
    let body = "x".repeat(bytes);
    format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{bytes:x}\r\n{body}\r\n0\r\n\r\n")
        .into_bytes()
}

/// Case 12: with and without content-length, and the bomb.
#[rstest]
#[case::announced(answer("200 OK", "", &vec![b'x'; 100_001]))]
#[case::not_announced(chunked(100_001))]
#[case::until_the_end([b"HTTP/1.1 200 OK\r\n\r\n".as_slice(), &[b'x'; 100_001]].concat())]
#[case::announced_only(b"HTTP/1.1 200 OK\r\ncontent-length: 9999999999\r\n\r\n".to_vec())]
#[case::gzip_bomb(answer("200 OK", "content-encoding: gzip\r\n", &gzip_zeros(64)))]
#[tokio::test]
async fn too_large(#[case] bytes: Vec<u8>) {
    let (outcome, report, server) = fetch(vec![Step::Close(bytes)]).await;
    assert_eq!(outcome.unwrap_err().0, HttpErrorKind::BodyTooLarge);
    assert!(report.bytes_in <= 300_000, "{}", report.bytes_in);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn as_large_as_allowed() {
    for bytes in [answer("200 OK", "", &[b'x'; 100_000]), chunked(100_000)] {
        let (outcome, _, _) = fetch(vec![Step::Write(bytes)]).await;
        assert_eq!(outcome.unwrap().body.len(), 100_000);
    }
}

/// Nothing is sent whose response could not be received.
#[tokio::test]
async fn a_call_that_may_receive_no_more_sends_nothing() {
    let server = Server::start(vec![Step::Write(answer("200 OK", "", &[b'x'; 60_000]))]).await;
    let mut world = World::at(&server.url());
    world.limits.bytes_in = 50_000;
    let session = world.session();
    for _ in 0..3 {
        let error = session.fetch(get(REAL)).await.unwrap_err();
        assert_eq!(error.kind, HttpErrorKind::LimitReached);
    }
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_call_receives_so_much_in_all() {
    let steps = vec![Step::Write(answer("200 OK", "", &[b'x'; 60_000]))];
    let (outcome, _, server) =
        fetch_with(steps, get(REAL), |world| world.limits.bytes_in = 50_000).await;
    assert_eq!(outcome.unwrap_err().0, HttpErrorKind::LimitReached);
    assert_eq!(server.requests().len(), 1);
}

#[rstest]
#[case::truncated(Step::Close(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort".to_vec()), HttpErrorKind::Interrupted)]
#[case::broken_gzip(
    Step::Close(answer("200 OK", "content-encoding: gzip\r\n", b"no gzip")),
    HttpErrorKind::Interrupted
)]
#[case::half_a_gzip(Step::Close(answer("200 OK", "content-encoding: gzip\r\n", &gzip_zeros(1)[..500])), HttpErrorKind::Interrupted)]
#[case::no_http(Step::Close(b"SSH-2.0-OpenSSH\r\n".to_vec()), HttpErrorKind::Interrupted)]
#[case::nothing(Step::Close(Vec::new()), HttpErrorKind::Interrupted)]
#[tokio::test]
async fn broken_answers(#[case] step: Step, #[case] kind: HttpErrorKind) {
    let (outcome, report, _) = fetch_with(vec![step], get(REAL), |world| {
        world.limits.response_body = 2 << 20
    })
    .await;
    let (have, message) = outcome.unwrap_err();
    assert_eq!(have, kind, "{message}");
    assert!(message.contains("ec2.eu-west-1.amazonaws.com"), "{message}");
    assert_eq!(report.retries, 3);
}

#[tokio::test]
async fn nobody_there() {
    let free = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap()
    };
    let session = World::at(&format!("http://{free}")).session();
    let error = session.fetch(get(REAL)).await.unwrap_err();
    assert_eq!(error.kind, HttpErrorKind::Unreachable);
    assert!(error.message.contains("refused"), "{}", error.message);
    assert_eq!(session.report().retries, 3);
}

/// Case 5: neither silence nor single bytes keep a request alive beyond its time.
#[rstest]
#[case::silence(Step::Silence)]
#[case::head(Step::Drip(Vec::new(), answer("200 OK", "", b"x"), Duration::from_millis(40)))]
#[case::body(Step::Drip(b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), vec![b'x'; 50], Duration::from_millis(40)))]
#[tokio::test]
async fn too_slow(#[case] step: Step) {
    let start = Instant::now();
    let (outcome, report, _) = fetch_with(vec![step], get(REAL), |world| {
        world.config.attempt_timeout = Duration::from_millis(100);
    })
    .await;
    assert_eq!(outcome.unwrap_err().0, HttpErrorKind::Timeout);
    // The request's whole time is used up.
    assert_eq!(report.retries, 0);
    assert!(start.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn throttled_then_answered() {
    let steps = vec![
        Step::Write(answer("429 Too Many", "retry-after: 0\r\n", b"")),
        Step::Write(answer("400 Bad", "", b"<Code>RequestLimitExceeded</Code>")),
        Step::Close(Vec::new()),
        Step::Write(answer("200 OK", "", b"at last")),
    ];
    let (outcome, report, server) = fetch_with(steps, signed(), |_| ()).await;
    assert_eq!(text(&outcome.unwrap()), "at last");
    assert_eq!((report.requests, report.retries), (1, 3));
    assert_eq!(server.requests().len(), 4);
}

/// `Retry-After` is honoured, and the place in flight is free meanwhile.
#[tokio::test]
async fn retry_after_is_waited_for_without_a_place() {
    let steps = vec![
        Step::Write(answer("503 Busy", "retry-after: 1\r\n", b"")),
        Step::Write(answer("200 OK", "", b"x")),
    ];
    let server = Server::start(steps).await;
    let mut world = World::at(&server.url());
    world.limits.in_flight = 1;
    let session = world.session();
    let start = Instant::now();
    let late = async {
        session.fetch(get(REAL)).await.unwrap();
        start.elapsed()
    };
    let early = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        session.fetch(get(REAL)).await.unwrap();
        start.elapsed()
    };
    let (late, early) = tokio::join!(late, early);
    assert!(late >= Duration::from_secs(1), "{late:?}");
    assert!(early < Duration::from_millis(900), "{early:?}");
}

/// The last response reaches the plugin when retries are used up.
#[tokio::test]
async fn throttled_for_good() {
    let steps = vec![Step::Write(answer(
        "429 Too Many",
        "retry-after: 0\r\n",
        b"slow down",
    ))];
    let (outcome, report, _) = fetch(steps).await;
    let response = outcome.unwrap();
    assert_eq!(
        (response.status, text(&response).as_str()),
        (429, "slow down")
    );
    assert_eq!(report.retries, 3);
}

/// A request that changes something is sent once, in any case.
#[rstest]
#[case::busy(Step::Write(answer("503 Busy", "", b"")))]
#[case::closed(Step::Close(Vec::new()))]
#[tokio::test]
async fn changes_are_sent_once(#[case] step: Step) {
    let server = Server::start(vec![step]).await;
    let session = changes::session(&World::at(&server.url()));
    session.permit(changes::Journal::new());
    let _ = session.fetch(changes::run()).await;
    assert_eq!(session.report().retries, 0);
    assert_eq!(server.requests().len(), 1);
}
