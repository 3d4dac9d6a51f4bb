//! Prompts, on a terminal.

use anyhow::Context as _;
use std::io::{BufRead as _, IsTerminal as _, Write as _};

/// True where standard input is a terminal.
pub fn possible() -> bool {
    std::io::stdin().is_terminal()
}

/// Prompts, and returns the answer without space around it.
#[allow(clippy::print_stderr)]
pub fn answer(question: &str) -> anyhow::Result<String> {
    eprint!("{} ", crate::stderr::printable(question));
    std::io::stderr().flush().context("cannot ask")?;
    let mut answer = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut answer)
        .context("cannot ask")?;
    Ok(answer.trim().to_lowercase())
}

/// Prompts for yes or no; anything but yes is no.
pub fn agreed(question: &str) -> anyhow::Result<bool> {
    let answer = answer(&format!("{question} [y/N]"))?;
    Ok(matches!(answer.as_str(), "y" | "yes"))
}
