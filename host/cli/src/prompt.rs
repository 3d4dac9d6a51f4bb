//! Prompts, on a terminal.

use anyhow::Context as _;
use std::io::{BufRead as _, IsTerminal as _, Write as _};

/// True where standard input is a terminal.
pub fn possible() -> bool {
    std::io::stdin().is_terminal()
}

/// Prompts, and returns the trimmed input.
pub fn input(question: &str) -> anyhow::Result<String> {
    let mut stderr = std::io::stderr();
    let asked = write!(stderr, "{} ", crate::stderr::printable(question));
    asked.and_then(|()| stderr.flush()).context("cannot ask")?;
    let mut input = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut input)
        .context("cannot ask")?;
    Ok(input.trim().to_lowercase())
}

/// Prompts for yes or no; anything but yes is no.
pub fn agreed(question: &str) -> anyhow::Result<bool> {
    let input = input(&format!("{question} [y/N]"))?;
    Ok(matches!(input.as_str(), "y" | "yes"))
}

/// Prompts for yes or no while other tasks go on, such as the wait for a signal.
pub async fn ask(question: &str) -> anyhow::Result<bool> {
    let question = question.to_owned();
    let answer = tokio::task::spawn_blocking(move || agreed(&question));
    answer.await.context("cannot ask")?
}
