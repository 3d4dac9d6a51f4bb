//! A scripted resolver, and the outcome of a call.

use cloudhost::catalog::Catalog;
use cloudhost::egress::Lookup;
use cloudhost::host::HostError;
use cloudhost::plugin::PluginError;
use cloudhost::{HasRemedy, Remedy};
use cloudhost_probe::{Seen, unpack};
use futures::future::BoxFuture;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A resolver that answers by a script and records lookups.
#[derive(Default)]
pub struct Dns {
    /// Answers in order; the last one is for all later lookups.
    answers: Mutex<Vec<Vec<IpAddr>>>,
    asked: Mutex<Vec<String>>,
}

impl Dns {
    /// Creates a resolver with these addresses. Those after a comma are for the next lookup.
    pub fn answering(answers: &str) -> Arc<Self> {
        let parse = |one: &str| {
            one.split_whitespace()
                .map(|address| address.parse().unwrap())
                .collect()
        };
        Arc::new(Self {
            answers: Mutex::new(answers.split(',').map(parse).collect()),
            asked: Mutex::default(),
        })
    }

    /// The names that were looked up.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Lookup for Dns {
    fn lookup(&self, name: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        self.asked.lock().unwrap().push(name);
        let mut answers = self.answers.lock().unwrap();
        let answer = match answers.len() {
            0 => Vec::new(),
            1 => answers[0].clone(),
            _ => answers.remove(0),
        };
        Box::pin(async move { Ok(answer) })
    }
}

/// Outcome of one call of a guest.
#[derive(Debug)]
pub struct Outcome {
    pub result: Result<Catalog, HostError>,
    pub took: Duration,
}

impl Outcome {
    /// Returns the observations of the probe.
    pub fn seen(&self) -> Vec<Seen> {
        let catalog = match &self.result {
            Ok(catalog) => catalog,
            Err(error) => panic!("the guest returned nothing: {error:?}"),
        };
        let pieces = catalog.regions.iter();
        unpack(pieces.map(|region| region.description.as_deref())).unwrap()
    }

    /// Returns the reason of each request that failed for the probe.
    pub fn reasons(&self) -> Vec<String> {
        let seen = self.seen();
        let each = seen
            .iter()
            .flat_map(|seen| vec![seen.reason().to_owned(); seen.times]);
        each.collect()
    }

    /// Returns its only observation.
    pub fn one(&self) -> Seen {
        let seen = self.seen();
        let [one] = &seen[..] else {
            panic!("{seen:?}");
        };
        one.clone()
    }

    /// Returns the error of the plugin that ended the call.
    pub fn failure(&self) -> &PluginError {
        match &self.result {
            Err(HostError::Plugin(error)) => error,
            other => panic!("the plugin did not fail: {other:?}"),
        }
    }

    /// Returns the limit that ended the call. Its remedy must be to raise it.
    pub fn limit(&self) -> &'static str {
        match self.failure() {
            error @ (PluginError::Limit { limit, .. } | PluginError::Load(limit)) => {
                let remedy = error.remedy();
                assert!(
                    matches!(remedy, Some(Remedy::RaiseLimit { .. })),
                    "{remedy:?}"
                );
                limit.label()
            }
            other => panic!("no limit ended it: {other}"),
        }
    }

    /// Returns the trap that ended the call, which names the plugin.
    pub fn trap(&self) -> String {
        match self.failure() {
            error @ PluginError::Trap { .. } => error.to_string(),
            other => panic!("it did not trap: {other}"),
        }
    }
}
