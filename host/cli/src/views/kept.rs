//! The answers of `cache status` and `cache clear`.

use crate::{print, report};
use cloudhost::catalog::{Cleared, KINDS, Status, kind_name};
use comfy_table::Table;
use jiff::Timestamp;
use serde::Serialize;

/// What is kept.
#[derive(Debug, Serialize)]
pub struct StatusView {
    cache_dir: String,
    catalogs: Vec<KeptView>,
}

/// One kept catalog.
#[derive(Debug, Serialize)]
struct KeptView {
    provider: String,
    /// Whose it is: credential, endpoint, settings.
    scope: Option<String>,
    source: Option<&'static str>,
    account: Option<String>,
    bytes: u64,
    /// It lacks something that the cloud did not give.
    incomplete: bool,
    kinds: Vec<KindView>,
    /// Files that were set aside.
    damaged: Vec<String>,
}

#[derive(Debug, Serialize)]
struct KindView {
    kind: &'static str,
    rows: u64,
    fetched_at: String,
    age_seconds: u64,
    fresh: bool,
}

impl StatusView {
    pub fn new(cache_dir: String, all: Vec<Status>) -> Self {
        let now = cloudhost::clock::timestamp();
        Self {
            cache_dir,
            catalogs: all
                .into_iter()
                .map(|status| KeptView::new(status, now))
                .collect(),
        }
    }

    pub fn table(&self) -> Table {
        let header = [
            "PROVIDER", "SOURCE", "DATA", "ROWS", "AGE", "FRESH", "SCOPE",
        ];
        print::table(
            &header,
            self.catalogs.iter().flat_map(|one| {
                let unreadable = one.source.is_none().then(|| {
                    let unknown = || "unknown".to_owned();
                    vec![
                        one.provider.clone(),
                        "unreadable".to_owned(),
                        unknown(),
                        unknown(),
                        unknown(),
                        "no".to_owned(),
                    ]
                });
                let kinds = one.kinds.iter().map(|kind| {
                    vec![
                        one.provider.clone(),
                        one.source.unwrap_or_default().to_owned(),
                        kind.kind.to_owned(),
                        kind.rows.to_string(),
                        report::span(kind.age_seconds),
                        if kind.fresh && !one.incomplete {
                            "yes"
                        } else {
                            "no"
                        }
                        .to_owned(),
                        one.scope.clone().unwrap_or_default(),
                    ]
                });
                unreadable.into_iter().chain(kinds)
            }),
        )
    }

    /// How many catalogs, and their size, in words.
    pub fn total(&self) -> String {
        let bytes: u64 = self.catalogs.iter().map(|one| one.bytes).sum();
        let catalogs = report::count(self.catalogs.len(), "catalog");
        format!("{catalogs}, {bytes} bytes in {}", self.cache_dir)
    }
}

impl KeptView {
    fn new(status: Status, now: Timestamp) -> Self {
        let index = status.index.as_ref();
        let kinds = KINDS.into_iter().filter_map(|kind| {
            let entry = index?.kinds.get(kind).as_ref()?;
            Some(KindView {
                kind: kind_name(kind),
                rows: entry.rows,
                fetched_at: entry.fetched_at.to_string(),
                age_seconds: report::age_seconds(entry.fetched_at),
                fresh: entry.life().is_fresh(now),
            })
        });
        Self {
            kinds: kinds.collect(),
            scope: index.map(|index| index.title.clone()),
            source: index.map(|index| index.source.label()),
            account: index.and_then(|index| index.account.clone()),
            incomplete: index.is_some_and(|index| !index.missing.is_empty()),
            provider: status.provider,
            bytes: status.bytes,
            damaged: status.damaged,
        }
    }
}

/// What was dropped.
#[derive(Debug, Serialize)]
pub struct ClearedView {
    catalogs: u64,
    files: u64,
    bytes: u64,
}

impl From<Cleared> for ClearedView {
    fn from(cleared: Cleared) -> Self {
        Self {
            catalogs: cleared.catalogs,
            files: cleared.files,
            bytes: cleared.bytes,
        }
    }
}

impl ClearedView {
    /// In words.
    pub fn line(&self) -> String {
        let count = |number, what| report::count(usize::try_from(number).unwrap_or(0), what);
        format!(
            "dropped {}: {}, {} bytes",
            count(self.catalogs, "catalog"),
            count(self.files, "file"),
            self.bytes
        )
    }
}
