//! Tables and closing lines of the cache.

use super::yes_or_no;
use crate::print;
use crate::text::{count, span};
use cloudhost_api::{CacheCleared, CacheStatus, CachedCatalog};
use comfy_table::Table;

pub fn cache_status(record: &CacheStatus) -> Table {
    let header = [
        "PROVIDER", "SOURCE", "DATA", "ROWS", "AGE", "FRESH", "SCOPE",
    ];
    print::table(&header, record.catalogs.iter().flat_map(rows))
}

fn rows(one: &CachedCatalog) -> Vec<Vec<String>> {
    let Some(source) = one.source else {
        let unreadable = ["unreadable", "unknown", "unknown", "unknown", "no"];
        let mut row = vec![one.provider.clone()];
        row.extend(unreadable.map(str::to_owned));
        return vec![row];
    };
    let row = |kind: &cloudhost_api::CachedKind| {
        vec![
            one.provider.clone(),
            source.as_str().to_owned(),
            kind.kind.clone(),
            kind.rows.to_string(),
            span(kind.age_seconds),
            yes_or_no(Some(kind.fresh && !one.incomplete)),
            one.scope.clone().unwrap_or_default(),
        ]
    };
    one.kinds.iter().map(row).collect()
}

/// Number and size of the cached catalogs.
pub fn cached(record: &CacheStatus) -> String {
    let bytes: u64 = record.catalogs.iter().map(|one| one.bytes).sum();
    let catalogs = count(record.catalogs.len(), "catalog");
    format!("{catalogs}, {bytes} bytes in {}", record.cache_dir)
}

/// Number and size of the removed catalogs.
pub fn cleared(record: &CacheCleared) -> String {
    let count = |number, what| count(usize::try_from(number).unwrap_or(0), what);
    format!(
        "dropped {} and compiled code: {}, {} bytes",
        count(record.catalogs, "catalog"),
        count(record.files, "file"),
        record.bytes
    )
}
