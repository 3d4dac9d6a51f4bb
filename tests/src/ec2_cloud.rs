//! A stand-in for EC2 whose changes behave as the real ones do: moto behind rules, lags, passing states and faults.
//!
//! `tests/python/ec2_stand_in/__init__.py` names each behaviour and the published rule that it follows. This side sets
//! the faults, and reads what was asked and what exists.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::http::{self, Message};
use crate::moto::images;
use crate::python;
use crate::server::Server;

/// A running stand-in. It stops when this value is dropped or the owning process dies.
#[derive(Debug)]
pub struct Ec2Cloud {
    server: Server,
}

/// Time or number of calls for which something is not known, or still listed. The longer of the two counts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Ec2Lag {
    /// Number of lists.
    pub calls: Option<u32>,
    /// Seconds.
    pub seconds: Option<f64>,
}

impl Ec2Lag {
    /// No lag at all.
    pub const NONE: Self = Self::calls(0);
    /// A lag without an end.
    pub const EVER: Self = Self {
        calls: None,
        seconds: None,
    };

    /// A lag of this many lists.
    pub const fn calls(calls: u32) -> Self {
        Self {
            calls: Some(calls),
            seconds: None,
        }
    }

    /// A lag of this many seconds, which [`Ec2Cloud::pass`] can let pass.
    pub const fn seconds(seconds: f64) -> Self {
        Self {
            calls: None,
            seconds: Some(seconds),
        }
    }
}

/// Behaviour of the stand-in.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ec2Settings {
    /// New resources are unknown.
    pub lag: Ec2Lag,
    /// New tags are unknown to filters.
    pub tag_lag: Ec2Lag,
    /// Deleted resources are listed.
    pub gone_lag: Ec2Lag,
    /// Terminated instances are listed.
    pub terminated: Ec2Lag,
    /// The lag is one of changes, too.
    pub commands_lag: bool,
    /// Number of lists that show each passing state.
    pub polls: u32,
    /// Number of lists that show the old state after a change.
    pub stale_polls: u32,
    /// Launches left, by zone (`us-east-1a`) or type in a zone (`us-east-1a/t3.micro`).
    pub capacity: BTreeMap<String, u32>,
    /// Limits of a region: `vcpus`, `spot_vcpus`, `instances`, `volumes`.
    pub quota: BTreeMap<String, u32>,
    /// Actions that the credential must not carry out.
    pub deny: Vec<String>,
    /// Token buckets by action.
    pub rates: BTreeMap<String, Ec2Rate>,
    /// Seconds for which a client token is remembered. `None`: for ever.
    pub token_seconds: Option<f64>,
    /// A token that is used with other parameters gives the first resource, instead of `IdempotentParameterMismatch`.
    pub loose_tokens: bool,
}

/// A token bucket.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Ec2Rate {
    /// Number of requests at once.
    pub size: u32,
    /// Requests per second after that.
    pub refill: f64,
}

impl Default for Ec2Settings {
    /// One list of lag, two for tags, one poll for each state; no limits.
    fn default() -> Self {
        Self {
            lag: Ec2Lag::calls(1),
            tag_lag: Ec2Lag::calls(2),
            gone_lag: Ec2Lag::calls(1),
            terminated: Ec2Lag::EVER,
            commands_lag: false,
            polls: 1,
            stale_polls: 0,
            capacity: BTreeMap::new(),
            quota: BTreeMap::new(),
            deny: Vec::new(),
            rates: BTreeMap::new(),
            token_seconds: None,
            loose_tokens: false,
        }
    }
}

impl Ec2Settings {
    /// Everything happens at once.
    pub fn at_once() -> Self {
        Self {
            lag: Ec2Lag::NONE,
            tag_lag: Ec2Lag::NONE,
            gone_lag: Ec2Lag::NONE,
            polls: 0,
            ..Self::default()
        }
    }
}

/// Fault of one call.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Ec2Fault {
    /// The connection closes without a response, and nothing happens.
    LostBefore,
    /// The connection closes without a response, after the effect.
    LostAfter,
    /// The connection closes in the middle of the response, after the effect.
    Cut,
    /// The effect comes late, even if the client has gone.
    LateRequest {
        /// Seconds.
        seconds: f64,
    },
    /// The response comes late, after the effect.
    LateResponse {
        /// Seconds.
        seconds: f64,
    },
    /// Nothing happens until [`Ec2Cloud::release`] or [`Ec2Cloud::drop_held`].
    HoldBefore,
    /// The effect happens, and there is no response until [`Ec2Cloud::release`] or [`Ec2Cloud::drop_held`].
    HoldAfter,
    /// An error, with the status that EC2 has for its code.
    Error {
        /// Code, such as `RequestLimitExceeded`.
        code: String,
        /// The request takes effect all the same.
        effect: bool,
    },
    /// The key of this request has expired, from this request on.
    Expire,
}

impl Ec2Fault {
    /// An error without an effect.
    pub fn error(code: &str) -> Self {
        Self::Error {
            code: code.to_owned(),
            effect: false,
        }
    }

    /// An error after the effect, as a server's `InternalError` can be.
    pub fn error_after(code: &str) -> Self {
        Self::Error {
            code: code.to_owned(),
            effect: true,
        }
    }
}

/// A request as the stand-in received it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Ec2Request {
    /// Its number, from 1.
    pub number: usize,
    /// Seconds since the reset.
    pub at: f64,
    /// Service that it was signed for, such as `ec2`.
    pub service: String,
    /// Region that it was signed for.
    pub region: String,
    /// Action.
    pub action: String,
    /// Its other parameters.
    pub params: BTreeMap<String, String>,
    /// Access key.
    pub key: String,
    /// Status of the response, also of a lost one; `None` if the request was lost or is under way.
    pub status: Option<u16>,
    /// Error code, or empty.
    pub error: String,
    /// The request changed something.
    pub effect: bool,
    /// It was answered from an earlier use of its client token.
    pub repeated: bool,
    /// `before` or `after` the effect, `cut` or `held`, or empty.
    pub lost: String,
}

/// A resource that was made since the reset, by moto's own view.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Ec2Resource {
    /// `instance`, `volume`, `snapshot`, `key-pair`, `security-group`, `subnet`, `vpc` or `address`.
    pub kind: String,
    /// Id; the name of a key pair.
    pub id: String,
    /// Account.
    pub account: String,
    /// Region.
    pub region: String,
    /// Zone, or empty.
    pub zone: String,
    /// Name of a key pair or security group, or empty.
    pub name: String,
    /// State that the next list shows, or empty.
    pub state: String,
    /// State that moto has, in which every change is done at once.
    pub moto_state: String,
    /// Type of an instance or volume, or empty.
    #[serde(rename = "type")]
    pub type_name: String,
    /// A spot instance.
    pub spot: bool,
    /// Client token that made it, or empty.
    pub token: String,
    /// Instances that a volume is attached to.
    pub attached_to: Vec<String>,
    /// Snapshot that a volume was made from, or empty.
    pub snapshot: String,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// Made by [`Ec2Cloud::by_another_hand`].
    pub foreign: bool,
}

impl Ec2Resource {
    /// True until the instance has ended; everything else exists as long as it is listed here.
    pub fn is_alive(&self) -> bool {
        self.moto_state != "terminated"
    }
}

impl Ec2Cloud {
    /// Starts a cloud with the default settings and the kit's images.
    ///
    /// # Errors
    ///
    /// The test environment is missing, or the server did not start.
    pub fn start() -> io::Result<Self> {
        Self::with(&Ec2Settings::default())
    }

    /// Starts a cloud with these settings and the kit's images.
    ///
    /// # Errors
    ///
    /// Same as [`Ec2Cloud::start`].
    pub fn with(settings: &Ec2Settings) -> io::Result<Self> {
        let mut command = python::script("serve_ec2.py")?;
        command.env("MOTO_AMIS_PATH", images());
        let cloud = Self {
            server: Server::start(command)?,
        };
        cloud.set(settings)?;
        Ok(cloud)
    }

    /// Its address, for a [`crate::Proxy`] before it.
    pub fn addr(&self) -> SocketAddr {
        self.server.addr()
    }

    /// Its URL, for `AWS_ENDPOINT_URL`.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr())
    }

    /// Forgets all resources, requests, tokens and faults. A test of many points resets one cloud, as a start takes
    /// seconds.
    ///
    /// # Errors
    ///
    /// The stand-in has ended.
    pub fn reset(&self, settings: &Ec2Settings) -> io::Result<()> {
        self.control("POST reset", &json!(settings))
    }

    /// Changes the settings, from now on.
    ///
    /// # Errors
    ///
    /// The stand-in has ended.
    pub fn set(&self, settings: &Ec2Settings) -> io::Result<()> {
        self.control("POST settings", &json!(settings))
    }

    /// Breaks the `nth` call of an action from now on, counted from 1. `*` is any action of any service.
    ///
    /// # Errors
    ///
    /// The stand-in has ended.
    pub fn fault(&self, action: &str, nth: usize, fault: Ec2Fault) -> io::Result<()> {
        self.fault_times(action, nth, 1, fault)
    }

    /// Breaks this many calls of an action, from the `nth` on.
    ///
    /// # Errors
    ///
    /// The stand-in has ended.
    pub fn fault_times(
        &self,
        action: &str,
        nth: usize,
        times: usize,
        fault: Ec2Fault,
    ) -> io::Result<()> {
        let rule = json!({"action": action, "nth": nth, "times": times, "fault": fault});
        self.control("POST faults", &rule)
    }

    /// Removes all faults.
    ///
    /// # Errors
    ///
    /// The stand-in has ended.
    pub fn heal(&self) -> io::Result<()> {
        self.control("DELETE faults", &Value::Null)
    }

    /// Waits until a request is held, and returns how many are.
    ///
    /// # Errors
    ///
    /// None was within `limit`.
    pub fn wait_for_held(&self, limit: Duration) -> io::Result<usize> {
        #[derive(Deserialize)]
        struct Held {
            held: usize,
        }
        let body = json!({"seconds": limit.as_secs_f64()});
        let Held { held } = self.control("POST held", &body)?;
        if held == 0 {
            return Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "no request is held",
            ));
        }
        Ok(held)
    }

    /// Lets all held requests go on.
    ///
    /// # Errors
    ///
    /// The stand-in has ended.
    pub fn release(&self) -> io::Result<()> {
        self.control("POST release", &json!({"drop": false}))
    }

    /// Closes the connections of all held requests. What was held before its effect has none.
    ///
    /// # Errors
    ///
    /// The stand-in has ended.
    pub fn drop_held(&self) -> io::Result<()> {
        self.control("POST release", &json!({"drop": true}))
    }

    /// Lets time pass for lags, rates and tokens.
    ///
    /// # Errors
    ///
    /// The stand-in has ended.
    pub fn pass(&self, time: Duration) -> io::Result<()> {
        self.control("POST clock", &json!({"seconds": time.as_secs_f64()}))
    }

    /// Expires an access key.
    ///
    /// # Errors
    ///
    /// The stand-in has ended.
    pub fn expire(&self, key: &str) -> io::Result<()> {
        self.control("POST expire", &json!({"key": key}))
    }

    /// Forgets all client tokens, as the real cloud does in time.
    ///
    /// # Errors
    ///
    /// The stand-in has ended.
    pub fn forget_tokens(&self) -> io::Result<()> {
        self.control("POST forget", &Value::Null)
    }

    /// Returns all requests in the order of arrival.
    ///
    /// # Errors
    ///
    /// The stand-in has ended.
    pub fn requests(&self) -> io::Result<Vec<Ec2Request>> {
        self.control("GET requests", &Value::Null)
    }

    /// Returns everything that was made since the reset, in all regions and accounts.
    ///
    /// # Errors
    ///
    /// The stand-in has ended.
    pub fn resources(&self) -> io::Result<Vec<Ec2Resource>> {
        self.control("GET resources", &Value::Null)
    }

    /// Returns the instances that were made since the reset, with those that have ended.
    ///
    /// # Errors
    ///
    /// The stand-in has ended.
    pub fn instances(&self) -> io::Result<Vec<Ec2Resource>> {
        self.made("instance")
    }

    /// Returns the volumes that were made since the reset, with those of instances.
    ///
    /// # Errors
    ///
    /// The stand-in has ended.
    pub fn volumes(&self) -> io::Result<Vec<Ec2Resource>> {
        self.made("volume")
    }

    /// Returns the snapshots that were made since the reset.
    ///
    /// # Errors
    ///
    /// The stand-in has ended.
    pub fn snapshots(&self) -> io::Result<Vec<Ec2Resource>> {
        self.made("snapshot")
    }

    /// Returns what others made, to compare it with what it was before.
    ///
    /// # Errors
    ///
    /// The stand-in has ended.
    pub fn foreign(&self) -> io::Result<Vec<Ec2Resource>> {
        let mut made = self.resources()?;
        made.retain(|resource| resource.foreign);
        Ok(made)
    }

    /// Carries an action of EC2 out at once, without faults, lag, passing states and log, and returns its XML. What it
    /// makes is foreign.
    ///
    /// # Errors
    ///
    /// EC2 refused it. The message has the response.
    pub fn by_another_hand(
        &self,
        region: &str,
        action: &str,
        params: &[(&str, &str)],
    ) -> io::Result<String> {
        #[derive(Deserialize)]
        struct Called {
            status: u16,
            body: String,
        }
        let params: BTreeMap<_, _> = params.iter().copied().collect();
        let body = json!({"region": region, "action": action, "params": params});
        let called: Called = self.control("POST call", &body)?;
        match called.status {
            200 => Ok(called.body),
            status => Err(io::Error::other(format!(
                "{action}: {status} {}",
                called.body
            ))),
        }
    }

    /// Launches a foreign instance with a tag, and returns its id.
    ///
    /// # Errors
    ///
    /// Same as [`Ec2Cloud::by_another_hand`].
    pub fn foreign_instance(&self, region: &str, (key, value): (&str, &str)) -> io::Result<String> {
        let params = [
            ("ImageId", IMAGE),
            ("InstanceType", "t3.micro"),
            ("MinCount", "1"),
            ("MaxCount", "1"),
            ("TagSpecification.1.ResourceType", "instance"),
            ("TagSpecification.1.Tag.1.Key", key),
            ("TagSpecification.1.Tag.1.Value", value),
        ];
        let body = self.by_another_hand(region, "RunInstances", &params)?;
        text(&body, "instanceId")
    }

    /// Creates a foreign volume with a tag, and returns its id.
    ///
    /// # Errors
    ///
    /// Same as [`Ec2Cloud::by_another_hand`].
    pub fn foreign_volume(&self, zone: &str, (key, value): (&str, &str)) -> io::Result<String> {
        let params = [
            ("AvailabilityZone", zone),
            ("Size", "10"),
            ("TagSpecification.1.ResourceType", "volume"),
            ("TagSpecification.1.Tag.1.Key", key),
            ("TagSpecification.1.Tag.1.Value", value),
        ];
        let region = zone.trim_end_matches(|letter: char| letter.is_ascii_lowercase());
        let body = self.by_another_hand(region, "CreateVolume", &params)?;
        text(&body, "volumeId")
    }

    fn made(&self, kind: &str) -> io::Result<Vec<Ec2Resource>> {
        let mut made = self.resources()?;
        made.retain(|resource| resource.kind == kind);
        Ok(made)
    }

    /// Sends a request of the control interface, such as `POST reset`.
    fn control<T: DeserializeOwned>(&self, verb: &str, body: &Value) -> io::Result<T> {
        let (method, path) = verb.split_once(' ').unwrap_or(("GET", verb));
        let request = Message {
            start: format!("{method} /stand-in/{path} HTTP/1.1"),
            headers: vec![("Host".to_owned(), self.addr().to_string())],
            body: if body.is_null() {
                b"{}".to_vec()
            } else {
                body.to_string().into_bytes()
            },
        };
        let response = http::exchange(self.addr(), &request)?;
        if response.status() != Some(200) {
            let body = String::from_utf8_lossy(&response.body);
            return Err(io::Error::other(format!("{verb}: {body}")));
        }
        serde_json::from_slice(&response.body)
            .map_err(|error| io::Error::other(format!("{verb}: {error}")))
    }
}

/// An image of the kit, for amd64.
const IMAGE: &str = "ami-aa94c5fea00bc864f";

/// Returns the text of the first element with this name.
fn text(body: &str, name: &str) -> io::Result<String> {
    let found = body.split_once(&format!("<{name}>"));
    let found = found.and_then(|(_, rest)| rest.split_once("</"));
    let missing = || io::Error::other(format!("no {name} in {body}"));
    found.map(|(text, _)| text.to_owned()).ok_or_else(missing)
}
