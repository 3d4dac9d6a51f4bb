//! `cloudhost run PROVIDER generate-kconfig`

use crate::args::GenerateArgs;
use crate::exit::Exit;
use crate::lists;
use crate::session::ProviderSession;
use crate::text::count;
use cloudhost::clock;
use cloudhost::contract::cloudhost::provider::types::DataKind;
use cloudhost::host::GenerateRequest;
use cloudhost_api::GeneratedKconfig;
use std::path::PathBuf;

pub async fn execute(session: &ProviderSession<'_>, args: &GenerateArgs) -> anyhow::Result<Exit> {
    let name = session.name();
    let output_dir = args
        .output_dir
        .clone()
        .unwrap_or_else(|| PathBuf::from(format!("terraform/{name}/kconfigs")));
    // The kinds that menus need, and those of the options.
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
    request.catalog.about = args
        .prices
        .then_some(DataKind::Prices)
        .into_iter()
        .collect();
    request.filter = lists::filter(&args.filter);
    request.source_prefix = args.source_prefix.clone();
    request.generator = Some(format!("cloudhost run {name} generate-kconfig"));
    let generated = session.provider.generate(&request).await?;
    let changes = &generated.changes;
    let audit = session.provider.audited();
    let (dir, now) = (&request.output_dir, clock::timestamp());
    let record = GeneratedKconfig::new(name, &generated, dir, audit, now);
    session.session.print_data(&record)?;
    let mut done = format!(
        "{} written, {} unchanged in {}",
        count(changes.written.len(), "file"),
        changes.unchanged.len(),
        dir.display()
    );
    if !changes.removed.is_empty() {
        done.push_str(&format!(", {} old ones removed", changes.removed.len()));
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
