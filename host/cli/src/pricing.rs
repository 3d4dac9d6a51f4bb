//! `cloudhost run PROVIDER pricing list|verify`

use crate::args::FilterArgs;
use crate::exit::Exit;
use crate::lists::{filter, filtered};
use crate::session::ProviderSession;
use crate::text::count;
use crate::{report, views};
use anyhow::bail;
use cloudhost::clock;
use cloudhost::contract::cloudhost::provider::types::DataKind;
use cloudhost::host::{CatalogRequest, FetchPolicy, HostError, Summary};
use cloudhost::select::{Candidates, Constraints};
use cloudhost_api::{PriceComparison, Prices};

/// Setting that selects the source of prices.
const SOURCE: &str = "price-source";
/// Setting that selects the regions of prices.
const REGIONS: &str = "price-regions";

pub async fn list(
    session: &ProviderSession<'_>,
    instance_types: &[String],
    args: &FilterArgs,
) -> anyhow::Result<Exit> {
    let kinds = [
        DataKind::Prices,
        DataKind::Regions,
        DataKind::InstanceTypes,
        DataKind::Offers,
    ];
    let catalog = session.catalog(&kinds).await?;
    let summary = Summary::from(&catalog);
    let mut catalog = filtered(catalog, filter(args))?;
    if !instance_types.is_empty() {
        // Unknown names are an error here too.
        let mut wanted = Constraints::default();
        wanted.instance_types = instance_types.to_vec();
        wanted.lists = true;
        let named = Candidates::new(&catalog, false, None).resolved(&wanted);
        let named = named.map_err(HostError::from)?.instance_types;
        let types = &mut catalog.instance_types;
        types.retain(|one| named.contains(&one.name));
        catalog
            .prices
            .retain(|one| named.contains(&one.instance_type));
    }
    let prices = Prices::new(session.name(), &summary, &catalog, clock::timestamp());
    session.session.print(&prices, views::prices)?;
    let mut parts = vec![count(prices.prices.len(), "price")];
    parts.extend(report::unknown("price", prices.unknown));
    let unknown = match prices.unknown {
        0 => &[][..],
        _ => &[DataKind::Prices],
    };
    let close = session.close_list(&summary, parts, prices.prices.is_empty(), unknown, None);
    Ok(close.await)
}

/// Fetches the same prices from two sources and compares them.
pub async fn verify(session: &ProviderSession<'_>, regions: &[String]) -> anyhow::Result<Exit> {
    if session.request.sources == FetchPolicy::Offline {
        let text = "--offline cannot be used here: both sources are fetched to be compared\n";
        clap::Error::raw(clap::error::ErrorKind::ArgumentConflict, text).exit();
    }
    let description = session.provider.describe().await?;
    if !description.settings.iter().any(|one| one.name == SOURCE) {
        bail!(
            "{} has one source of prices: there is nothing to compare",
            session.name()
        );
    }
    let from = async |source: &str| {
        let mut settings = session.request.settings.clone();
        settings.push((SOURCE.to_owned(), source.to_owned()));
        if !regions.is_empty() {
            settings.push((REGIONS.to_owned(), regions.join(",")));
        }
        let mut request = CatalogRequest::default();
        request.sources = FetchPolicy::Refresh;
        request.bundled = false;
        request.strict = session.request.strict;
        request.kinds = vec![DataKind::Prices];
        request.about = vec![DataKind::Prices];
        request.settings = settings;
        session.provider.catalog(&request).await
    };
    let (feed, list) = (from("feed").await?, from("getproducts").await?);
    let summary = Summary::from(&list);
    let comparison = PriceComparison::new(session.name(), &feed, &list);
    session
        .session
        .print(&comparison, views::price_comparison)?;
    let parts = vec![
        format!("{} compared", count(comparison.compared, "price")),
        format!("{} differ", comparison.different.len()),
    ];
    let exit = session.close(&summary, parts);
    Ok(match exit {
        Exit::Done if !comparison.different.is_empty() || !feed.missing.is_empty() => {
            Exit::Incomplete
        }
        exit => exit,
    })
}
