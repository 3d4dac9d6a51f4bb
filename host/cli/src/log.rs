//! Subscribers of the library's events: lines on stderr, and with the feature `otel` a collector.

use crate::args::Cli;
#[cfg(feature = "otel")]
use cloudhost::telemetry::Otlp;
use cloudhost::telemetry::SPANS;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::prelude::*;

/// Running log.
pub struct Log {
    #[cfg(feature = "otel")]
    otlp: Option<Otlp>,
}

impl Log {
    /// Starts logging to stderr: warnings unless `--quiet`, messages of plugins and audit events with `-v`, all events of cloudhost with `-vv`.
    pub fn start(cli: &Cli) -> Self {
        let level = match cli.verbose {
            0 if cli.quiet => LevelFilter::ERROR,
            0 => LevelFilter::WARN,
            1 => LevelFilter::INFO,
            _ => LevelFilter::DEBUG,
        };
        // Spans are for measuring: the lines have the same content.
        let ours = Targets::new()
            .with_target("cloudhost", level)
            .with_target(SPANS, LevelFilter::OFF);
        let lines = tracing_subscriber::fmt::layer()
            .with_writer(anstream::stderr)
            .with_target(cli.verbose > 1)
            .without_time();
        let log = tracing_subscriber::registry().with(lines.with_filter(ours));
        #[cfg(not(feature = "otel"))]
        {
            log.init();
            Self {}
        }
        #[cfg(feature = "otel")]
        {
            let (otlp, failed) = match Otlp::from_env() {
                Ok(otlp) => (otlp, None),
                Err(error) => (None, Some(error)),
            };
            log.with(otlp.as_ref().map(|otlp| otlp.layer())).init();
            if let Some(error) = failed {
                tracing::warn!("{error}");
            }
            Self { otlp }
        }
    }

    /// Flushes the spans.
    pub fn finish(self) {
        #[cfg(feature = "otel")]
        if let Some(Err(error)) = self.otlp.map(Otlp::finish) {
            tracing::warn!("{error}");
        }
    }
}
