//! Fetches from the cloud: the kinds that are missing, stale or incomplete.

use super::{CatalogRequest, FetchPolicy, HostError, Provider};
use crate::catalog::{Catalog, CatalogLock, Origin, Source, clean_error};
use crate::contract::cloudhost::provider::types::{DataKind, Error as CloudError, ErrorKind, Gap};
use crate::contract::exports::cloudhost::provider::catalog::{Listing, Query};
use crate::contract::exports::cloudhost::provider::provider::Description;
use crate::credentials::CredentialsError;
use std::sync::Arc;

impl Provider {
    /// Fetches from the cloud. Without credentials the bundled catalog is used.
    pub(super) async fn ask(
        &self,
        lock: &Arc<CatalogLock>,
        request: &CatalogRequest,
        description: Description,
        wanted: &[DataKind],
    ) -> Result<Catalog, HostError> {
        let mut account = None;
        for credential in self.credentials() {
            match self.host.egress.check(&credential.name).await {
                Ok(facts) => account = account.or(facts.account),
                Err(error @ CredentialsError::NotConfigured { .. })
                    if request.bundled && request.sources == FetchPolicy::Fresh =>
                {
                    let bundled = self.bundled(Some(lock), lock.scope(), request, description);
                    return match bundled.await {
                        // A plugin without a bundled catalog: the remedy is to set up credentials.
                        Err(HostError::NoCatalog { .. }) => Err(error.into()),
                        other => other,
                    };
                }
                Err(error) => return Err(error.into()),
            }
        }
        let origin = Origin {
            fetched_at: crate::clock::timestamp(),
            source: Source::Live(lock.scope().title().to_owned()),
            account,
        };
        let mut asked = self.stale(lock, request, wanted);
        loop {
            let (origin, description) = (origin.clone(), description.clone());
            let catalog = self
                .fetch_kinds(lock, request, origin, description, wanted, &asked)
                .await?;
            // A list of an earlier version without what is new was dropped. It is fetched too, once, if it is wanted
            // here.
            let dropped =
                |kind: &&DataKind| !asked.contains(kind) && catalog.fetched.get(**kind).is_none();
            let dropped: Vec<DataKind> = wanted.iter().filter(dropped).copied().collect();
            if dropped.is_empty() {
                return Ok(catalog);
            }
            asked.extend(dropped);
        }
    }

    async fn fetch_kinds(
        &self,
        lock: &Arc<CatalogLock>,
        request: &CatalogRequest,
        origin: Origin,
        description: Description,
        wanted: &[DataKind],
        asked: &[DataKind],
    ) -> Result<Catalog, HostError> {
        let session = self.fetch_session();
        let query = Query {
            wanted: asked.to_vec(),
            settings: request.settings.clone(),
        };
        let answer = self.plugin().await?.fetch(session.clone(), query).await?;
        let mut listing = match answer {
            Ok(listing) => listing,
            // The other kinds are cached and fresh: they need not wait for these.
            Err(error) if asked.len() < wanted.len() && may_pass(error.kind) => gaps(asked, &error),
            Err(error) => return Err(self.cloud(error, &session, lock.read_index().is_some())),
        };
        self.not_empty(&listing)?;
        // A provider that returned neither the requested prices nor capacity knows of none.
        let silent =
            |kind| asked.contains(&kind) && !listing.missing.iter().any(|gap| gap.kind == kind);
        let (prices, capacity) = (silent(DataKind::Prices), silent(DataKind::Capacity));
        if prices && listing.prices.is_none() {
            listing.prices = Some(Vec::new());
        }
        if capacity && listing.capacity.is_none() {
            listing.capacity = Some(Vec::new());
        }
        self.keep(Some(lock), lock.scope(), listing, origin, description)
            .await
    }

    /// Rejects a response without regions or instance types: it must not replace one that has them.
    fn not_empty(&self, listing: &Listing) -> Result<(), HostError> {
        let Some(kind) = nothing_in(listing) else {
            return Ok(());
        };
        let mut gaps = listing.missing.iter().filter(|gap| gap.kind == kind);
        Err(HostError::Empty {
            provider: self.name().to_owned(),
            kind,
            why: gaps.next().map(|gap| {
                let mut error = gap.error.clone();
                clean_error(&mut error);
                Box::new(error)
            }),
        })
    }

    /// Returns the wanted kinds that are missing, stale or incomplete.
    fn stale(
        &self,
        lock: &CatalogLock,
        request: &CatalogRequest,
        wanted: &[DataKind],
    ) -> Vec<DataKind> {
        let kept = lock.read_index().filter(|index| {
            request.sources != FetchPolicy::Refresh
                && index.made_by.digest == self.digest().to_string()
                && matches!(index.source, Source::Live(_))
        });
        match kept {
            None => wanted.to_vec(),
            Some(index) => {
                let freshness = index.freshness(wanted, crate::clock::timestamp());
                let asked = |kind: &&DataKind| {
                    freshness.stale.contains(kind) || freshness.incomplete.contains(kind)
                };
                wanted.iter().filter(asked).copied().collect()
            }
        }
    }
}

/// Returns the kind that is never empty for any cloud, and is in this response.
pub fn nothing_in(listing: &Listing) -> Option<DataKind> {
    let regions = listing.regions.as_ref().map(Vec::is_empty);
    let types = listing.instance_types.as_ref().map(Vec::is_empty);
    match (regions, types) {
        (Some(true), _) => Some(DataKind::Regions),
        (_, Some(true)) => Some(DataKind::InstanceTypes),
        _ => None,
    }
}

/// Allows a cached catalog in place of the response. A rejected credential must be reported at once instead.
fn may_pass(error: ErrorKind) -> bool {
    use ErrorKind::{Internal, RateLimited, Unavailable};
    matches!(error, Internal | RateLimited | Unavailable)
}

/// Builds a response in which everything requested is missing.
fn gaps(asked: &[DataKind], error: &CloudError) -> Listing {
    let gap = |kind: &DataKind| Gap {
        kind: *kind,
        error: error.clone(),
    };
    Listing {
        missing: asked.iter().map(gap).collect(),
        ..Listing::default()
    }
}
