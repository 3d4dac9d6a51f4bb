//! `cloudhost run PROVIDER instance-types get-cheapest|check-availability|smart-select`

use super::args::{CheckArgs, MarketArg, SmartSelectArgs, WantedArgs};
use super::run::Session;
use super::views::{AvailabilityView, ChoiceView, TiersView};
use super::{Exit, print};
use cloudhost::catalog::Catalog;
use cloudhost::contract::cloudhost::provider::types::DataKind;
use cloudhost::host::{HostError, Summary};
use cloudhost::select::{Ask, Candidates, Mode, Place, PlaceError, SelectError, Tier, Wanted};

/// What a choice is made from.
const KINDS: [DataKind; 5] = [
    DataKind::Offers,
    DataKind::InstanceTypes,
    DataKind::Regions,
    DataKind::Prices,
    DataKind::Capacity,
];

pub async fn cheapest(session: &Session<'_>, wanted: &WantedArgs) -> anyhow::Result<Exit> {
    let mut ask = Ask::default();
    ask.wanted = wanted.wanted();
    ask.allow_unknown_capacity = wanted.allow_unknown_capacity;
    choose(session, &ask, None, false).await
}

pub async fn smart(session: &Session<'_>, args: &SmartSelectArgs) -> anyhow::Result<Exit> {
    if args.list_tiers {
        let view = TiersView::new();
        print::result(session.cli.output, &view, |view| Some(view.table()))?;
        return Ok(Exit::Done);
    }
    let select = |error: SelectError| HostError::from(error);
    let tier = args.tier.as_deref().map(Tier::find).transpose();
    let mut ask = Ask::default();
    ask.wanted = args.wanted.wanted();
    ask.mode = args.mode.into();
    ask.tier = tier.map_err(|error| select(error.into()))?;
    ask.allow_unknown_capacity = args.wanted.allow_unknown_capacity;
    let place = place(ask.mode, args.near.as_deref()).map_err(|error| select(error.into()))?;
    choose(session, &ask, place, args.explain).await
}

/// Where the user is. The cheapest machine is the same everywhere, unless it is said where the user is.
pub fn place(mode: Mode, near: Option<&str>) -> Result<Option<Place>, PlaceError> {
    let configured = std::env::var("CLOUDHOST_LOCATION").ok();
    let configured = configured.filter(|place| !place.is_empty());
    match (mode, near, configured.as_deref()) {
        (Mode::Cheapest, None, None) => Ok(None),
        (_, near, configured) => Place::find(near, configured),
    }
}

async fn choose(
    session: &Session<'_>,
    ask: &Ask,
    place: Option<Place>,
    explain: bool,
) -> anyhow::Result<Exit> {
    let catalog = session.catalog(&KINDS).await?;
    let summary = Summary::from(&catalog);
    let candidates = Candidates::new(&catalog, summary.is_believed(), place.as_ref());
    let choice = candidates.choose(ask).map_err(HostError::from)?;
    let view = ChoiceView::new(session.provider.name(), &summary, ask, &choice, explain);
    print::result(session.cli.output, &view, |view| Some(view.table()))?;
    let mut said = Vec::new();
    if choice.explanation.capacity_unknown {
        said.push("it is not known whether there is capacity".to_owned());
    }
    if let Some(place) = place.filter(|_| ask.mode != Mode::Cheapest) {
        said.push(format!("distances from {} ({})", place.name, place.how));
    }
    Ok(session.close(&summary, said))
}

pub async fn check(session: &Session<'_>, args: &CheckArgs) -> anyhow::Result<Exit> {
    // What is sold otherwise than on demand can stand in the price lists alone.
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
    let view = AvailabilityView::new(session.provider.name(), &summary, args, capacity);
    print::result(session.cli.output, &view, |view| Some(view.table()))?;
    let known = match capacity {
        Some(true) => Exit::Done,
        Some(false) => Exit::NoCapacity,
        None => Exit::Unknown,
    };
    // The exit status answers the question, whatever else could not be had; that is said.
    session.close(&summary, Vec::new());
    Ok(known)
}

/// Whether there is capacity; a machine that the region does not sell has none. Where its prices could not be had, it
/// is not known what is sold as spot.
fn capacity(
    catalog: &Catalog,
    summary: &Summary,
    args: &CheckArgs,
) -> Result<Option<bool>, HostError> {
    let mut wanted = Wanted::default();
    wanted.market = Some(args.market.into());
    wanted.instance_types = vec![args.instance_type.clone()];
    wanted.regions = vec![args.region.clone()];
    let candidates = Candidates::new(catalog, summary.is_believed(), None);
    let found = candidates.list(&wanted)?;
    let unpriced = || {
        let gap = catalog
            .missing
            .iter()
            .any(|gap| gap.kind == DataKind::Prices);
        gap || catalog.fetched.prices.is_none()
    };
    Ok(match found.first() {
        Some(one) => one.capacity,
        None if args.market != MarketArg::OnDemand && unpriced() => None,
        None => Some(false),
    })
}
