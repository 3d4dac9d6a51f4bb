//! Name resolution, in the host.
//!
//! A name in a grant belongs to the owner of its zone, and its addresses can change between two lookups (DNS
//! rebinding). So the lookup, the check and the dialling use one list: the connector dials what this resolver
//! returns, and it returns no blocked address.

use super::blocked::is_blocked;
use super::overrides::is_localhost;
use futures::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::OnceCell;

/// Validity of cached lookups: hundreds of connections that start at once need one lookup.
const HOLDS: Duration = Duration::from_secs(30);
/// Most cached names. A plugin with a wildcard can look up any number of them.
const MOST: usize = 1024;

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
    /// The addresses of a name. The caller drops those that must not be dialled.
    fn lookup(&self, name: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>>;
}

/// The system's resolver.
pub(crate) struct System;

impl Lookup for System {
    fn lookup(&self, name: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// All addresses of a name are blocked.
#[derive(Debug, thiserror::Error)]
#[error("all of its addresses are loopback or private")]
pub(crate) struct AllBlocked;

/// One cache in front of the lookup, for all plugins.
pub(super) struct Names {
    lookup: Arc<dyn Lookup>,
    known: Mutex<HashMap<String, Known>>,
}

#[derive(Clone)]
struct Known {
    since: Instant,
    addresses: Arc<OnceCell<Vec<IpAddr>>>,
}

impl Names {
    pub(super) fn new(lookup: Arc<dyn Lookup>) -> Self {
        Self {
            lookup,
            known: Mutex::default(),
        }
    }

    /// One lookup for all concurrent callers; failures are not cached.
    async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        let known = self.entry(name);
        let found = known
            .addresses
            .get_or_try_init(|| self.lookup.lookup(name.to_owned()))
            .await?;
        Ok(found.clone())
    }

    fn entry(&self, name: &str) -> Known {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = known.get(name)
            && entry.since.elapsed() < HOLDS
        {
            return entry.clone();
        }
        if known.len() >= MOST {
            known.clear();
        }
        let entry = Known {
            since: Instant::now(),
            addresses: Arc::default(),
        };
        known.insert(name.to_owned(), entry.clone());
        entry
    }
}

/// The resolver for requests to the cloud: blocked addresses are dropped.
pub(super) struct Guarded(pub Arc<Names>);

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let names = self.0.clone();
        Box::pin(async move {
            let mut addresses = names.addresses(name.as_str()).await?;
            let before = addresses.len();
            addresses.retain(|address| !is_blocked(*address));
            if addresses.is_empty() && before > 0 {
                return Err(AllBlocked.into());
            }
            Ok(dial(addresses))
        })
    }
}

/// The resolver for the user's endpoint override: any address, and `localhost` without a lookup.
pub(super) struct Open(pub Arc<Names>);

impl Resolve for Open {
    fn resolve(&self, name: Name) -> Resolving {
        let names = self.0.clone();
        Box::pin(async move {
            if is_localhost(name.as_str()) {
                return Ok(dial(vec![
                    Ipv4Addr::LOCALHOST.into(),
                    Ipv6Addr::LOCALHOST.into(),
                ]));
            }
            Ok(dial(names.addresses(name.as_str()).await?))
        })
    }
}

/// A resolver for a location that the user named by its address, and for its redirects; and a flag that the location is
/// on this machine or in its private network. Then it may lead to any address; otherwise to none that is blocked.
#[cfg(feature = "source")]
pub(crate) async fn of_place(
    place: url::Host<&str>,
    lookup: Arc<dyn Lookup>,
) -> (bool, Arc<dyn Resolve>) {
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
    match near {
        true => (near, Arc::new(Open(names))),
        false => (near, Arc::new(Guarded(names))),
    }
}

/// Port 0 is replaced by the URL's.
fn dial(addresses: Vec<IpAddr>) -> Addrs {
    Box::new(
        addresses
            .into_iter()
            .map(|address| SocketAddr::new(address, 0)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    struct Fixed(Vec<IpAddr>, AtomicUsize);

    impl Lookup for Fixed {
        fn lookup(&self, _: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
            self.1.fetch_add(1, Ordering::SeqCst);
            let addresses = self.0.clone();
            Box::pin(async move {
                tokio::task::yield_now().await;
                Ok(addresses)
            })
        }
    }

    fn fixed(addresses: &[&str]) -> Arc<Fixed> {
        let addresses = addresses.iter().map(|a| a.parse().unwrap()).collect();
        Arc::new(Fixed(addresses, AtomicUsize::new(0)))
    }

    async fn guarded(names: &Arc<Names>) -> Result<Vec<String>, String> {
        match Guarded(names.clone())
            .resolve("a.example".parse().unwrap())
            .await
        {
            Ok(found) => Ok(found.map(|address| address.ip().to_string()).collect()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Case 18: mixed results, and results that change.
    #[tokio::test]
    async fn private_addresses_are_dropped() {
        let mixed = Arc::new(Names::new(fixed(&[
            "10.0.0.1",
            "52.94.5.1",
            "::1",
            "127.0.0.1",
        ])));
        assert_eq!(guarded(&mixed).await.unwrap(), ["52.94.5.1"]);
        let private = Arc::new(Names::new(fixed(&["169.254.169.254"])));
        assert!(guarded(&private).await.unwrap_err().contains("private"));
    }

    #[tokio::test]
    async fn one_lookup_for_many() {
        let lookup = fixed(&["52.94.5.1"]);
        let names = Arc::new(Names::new(lookup.clone()));
        let all = futures::future::join_all((0..100).map(|_| guarded(&names))).await;
        assert!(all.into_iter().all(|found| found.unwrap() == ["52.94.5.1"]));
        assert_eq!(lookup.1.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn an_override_reaches_this_machine_without_a_lookup() {
        let lookup = fixed(&["10.0.0.1"]);
        let open = Open(Arc::new(Names::new(lookup.clone())));
        let local: Vec<_> = open
            .resolve("localhost".parse().unwrap())
            .await
            .unwrap()
            .collect();
        assert!(local.iter().all(|address| address.ip().is_loopback()) && local.len() == 2);
        assert_eq!(lookup.1.load(Ordering::SeqCst), 0);
        let private: Vec<_> = open
            .resolve("moto".parse().unwrap())
            .await
            .unwrap()
            .collect();
        assert_eq!(private[0].ip().to_string(), "10.0.0.1");
    }

    #[tokio::test]
    async fn the_number_of_names_is_bounded() {
        let names = Names::new(fixed(&["52.94.5.1"]));
        for number in 0..3 * MOST {
            names.addresses(&format!("n{number}")).await.unwrap();
        }
        assert!(names.known.lock().unwrap().len() <= MOST);
    }
}
