//! Replaying: returns recorded responses, and sends nothing.

use super::mask::Mask;
use super::{About, Outcome, Recording, Request};
use crate::credentials::Facts;
use crate::egress::{self, FetchError, InterceptedRequest, Interceptor, Next};
use futures::future::BoxFuture;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

/// Returns responses from a recording. A request that is not in it is [`FetchError::NotRecorded`], which ends the call
/// of the plugin, even if the plugin ignores the error. Nothing is ever sent.
///
/// Equal requests get their responses in the order of the recording. The last response is repeated.
///
/// ```no_run
/// use cloudhost::host::{CatalogRequest, Host, HostConfig};
/// use cloudhost::recording::{Recording, Replay};
/// use std::sync::Arc;
///
/// # async fn replay() -> Result<(), Box<dyn std::error::Error>> {
/// let recording = Recording::read("aws.jsonl".as_ref())?;
/// let mut config = HostConfig::new("cache");
/// config.replay(Arc::new(Replay::new(recording, "make record")), "replayed".as_ref());
/// let provider = Host::new(config)?.provider("aws").await?;
/// let catalog = provider.catalog(&CatalogRequest::default()).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Replay {
    about: About,
    credentials: BTreeMap<String, Facts>,
    outcomes: Mutex<HashMap<Request, Outcomes>>,
    mask: Mask,
    again: String,
}

/// Outcomes of equal requests.
#[derive(Debug, Default)]
struct Outcomes {
    all: Vec<Outcome>,
    next: usize,
}

impl Outcomes {
    fn next(&mut self) -> Option<Outcome> {
        let found = self.all.get(self.next).or(self.all.last()).cloned();
        self.next += 1;
        found
    }
}

impl Replay {
    /// Replays a recording. `again` describes how to record it again, for
    /// [`Remedy::RecordAgain`](crate::Remedy::RecordAgain).
    pub fn new(recording: Recording, again: impl Into<String>) -> Self {
        let mut outcomes: HashMap<Request, Outcomes> = HashMap::new();
        let mask = Mask::new(&recording.about.salt);
        for exchange in recording.exchanges {
            // A recording written by hand need not be masked.
            let request = exchange.request.masked(&mask);
            let of = outcomes.entry(request).or_default();
            of.all.push(exchange.outcome);
        }
        Self {
            about: recording.about,
            credentials: recording.credentials,
            outcomes: Mutex::new(outcomes),
            mask,
            again: again.into(),
        }
    }

    /// Metadata of the recording.
    pub fn about(&self) -> &About {
        &self.about
    }

    pub(super) fn outcome(
        &self,
        intercepted: &InterceptedRequest<'_>,
    ) -> Result<egress::Response, FetchError> {
        let request = Request::of(intercepted).masked(&self.mask);
        let mut outcomes = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
        let outcome = outcomes.get_mut(&request).and_then(Outcomes::next);
        drop(outcomes);
        tracing::debug!(
            target: "cloudhost::egress",
            plugin = intercepted.plugin,
            method = request.method,
            url = request.url,
            recorded = outcome.is_some(),
            "replayed"
        );
        match outcome {
            Some(Outcome::Response(response)) => Ok(response.into()),
            Some(Outcome::Error(failure)) => Err(FetchError::Recorded {
                kind: failure.kind,
                message: failure.message,
            }),
            None => Err(FetchError::NotRecorded {
                what: request.shown(),
                again: self.again.clone(),
            }),
        }
    }
}

impl Interceptor for Replay {
    fn exchange<'a>(
        &'a self,
        request: InterceptedRequest<'a>,
        _never: Next<'a>,
    ) -> BoxFuture<'a, Result<egress::Response, FetchError>> {
        Box::pin(std::future::ready(self.outcome(&request)))
    }

    /// Returns the recorded facts of a credential. One without any is not configured.
    fn facts(&self, credential: &str) -> Option<Facts> {
        Some(
            self.credentials
                .get(credential)
                .cloned()
                .unwrap_or_default(),
        )
    }

    fn time(&self) -> Option<SystemTime> {
        Some(self.about.recorded_at.into())
    }
}

impl Request {
    /// Formats method, URL and the beginning of the body, for messages.
    pub fn shown(&self) -> String {
        let (method, url) = (&self.method, &self.url);
        match &self.body {
            None => format!("{method} {url}"),
            Some(body) => {
                let body = crate::contract::escape_untrusted(&String::from_utf8_lossy(&body.0));
                format!("{method} {url} with the body `{body}`")
            }
        }
    }
}

impl From<super::RecordedResponse> for egress::Response {
    fn from(response: super::RecordedResponse) -> Self {
        let header =
            |(name, value)| crate::contract::cloudhost::provider::http::Header { name, value };
        Self {
            status: response.status,
            headers: response.headers.into_iter().map(header).collect(),
            body: response.body.0,
        }
    }
}
