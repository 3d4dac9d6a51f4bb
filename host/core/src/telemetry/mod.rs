//! Tracing: spans and events of a host, by [`tracing`].
//!
//! Four spans, all with the target [`SPANS`] and none with a secret in it:
//!
//! | span | level | around | fields |
//! |---|---|---|---|
//! | `call` | info | one call of a plugin | `plugin`, `export`; `error` where it failed |
//! | `fetch` | debug | one request, with its waits and retries; inside its `call` | `plugin`, `host`, `method`, `what`, `credential`; then `status`, `bytes` and `retries`, or `error` |
//! | `compile` | info | compiling a component | `digest` |
//! | `cache` | debug | reading or writing the cache | `kept` (`catalog`, `compiled`), `action` (`load`, `save`), `of`
//! (provider or digest); `hit` of a `load` |
//!
//! The command line adds `run` around all of them. `what` is the action of a form (`Action=`), or else the path.
//!
//! Events have their own targets: `cloudhost::egress` reports each finished request, with its time in milliseconds,
//! its size, its retries and the name of the credential that signed it; `cloudhost::audit` is the
//! [audit](crate::audit); `cloudhost::guest` is the log of plugins.
//!
//! With the feature `otel`, `Otlp` exports the spans to an OpenTelemetry collector.
//!
//! ```
//! use cloudhost::telemetry::SPANS;
//! use tracing::level_filters::LevelFilter;
//! use tracing_subscriber::filter::Targets;
//! use tracing_subscriber::fmt::format::FmtSpan;
//! use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
//!
//! // A line for each span that ends, with its fields and the time that it took.
//! let lines = tracing_subscriber::fmt::layer().with_span_events(FmtSpan::CLOSE);
//! let spans = Targets::new().with_target(SPANS, LevelFilter::DEBUG);
//! let subscriber = tracing_subscriber::registry().with(lines.with_filter(spans));
//! tracing::subscriber::set_global_default(subscriber)?;
//! # Ok::<(), tracing::subscriber::SetGlobalDefaultError>(())
//! ```

#[cfg(feature = "otel")]
mod otlp;

#[cfg(feature = "otel")]
pub use otlp::{Otlp, OtlpError};

/// Target of all spans.
pub const SPANS: &str = "cloudhost::span";
