//! `cloudhost run PROVIDER instance-types|regions|images list`

use crate::args::{FilterArgs, TypeListArgs};
use crate::exit::Exit;
use crate::session::ProviderSession;
use crate::text::count;
use crate::{remedy, report, views};
use cloudhost::catalog::{Catalog, Filter};
use cloudhost::clock;
use cloudhost::contract::cloudhost::provider::types::{DataKind, Market};
use cloudhost::host::{HostError, Summary};
use cloudhost::select::{Candidate, Candidates, Constraints, SelectError};
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
    // What an option asks for is a subject too.
    let mut about = vec![DataKind::InstanceTypes];
    if args.prices || args.max_price.is_some() {
        kinds.push(DataKind::Prices);
        about.push(DataKind::Prices);
    }
    if args.available_only {
        about.push(DataKind::Capacity);
    }
    let catalog = session.catalog_about(&about, &kinds).await?;
    let summary = Summary::from(&catalog);
    let mut catalog = filtered(catalog, filter(&args.filter))?;
    let mut excluded = Excluded::default();
    if args.available_only || args.min_gpus.is_some() || args.max_price.is_some() {
        let candidates = Candidates::new(&catalog, summary.is_capacity_fresh(), None);
        let names = matching(&candidates, args, &mut excluded).map_err(HostError::from)?;
        catalog
            .instance_types
            .retain(|one| names.contains(&one.name));
    }
    let priced = catalog.fetched.prices.is_some();
    let types = InstanceTypes::new(session.name(), &summary, catalog, clock::timestamp());
    session.session.print(&types, views::instance_types)?;
    let mut parts = vec![count(types.instance_types.len(), "instance type")];
    // Without a request for prices, missing prices mean nothing.
    if priced {
        parts.extend(report::unknown("price", types.unpriced()));
    }
    parts.extend(report::excluded("price", excluded.no_price));
    parts.extend(report::excluded("capacity", excluded.no_capacity));
    let exit = session.close(&summary, parts);
    if types.instance_types.is_empty() && excluded != Excluded::default() {
        let more = session.more_data(&summary).await;
        let mut hints: Vec<String> = more.iter().filter_map(remedy::hint).collect();
        hints.push(excluded.hint());
        session.session.advise(&hints.join("\nor: "));
        return Ok(Exit::Unknown);
    }
    Ok(exit)
}

/// Numbers of instance types that a filter excludes only because something is unknown.
#[derive(Default, PartialEq)]
struct Excluded {
    no_capacity: usize,
    no_price: usize,
}

impl Excluded {
    /// Names the options that exclude them.
    fn hint(&self) -> String {
        let options = match (self.no_capacity, self.no_price) {
            (_, 0) => "--available-only",
            (0, _) => "--max-price",
            _ => "--available-only and --max-price",
        };
        format!("list what is unknown too: leave out {options}")
    }
}

/// Returns the names of the instance types that match the options. Unknown is not "no": what only that excludes is
/// counted.
fn matching(
    candidates: &Candidates<'_>,
    args: &TypeListArgs,
    excluded: &mut Excluded,
) -> Result<HashSet<String>, SelectError> {
    let mut wanted = Constraints::default();
    wanted.market = Some(Market::OnDemand);
    wanted.min_gpus = args.min_gpus;
    wanted.max_price = args.max_price.clone();
    wanted.available_only = args.available_only;
    let names = |wanted: &Constraints, which: fn(&Candidate<'_>) -> bool| {
        let matches = candidates.list(wanted)?.into_iter();
        let matches = matches.filter(|one| which(one));
        let names = matches.map(|one| one.instance_type.name.clone());
        Ok::<HashSet<String>, SelectError>(names.collect())
    };
    let left = names(&wanted, |_| true)?;
    let (mut any_capacity, mut any_price) = (wanted.clone(), wanted.clone());
    any_capacity.available_only = false;
    any_price.max_price = None;
    let mut any = any_capacity.clone();
    any.max_price = None;
    let neither = names(&any, |one| one.capacity.is_none() && one.price.is_none())?;
    let count = |unknown: HashSet<String>| {
        let unknown = unknown.union(&neither);
        unknown.filter(|name| !left.contains(*name)).count()
    };
    if args.available_only {
        excluded.no_capacity = count(names(&any_capacity, |one| one.capacity.is_none())?);
    }
    if args.max_price.is_some() {
        excluded.no_price = count(names(&any_price, |one| one.price.is_none())?);
    }
    Ok(left)
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
