//! What stands between cloudhost and a server: it passes requests on, records them, and breaks answers.

use std::io::{self, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::door::{ListenerGuard, Stop};
use crate::ec2;
use crate::fault::{Fault, Rule};
use crate::http::{self, Message};
use crate::lock;
use crate::memory::Memory;
use crate::recording::{self, Exchange};

/// A reverse proxy on loopback, one thread to a connection. It ends with this value.
#[derive(Debug)]
pub struct Proxy {
    shared: Arc<Shared>,
    door: ListenerGuard,
}

#[derive(Debug)]
struct Shared {
    upstream: SocketAddr,
    delay: Duration,
    memory: Option<Memory>,
    rules: Mutex<Vec<Rule>>,
    exchanges: Mutex<Vec<Exchange>>,
    tokens: AtomicUsize,
    waiting: AtomicUsize,
    /// Requests that were read, and whose exchange is not noted yet.
    under_way: AtomicUsize,
    stop: Stop,
    epoch: Instant,
}

impl Proxy {
    /// A proxy that asks the server each time.
    ///
    /// # Errors
    ///
    /// No port could be had.
    pub fn start(upstream: SocketAddr) -> io::Result<Self> {
        Self::launch(upstream, Duration::ZERO, None)
    }

    /// A proxy that answers each request so much later.
    ///
    /// # Errors
    ///
    /// As [`Proxy::start`].
    pub fn delayed(upstream: SocketAddr, delay: Duration) -> io::Result<Self> {
        Self::launch(upstream, delay, None)
    }

    /// A proxy that asks the server only what this memory does not hold.
    ///
    /// # Errors
    ///
    /// As [`Proxy::start`].
    pub fn remembering(upstream: SocketAddr, memory: &Memory) -> io::Result<Self> {
        Self::launch(upstream, Duration::ZERO, Some(memory.clone()))
    }

    /// A proxy that does both: it remembers, and answers so much later, whether it remembered or not.
    ///
    /// # Errors
    ///
    /// As [`Proxy::start`].
    pub fn far(upstream: SocketAddr, delay: Duration, memory: &Memory) -> io::Result<Self> {
        Self::launch(upstream, delay, Some(memory.clone()))
    }

    fn launch(upstream: SocketAddr, delay: Duration, memory: Option<Memory>) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            upstream,
            delay,
            memory,
            rules: Mutex::default(),
            exchanges: Mutex::default(),
            tokens: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
            under_way: AtomicUsize::new(0),
            stop: Stop::default(),
            epoch: Instant::now(),
        });
        let served = Arc::clone(&shared);
        let door = ListenerGuard::open(&shared.stop, move |client| served.serve(client))?;
        Ok(Self { shared, door })
    }

    /// Its URL, as `AWS_ENDPOINT_URL` takes it.
    pub fn url(&self) -> String {
        self.door.url()
    }

    /// Breaks the requests that fit; the rule added first wins.
    pub fn add(&self, rule: Rule) -> &Self {
        lock(&self.shared.rules).push(rule);
        self
    }

    /// Takes all rules away: from now on everything goes through.
    pub fn clear(&self) {
        lock(&self.shared.rules).clear();
    }

    /// All exchanges that have ended, in the order in which they ended.
    ///
    /// An answer is there before its exchange is noted: so this waits a moment for those that are under way.
    pub fn exchanges(&self) -> Vec<Exchange> {
        let end = Instant::now() + Duration::from_millis(500);
        while self.shared.under_way.load(Ordering::Acquire) > 0 && Instant::now() < end {
            thread::sleep(Duration::from_millis(1));
        }
        lock(&self.shared.exchanges).clone()
    }

    /// The most of [`Proxy::exchanges`] that were under way at one moment.
    pub fn most_at_once(&self) -> usize {
        recording::most_at_once(&self.exchanges())
    }

    /// Waits until a request hangs in [`Fault::Hang`].
    ///
    /// # Errors
    ///
    /// None did within `limit`.
    pub fn wait_for_hang(&self, limit: Duration) -> io::Result<()> {
        let end = Instant::now() + limit;
        while self.shared.waiting.load(Ordering::Relaxed) == 0 {
            if Instant::now() > end {
                return Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    "no request came to hang",
                ));
            }
            thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

impl Shared {
    fn serve(&self, mut client: TcpStream) -> io::Result<()> {
        client.set_nodelay(true)?;
        let mut reader = BufReader::new(client.try_clone()?);
        while let Some(request) = Message::read(&mut reader)? {
            self.under_way.fetch_add(1, Ordering::AcqRel);
            let mut exchange = Exchange::of(&request, self.now());
            let sent = self.answer(&request, &exchange, &mut client);
            exchange.status = sent.as_ref().ok().copied().flatten();
            exchange.ended = self.now();
            let go_on = exchange.status.is_some();
            lock(&self.exchanges).push(exchange);
            self.under_way.fetch_sub(1, Ordering::AcqRel);
            if !go_on {
                break;
            }
        }
        Ok(())
    }

    /// Answers one request; `None` where the connection is to end without a whole answer.
    fn answer(
        &self,
        request: &Message,
        seen: &Exchange,
        client: &mut TcpStream,
    ) -> io::Result<Option<u16>> {
        let fault = lock(&self.rules)
            .iter_mut()
            .find_map(|rule| rule.take(&seen.region, &seen.action));
        let answer = match fault {
            None => self.ask(request, &seen.region),
            Some(Fault::Answer {
                status,
                headers,
                body,
            }) => Message::answer(status, headers, body),
            Some(Fault::Oversize(size)) => oversize(size),
            Some(Fault::EndlessPages { fresh }) => {
                let token = if fresh {
                    self.tokens.fetch_add(1, Ordering::Relaxed)
                } else {
                    0
                };
                let whole = self.ask(&ec2::unpaged(request), &seen.region);
                with_text(whole, |body| {
                    ec2::with_token(body, &format!("page-{token}"))
                })
            }
            Some(Fault::Pages(size)) => self.page(request, &seen.region, size),
            Some(Fault::Drop) => return Ok(None),
            Some(Fault::Hang) => {
                self.waiting.fetch_add(1, Ordering::Relaxed);
                self.stop.hang(client)?;
                return Ok(None);
            }
            Some(Fault::Truncate) => {
                let whole = self.ask(request, &seen.region);
                client.write_all(&whole.head(whole.body.len()))?;
                client.write_all(whole.body.get(..whole.body.len() / 2).unwrap_or_default())?;
                return Ok(None);
            }
            Some(Fault::Drip(interval)) => {
                let whole = self.ask(request, &seen.region);
                client.write_all(&whole.head(whole.body.len()))?;
                for byte in &whole.body {
                    client.write_all(&[*byte])?;
                    thread::sleep(interval);
                }
                return Ok(whole.status());
            }
        };
        thread::sleep(self.delay);
        answer.write(client)?;
        Ok(answer.status())
    }

    /// The server's answer, or 502 where it gives none.
    fn ask(&self, request: &Message, region: &str) -> Message {
        let ask = || {
            http::exchange(self.upstream, request).unwrap_or_else(|error| {
                Message::answer(502, Vec::new(), error.to_string().into_bytes())
            })
        };
        match &self.memory {
            Some(memory) => memory.recall(region, &request.body, ask),
            None => ask(),
        }
    }

    fn page(&self, request: &Message, region: &str, size: usize) -> Message {
        let token = ec2::field(&request.body, "NextToken");
        let number = token
            .and_then(|token| token.strip_prefix("page-")?.parse().ok())
            .unwrap_or(0);
        let whole = self.ask(&ec2::unpaged(request), region);
        with_text(whole, |body| match ec2::page(body, size, number) {
            (shown, true) => ec2::with_token(&shown, &format!("page-{}", number + 1)),
            (shown, false) => shown,
        })
    }

    fn now(&self) -> u128 {
        self.epoch.elapsed().as_micros()
    }
}

/// An address of this machine at which nobody listens: port 1, which only the system may give out.
pub fn closed_port() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 1))
}

/// An answer as EC2 words it, filled up with white space, which no reader can object to.
fn oversize(size: usize) -> Message {
    let mut body = b"<DescribeRegionsResponse>".to_vec();
    body.resize(size, b' ');
    body.extend_from_slice(b"</DescribeRegionsResponse>");
    Message::answer(200, vec![("Content-Type".into(), "text/xml".into())], body)
}

fn with_text(mut answer: Message, change: impl FnOnce(&str) -> String) -> Message {
    answer.body = change(&String::from_utf8_lossy(&answer.body)).into_bytes();
    answer
}
