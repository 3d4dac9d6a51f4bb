//! An interceptor sees no secret and nothing denied.

use super::server::{Server, Step};
use super::*;
use crate::contract::cloudhost::provider::http::HttpErrorKind;
use crate::credentials::Facts;

/// Records the requests and responses that pass.
#[derive(Default)]
struct Watch(Mutex<Vec<String>>);

impl Watch {
    fn note(&self, what: String) {
        self.0.lock().unwrap().push(what);
    }
}

impl Interceptor for Watch {
    fn exchange<'a>(
        &'a self,
        asked: InterceptedRequest<'a>,
        next: Next<'a>,
    ) -> BoxFuture<'a, Result<Response, FetchError>> {
        Box::pin(async move {
            let body = String::from_utf8_lossy(asked.body.unwrap_or_default());
            let (method, url, headers) = (asked.method, asked.url, asked.headers);
            let signer = asked.credential;
            self.note(format!("{method} {url} {headers:?} {signer:?} {body}"));
            let answer = next.send().await;
            self.note(format!("{answer:?}"));
            self.note(answer.as_ref().map(text).unwrap_or_default());
            answer
        })
    }

    fn on_credential_facts(&self, credential: &str, facts: &Facts) {
        self.note(format!("{credential} {facts:?}"));
    }
}

#[tokio::test]
async fn it_sees_requests_and_answers_and_no_secret() {
    let server = Server::start(vec![Step::Echo]).await;
    let mut world = World::at(&server.url());
    let watch = Arc::new(Watch::default());
    world.config.interceptor = Some(watch.clone());
    let session = world.session();
    assert!(session.describe("aws").await.unwrap().configured);
    let response = session.fetch(signed()).await.unwrap();
    let denied = session.fetch(get("https://elsewhere.test/")).await;
    assert!(denied.is_err());
    let seen = watch.0.lock().unwrap().clone();
    // Facts, request, response and its body; nothing of a denied request.
    assert_eq!(seen.len(), 4, "{seen:?}");
    assert!(
        seen[0].starts_with("aws Facts { configured: true"),
        "{seen:?}"
    );
    for word in [
        "DescribeRegions",
        "ec2.eu-west-1.amazonaws.com",
        "Some(\"aws\")",
        "content-type",
    ] {
        assert!(seen[1].contains(word), "no {word} in {}", seen[1]);
    }
    assert_eq!(seen[3], text(&response));
    assert!(seen[3].contains("[redacted]"), "{}", seen[3]);
    let sent = server.requests().remove(0);
    let (_, signature) = sent.split_once("Signature=").unwrap();
    for secret in [SECRET, TOKEN, &signature[..64]] {
        assert!(!seen.concat().contains(secret), "{seen:?}");
    }
}

/// Nothing is seen of a request that is denied for what came before in the call: a header that cuts a response.
#[tokio::test]
async fn it_sees_nothing_that_is_denied_later_in_a_call() {
    let server = Server::start(vec![Step::Echo]).await;
    let mut world = World::at(&server.url());
    let watch = Arc::new(Watch::default());
    world.config.interceptor = Some(watch.clone());
    let session = world.session();
    session.fetch(signed()).await.unwrap();
    let seen = watch.0.lock().unwrap().len();
    let mut cuts = get("https://ec2.eu-west-1.amazonaws.com/");
    cuts.headers.push(Header {
        name: "range".to_owned(),
        value: "bytes=0-1".to_owned(),
    });
    let error = session.fetch(cuts).await.unwrap_err();
    assert_eq!(error.kind, HttpErrorKind::Denied, "{error:?}");
    assert_eq!(watch.0.lock().unwrap().len(), seen);
    assert_eq!(server.requests().len(), 1);
}

/// Responds by itself: the user's credential is not read, and nothing is sent.
struct Alone;

impl Interceptor for Alone {
    fn exchange<'a>(
        &'a self,
        asked: InterceptedRequest<'a>,
        _: Next<'a>,
    ) -> BoxFuture<'a, Result<Response, FetchError>> {
        let body = format!("{} {}", asked.method, asked.url).into_bytes();
        Box::pin(async move {
            Ok(Response {
                status: 299,
                headers: Vec::new(),
                body,
            })
        })
    }

    fn facts(&self, credential: &str) -> Option<Facts> {
        Some(Facts {
            configured: credential == "aws",
            region: Some("eu-west-9".to_owned()),
            ..Facts::default()
        })
    }
}

#[tokio::test]
async fn it_can_stand_in_for_network_and_credentials() {
    let mut world = World::new();
    world.variables.clear();
    world.config.interceptor = Some(Arc::new(Alone));
    let egress = world.egress();
    let session = session(&egress, "aws", world.limits);
    let facts = session.describe("aws").await.unwrap();
    assert_eq!(
        (facts.configured, facts.region.as_deref()),
        (true, Some("eu-west-9"))
    );
    assert!(egress.check("aws").await.is_ok());
    let error = egress.check("other").await.unwrap_err();
    assert!(
        matches!(error, CredentialsError::NotConfigured { .. }),
        "{error}"
    );
    let response = session.fetch(signed()).await.unwrap();
    assert_eq!(
        (response.status, text(&response).as_str()),
        (299, "POST https://ec2.eu-west-1.amazonaws.com/")
    );
    assert_eq!(world.asked(), Vec::<String>::new());
}
