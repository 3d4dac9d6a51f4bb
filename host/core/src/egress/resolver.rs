//! Name resolution, in the host.
//!
//! A name in a grant belongs to the owner of its zone, and its addresses can change between two lookups (DNS
//! rebinding). So the lookup, the check and the dialling use one list: the connector dials what this resolver
//! returns, and it returns no blocked address.
//!
//! A plugin with a wildcard can look up any number of names, and a name server that never responds holds a thread for
//! each. So each plugin has its own lookups and its own cached results, and few lookups at once.

use super::blocked::is_blocked;
use super::overrides::is_localhost;
use futures::future::BoxFuture;
use hyper_util::client::legacy::connect::dns;
use std::collections::HashMap;
use std::error::Error;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::sync::{OnceCell, Semaphore, oneshot};
use tower_service::Service;

/// Validity of cached lookups: hundreds of connections that start at once need one lookup.
const HOLDS: Duration = Duration::from_secs(30);
/// Validity of failed ones: a name server that does not respond is not asked by each request.
const FAILURE_HOLDS: Duration = Duration::from_secs(5);
/// Most cached names of a plugin.
const MOST: usize = 1024;
/// Most lookups of a plugin at once; further ones wait.
const AT_ONCE: usize = 16;

/// A name resolver: the hook for tests and for embedders with a resolver of their own.
///
/// ```
/// use cloudhost::egress::Lookup;
/// use std::net::{IpAddr, Ipv4Addr};
/// use std::sync::Arc;
///
/// /// Knows one name, for a network without DNS.
/// struct Fixed;
///
/// impl Lookup for Fixed {
///     fn lookup(&self, name: String) -> futures::future::BoxFuture<'static, std::io::Result<Vec<IpAddr>>> {
///         let known = (name == "api.example.com").then(|| vec![Ipv4Addr::new(203, 0, 113, 7).into()]);
///         Box::pin(async move { known.ok_or_else(|| std::io::ErrorKind::NotFound.into()) })
///     }
/// }
///
/// let mut config = cloudhost::host::HostConfig::new("/var/cache/inventory");
/// config.egress.lookup = Arc::new(Fixed);
/// ```
pub trait Lookup: Send + Sync + 'static {
    /// The addresses of a name. The caller drops those that must not be dialled. A lookup that began is completed, even
    /// if the request that needs it is cancelled: until then it is one of the 16 that a plugin may have at once.
    fn lookup(&self, name: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>>;
}

/// The system's resolver, on threads of its own: those that load and save for other plugins stay free.
pub(crate) struct System;

impl Lookup for System {
    fn lookup(&self, name: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        Box::pin(async move {
            let (found, result) = oneshot::channel();
            let look_up = move || {
                let addresses = (name.as_str(), 0).to_socket_addrs();
                let addresses = addresses.map(|all| all.map(|address| address.ip()).collect());
                // The receiver is gone when the program ends.
                let _ = found.send(addresses);
            };
            let thread = std::thread::Builder::new().name("cloudhost-lookup".to_owned());
            thread.spawn(look_up)?;
            let ended = |_| Err(io::Error::other("the lookup ended without a result"));
            result.await.unwrap_or_else(ended)
        })
    }
}

/// All addresses of a name are blocked.
#[derive(Debug, thiserror::Error)]
#[error("all of its addresses are loopback or private")]
pub(crate) struct AllBlocked;

/// The lookups of all plugins.
pub(super) struct Resolvers {
    lookup: Arc<dyn Lookup>,
    plugins: Mutex<HashMap<String, Arc<Names>>>,
}

impl Resolvers {
    pub(super) fn new(lookup: Arc<dyn Lookup>) -> Self {
        Self {
            lookup,
            plugins: Mutex::default(),
        }
    }

    /// The plugin's lookups.
    pub(super) fn of(&self, plugin: &str) -> Arc<Names> {
        let mut plugins = self.plugins.lock().unwrap_or_else(PoisonError::into_inner);
        let names = plugins
            .entry(plugin.to_owned())
            .or_insert_with(|| Arc::new(Names::new(self.lookup.clone())));
        names.clone()
    }
}

/// Lookups of one plugin, with one cache in front of them.
pub(super) struct Names {
    lookup: Arc<dyn Lookup>,
    places: Arc<Semaphore>,
    known: Mutex<HashMap<String, Arc<OnceCell<Found>>>>,
}

/// The outcome of a lookup, and its time.
struct Found {
    at: Instant,
    addresses: Result<Vec<IpAddr>, (io::ErrorKind, String)>,
}

impl Found {
    fn holds(&self) -> bool {
        let holds = match self.addresses {
            Ok(_) => HOLDS,
            Err(_) => FAILURE_HOLDS,
        };
        self.at.elapsed() < holds
    }
}

impl Names {
    fn new(lookup: Arc<dyn Lookup>) -> Self {
        Self {
            lookup,
            places: Arc::new(Semaphore::new(AT_ONCE)),
            known: Mutex::default(),
        }
    }

    /// One lookup for all concurrent callers.
    async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        let known = self.entry(name);
        let found = known
            .get_or_init(|| async {
                let addresses = self.look_up(name.to_owned()).await;
                Found {
                    addresses: addresses.map_err(|error| (error.kind(), error.to_string())),
                    at: Instant::now(),
                }
            })
            .await;
        match &found.addresses {
            Ok(addresses) => Ok(addresses.clone()),
            Err((kind, why)) => Err(io::Error::new(*kind, why.clone())),
        }
    }

    async fn look_up(&self, name: String) -> io::Result<Vec<IpAddr>> {
        let place = self.places.clone().acquire_owned().await;
        let lookup = self.lookup.lookup(name);
        // A caller that gives up leaves a thread behind: the place is taken until that ends.
        let task = tokio::spawn(async move {
            let _place = place;
            lookup.await
        });
        task.await
            .unwrap_or_else(|error| Err(io::Error::other(error)))
    }

    fn entry(&self, name: &str) -> Arc<OnceCell<Found>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = known.get(name)
            && entry.get().is_none_or(Found::holds)
        {
            return entry.clone();
        }
        if known.len() >= MOST {
            known.clear();
        }
        let entry = Arc::<OnceCell<Found>>::default();
        known.insert(name.to_owned(), entry.clone());
        entry
    }
}

/// The resolver of a client.
#[derive(Clone)]
pub(crate) struct Addresses {
    pub(super) names: Arc<Names>,
    /// For the user's endpoint override: any address, and `localhost` without a lookup. Requests to the cloud get no
    /// blocked address.
    pub any: bool,
}

impl Addresses {
    /// The addresses to dial. Port 0 is replaced by the URL's.
    async fn of(self, name: String) -> Result<std::vec::IntoIter<SocketAddr>, BoxError> {
        let mut addresses = match self.any && is_localhost(&name) {
            true => vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
            false => self.names.addresses(&name).await?,
        };
        if !self.any && !addresses.is_empty() {
            addresses.retain(|address| !is_blocked(*address));
            if addresses.is_empty() {
                return Err(AllBlocked.into());
            }
        }
        let addresses = addresses.into_iter();
        let dialed: Vec<_> = addresses.map(|ip| SocketAddr::new(ip, 0)).collect();
        Ok(dialed.into_iter())
    }
}

pub(super) type BoxError = Box<dyn Error + Send + Sync>;

impl Service<dns::Name> for Addresses {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: dns::Name) -> Self::Future {
        Box::pin(self.clone().of(name.as_str().to_owned()))
    }
}

/// A resolver for a location that the user named by its address, and for its redirects; and a flag that the location is
/// on this machine or in its private network. Then it may lead to any address; otherwise to none that is blocked.
#[cfg(feature = "source")]
pub(crate) async fn of_place(place: url::Host<&str>, lookup: Arc<dyn Lookup>) -> (bool, Addresses) {
    let names = Arc::new(Names::new(lookup));
    let near = match place {
        url::Host::Ipv4(address) => is_blocked(address.into()),
        url::Host::Ipv6(address) => is_blocked(address.into()),
        url::Host::Domain(name) if is_localhost(name) => true,
        url::Host::Domain(name) => {
            let found = names.addresses(name).await.unwrap_or_default();
            !found.is_empty() && found.into_iter().all(is_blocked)
        }
    };
    (near, Addresses { names, any: near })
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::future::join_all;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Responds with these addresses, or an error, and counts.
    struct Fixed(Option<Vec<IpAddr>>, AtomicUsize);

    impl Lookup for Fixed {
        fn lookup(&self, _: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
            self.1.fetch_add(1, Ordering::SeqCst);
            let addresses = self.0.clone();
            Box::pin(async move {
                tokio::task::yield_now().await;
                addresses.ok_or_else(|| io::Error::other("no such name"))
            })
        }
    }

    fn fixed(addresses: &[&str]) -> Arc<Fixed> {
        let addresses = addresses.iter().map(|a| a.parse().unwrap()).collect();
        Arc::new(Fixed(Some(addresses), AtomicUsize::new(0)))
    }

    async fn addresses(names: &Arc<Names>, any: bool, name: &str) -> Result<Vec<String>, String> {
        let names = names.clone();
        match (Addresses { names, any }).of(name.to_owned()).await {
            Ok(found) => Ok(found.map(|address| address.ip().to_string()).collect()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Case 18: mixed results, and results that change.
    #[tokio::test]
    async fn private_addresses_are_dropped() {
        let mixed = ["10.0.0.1", "52.94.5.1", "::1", "127.0.0.1"];
        let mixed = Arc::new(Names::new(fixed(&mixed)));
        let found = addresses(&mixed, false, "a.example").await;
        assert_eq!(found.unwrap(), ["52.94.5.1"]);
        let private = Arc::new(Names::new(fixed(&["169.254.169.254"])));
        let error = addresses(&private, false, "a.example").await.unwrap_err();
        assert!(error.contains("private"), "{error}");
    }

    #[tokio::test]
    async fn one_lookup_for_many() {
        let lookup = fixed(&["52.94.5.1"]);
        let names = Arc::new(Names::new(lookup.clone()));
        let all = join_all((0..100).map(|_| addresses(&names, false, "a.example"))).await;
        assert!(all.into_iter().all(|found| found.unwrap() == ["52.94.5.1"]));
        assert_eq!(lookup.1.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn an_override_reaches_this_machine_without_a_lookup() {
        let lookup = fixed(&["10.0.0.1"]);
        let names = Arc::new(Names::new(lookup.clone()));
        let local = addresses(&names, true, "localhost").await.unwrap();
        assert_eq!(local, ["127.0.0.1", "::1"]);
        assert_eq!(lookup.1.load(Ordering::SeqCst), 0);
        let private = addresses(&names, true, "moto").await.unwrap();
        assert_eq!(private, ["10.0.0.1"]);
    }

    #[tokio::test]
    async fn the_number_of_names_is_bounded() {
        let names = Names::new(fixed(&["52.94.5.1"]));
        for number in 0..3 * MOST {
            names.addresses(&format!("n{number}")).await.unwrap();
        }
        assert!(names.known.lock().unwrap().len() <= MOST);
    }

    #[tokio::test]
    async fn a_failed_name_is_not_looked_up_at_once_again() {
        let lookup = Arc::new(Fixed(None, AtomicUsize::new(0)));
        let names = Arc::new(Names::new(lookup.clone()));
        for _ in 0..3 {
            let error = addresses(&names, false, "a.example").await.unwrap_err();
            assert_eq!(error, "no such name");
        }
        assert_eq!(lookup.1.load(Ordering::SeqCst), 1);
        let passed = |names: &Names, ago| {
            let at = Instant::now().checked_sub(ago).unwrap();
            let addresses = Err((io::ErrorKind::Other, "gone".to_owned()));
            let found = OnceCell::new_with(Some(Found { at, addresses }));
            let mut known = names.known.lock().unwrap();
            known.insert("a.example".to_owned(), Arc::new(found));
        };
        passed(&names, FAILURE_HOLDS - Duration::from_secs(1));
        assert_eq!(
            addresses(&names, false, "a.example").await.unwrap_err(),
            "gone"
        );
        passed(&names, FAILURE_HOLDS);
        let error = addresses(&names, false, "a.example").await.unwrap_err();
        assert_eq!(
            (error.as_str(), lookup.1.load(Ordering::SeqCst)),
            ("no such name", 2)
        );
    }

    /// Never responds, and counts.
    #[derive(Default)]
    struct Silent(Arc<AtomicUsize>);

    struct Leaving(Arc<AtomicUsize>);

    impl Drop for Leaving {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::SeqCst);
        }
    }

    impl Lookup for Silent {
        fn lookup(&self, _: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
            self.0.fetch_add(1, Ordering::SeqCst);
            let leaving = Leaving(self.0.clone());
            Box::pin(async move {
                let _leaving = leaving;
                std::future::pending().await
            })
        }
    }

    /// Also when the requests that need them are given up.
    #[tokio::test]
    async fn few_lookups_at_once_for_each_plugin() {
        let lookup = Silent::default();
        let active = lookup.0.clone();
        let resolvers = Resolvers::new(Arc::new(lookup));
        let patience = Duration::from_millis(20);
        for plugin in ["one", "two"] {
            let names = resolvers.of(plugin);
            for _ in 0..2 {
                let ask = |number| {
                    let names = names.clone();
                    async move { addresses(&names, false, &format!("n{number}.example")).await }
                };
                let all = join_all((0..100).map(|at| tokio::time::timeout(patience, ask(at))));
                assert!(all.await.iter().all(Result::is_err));
            }
            let expected = if plugin == "one" {
                AT_ONCE
            } else {
                2 * AT_ONCE
            };
            assert_eq!(active.load(Ordering::SeqCst), expected);
        }
    }

    /// A runtime whose only thread for blocking work is taken still looks names up.
    #[test]
    fn the_system_needs_no_thread_of_the_runtime() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(1)
            .build()
            .unwrap();
        runtime.block_on(async {
            let (free, taken) = std::sync::mpsc::channel::<()>();
            let held = tokio::task::spawn_blocking(move || taken.recv());
            let found = tokio::time::timeout(
                Duration::from_secs(30),
                System.lookup("localhost".to_owned()),
            );
            let found = found.await.unwrap().unwrap();
            assert!(!found.is_empty() && found.iter().all(IpAddr::is_loopback));
            drop(free);
            let _ = held.await.unwrap();
        });
    }
}
