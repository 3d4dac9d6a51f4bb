//! Requests through all checks against a server on this machine.

mod answers;
mod audit;
mod bearer;
mod changes;
mod checks;
mod hidden;
mod intercepted;
mod rates;
mod repeated;
mod schemes;
mod server;

use super::*;
use crate::audit::AuditSink;
use crate::capability::{Grant, Manifest};
use crate::contract::Digest;
use crate::contract::cloudhost::provider::http::{Auth, Header, Method, Request, Response, Sigv4};
use crate::credentials::Environment;
use futures::future::BoxFuture;
use std::io;
use std::net::IpAddr;
use std::sync::Mutex;

pub const SECRET: &str = "the-secret-key-that-nobody-may-see";
pub const TOKEN: &str = "the-session-token/that+nobody=may-see";
const REAL: &str = "https://ec2.eu-west-1.amazonaws.com/";

/// Resolves to fixed addresses and counts.
#[derive(Default)]
pub struct Dns {
    addresses: Vec<IpAddr>,
    asked: Mutex<Vec<String>>,
}

impl Lookup for Dns {
    fn lookup(&self, name: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        self.asked.lock().unwrap().push(name);
        let addresses = self.addresses.clone();
        Box::pin(async move { Ok(addresses) })
    }
}

/// A host with one plugin: its configuration can be changed before the session is made.
pub struct World {
    pub config: EgressConfig,
    pub limits: CallLimits,
    pub variables: Vec<(&'static str, String)>,
    pub dns: Arc<Dns>,
}

impl World {
    pub fn new() -> Self {
        let dns = Arc::new(Dns::default());
        let config = EgressConfig {
            lookup: dns.clone(),
            retries: Retries {
                base: Duration::from_millis(1),
                ..Retries::default()
            },
            ..EgressConfig::default()
        };
        Self {
            config,
            limits: CallLimits::default(),
            variables: vec![
                ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE".to_owned()),
                ("AWS_SECRET_ACCESS_KEY", SECRET.to_owned()),
                ("AWS_SESSION_TOKEN", TOKEN.to_owned()),
            ],
            dns,
        }
    }

    /// All requests go to this server.
    pub fn at(url: &str) -> Self {
        let mut world = Self::new();
        world
            .config
            .endpoints
            .insert("aws".to_owned(), Url::parse(url).unwrap());
        world
    }

    pub fn resolving(addresses: &[&str]) -> Self {
        let mut world = Self::new();
        world.dns = Arc::new(Dns {
            addresses: addresses.iter().map(|a| a.parse().unwrap()).collect(),
            asked: Mutex::default(),
        });
        world.config.lookup = world.dns.clone();
        world
    }

    pub fn egress(&self) -> Egress {
        let environment = Environment::new(self.variables.clone(), None);
        let credentials = Arc::new(Credentials::new(environment));
        Egress::new(self.config.clone(), credentials).unwrap()
    }

    pub fn session(&self) -> Session {
        session(&self.egress(), "aws", self.limits)
    }

    pub fn asked(&self) -> Vec<String> {
        self.dns.asked.lock().unwrap().clone()
    }
}

pub fn session(egress: &Egress, plugin: &str, limits: CallLimits) -> Session {
    session_of(egress, plugin, EC2, limits)
}

/// A session with an audit sink.
pub fn audited(egress: &Egress, limits: CallLimits, sink: Arc<dyn AuditSink>) -> Session {
    let trail = Trail::new("aws", Digest::of(b"test"), Some(sink));
    egress.session(trail, policy("aws", EC2), limits)
}

/// The manifest of the plugin.
const EC2: &str = "hosts = [\"ec2.*.amazonaws.com\"]\n\
         [[credentials]]\nname = \"aws\"\nscheme = \"sigv4\"\nservices = [\"ec2\"]\n\
         [[reads]]\nhost = \"ec2.*.amazonaws.com\"\npath = \"/\"\nform = \"Action\"\nactions = [\"DescribeRegions\"]\n\
         [[retry]]\nstatus = 400\ncode = [{ xml = \"Code\" }]\ncodes = [\"RequestLimitExceeded\"]\n";

/// A session of a plugin with this manifest.
pub fn session_of(egress: &Egress, plugin: &str, asks: &str, limits: CallLimits) -> Session {
    let trail = Trail::new(plugin, Digest::of(b"test"), None);
    egress.session(trail, policy(plugin, asks), limits)
}

/// The policy that grants everything in this manifest.
fn policy(plugin: &str, asks: &str) -> Arc<Policy> {
    let head = format!("name = {plugin:?}\nversion = \"1.0.0\"\ncontract = \"0.2.0\"\n");
    let manifest = Manifest::parse(&format!("{head}{asks}")).unwrap();
    Arc::new(Policy::new(&manifest, &Grant::all_of(&manifest)))
}

/// An anonymous GET of the real URL.
pub fn get(url: &str) -> Request {
    Request {
        method: Method::Get,
        url: url.to_owned(),
        headers: Vec::new(),
        body: None,
        auth: Vec::new(),
    }
}

/// A signed POST, as AWS's query protocol has it.
pub fn signed() -> Request {
    Request {
        method: Method::Post,
        headers: vec![Header {
            name: "Content-Type".to_owned(),
            value: "application/x-www-form-urlencoded; charset=utf-8".to_owned(),
        }],
        body: Some(b"Action=DescribeRegions&Version=2016-11-15".to_vec()),
        auth: vec![Auth::Sigv4(Sigv4 {
            credential: "aws".to_owned(),
            service: "ec2".to_owned(),
            region: "eu-west-1".to_owned(),
        })],
        ..get(REAL)
    }
}

pub fn text(response: &Response) -> String {
    String::from_utf8_lossy(&response.body).into_owned()
}
