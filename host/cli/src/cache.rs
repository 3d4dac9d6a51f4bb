//! `cloudhost cache status|clear`

use crate::args::CacheCommand;
use crate::exit::Exit;
use crate::session::Session;
use crate::{print, views};
use cloudhost::catalog::{CatalogError, KINDS, Store};
use cloudhost::clock;
use cloudhost::contract::exports::cloudhost::provider::catalog::Listing;
use cloudhost::host::{Host, HostError};
use cloudhost_api::{CacheCleared, CacheStatus};
use serde::Serialize;

pub fn execute(session: &Session<'_>, command: &CacheCommand) -> anyhow::Result<Exit> {
    match command {
        CacheCommand::Status => {
            let config = session.config()?;
            let dir = config.cache_dir.display().to_string();
            let store = Store::existing(&config.catalogs(), &config.seal);
            let status = match store.map_err(HostError::from)? {
                Some(store) => store.status().map_err(HostError::from)?,
                None => Vec::new(),
            };
            let status = CacheStatus::new(dir, status, clock::timestamp());
            session.print(&status, views::cache_status)?;
            session.close(&[views::cached(&status)]);
            Ok(Exit::Done)
        }
        CacheCommand::Clear { provider } => {
            let config = session.config()?;
            let host = Host::new(config.clone())?;
            let component = match provider {
                Some(provider) => Some(host.provider_here(provider)?.digest()),
                None => None,
            };
            let cleared = host.store().clear(provider.as_deref());
            let mut cleared = cleared.map_err(HostError::from)?;
            let code = config
                .compiled()
                .remove(|digest| component.is_none_or(|one| one == *digest));
            let code = code.map_err(CatalogError::from).map_err(HostError::from)?;
            cleared.files += code.files;
            cleared.bytes += code.bytes;
            let cleared = CacheCleared::from(cleared);
            session.print_data(&cleared)?;
            session.close(&[views::cleared(&cleared)]);
            Ok(Exit::Done)
        }
        CacheCommand::Export { provider, sources } => {
            session.with_provider(provider, sources, async |session| {
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
