//! Which catalog is wanted, and what is known of one without its data.

use crate::catalog::{Catalog, Digest, Index, Life, Source};
use crate::contract::cloudhost::provider::types::{DataKind, Error, ErrorKind, Gap, Scope};
use jiff::Timestamp;

/// Which sources may answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sources {
    /// The store while it is fresh, else the cloud.
    #[default]
    Fresh,
    /// The cloud, whatever the store has.
    Refresh,
    /// Nothing that needs the network: the store at any age.
    Offline,
}

/// Which catalog is wanted.
#[derive(Clone, Debug)]
pub struct CatalogRequest {
    /// Which sources may answer.
    pub sources: Sources,
    /// The catalog inside the plugin will do where there are no credentials, or nothing is stored.
    pub bundled: bool,
    /// A catalog that lacks anything is an error.
    pub strict: bool,
    /// The kinds that are needed. Empty: those that the provider's menus show.
    pub kinds: Vec<DataKind>,
    /// Settings of the provider, by name.
    pub settings: Vec<(String, String)>,
}

impl Default for CatalogRequest {
    fn default() -> Self {
        Self {
            sources: Sources::Fresh,
            bundled: true,
            strict: false,
            kinds: Vec::new(),
            settings: Vec::new(),
        }
    }
}

impl CatalogRequest {
    /// Leaves the gaps of the kinds that are wanted. Of what was never fetched an empty list would say that there is
    /// nothing: where nobody may be asked, that is a gap too.
    pub(super) fn tell(
        &self,
        missing: &mut Vec<Gap>,
        wanted: &[DataKind],
        source: &Source,
        kept: impl Fn(DataKind) -> bool,
    ) {
        missing.retain(|gap| wanted.contains(&gap.kind));
        if self.sources != Sources::Offline || !matches!(source, Source::Live(_)) {
            return;
        }
        for kind in wanted.iter().copied().filter(|kind| !kept(*kind)) {
            if missing.iter().all(|gap| gap.kind != kind) {
                missing.push(Gap {
                    kind,
                    error: Error {
                        kind: ErrorKind::FailedPrecondition,
                        scope: Scope::Provider,
                        code: None,
                        message: "nothing is kept of it, and offline nobody is asked".to_owned(),
                        request_id: None,
                        retry_after_ms: None,
                    },
                });
            }
        }
    }
}

/// What is known of a catalog without its data.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// From where.
    pub source: Source,
    /// When the oldest part of it was fetched.
    pub fetched_at: Timestamp,
    /// When its capacity can be believed.
    pub capacity_life: Option<Life>,
    /// The account that it holds for, where that is known.
    pub account: Option<String>,
    /// What could not be had.
    pub missing: Vec<Gap>,
    /// Digest of its content.
    pub digest: Digest,
}

impl From<&Catalog> for Summary {
    fn from(catalog: &Catalog) -> Self {
        Self {
            source: catalog.source.clone(),
            fetched_at: catalog.fetched_at,
            capacity_life: catalog.capacity_life,
            account: catalog.account.clone(),
            missing: catalog.missing.clone(),
            digest: catalog.digest,
        }
    }
}

impl Summary {
    /// Whether capacity is known and fresh at this time.
    pub fn believed(&self, now: Timestamp) -> bool {
        self.capacity_life.is_some_and(|life| life.is_fresh(now))
    }

    /// Whether capacity is known and fresh now.
    pub fn is_believed(&self) -> bool {
        self.believed(Timestamp::now())
    }

    pub(super) fn of_index(index: &Index) -> Option<Self> {
        Some(Self {
            source: index.source.clone(),
            fetched_at: index.fetched_at()?,
            capacity_life: index.capacity_life(),
            account: index.account.clone(),
            missing: index.missing.clone(),
            digest: index.digest,
        })
    }
}
