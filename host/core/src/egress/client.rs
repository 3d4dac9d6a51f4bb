//! Connection pools: one for each plugin, credential and kind of route.
//!
//! A connection remembers who authenticated on it (TLS session, HTTP/2 state), so two plugins, or two credentials of
//! one, never share one. Clients are made when first needed: reading the system's root certificates takes
//! milliseconds that a run without a request must not pay.

use super::resolver::{Guarded, Names, Open};
use super::{EgressConfig, FetchError};
use http::header::{ACCEPT_ENCODING, HeaderMap, HeaderValue};
use reqwest::Client;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Owner of the connections.
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

pub(super) struct Clients {
    names: Arc<Names>,
    user_agent: String,
    connect_timeout: Duration,
    made: Mutex<HashMap<Owner, Client>>,
}

impl Clients {
    pub(super) fn new(config: &EgressConfig) -> Self {
        Self {
            names: Arc::new(Names::new(config.lookup.clone())),
            user_agent: config.user_agent.clone(),
            connect_timeout: config.connect_timeout,
            made: Mutex::default(),
        }
    }

    /// The owner's connections.
    pub(super) fn of(&self, owner: &Owner) -> Result<Client, FetchError> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = made.get(owner) {
            return Ok(client.clone());
        }
        let client = self.make(owner.way).map_err(|error| FetchError::Unreachable {
            host: "the network".to_owned(),
            why: format!(
                "TLS cannot be set up ({}); install the system's CA certificates (ca-certificates)",
                super::send::chain_of(&error)
            ),
            passing: false,
        })?;
        made.insert(owner.clone(), client.clone());
        Ok(client)
    }

    fn make(&self, way: Way) -> reqwest::Result<Client> {
        let unpacked_by_us =
            HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static("gzip"))]);
        let client = Client::builder()
            .user_agent(&self.user_agent)
            // Each hop would need all checks again, and a credential must not travel: the plugin gets the 3xx.
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            // A proxy from the environment would resolve names itself, past the address check.
            .no_proxy()
            // Data that the library unpacks is not counted before it is unpacked.
            .gzip(false)
            .default_headers(unpacked_by_us)
            .connect_timeout(self.connect_timeout);
        match way {
            Way::Direct => client
                .https_only(true)
                .dns_resolver(Guarded(self.names.clone())),
            // HTTP/2 would send the override's own name as `:authority`.
            Way::Override => client
                .http1_only()
                .https_only(true)
                .dns_resolver(Open(self.names.clone())),
            Way::PlainOverride => client
                .http1_only()
                .tls_certs_only([])
                .dns_resolver(Open(self.names.clone())),
        }
        .build()
    }
}
