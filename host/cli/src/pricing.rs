//! `cloudhost run PROVIDER pricing list|verify`

use super::args::FilterArgs;
use super::lists::{filter, filtered};
use super::run::Session;
use super::views::{PricesView, VerifyView};
use super::{Exit, print, report};
use anyhow::bail;
use cloudhost::contract::cloudhost::provider::types::DataKind;
use cloudhost::host::{CatalogRequest, HostError, Sources, Summary};
use cloudhost::select::{Candidates, Wanted};

/// The setting by which a provider is told where to take prices from, and its values.
const SOURCE: &str = "price-source";
/// The setting that says of which regions.
const REGIONS: &str = "price-regions";

pub async fn list(
    session: &Session<'_>,
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
        // Names that there are not are an error here too.
        let mut wanted = Wanted::default();
        wanted.instance_types = instance_types.to_vec();
        Candidates::new(&catalog, false, None)
            .list(&wanted)
            .map_err(HostError::from)?;
        catalog
            .instance_types
            .retain(|one| instance_types.contains(&one.name));
        catalog
            .prices
            .retain(|one| instance_types.contains(&one.instance_type));
    }
    let view = PricesView::new(session.provider.name(), &summary, &catalog);
    print::result(session.cli.output, &view, |view| Some(view.table()))?;
    let mut said = vec![report::count(view.prices.len(), "price")];
    said.extend(report::unpriced(view.unknown));
    Ok(session.close(&summary, said))
}

/// Asks two sources of the provider for the same prices and compares.
pub async fn verify(session: &Session<'_>, regions: &[String]) -> anyhow::Result<Exit> {
    if session.request.sources == Sources::Offline {
        let text =
            "--offline asks nobody, and this compares what two sources say now: leave it out\n";
        clap::Error::raw(clap::error::ErrorKind::ArgumentConflict, text).exit();
    }
    let description = session.provider.describe().await?;
    if !description.settings.iter().any(|one| one.name == SOURCE) {
        bail!(
            "{} has one source of prices: there is nothing to compare",
            session.provider.name()
        );
    }
    let from = async |source: &str| {
        let mut settings = session.request.settings.clone();
        settings.push((SOURCE.to_owned(), source.to_owned()));
        if !regions.is_empty() {
            settings.push((REGIONS.to_owned(), regions.join(",")));
        }
        let mut request = CatalogRequest::default();
        request.sources = Sources::Refresh;
        request.bundled = false;
        request.strict = session.request.strict;
        request.kinds = vec![DataKind::Prices];
        request.about = Some(DataKind::Prices);
        request.settings = settings;
        session.provider.catalog(&request).await
    };
    let (feed, list) = (from("feed").await?, from("getproducts").await?);
    let summary = Summary::from(&list);
    let view = VerifyView::new(session.provider.name(), &feed, &list);
    print::result(session.cli.output, &view, |view| Some(view.table()))?;
    let mut said = vec![format!(
        "{} compared",
        report::count(view.compared, "price")
    )];
    said.push(format!("{} differ", view.different.len()));
    let exit = session.close(&summary, said);
    Ok(match exit {
        Exit::Done if !view.different.is_empty() || !feed.missing.is_empty() => Exit::Incomplete,
        exit => exit,
    })
}
