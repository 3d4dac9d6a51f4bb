//! `cloudhost kconfig-value PROVIDER region|instance-type`: a `$(shell, ...)` helper.
//!
//! Kconfig runs it whenever it reads a file, so the value comes from the cache. A stale cache is refreshed for less than
//! a second; after that the stale catalog is used, or the one inside the plugin. Only the value is printed on stdout.
//! stderr names a selection without known capacity or a known price. Region and type are those of one selection, so two
//! calls agree. If a tier has no offer, or a name must not stand in a `.config`, the command fails without a value.

use crate::args::{KconfigValue, KconfigValueArgs, ModeArg};
use crate::exit::Exit;
use crate::outage::Outage;
use crate::runtime::{Threads, block_on};
use crate::session::{self, Session};
use crate::{print, report, select};
use anyhow::Context as _;
use cloudhost::catalog::{Catalog, CatalogError, Source};
use cloudhost::contract::cloudhost::provider::types::{DataKind, Market};
use cloudhost::host::{CatalogRequest, FetchPolicy, Host, HostError, Provider, Summary};
use cloudhost::kconfig::{KconfigError, MenuLocation, value_fault};
use cloudhost::select::{
    Candidate, Candidates, HomeRegion, Mode, SelectError, SelectionRequest, Tier,
};
use std::fmt;
use std::time::Duration;

/// Timeout of a refresh, short enough for `make menuconfig`.
const PATIENCE: Duration = Duration::from_millis(900);

const KINDS: [DataKind; 4] = [
    DataKind::InstanceTypes,
    DataKind::Offers,
    DataKind::Prices,
    DataKind::Capacity,
];

pub fn execute(session: &Session<'_>, args: &KconfigValueArgs) -> anyhow::Result<Exit> {
    let mut config = session.config_for(&args.sources)?;
    let temporary;
    let host = match Host::new(config.clone()) {
        // The catalog inside the plugin needs no cache.
        Err(HostError::Catalog(CatalogError::Folder(error))) => {
            tracing::warn!(%error, "the cache is not used");
            temporary = tempfile::tempdir().context("cannot create a temporary directory")?;
            config.cache_dir = temporary.path().to_owned();
            Host::new(config.clone())?
        }
        host => host?,
    };
    let endpoint = config.egress.endpoints.get(&args.provider);
    let outage = Outage::of(&config.cache_dir, &args.provider, endpoint);
    let provider = host.provider_here(&args.provider)?;
    session::check_endpoints(&host, &args.sources)?;
    session.record_replay.runs(&provider)?;
    let work = value(session, &provider, args, &outage);
    let Value {
        value,
        how,
        former,
        fallbacks,
    } = block_on(Threads::One, work)??;
    print::raw(format!("{value}\n").as_bytes())?;
    if session.cli.verbose > 0 || former || !fallbacks.is_empty() {
        let parts = how.into_iter().chain(fallbacks);
        session.close(&parts.collect::<Vec<_>>());
    }
    Ok(Exit::Done)
}

async fn value(
    session: &Session<'_>,
    provider: &Provider,
    args: &KconfigValueArgs,
    outage: &Outage,
) -> Result<Value, HostError> {
    let mut request = session::request(&args.sources, &KINDS);
    let offline = request.sources == FetchPolicy::Offline;
    let (mut catalog, not_fetched) = match request.sources {
        FetchPolicy::Offline => (provider.catalog(&request).await?, None),
        // Not only the responses that arrive in time.
        _ if session.record_replay.is_some() => (provider.catalog(&request).await?, None),
        FetchPolicy::Fresh | FetchPolicy::Refresh => match timely(provider, &request, outage).await
        {
            Ok(catalog) => (catalog, None),
            // The cloud is slow or fails: the cache is used.
            Err(why) => {
                request.sources = FetchPolicy::Offline;
                (provider.catalog(&request).await?, Some(why))
            }
        },
    };
    if catalog.regions.is_empty() && args.mode != ModeArg::Cheapest {
        // The catalog of menus has no regions; the plugin knows their places without a request.
        catalog.regions = provider.known_regions().await?;
    }
    let summary = Summary::from(&catalog);
    let home = provider.home_region(&args.sources.set).await;
    let Chosen {
        machine,
        other_home,
        fallback,
    } = choose(&catalog, args, &home)?;
    let why_bundled = match &not_fetched {
        Some(why) if provider.facts().await.configured => format!("{why}, and nothing is stored"),
        _ => report::why_bundled(offline).to_owned(),
    };
    let requests = match not_fetched {
        Some(_) => 0,
        None => provider.activity().requests,
    };
    let mut how = vec![report::origin(
        provider.name(),
        &summary,
        &why_bundled,
        &session.record_replay.responses_from(),
        requests,
    )];
    if matches!(summary.source, Source::Live(_)) {
        how.extend(not_fetched);
    }
    let (symbol, value) = match args.value {
        KconfigValue::Region => ("region", machine.region),
        KconfigValue::InstanceType => ("instance-type", machine.instance_type),
    };
    // Kconfig puts it between quotes, and treats it as any value of the menus.
    if let Some(reason) = value_fault(&value) {
        return Err(HostError::Kconfig(KconfigError::Value {
            location: MenuLocation::Response,
            symbol: symbol.to_owned(),
            value,
            reason,
        }));
    }
    let former = summary.former.is_some();
    Ok(Value {
        value,
        how,
        former,
        fallbacks: other_home.into_iter().chain(fallback).collect(),
    })
}

/// Fetches the catalog in time, or returns the reason that it was not fetched.
async fn timely(
    provider: &Provider,
    request: &CatalogRequest,
    outage: &Outage,
) -> Result<Catalog, String> {
    if request.sources == FetchPolicy::Fresh && outage.is_recent() {
        return Err("the cloud did not respond a moment ago".to_owned());
    }
    match tokio::time::timeout(PATIENCE, provider.catalog(request)).await {
        Ok(fetched) => fetched.map_err(|error| report::causes(&error)),
        // Another run's request was a moment ago, and the rate of the cloud allows none before the time is over.
        Err(_) if provider.activity().sent == 0 => {
            Err("no request could be sent in time".to_owned())
        }
        Err(_) => {
            outage.note();
            Err("the cloud did not respond in time".to_owned())
        }
    }
}

/// A value for Kconfig.
struct Value {
    value: String,
    /// Source of the data, and the reason that it is not the cloud's.
    how: Vec<String>,
    /// A plugin that is no longer installed made the data.
    former: bool,
    /// The region that is preferred in place of the user's, and the reason and the result of a selection that
    /// smart-select would not make.
    fallbacks: Vec<String>,
}

/// A selection.
struct Chosen {
    machine: Machine,
    /// The region that is preferred in place of the user's.
    other_home: Option<String>,
    /// The reason of a selection that smart-select would not make, and its result.
    fallback: Option<String>,
}

/// Selects as smart-select does; without a match, one whose capacity is unknown. Without an offer of a known price it
/// takes the smallest offer, or for a tier the smallest of the best step with an offer. A selection that smart-select
/// would not make is returned with its reason. Stale capacity counts: without the cloud, nothing newer is known.
fn choose(
    catalog: &Catalog,
    args: &KconfigValueArgs,
    home: &HomeRegion,
) -> Result<Chosen, SelectError> {
    let tier = args.tier.as_deref().map(Tier::find).transpose()?;
    let mut ask = SelectionRequest::default();
    ask.wanted.market = Some(Market::OnDemand);
    ask.wanted.architectures.clone_from(&args.arch);
    ask.wanted.lists = true;
    ask.mode = args.mode.into();
    ask.tier = tier;
    let location = match select::location(ask.mode, None) {
        // The cheapest offer needs no location.
        Err(_) if ask.mode == Mode::Cheapest => None,
        location => location?,
    };
    let candidates = Candidates::new(catalog, true, location.as_ref()).with_home(home)?;
    let chosen = |one: &Candidate<'_>, why: Option<String>| {
        let machine = Machine::of(one);
        Chosen {
            other_home: select::other_home(home, &candidates),
            fallback: why.map(|why| format!("{why} is {machine}")),
            machine,
        }
    };
    if let Ok(choice) = candidates.choose(&ask) {
        return Ok(chosen(&choice.candidate, None));
    }
    let of_tier = tier.map_or(String::new(), |tier| format!(" of the tier {}", tier.name));
    ask.allow_unknown_capacity = true;
    let error = match candidates.choose(&ask) {
        Ok(choice) => {
            let why = format!(
                "no instance type{of_tier} is known to have capacity: the best of unknown capacity"
            );
            return Ok(chosen(&choice.candidate, Some(why)));
        }
        Err(error) => error,
    };
    let sold = candidates.list(&ask.wanted)?.into_iter().filter_map(|one| {
        let step = tier.map_or(Some(0), |tier| tier.rank(one))?;
        let kind = one.instance_type;
        let size = (step, kind.vcpus, kind.memory_mib);
        Some(((size, &kind.name, !one.home, one.region), one))
    });
    let Some((_, smallest)) = sold.min_by_key(|(key, _)| *key) else {
        return Err(error);
    };
    let why =
        format!("no instance type{of_tier} is known to have capacity and a price: the smallest");
    Ok(chosen(smallest, Some(why)))
}

/// Source of a value.
struct Machine {
    instance_type: String,
    region: String,
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}", self.instance_type, self.region)
    }
}

impl Machine {
    fn of(one: &Candidate<'_>) -> Self {
        Self {
            instance_type: one.instance_type.name.clone(),
            region: one.region.to_owned(),
        }
    }
}
