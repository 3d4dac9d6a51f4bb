//! A minimal server: for each connection it reads requests and sends scripted responses.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// A scripted reaction to one request.
#[derive(Clone)]
pub enum Step {
    /// Writes these bytes and keeps the connection.
    Write(Vec<u8>),
    /// Writes these bytes and closes.
    Close(Vec<u8>),
    /// Writes the first bytes at once, the others one by one with this pause.
    Drip(Vec<u8>, Vec<u8>, Duration),
    /// Writes the first bytes, then the others again and again.
    Forever(Vec<u8>, Vec<u8>),
    /// Responds 200 with the word that comes after this text in the request: in the name of a header, as the value of
    /// one, and as the body.
    Tell(&'static str),
    /// Responds 200 once this is closed.
    Held(Arc<Semaphore>),
    /// Responds 200 with the request, head and body.
    Echo,
    /// Never responds.
    Silence,
}

/// The server and the requests that it received.
pub struct Server {
    pub address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    requests: Vec<String>,
    times: Vec<Instant>,
    open: usize,
    most_open: usize,
    connections: usize,
}

pub fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

impl Server {
    /// Gives the steps in order; the last one for all later requests.
    pub async fn start(steps: Vec<Step>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let steps = Arc::new(Mutex::new(VecDeque::from(steps)));
        let noted = seen.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (steps, seen) = (steps.clone(), noted.clone());
                tokio::spawn(async move {
                    seen.lock().unwrap().connections += 1;
                    serve(stream, &steps, &seen).await
                });
            }
        });
        Self { address, seen }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn requests(&self) -> Vec<String> {
        self.seen.lock().unwrap().requests.clone()
    }

    /// Times at which each request had been read.
    pub fn times(&self) -> Vec<Instant> {
        self.seen.lock().unwrap().times.clone()
    }

    pub fn most_open(&self) -> usize {
        self.seen.lock().unwrap().most_open
    }

    pub fn open(&self) -> usize {
        self.seen.lock().unwrap().open
    }

    pub fn connections(&self) -> usize {
        self.seen.lock().unwrap().connections
    }
}

async fn serve(
    mut stream: TcpStream,
    steps: &Mutex<VecDeque<Step>>,
    seen: &Mutex<Seen>,
) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    loop {
        let request = read(&mut stream).await?;
        let step = {
            let mut seen = seen.lock().unwrap();
            seen.requests.push(request.clone());
            seen.times.push(Instant::now());
            seen.open += 1;
            seen.most_open = seen.most_open.max(seen.open);
            let mut steps = steps.lock().unwrap();
            match steps.len() {
                0 | 1 => steps.front().cloned(),
                _ => steps.pop_front(),
            }
        };
        let kept = play(&mut stream, step?, &request).await;
        seen.lock().unwrap().open -= 1;
        kept?;
    }
}

async fn play(stream: &mut TcpStream, step: Step, request: &str) -> Option<()> {
    match step {
        Step::Write(bytes) => stream.write_all(&bytes).await.ok(),
        Step::Close(bytes) => {
            stream.write_all(&bytes).await.ok()?;
            None
        }
        Step::Drip(first, others, pause) => {
            stream.write_all(&first).await.ok()?;
            for byte in others {
                stream.write_all(&[byte]).await.ok()?;
                tokio::time::sleep(pause).await;
            }
            Some(())
        }
        Step::Forever(first, again) => {
            stream.write_all(&first).await.ok()?;
            loop {
                stream.write_all(&again).await.ok()?;
            }
        }
        Step::Tell(word) => {
            let (_, rest) = request.split_once(word)?;
            let told = rest.split_whitespace().next()?;
            let headers = format!("x-{told}: 1\r\nx-told: {told}\r\n");
            let answer = answer("200 OK", &headers, told.as_bytes());
            stream.write_all(&answer).await.ok()
        }
        Step::Held(gate) => {
            let _closed = gate.acquire().await;
            stream.write_all(&answer("200 OK", "", b"held")).await.ok()
        }
        Step::Echo => {
            let headers = format!(
                "x-echo: {}\r\n",
                request
                    .replace("\r\n", "|")
                    .replace(|c: char| !c.is_ascii_graphic(), " ")
            );
            stream
                .write_all(&answer("200 OK", &headers, request.as_bytes()))
                .await
                .ok()
        }
        Step::Silence => {
            // Ends when the other side closes.
            let mut byte = [0];
            let _ = stream.read(&mut byte).await;
            None
        }
    }
}

/// One request, head and body.
async fn read(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| {
                    line.to_lowercase()
                        .strip_prefix("content-length:")?
                        .trim()
                        .parse()
                        .ok()
                })
                .unwrap_or(0);
            if body.len() >= length {
                return Some(text);
            }
        }
        let mut chunk = [0; 8192];
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return None,
            Ok(read) => bytes.extend_from_slice(&chunk[..read]),
        }
    }
}
