//! A server that a test scripts as one function from a request to a reply, valid or not.

use std::io::{self, BufReader, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::door::{ListenerGuard, Stop};
use crate::http::Message;
use crate::lock;

/// A received request.
#[derive(Clone, Debug)]
pub struct ReceivedRequest {
    /// Number of its connection; 0 is the first one of the server.
    pub connection: usize,
    /// Request line.
    pub start: String,
    /// Headers in order of arrival.
    pub headers: Vec<(String, String)>,
    /// Body, without transfer coding.
    pub body: Vec<u8>,
}

impl ReceivedRequest {
    /// Path and query.
    pub fn target(&self) -> &str {
        self.start.split(' ').nth(1).unwrap_or_default()
    }

    /// First header with this name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut fields = self.headers.iter();
        let found = fields.find(|(field, _)| field.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The whole request as text, as a debug page would show it.
    pub fn text(&self) -> String {
        let mut text = format!("{}\n", self.start);
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\n"));
        }
        text + &String::from_utf8_lossy(&self.body)
    }
}

/// Reply of the server to a request.
#[derive(Clone, Debug)]
pub enum Reply {
    /// A status, headers, and a body with its length.
    Answer(u16, Vec<(String, String)>, Vec<u8>),
    /// 200 with this body, after a delay.
    Late(Duration, Vec<u8>),
    /// These bytes verbatim; then the connection closes.
    Raw(Vec<u8>),
    /// The head of a response of a thousand bytes, then one of them after each pause.
    Drip(Duration),
    /// The first bytes verbatim, then the others again and again until the client disconnects.
    Forever(Vec<u8>, Vec<u8>),
    /// 200 with this body. One more byte is announced and never sent.
    Unfinished(Vec<u8>),
    /// Nothing until the client disconnects.
    Silence,
}

impl Reply {
    /// 200 with this body.
    pub fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self::Answer(200, Vec::new(), body.into())
    }
}

#[derive(Debug, Default)]
struct Book {
    heard: Vec<ReceivedRequest>,
    connections: usize,
    open: usize,
    active: usize,
    most_active: usize,
}

/// A server on loopback, with one thread per connection. Dropping it stops the server.
#[derive(Debug)]
pub struct ScriptedServer {
    book: Arc<Mutex<Book>>,
    door: ListenerGuard,
}

impl ScriptedServer {
    /// Starts a server that replies by this function.
    ///
    /// # Errors
    ///
    /// No port is available.
    pub fn start(
        reply: impl Fn(&ReceivedRequest) -> Reply + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let book = Arc::new(Mutex::new(Book::default()));
        let stop = Stop::default();
        let (shared, stopped) = (Arc::clone(&book), stop.clone());
        let door = ListenerGuard::open(&stop, move |client| {
            let connection = {
                let mut book = lock(&shared);
                book.connections += 1;
                book.open += 1;
                book.connections - 1
            };
            let outcome = serve(client, connection, &shared, &stopped, &reply);
            lock(&shared).open -= 1;
            outcome
        })?;
        Ok(Self { book, door })
    }

    /// Its URL, without a path.
    pub fn url(&self) -> String {
        self.door.url()
    }

    /// The requests so far.
    pub fn heard(&self) -> Vec<ReceivedRequest> {
        lock(&self.book).heard.clone()
    }

    /// Total number of connections.
    pub fn connections(&self) -> usize {
        lock(&self.book).connections
    }

    /// Peak number of concurrent requests, each counted until its response starts. Connections cannot be counted
    /// instead: a client that closed one can open the next before this server sees that.
    pub fn most_at_once(&self) -> usize {
        lock(&self.book).most_active
    }

    /// Number of open connections.
    pub fn open(&self) -> usize {
        lock(&self.book).open
    }
}

fn serve(
    mut client: TcpStream,
    connection: usize,
    book: &Mutex<Book>,
    stop: &Stop,
    reply: impl Fn(&ReceivedRequest) -> Reply,
) -> io::Result<()> {
    client.set_nodelay(true)?;
    let mut reader = BufReader::new(client.try_clone()?);
    while let Some(request) = Message::read(&mut reader)? {
        let heard = ReceivedRequest {
            connection,
            start: request.start,
            headers: request.headers,
            body: request.body,
        };
        {
            let mut book = lock(book);
            book.active += 1;
            book.most_active = book.most_active.max(book.active);
        }
        let reply = reply(&heard);
        lock(book).heard.push(heard);
        if let Reply::Late(pause, _) = &reply {
            thread::sleep(*pause);
        }
        lock(book).active -= 1;
        match reply {
            Reply::Answer(status, headers, body) => {
                Message::answer(status, headers, body).write(&mut client)?;
            }
            Reply::Late(_, body) => {
                Message::answer(200, Vec::new(), body).write(&mut client)?;
            }
            Reply::Raw(bytes) => return client.write_all(&bytes),
            Reply::Drip(pause) => {
                client.write_all(&Message::answer(200, Vec::new(), Vec::new()).head(1_000))?;
                for _ in 0..1_000 {
                    thread::sleep(pause);
                    client.write_all(b".")?;
                }
            }
            Reply::Forever(first, again) => {
                client.write_all(&first)?;
                loop {
                    client.write_all(&again)?;
                }
            }
            Reply::Unfinished(body) => {
                let message = Message::answer(200, Vec::new(), body);
                client.write_all(&message.head(message.body.len() + 1))?;
                client.write_all(&message.body)?;
                return stop.hang(&mut client);
            }
            Reply::Silence => return stop.hang(&mut client),
        }
    }
    Ok(())
}
