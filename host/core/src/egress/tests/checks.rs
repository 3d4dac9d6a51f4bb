//! Checks of requests, and the form of those that are sent.

use super::server::{Server, Step, answer};
use super::*;
use crate::contract::cloudhost::provider::http::HttpErrorKind;
use rstest::rstest;
use tokio::sync::Semaphore;

fn ok() -> Vec<Step> {
    vec![Step::Write(answer("200 OK", "", b"hello"))]
}

/// Cases 13, 14, 16, 17: rejected before a name is looked up or a packet sent.
#[rstest]
#[case("https://evil.test/", "denied.host")]
#[case("https://ec2.eu-west-1.amazonaws.com.evil.test/", "denied.host")]
#[case("https://ec2.eu-west-1.amazonaws.com:8443/", "denied.port")]
#[case("http://ec2.eu-west-1.amazonaws.com/", "denied.scheme")]
#[case("https://ec2.eu-west-1.amazonaws.com@evil.test/", "denied.userinfo")]
#[case("https://169.254.169.254/", "denied.address")]
#[case("https://[::ffff:127.0.0.1]/", "denied.address")]
#[tokio::test]
async fn denied_without_a_trace(#[case] url: &str, #[case] label: &str) {
    let server = Server::start(ok()).await;
    let mut world = World::resolving(&["127.0.0.1"]);
    world.variables.push(("AWS_ENDPOINT_URL", server.url()));
    let session = world.session();
    let error = session
        .fetch(Request {
            url: url.to_owned(),
            ..signed()
        })
        .await
        .unwrap_err();
    assert_eq!(error.kind, HttpErrorKind::Denied);
    assert!(error.message.starts_with(label), "{}", error.message);
    assert_eq!(world.asked(), Vec::<String>::new());
    assert_eq!(server.connections(), 0);
    let report = session.report();
    assert_eq!((report.requests, report.denials.len()), (1, 1));
    assert_eq!(report.denials[0].label(), label);
}

#[rstest]
#[case::tab("https://ec2.eu\t-west-1.amazonaws.com/")]
#[case::line("https://ec2.eu-west-1.amazonaws.com/\r\nHost: evil")]
#[case::backslash("https://evil.test\\@ec2.eu-west-1.amazonaws.com/")]
#[case::space(" https://ec2.eu-west-1.amazonaws.com/")]
#[case::relative("/path")]
#[case::braces("https://x;{w,-h};.amazonaws.com/")]
#[case::command("https://$(id).amazonaws.com/")]
#[case::backticks("https://`id`.amazonaws.com/")]
#[case::star("https://*.amazonaws.com/")]
#[case::escaped("https://%24(id).amazonaws.com/")]
#[case::quote("https://a'b.amazonaws.com/")]
#[case::long(&format!("{REAL}{}", "x".repeat(20_000)))]
#[tokio::test]
async fn no_url(#[case] url: &str) {
    let error = World::new().session().fetch(get(url)).await.unwrap_err();
    assert_eq!(
        error.kind,
        HttpErrorKind::InvalidRequest,
        "{}",
        error.message
    );
}

/// Cases 22 and 24: a credential for another use is denied before it is obtained.
#[rstest]
#[case("gcp", "ec2", "eu-west-1", HttpErrorKind::Denied)]
#[case("../aws", "ec2", "eu-west-1", HttpErrorKind::Denied)]
#[case("aws", "s3", "eu-west-1", HttpErrorKind::Denied)]
#[case("aws", "ec2", "eu-west-1/s3", HttpErrorKind::InvalidRequest)]
#[case("aws", "ec2", "", HttpErrorKind::InvalidRequest)]
#[tokio::test]
async fn credential_for_another_use(
    #[case] credential: &str,
    #[case] service: &str,
    #[case] region: &str,
    #[case] kind: HttpErrorKind,
) {
    let server = Server::start(ok()).await;
    let request = Request {
        auth: vec![Auth::Sigv4(Sigv4 {
            credential: credential.to_owned(),
            service: service.to_owned(),
            region: region.to_owned(),
        })],
        ..signed()
    };
    let error = World::at(&server.url())
        .session()
        .fetch(request)
        .await
        .unwrap_err();
    assert_eq!(error.kind, kind, "{}", error.message);
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn no_credential_is_told_and_nothing_is_sent() {
    let server = Server::start(ok()).await;
    let mut world = World::at(&server.url());
    world.variables.clear();
    let session = world.session();
    let error = session.fetch(signed()).await.unwrap_err();
    assert_eq!(error.kind, HttpErrorKind::CredentialMissing);
    assert_eq!(server.connections(), 0);
    let failure = session.report().last_failure.unwrap();
    assert!(matches!(
        failure,
        FetchError::Credentials(CredentialsError::NotConfigured { .. })
    ));
    assert!(crate::HasRemedy::remedy(&failure).is_some());
    assert!(!session.describe("aws").await.unwrap().configured);
    let other = session.describe("other").await.unwrap_err();
    assert!(other.contains("denied.credential"), "{other}");
}

/// The connection goes to the override; `Host`, path, query and signature are the real host's.
#[tokio::test]
async fn an_override_keeps_the_real_host() {
    let server = Server::start(vec![Step::Write(answer("200 OK", "", b""))]).await;
    let mut world = World::new();
    world
        .variables
        .push(("AWS_ENDPOINT_URL_EC2", format!("{}/moto/", server.url())));
    let request = Request {
        url: format!("{REAL}a%2Fb?x=%20y"),
        ..signed()
    };
    world.session().fetch(request).await.unwrap();
    let sent = server.requests().remove(0).to_lowercase();
    assert!(
        sent.starts_with("post /moto/a%2fb?x=%20y http/1.1\r\n"),
        "{sent}"
    );
    assert!(
        sent.contains("\r\nhost: ec2.eu-west-1.amazonaws.com\r\n"),
        "{sent}"
    );
    assert!(sent.contains("credential=akidexample/"), "{sent}");
    assert!(sent.contains("/eu-west-1/ec2/aws4_request, signedheaders=content-type;host;x-amz-date;x-amz-security-token"), "{sent}");
    assert!(sent.contains("\r\nuser-agent: cloudhost/"), "{sent}");
    assert!(
        sent.ends_with("\r\n\r\naction=describeregions&version=2016-11-15"),
        "{sent}"
    );
    assert_eq!(world.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn no_signature_over_a_wire_that_others_see() {
    let world = World::at("http://10.0.0.1:5000");
    let error = world.session().fetch(signed()).await.unwrap_err();
    assert_eq!(error.kind, HttpErrorKind::CredentialMissing);
    let session = world.session();
    let _ = session.fetch(signed()).await;
    let said = session.report().last_failure.unwrap().to_string();
    assert!(
        said.contains("without TLS") && said.contains("given for `aws`"),
        "{said}"
    );
}

/// Case 18: a name of the grant that leads into the private network.
#[tokio::test]
async fn a_private_address_behind_an_allowed_name() {
    let world = World::resolving(&["127.0.0.1", "169.254.169.254", "10.0.0.1"]);
    let session = world.session();
    let error = session.fetch(get(REAL)).await.unwrap_err();
    assert_eq!(error.kind, HttpErrorKind::Denied);
    assert!(
        error.message.starts_with("denied.address"),
        "{}",
        error.message
    );
    assert_eq!(world.asked(), ["ec2.eu-west-1.amazonaws.com"]);
    assert_eq!(session.report().retries, 0);
}

/// Case 25: text in body or query that looks like a secret is the plugin's own and sent unchanged.
#[tokio::test]
async fn nothing_is_substituted() {
    let server = Server::start(ok()).await;
    let body = "{{secret}} ${AWS_SECRET_ACCESS_KEY} [redacted]";
    let request = Request {
        body: Some(body.into()),
        ..signed()
    };
    World::at(&server.url())
        .session()
        .fetch(request)
        .await
        .unwrap();
    assert!(server.requests()[0].ends_with(body));
}

/// Case 29: requests above the limit wait, and all get a response; another plugin has its own share.
#[tokio::test]
async fn more_than_may_be_in_flight_wait() {
    let gate = Arc::new(Semaphore::new(0));
    let mut steps = vec![Step::Held(gate.clone()); 5];
    steps.extend(ok());
    let server = Server::start(steps).await;
    let mut world = World::at(&server.url());
    world.limits.in_flight = 5;
    let other = Url::parse(&server.url()).unwrap();
    world.config.endpoints.insert("other".to_owned(), other);
    let egress = world.egress();
    let first = session(&egress, "aws", world.limits);
    let mine = futures::future::join_all((0..40).map(|_| first.fetch(get(REAL))));
    let theirs = async {
        while server.open() < 5 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        // All places of this plugin are taken, and stay so until this one gets a response.
        let answer = session(&egress, "other", world.limits).fetch(get(REAL));
        assert_eq!(answer.await.unwrap().status, 200);
        assert_eq!(server.requests().len(), 6);
        gate.close();
    };
    let both = async { tokio::join!(mine, theirs).0 };
    let mine = tokio::time::timeout(Duration::from_secs(30), both).await;
    assert!(
        mine.unwrap()
            .into_iter()
            .all(|answer| answer.unwrap().status == 200)
    );
    assert_eq!(server.most_open(), 6);
    assert!(server.connections() < 40, "connections are used again");
}

#[tokio::test]
async fn a_call_has_its_number_of_requests() {
    let server = Server::start(ok()).await;
    let mut world = World::at(&server.url());
    world.limits.requests = 3;
    let session = world.session();
    for _ in 0..3 {
        session.fetch(get(REAL)).await.unwrap();
    }
    let error = session.fetch(get(REAL)).await.unwrap_err();
    assert_eq!(error.kind, HttpErrorKind::LimitReached);
    assert_eq!(server.requests().len(), 3);
}

/// Case 48: neither another plugin nor another credential uses a connection again.
#[tokio::test]
async fn connections_are_not_shared() {
    let server = Server::start(ok()).await;
    let mut world = World::at(&server.url());
    let url = Url::parse(&server.url()).unwrap();
    world.config.endpoints.insert("other".to_owned(), url);
    let egress = world.egress();
    for _ in 0..2 {
        session(&egress, "aws", world.limits)
            .fetch(signed())
            .await
            .unwrap();
    }
    assert_eq!(server.connections(), 1);
    session(&egress, "aws", world.limits)
        .fetch(get(REAL))
        .await
        .unwrap();
    assert_eq!(server.connections(), 2);
    session(&egress, "other", world.limits)
        .fetch(signed())
        .await
        .unwrap();
    assert_eq!(server.connections(), 3);
}

/// Bytes that a connection receives count for the next call once that has it, and few may come in between.
#[tokio::test]
async fn connections_pass_from_call_to_call() {
    let server = Server::start(ok()).await;
    let world = World::at(&server.url());
    let egress = world.egress();
    let (first, second) = (
        session(&egress, "aws", world.limits),
        session(&egress, "aws", world.limits),
    );
    first.fetch(get(REAL)).await.unwrap();
    drop(first.close_on_drop());
    second.fetch(get(REAL)).await.unwrap();
    assert_eq!(server.connections(), 1);
    // A call that has ended sends nothing.
    let error = first.fetch(get(REAL)).await.unwrap_err();
    assert!(error.message.contains("cancelled"), "{}", error.message);
    // One that is at work beside it has its own.
    session(&egress, "aws", world.limits)
        .fetch(get(REAL))
        .await
        .unwrap();
    assert_eq!((server.connections(), server.requests().len()), (2, 3));
}

/// A dropped future closes its connection and gives its place to the next one.
#[tokio::test]
async fn a_dropped_request_leaves_nothing() {
    let server = Server::start(vec![Step::Silence, Step::Write(answer("200 OK", "", b"x"))]).await;
    let mut world = World::at(&server.url());
    world.limits.in_flight = 1;
    let session = world.session();
    let stuck = tokio::time::timeout(Duration::from_millis(50), session.fetch(get(REAL))).await;
    assert!(stuck.is_err());
    assert_eq!(session.fetch(get(REAL)).await.unwrap().status, 200);
    // The server's side of the first connection ends when ours does.
    tokio::time::timeout(Duration::from_secs(5), async {
        while server.open() > 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    })
    .await
    .unwrap();
}

#[test]
fn an_endpoint_must_be_one() {
    let mut config = EgressConfig::default();
    config
        .endpoints
        .insert("aws".to_owned(), Url::parse("ftp://a.b").unwrap());
    let credentials = Arc::new(Credentials::new(Environment::default()));
    let error = Egress::new(config, credentials).unwrap_err();
    assert!(
        error.to_string().contains("neither http nor https"),
        "{error}"
    );
}
