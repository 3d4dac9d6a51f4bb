//! Exchanges that a proxy recorded.

use std::io::{self, Write};
use std::process::Stdio;

use serde::Serialize;

use crate::http::Message;
use crate::{ec2, python};

/// A request and its outcome. Serialises to the format that the scripts of `tests/python` read.
#[derive(Clone, Debug, Serialize)]
pub struct Exchange {
    /// Region of its signature; empty if it is not signed.
    pub region: String,
    /// EC2 action; empty if there is none.
    pub action: String,
    /// Method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Headers in order.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: String,
    /// Status of the response; `None` if the client got none.
    pub status: Option<u16>,
    /// Arrival time in microseconds since the proxy started.
    pub started: u128,
    /// Time at which its response was sent or its connection closed, on the same clock.
    pub ended: u128,
}

impl Exchange {
    pub(crate) fn of(request: &Message, started: u128) -> Self {
        let mut line = request.start.split(' ');
        let mut word = || line.next().unwrap_or_default().to_owned();
        Self {
            region: ec2::region(request).unwrap_or_default(),
            action: ec2::field(&request.body, "Action").unwrap_or_default(),
            method: word(),
            path: word(),
            headers: request.headers.clone(),
            body: String::from_utf8_lossy(&request.body).into_owned(),
            status: None,
            started,
            ended: started,
        }
    }

    /// First header with this name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(field, _)| field.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// Returns the peak number of concurrent exchanges.
pub(crate) fn most_at_once(exchanges: &[Exchange]) -> usize {
    let under_way = |at: u128| {
        exchanges
            .iter()
            .filter(|e| e.started <= at && at < e.ended)
            .count()
    };
    exchanges
        .iter()
        .map(|e| under_way(e.started))
        .max()
        .unwrap_or(0)
}

/// Recomputes the signature of each request with botocore and this secret key.
///
/// # Errors
///
/// A signature differs from botocore's, or there is no request. The message names the requests.
pub fn verify_signatures(exchanges: &[Exchange], secret: &str) -> io::Result<()> {
    let mut command = python::script("verify_sigv4.py")?;
    command
        .arg(secret)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(&serde_json::to_vec(exchanges)?)?;
    }
    python::succeeded("verify_sigv4.py", &child.wait_with_output()?).map(drop)
}
