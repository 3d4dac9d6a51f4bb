//! The rate of a manifest, as the server sees it.

use super::server::{Server, Step, answer};
use super::*;
use futures::future::join_all;
use std::time::Instant;

const API: &str = "https://cloud.lambda.ai/";
const SPACING: Duration = Duration::from_millis(500);
const ASKS: &str = "hosts = [\"cloud.lambda.ai\", \"other.lambda.ai\"]\n\
    [[rates]]\nhost = \"cloud.lambda.ai\"\nrequests = 2\nseconds = 1\n";

fn world(server: &Server) -> World {
    let mut world = World::new();
    let url = Url::parse(&server.url()).unwrap();
    world.config.endpoints.insert("lambdalabs".to_owned(), url);
    world
}

fn session(world: &World) -> Session {
    session_of(&world.egress(), "lambdalabs", ASKS, world.limits)
}

fn assert_spaced(server: &Server, requests: usize) {
    let times = server.times();
    assert_eq!(times.len(), requests);
    for pair in times.windows(2) {
        let gap = pair[1] - pair[0];
        assert!(gap >= SPACING, "{gap:?} in {times:?}");
    }
}

#[tokio::test]
async fn requests_are_spaced_and_so_are_retries() {
    let steps = vec![
        Step::Write(answer("200 OK", "", b"")),
        Step::Write(answer("429 Slow", "retry-after: 0\r\n", b"")),
        Step::Close(Vec::new()),
        Step::Write(answer("200 OK", "", b"")),
    ];
    let server = Server::start(steps).await;
    let session = session(&world(&server));
    let all = join_all((0..4).map(|_| session.fetch(get(API)))).await;
    assert!(all.into_iter().all(|answer| answer.unwrap().status == 200));
    assert_eq!(session.report().retries, 2);
    assert_spaced(&server, 6);
}

#[tokio::test]
async fn a_host_without_a_rate_does_not_wait() {
    let server = Server::start(vec![Step::Write(answer("200 OK", "", b""))]).await;
    let session = session(&world(&server));
    let start = Instant::now();
    let other = "https://other.lambda.ai/";
    let mine = join_all((0..10).map(|_| session.fetch(get(API))));
    let theirs = async {
        join_all((0..10).map(|_| session.fetch(get(other)))).await;
        start.elapsed()
    };
    // The request that takes five seconds is dropped when the others are done.
    let theirs = tokio::select! {
        elapsed = theirs => elapsed,
        _ = mine => panic!("the rate was not kept"),
    };
    assert!(theirs < Duration::from_secs(3), "{theirs:?}");
}

/// Two hosts of the library with one directory behave like two runs of the program.
#[tokio::test]
async fn runs_share_a_rate() {
    let server = Server::start(vec![Step::Write(answer("200 OK", "", b""))]).await;
    let folder = tempfile::tempdir().unwrap();
    let mut world = world(&server);
    world.config.rates_dir = Some(folder.path().join("rates"));
    // Sequentially, and concurrently.
    for _ in 0..2 {
        session(&world).fetch(get(API)).await.unwrap();
    }
    let runs = [session(&world), session(&world), session(&world)];
    let all = runs.iter().map(|run| run.fetch(get(API)));
    assert!(join_all(all).await.iter().all(Result::is_ok));
    assert_spaced(&server, 5);
    // Anonymous requests of a plugin keep it together.
    let identity = Digest::of(b"lambdalabs").hex();
    let file = folder.path().join("rates").join(identity);
    assert!(file.join("cloud.lambda.ai").is_file());
}

/// A request that waits for its turn was not sent: a caller that gives up on it did not see an outage.
#[tokio::test]
async fn a_request_that_waits_is_not_sent() {
    let server = Server::start(vec![Step::Write(answer("200 OK", "", b""))]).await;
    let world = world(&server);
    let egress = world.egress();
    let session = || session_of(&egress, "lambdalabs", ASKS, world.limits);
    let (first, second) = (session(), session());
    first.fetch(get(API)).await.unwrap();
    let waiting = tokio::time::timeout(SPACING / 5, second.fetch(get(API)));
    waiting.await.unwrap_err();
    assert_eq!((first.report().requests, first.report().sent), (1, 1));
    assert_eq!((second.report().requests, second.report().sent), (1, 0));
}
