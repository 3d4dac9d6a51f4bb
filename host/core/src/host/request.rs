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

    /// Keeps only the gaps of the wanted kinds, and adds those of the request's subjects. `held` states what is known
    /// of a kind.
    pub(super) fn finalize_gaps(
        &self,
        missing: &mut Vec<Gap>,
        wanted: &[DataKind],
        source: &Source,
        held: impl Fn(DataKind) -> Held,
    ) {
        missing.retain(|gap| wanted.contains(&gap.kind));
        for kind in &self.about {
            if missing.iter().any(|gap| gap.kind == *kind) {
                continue;
            }
            let (error, message) = match (source, self.sources, held(*kind)) {
                (_, _, Held::Known) => continue,
                // Without a network, credentials would not help.
                (Source::Bundled(_), FetchPolicy::Offline, _) => (
                    ErrorKind::FailedPrecondition,
                    "the catalog bundled in the plugin has none",
                ),
                (Source::Bundled(_), ..) => (
                    ErrorKind::Unauthenticated,
                    "the catalog bundled in the plugin has none",
                ),
                (Source::Live(_), _, Held::Stale) => (
                    ErrorKind::FailedPrecondition,
                    "stale in the cache, and offline uses only the cache",
                ),
                (Source::Live(_), FetchPolicy::Offline, Held::Absent) => (
                    ErrorKind::FailedPrecondition,
                    "not in the cache, and offline uses only the cache",
                ),
                (Source::Live(_), ..) => {
                    (ErrorKind::Unsupported, "the provider does not report it")
                }
            };
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

/// State of a kind of data in a catalog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// It says something.
    Known,
    /// It was fetched, and is empty. Prices and capacity without a record are unknown.
    Empty,
    /// It counts as unknown because of its age.
    Stale,
    /// It is not there.
    Absent,
}

impl Held {
    /// Reports the state of a kind with so many records; `None`: it is not there.
    fn of(kind: DataKind, records: Option<usize>, capacity_is_fresh: bool) -> Self {
        match (kind, records) {
            (_, None) => Self::Absent,
            (DataKind::Prices | DataKind::Capacity, Some(0)) => Self::Empty,
            (DataKind::Capacity, _) if !capacity_is_fresh => Self::Stale,
            _ => Self::Known,
        }
    }

    pub(super) fn in_catalog(catalog: &Catalog, kind: DataKind) -> Self {
        let fetched = catalog.fetched.get(kind).is_some();
        let records = match kind {
            DataKind::Prices => catalog.prices.len(),
            DataKind::Capacity => catalog.capacity.len(),
            _ => 0,
        };
        let fresh = catalog.is_capacity_fresh_at(crate::clock::timestamp());
        Self::of(kind, fetched.then_some(records), fresh)
    }

    pub(super) fn in_index(index: &Index, kind: DataKind) -> Self {
        let entry = index.kinds.get(kind).as_ref();
        let records = entry.map(|entry| usize::try_from(entry.rows).unwrap_or(usize::MAX));
        let now = crate::clock::timestamp();
        let fresh = entry.is_some_and(|entry| entry.validity().is_fresh(now));
        Self::of(kind, records, fresh)
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
