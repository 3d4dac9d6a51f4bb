//! A stand-in for Lambda Cloud, for which no emulator exists.
//!
//! It is built from the published OpenAPI description of the Lambda Cloud API, version 1.10.0: the paths
//! `/api/v1/instance-types`, `/regions` and `/images`, those of instances, file systems and SSH keys, whose rules
//! `lambda_account.rs` names, the format of their responses and errors, the key as a bearer token or as the user name of
//! basic authentication, and the limits of one request per second and one launch per 12 seconds
//! ([`LambdaCloud::hold_rate`]). That description has no error code for 429, so the stand-in sends it without a body.
//! `tests/python/lambda_client.py` reads and changes the stand-in with a client from PyPI, which is generated from that
//! description.
//!
//! Responses that are lost, late or held are no rules of the cloud but of networks.

use std::io::{self, BufReader};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use serde_json::{Value, json};

use crate::door::{ListenerGuard, Stop};
use crate::http::{self, Message};
use crate::lambda_account::{Account, LambdaInstance, LambdaResource, LambdaSettings, Outcome};
use crate::lambda_content::Content;
use crate::lock;

/// The key that the stand-in accepts. It must not appear in any output.
pub const LAMBDA_KEY: &str = "secret_test_5d41402abc4b2a76b9719d911017c592";

/// Shortest time between two requests, and between two launches. 20 ms are allowed for the network.
const REQUEST_PAUSE: Duration = Duration::from_millis(980);
const LAUNCH_PAUSE: Duration = Duration::from_millis(11_980);
const LAUNCH: &str = "/instance-operations/launch";

/// Fault that replaces a response.
#[derive(Clone, Debug)]
pub enum LambdaFault {
    /// 401 `global/invalid-api-key`.
    InvalidKey,
    /// 403 `global/account-inactive`.
    AccountInactive,
    /// 429, with `Retry-After` in seconds if it is given.
    RateLimited(Option<u64>),
    /// This status and body.
    Answer(u16, String),
    /// No response while the client waits.
    Hang,
    /// The connection closes without a response, and nothing happens.
    Drop,
    /// The connection closes without a response, after the effect.
    LostAfter,
    /// This status and code, with a message; nothing happens.
    Error(u16, &'static str),
    /// This status and code, with a message, after the effect.
    ErrorAfter(u16, &'static str),
    /// The effect comes late, even if the client has gone.
    LateRequest(Duration),
    /// The response comes late, after the effect.
    LateResponse(Duration),
    /// Nothing happens until [`LambdaCloud::release`] or [`LambdaCloud::drop_held`].
    HoldBefore,
    /// The effect happens, and there is no response until [`LambdaCloud::release`] or [`LambdaCloud::drop_held`].
    HoldAfter,
}

/// A request as the stand-in received it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LambdaRequest {
    /// Method.
    pub method: String,
    /// Path below `/api/v1`, such as `/instance-types`.
    pub path: String,
    /// Body; `Null` if it is none or not JSON.
    pub body: Value,
    /// Time since the start of the stand-in.
    pub at: Duration,
    /// Status of the response; `None` if there was none.
    pub status: Option<u16>,
    /// The request changed something.
    pub effect: bool,
}

/// A Lambda Cloud on loopback, with one thread per connection. Dropping it stops the server.
#[derive(Debug)]
pub struct LambdaCloud {
    shared: Arc<Shared>,
    door: ListenerGuard,
}

#[derive(Debug)]
struct Shared {
    content: Mutex<Content>,
    account: Mutex<Account>,
    faults: Mutex<Vec<Rule>>,
    requests: Mutex<Vec<LambdaRequest>>,
    /// Held requests: number, what the test decided of the last ones, and how many decisions there were.
    held: Mutex<Held>,
    held_changed: Condvar,
    last_launch: Mutex<Option<Duration>>,
    hold_rate: AtomicBool,
    /// Time that the test let pass.
    passed: Mutex<Duration>,
    stop: Stop,
    epoch: Instant,
}

/// A fault, and the requests that it breaks.
#[derive(Debug)]
struct Rule {
    /// Path, or method and path; `None` is every request.
    of: Option<String>,
    fault: LambdaFault,
    /// Requests that pass before.
    skip: usize,
    /// Requests that break after that.
    left: usize,
}

#[derive(Debug, Default)]
struct Held {
    waiting: usize,
    decisions: usize,
    drop: bool,
}

impl LambdaCloud {
    /// Starts a cloud with seven types and five regions; see [`LambdaCloud::content`].
    ///
    /// # Errors
    ///
    /// No port is available.
    pub fn start() -> io::Result<Self> {
        let shared = Arc::new(Shared {
            content: Mutex::default(),
            account: Mutex::default(),
            faults: Mutex::default(),
            requests: Mutex::default(),
            held: Mutex::default(),
            held_changed: Condvar::new(),
            last_launch: Mutex::default(),
            hold_rate: AtomicBool::new(false),
            passed: Mutex::default(),
            stop: Stop::default(),
            epoch: Instant::now(),
        });
        let served = Arc::clone(&shared);
        let door = ListenerGuard::open(&shared.stop, move |client| served.serve(client))?;
        Ok(Self { shared, door })
    }

    /// Its URL without a path.
    pub fn url(&self) -> String {
        self.door.url()
    }

    /// Changes its content.
    pub fn content(&self, change: impl FnOnce(&mut Content)) -> &Self {
        change(&mut lock(&self.shared.content));
        self
    }

    /// Breaks every request of this path, such as `/regions`, or of all paths.
    pub fn fail(&self, path: Option<&str>, fault: LambdaFault) -> &Self {
        self.fail_times(path, fault, usize::MAX)
    }

    /// Breaks this many requests of the path.
    pub fn fail_times(&self, path: Option<&str>, fault: LambdaFault, times: usize) -> &Self {
        self.add(path, fault, 0, times)
    }

    /// Breaks the `nth` request from now on, counted from 1, of a path, of a method and path such as
    /// `POST /instance-operations/launch`, or of all.
    pub fn fault(&self, of: Option<&str>, nth: usize, fault: LambdaFault) -> &Self {
        self.add(of, fault, nth.saturating_sub(1), 1)
    }

    fn add(&self, of: Option<&str>, fault: LambdaFault, skip: usize, left: usize) -> &Self {
        lock(&self.shared.faults).push(Rule {
            of: of.map(str::to_owned),
            fault,
            skip,
            left,
        });
        self
    }

    /// Removes all faults.
    pub fn heal(&self) -> &Self {
        lock(&self.shared.faults).clear();
        self
    }

    /// Responds 429 to a request less than a second after the previous one, and to a launch less than 12 seconds after the
    /// previous one, as the real cloud does.
    pub fn hold_rate(&self) -> &Self {
        self.shared.hold_rate.store(true, Ordering::Relaxed);
        self
    }

    /// Lets time pass for the rates and the header `Date`.
    pub fn pass(&self, time: Duration) -> &Self {
        *lock(&self.shared.passed) += time;
        self
    }

    /// Changes lag, passing states and quota.
    pub fn set(&self, settings: LambdaSettings) -> &Self {
        lock(&self.shared.account).settings = settings;
        self
    }

    /// Forgets all instances, file systems, keys, requests and faults.
    pub fn reset(&self) -> &Self {
        lock(&self.shared.account).reset();
        lock(&self.shared.requests).clear();
        *lock(&self.shared.last_launch) = None;
        self.heal()
    }

    /// Returns all instances, with those that have ended.
    pub fn instances(&self) -> Vec<LambdaInstance> {
        lock(&self.shared.account).instances.clone()
    }

    /// Returns all file systems.
    pub fn file_systems(&self) -> Vec<LambdaResource> {
        lock(&self.shared.account).file_systems.clone()
    }

    /// Returns all SSH keys.
    pub fn ssh_keys(&self) -> Vec<LambdaResource> {
        lock(&self.shared.account).ssh_keys.clone()
    }

    /// Carries a request out at once, without faults, lag, rates and log, and returns the data of the response. What it
    /// makes is foreign.
    ///
    /// # Errors
    ///
    /// The cloud refused it. The message has the code.
    pub fn by_another_hand(&self, method: &str, path: &str, body: &Value) -> io::Result<Value> {
        let content = lock(&self.shared.content).clone();
        let mut account = lock(&self.shared.account);
        account.foreign = true;
        let outcome = account.act(method, path, body, &content);
        account.foreign = false;
        match outcome {
            Some(Ok((data, _))) => Ok(data),
            Some(Err(refused)) => Err(io::Error::other(refused.code)),
            None => Err(io::Error::other(format!("unknown request {method} {path}"))),
        }
    }

    /// Changes the status of an instance at once: `unhealthy`, `preempted`, `terminated`.
    pub fn set_status(&self, id: &str, status: &str) -> &Self {
        lock(&self.shared.account).set_status(id, status);
        self
    }

    /// Waits until a request is held.
    ///
    /// # Errors
    ///
    /// None was within `limit`.
    pub fn wait_for_held(&self, limit: Duration) -> io::Result<()> {
        let held = lock(&self.shared.held);
        let wait = self
            .shared
            .held_changed
            .wait_timeout_while(held, limit, |held| held.waiting == 0);
        let (held, _) = wait.unwrap_or_else(PoisonError::into_inner);
        match held.waiting {
            0 => Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "no request is held",
            )),
            _ => Ok(()),
        }
    }

    /// Lets all held requests go on.
    pub fn release(&self) -> &Self {
        self.decide(false)
    }

    /// Closes the connections of all held requests. What was held before its effect has none.
    pub fn drop_held(&self) -> &Self {
        self.decide(true)
    }

    fn decide(&self, drop: bool) -> &Self {
        let mut held = lock(&self.shared.held);
        held.drop = drop;
        held.decisions += 1;
        held.waiting = 0;
        self.shared.held_changed.notify_all();
        self
    }

    /// Returns all requests in order of arrival.
    pub fn requests(&self) -> Vec<LambdaRequest> {
        lock(&self.shared.requests).clone()
    }

    /// Returns the paths of all requests in order of arrival.
    pub fn paths(&self) -> Vec<String> {
        let requests = self.requests().into_iter();
        requests.map(|request| request.path).collect()
    }
}

impl Shared {
    fn serve(&self, mut client: TcpStream) -> io::Result<()> {
        client.set_nodelay(true)?;
        let mut reader = BufReader::new(client.try_clone()?);
        while let Some(request) = Message::read(&mut reader)? {
            let mut words = request.start.split(' ');
            let mut word = || words.next().unwrap_or_default();
            let (method, target) = (word().to_owned(), word());
            let path = target.split('?').next().unwrap_or_default();
            let path = path.strip_prefix("/api/v1").unwrap_or(path).to_owned();
            let mut seen = LambdaRequest {
                method,
                path,
                body: serde_json::from_slice(&request.body).unwrap_or_default(),
                at: self.now(),
                status: None,
                effect: false,
            };
            let (number, previous) = {
                let mut requests = lock(&self.requests);
                let previous = requests.last().map(|last| last.at);
                requests.push(seen.clone());
                (requests.len() - 1, previous)
            };
            let response = self.respond(&request, &mut seen, previous);
            seen.status = response.as_ref().ok().and_then(Message::status);
            // A reset may have come between.
            if let Some(entry) = lock(&self.requests).get_mut(number) {
                *entry = seen;
            }
            match response {
                Ok(mut response) => {
                    // The time that the test let pass is the time of the cloud.
                    let now = SystemTime::now() + *lock(&self.passed);
                    let date = ("Date".to_owned(), http::date(now));
                    response.headers.push(date);
                    response.write(&mut client)?;
                }
                Err(LambdaFault::Hang) => return self.stop.hang(&mut client),
                Err(_) => return Ok(()),
            }
        }
        Ok(())
    }

    fn now(&self) -> Duration {
        self.epoch.elapsed() + *lock(&self.passed)
    }

    /// Returns the response to a request, or the fault that leaves it without one.
    fn respond(
        &self,
        request: &Message,
        seen: &mut LambdaRequest,
        previous: Option<Duration>,
    ) -> Result<Message, LambdaFault> {
        let fault = self.fault(&seen.method, &seen.path);
        let dropped = || Err(LambdaFault::Drop);
        match fault {
            None => Ok(self.carry_out(request, seen, previous)),
            Some(LambdaFault::InvalidKey) => Ok(invalid_key()),
            Some(LambdaFault::AccountInactive) => Ok(account_inactive()),
            Some(LambdaFault::RateLimited(seconds)) => Ok(rate_limited(seconds)),
            Some(LambdaFault::Answer(status, body)) => Ok(whole(status, body)),
            Some(LambdaFault::Error(status, code)) => {
                Ok(error(status, code, "Made by a test.", Some("Try again.")))
            }
            Some(LambdaFault::ErrorAfter(status, code)) => {
                self.carry_out(request, seen, previous);
                Ok(error(status, code, "Made by a test.", Some("Try again.")))
            }
            Some(fault @ (LambdaFault::Hang | LambdaFault::Drop)) => Err(fault),
            Some(LambdaFault::LostAfter) => {
                self.carry_out(request, seen, previous);
                dropped()
            }
            Some(LambdaFault::LateRequest(time)) => {
                thread::sleep(time);
                Ok(self.carry_out(request, seen, previous))
            }
            Some(LambdaFault::LateResponse(time)) => {
                let response = self.carry_out(request, seen, previous);
                thread::sleep(time);
                Ok(response)
            }
            Some(LambdaFault::HoldBefore) if self.is_dropped() => dropped(),
            Some(LambdaFault::HoldBefore) => Ok(self.carry_out(request, seen, previous)),
            Some(LambdaFault::HoldAfter) => {
                let response = self.carry_out(request, seen, previous);
                if self.is_dropped() {
                    return dropped();
                }
                Ok(response)
            }
        }
    }

    /// Waits until the test decides on the held requests, and returns true if it drops them.
    fn is_dropped(&self) -> bool {
        let mut held = lock(&self.held);
        held.waiting += 1;
        let decisions = held.decisions;
        self.held_changed.notify_all();
        let wait = self
            .held_changed
            .wait_while(held, |held| held.decisions == decisions);
        wait.unwrap_or_else(PoisonError::into_inner).drop
    }

    /// Responds without faults.
    fn carry_out(
        &self,
        request: &Message,
        seen: &mut LambdaRequest,
        previous: Option<Duration>,
    ) -> Message {
        if self.hold_rate.load(Ordering::Relaxed) && self.is_too_fast(seen, previous) {
            return rate_limited(Some(1));
        }
        if !is_authorized(request.header("authorization").unwrap_or_default()) {
            return invalid_key();
        }
        let content = lock(&self.content).clone();
        let read = || Some(Ok((content.at(&seen.path)?, false)));
        let outcome: Option<Outcome> = match seen.method.as_str() {
            "GET" => read(),
            _ => None,
        };
        let act = || lock(&self.account).act(&seen.method, &seen.path, &seen.body, &content);
        match outcome.or_else(act) {
            Some(Ok((data, effect))) => {
                seen.effect = effect;
                if effect && seen.path == LAUNCH {
                    *lock(&self.last_launch) = Some(seen.at);
                }
                whole(200, json!({ "data": data }).to_string())
            }
            Some(Err(refused)) => error(
                refused.status,
                refused.code,
                &refused.message,
                refused.suggestion,
            ),
            None => error(
                404,
                "global/not-found",
                "The requested resource was not found.",
                None,
            ),
        }
    }

    fn is_too_fast(&self, seen: &LambdaRequest, previous: Option<Duration>) -> bool {
        let since = |last: Duration| seen.at.saturating_sub(last);
        let launched = *lock(&self.last_launch);
        previous.is_some_and(|last| since(last) < REQUEST_PAUSE)
            || (seen.path == LAUNCH && launched.is_some_and(|last| since(last) < LAUNCH_PAUSE))
    }

    /// Returns the fault of a request. The rule that was added first wins; each counts the requests that it is about.
    fn fault(&self, method: &str, path: &str) -> Option<LambdaFault> {
        let mut found = None;
        for rule in lock(&self.faults).iter_mut() {
            let of = rule.of.as_deref();
            if !of.is_none_or(|of| of == path || of.split_once(' ') == Some((method, path))) {
                continue;
            }
            if rule.skip > 0 {
                rule.skip -= 1;
            } else if found.is_none() && rule.left > 0 {
                rule.left -= 1;
                found = Some(rule.fault.clone());
            }
        }
        found
    }
}

/// Accepts `Bearer KEY`, `Basic KEY`, and `Basic` with `KEY:` in base64.
fn is_authorized(authorization: &str) -> bool {
    // base64 of `LAMBDA_KEY` and a colon.
    const BASIC: &str = "c2VjcmV0X3Rlc3RfNWQ0MTQwMmFiYzRiMmE3NmI5NzE5ZDkxMTAxN2M1OTI6";
    match authorization.split_once(' ') {
        Some(("Bearer", key)) => key == LAMBDA_KEY,
        Some(("Basic", key)) => key == BASIC || key == LAMBDA_KEY,
        _ => false,
    }
}

fn invalid_key() -> Message {
    let message = "API key was invalid, expired, or deleted.";
    let suggestion = "Check your API key or create a new one, then try again.";
    error(401, "global/invalid-api-key", message, Some(suggestion))
}

fn account_inactive() -> Message {
    let suggestion = "Make sure you have verified your email address and have a valid payment method. Contact Support if problems continue.";
    let message = "Your account is inactive.";
    error(403, "global/account-inactive", message, Some(suggestion))
}

fn rate_limited(seconds: Option<u64>) -> Message {
    let header = seconds.map(|seconds| ("Retry-After".to_owned(), seconds.to_string()));
    Message::answer(429, header.into_iter().collect(), Vec::new())
}

fn error(status: u16, code: &str, message: &str, suggestion: Option<&str>) -> Message {
    let mut error = json!({ "code": code, "message": message });
    if let (Some(suggestion), Value::Object(fields)) = (suggestion, &mut error) {
        fields.insert("suggestion".to_owned(), suggestion.into());
    }
    whole(status, json!({ "error": error }).to_string())
}

fn whole(status: u16, body: String) -> Message {
    let kind = ("Content-Type".to_owned(), "application/json".to_owned());
    Message::answer(status, vec![kind], body.into_bytes())
}
