//! The answer of `generate-kconfig`.

use super::{CatalogView, GapView, gaps};
use cloudhost::audit::Counts;
use cloudhost::host::Generated;
use cloudhost::output::Changes;
use serde::Serialize;
use std::path::Path;

/// What `generate-kconfig` did.
#[derive(Debug, Serialize)]
pub struct GeneratedView<'a> {
    provider: &'a str,
    catalog: CatalogView,
    missing: Vec<GapView>,
    output_dir: String,
    files: FilesView<'a>,
    audit: Counts,
}

#[derive(Debug, Serialize)]
struct FilesView<'a> {
    written: &'a [String],
    unchanged: &'a [String],
    removed: &'a [String],
    kept: &'a [String],
}

impl<'a> GeneratedView<'a> {
    pub fn new(
        provider: &'a str,
        generated: &'a Generated,
        output_dir: &Path,
        audit: Counts,
    ) -> Self {
        let Changes {
            written,
            unchanged,
            removed,
            kept,
        } = &generated.changes;
        Self {
            provider,
            catalog: CatalogView::new(&generated.catalog),
            missing: gaps(&generated.catalog),
            output_dir: output_dir.display().to_string(),
            files: FilesView {
                written,
                unchanged,
                removed,
                kept,
            },
            audit,
        }
    }
}
