//! Measures the selection of an instance type among all offers of the AWS plugin's bundled catalog. Prints JSON for
//! `cargo xtask bench`.
//!
//! The prices are made up, one for each offer. Times are medians.
//!
//! - `join_ms`: types, offers, prices and distances are joined.
//! - `cheapest_ms` and `balanced_ms`: one of them is selected.
//! - `scan_ms`: the lowest price of the catalog is found by a scan, which is the least that any selection needs.
#![allow(clippy::print_stdout)]

use cloudhost::contract::cloudhost::provider::types::{Money, Offer, Price};
use cloudhost::host::{CatalogRequest, FetchPolicy, Host, HostConfig};
use cloudhost::select::{Candidates, Location, LocationSource, Mode, SelectionRequest};
use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

const RUNS: usize = 21;

fn main() -> Result<(), Box<dyn Error>> {
    let name = cloudhost_builtin::find("aws")
        .ok_or("no built-in plugin: run `cargo xtask build`")?
        .name;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let dir = tempfile::tempdir()?;
    let mut config = HostConfig::new(dir.path());
    config.builtin = cloudhost_builtin::PROVIDERS;
    config.seal = cloudhost::SealKey::own(dir.path());
    let host = Host::new(config)?;
    let mut request = CatalogRequest::default();
    request.sources = FetchPolicy::Offline;
    let mut catalog =
        runtime.block_on(async { host.provider(name).await?.catalog(&request).await })?;
    // The catalog has no prices: each offer gets its own.
    let priced = |(number, offer): (u64, &Offer)| Price {
        instance_type: offer.instance_type.clone(),
        region: offer.region.clone(),
        zone: None,
        market: offer.market,
        per_hour: Money {
            nanos: 1_000_000_000 + number,
            currency: "USD".to_owned(),
        },
        source: name.to_owned(),
        published: None,
    };
    catalog.prices = (0..).zip(&catalog.offers).map(priced).collect();
    let from = Location::parse("47.6,-122.3", LocationSource::Given)?;
    let candidates = Candidates::new(&catalog, true, Some(&from));
    let selection = |mode| {
        let mut selection = SelectionRequest::default();
        selection.mode = mode;
        selection.allow_unknown_capacity = true;
        selection
    };
    for mode in [Mode::Cheapest, Mode::Balanced] {
        candidates.choose(&selection(mode))?;
    }
    println!(
        "{{\"join_ms\": {:.3}, \"cheapest_ms\": {:.3}, \"balanced_ms\": {:.3}, \"scan_ms\": {:.3}, \"offers\": {}, \"runs\": {RUNS}}}",
        timed(|| Candidates::new(&catalog, true, Some(&from))),
        timed(|| candidates.choose(&selection(Mode::Cheapest))),
        timed(|| candidates.choose(&selection(Mode::Balanced))),
        timed(|| {
            let prices = catalog.prices.iter();
            prices.map(|price| price.per_hour.nanos).min()
        }),
        catalog.offers.len(),
    );
    Ok(())
}

fn timed<T>(run: impl Fn() -> T) -> f64 {
    let once = |_| {
        let start = Instant::now();
        let result = black_box(run());
        let time = start.elapsed().as_secs_f64() * 1e3;
        drop(result);
        time
    };
    let mut times: Vec<f64> = (0..RUNS).map(once).collect();
    times.sort_by(f64::total_cmp);
    times.get(RUNS / 2).copied().unwrap_or(f64::NAN)
}
