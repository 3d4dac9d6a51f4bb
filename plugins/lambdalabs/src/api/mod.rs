//! Fetches a catalog from Lambda Cloud.
//!
//! | request | data |
//! |---|---|
//! | `GET /instance-types` | instance types, prices, and current capacity; that it is unknown where a type is sold |
//! | `GET /regions` | all regions, including those without capacity |
//! | `GET /images` | images, by region |
//!
//! A request is sent only if one of its kinds is wanted. Formats: the published OpenAPI description of the Lambda
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
pub(crate) use ask::{ask, ask_dated, change};

/// Base URL of all requests.
const API: &str = "https://cloud.lambda.ai/api/v1";

/// Source of prices.
const PRICE_SOURCE: &str = "cloud.lambda.ai/api/v1/instance-types";

/// Parses the data of a response of `GET /instance-types`, for the built-in regions.
pub(crate) fn read_types(data: serde_json::Value) -> serde_json::Result<Listing> {
    let answer: types::Answer = serde_json::from_value(data)?;
    let places = known(Some(&answer), None, None);
    Ok(types::listing(answer, &places))
}

/// Kinds of data in the response of `GET /instance-types`.
pub(crate) const IN_ONE_REQUEST: [DataKind; 4] = [
    DataKind::InstanceTypes,
    DataKind::Offers,
    DataKind::Prices,
    DataKind::Capacity,
];

/// A region in a response.
#[derive(Debug, Deserialize)]
struct Place {
    name: String,
    description: Option<String>,
}

/// Fetches the wanted data.
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
    let listed = regions.iter().flatten();
    let listed = listed.map(|one| (DataKind::Regions, one));
    let free = types.iter().flat_map(types::regions);
    let free = free.map(|one| (DataKind::Capacity, one));
    let odd_names = listed.chain(free).filter(|(_, one)| !is_value(&one.name));
    let odd_names: Vec<Gap> = odd_names
        .map(|(kind, one)| {
            let message = format!("invalid region name: {}", excerpt(one.name.as_bytes()));
            odd(kind, message)
        })
        .collect();
    let mut listing = match types {
        Some(answer) => types::listing(answer, &places),
        None => Listing::default(),
    };
    listing.missing.extend(odd_names);
    listing.regions = regions.map(|_| places.into_values().collect());
    listing.images = images.map(|rows| images::newest(rows, &mut listing.missing));
    failures.finish(listing, query)
}

/// Returns the regions to make prices and capacity for: those of `GET /regions`, or else the built-in ones, and each
/// that another response names.
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

/// Makes one request that succeeds only with a valid key. The API does not identify the owner of a key.
pub(crate) async fn whoami<W: World>(world: &W) -> Result<Account, Error> {
    ask::<Vec<Place>>(world, "regions").await?;
    Ok(Account {
        id: None,
        principal: None,
    })
}

/// Creates the gap for an invalid item in an otherwise good response.
fn odd(kind: DataKind, message: String) -> Gap {
    Error::unusable(message).into_gap(kind)
}

#[cfg(test)]
mod tests;
