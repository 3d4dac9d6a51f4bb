//! Planted secrets show in no line of a log at its highest level, in no `Debug` text and in no error.

use super::server::{Server, Step, answer};
use super::*;
use std::io::Write;
use tracing_subscriber::filter::LevelFilter;

const KEY: &str = "secret_lab-key_0123456789.abc/DEF+ghi=";
const ASKS: &str = "hosts = [\"cloud.lambda.ai\"]\n\
    [[credentials]]\nname = \"lambdalabs\"\nscheme = \"bearer\"\n";

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Takes all output of any library on this thread.
    fn begin() -> (Self, tracing::subscriber::DefaultGuard) {
        let log = Self::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(LevelFilter::TRACE)
            .with_writer(move || writer.clone())
            .finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// The signature of a request, and its other secrets.
fn secrets(request: &str) -> Vec<String> {
    let signature = request.split_once("Signature=").map(|(_, rest)| rest);
    let signature = signature.and_then(|rest| rest.split_whitespace().next());
    [SECRET, TOKEN, KEY]
        .into_iter()
        .chain(signature)
        .map(str::to_owned)
        .collect()
}

fn hides(text: &str, secrets: &[String]) {
    for secret in secrets {
        assert!(!text.contains(secret.as_str()), "{secret} in {text}");
    }
}

#[tokio::test]
async fn a_log_at_its_highest_level() {
    let (log, _guard) = Log::begin();
    let steps = vec![
        Step::Write(answer("200 OK", "", b"hello")),
        Step::Close(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort".to_vec()),
    ];
    let server = Server::start(steps).await;
    let mut world = World::at(&server.url());
    let url = Url::parse(&server.url()).unwrap();
    world.config.endpoints.insert("lambdalabs".to_owned(), url);
    world.variables.push(("LAMBDALABS_API_KEY", KEY.to_owned()));
    let egress = world.egress();
    let mut shown = format!("{egress:?} {:?}", world.egress().shared.credentials);

    let session = session(&egress, "aws", world.limits);
    session.fetch(signed()).await.unwrap();
    let error = session.fetch(signed()).await.unwrap_err();
    shown += &format!("{error:?} {:?}", session.report());
    let lambda = session_of(&egress, "lambdalabs", ASKS, world.limits);
    let mut request = get("https://cloud.lambda.ai/api/v1/instances");
    request.auth = vec![Auth::Bearer("lambdalabs".to_owned())];
    let error = lambda.fetch(request).await.unwrap_err();
    shown += &format!("{error:?} {:?}", lambda.report());

    let requests = server.requests();
    assert!(requests.iter().any(|request| request.contains(KEY)));
    let signed = requests
        .iter()
        .find(|request| request.contains("Signature="));
    let secrets = secrets(signed.unwrap());
    assert_eq!(secrets.len(), 4);
    let text = log.text();
    assert!(
        text.contains("credential.used") && text.contains("TRACE"),
        "{text}"
    );
    hides(&text, &secrets);
    hides(&shown, &secrets);
}

/// A plugin can be handed a signed URL by a cloud, and use it: its query is in no message.
#[tokio::test]
async fn signed_urls() {
    let (log, _guard) = Log::begin();
    let server = Server::start(vec![Step::Close(Vec::new())]).await;
    let world = World::at(&server.url());
    let session = world.session();
    let query = "X-Amz-Signature=0123456789abcdef&X-Amz-Security-Token=hidden-token";
    let mut shown = String::new();
    for url in [
        format!("{REAL}?{query}"),
        format!("{REAL}x#{query}"),
        format!("https://evil.test/?{query}"),
        format!("http://ec2.eu-west-1.amazonaws.com/?{query}"),
        format!("https://[/?{query}"),
        format!("https://user:hidden-token@evil.test/?{query}"),
        format!("https:?{query}"),
    ] {
        let error = session.fetch(get(&url)).await.unwrap_err();
        shown += &format!("{error:?} {:?}\n", session.report());
    }
    let hidden = ["0123456789abcdef".to_owned(), "hidden-token".to_owned()];
    hides(&shown, &hidden);
    // The HTTP library's output about its own work is out of scope: see the levels of the command line.
    let log = log.text();
    let ours = log.lines().filter(|line| line.contains("cloudhost"));
    for line in ours {
        hides(line, &hidden);
    }
}

#[test]
fn types_that_hold_secrets() {
    let environment = Environment::new([("AWS_SECRET_ACCESS_KEY", SECRET)], None);
    let token = crate::credentials::Token::new(TOKEN.to_owned()).unwrap();
    let credentials = Credentials::new(environment.clone());
    let mut config = crate::host::HostConfig::new("");
    config.environment = environment.clone();
    let host_debug = format!("{:?}", config.environment);
    let shown = format!("{environment:?} {environment:#?} {token:?} {credentials:?} {host_debug}");
    hides(&shown, &secrets(""));
}
