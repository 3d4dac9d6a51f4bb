//! Figures, not assertions: `cargo test --release -p cloudhost --lib -- --ignored --nocapture speed`.

use super::server::{Server, Step};
use super::*;
use std::thread;
use std::time::Instant;

const REQUESTS: usize = 500;
const DELAY: Duration = Duration::from_millis(50);

/// A server on a thread of its own, so that it does not take turns with what is measured.
fn apart() -> std::net::SocketAddr {
    let (send, receive) = std::sync::mpsc::channel();
    let run = move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let server = Server::start(vec![Step::Wait(DELAY)]).await;
            send.send(server.address).unwrap();
            std::future::pending::<()>().await;
        });
    };
    thread::Builder::new()
        .name("server".to_owned())
        .spawn(run)
        .unwrap();
    receive.recv().unwrap()
}

/// Processor time of all threads but the server's, where the kernel tells (Linux). On a busy machine it says
/// more than the clock.
fn processor() -> Duration {
    let mut sum = 0;
    for task in std::fs::read_dir("/proc/self/task")
        .into_iter()
        .flatten()
        .flatten()
    {
        let read = |file| std::fs::read_to_string(task.path().join(file)).unwrap_or_default();
        if read("comm").trim() != "server" {
            let spent = read("schedstat");
            sum += spent
                .split(' ')
                .next()
                .and_then(|ns| ns.parse::<u64>().ok())
                .unwrap_or(0);
        }
    }
    Duration::from_nanos(sum)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "prints figures"]
async fn speed_of_a_join() {
    for round in 0..5 {
        let address = apart();
        let world = World::at(&format!("http://{address}"));

        let client = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([])
            .build()
            .unwrap();
        let bare = (0..REQUESTS).map(|_| client.get(format!("http://{address}/")).send());
        let (start, before) = (Instant::now(), processor());
        futures::future::join_all(bare).await;
        let bare = (start.elapsed(), processor() - before);

        for (what, request) in [("anonymous", get(REAL)), ("signed", signed())] {
            let session = world.session();
            let (start, before) = (Instant::now(), processor());
            let all = (0..REQUESTS).map(|_| session.fetch(request.clone()));
            let all = futures::future::join_all(all).await;
            let took = (start.elapsed(), processor() - before);
            assert!(all.into_iter().all(|answer| answer.unwrap().status == 200));
            println!(
                "round {round}: {REQUESTS} {what}: (wall, processor) {took:?}, reqwest alone: {bare:?}"
            );
        }
    }
}

#[test]
#[ignore = "prints figures"]
fn speed_of_a_client() {
    let world = World::new();
    for round in 0..3 {
        for way in [client::Way::PlainOverride, client::Way::Direct] {
            let clients = client::Clients::new(&world.config);
            let start = Instant::now();
            let owner = client::Owner {
                plugin: String::new(),
                credential: None,
                way,
            };
            clients.of(owner).unwrap();
            let kind = if way == client::Way::Direct {
                "https"
            } else {
                "http"
            };
            println!("round {round}: {kind} client made in {:?}", start.elapsed());
        }
    }
    let start = Instant::now();
    let credentials = Credentials::new(Environment::of_process());
    let identity = credentials.identity("aws").unwrap();
    println!("identity `{}` in {:?}", identity.key, start.elapsed());
}

/// One signed request to the endpoint that `AWS_ENDPOINT_URL` names, as a moto_server.
#[tokio::test]
#[ignore = "needs an endpoint"]
async fn speed_of_an_endpoint() {
    let mut world = World::at(&std::env::var("AWS_ENDPOINT_URL").unwrap());
    world.limits = CallLimits::default();
    for action in ["DescribeRegions", "DescribeInstanceTypes"] {
        let body = format!("Action={action}&Version=2016-11-15");
        let start = Instant::now();
        let answer = world
            .session()
            .fetch(Request {
                body: Some(body.into()),
                ..signed()
            })
            .await;
        let answer = answer.unwrap();
        println!(
            "{action}: {} {} bytes {:?}",
            answer.status,
            answer.body.len(),
            start.elapsed()
        );
    }
}
