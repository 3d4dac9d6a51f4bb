//! Saving: all files first, then the index, whose replacement commits the new catalog.

use super::arrow::{self, Encoded};
use super::check::{self, Ages};
use super::error::CatalogError;
use super::index::INDEX;
use super::lock::{CatalogLock, LOCK};
use super::model::{content_digest, digests, fetched};
use super::store::{aside, listing};
use super::{Catalog, Digest, Entry, Index, KINDS, MadeBy, Origin, PerKind, Scope, Source};
use crate::contract::cloudhost::provider::types::DataKind;
use crate::contract::exports::cloudhost::provider::catalog::Listing;
use crate::contract::exports::cloudhost::provider::provider::Freshness;
use crate::telemetry::SPANS;

/// Validity of a kind where the provider states none.
const FRESH: u64 = 24 * 60 * 60;

/// The result of a fetch.
#[derive(Clone, Debug)]
pub struct NewCatalog {
    /// The plugin's result.
    pub listing: Listing,
    /// Time, source and account.
    pub origin: Origin,
    /// Validity of each kind; 24 hours where one is not named.
    pub freshness: Vec<Freshness>,
    /// The kinds that the provider's menus show.
    pub menus: Vec<DataKind>,
    /// The plugin that fetched it.
    pub made_by: MadeBy,
}

impl CatalogLock {
    /// Checks, sorts and stores the result of a fetch, and returns the catalog.
    ///
    /// A kind that was not fetched stays as it is stored, with its own age, if the same plugin fetched both from the
    /// cloud. A list of regions or types that lacks what newer records name is dropped: it is absent, and the next
    /// run that needs it fetches it. On an error the stored catalog is unchanged.
    pub fn save(&self, new: NewCatalog) -> Result<Catalog, CatalogError> {
        let of = self.scope.provider();
        let span =
            tracing::debug_span!(target: SPANS, "cache", kept = "catalog", action = "save", of);
        let _inside = span.entered();
        let old = self.read_index().filter(|old| {
            let live = |source: &Source| matches!(source, Source::Live(_));
            let times = fetched(&new.listing, new.origin.fetched_at);
            let kept = |kind| times.get(kind).is_none() && old.kinds.get(kind).is_some();
            live(&new.origin.source)
                && live(&old.source)
                && old.made_by.digest == new.made_by.digest
                && KINDS.into_iter().any(kept)
        });
        let old = old.and_then(|old| Some((old, self.load().catalog?)));
        let (encoded, index, catalog) = new.build(&self.scope, old)?;
        self.write(&encoded, &index)?;
        Ok(catalog)
    }

    /// Writes the files, then the index, and then removes files that no index names. Without a secret to seal the index
    /// with, which is reported once, no later run could use it: nothing is written.
    fn write(&self, encoded: &Encoded, index: &Index) -> Result<(), CatalogError> {
        let bytes = index.to_bytes(&self.folder, &self.scope, &self.seal);
        let bytes = bytes.map_err(|error| CatalogError::Encode(error.to_string()))?;
        let Some(bytes) = bytes else {
            return Ok(());
        };
        for kind in KINDS {
            if let (Some(table), Some(entry)) = (encoded.get(kind), index.kinds.get(kind)) {
                self.folder.write(&entry.file, &table.bytes)?;
            }
        }
        self.folder.sync("")?;
        self.folder.write(INDEX, &bytes)?;
        self.folder.sync("")?;
        // The catalog is saved. A leftover file is removed by the next save.
        for name in self.folder.names(false)? {
            let named = index
                .kinds
                .iter()
                .any(|(_, entry)| entry.as_ref().is_some_and(|entry| entry.file == name));
            if !named && name != INDEX && name != LOCK && aside(&name).is_none() && is_ours(&name) {
                let _ = self.folder.remove(&name);
            }
        }
        Ok(())
    }
}

impl NewCatalog {
    /// Checks and sorts the result of a fetch, and stores nothing.
    ///
    /// # Errors
    /// If the result cannot be a catalog.
    pub fn into_catalog(self, scope: &Scope) -> Result<Catalog, CatalogError> {
        Ok(self.build(scope, None)?.2)
    }

    /// The files, the index and the catalog, with kinds that were not fetched taken from an old one.
    fn build(
        self,
        scope: &Scope,
        old: Option<(Index, Catalog)>,
    ) -> Result<(Encoded, Index, Catalog), CatalogError> {
        let fresh = |kind| {
            let named = self
                .freshness
                .iter()
                .find(|freshness| freshness.kind == kind);
            named.map_or(FRESH, |freshness| freshness.seconds)
        };
        let mut times = fetched(&self.listing, self.origin.fetched_at);
        let mut seconds = PerKind::from_fn(fresh);
        let mut merged = self.listing;
        let mixed = old.is_some();
        if let Some((old, catalog)) = old {
            keep_old(&mut merged, &mut times, catalog);
            seconds = PerKind::from_fn(|kind| {
                let kept = old
                    .kinds
                    .get(kind)
                    .as_ref()
                    .filter(|entry| *times.get(kind) == Some(entry.fetched_at));
                kept.map_or(*seconds.get(kind), |entry| entry.fresh_seconds)
            });
        }
        let ages = if mixed {
            Ages::Mixed(&times)
        } else {
            Ages::One
        };
        let merged = check::check(merged, ages)?;
        let encoded = arrow::encode(&merged)?;
        let times = PerKind::from_fn(|kind| encoded.get(kind).as_ref().and(*times.get(kind)));
        let digests = digests(&encoded);
        let kinds =
            PerKind::from_fn(|kind| entry(kind, &encoded, &digests, &times, *seconds.get(kind)));
        let index = Index {
            provider: scope.provider().to_owned(),
            title: scope.title().to_owned(),
            source: self.origin.source.clone(),
            account: self.origin.account.clone(),
            made_by: self.made_by,
            digest: content_digest(&digests, &merged.missing),
            kinds,
            menus: self.menus,
            missing: merged.missing.clone(),
        };
        let life = index.capacity_validity();
        let catalog = Catalog::assemble(merged, &digests, times, life, self.origin);
        Ok((encoded, index, catalog))
    }
}

/// Fills kinds that were not fetched with the stored ones.
fn keep_old(merged: &mut Listing, times: &mut PerKind<Option<jiff::Timestamp>>, old: Catalog) {
    let old_times = old.fetched.clone();
    let old = listing(old);
    let requested: Vec<DataKind> = KINDS
        .into_iter()
        .filter(|kind| times.get(*kind).is_some())
        .collect();
    let reported =
        |kind| requested.contains(&kind) || merged.missing.iter().any(|gap| gap.kind == kind);
    let gaps: Vec<_> = old
        .missing
        .into_iter()
        .filter(|gap| !reported(gap.kind))
        .collect();
    merged.missing.extend(gaps);
    merged.regions = merged.regions.take().or(old.regions);
    merged.instance_types = merged.instance_types.take().or(old.instance_types);
    merged.offers = merged.offers.take().or(old.offers);
    merged.images = merged.images.take().or(old.images);
    merged.prices = merged.prices.take().or(old.prices);
    merged.capacity = merged.capacity.take().or(old.capacity);
    *times = PerKind::from_fn(|kind| times.get(kind).or(*old_times.get(kind)));
}

/// The index entry of a kind.
fn entry(
    kind: DataKind,
    encoded: &Encoded,
    digests: &PerKind<Option<Digest>>,
    times: &PerKind<Option<jiff::Timestamp>>,
    fresh_seconds: u64,
) -> Option<Entry> {
    let (table, digest) = (encoded.get(kind).as_ref()?, (*digests.get(kind))?);
    Some(Entry {
        fetched_at: (*times.get(kind))?,
        fresh_seconds,
        rows: table.rows,
        file: Entry::file_name(kind, &digest),
        digest,
        bytes: table.bytes.len() as u64,
    })
}

/// Reports whether a name is one that the store gives to files, including the endings of unfinished and set-aside
/// ones. Nothing else is ever removed.
pub(super) fn is_ours(name: &str) -> bool {
    let name = aside(name).unwrap_or(name);
    let name = cloudhost_files::unfinished(name).unwrap_or(name);
    let digest = |kind| {
        name.strip_prefix(super::kind_name(kind))?
            .strip_prefix('-')?
            .strip_suffix(".arrow")
    };
    let hex = |text: &str| text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    name == INDEX || name == LOCK || KINDS.into_iter().any(|kind| digest(kind).is_some_and(hex))
}
