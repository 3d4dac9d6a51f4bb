//! Where a catalog comes from: the store while it is fresh, the cloud, or the plugin itself.

use super::{CatalogRequest, HostError, Provider, Sources, Summary, check_settings};
use crate::blocking::run_blocking;
use crate::catalog::{
    Catalog, CatalogError, CatalogLock, Index, MadeBy, NewCatalog, Origin, Scope, Source,
};
use crate::contract::cloudhost::provider::types::{DataKind, Gap};
use crate::contract::exports::cloudhost::provider::catalog::Listing;
use crate::contract::exports::cloudhost::provider::provider::Description;
use std::sync::Arc;
use std::time::Duration;

/// How long a run waits for another one that is asking the same question: the longest call of a plugin.
const PATIENCE: Duration = Duration::from_secs(330);

/// A catalog of fewer bytes is read on the thread that asks: it takes less than the start of another one.
const SMALL: u64 = 256 * 1024;

/// A catalog, or where it lies.
pub(super) enum Found {
    /// In the store; its data is not read yet.
    Stored(Box<Stored>),
    /// In memory.
    Here(Box<Catalog>),
}

/// What is known of a catalog in the store.
pub(super) struct Stored {
    summary: Summary,
    scope: Scope,
    wanted: Vec<DataKind>,
    /// Of its files.
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
    /// The catalog, with the kinds that are asked for and what else is kept.
    ///
    /// # Errors
    /// When no source that may answer has one. A partial catalog is an error only where the request is strict: see
    /// [`Catalog::missing`].
    pub async fn catalog(&self, request: &CatalogRequest) -> Result<Catalog, HostError> {
        let found = self.find(request).await?;
        self.read(found, request).await
    }

    /// The data of what was found.
    pub(super) async fn read(
        &self,
        found: Found,
        request: &CatalogRequest,
    ) -> Result<Catalog, HostError> {
        match found {
            Found::Here(catalog) => Ok(*catalog),
            Found::Stored(stored) => {
                let Stored { scope, wanted, .. } = *stored;
                let (store, of) = (self.host.store.clone(), scope.clone());
                let load = move || store.load(&of);
                let loaded = match stored.bytes {
                    ..SMALL => load(),
                    _ => run_blocking(load).await?,
                };
                match loaded?.catalog {
                    Some(mut catalog) => {
                        let kept = |kind| catalog.fetched.get(kind).is_some();
                        request.tell(&mut catalog.missing, &wanted, &catalog.source, kept);
                        Ok(catalog)
                    }
                    // A damaged file was set aside, or another run replaced the files meanwhile.
                    None => self.ask_or_bundled(&scope, request).await,
                }
            }
        }
    }

    /// Finds the catalog without reading more than is needed for that.
    pub(super) async fn find(&self, request: &CatalogRequest) -> Result<Found, HostError> {
        let scope = self.scope(&request.settings)?;
        if request.sources != Sources::Refresh
            && let Some(index) = self.host.store.read_index(&scope)
            && let Some(wanted) = self.usable(&index, request).await
            && let Some(mut summary) = Summary::of_index(&index)
        {
            let kept = |kind| index.kinds.get(kind).is_some();
            request.tell(&mut summary.missing, &wanted, &index.source, kept);
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
    }

    /// Refuses what is incomplete where all of it was asked for.
    fn accept(&self, missing: &[Gap], request: &CatalogRequest) -> Result<(), HostError> {
        if request.strict && !missing.is_empty() {
            return Err(HostError::Incomplete {
                provider: self.name().to_owned(),
                missing: missing.to_vec(),
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
            Sources::Fresh | Sources::Refresh => Some(self.host.store.lock(scope, PATIENCE).await?),
            // Who asks nobody has nothing to wait for, and nothing that must be kept.
            Sources::Offline => self.host.store.lock(scope, Duration::ZERO).await.ok(),
        };
        let lock = lock.map(Arc::new);
        // Another run may have fetched it while this one waited. What is damaged is set aside, and said.
        let stored = match lock.clone() {
            Some(lock) => run_blocking(move || lock.load()).await?.catalog,
            None => None,
        };
        let usable = match (
            request.sources,
            lock.as_ref().and_then(|lock| lock.read_index()),
        ) {
            (Sources::Refresh, _) | (_, None) => None,
            (_, Some(index)) => self.usable(&index, request).await,
        };
        let (mut catalog, wanted) = match (usable, stored) {
            (Some(wanted), Some(catalog)) => (catalog, wanted),
            _ => {
                let description = self.describe().await?;
                check_settings(self.name(), &description, &request.settings)?;
                let wanted = match request.kinds.as_slice() {
                    [] => description.menus.clone(),
                    kinds => kinds.to_vec(),
                };
                let catalog = match (lock.as_ref(), request.sources) {
                    (Some(lock), Sources::Fresh | Sources::Refresh) => {
                        self.ask(lock, request, description, &wanted).await?
                    }
                    (lock, _) => self.bundled(lock, scope, request, description).await?,
                };
                (catalog, wanted)
            }
        };
        let kept = |kind| catalog.fetched.get(kind).is_some();
        request.tell(&mut catalog.missing, &wanted, &catalog.source, kept);
        self.accept(&catalog.missing, request)?;
        Ok(catalog)
    }

    /// The kinds that are wanted, if the request may have what is stored.
    async fn usable(&self, index: &Index, request: &CatalogRequest) -> Option<Vec<DataKind>> {
        let same_plugin = index.made_by.digest == self.digest().to_string();
        let offline = request.sources == Sources::Offline;
        let wanted = match request.kinds.as_slice() {
            [] => index.menus.clone(),
            kinds => kinds.to_vec(),
        };
        let usable = match index.source {
            Source::Live(_) => {
                offline
                    || (same_plugin
                        && index
                            .freshness(&wanted, crate::clock::timestamp())
                            .is_fresh())
            }
            Source::Bundled(_) => {
                request.bundled && same_plugin && (offline || self.has_no_credentials().await)
            }
        };
        usable.then_some(wanted)
    }

    /// Nothing says who to ask as.
    async fn has_no_credentials(&self) -> bool {
        for credential in self.credentials() {
            if self.host.egress.describe(&credential.name).await.configured {
                return false;
            }
        }
        !self.artifact().manifest.credentials.is_empty()
    }

    /// The catalog inside the plugin, which is kept where another run does not hold the lock.
    pub(super) async fn bundled(
        &self,
        lock: Option<&Arc<CatalogLock>>,
        scope: &Scope,
        request: &CatalogRequest,
        description: Description,
    ) -> Result<Catalog, HostError> {
        if !request.bundled {
            return Err(self.no_catalog());
        }
        let bundle = self.plugin().await?.bundled(self.session()).await?;
        let bundle = bundle.ok_or_else(|| self.no_catalog())?;
        let (listing, origin) = Origin::of_bundle(bundle)?;
        self.keep(lock, scope, listing, origin, description).await
    }

    pub(super) async fn keep(
        &self,
        lock: Option<&Arc<CatalogLock>>,
        scope: &Scope,
        listing: Listing,
        origin: Origin,
        description: Description,
    ) -> Result<Catalog, HostError> {
        let manifest = &self.artifact().manifest;
        let new = NewCatalog {
            listing,
            origin,
            freshness: description.freshness,
            menus: description.menus,
            made_by: MadeBy {
                plugin: manifest.name.clone(),
                version: manifest.version.clone(),
                digest: self.digest().to_string(),
                contract: manifest.contract.clone(),
            },
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
