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
        let matching = matching(&candidates, args).map_err(HostError::from)?;
        catalog
            .instance_types
            .retain(|one| matching.names.contains(&one.name));
        excluded = matching.excluded;
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
    let is_empty = types.instance_types.is_empty();
    let (unknown, hint) = (excluded.kinds(), excluded.hint());
    let close = session.close_list(&summary, parts, is_empty, &unknown, Some(hint));
    Ok(close.await)
}

/// Numbers of instance types that a filter excludes only because something is unknown.
#[derive(Default)]
struct Excluded {
    no_capacity: usize,
    no_price: usize,
}

impl Excluded {
    /// The unknown part.
    fn kinds(&self) -> Vec<DataKind> {
        [
            (self.no_price, DataKind::Prices),
            (self.no_capacity, DataKind::Capacity),
        ]
        .into_iter()
        .filter_map(|(types, kind)| (types > 0).then_some(kind))
        .collect()
    }

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

/// Instance types that match the options.
struct Matching {
    names: HashSet<String>,
    excluded: Excluded,
}

/// Finds the instance types that match the options. Unknown is not "no": what only that excludes is counted.
fn matching(candidates: &Candidates<'_>, args: &TypeListArgs) -> Result<Matching, SelectError> {
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
    let no_capacity = match args.available_only {
        true => count(names(&any_capacity, |one| one.capacity.is_none())?),
        false => 0,
    };
    let no_price = match args.max_price {
        Some(_) => count(names(&any_price, |one| one.price.is_none())?),
        None => 0,
    };
    let excluded = Excluded {
        no_capacity,
        no_price,
    };
    Ok(Matching {
        names: left,
        excluded,
    })
}

pub async fn regions(
    session: &ProviderSession<'_>,
    with_availability: bool,
    only: &[String],
) -> anyhow::Result<Exit> {
    let mut kinds = vec![DataKind::Regions, DataKind::Offers];
    let mut about = vec![DataKind::Regions];
    if with_availability {
        // Without all types it is unknown if one has capacity.
        kinds.extend([DataKind::Capacity, DataKind::InstanceTypes]);
        about.push(DataKind::Capacity);
    }
    let catalog = session.catalog_about(&about, &kinds).await?;
    let summary = Summary::from(&catalog);
    let mut filter = Filter::default();
    filter.regions = only.to_vec();
    filter.lists = true;
    let catalog = filtered(catalog, filter)?;
    let now = clock::timestamp();
    let regions = Regions::new(session.name(), &summary, &catalog, with_availability, now);
    session.session.print(&regions, views::regions)?;
    let part = count(regions.regions.len(), "region");
    let close = session.close_list(&summary, vec![part], regions.regions.is_empty(), &[], None);
    Ok(close.await)
}

pub async fn images(
    session: &ProviderSession<'_>,
    architectures: &[String],
) -> anyhow::Result<Exit> {
    let catalog = session.catalog(&[DataKind::Images]).await?;
    let summary = Summary::from(&catalog);
    let mut filter = Filter::default();
    filter.architectures = architectures.to_vec();
    filter.lists = true;
    let catalog = filtered(catalog, filter)?;
    let images = Images::new(session.name(), &summary, catalog, clock::timestamp());
    session.session.print(&images, views::images)?;
    let part = count(images.images.len(), "image");
    let close = session.close_list(&summary, vec![part], images.images.is_empty(), &[], None);
    Ok(close.await)
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
    filter.lists = true;
    filter
}
