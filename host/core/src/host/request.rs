//! Catalog requests, and the summary of a catalog without its data.

use crate::catalog::{Catalog, Digest, Index, MadeBy, Source, Validity};
use crate::contract::cloudhost::provider::types::{DataKind, Error, ErrorKind, Gap, Scope};
use jiff::Timestamp;

/// Sources to use for a catalog.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FetchPolicy {
    /// The store while it is fresh, else the cloud.
    #[default]
    Fresh,
    /// The cloud, even if the store is fresh.
    Refresh,
    /// The store at any age, and the bundled catalog: no network.
    Offline,
}

/// A request for a catalog.
///
/// ```
/// use cloudhost::contract::cloudhost::provider::types::DataKind;
/// use cloudhost::host::{CatalogRequest, FetchPolicy};
///
/// let mut request = CatalogRequest::of([DataKind::Offers, DataKind::Prices]);
/// request.sources = FetchPolicy::Refresh;
/// request.settings.push(("home-region".to_owned(), "eu-west-1".to_owned()));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CatalogRequest {
    /// Sources to use.
    pub sources: FetchPolicy,
    /// Use the bundled catalog if there are no credentials, or nothing is stored.
    pub bundled: bool,
    /// Fail if the catalog is incomplete.
    pub strict: bool,
    /// Kinds to fetch. Empty: those that the provider's menus show.
    pub kinds: Vec<DataKind>,
    /// Subjects of the request: no data about one is a gap, because an empty list would claim that there is none.
    pub about: Vec<DataKind>,
    /// Settings of the provider, by name.
    pub settings: Vec<(String, String)>,
}

impl Default for CatalogRequest {
    fn default() -> Self {
        Self {
            sources: FetchPolicy::Fresh,
            bundled: true,
            strict: false,
            kinds: Vec::new(),
            about: Vec::new(),
            settings: Vec::new(),
        }
    }
}

impl CatalogRequest {
    /// Requests these kinds from the store while they are fresh, else from the cloud, else from the bundled catalog.
    pub fn of(kinds: impl Into<Vec<DataKind>>) -> Self {
        Self {
            kinds: kinds.into(),
            ..Self::default()
        }
    }

    /// Keeps only the gaps of the wanted kinds, and adds those of the request's subjects.
    pub(super) fn finalize_gaps(
        &self,
        missing: &mut Vec<Gap>,
        wanted: &[DataKind],
        source: &Source,
        has_kind: impl Fn(DataKind) -> bool,
    ) {
        missing.retain(|gap| wanted.contains(&gap.kind));
        let (error, message) = match (source, self.sources) {
            // Without a network, credentials would not help.
            (Source::Bundled(_), FetchPolicy::Offline) => (
                ErrorKind::FailedPrecondition,
                "the catalog bundled in the plugin has none",
            ),
            (Source::Bundled(_), _) => (
                ErrorKind::Unauthenticated,
                "the catalog bundled in the plugin has none",
            ),
            (Source::Live(_), FetchPolicy::Offline) => (
                ErrorKind::FailedPrecondition,
                "not in the cache, and offline uses only the cache",
            ),
            (Source::Live(_), _) => (ErrorKind::Unsupported, "the provider does not report it"),
        };
        for kind in self.about.iter().filter(|kind| !has_kind(**kind)) {
            if missing.iter().any(|gap| gap.kind == *kind) {
                continue;
            }
            missing.push(Gap {
                kind: *kind,
                error: Error {
                    advice: None,
                    kind: error,
                    scope: Scope::Provider,
                    code: None,
                    message: message.to_owned(),
                    request_id: None,
                    retry_after_ms: None,
                },
            });
        }
    }
}

/// Metadata of a catalog without its data.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Its source.
    pub source: Source,
    /// Time of the oldest fetch in it.
    pub fetched_at: Timestamp,
    /// Validity of its capacity.
    pub capacity_validity: Option<Validity>,
    /// Its account, if known.
    pub account: Option<String>,
    /// The plugin that made it, if that is not the one that is installed now.
    pub former: Option<MadeBy>,
    /// The kinds that are missing.
    pub missing: Vec<Gap>,
    /// Digest of its content.
    pub digest: Digest,
}

impl From<&Catalog> for Summary {
    fn from(catalog: &Catalog) -> Self {
        Self {
            source: catalog.source.clone(),
            fetched_at: catalog.fetched_at,
            capacity_validity: catalog.capacity_validity,
            account: catalog.account.clone(),
            former: catalog.former.clone(),
            missing: catalog.missing.clone(),
            digest: catalog.digest,
        }
    }
}

impl Summary {
    /// Returns true if capacity is known and fresh at this time.
    pub fn is_capacity_fresh_at(&self, now: Timestamp) -> bool {
        self.capacity_validity
            .is_some_and(|life| life.is_fresh(now))
    }

    /// Returns true if capacity is known and fresh now.
    pub fn is_capacity_fresh(&self) -> bool {
        self.is_capacity_fresh_at(crate::clock::timestamp())
    }

    pub(super) fn of_index(index: &Index) -> Option<Self> {
        Some(Self {
            source: index.source.clone(),
            fetched_at: index.fetched_at()?,
            capacity_validity: index.capacity_validity(),
            account: index.account.clone(),
            former: None,
            missing: index.missing.clone(),
            digest: index.digest,
        })
    }
}
