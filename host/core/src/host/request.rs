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
///
/// ```
/// use cloudhost::contract::cloudhost::provider::types::DataKind;
/// use cloudhost::host::{CatalogRequest, Sources};
///
/// let mut request = CatalogRequest::of([DataKind::Offers, DataKind::Prices]);
/// request.sources = Sources::Refresh;
/// request.settings.push(("home-region".to_owned(), "eu-west-1".to_owned()));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CatalogRequest {
    /// Which sources may answer.
    pub sources: Sources,
    /// The catalog inside the plugin will do where there are no credentials, or nothing is stored.
    pub bundled: bool,
    /// A catalog that lacks anything is an error.
    pub strict: bool,
    /// The kinds that are needed. Empty: those that the provider's menus show.
    pub kinds: Vec<DataKind>,
    /// What the answer is about: where nothing is known of it, an empty list would say that there is none, and so that
    /// is a gap.
    pub about: Option<DataKind>,
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
            about: None,
            settings: Vec::new(),
        }
    }
}

impl CatalogRequest {
    /// These kinds, from the store while they are fresh, else from the cloud, else from the plugin itself.
    pub fn of(kinds: impl Into<Vec<DataKind>>) -> Self {
        Self {
            kinds: kinds.into(),
            ..Self::default()
        }
    }

    /// Leaves the gaps of the kinds that are wanted, and adds the one of what the answer is about.
    pub(super) fn tell(
        &self,
        missing: &mut Vec<Gap>,
        wanted: &[DataKind],
        source: &Source,
        kept: impl Fn(DataKind) -> bool,
    ) {
        missing.retain(|gap| wanted.contains(&gap.kind));
        let Some(kind) = self.about.filter(|kind| !kept(*kind)) else {
            return;
        };
        if missing.iter().any(|gap| gap.kind == kind) {
            return;
        }
        let (error, message) = match (source, self.sources) {
            (Source::Bundled(_), _) => (
                ErrorKind::FailedPrecondition,
                "the catalog bundled in the plugin has none",
            ),
            (Source::Live(_), Sources::Offline) => (
                ErrorKind::FailedPrecondition,
                "nothing is kept of it, and offline nobody is asked",
            ),
            (Source::Live(_), _) => (ErrorKind::Unsupported, "the provider does not tell it"),
        };
        missing.push(Gap {
            kind,
            error: Error {
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
        self.believed(crate::clock::timestamp())
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
