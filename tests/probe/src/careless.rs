//! A provider of a small cloud that does one thing wrong, which the setting `fault` names: what a suite for providers
//! has to notice.
//!
//! `GET /list?page=N` answers `{"types": [{"name": .., "price": cents}], "next": N or null}`, and `GET /type/NAME`
//! `{"vcpus": ..}`.

use crate::answer;
use cloudhost_sdk::http::Request;
use cloudhost_sdk::{Error, InstanceType, Listing, Money, Offer, PAGE_CAP, Price, World, join_all};
use serde::Deserialize;
use std::sync::atomic::{AtomicU32, Ordering};

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
struct Details {
    vcpus: u32,
}

/// The listing of the small cloud.
pub async fn fetch<W: World>(world: &W, fault: &str) -> Result<Listing, Error> {
    match listing(world, fault).await {
        Err(_) if fault == "invents" => Ok(listed(vec![machine("invented", 1)], Vec::new())),
        Err(error) if fault == "one-kind" => Err(Error::internal(error.message)),
        answer => answer,
    }
}

async fn listing<W: World>(world: &W, fault: &str) -> Result<Listing, Error> {
    let (mut rows, mut page, mut pages) = (Vec::new(), Some(1), 0);
    while let Some(number) = page {
        pages += 1;
        if pages > PAGE_CAP && fault != "asks-forever" {
            return Err(Error::internal("the pages do not end"));
        }
        let url = format!("https://probe.test/list?page={number}");
        let answer = Request::get(url).send(world).await?.ok("the list")?;
        #[allow(clippy::expect_used)]
        let read: Page = match fault {
            "crashes" => serde_json::from_slice(&answer.body).expect("a list"),
            _ => answer.json("the list")?,
        };
        rows.extend(read.types);
        page = read.next.filter(|_| fault != "one-page");
    }
    if rows.is_empty() && fault == "wants-some" {
        return Err(Error::internal("the list is empty"));
    }
    let arrived = AtomicU32::new(1);
    let details = join_all(rows.iter().map(|row| details(world, &row.name, &arrived))).await;
    let (mut machines, mut prices) = (Vec::new(), Vec::new());
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
            .filter(|cents| *cents > 0 || fault == "gives-away");
        prices.extend(cents.map(|cents| price(&row.name, cents)));
    }
    Ok(listed(machines, prices))
}

/// What the cloud says of a type, and as which of all it arrived.
async fn details<W: World>(
    world: &W,
    name: &str,
    arrived: &AtomicU32,
) -> Result<(u32, u32), Error> {
    let url = format!("https://probe.test/type/{name}");
    let answer = Request::get(url).send(world).await?.ok("a type")?;
    let read: Details = answer.json("a type")?;
    Ok((read.vcpus, arrived.fetch_add(1, Ordering::Relaxed)))
}

fn listed(machines: Vec<InstanceType>, prices: Vec<Price>) -> Listing {
    let offers = machines
        .iter()
        .map(|one| Offer::on_demand(&one.name, answer::region().name));
    Listing {
        regions: Some(vec![answer::region()]),
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

fn price(name: &str, cents: u64) -> Price {
    Price {
        instance_type: name.to_owned(),
        per_hour: Money {
            nanos: cents.saturating_mul(10_000_000),
            currency: "USD".to_owned(),
        },
        ..answer::price()
    }
}
