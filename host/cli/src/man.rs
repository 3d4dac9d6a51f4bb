//! `cloudhost man`: manual pages, with exit statuses and limits in sections of their own.

use crate::args::{Cli, EXIT_STATUSES};
use clap::{Command, CommandFactory as _};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};
use cloudhost::limits;
use std::io;
use std::path::Path;

/// Makes the page of the program.
pub fn page() -> io::Result<String> {
    render(&command()).map(|(_, page)| page)
}

/// Writes the pages of all commands to a directory, which is created if it is missing.
pub fn write(dir: &Path) -> io::Result<()> {
    std::fs::create_dir_all(dir)?;
    write_from(&command(), dir)
}

fn command() -> Command {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    command
}

/// Writes the pages of a command and of those below it.
fn write_from(command: &Command, dir: &Path) -> io::Result<()> {
    for one in command.get_subcommands().filter(|one| !one.is_hide_set()) {
        write_from(one, dir)?;
    }
    let (name, page) = render(command)?;
    std::fs::write(dir.join(name), page)
}

/// Makes a page and its file name.
fn render(command: &Command) -> io::Result<(String, String)> {
    let is_root = command.get_after_long_help().is_some();
    let name = command.get_bin_name().unwrap_or(command.get_name());
    // clap names the arguments of a command alone.
    let name = match name.strip_prefix("cloudhost run ") {
        Some(rest) => format!("cloudhost run <PROVIDER> {rest}"),
        None => name.to_owned(),
    };
    let command = command.clone().bin_name(name);
    let man = Man::new(command.after_long_help(None::<&'static str>));
    let mut page = Vec::new();
    man.render(&mut page)?;
    let page = String::from_utf8(page).map_err(io::Error::other)?;
    let (before, version) = page.split_at(page.rfind(".SH VERSION").unwrap_or(page.len()));
    let sections = sections(is_root).to_roff();
    Ok((man.get_filename(), format!("{before}{sections}{version}")))
}

fn sections(with_limits: bool) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["EXIT STATUS"]);
    for (status, meaning) in EXIT_STATUSES {
        roff.control("TP", []);
        roff.text([bold(status.to_string())]);
        roff.text([roman(meaning)]);
    }
    if with_limits {
        roff.control("SH", ["LIMITS"]);
        roff.text([roman("Limits of plugins, and their defaults:")]);
        roff.control("nf", []);
        for line in limits::help().lines() {
            roff.text([roman(line)]);
        }
        roff.control("fi", []);
    }
    roff
}
