//! Records of `cache status` and `cache clear`.

use crate::CatalogSource;
use crate::units::age_seconds;
use cloudhost::catalog::{Cleared, KINDS, Status, kind_name};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Content of the cache.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CacheStatus {
    /// Directory of the cache.
    pub cache_dir: String,
    /// Cached catalogs.
    pub catalogs: Vec<CachedCatalog>,
}

/// One cached catalog.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CachedCatalog {
    /// Name of the provider.
    pub provider: String,
    /// Credential, endpoint and settings that the catalog holds for; `null`: unreadable.
    pub scope: Option<String>,
    /// Source of the catalog; `null`: unreadable.
    pub source: Option<CatalogSource>,
    /// Account that the catalog holds for; `null`: unknown.
    pub account: Option<String>,
    /// Bytes of all files of the catalog.
    pub bytes: u64,
    /// The cloud did not return part of it.
    pub incomplete: bool,
    /// Kinds of data that are cached; none where the catalog is unreadable.
    pub kinds: Vec<CachedKind>,
    /// Names of corrupt files that were set aside.
    pub damaged: Vec<String>,
}

/// One kind of data of a cached catalog.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CachedKind {
    /// Kind of data: `regions`, `instance-types`, `offers`, `images`, `prices` or `capacity`.
    pub kind: String,
    /// Number of records.
    pub rows: u64,
    /// Time of the fetch.
    pub fetched_at: Timestamp,
    /// Seconds since `fetched_at`; 0 for a time in the future.
    pub age_seconds: u64,
    /// The data is used without a new fetch.
    pub fresh: bool,
}

impl CacheStatus {
    /// Describes a cache, at this time.
    pub fn new(cache_dir: String, all: Vec<Status>, now: Timestamp) -> Self {
        let catalogs = all.into_iter();
        Self {
            cache_dir,
            catalogs: catalogs
                .map(|status| CachedCatalog::new(status, now))
                .collect(),
        }
    }
}

impl CachedCatalog {
    fn new(status: Status, now: Timestamp) -> Self {
        let index = status.index.as_ref();
        let kinds = KINDS.into_iter().filter_map(|kind| {
            let entry = index?.kinds.get(kind).as_ref()?;
            Some(CachedKind {
                kind: kind_name(kind).to_owned(),
                rows: entry.rows,
                fetched_at: entry.fetched_at,
                age_seconds: age_seconds(entry.fetched_at, now),
                fresh: entry.validity().is_fresh(now),
            })
        });
        Self {
            kinds: kinds.collect(),
            scope: index.map(|index| index.title.clone()),
            source: index.map(|index| CatalogSource::from(&index.source)),
            account: index.and_then(|index| index.account.clone()),
            incomplete: index.is_some_and(|index| !index.missing.is_empty()),
            provider: status.provider,
            bytes: status.bytes,
            damaged: status.damaged,
        }
    }
}

/// Catalogs removed from the cache.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CacheCleared {
    /// Number of catalogs.
    pub catalogs: u64,
    /// Number of files.
    pub files: u64,
    /// Bytes of these files.
    pub bytes: u64,
}

impl From<Cleared> for CacheCleared {
    fn from(cleared: Cleared) -> Self {
        Self {
            catalogs: cleared.catalogs,
            files: cleared.files,
            bytes: cleared.bytes,
        }
    }
}
