//! The requests of a query, and the listing if one of them fails.
//!
//! | request | data |
//! |---|---|
//! | `GET /locations` | regions |
//! | `GET /server_types` | instance types, offers, current capacity |
//! | `GET /pricing` | prices, and their currency |
//! | `GET /images?type=system` | images, each of them in all locations |
//!
//! They are sent concurrently, and only those whose data is wanted.

use cloudhost_sdk::{DataKind, Error, Failures, Listing, Query, World};
use futures::future::{OptionFuture, join4};

use crate::{api, records};

use DataKind::{Capacity, Images, InstanceTypes, Offers, Prices, Regions};

/// Fetches the wanted data.
pub(crate) async fn fetch<W: World>(world: &W, query: &Query) -> Result<Listing, Error> {
    let wants = |kinds: &[DataKind]| kinds.iter().any(|kind| query.wanted.contains(kind));
    let system = [("type", "system"), ("status", "available")];
    let locations: OptionFuture<_> = wants(&[Regions, Images])
        .then(|| api::rows(world, "locations", &[]))
        .into();
    let types: OptionFuture<_> = wants(&[InstanceTypes, Offers, Capacity])
        .then(|| api::rows(world, "server_types", &[]))
        .into();
    let pricing: OptionFuture<_> = wants(&[Prices])
        .then(|| api::single(world, "pricing"))
        .into();
    let images: OptionFuture<_> = wants(&[Images])
        .then(|| api::rows(world, "images", &system))
        .into();
    let (locations, types, pricing, images) = join4(locations, types, pricing, images).await;

    let mut failures = Failures::default();
    let mut listing = Listing::default();
    if let Some(rows) = failures.had(locations, &[Regions, Images]) {
        records::regions(rows, &mut listing);
    }
    if let Some(rows) = failures.had(types, &[InstanceTypes, Offers, Capacity]) {
        records::server_types(rows, &mut listing);
    }
    if let Some(answer) = failures.had(pricing, &[Prices]) {
        records::prices(answer, &mut listing);
    }
    // Without the locations the regions of an image are unknown, which is a gap already.
    if let Some(rows) = failures
        .had(images, &[Images])
        .filter(|_| listing.regions.is_some())
    {
        records::images(rows, &mut listing);
    }
    failures.finish(listing, query)
}

#[cfg(test)]
mod tests;
