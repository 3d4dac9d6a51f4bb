//! `cloudhost cache status|clear`

use super::args::{CacheCommand, Cli};
use super::views::{ClearedView, StatusView};
use super::{Exit, print, report, run};
use cloudhost::catalog::{KINDS, Store};
use cloudhost::contract::exports::cloudhost::provider::catalog::Listing;
use cloudhost::host::{Host, HostError};
use serde::Serialize;

pub fn execute(cli: &Cli, command: &CacheCommand) -> anyhow::Result<Exit> {
    match command {
        CacheCommand::Status => {
            let config = cli.config()?;
            let dir = config.cache_dir.display().to_string();
            let status = match Store::existing(&config.catalogs()).map_err(HostError::from)? {
                Some(store) => store.status().map_err(HostError::from)?,
                None => Vec::new(),
            };
            let view = StatusView::new(dir, status);
            print::result(cli.output, &view, |view| Some(view.table()))?;
            close(cli, view.total());
            Ok(Exit::Done)
        }
        CacheCommand::Clear { provider } => {
            let host = Host::new(cli.config()?)?;
            if let Some(provider) = provider {
                host.provider_here(provider)?;
            }
            let cleared = host
                .store()
                .clear(provider.as_deref())
                .map_err(HostError::from)?;
            let view = ClearedView::from(cleared);
            print::result(cli.output, &view, |_| None)?;
            close(cli, view.line());
            Ok(Exit::Done)
        }
        CacheCommand::Export { provider, sources } => {
            run::with_provider(cli, provider, sources, async |session| {
                let catalog = session.catalog(&KINDS).await?;
                let export = Export {
                    fetched_at: catalog.fetched_at.as_second(),
                    source: catalog.source.text().to_owned(),
                    listing: Listing {
                        regions: Some(catalog.regions),
                        instance_types: Some(catalog.instance_types),
                        offers: Some(catalog.offers),
                        images: Some(catalog.images),
                        prices: Some(catalog.prices),
                        capacity: Some(catalog.capacity),
                        missing: catalog.missing,
                    },
                };
                print::raw(&serde_json::to_vec(&export)?)
            })
        }
    }
}

/// A catalog in the contract's own records.
#[derive(Serialize)]
struct Export {
    /// Seconds since 1970.
    fetched_at: i64,
    source: String,
    listing: Listing,
}

fn close(cli: &Cli, line: String) {
    if !cli.quiet {
        report::closing(&[line]);
    }
}
