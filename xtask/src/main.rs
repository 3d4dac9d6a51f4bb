//! What a developer does with this workspace, as `cargo xtask COMMAND`.
//!
//! There is one build profile, `release`, for everything that runs on this machine, and one, `plugin`, for
//! WebAssembly: the large dependencies are compiled once.
#![deny(missing_docs)]
// A command-line tool of developers: it prints.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod api;
mod bench;
mod build;
mod bundle;
mod check;
mod fuzz;
mod library;
mod setup;
mod tool;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Builds, runs, tests and measures cloudhost.
#[derive(Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    disable_version_flag = true
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Prepare this machine: the WebAssembly target, the Python test environment, what Debian must have.
    Setup,
    /// Build the plugins, then the host that carries them.
    Build,
    /// Build, then run `cloudhost run ARGS`, as in `cargo xtask run aws generate-kconfig`.
    Run {
        /// Arguments of `cloudhost run`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Everything that must hold: format, lints, all tests, dependencies. With a filter: those tests only.
    Test {
        /// Part of the tests' names.
        filter: Option<String>,
    },
    /// What `test` leaves out, for it takes minutes: the library compiles alone, and its spans reach a collector.
    Features,
    /// Measure speed and memory beside their baselines and compare with the targets.
    Bench {
        /// Part of a benchmark's name.
        name: Option<String>,
    },
    /// Compare the public interface of the libraries with what is committed.
    Api {
        /// Write it instead: the change is meant.
        #[arg(long)]
        update: bool,
    },
    /// Look with libFuzzer for bytes of a plugin or a server that break a promise. It needs a C++ compiler.
    Fuzz {
        /// Part of a target's name.
        name: Option<String>,
        /// How long each target runs.
        #[arg(long, default_value_t = 60)]
        seconds: u32,
    },
    /// Make the catalog that a plugin carries, from what it fetches itself.
    Bundle {
        /// The provider.
        #[arg(value_parser = ["aws"])]
        provider: String,
        /// Where to fetch from; default: a moto server, with moto's data.
        #[arg(long, value_name = "URL")]
        endpoint: Option<String>,
    },
}

fn main() -> ExitCode {
    let wrap = || fuzz::wrap().and_then(|()| api::wrap());
    let done = wrap().and_then(|()| work(Cli::parse().command));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn work(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Setup => setup::everything(),
        Command::Build => build::everything(false),
        Command::Run { args } => build::everything(true).and_then(|()| build::exec(&args)),
        Command::Test { filter } => check::everything(filter.as_deref()),
        Command::Features => check::features(),
        Command::Bench { name } => bench::run(name.as_deref()),
        Command::Api { update } => api::check(update),
        Command::Fuzz { name, seconds } => fuzz::run(name.as_deref(), seconds),
        Command::Bundle { provider, endpoint } => bundle::make(&provider, endpoint.as_deref()),
    }
}
