//! What a guest finds when it looks out: the host's side of every import.

use super::limits::MemoryMeter;
use crate::contract::Plugin as Contract;
use crate::contract::cloudhost::provider::{credentials, http, log, types};
use crate::egress::Session;
use wasmtime::component::{Accessor, HasSelf, Linker, ResourceTable};
use wasmtime_wasi::cli::{WasiCli, WasiCliView};
use wasmtime_wasi::clocks::{WasiClocks, WasiClocksView};
use wasmtime_wasi::p2::bindings::{cli, clocks, random};
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;
use wasmtime_wasi::random::{WasiRandom, WasiRandomView};
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

/// Bytes of standard error that are kept: enough for the message of a panic.
const STDERR: usize = 16 << 10;
/// Log lines of one call; the rest is counted and dropped.
const LOG_LINES: u32 = 1_000;
/// Characters of one log line.
const LOG_LINE: usize = 2_000;

/// The state of one call.
pub(super) struct Guest {
    plugin: String,
    session: Session,
    log_lines: u32,
    pub(super) memory: MemoryMeter,
    stderr: MemoryOutputPipe,
    wasi: WasiCtx,
    table: ResourceTable,
}

impl Guest {
    pub(super) fn new(plugin: &str, session: Session, memory: MemoryMeter) -> Self {
        let stderr = MemoryOutputPipe::new(STDERR);
        // Everything that is not set here is empty: arguments, environment, stdin, stdout.
        let wasi = WasiCtxBuilder::new().stderr(stderr.clone()).build();
        Self {
            plugin: plugin.to_owned(),
            session,
            log_lines: 0,
            memory,
            stderr,
            wasi,
            table: ResourceTable::new(),
        }
    }

    /// What the guest wrote to its standard error stream: the message of a panic. Safe to print.
    pub(super) fn last_words(&self) -> String {
        escape(&String::from_utf8_lossy(&self.stderr.contents()))
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

/// Everything that a plugin is offered. What is not linked here does not exist for it.
pub(super) fn link(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    Contract::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)?;

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

impl types::Host for Guest {}
impl http::Host for Guest {}
impl credentials::Host for Guest {}

impl<T: Send> http::HostWithStore<T> for HasSelf<Guest> {
    async fn fetch(
        accessor: &Accessor<T, Self>,
        request: http::Request,
    ) -> Result<http::Response, http::HttpError> {
        let session = accessor.with(|mut access| access.get().session.clone());
        session.fetch(request).await
    }
}

impl<T: Send> credentials::HostWithStore<T> for HasSelf<Guest> {
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
        self.log_lines = self.log_lines.saturating_add(1);
        let (plugin, message) = (&self.plugin, escape(&message));
        match self.log_lines {
            ..=LOG_LINES => match level {
                log::Level::Error => {
                    tracing::error!(target: "cloudhost::guest", "{plugin}: {message}")
                }
                log::Level::Warn => {
                    tracing::warn!(target: "cloudhost::guest", "{plugin}: {message}")
                }
                log::Level::Info => {
                    tracing::info!(target: "cloudhost::guest", "{plugin}: {message}")
                }
                log::Level::Debug => {
                    tracing::debug!(target: "cloudhost::guest", "{plugin}: {message}")
                }
            },
            n if n == LOG_LINES + 1 => {
                tracing::warn!(target: "cloudhost::guest", "{plugin}: more than {LOG_LINES} log lines: the rest is dropped");
            }
            _ => {}
        }
    }
}

/// Makes text of a stranger safe for a terminal and a log: at most [`LOG_LINE`] characters, and no control
/// characters, nor those that change the direction of writing.
pub(super) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len().min(LOG_LINE));
    for c in text.trim_end().chars().take(LOG_LINE) {
        match c {
            '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}' => {
                safe.extend(c.escape_unicode());
            }
            c if c.is_control() => safe.extend(c.escape_default()),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("plain text\n", "plain text")]
    #[case("two\nlines", "two\\nlines")]
    #[case("\u{1b}[31mred", "\\u{1b}[31mred")]
    #[case("a\u{202e}b", "a\\u{202e}b")]
    #[case("naïve", "naïve")]
    fn text_of_strangers(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(escape(text), expected);
    }

    #[test]
    fn long_text_is_cut() {
        assert_eq!(escape(&"x".repeat(1 << 20)).len(), LOG_LINE);
    }
}
