//! Command line of cloudhost: arguments in, a catalog or menus out, and an exit status.

mod args;
mod bill;
mod cache;
mod credentials;
mod exit;
mod failure;
mod generate;
mod kconfig_value;
mod lists;
mod log;
mod plugins;
mod pricing;
mod print;
mod progress;
mod project;
mod push;
mod question;
mod quote;
mod remedy;
mod report;
mod run;
mod select;
mod tape;
mod unsupported;
mod vain;
mod views;

use exit::Exit;

use anyhow::Context as _;
use args::{Cli, Command};
use clap::{CommandFactory as _, Parser as _};
use cloudhost::audit::JsonLines;
use cloudhost::plugin::{PluginError, compile_as_child};
use cloudhost::telemetry::SPANS;
use log::Log;
use std::process::ExitCode;
use std::sync::Arc;
use tape::Tape;

fn main() -> ExitCode {
    let mut cli = Cli::parse();
    cli.color.apply();
    let log = Log::start(&cli);
    let exit = noted(&mut cli).unwrap_or_else(|error| report::failed(&error));
    log.finish();
    ExitCode::from(exit)
}

/// Runs the command with its audit log and its recording: what is not whole of them fails what would have been done.
fn noted(cli: &mut Cli) -> anyhow::Result<Exit> {
    // What is measured of one run belongs together.
    let _run = tracing::info_span!(target: SPANS, "run").entered();
    let log = cli.audit_log.as_deref().map(JsonLines::open);
    cli.audit = log.transpose()?.map(Arc::new);
    cli.tape = Tape::open(cli)?;
    let mut exit = match execute(cli) {
        Ok(exit) => exit,
        Err(error) => report::failed(&error),
    };
    let recorded = std::mem::take(&mut cli.tape).finish(cli.quiet);
    let logged = cli.audit.as_ref().map_or(Ok(()), |log| log.finish());
    for finished in [recorded.map_err(Into::into), logged.map_err(Into::into)] {
        if let Err(error) = finished {
            let failed = report::failed(&error);
            // The first failure has said how the run ended.
            if exit == Exit::Done || exit == Exit::Incomplete {
                exit = failed;
            }
        }
    }
    Ok(exit)
}

fn execute(cli: &Cli) -> anyhow::Result<Exit> {
    match &cli.command {
        Command::Run(run) => run::execute(cli, run),
        Command::Credentials(command) => credentials::execute(cli, command),
        Command::Plugin(command) => plugins::execute(cli, command),
        Command::KconfigValue(args) => kconfig_value::execute(cli, args),
        Command::Cache(command) => cache::execute(cli, command),
        Command::CompileComponent { memory } => Ok(compile(*memory)),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "cloudhost", &mut script);
            print::raw(&script)
        }
        Command::Man { dir: None } => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Cli::command()).render(&mut page)?;
            print::raw(&page)
        }
        Command::Man { dir: Some(dir) } => {
            clap_mangen::generate_to(Cli::command(), dir)
                .with_context(|| format!("cannot write to {}", dir.display()))?;
            Ok(Exit::Done)
        }
    }
}

/// Compiles for another process, which quotes the reason for a failure.
#[allow(clippy::print_stderr)]
fn compile(memory: u64) -> Exit {
    match compile_as_child(memory) {
        Ok(()) => Exit::Done,
        Err(PluginError::Compile(why)) => {
            anstream::eprintln!("{why}");
            Exit::Failed
        }
        Err(error) => report::failed(&error.into()),
    }
}
