//! Export of spans to an OpenTelemetry collector: OTLP over HTTP, as protobuf.
//!
//! The standard OpenTelemetry variables configure it: `OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_HEADERS`,
//! `OTEL_SERVICE_NAME` and their relatives (<https://opentelemetry.io/docs/specs/otel/protocol/exporter/>). Spans are
//! sent in the background, in batches; the rest is sent at the end. If a collector does not respond, spans are lost,
//! and nothing else is delayed for long.

use super::SPANS;
use crate::{HasRemedy, Remedy};
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

/// Timeout for one batch: the default of OpenTelemetry for an exporter.
const BATCH: Duration = Duration::from_secs(10);
/// Timeout for the remaining spans at the end.
const END: Duration = Duration::from_secs(5);

/// Exporting spans failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OtlpError {
    /// The variables name no usable collector, or TLS cannot be set up.
    #[error("spans cannot be exported: {0}")]
    Start(String),
    /// Some spans did not reach the collector.
    #[error("spans were not exported: {0}")]
    Lost(String),
}

impl HasRemedy for OtlpError {
    fn remedy(&self) -> Option<Remedy> {
        let example = "http://127.0.0.1:4318";
        Some(Remedy::variables([(OTEL_EXPORTER_OTLP_ENDPOINT, example)]))
    }
}

/// An exporter. Install it with [`Otlp::layer`], and end it with [`Otlp::finish`].
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

/// Error of the first failed batch. The SDK does not return it at the end.
type Lost = Arc<OnceLock<String>>;

impl Otlp {
    /// Configures the exporter from this process's environment; `None` if neither `OTEL_EXPORTER_OTLP_ENDPOINT` nor
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

    /// Returns a `tracing` layer that exports the host's [spans](super), with the events in them.
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

    /// Exports the remaining spans, for at most 5 seconds.
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

/// Adapter for the host's HTTP client, on the exporter's thread.
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
        let received = self.http.execute(request.try_into()?).await?;
        let mut response = Response::builder().status(received.status());
        if let Some(headers) = response.headers_mut() {
            *headers = received.headers().clone();
        }
        Ok(response.body(received.bytes().await?)?)
    }
}

impl HttpClient for Client {
    // The signature that `async_trait` generates. The exporter waits on its own thread.
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
                Ok(received) if received.status().is_success() => return sent,
                Ok(received) => format!("the collector returned {}", received.status()),
                Err(error) => error.to_string(),
            };
            self.lost.get_or_init(|| why);
            sent
        })
    }
}
