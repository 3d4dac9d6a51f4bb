//! Where a catalog comes from: the store while it is fresh, the cloud, or the plugin itself.

use super::{HostError, Provider};
use crate::apart;
use crate::catalog::{
    Catalog, Digest, Index, Life, Locked, MadeBy, NewCatalog, Origin, Scope, Source,
};
use crate::contract::cloudhost::provider::types::{DataKind, Gap};
use crate::contract::exports::cloudhost::provider::catalog::{Listing, Query};
use crate::contract::exports::cloudhost::provider::provider::Description;
use crate::credentials::CredentialsError;
use jiff::Timestamp;
use std::sync::Arc;
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
    /// The kinds that are needed. Empty: those that the provider's menus show.
    pub kinds: Vec<DataKind>,
    /// Settings of the provider, by name.
    pub settings: Vec<(String, String)>,
}

impl CatalogRequest {
    /// These kinds, from the store while they are fresh, else from the cloud, else from the plugin itself.
    ///
    /// ```
    /// use cloudhost::contract::cloudhost::provider::types::DataKind;
    /// use cloudhost::host::{CatalogRequest, Sources};
    ///
    /// let mut request = CatalogRequest::of([DataKind::Offers, DataKind::Prices]);
    /// request.sources = Sources::Refresh;
    /// request.settings.push(("home-region".to_owned(), "eu-west-1".to_owned()));
    /// ```
    pub fn of(kinds: impl Into<Vec<DataKind>>) -> Self {
        Self {
            kinds: kinds.into(),
            ..Self::default()
        }
    }
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

    fn of_index(index: &Index) -> Option<Self> {
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

/// A catalog, or where it lies.
pub(super) enum Found {
    /// In the store; its data is not read yet. With the kinds that are wanted.
    Stored(Box<Summary>, Scope, Vec<DataKind>),
    /// In memory.
    Here(Box<Catalog>),
}

impl Found {
    pub(super) fn summary(&self) -> Summary {
        match self {
            Self::Stored(summary, ..) => Summary::clone(summary),
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
            Found::Stored(_, scope, wanted) => {
                let (store, of) = (self.host.store.clone(), scope.clone());
                match apart(move || store.load(&of)).await??.catalog {
                    Some(mut catalog) => {
                        concerning(&mut catalog.missing, &wanted);
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
            && let Some(index) = self.host.store.peek(&scope)
            && let Some(wanted) = self.usable(&index, request).await
            && let Some(mut summary) = Summary::of_index(&index)
        {
            concerning(&mut summary.missing, &wanted);
            self.accept(&summary.missing, request)?;
            return Ok(Found::Stored(Box::new(summary), scope, wanted));
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
        let lock = Arc::new(self.host.store.lock(scope, PATIENCE).await?);
        // Another run may have fetched it while this one waited. What is damaged is set aside, and said.
        let locked = lock.clone();
        let stored = apart(move || locked.load()).await?.catalog;
        let usable = match (request.sources, lock.peek()) {
            (Sources::Refresh, _) | (_, None) => None,
            (_, Some(index)) => self.usable(&index, request).await,
        };
        let (mut catalog, wanted) = match (usable, stored) {
            (Some(wanted), Some(catalog)) => (catalog, wanted),
            _ => {
                let description = self.describe().await?;
                self.check_settings(&description, &request.settings)?;
                let wanted = match request.kinds.as_slice() {
                    [] => description.menus.clone(),
                    kinds => kinds.to_vec(),
                };
                let catalog = match request.sources {
                    Sources::Offline => self.bundled(&lock, request, description).await?,
                    Sources::Fresh | Sources::Refresh => {
                        self.ask(&lock, request, description, &wanted).await?
                    }
                };
                (catalog, wanted)
            }
        };
        concerning(&mut catalog.missing, &wanted);
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
                offline || (same_plugin && index.freshness(&wanted, Timestamp::now()).is_fresh())
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

    /// Asks the cloud, or takes the bundled catalog where there is nobody to ask as.
    async fn ask(
        &self,
        lock: &Arc<Locked>,
        request: &CatalogRequest,
        description: Description,
        wanted: &[DataKind],
    ) -> Result<Catalog, HostError> {
        let mut account = None;
        for credential in self.credentials() {
            match self.host.egress.check(&credential.name).await {
                Ok(facts) => account = account.or(facts.account),
                Err(CredentialsError::NotConfigured { .. })
                    if request.bundled && request.sources == Sources::Fresh =>
                {
                    return self.bundled(lock, request, description).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
        let origin = Origin {
            fetched_at: Timestamp::now(),
            source: Source::Live(lock.scope().title().to_owned()),
            account,
        };
        let mut asked = self.stale(lock, request, wanted);
        loop {
            let (origin, description) = (origin.clone(), description.clone());
            let catalog = self
                .fetch_kinds(lock, request, origin, description, &asked)
                .await?;
            // A list from before that did not know what is new was dropped: it is asked for too, once, if it is
            // wanted here.
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
        lock: &Arc<Locked>,
        request: &CatalogRequest,
        origin: Origin,
        description: Description,
        asked: &[DataKind],
    ) -> Result<Catalog, HostError> {
        let session = self.fetch_session();
        let query = Query {
            wanted: asked.to_vec(),
            settings: request.settings.clone(),
        };
        let answer = self.plugin().await?.fetch(session.clone(), query).await?;
        let stored = lock.peek().is_some();
        let mut listing = answer.map_err(|error| self.cloud(error, &session, stored))?;
        // A provider that was asked for them and has neither prices nor capacity knows of none.
        let silent =
            |kind| asked.contains(&kind) && !listing.missing.iter().any(|gap| gap.kind == kind);
        let (prices, capacity) = (silent(DataKind::Prices), silent(DataKind::Capacity));
        if prices && listing.prices.is_none() {
            listing.prices = Some(Vec::new());
        }
        if capacity && listing.capacity.is_none() {
            listing.capacity = Some(Vec::new());
        }
        self.keep(lock, listing, origin, description).await
    }

    /// Of the wanted kinds, those that are not there fresh and whole.
    fn stale(&self, lock: &Locked, request: &CatalogRequest, wanted: &[DataKind]) -> Vec<DataKind> {
        let kept = lock.peek().filter(|index| {
            request.sources != Sources::Refresh
                && index.made_by.digest == self.digest().to_string()
                && matches!(index.source, Source::Live(_))
        });
        match kept {
            None => wanted.to_vec(),
            Some(index) => {
                let freshness = index.freshness(wanted, Timestamp::now());
                let asked = |kind: &&DataKind| {
                    freshness.stale.contains(kind) || freshness.incomplete.contains(kind)
                };
                wanted.iter().filter(asked).copied().collect()
            }
        }
    }

    /// The catalog inside the plugin.
    async fn bundled(
        &self,
        lock: &Arc<Locked>,
        request: &CatalogRequest,
        description: Description,
    ) -> Result<Catalog, HostError> {
        if !request.bundled {
            return Err(self.no_catalog());
        }
        let bundle = self.plugin().await?.bundled(self.session()).await?;
        let bundle = bundle.ok_or_else(|| self.no_catalog())?;
        let (listing, origin) = Origin::of_bundle(bundle)?;
        self.keep(lock, listing, origin, description).await
    }

    async fn keep(
        &self,
        lock: &Arc<Locked>,
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
        let lock = lock.clone();
        Ok(apart(move || lock.save(new)).await??)
    }

    fn no_catalog(&self) -> HostError {
        HostError::NoCatalog {
            provider: self.name().to_owned(),
        }
    }
}

/// Leaves the gaps of the kinds that are wanted.
fn concerning(missing: &mut Vec<Gap>, wanted: &[DataKind]) {
    missing.retain(|gap| wanted.contains(&gap.kind));
}
