//! `cloudhost kconfig-value PROVIDER region|instance-type`: a `$(shell, ...)` helper.
//!
//! Kconfig runs it whenever a file is read, so that it answers from what is kept. Only where that is not fresh
//! the cloud is asked, for less than a second; then what is kept counts, whatever its age, and then the catalog
//! inside the plugin. Nothing but the value is printed on stdout. The region and the type are those of one
//! choice: two calls one after the other agree. A tier is never left: where nothing of it is sold, there is no value,
//! and an error; and so it is where a name is one that a `.config` must not have.

use super::args::{Cli, KconfigValue, KconfigValueArgs, ModeArg};
use super::vain::Vain;
use super::{Exit, print, report, run, select};
use anyhow::Context as _;
use cloudhost::catalog::{Catalog, CatalogError};
use cloudhost::contract::cloudhost::provider::types::{DataKind, Market};
use cloudhost::host::{Host, HostError, Provider, Sources, Summary};
use cloudhost::kconfig::{KconfigError, Place, value_fault};
use cloudhost::select::{Ask, Candidate, Candidates, Mode, SelectError, Tier};
use std::time::Duration;

/// How long the cloud is waited for. `make menuconfig` must not feel it.
const PATIENCE: Duration = Duration::from_millis(900);

const KINDS: [DataKind; 4] = [
    DataKind::InstanceTypes,
    DataKind::Offers,
    DataKind::Prices,
    DataKind::Capacity,
];

pub fn execute(cli: &Cli, args: &KconfigValueArgs) -> anyhow::Result<Exit> {
    let mut config = run::config(cli, &args.sources)?;
    let place;
    let host = match Host::new(config.clone()) {
        // The catalog inside the plugin needs no folder to be kept in.
        Err(HostError::Catalog(CatalogError::Folder(error))) => {
            tracing::warn!(%error, "nothing is kept");
            place = tempfile::tempdir().context("there is no place for temporary files")?;
            config.cache_dir = place.path().to_owned();
            Host::new(config.clone())?
        }
        host => host?,
    };
    let vain = Vain::of(&config.cache_dir, &args.provider);
    let provider = host.provider_here(&args.provider)?;
    run::known(&host, &args.sources)?;
    cli.tape.runs(&provider)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let value = runtime.block_on(value(cli, &provider, args, &vain));
    runtime.shutdown_background();
    let (value, how) = value?;
    print::raw(format!("{value}\n").as_bytes())?;
    if !cli.quiet && cli.verbose > 0 {
        report::closing(&[how]);
    }
    Ok(Exit::Done)
}

async fn value(
    cli: &Cli,
    provider: &Provider,
    args: &KconfigValueArgs,
    vain: &Vain,
) -> Result<(String, String), HostError> {
    let mut request = run::request(&args.sources, &KINDS);
    if request.sources == Sources::Fresh && !cli.tape.is_some() && vain.is_recent() {
        request.sources = Sources::Offline;
    }
    let mut catalog = match request.sources {
        Sources::Offline => provider.catalog(&request).await?,
        // Not what happens to be there in time.
        _ if cli.tape.is_some() => provider.catalog(&request).await?,
        Sources::Fresh | Sources::Refresh => {
            match tokio::time::timeout(PATIENCE, provider.catalog(&request)).await {
                Ok(Ok(catalog)) => catalog,
                // The cloud is slow, or cannot answer: what is kept has to do.
                outcome => {
                    if outcome.is_err() {
                        vain.note();
                    }
                    let mut kept = request;
                    kept.sources = Sources::Offline;
                    provider.catalog(&kept).await?
                }
            }
        }
    };
    if catalog.regions.is_empty() && args.mode != ModeArg::Cheapest {
        // Menus are made without the list of regions; where they are, the plugin knows without asking.
        catalog.regions = provider.known_regions().await?;
    }
    let summary = Summary::from(&catalog);
    let machine = choose(cli, &catalog, args)?;
    let how = report::origin(
        provider.name(),
        &summary,
        false,
        &cli.tape.asked(),
        provider.activity().requests,
    );
    let (symbol, value) = match args.value {
        KconfigValue::Region => ("region", machine.region),
        KconfigValue::InstanceType => ("instance-type", machine.instance_type),
    };
    // Kconfig puts it between quotes, and from there it goes the way of every value of the menus.
    if let Some(reason) = value_fault(&value) {
        return Err(HostError::Kconfig(KconfigError::Value {
            place: Place::Answer,
            symbol: symbol.to_owned(),
            value,
            reason,
        }));
    }
    Ok((value, how))
}

/// The machine that smart-select would take. Where nothing is known to have capacity and a price, one that is sold:
/// the smallest, or of a tier the smallest of its best step that is sold, which is said. Capacity counts whatever its
/// age: where the cloud cannot be asked, nothing newer is known.
fn choose(cli: &Cli, catalog: &Catalog, args: &KconfigValueArgs) -> Result<Machine, SelectError> {
    let tier = args.tier.as_deref().map(Tier::find).transpose()?;
    let mut ask = Ask::default();
    ask.wanted.market = Some(Market::OnDemand);
    ask.wanted.architectures.extend(args.arch.clone());
    ask.mode = args.mode.into();
    ask.tier = tier;
    ask.allow_unknown_capacity = true;
    let place = match select::place(ask.mode, None) {
        // The cheapest machine is to be had without a place.
        Err(_) if ask.mode == Mode::Cheapest => None,
        place => place?,
    };
    let candidates = Candidates::new(catalog, true, place.as_ref());
    let error = match candidates.choose(&ask) {
        Ok(choice) => return Ok(Machine::of(&choice.candidate)),
        Err(error) => error,
    };
    let sold = candidates.list(&ask.wanted)?.into_iter().filter_map(|one| {
        let step = tier.map_or(Some(0), |tier| tier.rank(one))?;
        let kind = one.instance_type;
        Some((step, kind.vcpus, kind.memory_mib, Machine::of(one)))
    });
    let Some((.., machine)) = sold.min() else {
        return Err(error);
    };
    if let Some(tier) = tier.filter(|_| !cli.quiet) {
        report::closing(&[format!(
            "no machine of the tier {} is known to have capacity and a price: the best that is sold is {} in {}",
            tier.name, machine.instance_type, machine.region,
        )]);
    }
    Ok(machine)
}

/// What a value is taken from.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Machine {
    instance_type: String,
    region: String,
}

impl Machine {
    fn of(one: &Candidate<'_>) -> Self {
        Self {
            instance_type: one.instance_type.name.clone(),
            region: one.region.to_owned(),
        }
    }
}
