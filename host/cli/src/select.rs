//! `cloudhost run PROVIDER instance-types get-cheapest|check-availability|smart-select`

use crate::args::{CheckArgs, MarketArg, SmartSelectArgs, WantedArgs};
use crate::exit::Exit;
use crate::no_data::NoData;
use crate::session::ProviderSession;
use crate::text::count;
use crate::{remedy, report, views};
use cloudhost::catalog::{Catalog, Source, kind_name};
use cloudhost::clock;
use cloudhost::contract::cloudhost::provider::types::DataKind;
use cloudhost::host::{FetchPolicy, HostError, Summary};
use cloudhost::select::{
    Candidates, Constraints, HomeRegion, Lacking, Location, LocationError, Mode, SelectError,
    SelectionRequest, Tier,
};
use cloudhost::{HasRemedy as _, Remedy};
use cloudhost_api::{Availability, Selection, TierList};

/// Kinds of data that a selection needs.
const KINDS: [DataKind; 5] = [
    DataKind::Offers,
    DataKind::InstanceTypes,
    DataKind::Regions,
    DataKind::Prices,
    DataKind::Capacity,
];

pub async fn cheapest(session: &ProviderSession<'_>, wanted: &WantedArgs) -> anyhow::Result<Exit> {
    let mut ask = SelectionRequest::default();
    ask.wanted = wanted.wanted();
    ask.allow_unknown_capacity = wanted.allow_unknown_capacity;
    choose(session, &ask, None, false).await
}

pub async fn smart(session: &ProviderSession<'_>, args: &SmartSelectArgs) -> anyhow::Result<Exit> {
    if args.list_tiers {
        session.session.print(&TierList::all(), views::tier_list)?;
        return Ok(Exit::Done);
    }
    let select = |error: SelectError| HostError::from(error);
    let tier = args.tier.as_deref().map(Tier::find).transpose();
    let mut ask = SelectionRequest::default();
    ask.wanted = args.wanted.wanted();
    ask.mode = args.mode.into();
    ask.tier = tier.map_err(|error| select(error.into()))?;
    ask.allow_unknown_capacity = args.wanted.allow_unknown_capacity;
    let near = args.near.as_deref();
    let location = location(ask.mode, near).map_err(|error| select(error.into()))?;
    choose(session, &ask, location, args.explain).await
}

/// Location of the user. The cheapest offer needs none, but uses one that is configured.
pub fn location(mode: Mode, near: Option<&str>) -> Result<Option<Location>, LocationError> {
    let configured = std::env::var("CLOUDHOST_LOCATION").ok();
    let configured = configured.filter(|text| !text.is_empty());
    match (mode, near, configured.as_deref()) {
        (Mode::Cheapest, None, None) => Ok(None),
        (_, near, configured) => Location::find(near, configured),
    }
}

async fn choose(
    session: &ProviderSession<'_>,
    ask: &SelectionRequest,
    location: Option<Location>,
    explain: bool,
) -> anyhow::Result<Exit> {
    let catalog = session.catalog(&KINDS).await?;
    let summary = Summary::from(&catalog);
    let candidates = Candidates::new(&catalog, summary.is_capacity_fresh(), location.as_ref());
    let home = session
        .provider
        .home_region(&session.request.settings)
        .await;
    let candidates = candidates.with_home(&home).map_err(HostError::from)?;
    let choice = match candidates.choose(ask) {
        Ok(choice) => choice,
        Err(error) => return Err(unselected(session, &catalog, ask, error).await),
    };
    let now = clock::timestamp();
    let selection = Selection::new(session.name(), &summary, ask, &choice, explain, now);
    session.session.print(&selection, views::selection)?;
    let mut parts = Vec::from_iter(other_home(&home, &candidates));
    if choice.candidate.capacity.is_none() {
        parts.push("its capacity is unknown".to_owned());
    }
    parts.extend(passed_over(ask, choice.explanation.passed_over));
    if let Some(from) = location.filter(|_| ask.mode != Mode::Cheapest) {
        parts.push(format!("distances from {} ({})", from.name, from.how));
    }
    Ok(session.close(&summary, parts))
}

/// Makes the error: what the bundled catalog lacks is its cause.
async fn unselected(
    session: &ProviderSession<'_>,
    catalog: &Catalog,
    ask: &SelectionRequest,
    error: SelectError,
) -> anyhow::Error {
    let capacity = catalog.fetched.capacity.is_none() && !ask.allow_unknown_capacity;
    let prices = catalog.fetched.prices.is_none();
    let lacks: Vec<DataKind> = [(prices, DataKind::Prices), (capacity, DataKind::Capacity)]
        .into_iter()
        .filter_map(|(lacks, kind)| lacks.then_some(kind))
        .collect();
    let bundled = matches!(catalog.source, Source::Bundled(_));
    let error = match error {
        SelectError::NoMatch(error)
            if bundled && !lacks.is_empty() && error.lacking == Lacking::Knowledge =>
        {
            error
        }
        other => return HostError::from(other).into(),
    };
    let more = session.more_data(&Summary::from(catalog), &lacks).await;
    let own = match error.remedy() {
        Some(Remedy::AnyOf(all)) => all,
        one => one.into_iter().collect(),
    };
    // Whatever becomes known, an option that excludes what is known has to change.
    let (relax, others): (Vec<Remedy>, Vec<Remedy>) = own
        .into_iter()
        // Without credentials, a new fetch brings nothing.
        .filter(|one| *one != Remedy::Refresh)
        .partition(|one| matches!(one, Remedy::Relax { .. } | Remedy::RelaxFilters { .. }));
    let hints = relax.into_iter().chain(more).chain(others);
    let names: Vec<&str> = lacks.iter().map(|kind| kind_name(*kind)).collect();
    NoData {
        provider: session.name().to_owned(),
        why: report::why_bundled(session.request.sources == FetchPolicy::Offline),
        lacks: names.join(" and no "),
        hint: remedy::hint(&Remedy::AnyOf(hints.collect())),
        error,
    }
    .into()
}

/// Names the region that is preferred in place of the user's.
pub fn other_home(home: &HomeRegion, candidates: &Candidates<'_>) -> Option<String> {
    let (user, taken) = (home.user.as_deref()?, candidates.home());
    let instead = taken.map_or("no region is".to_owned(), |taken| format!("{taken} is"));
    (taken != Some(user)).then(|| {
        format!("the catalog has no offer in the home region {user:?}: {instead} preferred")
    })
}

/// Instance types that only their unknown capacity excludes, and that come before the selected one.
fn passed_over(ask: &SelectionRequest, types: usize) -> Option<String> {
    let better = match ask.mode {
        _ if ask.tier.is_some() => "better",
        Mode::Cheapest => "cheaper",
        Mode::Closest => "closer",
        Mode::Balanced => "better",
    };
    let types = (types > 0).then(|| count(types, &format!("{better} type")))?;
    Some(format!(
        "{types}: capacity unknown (--allow-unknown-capacity)"
    ))
}

pub async fn check(session: &ProviderSession<'_>, args: &CheckArgs) -> anyhow::Result<Exit> {
    // Spot offers may appear in price lists alone.
    let kinds = match args.market {
        MarketArg::OnDemand => KINDS
            .into_iter()
            .filter(|kind| *kind != DataKind::Prices)
            .collect(),
        MarketArg::Spot => KINDS.to_vec(),
    };
    let catalog = session.catalog(&kinds).await?;
    let summary = Summary::from(&catalog);
    let capacity = capacity(&catalog, &summary, args)?;
    let availability = Availability::new(
        session.name(),
        &summary,
        &args.instance_type,
        &args.region,
        capacity,
        clock::timestamp(),
    );
    session.session.print(&availability, views::availability)?;
    let known = match capacity {
        Some(true) => Exit::Done,
        Some(false) => Exit::NoCapacity,
        None => Exit::Unknown,
    };
    // The exit status reports capacity, whatever other data is missing; the closing line names that.
    session.close(&summary, Vec::new());
    Ok(known)
}

/// Finds the capacity. A type that the region does not offer has none.
fn capacity(
    catalog: &Catalog,
    summary: &Summary,
    args: &CheckArgs,
) -> Result<Option<bool>, HostError> {
    let mut wanted = Constraints::default();
    wanted.market = Some(args.market.into());
    wanted.instance_types = vec![args.instance_type.clone()];
    wanted.regions = vec![args.region.clone()];
    let candidates = Candidates::new(catalog, summary.is_capacity_fresh(), None);
    let found = candidates.list(&wanted)?;
    Ok(match found.first() {
        Some(one) => one.capacity,
        None => Some(false),
    })
}
