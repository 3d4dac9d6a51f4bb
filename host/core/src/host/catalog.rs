//! Sources of a catalog: the store while it is fresh, the cloud, or the plugin's bundled catalog.

use super::request::Held;
use super::{CatalogRequest, FetchPolicy, HostError, Provider, Summary, check_settings};
use crate::Remedy;
use crate::blocking::run_blocking;
use crate::catalog::{
    Catalog, CatalogError, CatalogLock, Index, MadeBy, NewCatalog, Origin, Scope, Source,
    clean_error,
};
use crate::contract::cloudhost::provider::types::{DataKind, Error as CloudError, ErrorKind, Gap};
use crate::contract::exports::cloudhost::provider::catalog::{Listing, Query};
use crate::contract::exports::cloudhost::provider::provider::Description;
use crate::credentials::CredentialsError;
use futures::future::BoxFuture;
use std::sync::Arc;
use std::time::Duration;

/// Longest wait for another run that fetches the same catalog: the longest call of a plugin.
const PATIENCE: Duration = Duration::from_secs(330);

/// Catalogs of fewer bytes are read on the calling thread, which takes less time than starting another one.
const SMALL: u64 = 256 * 1024;

/// A catalog, or its location in the store.
pub(super) enum Found {
    /// In the store; its data is not loaded yet.
    Stored(Box<Stored>),
    /// In memory.
    Here(Box<Catalog>),
}

/// Metadata of a stored catalog.
pub(super) struct Stored {
    summary: Summary,
    scope: Scope,
    wanted: Vec<DataKind>,
    /// Total size of its files.
    bytes: u64,
}

impl Found {
    pub(super) fn summary(&self) -> Summary {
        match self {
            Self::Stored(stored) => stored.summary.clone(),
            Self::Here(catalog) => Summary::from(&**catalog),
        }
    }
}

impl Provider {
    /// Returns the catalog: the requested kinds, and whatever else is cached.
    ///
    /// # Errors
    /// When no permitted source has one. A partial catalog is an error only for a strict request: see
    /// [`Catalog::missing`].
    pub async fn catalog(&self, request: &CatalogRequest) -> Result<Catalog, HostError> {
        let found = self.find(request).await?;
        self.read(found, request).await
    }

    /// Loads the data of the catalog.
    pub(super) fn read<'a>(
        &'a self,
        found: Found,
        request: &'a CatalogRequest,
    ) -> BoxFuture<'a, Result<Catalog, HostError>> {
        Box::pin(async move {
            match found {
                Found::Here(catalog) => Ok(*catalog),
                Found::Stored(stored) => {
                    let Stored {
                        summary,
                        scope,
                        wanted,
                        bytes,
                    } = *stored;
                    let (store, of) = (self.host.store.clone(), scope.clone());
                    let load = move || store.load(&of);
                    let loaded = match bytes {
                        ..SMALL => load(),
                        _ => run_blocking(load).await?,
                    };
                    match loaded?.catalog {
                        Some(mut catalog) => {
                            catalog.former = summary.former;
                            finalize(&mut catalog, request, &wanted);
                            Ok(catalog)
                        }
                        // A corrupt file was renamed, or another run replaced the files meanwhile.
                        None => self.ask_or_bundled(&scope, request).await,
                    }
                }
            }
        })
    }

    /// Finds the catalog without reading its data.
    pub(super) fn find<'a>(
        &'a self,
        request: &'a CatalogRequest,
    ) -> BoxFuture<'a, Result<Found, HostError>> {
        Box::pin(async move {
            let scope = self.scope(&request.settings)?;
            if request.sources != FetchPolicy::Refresh
                && let Some(index) = self.host.store.read_index(&scope)
                && let Some(wanted) = self.usable(&index, request).await
                && let Some(mut summary) = Summary::of_index(&index)
            {
                summary.former = self.former(&index);
                let held = |kind| Held::in_index(&index, kind);
                request.finalize_gaps(&mut summary.missing, &wanted, &index.source, held);
                self.accept(&summary.missing, request)?;
                let entries = index.kinds.iter().filter_map(|(_, entry)| entry.as_ref());
                let bytes = entries.map(|entry| entry.bytes).sum();
                return Ok(Found::Stored(Box::new(Stored {
                    summary,
                    scope,
                    wanted,
                    bytes,
                })));
            }
            let catalog = self.ask_or_bundled(&scope, request).await?;
            Ok(Found::Here(Box::new(catalog)))
        })
    }

    /// Rejects an incomplete catalog if the request is strict.
    fn accept(&self, missing: &[Gap], request: &CatalogRequest) -> Result<(), HostError> {
        if request.strict && !missing.is_empty() {
            return Err(HostError::Incomplete {
                provider: self.name().to_owned(),
                missing: missing.to_vec(),
                offline: request.sources == FetchPolicy::Offline,
            });
        }
        Ok(())
    }

    async fn ask_or_bundled(
        &self,
        scope: &Scope,
        request: &CatalogRequest,
    ) -> Result<Catalog, HostError> {
        let lock = match request.sources {
            FetchPolicy::Fresh | FetchPolicy::Refresh => {
                Some(self.host.store.lock(scope, PATIENCE).await?)
            }
            // Offline, there is nothing to wait for, and nothing that must be stored.
            FetchPolicy::Offline => self.host.store.lock(scope, Duration::ZERO).await.ok(),
        };
        let lock = lock.map(Arc::new);
        // Another run may have fetched it while this one waited. A corrupt file is renamed and reported.
        let stored = match lock.clone() {
            Some(lock) => run_blocking(move || lock.load()).await?.catalog,
            None => None,
        };
        let usable = match (
            request.sources,
            lock.as_ref().and_then(|lock| lock.read_index()),
        ) {
            (FetchPolicy::Refresh, _) | (_, None) => None,
            (_, Some(index)) => {
                let wanted = self.usable(&index, request).await;
                wanted.map(|wanted| (wanted, self.former(&index)))
            }
        };
        let (mut catalog, wanted) = match (usable, stored) {
            (Some((wanted, former)), Some(mut catalog)) => {
                catalog.former = former;
                (catalog, wanted)
            }
            _ => {
                let description = self.describe().await?;
                check_settings(self.name(), &description, &request.settings)?;
                let wanted = match request.kinds.as_slice() {
                    [] => description.menus.clone(),
                    kinds => kinds.to_vec(),
                };
                let catalog = match (lock.as_ref(), request.sources) {
                    (Some(lock), FetchPolicy::Fresh | FetchPolicy::Refresh) => {
                        self.ask(lock, request, description, &wanted).await?
                    }
                    (lock, _) => self.bundled(lock, scope, request, description).await?,
                };
                (catalog, wanted)
            }
        };
        finalize(&mut catalog, request, &wanted);
        self.accept(&catalog.missing, request)?;
        Ok(catalog)
    }

    /// Returns the wanted kinds if the request can use the stored catalog.
    async fn usable(&self, index: &Index, request: &CatalogRequest) -> Option<Vec<DataKind>> {
        let same_plugin = self.former(index).is_none();
        let offline = request.sources == FetchPolicy::Offline;
        let wanted = match request.kinds.as_slice() {
            [] => index.menus.clone(),
            kinds => kinds.to_vec(),
        };
        let usable = match index.source {
            Source::Live(_) if offline => self.may_show(index),
            Source::Live(_) => {
                same_plugin
                    && index
                        .freshness(&wanted, crate::clock::timestamp())
                        .is_fresh()
            }
            Source::Bundled(_) => {
                request.bundled && same_plugin && (offline || self.has_no_credentials().await)
            }
        };
        usable.then_some(wanted)
    }

    /// Allows a stored catalog at any age. What another version of the plugin fetched is shown as such, but nothing is
    /// taken over from another signer.
    fn may_show(&self, index: &Index) -> bool {
        self.former(index).is_none() || index.made_by.signer == self.signer
    }

    /// Returns the plugin that made a stored catalog, if it is not this one.
    fn former(&self, index: &Index) -> Option<MadeBy> {
        let other = index.made_by.digest != self.digest().to_string();
        other.then(|| index.made_by.clone())
    }

    /// Reports that it needs credentials, and none are configured.
    async fn has_no_credentials(&self) -> bool {
        for credential in self.credentials() {
            let optional = credential.optional;
            if optional || self.host.egress.describe(&credential.name).await.configured {
                return false;
            }
        }
        !self.artifact().manifest.credentials.is_empty()
    }

    /// Returns the plugin's bundled catalog, and stores it unless another run holds the lock.
    pub(super) fn bundled<'a>(
        &'a self,
        lock: Option<&'a Arc<CatalogLock>>,
        scope: &'a Scope,
        request: &'a CatalogRequest,
        description: Description,
    ) -> BoxFuture<'a, Result<Catalog, HostError>> {
        Box::pin(async move {
            if !request.bundled {
                return Err(self.no_catalog());
            }
            let bundle = self.plugin().await?.bundled(self.session()).await?;
            let bundle = bundle.ok_or_else(|| self.no_catalog())?;
            let (listing, origin) = Origin::of_bundle(bundle)?;
            self.keep(lock, scope, listing, origin, description).await
        })
    }

    pub(super) async fn keep(
        &self,
        lock: Option<&Arc<CatalogLock>>,
        scope: &Scope,
        mut listing: Listing,
        origin: Origin,
        description: Description,
    ) -> Result<Catalog, HostError> {
        if let Some(regions) = &mut listing.regions {
            crate::select::locate(regions);
        }
        let new = NewCatalog {
            listing,
            origin,
            freshness: description.freshness,
            menus: description.menus,
            made_by: self.made_by(),
        };
        let (lock, scope) = (lock.cloned(), scope.clone());
        let save = move || match lock {
            Some(lock) => lock.save(new),
            None => new.into_catalog(&scope),
        };
        run_blocking(save).await?.map_err(|error| match error {
            CatalogError::Answer(error) => HostError::Answer {
                provider: self.name().to_owned(),
                error,
            },
            error => error.into(),
        })
    }

    fn no_catalog(&self) -> HostError {
        HostError::NoCatalog {
            provider: self.name().to_owned(),
        }
    }
}

impl Provider {
    /// Fetches from the cloud. Without credentials the bundled catalog is used.
    pub(super) fn ask<'a>(
        &'a self,
        lock: &'a Arc<CatalogLock>,
        request: &'a CatalogRequest,
        description: Description,
        wanted: &'a [DataKind],
    ) -> BoxFuture<'a, Result<Catalog, HostError>> {
        Box::pin(async move {
            let mut account = None;
            for credential in self.credentials() {
                match self.host.egress.check(&credential.name).await {
                    Ok(facts) => account = account.or(facts.account),
                    Err(CredentialsError::NotConfigured { .. }) if credential.optional => {}
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
            let mut requested = self.stale(lock, request, wanted);
            loop {
                let (origin, description) = (origin.clone(), description.clone());
                let catalog = self
                    .fetch_kinds(lock, request, origin, description, wanted, &requested)
                    .await?;
                // A list of an earlier version without what is new was dropped. It is fetched too, once, if it is wanted
                // here.
                let dropped = |kind: &&DataKind| {
                    !requested.contains(kind) && catalog.fetched.get(**kind).is_none()
                };
                let dropped: Vec<DataKind> = wanted.iter().filter(dropped).copied().collect();
                if dropped.is_empty() {
                    return Ok(catalog);
                }
                requested.extend(dropped);
            }
        })
    }

    async fn fetch_kinds(
        &self,
        lock: &Arc<CatalogLock>,
        request: &CatalogRequest,
        origin: Origin,
        description: Description,
        wanted: &[DataKind],
        requested: &[DataKind],
    ) -> Result<Catalog, HostError> {
        let session = self.fetch_session();
        let query = Query {
            wanted: requested.to_vec(),
            settings: request.settings.clone(),
        };
        let response = self.plugin().await?.fetch(session.clone(), query).await?;
        let mut listing = match response {
            Ok(listing) => listing,
            // The other kinds are cached and fresh: they need not wait for these.
            Err(error) if requested.len() < wanted.len() && may_pass(error.kind) => {
                gaps(requested, &error)
            }
            Err(error) => {
                let fallback = self.fallback(lock, request, error.kind).await;
                return Err(self.cloud(error, &session, fallback));
            }
        };
        self.not_empty(&listing)?;
        // A provider that returned neither the requested prices nor capacity knows of none.
        let silent =
            |kind| requested.contains(&kind) && !listing.missing.iter().any(|gap| gap.kind == kind);
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

    /// Returns the way to an older catalog, if there is one, after an error of this kind.
    async fn fallback(
        &self,
        lock: &CatalogLock,
        request: &CatalogRequest,
        error: ErrorKind,
    ) -> Option<Remedy> {
        let provider = self.name().to_owned();
        let stored = lock.read_index().filter(|index| self.may_show(index));
        if stored.is_some_and(|index| matches!(index.source, Source::Live(_))) {
            return Some(Remedy::UseStoredCatalog { provider });
        }
        if !request.bundled || !may_pass(error) {
            return None;
        }
        let bundle = self.plugin().await.ok()?.bundled(self.session()).await;
        bundle.ok()??;
        Some(Remedy::UseBundledCatalog { provider })
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
        let cached = lock.read_index().filter(|index| {
            request.sources != FetchPolicy::Refresh
                && self.former(index).is_none()
                && matches!(index.source, Source::Live(_))
        });
        match cached {
            None => wanted.to_vec(),
            Some(index) => {
                let freshness = index.freshness(wanted, crate::clock::timestamp());
                let to_fetch = |kind: &&DataKind| {
                    freshness.stale.contains(kind) || freshness.incomplete.contains(kind)
                };
                wanted.iter().filter(to_fetch).copied().collect()
            }
        }
    }
}

/// Finalizes the gaps of a catalog for a request.
fn finalize(catalog: &mut Catalog, request: &CatalogRequest, wanted: &[DataKind]) {
    let mut missing = std::mem::take(&mut catalog.missing);
    let held = |kind| Held::in_catalog(catalog, kind);
    request.finalize_gaps(&mut missing, wanted, &catalog.source, held);
    catalog.missing = missing;
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
fn gaps(requested: &[DataKind], error: &CloudError) -> Listing {
    let gap = |kind: &DataKind| Gap {
        kind: *kind,
        error: error.clone(),
    };
    Listing {
        missing: requested.iter().map(gap).collect(),
        ..Listing::default()
    }
}
