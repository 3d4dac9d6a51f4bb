//! Command line of cloudhost: arguments in, results and an exit status out.

mod args;
mod bill;
mod cache;
mod change_errors;
mod changes;
mod credentials;
mod exit;
mod failure;
mod generate;
mod interrupt;
mod kconfig_value;
mod lists;
mod log;
mod man;
mod no_data;
mod outage;
mod plugins;
mod pricing;
mod print;
mod progress;
mod project;
mod prompt;
mod push;
mod quote;
mod record_replay;
mod remedy;
mod report;
mod run;
mod runtime;
mod schema;
mod select;
mod session;
mod stderr;
mod text;
mod unsupported;
mod views;

use anyhow::Context as _;
use args::{Cli, Command};
use clap::{CommandFactory as _, FromArgMatches as _};
use cloudhost::plugin::{PluginError, compile_as_child};
use cloudhost::telemetry::SPANS;
use exit::Exit;
use log::Log;
use session::Session;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = arguments();
    cli.color.apply();
    let log = Log::start(&cli);
    let exit = run_command(&cli).unwrap_or_else(|error| report::failed(&error));
    log.finish();
    ExitCode::from(exit)
}

/// Parses the arguments. Freeing clap's tree of commands would take as long as reading a catalog.
fn arguments() -> Cli {
    let command = Box::leak(Box::new(Cli::command()));
    let mut matches = command.get_matches_mut();
    Cli::from_arg_matches_mut(&mut matches).unwrap_or_else(|error| error.format(command).exit())
}

/// Runs the command with its audit log and its recording.
fn run_command(cli: &Cli) -> anyhow::Result<Exit> {
    // One span holds everything that is measured of a run.
    let _run = tracing::info_span!(target: SPANS, "run").entered();
    let session = Session::open(cli)?;
    let exit = execute(&session).unwrap_or_else(|error| report::failed(&error));
    Ok(session.finish(exit))
}

fn execute(session: &Session<'_>) -> anyhow::Result<Exit> {
    match &session.cli.command {
        Command::Run(run) => run::execute(session, run),
        Command::Instance(of) => {
            changes::instance::execute(session, &of.provider, &of.sources, &of.command)
        }
        Command::Volume(of) => {
            changes::volume::execute(session, &of.provider, &of.sources, &of.command)
        }
        Command::SshKey(of) => {
            changes::ssh_key::execute(session, &of.provider, &of.sources, &of.command)
        }
        Command::Operation(command) => changes::operation::execute(session, command),
        Command::Whoami(args) => {
            changes::whoami::execute(session, &args.provider, &args.endpoints.sources())
        }
        Command::Gc(args) => changes::gc(session, args),
        Command::Doctor(args) => changes::doctor(session, args),
        Command::Credentials(command) => credentials::execute(session, command),
        Command::Plugin(command) => plugins::execute(session, command),
        Command::KconfigValue(args) => kconfig_value::execute(session, args),
        Command::Cache(command) => cache::execute(session, command),
        Command::Schema { name } => schema::execute(session, *name),
        Command::CompileComponent { memory } => Ok(compile(*memory)),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "cloudhost", &mut script);
            print::raw(&script)
        }
        Command::Man { dir: None } => print::raw(man::page()?.as_bytes()),
        Command::Man { dir: Some(dir) } => {
            man::write(dir).with_context(|| format!("cannot write to {}", dir.display()))?;
            Ok(Exit::Done)
        }
    }
}

/// Compiles for a parent process, which reports the error.
fn compile(memory: u64) -> Exit {
    match compile_as_child(memory) {
        Ok(()) => Exit::Done,
        Err(PluginError::Compile(why)) => {
            stderr::line(why);
            Exit::Failed
        }
        Err(error) => report::failed(&error.into()),
    }
}
