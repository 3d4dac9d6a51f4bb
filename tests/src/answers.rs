//! A server on loopback that answers what a test says, the truth or not.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use crate::door::{Door, Stop};
use crate::http::Message;
use crate::lock;

/// One request, as the server saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Path and query.
    pub target: String,
    /// The header field `Authorization`.
    pub authorization: Option<String>,
}

/// Answers by path. It ends with this value.
#[derive(Debug)]
pub struct Answers {
    shared: Arc<Shared>,
    door: Door,
}

#[derive(Debug, Default)]
struct Shared {
    answers: Mutex<BTreeMap<String, Answer>>,
    asked: Mutex<Vec<Asked>>,
    stop: Stop,
}

#[derive(Clone, Debug)]
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    needs: Option<String>,
    sent: Body,
}

/// How a body is sent.
#[derive(Clone, Copy, Debug)]
enum Body {
    Whole,
    Parts,
    Endless,
}

impl Answers {
    /// A server that answers 404 to everything.
    ///
    /// # Errors
    ///
    /// No port could be had.
    pub fn start() -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let served = Arc::clone(&shared);
        let door = Door::open(&shared.stop, move |client| served.serve(client))?;
        Ok(Self { shared, door })
    }

    /// Its URL, without a path.
    pub fn url(&self) -> String {
        self.door.url()
    }

    /// Host and port.
    pub fn name(&self) -> String {
        self.url().replace("http://", "")
    }

    /// From now on this path, without its query, has this answer.
    pub fn say(&self, path: &str, status: u16, headers: &[(&str, &str)], body: &[u8]) -> &Self {
        self.set(path, status, headers, body, None, Body::Whole)
    }

    /// As [`Answers::say`] with status 200, for who sends this `Authorization`. Others get 401 and these fields.
    pub fn say_to(
        &self,
        needs: &str,
        path: &str,
        challenge: &[(&str, &str)],
        body: &[u8],
    ) -> &Self {
        self.set(
            path,
            200,
            challenge,
            body,
            Some(needs.to_owned()),
            Body::Whole,
        )
    }

    /// As [`Answers::say`] with status 200, but the end of the body never comes.
    pub fn say_without_end(&self, path: &str, body: &[u8]) -> &Self {
        self.set(path, 200, &[], body, None, Body::Endless)
    }

    /// As [`Answers::say`] with status 200, in chunks, so that nothing tells how much will come.
    pub fn say_in_parts(&self, path: &str, body: &[u8]) -> &Self {
        self.set(path, 200, &[], body, None, Body::Parts)
    }

    fn set(
        &self,
        path: &str,
        status: u16,
        headers: &[(&str, &str)],
        body: &[u8],
        needs: Option<String>,
        sent: Body,
    ) -> &Self {
        let headers = headers.iter();
        let answer = Answer {
            status,
            headers: headers
                .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
                .collect(),
            body: body.to_vec(),
            needs,
            sent,
        };
        lock(&self.shared.answers).insert(path.to_owned(), answer);
        self
    }

    /// All requests in the order in which they came.
    pub fn asked(&self) -> Vec<Asked> {
        lock(&self.shared.asked).clone()
    }
}

impl Shared {
    fn serve(&self, mut client: TcpStream) -> io::Result<()> {
        client.set_nodelay(true)?;
        let mut reader = BufReader::new(client.try_clone()?);
        while let Some(request) = Message::read(&mut reader)? {
            let target = request
                .start
                .split(' ')
                .nth(1)
                .unwrap_or_default()
                .to_owned();
            let path = target.split('?').next().unwrap_or_default();
            let answer = lock(&self.answers).get(path).cloned();
            let authorization = request.header("authorization").map(str::to_owned);
            lock(&self.asked).push(Asked {
                target,
                authorization: authorization.clone(),
            });
            let Some(answer) = answer else {
                Message::answer(404, Vec::new(), Vec::new()).write(&mut client)?;
                continue;
            };
            if answer.needs.is_some() && answer.needs != authorization {
                Message::answer(401, answer.headers, Vec::new()).write(&mut client)?;
                continue;
            }
            let message = Message::answer(answer.status, answer.headers, answer.body);
            match answer.sent {
                Body::Whole => message.write(&mut client)?,
                Body::Endless => {
                    // Says that one more byte comes.
                    client.write_all(&message.head(message.body.len() + 1))?;
                    client.write_all(&message.body)?;
                    return self.stop.hang(&mut client);
                }
                Body::Parts => {
                    client.write_all(b"HTTP/1.1 200 Test\r\nTransfer-Encoding: chunked\r\n\r\n")?;
                    for part in message.body.chunks(4) {
                        client.write_all(format!("{:x}\r\n", part.len()).as_bytes())?;
                        client.write_all(part)?;
                        client.write_all(b"\r\n")?;
                    }
                    client.write_all(b"0\r\n\r\n")?;
                }
            }
        }
        Ok(())
    }
}
