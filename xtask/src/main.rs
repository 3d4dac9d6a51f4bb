//! The developer's commands: `cargo xtask COMMAND`.
//!
//! This program is compiled first, so it is small. Commands that need more than the standard library (listings of
//! interfaces, benchmarks, the bundled catalog) are in `xtask/tools`, which is built on demand.
//!
//! There is one build profile, `release`, for everything that runs on this machine, and one, `plugin`, for WebAssembly,
//! so that the large dependencies are compiled once.
#![deny(missing_docs)]
// A command-line tool of developers: it prints.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod api;
mod build;
mod check;
mod deps;
mod fuzz;
mod library;
#[path = "../../tests/src/place.rs"]
#[expect(dead_code, reason = "the kit needs more of it")]
mod place;
mod runner;
mod setup;
mod tool;
mod units;

use std::env;
use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

const HELP: &str = "\
Builds, runs, tests and measures cloudhost.

Usage: cargo xtask COMMAND

  run ARGS               build, then run `cloudhost run ARGS`, such as `cargo xtask run aws generate-kconfig`
  build                  build the plugins, then the program that embeds them
  test [NAME]            check everything: format, lints, all tests, dependencies. With NAME: only the tests whose
                         names contain it
  deps                   check the dependencies, and that tests compile none of them twice
  features               check what `test` omits because it takes minutes: the library alone, spans to a collector
  bench [NAME]           measure speed and memory beside their baselines and compare with the targets
  api [--update]         compare the public interface of the libraries with the committed files; --update writes them
  fuzz [NAME] [SECONDS]  search with libFuzzer for bytes of a plugin or a server that break an invariant, 60 s each
  bundle aws [URL]       make the catalog that the plugin embeds, from a cloud at URL or from moto
  setup [PROGRAM]...     prepare this machine for the tests, or install only these programs
";

fn main() -> ExitCode {
    let wrapped = || {
        fuzz::wrap()
            .and_then(|()| api::wrap())
            .and_then(|()| runner::wrap())
    };
    let done = wrapped().and_then(|()| work(env::args_os().skip(1).collect()));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn work(args: Vec<OsString>) -> Result<()> {
    let words: Vec<&str> = args
        .iter()
        .map(|arg| arg.to_str().unwrap_or_default())
        .collect();
    match words.as_slice() {
        ["run", ..] => {
            build::program(true).and_then(|()| build::exec(args.get(1..).unwrap_or_default()))
        }
        ["build"] => build::program(false),
        ["test"] => check::everything(),
        ["test", name] => check::only(name),
        ["deps"] => check::dependencies(),
        ["features"] => check::features(),
        ["bench", name @ ..] if name.len() < 2 => {
            setup::everything()?;
            build::for_benches()?;
            build::tool("bench", name)
        }
        ["api"] => api::check(&[]),
        ["api", "--update"] => api::check(&["--update"]),
        ["fuzz"] => fuzz::run(None, 60),
        ["fuzz", name] => fuzz::run(Some(name), 60),
        ["fuzz", name, seconds] => fuzz::run(
            Some(name),
            seconds.parse().context("SECONDS must be a number")?,
        ),
        ["bundle", "aws", url @ ..] if url.len() < 2 => {
            setup::everything()?;
            build::for_bundle()?;
            build::tool("bundle", &[&["aws"], url].concat())
        }
        ["setup"] => setup::everything(),
        ["setup", programs @ ..] => setup::some(programs),
        ["help" | "--help" | "-h"] | [] => {
            print!("{HELP}");
            Ok(())
        }
        _ => bail!("unknown command or arguments: see `cargo xtask help`"),
    }
}
