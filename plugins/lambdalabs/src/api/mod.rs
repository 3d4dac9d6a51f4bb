//! Asks Lambda Cloud for a catalog.
//!
//! | request | what it answers |
//! |---|---|
//! | `GET /instance-types` | machine types, offers, prices, and what has capacity now |
//! | `GET /regions` | all regions, also those without capacity |
//! | `GET /images` | images, by region |
//!
//! A request goes out only where one of its kinds is wanted. Formats: the published OpenAPI description of the Lambda
//! Cloud API, version 1.10.0.

mod ask;
mod gpu;
mod images;
mod types;

use std::collections::BTreeMap;

use cloudhost_sdk::{
    Account, DataKind, Error, Failures, Gap, Listing, Query, Region, World, excerpt, is_value,
};
use futures::future::{OptionFuture, join3};
use serde::Deserialize;

use crate::places;
use ask::ask;

/// Host and path below which everything is asked.
const API: &str = "https://cloud.lambda.ai/api/v1";

/// What prices name as their source.
const PRICE_SOURCE: &str = "cloud.lambda.ai/api/v1/instance-types";

/// The data of an answer of `GET /instance-types`, for the regions that are known without asking.
pub(crate) fn read_types(data: serde_json::Value) -> serde_json::Result<Listing> {
    let answer: types::Answer = serde_json::from_value(data)?;
    let places = known(Some(&answer), None, None);
    Ok(types::listing(answer, &places))
}

/// The kinds that `GET /instance-types` answers.
pub(crate) const IN_ONE_REQUEST: [DataKind; 4] = [
    DataKind::InstanceTypes,
    DataKind::Offers,
    DataKind::Prices,
    DataKind::Capacity,
];

/// A region in an answer.
#[derive(Debug, Deserialize)]
struct Place {
    name: String,
    description: Option<String>,
}

/// Fetches what is wanted.
pub(crate) async fn fetch<W: World>(world: &W, query: &Query) -> Result<Listing, Error> {
    let wants = |kind| query.wanted.contains(&kind);
    let types: OptionFuture<_> = IN_ONE_REQUEST
        .into_iter()
        .any(wants)
        .then(|| ask::<types::Answer>(world, "instance-types"))
        .into();
    let regions: OptionFuture<_> = wants(DataKind::Regions)
        .then(|| ask::<Vec<Place>>(world, "regions"))
        .into();
    let images: OptionFuture<_> = wants(DataKind::Images)
        .then(|| ask::<Vec<images::Row>>(world, "images"))
        .into();
    let (types, regions, images) = join3(types, regions, images).await;

    let mut failures = Failures::default();
    let types = failures.had(types, &IN_ONE_REQUEST);
    let regions = failures.had(regions, &[DataKind::Regions]);
    let images = failures.had(images, &[DataKind::Images]);
    let places = known(types.as_ref(), regions.as_deref(), images.as_deref());
    let mut listing = match types {
        Some(answer) => types::listing(answer, &places),
        None => Listing::default(),
    };
    for place in regions.iter().flatten().filter(|one| !is_value(&one.name)) {
        let message = format!(
            "a region has no usable name: {}",
            excerpt(place.name.as_bytes())
        );
        listing.missing.push(odd(DataKind::Regions, message));
    }
    listing.regions = regions.map(|_| places.into_values().collect());
    listing.images = images.map(|rows| images::newest(rows, &mut listing.missing));
    failures.finish(listing, query)
}

/// The regions that offers are made for: those that `GET /regions` told, or else those that are known without asking,
/// and each that another answer names.
fn known(
    types: Option<&types::Answer>,
    regions: Option<&[Place]>,
    images: Option<&[images::Row]>,
) -> BTreeMap<String, Region> {
    let mut out: BTreeMap<String, Region> = BTreeMap::new();
    if regions.is_none() {
        out.extend(places::all().map(|region| (region.name.clone(), region)));
    }
    let named = regions.unwrap_or_default().iter();
    let named = named.chain(types.into_iter().flat_map(types::regions));
    let named = named.chain(images.unwrap_or_default().iter().map(|row| &row.region));
    for place in named.filter(|place| is_value(&place.name)) {
        let told = || places::region(&place.name, place.description.as_deref());
        out.entry(place.name.clone()).or_insert_with(told);
    }
    out
}

/// Makes one request that succeeds only with a good key. The API does not say whose the key is.
pub(crate) async fn whoami<W: World>(world: &W) -> Result<Account, Error> {
    ask::<Vec<Place>>(world, "regions").await?;
    Ok(Account {
        id: None,
        principal: None,
    })
}

/// An error about one thing in an answer that is otherwise good.
fn odd(kind: DataKind, message: String) -> Gap {
    Error::unusable(message).into_gap(kind)
}

#[cfg(test)]
mod tests;
