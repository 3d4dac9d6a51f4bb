//! `cloudhost run PROVIDER instance-types|regions|images list`

use super::args::{FilterArgs, TypeListArgs};
use super::run::Session;
use super::views::{ImagesView, InstanceTypesView, RegionsView};
use super::{Exit, print, report};
use cloudhost::catalog::{Catalog, Filter};
use cloudhost::contract::cloudhost::provider::types::{DataKind, Market};
use cloudhost::host::{HostError, Summary};
use cloudhost::select::{Candidates, Wanted};
use std::collections::HashSet;

pub async fn instance_types(session: &Session<'_>, args: &TypeListArgs) -> anyhow::Result<Exit> {
    let mut kinds = vec![
        DataKind::InstanceTypes,
        DataKind::Regions,
        DataKind::Offers,
        DataKind::Capacity,
    ];
    if args.prices || args.max_price.is_some() {
        kinds.push(DataKind::Prices);
    }
    let catalog = session.catalog(&kinds).await?;
    let summary = Summary::from(&catalog);
    let mut catalog = filtered(catalog, filter(&args.filter))?;
    if args.available_only || args.min_gpus.is_some() || args.max_price.is_some() {
        let mut wanted = Wanted::default();
        wanted.market = Some(Market::OnDemand);
        wanted.min_gpus = args.min_gpus;
        wanted.max_price = args.max_price.clone();
        wanted.available_only = args.available_only;
        let left: HashSet<String> = Candidates::new(&catalog, summary.is_believed(), None)
            .list(&wanted)
            .map_err(HostError::from)?
            .iter()
            .map(|one| one.instance_type.name.clone())
            .collect();
        catalog
            .instance_types
            .retain(|one| left.contains(&one.name));
    }
    let priced = catalog.fetched.prices.is_some();
    let view = InstanceTypesView::new(session.provider.name(), &summary, catalog);
    print::result(session.cli.output, &view, |view| Some(view.table()))?;
    let mut said = vec![report::count(view.instance_types.len(), "machine type")];
    // Where no price was ever asked for, that says nothing of any of them.
    if priced {
        said.extend(report::unpriced(view.unpriced()));
    }
    Ok(session.close(&summary, said))
}

pub async fn regions(
    session: &Session<'_>,
    with_availability: bool,
    only: &[String],
) -> anyhow::Result<Exit> {
    let mut kinds = vec![DataKind::Regions, DataKind::Offers];
    if with_availability {
        kinds.push(DataKind::Capacity);
    }
    let catalog = session.catalog(&kinds).await?;
    let summary = Summary::from(&catalog);
    let mut filter = Filter::default();
    filter.regions = only.to_vec();
    let catalog = filtered(catalog, filter)?;
    let view = RegionsView::new(
        session.provider.name(),
        &summary,
        catalog,
        with_availability,
    );
    print::result(session.cli.output, &view, |view| Some(view.table()))?;
    let count = report::count(view.regions.len(), "region");
    Ok(session.close(&summary, vec![count]))
}

pub async fn images(session: &Session<'_>, architectures: &[String]) -> anyhow::Result<Exit> {
    let catalog = session.catalog(&[DataKind::Images]).await?;
    let summary = Summary::from(&catalog);
    let mut filter = Filter::default();
    filter.architectures = architectures.to_vec();
    let catalog = filtered(catalog, filter)?;
    let view = ImagesView::new(session.provider.name(), &summary, catalog);
    print::result(session.cli.output, &view, |view| Some(view.table()))?;
    let count = report::count(view.images.len(), "image");
    Ok(session.close(&summary, vec![count]))
}

/// The part of a catalog that is wanted.
pub fn filtered(catalog: Catalog, filter: Filter) -> anyhow::Result<Catalog> {
    let catalog = filter.apply(catalog);
    Ok(catalog.map_err(|error| HostError::Catalog(error.into()))?)
}

/// The filter that the options ask for.
pub fn filter(args: &FilterArgs) -> Filter {
    let mut filter = Filter::default();
    filter.regions.clone_from(&args.region);
    filter.families.clone_from(&args.family);
    filter.gpu = args.gpu;
    filter.min_vcpus = args.min_vcpus;
    filter.architectures.clone_from(&args.arch);
    filter
}
