//! Commands of `cargo xtask` that need more than the standard library: `xtask-tools api|bench|bundle|units`.
#![deny(missing_docs)]
// A command-line tool of developers: it prints.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod api;
mod bench;
mod bundle;
mod units;

use std::env;
use std::process::ExitCode;

use anyhow::{Result, bail};

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match work(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn work(words: &[&str]) -> Result<()> {
    match words {
        ["api"] => api::check(false),
        ["api", "--update"] => api::check(true),
        ["bench"] => bench::run(None),
        ["bench", name] => bench::run(Some(name)),
        ["bundle", provider] => bundle::make(provider, None),
        ["bundle", provider, url] => bundle::make(provider, Some(url)),
        ["units", first, second] => units::check(first, second),
        _ => bail!("run by `cargo xtask`, which knows the arguments"),
    }
}
