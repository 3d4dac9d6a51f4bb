//! `cloudhost run PROVIDER generate-kconfig`

use super::args::GenerateArgs;
use super::run::Session;
use super::views::GeneratedView;
use super::{Exit, lists, print, report};
use cloudhost::contract::cloudhost::provider::types::DataKind;
use cloudhost::host::GenerateRequest;
use std::path::PathBuf;

pub async fn execute(session: &Session<'_>, args: &GenerateArgs) -> anyhow::Result<Exit> {
    let name = session.provider.name();
    let output_dir = args
        .output_dir
        .clone()
        .unwrap_or_else(|| PathBuf::from(format!("terraform/{name}/kconfigs")));
    // The menus' own kinds, and what is asked for besides.
    let kinds = match args.prices {
        false => Vec::new(),
        true => {
            let mut kinds = session.provider.describe().await?.menus;
            kinds.push(DataKind::Prices);
            kinds
        }
    };
    let dialect = args.dialect().unwrap_or_else(|error| error.exit());
    let mut request = GenerateRequest::new(dialect, output_dir);
    request.catalog = session.request.clone();
    request.catalog.kinds = kinds;
    request.filter = lists::filter(&args.filter);
    request.source_prefix = args.source_prefix.clone();
    request.generator = Some(format!("cloudhost run {name} generate-kconfig"));
    let generated = session.provider.generate(&request).await?;
    let changes = &generated.changes;
    let audit = session.provider.audited();
    let view = GeneratedView::new(name, &generated, &request.output_dir, audit);
    print::result(session.cli.output, &view, |_| None)?;
    let mut done = format!(
        "{} written, {} unchanged in {}",
        report::count(changes.written.len(), "file"),
        changes.unchanged.len(),
        request.output_dir.display()
    );
    if !changes.removed.is_empty() {
        done.push_str(&format!(", {} of before removed", changes.removed.len()));
    }
    let mut parts = vec![done];
    if !changes.kept.is_empty() {
        parts.push(format!(
            "kept because they were edited: {}",
            changes.kept.join(", ")
        ));
    }
    Ok(session.close(&generated.catalog, parts))
}
