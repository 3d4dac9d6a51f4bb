//! Host implementations of the guest's imports.

use super::meters::MemoryMeter;
use super::older;
use super::stderr::Tail;
use crate::contract::Plugin as Contract;
use crate::contract::cloudhost::provider::{credentials, http, log, pools, resources, types};
use crate::contract::{excerpt, is_invisible_or_control};
use crate::egress::Session;
use crate::limits::{Exceeded, Limit, Limits};
use futures::future::join_all;
use std::time::{Duration, UNIX_EPOCH};
use wasmtime::component::{Accessor, HasData, Linker, ResourceTable};
use wasmtime_wasi::cli::{WasiCli, WasiCliView};
use wasmtime_wasi::clocks::{WasiClocks, WasiClocksView};
use wasmtime_wasi::p2::bindings::{cli, clocks, random};
use wasmtime_wasi::random::{WasiRandom, WasiRandomView};
use wasmtime_wasi::{HostWallClock, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

/// Limit on the characters of one log line.
const LOG_LINE: usize = 2_000;

/// The state of one call.
pub(super) struct Guest {
    pub(super) session: Session,
    /// Number of lines that it wrote to the log.
    logged: u32,
    log_lines: u32,
    pub(super) memory: MemoryMeter,
    stderr: Tail,
    wasi: WasiCtx,
    table: ResourceTable,
}

impl Guest {
    pub(super) fn new(session: Session, limits: &Limits) -> Self {
        let stderr = Tail::default();
        // All other settings are empty: arguments, environment, stdin, stdout.
        let mut wasi = WasiCtxBuilder::new();
        wasi.stderr(stderr.clone()).max_random_size(limits.random);
        if let Some(time) = session.time() {
            // The guest's use of clock and hash tables is then the same in every run.
            let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
            wasi.wall_clock(Still(since))
                .insecure_random_seed(since.as_nanos());
        }
        let wasi = wasi.build();
        let mut table = ResourceTable::new();
        table.set_max_capacity(limits.handles);
        Self {
            session,
            logged: 0,
            log_lines: limits.log_lines,
            memory: MemoryMeter::new(limits),
            stderr,
            wasi,
            table,
        }
    }

    /// Returns the guest's standard error output: the message of a panic. Safe to print.
    pub(super) fn last_words(&self) -> String {
        escape_end(&self.stderr.text())
    }
}

impl WasiView for Guest {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl wasmtime_wasi_io::IoView for Guest {
    fn table(&mut self) -> &mut ResourceTable {
        &mut self.table
    }
}

/// A stopped clock, at this time since 1970.
struct Still(Duration);

impl HostWallClock for Still {
    fn resolution(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn now(&self) -> Duration {
        self.0
    }
}

/// Links all imports that the host provides. An interface that is not linked here does not exist for a plugin.
pub(super) fn link(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    Contract::add_to_linker::<_, Calls>(linker, |guest| guest)?;
    older::link(linker)?;

    wasmtime_wasi_io::add_to_linker_async(linker)?;
    cli::environment::add_to_linker::<_, WasiCli>(linker, Guest::cli)?;
    cli::exit::add_to_linker::<_, WasiCli>(linker, Guest::cli)?;
    cli::stdin::add_to_linker::<_, WasiCli>(linker, Guest::cli)?;
    cli::stdout::add_to_linker::<_, WasiCli>(linker, Guest::cli)?;
    cli::stderr::add_to_linker::<_, WasiCli>(linker, Guest::cli)?;
    cli::terminal_input::add_to_linker::<_, WasiCli>(linker, Guest::cli)?;
    cli::terminal_output::add_to_linker::<_, WasiCli>(linker, Guest::cli)?;
    cli::terminal_stdin::add_to_linker::<_, WasiCli>(linker, Guest::cli)?;
    cli::terminal_stdout::add_to_linker::<_, WasiCli>(linker, Guest::cli)?;
    cli::terminal_stderr::add_to_linker::<_, WasiCli>(linker, Guest::cli)?;
    clocks::wall_clock::add_to_linker::<_, WasiClocks>(linker, Guest::clocks)?;
    clocks::monotonic_clock::add_to_linker::<_, WasiClocks>(linker, Guest::clocks)?;
    random::random::add_to_linker::<_, WasiRandom>(linker, Guest::random)?;
    random::insecure::add_to_linker::<_, WasiRandom>(linker, Guest::random)?;
    random::insecure_seed::add_to_linker::<_, WasiRandom>(linker, Guest::random)?;
    Ok(())
}

/// Gives the contract's traits access to the [`Guest`] of a call: they are of a different crate.
pub(super) struct Calls;

impl HasData for Calls {
    type Data<'a> = &'a mut Guest;
}

impl types::Host for Guest {}
impl resources::Host for Guest {}
impl pools::Host for Guest {}
impl credentials::Host for Guest {}

impl http::Host for Guest {
    async fn fetch_all(
        &mut self,
        requests: Vec<http::Request>,
    ) -> Vec<Result<http::Response, http::HttpError>> {
        join_all(
            requests
                .into_iter()
                .map(|request| self.session.fetch(request)),
        )
        .await
    }
}

impl<T: Send> http::HostWithStore<T> for Calls {
    async fn fetch(
        accessor: &Accessor<T, Self>,
        request: http::Request,
    ) -> Result<http::Response, http::HttpError> {
        let session = accessor.with(|mut access| access.get().session.clone());
        session.fetch(request).await
    }
}

impl<T: Send> credentials::HostWithStore<T> for Calls {
    async fn describe(
        accessor: &Accessor<T, Self>,
        name: String,
    ) -> Result<credentials::Facts, String> {
        let session = accessor.with(|mut access| access.get().session.clone());
        session.describe(&name).await
    }
}

impl log::Host for Guest {
    fn write(&mut self, level: log::Level, message: String) {
        self.logged = self.logged.saturating_add(1);
        let trail = self.session.trail();
        let (plugin, message) = (trail.plugin(), escape(&message));
        if self.logged > self.log_lines {
            // Warns once: further lines are dropped.
            if self.logged == self.log_lines.saturating_add(1) {
                let limit = Exceeded {
                    limit: Limit::LogLines,
                    most: u64::from(self.log_lines),
                };
                trail.limited(limit.label(), None);
                tracing::warn!(target: "cloudhost::guest", "{plugin}: {limit}");
            }
            return;
        }
        match level {
            log::Level::Error => tracing::error!(target: "cloudhost::guest", "{plugin}: {message}"),
            log::Level::Warn => tracing::warn!(target: "cloudhost::guest", "{plugin}: {message}"),
            log::Level::Info => tracing::info!(target: "cloudhost::guest", "{plugin}: {message}"),
            log::Level::Debug => tracing::debug!(target: "cloudhost::guest", "{plugin}: {message}"),
        }
    }
}

/// Escapes untrusted text for a terminal and a log: at most [`LOG_LINE`] characters, without control or invisible
/// characters.
pub(super) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len().min(LOG_LINE));
    for c in text.trim_end().chars().take(LOG_LINE) {
        match is_invisible_or_control(c) {
            true => safe.extend(c.escape_default()),
            false => safe.push(c),
        }
    }
    safe
}

/// An error of the engine with its causes, each of which can quote names of a component.
pub(super) fn causes(error: &wasmtime::Error) -> String {
    let causes = error.chain().map(|cause| excerpt(&cause.to_string()));
    causes.collect::<Vec<_>>().join(": ")
}

/// Escapes the end of a text, which is where a panic's message is.
fn escape_end(text: &str) -> String {
    let over = text.chars().count().saturating_sub(LOG_LINE);
    let at = text.char_indices().nth(over).map_or(0, |(at, _)| at);
    escape(text.get(at..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("plain text\n", "plain text")]
    #[case("two\nlines", "two\\nlines")]
    #[case("\u{1b}[31mred", "\\u{1b}[31mred")]
    #[case("a\u{202e}b", "a\\u{202e}b")]
    #[case("a\u{61c}\u{ad}\u{e0041}", "a\\u{61c}\\u{ad}\\u{e0041}")]
    #[case("naïve", "naïve")]
    fn text_of_strangers(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(escape(text), expected);
    }

    #[test]
    fn long_text_is_cut() {
        assert_eq!(escape(&"x".repeat(1 << 20)).len(), LOG_LINE);
        let end = escape_end(&format!("{}the end", "é".repeat(LOG_LINE)));
        assert!(end.ends_with("éthe end"));
        assert_eq!(end.chars().count(), LOG_LINE);
    }
}
