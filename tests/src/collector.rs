//! A collector of OpenTelemetry, whose own code decodes what it gets.

use std::io::{self, BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Stdio};

use serde_json::Value;

use crate::python;

/// A running collector on loopback. It ends when this value is dropped, and also when the process that holds it dies.
#[derive(Debug)]
pub struct Collector {
    child: Child,
    said: BufReader<ChildStdout>,
    port: u16,
}

impl Collector {
    /// Starts one.
    ///
    /// # Errors
    ///
    /// There is no test environment, or it did not start.
    pub fn start() -> io::Result<Self> {
        let mut command = python::script("collector.py")?;
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let no_output = || io::Error::other("the collector has no output");
        let mut said = BufReader::new(child.stdout.take().ok_or_else(no_output)?);
        let mut line = String::new();
        said.read_line(&mut line)?;
        let port = line.trim().parse();
        let port = port.map_err(|_| io::Error::other(format!("it printed {line:?}")))?;
        Ok(Self { child, said, port })
    }

    /// Its URL, as `OTEL_EXPORTER_OTLP_ENDPOINT` takes it.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Ends it and gives the spans that it got, as its script describes them.
    ///
    /// # Errors
    ///
    /// It printed something else.
    pub fn end(mut self) -> io::Result<Vec<Value>> {
        drop(self.child.stdin.take());
        let mut said = String::new();
        self.said.read_to_string(&mut said)?;
        let spans = said.lines().map(serde_json::from_str);
        Ok(spans.collect::<Result<_, _>>()?)
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        // It can have ended by itself; then only the wait matters.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
