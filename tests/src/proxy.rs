//! A proxy between cloudhost and a server. It forwards and records requests, and breaks responses.

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

/// A reverse proxy on loopback, with one thread per connection. Dropping it stops the proxy.
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
    /// Requests that were read and whose exchange is not recorded yet.
    under_way: AtomicUsize,
    stop: Stop,
    epoch: Instant,
}

impl Proxy {
    /// Starts a proxy that forwards every request.
    ///
    /// # Errors
    ///
    /// No port is available.
    pub fn start(upstream: SocketAddr) -> io::Result<Self> {
        Self::launch(upstream, Duration::ZERO, None)
    }

    /// Starts a proxy that delays every response.
    ///
    /// # Errors
    ///
    /// Same as [`Proxy::start`].
    pub fn delayed(upstream: SocketAddr, delay: Duration) -> io::Result<Self> {
        Self::launch(upstream, delay, None)
    }

    /// Starts a proxy that forwards only requests whose response is not in this memory.
    ///
    /// # Errors
    ///
    /// Same as [`Proxy::start`].
    pub fn remembering(upstream: SocketAddr, memory: &Memory) -> io::Result<Self> {
        Self::launch(upstream, Duration::ZERO, Some(memory.clone()))
    }

    /// Starts a proxy that does both: it caches responses, and delays every one, cached or not.
    ///
    /// # Errors
    ///
    /// Same as [`Proxy::start`].
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

    /// Its URL, for `AWS_ENDPOINT_URL`.
    pub fn url(&self) -> String {
        self.door.url()
    }

    /// Breaks the requests that match. The rule that was added first wins.
    pub fn add(&self, rule: Rule) -> &Self {
        lock(&self.shared.rules).push(rule);
        self
    }

    /// Removes all rules.
    pub fn clear(&self) {
        lock(&self.shared.rules).clear();
    }

    /// Returns all finished exchanges, in the order in which they ended.
    ///
    /// A response arrives before its exchange is recorded, so this waits a moment for pending ones.
    pub fn exchanges(&self) -> Vec<Exchange> {
        let end = Instant::now() + Duration::from_millis(500);
        while self.shared.under_way.load(Ordering::Acquire) > 0 && Instant::now() < end {
            thread::sleep(Duration::from_millis(1));
        }
        lock(&self.shared.exchanges).clone()
    }

    /// Returns the peak number of concurrent [`Proxy::exchanges`].
    pub fn most_at_once(&self) -> usize {
        recording::most_at_once(&self.exchanges())
    }

    /// Waits until a request hangs in [`Fault::Hang`].
    ///
    /// # Errors
    ///
    /// No request did within `limit`.
    pub fn wait_for_hang(&self, limit: Duration) -> io::Result<()> {
        let end = Instant::now() + limit;
        while self.shared.waiting.load(Ordering::Relaxed) == 0 {
            if Instant::now() > end {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "no request hung"));
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
            let sent = self.respond(&request, &exchange, &mut client);
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

    /// Responds to one request; `None` if the connection must close without a complete response.
    fn respond(
        &self,
        request: &Message,
        seen: &Exchange,
        client: &mut TcpStream,
    ) -> io::Result<Option<u16>> {
        let fault = lock(&self.rules)
            .iter_mut()
            .find_map(|rule| rule.take(&seen.region, &seen.action));
        let response = match fault {
            None => self.forward(request, &seen.region),
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
                let whole = self.forward(&ec2::unpaged(request), &seen.region);
                with_text(whole, |body| {
                    ec2::with_token(body, &format!("page-{token}"))
                })
            }
            Some(Fault::Pages(size)) => self.page(request, &seen.region, size),
            Some(Fault::Replace(from, to)) => {
                let request = ec2::renamed(request, &to, &from);
                with_text(self.forward(&request, &seen.region), |body| {
                    body.replace(&from, &to)
                })
            }
            Some(Fault::Drop) => return Ok(None),
            Some(Fault::Hang) => {
                self.waiting.fetch_add(1, Ordering::Relaxed);
                self.stop.hang(client)?;
                return Ok(None);
            }
            Some(Fault::Truncate) => {
                let whole = self.forward(request, &seen.region);
                client.write_all(&whole.head(whole.body.len()))?;
                client.write_all(whole.body.get(..whole.body.len() / 2).unwrap_or_default())?;
                return Ok(None);
            }
            Some(Fault::Drip(interval)) => {
                let whole = self.forward(request, &seen.region);
                client.write_all(&whole.head(whole.body.len()))?;
                for byte in &whole.body {
                    client.write_all(&[*byte])?;
                    thread::sleep(interval);
                }
                return Ok(whole.status());
            }
        };
        thread::sleep(self.delay);
        response.write(client)?;
        Ok(response.status())
    }

    /// Returns the response of the memory or the server, or 502 if there is none.
    fn forward(&self, request: &Message, region: &str) -> Message {
        let forward = || {
            http::exchange(self.upstream, request).unwrap_or_else(|error| {
                Message::answer(502, Vec::new(), error.to_string().into_bytes())
            })
        };
        match &self.memory {
            Some(memory) => memory.recall(region, &request.body, forward),
            None => forward(),
        }
    }

    fn page(&self, request: &Message, region: &str, size: usize) -> Message {
        let token = ec2::field(&request.body, "NextToken");
        let number = token
            .and_then(|token| token.strip_prefix("page-")?.parse().ok())
            .unwrap_or(0);
        let whole = self.forward(&ec2::unpaged(request), region);
        with_text(whole, |body| match ec2::page(body, size, number) {
            (shown, true) => ec2::with_token(&shown, &format!("page-{}", number + 1)),
            (shown, false) => shown,
        })
    }

    fn now(&self) -> u128 {
        self.epoch.elapsed().as_micros()
    }
}

/// Returns an address of this machine without a listener: port 1, which is reserved for the system.
pub fn closed_port() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 1))
}

/// Returns a response in the format of EC2, padded with white space, which is valid XML.
fn oversize(size: usize) -> Message {
    let mut body = b"<DescribeRegionsResponse>".to_vec();
    body.resize(size, b' ');
    body.extend_from_slice(b"</DescribeRegionsResponse>");
    Message::answer(200, vec![("Content-Type".into(), "text/xml".into())], body)
}

fn with_text(mut response: Message, change: impl FnOnce(&str) -> String) -> Message {
    response.body = change(&String::from_utf8_lossy(&response.body)).into_bytes();
    response
}
