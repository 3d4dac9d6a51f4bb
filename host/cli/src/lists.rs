//! `cloudhost run PROVIDER instance-types|regions|images list`

use crate::args::{FilterArgs, TypeListArgs};
use crate::exit::Exit;
use crate::session::ProviderSession;
use crate::text::count;
use crate::{report, views};
use cloudhost::catalog::{Catalog, Filter};
use cloudhost::clock;
use cloudhost::contract::cloudhost::provider::types::{DataKind, Market};
use cloudhost::host::{HostError, Summary};
use cloudhost::select::{Candidate, Candidates, Constraints};
use cloudhost_api::{Images, InstanceTypes, Regions};
use std::collections::HashSet;

pub async fn instance_types(
    session: &ProviderSession<'_>,
    args: &TypeListArgs,
) -> anyhow::Result<Exit> {
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
    let (mut no_capacity_known, mut no_price_known) = (0, 0);
    if args.available_only || args.min_gpus.is_some() || args.max_price.is_some() {
        let mut wanted = Constraints::default();
        wanted.market = Some(Market::OnDemand);
        wanted.min_gpus = args.min_gpus;
        wanted.max_price = args.max_price.clone();
        wanted.available_only = args.available_only;
        let candidates = Candidates::new(&catalog, summary.is_capacity_fresh(), None);
        let matches = |wanted: &Constraints, which: fn(&Candidate<'_>) -> bool| {
            let matches = candidates.list(wanted).map_err(HostError::from)?;
            let matches = matches.into_iter().filter(|one| which(one));
            let names = matches.map(|one| one.instance_type.name.clone());
            Ok::<HashSet<String>, HostError>(names.collect())
        };
        let left = matches(&wanted, |_| true)?;
        // Unknown is not "no": what only that excludes is counted.
        let mut perhaps = wanted.clone();
        perhaps.available_only = false;
        let unknown = matches(&perhaps, |one| one.capacity.is_none())?;
        no_capacity_known = unknown.difference(&left).count();
        let mut perhaps = wanted;
        perhaps.max_price = None;
        let unknown = matches(&perhaps, |one| one.price.is_none())?;
        no_price_known = unknown.difference(&left).count();
        catalog
            .instance_types
            .retain(|one| left.contains(&one.name));
    }
    let priced = catalog.fetched.prices.is_some();
    let types = InstanceTypes::new(session.name(), &summary, catalog, clock::timestamp());
    session.session.print(&types, views::instance_types)?;
    let mut parts = vec![count(types.instance_types.len(), "instance type")];
    // Without a request for prices, missing prices mean nothing.
    if priced {
        parts.extend(report::unknown("price", types.unpriced() + no_price_known));
    }
    parts.extend(report::unknown("capacity", no_capacity_known));
    Ok(session.close(&summary, parts))
}

pub async fn regions(
    session: &ProviderSession<'_>,
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
    let now = clock::timestamp();
    let regions = Regions::new(session.name(), &summary, &catalog, with_availability, now);
    session.session.print(&regions, views::regions)?;
    let part = count(regions.regions.len(), "region");
    Ok(session.close(&summary, vec![part]))
}

pub async fn images(
    session: &ProviderSession<'_>,
    architectures: &[String],
) -> anyhow::Result<Exit> {
    let catalog = session.catalog(&[DataKind::Images]).await?;
    let summary = Summary::from(&catalog);
    let mut filter = Filter::default();
    filter.architectures = architectures.to_vec();
    let catalog = filtered(catalog, filter)?;
    let images = Images::new(session.name(), &summary, catalog, clock::timestamp());
    session.session.print(&images, views::images)?;
    let part = count(images.images.len(), "image");
    Ok(session.close(&summary, vec![part]))
}

/// Applies a filter to a catalog.
pub fn filtered(catalog: Catalog, filter: Filter) -> anyhow::Result<Catalog> {
    let catalog = filter.apply(catalog);
    Ok(catalog.map_err(|error| HostError::Catalog(error.into()))?)
}

/// Makes a filter from the options.
pub fn filter(args: &FilterArgs) -> Filter {
    let mut filter = Filter::default();
    filter.regions.clone_from(&args.region);
    filter.families.clone_from(&args.family);
    filter.gpu = args.gpu;
    filter.min_vcpus = args.min_vcpus;
    filter.architectures.clone_from(&args.arch);
    filter
}
