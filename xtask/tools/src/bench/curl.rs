//! The baseline of a fetch: the same requests, sent by curl, which parses and computes nothing.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Instant;

use anyhow::{Result, bail};
use cloudhost_tests::{Exchange, program};

/// Writes recorded requests as a configuration of curl that sends all of them to this address.
pub fn config(exchanges: &[Exchange], to: SocketAddr, file: &Path) -> Result<()> {
    let own = ["content-length", "connection", "accept-encoding"];
    let one = |exchange: &Exchange| {
        let mut text = format!(
            "url = {}\n",
            quoted(&format!("http://{to}{}", exchange.path))
        );
        for (name, value) in exchange
            .headers
            .iter()
            .filter(|(name, _)| !own.contains(&name.to_lowercase().as_str()))
        {
            text.push_str(&format!(
                "header = {}\n",
                quoted(&format!("{name}: {value}"))
            ));
        }
        text.push_str(&format!(
            "data-raw = {}\noutput = \"/dev/null\"\nsilent\nshow-error\nfail\n",
            quoted(&exchange.body)
        ));
        text
    };
    let parts: Vec<String> = exchanges.iter().map(one).collect();
    fs::write(file, parts.join("next\n"))?;
    Ok(())
}

/// Sends them all, `at_once` at a time, and returns the wall time in milliseconds.
pub fn replay(file: &Path, at_once: usize) -> Result<f64> {
    let mut command = program::command("curl")?;
    command.args(["--parallel", "--parallel-immediate", "--no-progress-meter"]);
    command
        .args([
            "--parallel-max",
            &at_once.clamp(1, 300).to_string(),
            "--config",
        ])
        .arg(file);
    let started = Instant::now();
    let status = command.status()?;
    let wall = started.elapsed().as_secs_f64() * 1000.0;
    if !status.success() {
        bail!("curl ended with {status}");
    }
    Ok(wall)
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
