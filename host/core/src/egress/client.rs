//! Connections: the sockets of plugins, each counted for one call at a time.
//!
//! A connection remembers who authenticated on it (TLS session, HTTP/2 state), so two plugins, or two credentials of
//! one, never share one. Nor do two calls at once: what a socket receives, all that surrounds the bodies included,
//! counts for the call that has its connection, and so does the processor time for it. When a call ends, its open
//! connections are left to the next call of the same owner.
//!
//! Clients are made when first needed: reading the system's root certificates takes milliseconds that a run without a
//! request must not pay.

use super::budget::Budget;
use super::resolver::{Addresses, BoxError, Names, Resolvers};
use super::{EgressConfig, FetchError};
use crate::limits::CpuTime;
use futures::future::{BoxFuture, poll_fn};
use http::Uri;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::client::Resumption;
use rustls::crypto::CryptoProvider;
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier};
use rustls_platform_verifier::BuilderVerifierExt as _;
use std::collections::HashMap;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tower_service::Service;

/// An HTTP client.
pub(crate) type Http = legacy::Client<Connector, Full<Bytes>>;

/// Interval of TCP's probes of a silent connection.
const KEEPALIVE: Duration = Duration::from_secs(15);

/// Bytes that the connections of a client may receive while no call has it: goodbyes of servers.
const IDLE_BYTES: u64 = 16 << 10;

/// Clients of one owner that wait for its next call. Calls at once need one each.
const SPARE: usize = 4;

/// Owner of connections.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Owner {
    pub plugin: String,
    pub credential: Option<String>,
    pub way: Way,
}

/// Kind of route of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Way {
    /// To the cloud: https only, blocked addresses dropped, HTTP/2 where the server speaks it.
    Direct,
    /// To the user's endpoint over TLS.
    Override,
    /// To the user's endpoint without TLS: no root certificate is read.
    PlainOverride,
}

/// A client with open connections, and the call that has it.
struct Client {
    http: Http,
    current: Arc<CurrentCall>,
}

/// Clients of all plugins that no call has.
pub(super) struct Clients {
    names: Arc<Resolvers>,
    connect_timeout: Duration,
    /// TLS that trusts what the system trusts.
    tls: OnceLock<Result<ClientConfig, rustls::Error>>,
    spare: Mutex<HashMap<Owner, Vec<Client>>>,
}

impl Clients {
    pub(super) fn new(config: &EgressConfig, names: Arc<Resolvers>) -> Self {
        Self {
            names,
            connect_timeout: config.connect_timeout,
            tls: OnceLock::new(),
            spare: Mutex::default(),
        }
    }

    fn spare(&self) -> MutexGuard<'_, HashMap<Owner, Vec<Client>>> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, owner: &Owner) -> Result<Client, FetchError> {
        if let Some(client) = self.spare().get_mut(owner).and_then(Vec::pop) {
            return Ok(client);
        }
        let tls = self
            .tls(owner.way)
            .map_err(|error| FetchError::Unreachable {
                host: "the network".to_owned(),
                why: format!(
                    "TLS cannot be set up ({error}); install the system's CA certificates (ca-certificates)"
                ),
                passing: false,
            })?;
        Ok(self.make(self.names.of(&owner.plugin), owner.way, tls))
    }

    fn give_back(&self, owner: Owner, client: Client) {
        client.current.set(None);
        let mut spare = self.spare();
        let spare = spare.entry(owner).or_default();
        if spare.len() < SPARE {
            spare.push(client);
        }
    }

    fn make(&self, names: Arc<Names>, way: Way, tls: ClientConfig) -> Client {
        let current = Arc::new(CurrentCall::default());
        let addresses = Addresses {
            names,
            any: way != Way::Direct,
        };
        let mut connector = Connector::new(addresses, tls, self.connect_timeout, current.clone());
        if way != Way::PlainOverride {
            connector.https.enforce_https();
        }
        Client {
            http: connector.client(Tasks(current.clone())),
            current,
        }
    }

    /// TLS for one client: what the server knows it by is of one owner.
    fn tls(&self, way: Way) -> Result<ClientConfig, rustls::Error> {
        if way == Way::PlainOverride {
            let nobody = RootCertStore::empty();
            return Ok(tls_builder()?
                .with_root_certificates(nobody)
                .with_no_client_auth());
        }
        let mut tls = self.tls.get_or_init(system_tls).clone()?;
        tls.resumption = Resumption::default();
        if way != Way::Direct {
            // HTTP/2 would send the override's own name as `:authority`.
            tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        }
        Ok(tls)
    }
}

/// TLS that trusts what the system trusts, for HTTP/2 where the server speaks it.
pub(crate) fn system_tls() -> Result<ClientConfig, rustls::Error> {
    let trusting = tls_builder()?.with_platform_verifier()?;
    let mut tls = trusting.with_no_client_auth();
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(tls)
}

fn tls_builder() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, rustls::Error> {
    let provider = match CryptoProvider::get_default() {
        Some(provider) => provider.clone(),
        None => Arc::new(rustls::crypto::aws_lc_rs::default_provider()),
    };
    ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()
}

/// The clients that one call has.
pub(super) struct Connections {
    clients: Arc<Clients>,
    counts: Counts,
    /// `None` once the call has ended.
    held: Mutex<Option<HashMap<Owner, Client>>>,
}

/// Counters of a call.
#[derive(Clone)]
struct Counts {
    budget: Arc<Budget>,
    cpu: Arc<CpuTime>,
}

impl Connections {
    pub(super) fn new(clients: Arc<Clients>, budget: Arc<Budget>, cpu: Arc<CpuTime>) -> Self {
        Self {
            clients,
            counts: Counts { budget, cpu },
            held: Mutex::new(Some(HashMap::new())),
        }
    }

    /// The client for this owner's requests.
    pub(super) fn of(&self, owner: &Owner) -> Result<Http, FetchError> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let held = held.as_mut().ok_or_else(super::request::given_up)?;
        if let Some(client) = held.get(owner) {
            return Ok(client.http.clone());
        }
        let client = self.clients.take(owner)?;
        client.current.set(Some(self.counts.clone()));
        let http = client.http.clone();
        held.insert(owner.clone(), client);
        Ok(http)
    }

    /// Leaves the clients to the next call, if no request is under way.
    pub(super) fn close(&self, idle: bool) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        for (owner, client) in held.take().into_iter().flatten() {
            if idle {
                self.clients.give_back(owner, client);
            }
        }
    }
}

impl Drop for Connections {
    fn drop(&mut self) {
        self.close(true);
    }
}

/// The call that has a client.
#[derive(Default)]
struct CurrentCall {
    call: Mutex<Option<Counts>>,
    /// Bytes received while no call has it.
    idle: AtomicU64,
}

impl CurrentCall {
    fn set(&self, call: Option<Counts>) {
        *self.call.lock().unwrap_or_else(PoisonError::into_inner) = call;
        self.idle.store(0, Ordering::Relaxed);
    }

    fn call(&self) -> Option<Counts> {
        let call = self.call.lock().unwrap_or_else(PoisonError::into_inner);
        call.clone()
    }

    fn measure<T>(&self, work: impl FnOnce() -> T) -> T {
        match self.call() {
            Some(call) => call.cpu.measure(work),
            None => work(),
        }
    }
}

/// Count of the bytes that sockets receive.
pub(crate) trait Meter: Send + Sync {
    /// Counts bytes.
    ///
    /// # Errors
    /// When no more may be received.
    fn came(&self, bytes: usize) -> io::Result<()>;
}

impl Meter for CurrentCall {
    fn came(&self, bytes: usize) -> io::Result<()> {
        if let Some(call) = self.call() {
            return call.budget.came(bytes).map_err(io::Error::other);
        }
        let before = self.idle.fetch_add(bytes as u64, Ordering::Relaxed);
        match before.saturating_add(bytes as u64) {
            0..=IDLE_BYTES => Ok(()),
            _ => Err(io::Error::other("the server sent without a request")),
        }
    }
}

/// Runs the tasks of a client's connections.
#[derive(Clone)]
struct Tasks(Arc<CurrentCall>);

impl<F: Future<Output = ()> + Send + 'static> hyper::rt::Executor<F> for Tasks {
    fn execute(&self, work: F) {
        let (current, mut work) = (self.0.clone(), Box::pin(work));
        tokio::spawn(poll_fn(move |cx| {
            current.measure(|| work.as_mut().poll(cx))
        }));
    }
}

/// Opens connections, within a time.
#[derive(Clone)]
pub(crate) struct Connector {
    https: HttpsConnector<Dialer>,
    timeout: Duration,
}

impl Connector {
    pub(crate) fn new(
        addresses: Addresses,
        tls: ClientConfig,
        timeout: Duration,
        meter: Arc<dyn Meter>,
    ) -> Self {
        let mut tcp = HttpConnector::new_with_resolver(addresses);
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(KEEPALIVE));
        tcp.set_connect_timeout(Some(timeout));
        Self {
            https: HttpsConnector::from((Dialer { tcp, meter }, tls)),
            timeout,
        }
    }

    /// A client with these connections.
    pub(crate) fn client<E>(self, tasks: E) -> Http
    where
        E: hyper::rt::Executor<BoxFuture<'static, ()>> + Clone + Send + Sync + 'static,
    {
        legacy::Client::builder(tasks)
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .build(self)
    }
}

impl Service<Uri> for Connector {
    type Response = MaybeHttpsStream<TokioIo<Counted>>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.https.poll_ready(cx)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let (connecting, after) = (self.https.call(to), self.timeout);
        Box::pin(async move {
            let connected = tokio::time::timeout(after, connecting).await;
            connected.unwrap_or_else(|_| {
                let why = format!("no connection within {} s", after.as_secs_f32());
                Err(io::Error::new(io::ErrorKind::TimedOut, why).into())
            })
        })
    }
}

/// Opens sockets.
#[derive(Clone)]
struct Dialer {
    tcp: HttpConnector<Addresses>,
    meter: Arc<dyn Meter>,
}

impl Service<Uri> for Dialer {
    type Response = TokioIo<Counted>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.tcp.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let (dialing, meter) = (self.tcp.call(to), self.meter.clone());
        Box::pin(async move {
            let socket = dialing.await?.into_inner();
            Ok(TokioIo::new(Counted { socket, meter }))
        })
    }
}

/// A socket whose received bytes are counted. It fails when no more may be received.
pub(crate) struct Counted {
    socket: TcpStream,
    meter: Arc<dyn Meter>,
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.socket).poll_read(cx, buffer))?;
        let came = buffer.filled().len().saturating_sub(before);
        Poll::Ready(self.meter.came(came))
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }
}

impl Connection for Counted {
    fn connected(&self) -> Connected {
        self.socket.connected()
    }
}
