//! Where a catalog comes from: the store while it is fresh, the cloud, or the plugin itself.

use super::{HostError, Provider};
use crate::catalog::{
    Catalog, Digest, Index, KINDS, Locked, MadeBy, NewCatalog, Origin, Scope, Source, clean_error,
};
use crate::contract::cloudhost::provider::types::Gap;
use crate::contract::exports::cloudhost::provider::catalog::{Listing, Query};
use crate::contract::exports::cloudhost::provider::provider::Description;
use crate::credentials::CredentialsError;
use jiff::Timestamp;
use std::time::Duration;

/// How long a run waits for another one that is asking the same question: the longest call of a plugin.
const PATIENCE: Duration = Duration::from_secs(330);

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
    /// Settings of the provider, by name.
    pub settings: Vec<(String, String)>,
}

impl Default for CatalogRequest {
    fn default() -> Self {
        Self {
            sources: Sources::Fresh,
            bundled: true,
            strict: false,
            settings: Vec::new(),
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
            account: catalog.account.clone(),
            missing: catalog.missing.clone(),
            digest: catalog.digest,
        }
    }
}

impl Summary {
    fn of_index(index: &Index) -> Option<Self> {
        Some(Self {
            source: index.source.clone(),
            fetched_at: index.fetched_at()?,
            account: index.account.clone(),
            missing: index.missing.clone(),
            digest: index.digest,
        })
    }
}

/// A catalog, or where it lies.
pub(super) enum Found {
    /// In the store; its data is not read yet.
    Stored(Summary, Scope),
    /// In memory.
    Here(Box<Catalog>),
}

impl Found {
    pub(super) fn summary(&self) -> Summary {
        match self {
            Self::Stored(summary, _) => summary.clone(),
            Self::Here(catalog) => Summary::from(&**catalog),
        }
    }
}

impl Provider<'_> {
    /// The catalog.
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
            Found::Stored(_, scope) => match self.host.store.load(&scope)?.catalog {
                Some(catalog) => Ok(catalog),
                // A damaged file was set aside, or another run replaced the files meanwhile.
                None => {
                    let catalog = self.ask_or_bundled(&scope, request).await?;
                    self.accept(&catalog.missing, request)?;
                    Ok(catalog)
                }
            },
        }
    }

    /// Finds the catalog without reading more than is needed for that.
    pub(super) async fn find(&self, request: &CatalogRequest) -> Result<Found, HostError> {
        let scope = self.scope(&request.settings)?;
        let found = match request.sources {
            Sources::Refresh => None,
            Sources::Fresh | Sources::Offline => self.usable(&scope, request).await,
        };
        let found = match found {
            Some(stored) => stored,
            None => Found::Here(Box::new(self.ask_or_bundled(&scope, request).await?)),
        };
        self.accept(&found.summary().missing, request)?;
        Ok(found)
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
        let lock = self.host.store.lock(scope, PATIENCE).await?;
        // Another run may have fetched it while this one waited. What is damaged is set aside, and said.
        let stored = lock.load().catalog;
        if request.sources != Sources::Refresh
            && let Some(catalog) = stored
            && self.usable(scope, request).await.is_some()
        {
            return Ok(catalog);
        }
        match request.sources {
            Sources::Offline => self.bundled(&lock, request).await,
            Sources::Fresh | Sources::Refresh => self.ask(&lock, request).await,
        }
    }

    /// What is stored, if the request may have it.
    async fn usable(&self, scope: &Scope, request: &CatalogRequest) -> Option<Found> {
        let index = self.host.store.peek(scope)?;
        let same_plugin = index.made_by.digest == self.digest().to_string();
        let offline = request.sources == Sources::Offline;
        let usable = match index.source {
            Source::Live(_) => {
                offline || (same_plugin && index.freshness(&KINDS, Timestamp::now()).is_fresh())
            }
            Source::Bundled(_) => {
                request.bundled && same_plugin && (offline || self.has_no_credentials().await)
            }
        };
        let summary = Summary::of_index(&index)?;
        usable.then(|| Found::Stored(summary, scope.clone()))
    }

    /// Nothing says who to ask as.
    async fn has_no_credentials(&self) -> bool {
        let credentials = &self.artifact().manifest.credentials;
        for credential in credentials {
            if self
                .host
                .credentials
                .describe(&credential.name)
                .await
                .configured
            {
                return false;
            }
        }
        !credentials.is_empty()
    }

    /// Asks the cloud, or takes the bundled catalog where there is nobody to ask as.
    async fn ask(&self, lock: &Locked, request: &CatalogRequest) -> Result<Catalog, HostError> {
        let mut account = None;
        for credential in &self.artifact().manifest.credentials {
            match self.host.credentials.check(&credential.name).await {
                Ok(facts) => account = account.or(facts.account),
                Err(CredentialsError::NotConfigured { .. })
                    if request.bundled && request.sources == Sources::Fresh =>
                {
                    return self.bundled(lock, request).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
        let description = self.describe().await?;
        self.check_settings(&description, &request.settings)?;
        let origin = Origin {
            fetched_at: Timestamp::now(),
            source: Source::Live(lock.scope().title().to_owned()),
            account,
        };
        let session = self.fetch_session();
        let query = Query {
            wanted: KINDS.to_vec(),
            settings: request.settings.clone(),
        };
        let answer = self.plugin()?.fetch(session.clone(), query).await?;
        let listing = answer.map_err(|mut error| {
            clean_error(&mut error);
            HostError::Cloud {
                provider: self.name().to_owned(),
                error: Box::new(error),
                cause: session.report().last_failure.map(Box::new),
                stored: lock.peek().is_some(),
            }
        })?;
        self.keep(lock, listing, origin, description)
    }

    /// The catalog inside the plugin.
    async fn bundled(&self, lock: &Locked, request: &CatalogRequest) -> Result<Catalog, HostError> {
        if !request.bundled {
            return Err(self.no_catalog());
        }
        let description = self.describe().await?;
        self.check_settings(&description, &request.settings)?;
        let bundle = self.plugin()?.bundled(self.session()).await?;
        let bundle = bundle.ok_or_else(|| self.no_catalog())?;
        let (listing, origin) = Origin::of_bundle(bundle)?;
        self.keep(lock, listing, origin, description)
    }

    fn keep(
        &self,
        lock: &Locked,
        listing: Listing,
        origin: Origin,
        description: Description,
    ) -> Result<Catalog, HostError> {
        let manifest = &self.artifact().manifest;
        Ok(lock.save(NewCatalog {
            listing,
            origin,
            freshness: description.freshness,
            made_by: MadeBy {
                plugin: manifest.name.clone(),
                version: manifest.version.clone(),
                digest: self.digest().to_string(),
                contract: manifest.contract.clone(),
            },
        })?)
    }

    fn no_catalog(&self) -> HostError {
        HostError::NoCatalog {
            provider: self.name().to_owned(),
        }
    }
}
