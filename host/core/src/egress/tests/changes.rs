//! Requests that can change the cloud.

use super::server::{Server, Step, answer};
use super::*;
use crate::capability::Denial;
use crate::contract::cloudhost::provider::http::HttpErrorKind;
use rstest::rstest;

const ASKS: &str = "change = true\nhosts = [\"ec2.*.amazonaws.com\"]\n\
    [[credentials]]\nname = \"aws\"\nscheme = \"sigv4\"\nservices = [\"ec2\"]\n\
    [[reads]]\nhost = \"ec2.*.amazonaws.com\"\npath = \"/\"\nform = \"Action\"\nactions = [\"DescribeRegions\"]\n";

/// Notes what is sent, or refuses it.
#[derive(Default)]
pub struct Journal {
    sent: Mutex<Vec<Digest>>,
    refuses: bool,
}

impl Journal {
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    fn sent(&self) -> Vec<Digest> {
        self.sent.lock().unwrap().clone()
    }
}

impl Permit for Journal {
    fn sending(&self, digest: Digest) -> BoxFuture<'_, Result<(), Denial>> {
        self.sent.lock().unwrap().push(digest);
        let refused = self.refuses.then(|| Denial::Change {
            method: "POST",
            host: "ec2.eu-west-1.amazonaws.com".to_owned(),
            missing: None,
            why: "another process has it".to_owned(),
        });
        Box::pin(async move { refused.map_or(Ok(()), Err) })
    }
}

pub fn session(world: &World) -> Session {
    session_of(&world.egress(), "aws", ASKS, world.limits)
}

/// A change.
pub fn run() -> Request {
    Request {
        body: Some(b"Action=RunInstances&Version=2016-11-15".to_vec()),
        ..signed()
    }
}

async fn ok() -> Server {
    Server::start(vec![Step::Write(answer("200 OK", "", b"{}"))]).await
}

async fn denied(session: &Session, request: Request, part: &str) {
    let error = session.fetch(request).await.unwrap_err();
    assert_eq!(error.kind, HttpErrorKind::Denied, "{}", error.message);
    assert!(
        error.message.starts_with("denied.change"),
        "{}",
        error.message
    );
    assert!(error.message.contains(part), "{}", error.message);
}

/// Without a permit nothing but a read leaves, whatever the method and the words of the plugin are.
#[rstest]
#[case::put(Method::Put)]
#[case::patch(Method::Patch)]
#[case::delete(Method::Delete)]
#[case::post(Method::Post)]
#[tokio::test]
async fn no_other_call_can_change(#[case] method: Method) {
    let server = ok().await;
    let session = session(&World::at(&server.url()));
    denied(&session, Request { method, ..run() }, "only `run`").await;
    // The body of a read does not make another method one.
    if method != Method::Post {
        denied(&session, Request { method, ..signed() }, "only `run`").await;
    }
    assert_eq!(server.connections(), 0);
    session.fetch(signed()).await.unwrap();
    assert_eq!(
        session.report().denials.len() + 1,
        session.report().requests as usize
    );
}

#[tokio::test]
async fn one_call_sends_one_change() {
    let server = ok().await;
    let session = session(&World::at(&server.url()));
    let journal = Journal::new();
    session.permit(journal.clone());
    // Reads before and after need no permit.
    session.fetch(signed()).await.unwrap();
    session.fetch(run()).await.unwrap();
    session.fetch(signed()).await.unwrap();
    denied(&session, run(), "one call can send one change").await;
    assert_eq!(journal.sent().len(), 1);
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn the_digest_is_of_the_request_without_credentials() {
    let digest = async |request: Request| {
        let server = ok().await;
        let session = session(&World::at(&server.url()));
        let journal = Journal::new();
        session.permit(journal.clone());
        session.fetch(request).await.unwrap();
        journal.sent()[0]
    };
    let one = digest(run()).await;
    assert_eq!(digest(run()).await, one);
    let body = Some(b"Action=RunInstances&Version=2016-11-15&MaxCount=2".to_vec());
    assert_ne!(digest(Request { body, ..run() }).await, one);
    let anonymous = Request {
        auth: Vec::new(),
        ..run()
    };
    assert_eq!(digest(anonymous).await, one);
}

#[tokio::test]
async fn what_the_permit_refuses_does_not_leave() {
    let server = ok().await;
    let session = session(&World::at(&server.url()));
    session.permit(Arc::new(Journal {
        refuses: true,
        ..Journal::default()
    }));
    denied(&session, run(), "another process has it").await;
    assert_eq!(server.requests().len(), 0);
}

/// Both documents must allow it, whatever the permit says.
#[rstest]
#[case::not_asked("", true, "manifest does not request it")]
#[case::not_granted("change = true\n", false, "not granted")]
#[tokio::test]
async fn manifest_and_grant(#[case] asks: &str, #[case] grant: bool, #[case] part: &str) {
    let server = ok().await;
    let rest = ASKS.strip_prefix("change = true\n").unwrap();
    let head = "name = \"aws\"\nversion = \"1.0.0\"\ncontract = \"0.2.0\"\n";
    let manifest = Manifest::parse(&format!("{head}{asks}{rest}")).unwrap();
    let grant = Grant {
        change: grant,
        ..Grant::all_of(&manifest)
    };
    let policy = Arc::new(Policy::new(&manifest, &grant));
    let trail = Trail::new("aws", Digest::of(b"test"), None);
    let world = World::at(&server.url());
    let session = world.egress().session(trail, policy, world.limits);
    session.permit(Journal::new());
    denied(&session, run(), part).await;
    assert_eq!(server.connections(), 0);
}

/// A component of contract 0.1.0 says by itself which POST reads. No other method is believed, and nothing changes.
#[rstest]
#[case::read(Method::Post, true, true)]
#[case::change(Method::Post, false, false)]
#[case::put(Method::Put, true, false)]
#[case::delete(Method::Delete, true, false)]
#[tokio::test]
async fn what_an_older_component_claims(
    #[case] method: Method,
    #[case] claimed: bool,
    #[case] sent: bool,
) {
    let server = ok().await;
    let asks = "name = \"aws\"\nversion = \"1.0.0\"\ncontract = \"0.1.0\"\n\
        hosts = [\"ec2.*.amazonaws.com\"]\n\
        [[credentials]]\nname = \"aws\"\nscheme = \"sigv4\"\nservices = [\"ec2\"]\n";
    let manifest = Manifest::parse(asks).unwrap();
    let grant = Grant {
        change: true,
        ..Grant::all_of(&manifest)
    };
    let policy = Arc::new(Policy::new(&manifest, &grant));
    let trail = Trail::new("aws", Digest::of(b"test"), None);
    let world = World::at(&server.url());
    let session = world.egress().session(trail, policy, world.limits);
    session.permit(Journal::new());
    let request = Request { method, ..run() };
    let outcome = session.fetch_as_claimed(request, claimed).await;
    assert_eq!(outcome.is_ok(), sent, "{outcome:?}");
    assert_eq!(server.requests().len(), usize::from(sent));
}

/// The claim of a component of the newest contract is not read at all.
#[tokio::test]
async fn a_claim_of_today_is_not_believed() {
    let server = ok().await;
    let session = session(&World::at(&server.url()));
    let error = session.fetch_as_claimed(run(), true).await.unwrap_err();
    assert_eq!(error.kind, HttpErrorKind::Denied);
    assert_eq!(server.connections(), 0);
}
