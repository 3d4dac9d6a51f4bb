//! A provider of a small cloud with one fault, which the setting `fault` names. The provider test suite must find it.
//!
//! `GET /list?token=N` returns `{"types": [{"name": .., "price": cents}], "next": N or null}`, `GET /type/NAME` returns
//! `{"vcpus": ..}`, and `GET /images` returns `{"images": ["id"]}`.

use crate::answer;
use cloudhost_sdk::http::Request;
use cloudhost_sdk::kconfig::{self, Catalog, Dialect, File};
use cloudhost_sdk::{
    DataKind, Error, ErrorKind, Gap, Image, InstanceType, Listing, Money, Offer, PAGE_CAP, Price,
    Region, Scope, World, join_all,
};
use serde::Deserialize;
use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Prefix of the description of its region. The fault follows, so that menus can have one too.
const MARK: &str = "faulty ";

#[derive(Deserialize)]
struct Page {
    types: Vec<Row>,
    next: Option<u64>,
}

#[derive(Deserialize)]
struct Row {
    name: String,
    price: Option<u64>,
}

#[derive(Deserialize)]
struct Images {
    images: Vec<String>,
}

#[derive(Deserialize)]
struct Details {
    vcpus: u32,
}

/// Fetches the listing of the small cloud.
pub async fn fetch<W: World>(world: &W, fault: &str) -> Result<Listing, Error> {
    match listing(world, fault).await {
        Err(_) if fault == "invents" => Ok(listed(vec![machine("invented", 1)], Vec::new(), fault)),
        Err(error) if fault == "one-kind" => Err(Error::internal(error.message)),
        Ok(Listing { missing, .. }) if fault == "gives-up" && !missing.is_empty() => {
            let mut gaps = missing.into_iter();
            Err(gaps
                .next()
                .map_or_else(|| Error::internal("no gap"), |gap| gap.error))
        }
        Ok(_) if fault == "forgets" => Ok(listed(Vec::new(), Vec::new(), fault)),
        // These faults are about the error itself.
        Err(error) if !matches!(fault, "wants-some" | "wants-rows" | "other-error") => {
            match images(world).await {
                Ok(images) => Ok(unlisted(error, images, fault)),
                Err(_) => Err(error),
            }
        }
        other => other,
    }
}

/// Returns the listing after a failure of the whole list.
fn unlisted(error: Error, images: Vec<Image>, fault: &str) -> Listing {
    Listing {
        instance_types: None,
        offers: None,
        prices: None,
        ..dropped(error, Ok(images), fault)
    }
}

async fn listing<W: World>(world: &W, fault: &str) -> Result<Listing, Error> {
    #[allow(clippy::expect_used)]
    if fault == "crashes-early" {
        let nothing: Option<u8> = std::hint::black_box(None);
        nothing.expect("the probe was told to crash");
    }
    let (mut rows, mut page, mut pages) = (Vec::new(), Some(1), 0);
    let mut gaps = Vec::new();
    while let Some(number) = page {
        pages += 1;
        if pages > PAGE_CAP && fault != "asks-forever" {
            return Err(Error::internal("the pages do not end"));
        }
        let url = format!("https://probe.test/list?token={number}");
        let read = match (listed_at(world, url, fault).await, fault) {
            (Ok(read), _) => read,
            (Err(error), "other-error") if pages > 1 => {
                return Err(Error::new(ErrorKind::InvalidArgument, error.message));
            }
            (Err(error), "drops" | "drops-all") if pages > 1 => {
                let images = images(world).await;
                return Ok(dropped(error, images, fault));
            }
            (Err(error), "tells-one") if pages > 1 => {
                let images = images(world).await;
                return Ok(one_gap(error, images, fault));
            }
            (Err(error), "other-gap") if pages > 1 => {
                gaps.push(error.into_gap(DataKind::Images));
                break;
            }
            (Err(error), _) => return Err(error),
        };
        if fault == "wants-rows" && read.types.is_empty() {
            return Err(Error::internal("the page is empty"));
        }
        if fault == "overwrites" {
            rows.clear();
        }
        rows.extend(read.types);
        page = read.next.filter(|_| fault != "one-page");
    }
    if rows.is_empty() && fault == "wants-some" {
        return Err(Error::internal("the list is empty"));
    }
    let arrived = AtomicU32::new(1);
    let details = join_all(rows.iter().map(|row| details(world, &row.name, &arrived))).await;
    let (mut machines, mut prices) = (Vec::new(), Vec::new());
    let mut last = None;
    for (row, details) in rows.iter().zip(details) {
        let (vcpus, at) = match details {
            Err(_) if fault == "swallows" => continue,
            details => details?,
        };
        machines.push(machine(
            &row.name,
            if fault == "races" { at } else { vcpus },
        ));
        let cents = row
            .price
            .or(last.filter(|_| fault == "guesses"))
            .filter(|cents| *cents > 0 || fault == "gives-away");
        last = cents.or(last);
        prices.extend(cents.map(|cents| price(&row.name, cents, fault)));
    }
    if let ("hashes", Some(first)) = (fault, machines.first_mut()) {
        let numbers: HashMap<u32, ()> = (1..50).map(|number| (number, ())).collect();
        first.vcpus = numbers.keys().copied().next().unwrap_or_default();
    }
    let images = images(world).await.map_err(|error| {
        gaps.push(error.into_gap(DataKind::Images));
    });
    Ok(Listing {
        images: images.ok(),
        missing: gaps,
        ..listed(machines, prices, fault)
    })
}

async fn images<W: World>(world: &W) -> Result<Vec<Image>, Error> {
    let request = Request::get("https://probe.test/images");
    let response = request.send(world).await?.ok("the images")?;
    let read: Images = response.json("the images")?;
    let image = |id| Image {
        id,
        ..answer::image()
    };
    Ok(read.images.into_iter().map(image).collect())
}

/// Fetches a page of the list.
async fn listed_at<W: World>(world: &W, url: String, fault: &str) -> Result<Page, Error> {
    let response = Request::get(url).send(world).await?.ok("the list")?;
    #[allow(clippy::expect_used)]
    match fault {
        "crashes" => Ok(serde_json::from_slice(&response.body).expect("a list")),
        _ => response.json("the list"),
    }
}

/// Returns the listing after a failure of one page. It lacks the rows of all other pages, and with `drops-all` also the
/// images, which do not depend on the list.
fn dropped(error: Error, images: Result<Vec<Image>, Error>, fault: &str) -> Listing {
    let mut left = listed(Vec::new(), Vec::new(), fault);
    let mut kinds = vec![DataKind::InstanceTypes, DataKind::Offers, DataKind::Prices];
    left.images = images.ok();
    if fault == "drops-all" {
        left = Listing {
            regions: left.regions,
            ..Listing::default()
        };
        kinds.push(DataKind::Images);
    }
    let gaps = kinds.into_iter();
    left.missing = gaps
        .map(|kind| error.clone().into_gap(kind))
        .collect::<Vec<Gap>>();
    left
}

/// Returns the same with one gap of the whole region, as if that covered all missing kinds.
fn one_gap(error: Error, images: Result<Vec<Image>, Error>, fault: &str) -> Listing {
    let mut left = dropped(error, images, fault);
    left.missing.retain(|gap| gap.kind == DataKind::Offers);
    for gap in &mut left.missing {
        gap.error.scope = Scope::Region(answer::region().name);
    }
    left
}

/// Returns the menus of this provider's listing; `None` for any other listing.
pub fn menus(catalog: &Catalog, dialect: Dialect) -> Option<Result<Vec<File>, Error>> {
    let mut rootless = false;
    let mut faults = catalog.regions.iter().filter_map(|region| {
        let description = region.description.as_deref()?;
        description.strip_prefix(MARK)
    });
    let mut shown = catalog.clone();
    match faults.next()? {
        "no-menus" => return Some(Ok(Vec::new())),
        "first-only" => shown.instance_types.truncate(1),
        "no-root" => rootless = true,
        "merges" => {
            let mut seen = BTreeSet::new();
            let mut new = |name: &str| {
                let symbol = name.to_uppercase();
                seen.insert(symbol.replace(|c: char| !c.is_ascii_alphanumeric(), "_"))
            };
            shown
                .regions
                .retain(|region| new(&format!("region {}", region.name)));
            shown.instance_types.retain(|machine| new(&machine.name));
            let names = |name: &String| shown.instance_types.iter().any(|one| one.name == *name);
            shown.offers.retain(|offer| {
                names(&offer.instance_type)
                    && shown.regions.iter().any(|one| one.name == offer.region)
            });
        }
        _ => {}
    }
    let menus = kconfig::menus("TERRAFORM_PROBE", &shown, dialect);
    Some(menus.map(|mut files| {
        files.retain(|file| !rootless || file.path != "Kconfig");
        files
    }))
}

/// Fetches the vCPUs of a type, and returns them with the position in which the response arrived.
async fn details<W: World>(
    world: &W,
    name: &str,
    arrived: &AtomicU32,
) -> Result<(u32, u32), Error> {
    let url = format!("https://probe.test/type/{name}");
    let response = Request::get(url).send(world).await?.ok("a type")?;
    let read: Details = response.json("a type")?;
    Ok((read.vcpus, arrived.fetch_add(1, Ordering::Relaxed)))
}

fn listed(machines: Vec<InstanceType>, prices: Vec<Price>, fault: &str) -> Listing {
    let region = Region {
        description: Some(format!("{MARK}{fault}")),
        ..answer::region()
    };
    let offers = machines
        .iter()
        .map(|one| Offer::on_demand(&one.name, &region.name));
    Listing {
        regions: Some(vec![region.clone()]),
        offers: Some(offers.collect()),
        instance_types: Some(machines),
        prices: Some(prices),
        ..Listing::default()
    }
}

fn machine(name: &str, vcpus: u32) -> InstanceType {
    InstanceType {
        name: name.to_owned(),
        vcpus,
        ..answer::instance_type()
    }
}

fn price(name: &str, cents: u64, fault: &str) -> Price {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    Price {
        published: now
            .ok()
            .filter(|_| fault == "clock")
            .map(|now| now.as_secs()),
        instance_type: name.to_owned(),
        per_hour: Money {
            nanos: cents.saturating_mul(10_000_000),
            currency: "USD".to_owned(),
        },
        ..answer::price()
    }
}
