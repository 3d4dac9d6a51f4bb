//! A loopback server with scripted responses, valid or not.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};

use crate::lock;
use crate::peer::{ReceivedRequest, Reply, ScriptedServer};

/// A request as the server received it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Path and query.
    pub target: String,
    /// The header `Authorization`.
    pub authorization: Option<String>,
}

/// A [`ScriptedServer`] with a table of responses by path. Dropping it stops the server.
#[derive(Debug)]
pub struct HostileRegistry {
    table: Arc<Mutex<BTreeMap<String, Entry>>>,
    peer: ScriptedServer,
}

#[derive(Debug)]
struct Entry {
    reply: Reply,
    /// Required `Authorization`, and the reply to requests without it.
    only: Option<(String, Reply)>,
}

impl Entry {
    fn to(&self, request: &ReceivedRequest) -> Reply {
        match &self.only {
            Some((who, others)) if request.header("authorization") != Some(who) => others.clone(),
            _ => self.reply.clone(),
        }
    }
}

impl HostileRegistry {
    /// Starts a server that responds 404 to everything.
    ///
    /// # Errors
    ///
    /// No port is available.
    pub fn start() -> io::Result<Self> {
        let table: Arc<Mutex<BTreeMap<String, Entry>>> = Arc::default();
        let shared = Arc::clone(&table);
        let peer = ScriptedServer::start(move |request| {
            let path = request.target().split('?').next().unwrap_or_default();
            let entries = lock(&shared);
            let reply = entries.get(path).map(|entry| entry.to(request));
            reply.unwrap_or_else(|| Reply::Answer(404, Vec::new(), Vec::new()))
        })?;
        Ok(Self { table, peer })
    }

    /// Its URL, without a path.
    pub fn url(&self) -> String {
        self.peer.url()
    }

    /// Host and port.
    pub fn name(&self) -> String {
        self.url().replace("http://", "")
    }

    /// Sets the response of this path, whatever its query.
    pub fn say(&self, path: &str, status: u16, headers: &[(&str, &str)], body: &[u8]) -> &Self {
        self.set(path, response(status, headers, body), None)
    }

    /// Sets a response with status 200 for requests with this `Authorization`, and with 401 for others. Both have the
    /// headers of `challenge`.
    pub fn say_to(
        &self,
        needs: &str,
        path: &str,
        challenge: &[(&str, &str)],
        body: &[u8],
    ) -> &Self {
        let others = response(401, challenge, b"");
        let only = Some((needs.to_owned(), others));
        self.set(path, response(200, challenge, body), only)
    }

    /// Sets a response with status 200, whose last byte of the body never arrives.
    pub fn say_without_end(&self, path: &str, body: &[u8]) -> &Self {
        self.set(path, Reply::Unfinished(body.to_vec()), None)
    }

    /// Sets a response with status 200, in chunks and without a length.
    pub fn say_in_parts(&self, path: &str, body: &[u8]) -> &Self {
        let mut bytes =
            b"HTTP/1.1 200 Test\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
                .to_vec();
        for part in body.chunks(4) {
            bytes.extend_from_slice(format!("{:x}\r\n", part.len()).as_bytes());
            bytes.extend_from_slice(part);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"0\r\n\r\n");
        self.set(path, Reply::Raw(bytes), None)
    }

    fn set(&self, path: &str, reply: Reply, only: Option<(String, Reply)>) -> &Self {
        lock(&self.table).insert(path.to_owned(), Entry { reply, only });
        self
    }

    /// Returns all requests in order of arrival.
    pub fn asked(&self) -> Vec<Asked> {
        let received = self.peer.heard();
        let requests = received.iter().map(|request| Asked {
            target: request.target().to_owned(),
            authorization: request.header("authorization").map(str::to_owned),
        });
        requests.collect()
    }
}

fn response(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Reply {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Reply::Answer(status, headers.iter().map(owned).collect(), body.to_vec())
}
