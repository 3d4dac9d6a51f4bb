//! An OpenTelemetry collector that decodes spans with OpenTelemetry's own code.

use std::io::{self, BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Stdio};

use serde_json::Value;

use crate::python;

/// A running collector on loopback. It stops when this value is dropped or the owning process dies.
#[derive(Debug)]
pub struct Collector {
    child: Child,
    output: BufReader<ChildStdout>,
    port: u16,
}

impl Collector {
    /// Starts a collector.
    ///
    /// # Errors
    ///
    /// The test environment is missing, or the collector did not start.
    pub fn start() -> io::Result<Self> {
        let mut command = python::script("collector.py")?;
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let no_output = || io::Error::other("the collector has no output");
        let mut output = BufReader::new(child.stdout.take().ok_or_else(no_output)?);
        let mut line = String::new();
        output.read_line(&mut line)?;
        let port = line.trim().parse();
        let port = port.map_err(|_| io::Error::other(format!("it printed {line:?}")))?;
        Ok(Self {
            child,
            output,
            port,
        })
    }

    /// Its URL, for `OTEL_EXPORTER_OTLP_ENDPOINT`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Stops it and returns the received spans in the format of its script.
    ///
    /// # Errors
    ///
    /// The output is not in that format.
    pub fn end(mut self) -> io::Result<Vec<Value>> {
        drop(self.child.stdin.take());
        let mut output = String::new();
        self.output.read_to_string(&mut output)?;
        let spans = output.lines().map(serde_json::from_str);
        Ok(spans.collect::<Result<_, _>>()?)
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        // It may have exited already; then only the wait matters.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
