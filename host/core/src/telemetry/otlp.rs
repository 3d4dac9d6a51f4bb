//! Spans to an OpenTelemetry collector: OTLP over HTTP, as protobuf.
//!
//! Where to, and how, is said by the variables that all programs with OpenTelemetry read: `OTEL_EXPORTER_OTLP_ENDPOINT`,
//! `OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_SERVICE_NAME` and their relatives
//! (<https://opentelemetry.io/docs/specs/otel/protocol/exporter/>). Spans leave in the background, in batches; what is
//! left leaves at the end. A collector that does not answer loses them, and holds nothing else up for long.

use super::SPANS;
use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{
    OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, SpanExporter,
    WithHttpConfig as _,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use std::env::var_os;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::registry::LookupSpan;

/// Longest time for one batch: the default of OpenTelemetry for an exporter.
const BATCH: Duration = Duration::from_secs(10);
/// Longest time for what is left at the end.
const END: Duration = Duration::from_secs(5);

/// Why spans are not exported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OtlpError {
    /// The variables name no usable collector, or TLS cannot be set up.
    #[error("spans cannot be exported: {0}")]
    Start(String),
    /// Some spans did not arrive.
    #[error("spans were not exported: {0}")]
    Lost(String),
}

impl crate::Hint for OtlpError {
    fn hint(&self) -> Option<String> {
        Some("export OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318".to_owned())
    }
}

/// An exporter. It is for [`Otlp::layer`], and must be told the end: [`Otlp::finish`].
///
/// ```no_run
/// use cloudhost::telemetry::Otlp;
/// use tracing_subscriber::layer::SubscriberExt as _;
/// use tracing_subscriber::util::SubscriberInitExt as _;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let otlp = Otlp::from_env()?;
/// tracing_subscriber::registry().with(otlp.as_ref().map(Otlp::layer)).init();
/// // ... and when the program ends:
/// otlp.map_or(Ok(()), Otlp::finish)?;
/// # Ok(())
/// # }
/// ```
pub struct Otlp {
    provider: SdkTracerProvider,
    lost: Lost,
}

/// Why the first batch that did not arrive did not. The SDK tells nobody who waits for the end.
type Lost = Arc<OnceLock<String>>;

impl Otlp {
    /// The exporter that this process's environment asks for; `None` where neither `OTEL_EXPORTER_OTLP_ENDPOINT` nor
    /// `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` is set.
    ///
    /// # Errors
    /// [`OtlpError::Start`].
    pub fn from_env() -> Result<Option<Self>, OtlpError> {
        let set = |name| var_os(name).is_some_and(|value| !value.is_empty());
        if !set(OTEL_EXPORTER_OTLP_ENDPOINT) && !set(OTEL_EXPORTER_OTLP_TRACES_ENDPOINT) {
            return Ok(None);
        }
        let failed = |error: &dyn fmt::Display| OtlpError::Start(error.to_string());
        let lost = Lost::default();
        let client = Client::new(lost.clone()).map_err(|error| failed(&error))?;
        let exporter = SpanExporter::builder().with_http().with_http_client(client);
        let exporter = exporter.build().map_err(|error| failed(&error))?;
        let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
        let mut resource = Resource::builder().with_attribute(version);
        if !set("OTEL_SERVICE_NAME") {
            resource = resource.with_service_name("cloudhost");
        }
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(resource.build());
        Ok(Some(Self {
            provider: provider.build(),
            lost,
        }))
    }

    /// What a subscriber of `tracing` needs to export the host's [spans](super), with what happened in them.
    pub fn layer<S: Subscriber + for<'s> LookupSpan<'s>>(&self) -> impl Layer<S> + use<S> {
        let targets = Targets::new()
            .with_target("cloudhost", LevelFilter::INFO)
            .with_target(SPANS, LevelFilter::DEBUG);
        tracing_opentelemetry::layer()
            .with_tracer(self.provider.tracer("cloudhost"))
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_filter(targets)
    }

    /// Exports what is left, for at most 5 seconds.
    ///
    /// # Errors
    /// [`OtlpError::Lost`].
    pub fn finish(self) -> Result<(), OtlpError> {
        let ended = self.provider.shutdown_with_timeout(END);
        ended.map_err(|error| OtlpError::Lost(error.to_string()))?;
        let lost = self.lost.get().cloned();
        lost.map_or(Ok(()), |why| Err(OtlpError::Lost(why)))
    }
}

impl fmt::Debug for Otlp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Otlp").finish_non_exhaustive()
    }
}

/// The host's own HTTP client, on the thread of the exporter.
#[derive(Debug)]
struct Client {
    http: reqwest::Client,
    runtime: tokio::runtime::Runtime,
    lost: Lost,
}

impl Client {
    fn new(lost: Lost) -> io::Result<Self> {
        let http = reqwest::Client::builder().timeout(BATCH).build();
        Ok(Self {
            http: http.map_err(io::Error::other)?,
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?,
            lost,
        })
    }

    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let answer = self.http.execute(request.try_into()?).await?;
        let mut response = Response::builder().status(answer.status());
        if let Some(headers) = response.headers_mut() {
            *headers = answer.headers().clone();
        }
        Ok(response.body(answer.bytes().await?)?)
    }
}

impl HttpClient for Client {
    // As `async_trait` writes it, without its macro. The exporter waits on a thread of its own.
    fn send_bytes<'client, 'future>(
        &'client self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'future>>
    where
        'client: 'future,
        Self: 'future,
    {
        Box::pin(async move {
            let sent = self.runtime.block_on(self.send(request));
            let why = match &sent {
                Ok(answer) if answer.status().is_success() => return sent,
                Ok(answer) => format!("the collector answered {}", answer.status()),
                Err(error) => error.to_string(),
            };
            self.lost.get_or_init(|| why);
            sent
        })
    }
}
