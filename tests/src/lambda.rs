//! A stand-in for Lambda Cloud, for which no emulator exists.
//!
//! It is built from the published OpenAPI description of the Lambda Cloud API, version 1.10.0: the paths
//! `/api/v1/instance-types`, `/regions` and `/images`, the format of their responses and errors, the key as a bearer
//! token or as the user name of basic authentication, and one request per second ([`LambdaCloud::hold_rate`]). That
//! description has no error code for 429, so the stand-in sends it without a body. `tests/python/lambda_client.py`
//! reads the same responses with a client from PyPI.

use std::io::{self, BufReader};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::door::{ListenerGuard, Stop};
use crate::http::Message;
use crate::lambda_content::Content;
use crate::lock;

/// The key that the stand-in accepts. It must not appear in any output.
pub const LAMBDA_KEY: &str = "secret_test_5d41402abc4b2a76b9719d911017c592";

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
    /// The connection closes without a response.
    Drop,
}

/// A request as the stand-in received it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LambdaRequest {
    /// Method.
    pub method: String,
    /// Path below `/api/v1`, such as `/instance-types`.
    pub path: String,
    /// Time since the start of the stand-in.
    pub at: Duration,
    /// Status of the response; `None` if there was none.
    pub status: Option<u16>,
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
    /// Path, fault and number of requests left. The first match applies.
    faults: Mutex<Vec<(Option<String>, LambdaFault, usize)>>,
    requests: Mutex<Vec<LambdaRequest>>,
    hold_rate: AtomicBool,
    stop: Stop,
    epoch: Instant,
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
            faults: Mutex::default(),
            requests: Mutex::default(),
            hold_rate: AtomicBool::new(false),
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
        lock(&self.shared.faults).push((path.map(str::to_owned), fault, times));
        self
    }

    /// Removes all faults.
    pub fn heal(&self) -> &Self {
        lock(&self.shared.faults).clear();
        self
    }

    /// Responds 429 to a request less than a second after the previous one, as the real cloud does. 20 ms are allowed
    /// for the network.
    pub fn hold_rate(&self) -> &Self {
        self.shared.hold_rate.store(true, Ordering::Relaxed);
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
            let response = self.respond(&request, &method, &path);
            lock(&self.requests).push(LambdaRequest {
                method,
                path,
                at: self.epoch.elapsed(),
                status: response.as_ref().ok().and_then(Message::status),
            });
            match response {
                Ok(response) => response.write(&mut client)?,
                Err(LambdaFault::Hang) => return self.stop.hang(&mut client),
                Err(_) => return Ok(()),
            }
        }
        Ok(())
    }

    /// Returns the response to a request, or the fault that replaces it.
    fn respond(&self, request: &Message, method: &str, path: &str) -> Result<Message, LambdaFault> {
        if let Some(fault) = self.fault(path) {
            return match fault {
                LambdaFault::InvalidKey => Ok(invalid_key()),
                LambdaFault::AccountInactive => Ok(account_inactive()),
                LambdaFault::RateLimited(seconds) => Ok(rate_limited(seconds)),
                LambdaFault::Answer(status, body) => Ok(whole(status, body)),
                fault @ (LambdaFault::Hang | LambdaFault::Drop) => Err(fault),
            };
        }
        if self.hold_rate.load(Ordering::Relaxed) {
            let last = lock(&self.requests).last().map(|last| last.at);
            let since = last.map(|last| self.epoch.elapsed().saturating_sub(last));
            if since.is_some_and(|since| since < Duration::from_millis(980)) {
                return Ok(rate_limited(Some(1)));
            }
        }
        if !is_authorized(request.header("authorization").unwrap_or_default()) {
            return Ok(invalid_key());
        }
        let data = match method {
            "GET" => lock(&self.content).at(path),
            _ => None,
        };
        Ok(match data {
            Some(data) => whole(200, json!({ "data": data }).to_string()),
            None => error(
                404,
                "global/not-found",
                "The requested resource was not found.",
                None,
            ),
        })
    }

    fn fault(&self, path: &str) -> Option<LambdaFault> {
        let mut faults = lock(&self.faults);
        let fits = |of: &Option<String>| of.as_deref().is_none_or(|of| of == path);
        let (_, fault, left) = faults
            .iter_mut()
            .find(|(of, _, left)| fits(of) && *left > 0)?;
        *left -= 1;
        Some(fault.clone())
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
