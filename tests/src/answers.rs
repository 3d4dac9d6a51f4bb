//! A server on loopback that answers what a test says, the truth or not.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};

use crate::lock;
use crate::peer::{ReceivedRequest, Reply, ScriptedServer};

/// One request, as the server saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Path and query.
    pub target: String,
    /// The header field `Authorization`.
    pub authorization: Option<String>,
}

/// Answers by path: a [`ScriptedServer`] with a table. It ends with this value.
#[derive(Debug)]
pub struct HostileRegistry {
    table: Arc<Mutex<BTreeMap<String, Said>>>,
    peer: ScriptedServer,
}

#[derive(Debug)]
struct Said {
    reply: Reply,
    /// Who gets it, by `Authorization`, and what the others get.
    only: Option<(String, Reply)>,
}

impl Said {
    fn to(&self, request: &ReceivedRequest) -> Reply {
        match &self.only {
            Some((who, others)) if request.header("authorization") != Some(who) => others.clone(),
            _ => self.reply.clone(),
        }
    }
}

impl HostileRegistry {
    /// A server that answers 404 to everything.
    ///
    /// # Errors
    ///
    /// No port could be had.
    pub fn start() -> io::Result<Self> {
        let table: Arc<Mutex<BTreeMap<String, Said>>> = Arc::default();
        let said = Arc::clone(&table);
        let peer = ScriptedServer::start(move |request| {
            let path = request.target().split('?').next().unwrap_or_default();
            let said = lock(&said);
            let said = said.get(path).map(|said| said.to(request));
            said.unwrap_or_else(|| Reply::Answer(404, Vec::new(), Vec::new()))
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

    /// From now on this path, without its query, has this answer.
    pub fn say(&self, path: &str, status: u16, headers: &[(&str, &str)], body: &[u8]) -> &Self {
        self.set(path, answer(status, headers, body), None)
    }

    /// As [`HostileRegistry::say`] with status 200, for who sends this `Authorization`. Others get 401 and these fields.
    pub fn say_to(
        &self,
        needs: &str,
        path: &str,
        challenge: &[(&str, &str)],
        body: &[u8],
    ) -> &Self {
        let others = answer(401, challenge, b"");
        let only = Some((needs.to_owned(), others));
        self.set(path, answer(200, challenge, body), only)
    }

    /// As [`HostileRegistry::say`] with status 200, but the end of the body never comes.
    pub fn say_without_end(&self, path: &str, body: &[u8]) -> &Self {
        self.set(path, Reply::Unfinished(body.to_vec()), None)
    }

    /// As [`HostileRegistry::say`] with status 200, in chunks, so that nothing tells how much will come.
    pub fn say_in_parts(&self, path: &str, body: &[u8]) -> &Self {
        let mut bytes = b"HTTP/1.1 200 Test\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
        for part in body.chunks(4) {
            bytes.extend_from_slice(format!("{:x}\r\n", part.len()).as_bytes());
            bytes.extend_from_slice(part);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"0\r\n\r\n");
        self.set(path, Reply::Raw(bytes), None)
    }

    fn set(&self, path: &str, reply: Reply, only: Option<(String, Reply)>) -> &Self {
        lock(&self.table).insert(path.to_owned(), Said { reply, only });
        self
    }

    /// All requests in the order in which they came.
    pub fn asked(&self) -> Vec<Asked> {
        let heard = self.peer.heard();
        let asked = heard.iter().map(|request| Asked {
            target: request.target().to_owned(),
            authorization: request.header("authorization").map(str::to_owned),
        });
        asked.collect()
    }
}

fn answer(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Reply {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Reply::Answer(status, headers.iter().map(owned).collect(), body.to_vec())
}
