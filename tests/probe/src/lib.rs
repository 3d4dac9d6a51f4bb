//! A plugin for tests and benchmarks. The setting `do` selects what it does:
//!
//! - `join` fetches `https://probe.test/` concurrently, `count` times.
//! - `row` fetches it `count` times, one after the other.
//! - `coded` fetches it once and reports the error code of the response.
//! - `answer` returns exactly the requested kinds, without a request.
//! - `act` performs the [`ProbeAction`] in the setting `act`.
//! - `faulty` is a small provider with the one fault that the setting `fault` names.
//! - The other values misbehave.
//!
//! Each function of `operations`, and the list of instances, sends the requests that it is given as JSON, and returns what it
//! saw as JSON: in `data` of a step, in a handle, or in an identifier.

#![allow(
    clippy::result_large_err,
    reason = "the contract's error record is what an export returns"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "a guest has no clock but its own"
)]

mod act;
mod answer;
mod bills;
mod faulty_provider;
mod operate;

pub use act::{LISTED, ProbeAction, Seen, unpack};

use cloudhost_sdk::http::Request;
use cloudhost_sdk::kconfig::{Catalog, Dialect, File};
use cloudhost_sdk::{
    Billing, Bundle, Charge, DataKind, Description, Error, ErrorKind, Freshness, Listing, Period,
    Provider, Query, Region, Setting, World, join_all, setting,
};
use std::hint::black_box;

/// The provider.
#[derive(Debug)]
pub struct Probe;

impl Provider for Probe {
    fn describe() -> Description {
        let setting = |name: &str, help: &str| Setting {
            name: name.to_owned(),
            help: help.to_owned(),
            default: None,
        };
        Description {
            title: "Probe".to_owned(),
            settings: vec![
                setting(
                    "do",
                    "join, row, coded, answer, act, faulty, compute, allocate, recurse, crash, or look-around",
                ),
                setting("act", "what to do, as JSON"),
                setting("fault", "what a faulty provider does wrong"),
                setting("count", "how many requests to join"),
                setting("gap", "a kind of which every listing reports a gap"),
            ],
            // Capacity is never fresh, so that a test need not wait until it is stale.
            freshness: vec![Freshness {
                kind: DataKind::Capacity,
                seconds: 0,
            }],
            menus: vec![DataKind::Offers, DataKind::Prices, DataKind::Capacity],
        }
    }

    async fn fetch<W: World>(world: &W, query: Query) -> Result<Listing, Error> {
        let setting = |name: &str| setting(&query.settings, name).unwrap_or_default();
        match setting("do") {
            "join" => join(world, setting("count").parse().unwrap_or(1)).await,
            "row" => Ok(row(world, setting("count").parse().unwrap_or(1)).await),
            "coded" => coded(world).await,
            "answer" => answer::answer(&query.wanted, setting("gap")),
            "faulty" => faulty_provider::fetch(world, setting("fault")).await,
            "act" => match serde_json::from_str(setting("act")) {
                Ok(act) => act::perform(world, act).await,
                Err(error) => Err(Error::new(ErrorKind::InvalidArgument, error.to_string())),
            },
            "compute" => loop {
                black_box(0);
            },
            "allocate" => {
                let mut held: Vec<Vec<u8>> = Vec::new();
                loop {
                    held.push(black_box(vec![1; 1 << 20]));
                }
            }
            "recurse" => Ok(listing([recurse(0).to_string()])),
            "crash" => {
                let nothing: Option<u8> = black_box(None);
                #[allow(clippy::expect_used)]
                let value = nothing.expect("the probe was told to \u{1b}[31mcrash");
                Ok(listing([value.to_string()]))
            }
            "look-around" => {
                let variables = std::env::vars().map(|(name, _)| format!("variable {name}"));
                let arguments = std::env::args().map(|argument| format!("argument {argument}"));
                // A listing without a region would be invalid.
                let here = std::iter::once("the sandbox".to_owned());
                Ok(listing(here.chain(variables).chain(arguments)))
            }
            other => Err(Error::new(
                ErrorKind::InvalidArgument,
                format!("the probe does not know how to {other:?}"),
            )),
        }
    }

    fn bundled() -> Option<Bundle> {
        Some(answer::bundle())
    }

    fn emit_kconfig(catalog: Catalog, dialect: Dialect) -> Result<Vec<File>, Error> {
        if let Some(menus) = faulty_provider::menus(&catalog, dialect) {
            return menus;
        }
        if let Some(menus) = act::listed(&catalog, dialect) {
            return menus;
        }
        let none = || Error::new(ErrorKind::Unsupported, "the probe was given no menus");
        act::menus(&catalog.regions).ok_or_else(none)
    }
}

/// Sends `count` requests concurrently, and returns the number of successful responses as a region.
async fn join<W: World>(world: &W, count: usize) -> Result<Listing, Error> {
    let requests = (0..count).map(|_| Request::get("https://probe.test/").send(world));
    let responses = join_all(requests).await;
    let mut good = 0_usize;
    for response in responses {
        response?.ok("probe")?;
        good += 1;
    }
    Ok(listing([format!("{good} answers")]))
}

/// Sends `count` requests one after the other, and returns the number of responses of any status as a region.
async fn row<W: World>(world: &W, count: usize) -> Listing {
    let mut good = 0_usize;
    for _ in 0..count {
        let response = Request::get("https://probe.test/").send(world).await;
        good += usize::from(response.is_ok());
    }
    listing([format!("{good} answers")])
}

/// Sends a request. Fails with the code in `{"error":{"reason":"probe.test/CODE"}}` if the response is not a success.
async fn coded<W: World>(world: &W) -> Result<Listing, Error> {
    let response = Request::get("https://probe.test/").send(world).await?;
    let body: serde_json::Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let reason = body
        .pointer("/error/reason")
        .and_then(|reason| reason.as_str());
    let code = reason.and_then(|reason| reason.rsplit('/').next());
    response.ok("probe").map_err(|error| Error {
        code: code.map(str::to_owned),
        ..error
    })?;
    Ok(listing(["a coded answer".to_owned()]))
}

#[allow(unconditional_recursion)]
fn recurse(depth: u64) -> u64 {
    let kept = black_box([depth; 16]);
    recurse(depth.wrapping_add(1)).wrapping_add(kept.iter().sum::<u64>())
}

fn listing(names: impl IntoIterator<Item = String>) -> Listing {
    let regions = names.into_iter().map(|name| Region {
        place: None,
        country: None,
        name,
        description: None,
        zones: Vec::new(),
        location: None,
    });
    Listing {
        regions: Some(regions.collect()),
        ..Listing::default()
    }
}

/// A region whose name sorts as its number.
fn numbered(number: usize, description: String) -> Region {
    Region {
        place: None,
        country: None,
        name: format!("r{number:08}"),
        description: Some(description),
        zones: Vec::new(),
        location: None,
    }
}

impl Billing for Probe {
    async fn bill<W: World>(world: &W, period: Period) -> Result<Vec<Charge>, Error> {
        bills::bill(world, period).await
    }
}

cloudhost_sdk::plugin!(
    Probe,
    manifest = "../manifest.toml",
    billing,
    operations,
    instances
);
