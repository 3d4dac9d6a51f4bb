//! Recording: stores requests and responses, and changes nothing.

use super::FormatError;
use super::mask::Mask;
use super::{
    About, Body, CallResult, Exchange, FORMAT, Failure, LARGEST, Outcome, RecordedResponse,
    Recording, Request,
};
use crate::contract::cloudhost::provider::http::HttpErrorKind;
use crate::contract::cloudhost::provider::types::ErrorKind;
use crate::credentials::Facts;
use crate::egress::{self, FetchError, InterceptedRequest, Interceptor, Next};
use crate::plugin::Artifact;
use futures::future::BoxFuture;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;
use url::Url;

/// Outcome of a request that the run did not wait for.
const UNFINISHED: &str = "the recorded run ended before this was answered";

/// Records one plugin's requests and responses, the facts about credentials it got, and its results.
///
/// ```no_run
/// use cloudhost::host::{CatalogRequest, Host, HostConfig};
/// use cloudhost::recording::{Recorder, RecordingFile};
/// use std::sync::Arc;
///
/// # async fn record() -> Result<(), Box<dyn std::error::Error>> {
/// let file = RecordingFile::create("aws.jsonl".as_ref())?;
/// let recorder = Arc::new(Recorder::new());
/// let mut config = HostConfig::new("cache");
/// config.egress.interceptor = Some(recorder.clone());
/// config.catalog_dir = Some("recorded-catalogs".into());
/// let aws = Host::new(config)?.provider("aws").await?;
/// // A failure is recorded too.
/// let catalog = aws.catalog(&CatalogRequest::default()).await;
/// file.commit(&recorder.finish(aws.artifact(), Vec::new())?)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Recorder {
    began: Timestamp,
    salt: String,
    mask: Mask,
    /// Size limit, in bytes.
    most: u64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    credentials: BTreeMap<String, Facts>,
    /// By time of the request: responses arrive in any order.
    exchanges: BTreeMap<u64, Exchange>,
    results: Vec<CallResult>,
    requests: u64,
    bytes: u64,
}

impl Recorder {
    /// Starts a recording at the current time. For plugins, the clock stands still from now on.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        // No secret: it only has to be different for each recording.
        let salt = format!("{:016x}", RandomState::new().hash_one(()));
        Self {
            began: crate::clock::timestamp(),
            mask: Mask::new(&salt),
            salt,
            most: LARGEST,
            state: Mutex::default(),
        }
    }

    /// Start of the recording.
    pub fn began(&self) -> Timestamp {
        self.began
    }

    /// Ends the recording, and returns the requests and results of this plugin in a run with these arguments. Requests
    /// without a response are recorded as interrupted.
    ///
    /// An account is recorded only if a request contains it: then the plugin has it from the user's configuration, and
    /// will use it again.
    ///
    /// # Errors
    /// [`FormatError::TooLarge`] if it would exceed [`LARGEST`].
    pub fn finish(&self, plugin: &Artifact, args: Vec<String>) -> Result<Recording, FormatError> {
        let manifest = &plugin.manifest;
        let of = [
            manifest.name.clone(),
            manifest.version.clone(),
            plugin.digest.to_string(),
        ];
        self.finish_of(of, args)
    }

    /// Same as [`Self::finish`], with name, version and digest of the plugin.
    pub(super) fn finish_of(
        &self,
        [plugin, version, digest]: [String; 3],
        args: Vec<String>,
    ) -> Result<Recording, FormatError> {
        let state = std::mem::take(&mut *self.state());
        if state.bytes > self.most {
            return Err(FormatError::TooLarge);
        }
        let exchanges: Vec<Exchange> = state.exchanges.into_values().collect();
        let mut credentials = state.credentials;
        for facts in credentials.values_mut() {
            facts.account = facts.account.take().filter(|account| {
                let mut requests = exchanges.iter().map(|exchange| &exchange.request);
                requests.any(|request| request.names(account))
            });
        }
        Ok(Recording {
            about: About {
                format: FORMAT,
                plugin,
                version,
                digest,
                recorded_at: self.began,
                salt: self.salt.clone(),
                args,
            },
            credentials,
            exchanges,
            results: state.results,
        })
    }

    /// Records a request, which is interrupted until it has an outcome, and returns its number.
    pub(super) fn begins(&self, request: Request) -> u64 {
        let failure = Failure {
            kind: HttpErrorKind::Interrupted,
            message: UNFINISHED.to_owned(),
        };
        let outcome = Outcome::Error(failure);
        let mut state = self.state();
        state.requests += 1;
        let number = state.requests;
        let exchange = Exchange { request, outcome };
        if self.has_room(&mut state, exchange.request.size()) {
            state.exchanges.insert(number, exchange);
        }
        number
    }

    /// Records the outcome of a request.
    pub(super) fn ends(&self, number: u64, outcome: Outcome) {
        let mut state = self.state();
        if self.has_room(&mut state, outcome.size())
            && let Some(exchange) = state.exchanges.get_mut(&number)
        {
            exchange.outcome = outcome;
        }
    }

    /// Reserves this many bytes. A recording that is too large is dropped as a whole.
    fn has_room(&self, state: &mut State, bytes: u64) -> bool {
        state.bytes = state.bytes.saturating_add(bytes);
        let has_room = state.bytes <= self.most;
        if !has_room {
            state.exchanges.clear();
        }
        has_room
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Interceptor for Recorder {
    fn exchange<'a>(
        &'a self,
        request: InterceptedRequest<'a>,
        next: Next<'a>,
    ) -> BoxFuture<'a, Result<egress::Response, FetchError>> {
        let number = self.begins(Request::of(&request).masked(&self.mask));
        Box::pin(async move {
            let response = next.send().await;
            let outcome = match &response {
                Ok(response) => Outcome::Response(RecordedResponse::of(response, &self.mask)),
                Err(error) => {
                    let error = error.for_plugin();
                    Outcome::Error(Failure {
                        kind: error.kind,
                        message: error.message,
                    })
                }
            };
            self.ends(number, outcome);
            response
        })
    }

    fn on_credential_facts(&self, credential: &str, facts: &Facts) {
        self.state()
            .credentials
            .insert(credential.to_owned(), facts.clone());
    }

    fn on_call_finished(&self, export: &'static str, error: Option<ErrorKind>) {
        let export = export.to_owned();
        self.state().results.push(CallResult { export, error });
    }

    fn time(&self) -> Option<SystemTime> {
        Some(self.began.into())
    }
}

#[cfg(test)]
impl Recorder {
    /// Sets a different size limit.
    pub(super) fn keeping(mut self, most: u64) -> Self {
        self.most = most;
        self
    }

    /// Records an exchange.
    pub(super) fn notes(&self, exchange: Exchange) {
        let number = self.begins(exchange.request.masked(&self.mask));
        self.ends(number, exchange.outcome);
    }
}

impl Outcome {
    /// Approximate number of bytes received.
    fn size(&self) -> u64 {
        let received = match self {
            Self::Response(response) => response.body.0.len(),
            Self::Error(failure) => failure.message.len(),
        };
        received as u64
    }
}

impl Request {
    /// Converts the request as the plugin made it.
    pub fn of(request: &InterceptedRequest<'_>) -> Self {
        let field = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
            let value = String::from_utf8_lossy(value.as_bytes());
            (name.to_string(), value.into_owned())
        };
        Self {
            method: request.method.to_string(),
            url: request.url.to_string(),
            headers: request.headers.iter().map(field).collect(),
            body: request.body.map(|body| Body(body.to_vec())),
            credential: request.credential.map(str::to_owned),
            read_only: request.reads,
        }
    }

    /// Masks the request for recording and lookup.
    pub(crate) fn masked(mut self, mask: &Mask) -> Self {
        if let Ok(url) = Url::parse(&self.url) {
            self.url = mask.url(&url);
        }
        for (name, value) in &mut self.headers {
            *value = mask.field(name, value);
        }
        self
    }

    /// Approximate number of bytes sent.
    fn size(&self) -> u64 {
        let body = self.body.as_ref().map_or(0, |body| body.0.len());
        (self.url.len() + body) as u64
    }

    /// Searches for this text in the URL and the body.
    fn names(&self, text: &str) -> bool {
        let body = self
            .body
            .as_ref()
            .map(|body| String::from_utf8_lossy(&body.0));
        self.url.contains(text) || body.is_some_and(|body| body.contains(text))
    }
}

impl RecordedResponse {
    fn of(response: &egress::Response, mask: &Mask) -> Self {
        let field = |header: &crate::contract::cloudhost::provider::http::Header| {
            let name = header.name.to_lowercase();
            let value = mask.field(&name, &header.value);
            (name, value)
        };
        Self {
            status: response.status,
            headers: response.headers.iter().map(field).collect(),
            body: Body(response.body.clone()),
        }
    }
}
