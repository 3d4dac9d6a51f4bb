//! Amount, speed and form of network traffic.

use crate::guests::{ALLOWED, ASKS, FETCH, Guest, HTTP, URL, probe};
use crate::stage::{Sandboxed, left, until};
use cloudhost::egress::Lookup;
use cloudhost_probe::ProbeAction;
use cloudhost_sdk::http::Request;
use cloudhost_tests::{Reply, ScriptedServer};
use futures::future::BoxFuture;
use rstest::rstest;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

fn allowed(path: &str) -> Request {
    Request::get(format!("https://{ALLOWED}/{path}"))
}

fn ok_peer() -> ScriptedServer {
    ScriptedServer::start(|_| Reply::ok("reached")).unwrap()
}

#[tokio::test]
async fn case_04_host_call_that_never_answers() {
    let peer = ScriptedServer::start(|received| match received.start.contains("/now") {
        true => Reply::ok("now"),
        false => Reply::Silence,
    });
    let peer = peer.unwrap();
    let stage = Sandboxed::at_with(&peer, |config| {
        config.limits.wall = Duration::from_millis(500);
        config.call_limits.in_flight = 1;
    });
    let fetch = format!("{FETCH} i32.const 1024");
    let guest = Guest {
        asks: "hosts = [\"allowed.test\"]",
        imports: HTTP,
        fields: URL,
        fetch: &fetch,
        ..Guest::default()
    };
    let outcome = stage.call(&guest.plugin()).await;
    assert_eq!(outcome.limit(), "timeout.wall");
    assert!(outcome.took < Duration::from_secs(5), "{outcome:?}");
    assert_eq!(peer.connections(), 1);
    assert!(left(&peer, 0).await, "its socket is closed");
    // The only in-flight slot of a plugin of this name is free again.
    let next = stage
        .act(
            &probe("guest", ASKS),
            ProbeAction::Send(vec![allowed("now")]),
        )
        .await;
    assert_eq!(next.one().text, "now");
    stage.assert_contained(&["timeout.wall"]).await;
}

#[tokio::test]
async fn case_05_answer_that_drips() {
    let peer = ScriptedServer::start(|_| Reply::Drip(Duration::from_millis(50))).unwrap();
    let stage = Sandboxed::at_with(&peer, |config| {
        config.limits.wall = Duration::from_millis(500)
    });
    let outcome = stage
        .act(&probe("probe", ASKS), ProbeAction::Send(vec![allowed("")]))
        .await;
    assert_eq!(outcome.limit(), "timeout.wall");
    assert!(outcome.took < Duration::from_secs(5), "{outcome:?}");
    assert!(left(&peer, 0).await, "its socket is closed");
    stage.assert_contained(&["timeout.wall"]).await;
}

#[rstest]
#[case::a_million(1_000_000, 1, "limit.headers")]
#[case::a_mebibyte(1, 1 << 20, "limit.header-bytes")]
#[tokio::test]
async fn case_10_too_many_headers(
    #[case] count: usize,
    #[case] length: usize,
    #[case] limit: &str,
) {
    let peer = ok_peer();
    let stage = Sandboxed::at(&peer);
    let act = ProbeAction::Headers(allowed(""), count, length);
    let seen = stage.act(&probe("probe", ASKS), act).await.one();
    assert_eq!((seen.kind.as_str(), seen.reason()), ("LimitReached", limit));
    assert_eq!(peer.connections(), 0);
    stage.assert_contained(&[limit]).await;
}

/// A header that could end a line or a request is an error of the request, and nothing is sent.
#[rstest]
#[case::no_name(ProbeAction::Send(vec![allowed("").header("", "v")]))]
#[case::name_with_space(ProbeAction::Send(vec![allowed("").header("a b", "v")]))]
#[case::name_with_line(ProbeAction::Send(vec![allowed("").header("a\r\nhost", "v")]))]
#[case::carriage_return(ProbeAction::Send(vec![allowed("").header("a", "v\rb")]))]
#[case::line_feed(ProbeAction::Send(vec![allowed("").header("a", "v\nb")]))]
#[case::nul(ProbeAction::Send(vec![allowed("").header("a", "v\0b")]))]
#[case::another_request(ProbeAction::Send(vec![allowed("").header("a", "v\r\n\r\nGET /second HTTP/1.1\r\nhost: b")]))]
#[tokio::test]
async fn case_10_headers_that_cannot_be_sent(#[case] act: ProbeAction) {
    let peer = ok_peer();
    let stage = Sandboxed::at(&peer);
    let outcome = stage.act(&probe("probe", ASKS), act).await;
    let seen = outcome.one();
    assert_eq!(seen.kind, "InvalidRequest", "{seen:?}");
    assert!(seen.text.contains("header"), "{seen:?}");
    assert_eq!(peer.connections(), 0);
    stage.assert_contained(&[]).await;
}

/// Returns a body that is a thousand times smaller on the wire.
fn bomb() -> Vec<u8> {
    use flate2::{Compression, write::GzEncoder};
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    let block = vec![0; 1 << 20];
    for _ in 0..64 {
        std::io::Write::write_all(&mut packed, &block).unwrap();
    }
    packed.finish().unwrap()
}

#[rstest]
#[case::with_its_length(Reply::ok(vec![b'x'; 2 << 20]))]
#[case::with_a_length_that_is_not_there(Reply::Raw(
    b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999999\r\n\r\nx".to_vec()
))]
#[case::without_a_length(Reply::Raw(
    [b"HTTP/1.1 200 OK\r\n\r\n".as_slice(), &vec![b'x'; 2 << 20]].concat()
))]
#[case::packed(Reply::Answer(200, vec![("content-encoding".to_owned(), "gzip".to_owned())], bomb()))]
#[tokio::test]
async fn case_12_answer_larger_than_the_limit(#[case] reply: Reply) {
    let peer = ScriptedServer::start(move |_| reply.clone()).unwrap();
    let stage = Sandboxed::at_with(&peer, |config| config.call_limits.response_body = 1 << 20);
    let outcome = stage
        .act(&probe("probe", ASKS), ProbeAction::Send(vec![allowed("")]))
        .await;
    let seen = outcome.one();
    assert_eq!(seen.kind, "BodyTooLarge", "{seen:?}");
    assert!(seen.text.contains("1048576"), "no limit in {seen:?}");
    stage.assert_contained(&["limit.response-body"]).await;
}

/// 4 MB of empty gzip members: the host would set up each one for the sandbox, in time that no limit counts.
#[tokio::test]
async fn case_12_answer_of_nothing_in_many_parts() {
    let empty = b"\x1f\x8b\x08\0\0\0\0\0\0\xff\x03\0\0\0\0\0\0\0\0\0";
    let gzip = vec![("content-encoding".to_owned(), "gzip".to_owned())];
    let reply = Reply::Answer(200, gzip, empty.repeat(200_000));
    let peer = ScriptedServer::start(move |_| reply.clone()).unwrap();
    let stage = Sandboxed::at(&peer);
    let outcome = stage
        .act(&probe("probe", ASKS), ProbeAction::Send(vec![allowed("")]))
        .await;
    let seen = outcome.one();
    assert_eq!(seen.kind, "LimitReached", "{seen:?}");
    assert!(seen.text.contains("limit.bytes-in"), "{seen:?}");
    stage.assert_contained(&["limit.bytes-in"]).await;
}

/// Informational responses, and one chunk's size, for ever.
fn no_body_for_ever(kind: &str) -> Reply {
    match kind {
        "informational" => {
            let again = b"HTTP/1.1 100 Continue\r\n\r\n".repeat(1_000);
            Reply::Forever(Vec::new(), again)
        }
        _ => {
            let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
            Reply::Forever(head.to_vec(), vec![b'0'; 1 << 16])
        }
    }
}

/// All that the socket receives counts, also what never becomes a body.
#[rstest]
#[tokio::test]
async fn case_12_answer_that_never_becomes_a_body(
    #[values("informational", "size of a chunk")] kind: &'static str,
) {
    let peer = ScriptedServer::start(move |_| no_body_for_ever(kind)).unwrap();
    let stage = Sandboxed::at_with(&peer, |config| config.call_limits.bytes_in = 4 << 20);
    let requests = vec![allowed(""), allowed("again")];
    let outcome = stage
        .act(&probe("probe", ASKS), ProbeAction::SendInTurn(requests))
        .await;
    for seen in outcome.seen() {
        assert_eq!(
            (seen.kind.as_str(), seen.reason()),
            ("LimitReached", "limit.bytes-in")
        );
    }
    assert!(left(&peer, 0).await, "its socket is closed");
    // The second request could receive nothing, and was not sent.
    assert_eq!(peer.heard().len(), 1);
    stage.assert_contained(&["limit.bytes-in"; 2]).await;
}

/// The host's work for requests is the call's processor time: of one request in the call's own task, and of many in
/// theirs.
#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn case_12_answer_that_only_costs_time(
    #[values("informational", "size of a chunk")] kind: &'static str,
    #[values(1, 8)] requests: usize,
) {
    let peer = ScriptedServer::start(move |_| no_body_for_ever(kind)).unwrap();
    let stage = Sandboxed::at_with(&peer, |config| {
        config.call_limits.bytes_in = u64::MAX;
        config.limits.cpu = Duration::from_millis(300);
    });
    let requests = (0..requests).map(|number| allowed(&number.to_string()));
    let act = ProbeAction::Send(requests.collect());
    let outcome = stage.act(&probe("probe", ASKS), act).await;
    assert_eq!(outcome.limit(), "timeout.cpu");
    assert!(left(&peer, 0).await, "its sockets are closed");
    stage.assert_contained(&["timeout.cpu"]).await;
}

/// Each chunk of one byte takes six on the line, and counts as 64.
#[tokio::test]
async fn case_12_answer_in_the_smallest_chunks() {
    let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let chunks = b"1\r\nx\r\n".repeat(20_000);
    let reply = Reply::Raw([head.as_slice(), &chunks, b"0\r\n\r\n"].concat());
    let peer = ScriptedServer::start(move |_| reply.clone()).unwrap();
    let stage = Sandboxed::at_with(&peer, |config| config.call_limits.bytes_in = 1 << 20);
    let outcome = stage
        .act(&probe("probe", ASKS), ProbeAction::Send(vec![allowed("")]))
        .await;
    let seen = outcome.one();
    assert_eq!(
        (seen.kind.as_str(), seen.reason()),
        ("LimitReached", "limit.bytes-in")
    );
    stage.assert_contained(&["limit.bytes-in"]).await;
}

/// A name server that never responds for some names; all others are of this machine.
#[derive(Default)]
struct SilentDns {
    now: Arc<AtomicUsize>,
    most: AtomicUsize,
}

struct Leaving(Arc<AtomicUsize>);

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Lookup for SilentDns {
    fn lookup(&self, name: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        let leaving = Leaving(self.now.clone());
        Box::pin(async move {
            let _leaving = leaving;
            if name.ends_with(".silent.test") {
                std::future::pending::<()>().await;
            }
            Ok(vec![Ipv4Addr::LOCALHOST.into()])
        })
    }
}

#[tokio::test]
async fn case_29_six_hundred_names_at_once() {
    let dns = Arc::new(SilentDns::default());
    let stage = Sandboxed::with(|config| {
        config.egress.lookup = dns.clone();
        config.egress.retries.attempts = 1;
    });
    let greedy = probe("probe", "hosts = [\"*.silent.test\"]");
    let modest = probe("neighbour", "hosts = [\"near.test\"]");
    let names = (0..600).map(|number| Request::get(format!("https://n{number}.silent.test/")));
    let (names, one) = (names.collect(), vec![Request::get("https://near.test/")]);
    let (many, other) = tokio::join!(stage.act(&greedy, ProbeAction::Send(names)), async {
        assert!(until(|| dns.now.load(Ordering::SeqCst) == 16).await);
        stage.act(&modest, ProbeAction::Send(one)).await.one()
    });
    let many = many.seen();
    assert!(
        many.iter().all(|seen| seen.kind == "Unreachable"),
        "{many:?}"
    );
    assert_eq!(many.iter().map(|seen| seen.times).sum::<usize>(), 600);
    // The other plugin has its own lookups: its name was resolved and rejected meanwhile.
    assert_eq!(other.reason(), "denied.address", "{other:?}");
    assert_eq!(dns.most.load(Ordering::SeqCst), 17);
    stage.assert_contained(&["denied.address"]).await;
}

#[tokio::test]
async fn case_29_ten_thousand_requests_at_once() {
    let peer = ok_peer();
    let stage = Sandboxed::at_with(&peer, |config| config.call_limits.in_flight = 16);
    let (many, other) = (
        probe("probe", ASKS),
        probe("neighbour", ASKS.replace("probe", "neighbour").as_str()),
    );
    let (greedy, modest) = tokio::join!(
        stage.act(&many, ProbeAction::Repeat(allowed(""), 10_000)),
        async {
            assert!(until(|| peer.connections() > 0).await);
            stage
                .act(&other, ProbeAction::Send(vec![allowed("")]))
                .await
        }
    );
    assert_eq!(greedy.one().times, 10_000);
    // The other plugin has its own slots.
    assert_eq!(modest.one().text, "reached");
    assert!(peer.most_at_once() <= 17, "{}", peer.most_at_once());
    // One request more than allowed: a limit, not a denial.
    let seen = stage
        .act(&many, ProbeAction::Repeat(allowed(""), 10_001))
        .await
        .seen();
    let [.., last] = &seen[..] else {
        panic!("{seen:?}");
    };
    assert_eq!(
        (last.times, last.kind.as_str()),
        (1, "LimitReached"),
        "{last:?}"
    );
    stage.assert_contained(&["limit.requests"]).await;
}
