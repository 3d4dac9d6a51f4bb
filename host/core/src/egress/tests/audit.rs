//! Every denial, every signed request and every limit is one event, and no secret is in any of them.

use super::server::{Server, Step, answer};
use super::*;
use crate::audit::{AuditSink, Counts, Event, EventKind};

#[derive(Default)]
struct Events(Mutex<Vec<Event>>);

impl AuditSink for Events {
    fn record(&self, event: &Event) {
        self.0.lock().unwrap().push(event.clone());
    }
}

impl Events {
    fn taken(&self) -> Vec<(EventKind, &'static str, Option<String>, Option<String>)> {
        let events = std::mem::take(&mut *self.0.lock().unwrap());
        let all = events.into_iter().inspect(|event| {
            assert_eq!(event.plugin.as_deref(), Some("aws"));
            assert_eq!(event.digest, Some(Digest::of(b"test")));
            let shown = format!("{event:?}") + &serde_json::to_string(event).unwrap();
            assert!(!shown.contains(SECRET) && !shown.contains(TOKEN), "{shown}");
        });
        all.map(|event| (event.kind, event.reason, event.host, event.credential))
            .collect()
    }
}

fn session(world: &World) -> (Session, Arc<Events>) {
    let events = Arc::new(Events::default());
    let session = audited(&world.egress(), world.limits, events.clone());
    (session, events)
}

const HOST: &str = "ec2.eu-west-1.amazonaws.com";

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[tokio::test]
async fn each_attempt_that_is_signed() {
    let steps = vec![
        Step::Write(answer("503 Service Unavailable", "", b"")),
        Step::Write(answer("200 OK", "", b"hello")),
    ];
    let server = Server::start(steps).await;
    let (session, events) = session(&World::at(&server.url()));
    session.fetch(signed()).await.unwrap();
    let used = (
        EventKind::CredentialUsed,
        "credential.used",
        some(HOST),
        some("aws"),
    );
    assert_eq!(events.taken(), [used.clone(), used]);
    assert_eq!(server.requests().len(), 2);
    // An unsigned request is not an event, nor is a description of a credential.
    session.fetch(get(REAL)).await.unwrap();
    session.describe("aws").await.unwrap();
    assert_eq!(events.taken(), []);
}

#[tokio::test]
async fn each_denial() {
    let (session, events) = session(&World::new());
    for url in ["https://evil.test/a?token=hidden", "https://evil.test/b"] {
        session.fetch(get(url)).await.unwrap_err();
    }
    let denied = |reason, host: Option<&str>, credential: Option<&str>| {
        let text = |text: &str| text.to_owned();
        (
            EventKind::Denied,
            reason,
            host.map(text),
            credential.map(text),
        )
    };
    let host = denied("denied.host", Some("evil.test"), None);
    assert_eq!(events.taken(), [host.clone(), host]);

    let mut request = signed();
    if let [Auth::Sigv4(sigv4)] = request.auth.as_mut_slice() {
        sigv4.credential = "other\u{1b}[2J".to_owned();
    }
    session.fetch(request).await.unwrap_err();
    session.describe("other").await.unwrap_err();
    let mut request = signed();
    request.headers.push(Header {
        name: "Host".to_owned(),
        value: "evil.test".to_owned(),
    });
    session.fetch(request).await.unwrap_err();
    let expected = [
        denied("denied.credential", Some(HOST), Some(r"other\u{1b}[2J")),
        denied("denied.credential", None, Some("other")),
        denied("denied.header", Some(HOST), None),
    ];
    assert_eq!(events.taken(), expected);
    let counts = Counts {
        denied: 5,
        ..Counts::default()
    };
    assert_eq!(session.trail().counts(), counts);
}

#[tokio::test]
async fn each_limit() {
    let steps = vec![Step::Write(answer("200 OK", "", &[b'x'; 1_000]))];
    let server = Server::start(steps).await;
    let mut world = World::at(&server.url());
    world.limits.requests = 4;
    world.limits.response_body = 100;
    world.limits.request_body = 10;
    world.limits.headers = 1;
    let (session, events) = session(&world);
    session.fetch(get(REAL)).await.unwrap_err();
    let mut request = get(REAL);
    request.body = Some(vec![0; 11]);
    session.fetch(request).await.unwrap_err();
    let mut request = get(REAL);
    let header = Header {
        name: "a".to_owned(),
        value: "b".to_owned(),
    };
    request.headers = vec![header; 2];
    session.fetch(request).await.unwrap_err();
    // An invalid URL is the plugin's mistake, and not an attempt to reach something.
    session.fetch(get("no URL")).await.unwrap_err();
    session.fetch(get(REAL)).await.unwrap_err();
    let limited = |reason, host| (EventKind::Limited, reason, host, None);
    let expected = [
        limited("limit.response-body", some(HOST)),
        limited("limit.request-body", None),
        limited("limit.headers", some(HOST)),
        limited("limit.requests", None),
    ];
    assert_eq!(events.taken(), expected);
}
