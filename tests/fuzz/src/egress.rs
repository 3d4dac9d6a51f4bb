//! Outgoing requests of a plugin: URL parser, host patterns and header rules.

use arbitrary::{Result, Unstructured};
use cloudhost::audit::Trail;
use cloudhost::capability::{Grant, Manifest, Policy};
use cloudhost::contract::cloudhost::provider::http::{
    Auth, Header, HeaderAuth, HttpErrorKind, Method, QueryAuth, Request, Sigv4,
};
use cloudhost::credentials::{Credentials, Environment};
use cloudhost::egress::{CallLimits, Egress, EgressConfig, Lookup};
use cloudhost::plugin::Digest;
use futures::future::BoxFuture;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, LazyLock, Mutex};

/// Secret that no message may contain.
const SECRET: &str = "fuzz-secret-5d41402abc4b2a76b9719d91";

const MANIFEST: &str = r#"
name = "fuzz"
version = "0.1.0"
contract = "0.2.0"
hosts = ["api.example.com", "ec2.*.amazonaws.com", "odd.example.com:8443"]
[[credentials]]
name = "aws"
scheme = "sigv4"
services = ["ec2"]
"#;

/// A resolver that resolves no name and records every lookup.
#[derive(Default)]
struct Nowhere(Mutex<Vec<String>>);

impl Lookup for Nowhere {
    fn lookup(&self, name: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        self.0.lock().unwrap().push(name);
        Box::pin(async { Ok(Vec::new()) })
    }
}

struct World {
    egress: Egress,
    policy: Arc<Policy>,
    lookup: Arc<Nowhere>,
    trail: Trail,
    runtime: tokio::runtime::Runtime,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let lookup = Arc::new(Nowhere::default());
    let manifest = Manifest::parse(MANIFEST).unwrap();
    let mut config = EgressConfig::default();
    config.lookup = lookup.clone();
    config.retries.attempts = 1;
    let environment = Environment::new(
        [
            ("AWS_ACCESS_KEY_ID", "AKIAFUZZ"),
            ("AWS_SECRET_ACCESS_KEY", SECRET),
        ],
        None,
    );
    World {
        egress: Egress::new(config, Arc::new(Credentials::new(environment))).unwrap(),
        policy: Arc::new(Policy::new(&manifest, &Grant::all_of(&manifest))),
        lookup,
        trail: Trail::new("fuzz", Digest::of(b"fuzz"), None),
        runtime: tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap(),
    }
});

/// Checks that only names covered by the manifest are looked up, that every request fails, and that no message contains
/// the secret.
pub fn check(input: &[u8]) {
    let Ok(request) = request(&mut Unstructured::new(input)) else {
        return;
    };
    let world = &*WORLD;
    let session = world.egress.session(
        world.trail.clone(),
        world.policy.clone(),
        CallLimits::default(),
    );
    let url = request.url.clone();
    let error = world.runtime.block_on(session.fetch(request)).unwrap_err();
    assert!(!error.message.contains(SECRET), "{}", error.message);
    assert!(
        !error.message.chars().any(char::is_control),
        "{:?}",
        error.message
    );
    let names: Vec<String> = std::mem::take(&mut *world.lookup.0.lock().unwrap());
    for name in &names {
        let covered = name == "api.example.com"
            || name == "odd.example.com"
            || name
                .strip_prefix("ec2.")
                .and_then(|rest| rest.strip_suffix(".amazonaws.com"))
                .is_some_and(|region| !region.is_empty() && !region.contains('.'));
        assert!(covered, "{url:?} led to {name:?}");
    }
    if matches!(
        error.kind,
        HttpErrorKind::Denied | HttpErrorKind::InvalidRequest
    ) {
        assert_eq!(names, [""; 0], "looked up before it was refused");
    }
}

fn request(bytes: &mut Unstructured<'_>) -> Result<Request> {
    const STARTS: [&str; 8] = [
        "",
        "https://api.example.com",
        "https://ec2.us-east-1.amazonaws.com",
        "https://odd.example.com:8443",
        "http://api.example.com",
        "https://user@api.example.com",
        "https://ec2.",
        "https://",
    ];
    let start = *bytes.choose(&STARTS)?;
    let mut auth = Vec::new();
    for _ in 0..bytes.int_in_range(0..=2)? {
        auth.push(match bytes.int_in_range(0..=5)? {
            0 => Auth::Bearer(text(bytes)?),
            1 => Auth::Sigv4(Sigv4 {
                credential: text(bytes)?,
                service: text(bytes)?,
                region: text(bytes)?,
            }),
            2 => Auth::Sigv4(Sigv4 {
                credential: "aws".to_owned(),
                service: "ec2".to_owned(),
                region: text(bytes)?,
            }),
            3 => Auth::Basic(text(bytes)?),
            4 => Auth::Header(HeaderAuth {
                header: text(bytes)?,
                credential: text(bytes)?,
            }),
            _ => Auth::Query(QueryAuth {
                parameter: text(bytes)?,
                credential: text(bytes)?,
            }),
        });
    }
    let mut headers = Vec::new();
    for _ in 0..bytes.int_in_range(0..=3)? {
        headers.push(Header {
            name: text(bytes)?,
            value: text(bytes)?,
        });
    }
    Ok(Request {
        method: *bytes.choose(&[Method::Get, Method::Head, Method::Post, Method::Delete])?,
        headers,
        body: None,
        auth,
        url: format!(
            "{start}{}",
            String::from_utf8_lossy(bytes.bytes(bytes.len())?)
        ),
    })
}

fn text(bytes: &mut Unstructured<'_>) -> Result<String> {
    let length = bytes.int_in_range(0..=24)?;
    Ok(String::from_utf8_lossy(bytes.bytes(length.min(bytes.len()))?).into_owned())
}
