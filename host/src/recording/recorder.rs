//! Recording: what goes past is noted, and nothing else is done.

use super::{About, Answer, Body, Exchange, FORMAT, Failure, LARGEST, Outcome, Recording, Request};
use super::{FormatError, mask};
use crate::credentials::Facts;
use crate::egress::{self, Asked, FetchError, Interceptor, Next};
use crate::plugin::Artifact;
use futures::future::BoxFuture;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

/// Notes what one plugin asks, what it is answered, and what it is told of credentials.
///
/// ```no_run
/// use cloudhost::host::{CatalogRequest, Host, HostConfig};
/// use cloudhost::recording::{Recorder, RecordingFile};
/// use std::sync::Arc;
///
/// # async fn record() -> Result<(), Box<dyn std::error::Error>> {
/// let (file, recorder) = (RecordingFile::create("aws.jsonl".as_ref())?, Arc::new(Recorder::new()));
/// let mut config = HostConfig::new("cache");
/// config.egress.interceptor = Some(recorder.clone());
/// let provider = Host::new(config)?.provider("aws").await?;
/// recorder.runs(provider.artifact());
/// provider.catalog(&CatalogRequest::default()).await?;
/// if let Some(recording) = recorder.finish(vec!["my-program".to_owned()])? {
///     file.commit(&recording)?;
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Recorder {
    began: Timestamp,
    /// Bytes that are kept.
    most: u64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Name, version and digest of the plugin.
    plugin: Option<[String; 3]>,
    credentials: BTreeMap<String, Facts>,
    /// By when they were asked: they are answered in any order.
    exchanges: BTreeMap<u64, Exchange>,
    asked: u64,
    bytes: u64,
}

impl Recorder {
    /// Begins to record, at this time on the clock, which stands still for plugins from now on.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Self {
            began: Timestamp::now(),
            most: LARGEST,
            state: Mutex::default(),
        }
    }

    /// When the recording began.
    pub fn began(&self) -> Timestamp {
        self.began
    }

    /// Says which plugin runs.
    pub fn runs(&self, artifact: &Artifact) {
        let manifest = &artifact.manifest;
        self.is_of([
            manifest.name.clone(),
            manifest.version.clone(),
            artifact.digest.to_string(),
        ]);
    }

    pub(super) fn is_of(&self, plugin: [String; 3]) {
        self.state().plugin = Some(plugin);
    }

    /// Ends, and gives what was recorded of a run of these words; `None` where no plugin was said to run.
    ///
    /// An account is named only where a request names it: then the plugin had it from the user's configuration, and
    /// asks for it again.
    ///
    /// # Errors
    /// [`FormatError::TooLarge`] where it would be larger than [`LARGEST`].
    pub fn finish(&self, ran: Vec<String>) -> Result<Option<Recording>, FormatError> {
        let state = std::mem::take(&mut *self.state());
        if state.bytes > self.most {
            return Err(FormatError::TooLarge);
        }
        let Some([plugin, version, digest]) = state.plugin else {
            return Ok(None);
        };
        let exchanges: Vec<Exchange> = state.exchanges.into_values().collect();
        let mut credentials = state.credentials;
        for facts in credentials.values_mut() {
            facts.account = facts.account.take().filter(|account| {
                let mut requests = exchanges.iter().map(|exchange| &exchange.request);
                requests.any(|request| request.names(account))
            });
        }
        Ok(Some(Recording {
            about: About {
                format: FORMAT,
                plugin,
                version,
                digest,
                recorded_at: self.began,
                ran,
            },
            credentials,
            exchanges,
        }))
    }

    /// The number of the next request.
    fn number(&self) -> u64 {
        let mut state = self.state();
        state.asked += 1;
        state.asked
    }

    /// Keeps an exchange. Of a recording that is too large nothing is kept.
    fn keep(&self, number: u64, exchange: Exchange) {
        let mut state = self.state();
        state.bytes = state.bytes.saturating_add(exchange.size());
        if state.bytes > self.most {
            state.exchanges.clear();
        } else {
            state.exchanges.insert(number, exchange);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Interceptor for Recorder {
    fn exchange<'a>(
        &'a self,
        asked: Asked<'a>,
        next: Next<'a>,
    ) -> BoxFuture<'a, Result<egress::Answer, FetchError>> {
        let number = self.number();
        Box::pin(async move {
            let answer = next.send().await;
            let outcome = match &answer {
                Ok(answer) => Outcome::Answer(Answer::of(answer)),
                Err(error) => {
                    let told = error.for_plugin();
                    Outcome::Error(Failure {
                        kind: told.kind,
                        message: told.message,
                    })
                }
            };
            let request = Request::of(&asked);
            self.keep(number, Exchange { request, outcome });
            answer
        })
    }

    fn told(&self, credential: &str, facts: &Facts) {
        self.state()
            .credentials
            .insert(credential.to_owned(), facts.clone());
    }

    fn time(&self) -> Option<SystemTime> {
        Some(self.began.into())
    }
}

#[cfg(test)]
impl Recorder {
    /// The same with another bound.
    pub(super) fn keeping(mut self, most: u64) -> Self {
        self.most = most;
        self
    }

    /// Notes an exchange.
    pub(super) fn notes(&self, exchange: Exchange) {
        let number = self.number();
        self.keep(number, exchange);
    }
}

impl Exchange {
    /// Bytes that were sent and received, about.
    fn size(&self) -> u64 {
        let sent = self.request.body.as_ref().map_or(0, |body| body.0.len());
        let received = match &self.outcome {
            Outcome::Answer(answer) => answer.body.0.len(),
            Outcome::Error(failure) => failure.message.len(),
        };
        (self.request.url.len() + sent + received) as u64
    }
}

impl Request {
    /// The request as it is recorded and looked up.
    pub(crate) fn of(asked: &Asked<'_>) -> Self {
        let field = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
            let value = String::from_utf8_lossy(value.as_bytes());
            (name.to_string(), mask::field(name.as_str(), &value))
        };
        Self {
            method: asked.method.to_string(),
            url: mask::url(asked.url),
            headers: asked.headers.iter().map(field).collect(),
            body: asked.body.map(|body| Body(body.to_vec())),
            credential: asked.credential.map(str::to_owned),
            read_only: asked.read_only,
        }
    }

    /// Whether this text is in the URL or in the body.
    fn names(&self, text: &str) -> bool {
        let body = self
            .body
            .as_ref()
            .map(|body| String::from_utf8_lossy(&body.0));
        self.url.contains(text) || body.is_some_and(|body| body.contains(text))
    }
}

impl Answer {
    fn of(answer: &egress::Answer) -> Self {
        let field = |header: &crate::contract::cloudhost::provider::http::Header| {
            let name = header.name.to_lowercase();
            let value = mask::field(&name, &header.value);
            (name, value)
        };
        Self {
            status: answer.status,
            headers: answer.headers.iter().map(field).collect(),
            body: Body(answer.body.clone()),
        }
    }
}
