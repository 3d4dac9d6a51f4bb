//! Fetches a catalog from EC2, in three waves of concurrent requests:
//!
//! 1. the regions of the account, and the images of every publisher;
//! 2. for each region its zones, and the instance types that it offers;
//! 3. the instance types that each zone offers, and the details of every type, in slices of a hundred names, each
//!    from a region that offers them.
//!
//! A region with a failed request is omitted, with a gap in each kind that loses data by that; the rest stays. Requests
//! and formats: EC2 API reference, version 2016-11-15.

mod api;
mod distributions;
mod images;
mod name_pattern;
mod offerings;
mod regions;
mod slices;
mod types;

pub(crate) use api::{Api, endpoint};
pub(crate) use distributions::{DISTRIBUTIONS, Distribution};

use cloudhost_sdk::{
    DataKind, Error, ErrorKind, Gap, InstanceType, Listing, Scope, World, Zone, join_all,
    most_telling,
};
use futures::future::{OptionFuture, join};

use offerings::{Names, Offered};
use regions::Place;

/// Returns true for the kinds of data that come from EC2.
pub(crate) fn tells(kind: DataKind) -> bool {
    use DataKind::{Images, InstanceTypes, Offers, Regions};
    matches!(kind, Regions | InstanceTypes | Offers | Images)
}

/// Fetches the wanted data of EC2, with `home` as the first region.
pub(crate) async fn fetch<W: World>(
    world: &W,
    home: &str,
    kinds: &[DataKind],
) -> Result<Listing, Error> {
    let api = Api::new(world, home.to_owned());
    let wants = |kind| kinds.contains(&kind);
    let wanted = Wanted {
        regions: wants(DataKind::Regions),
        types: wants(DataKind::InstanceTypes),
        offers: wants(DataKind::Offers),
    };
    let places: OptionFuture<_> = wanted.any().then(|| places(&api, wanted, kinds)).into();
    let images: OptionFuture<_> = wants(DataKind::Images).then(|| images::fetch(&api)).into();
    let (places, images) = join(places, images).await;

    let mut listing = places.transpose()?.unwrap_or_default();
    if let Some((images, gaps)) = images {
        let failed = gaps.len() == DISTRIBUTIONS.len();
        if failed && !wanted.any() {
            return Err(worst(gaps.into_iter().map(|gap| gap.error)));
        }
        listing.images = (!failed).then_some(images);
        listing.missing.extend(gaps);
    }
    Ok(listing)
}

#[derive(Clone, Copy)]
struct Wanted {
    regions: bool,
    types: bool,
    offers: bool,
}

impl Wanted {
    fn any(self) -> bool {
        self.regions || self.types || self.offers
    }
}

/// Fetches regions, offers and instance types: all data that depends on the list of regions.
async fn places<W: World>(
    api: &Api<'_, W>,
    wanted: Wanted,
    kinds: &[DataKind],
) -> Result<Listing, Error> {
    let listed = api.regions().await?;
    let names = Names::default();

    let zoned = listed.iter().filter(|_| wanted.regions || wanted.offers);
    let zones = join_all(zoned.map(async |region| {
        let zones = api.zones(region).await?;
        let offered: OptionFuture<_> = wanted
            .offers
            .then(|| api.offered_in_zones(region, &zones, &names))
            .into();
        let offered = offered.await;
        Ok((zones, offered))
    }));
    let types = async {
        let needed = listed.iter().filter(|_| wanted.offers || wanted.types);
        let offered = join_all(needed.map(|region| api.offered_in_region(region, &names))).await;
        let types: OptionFuture<_> = wanted
            .types
            .then(|| slices::fetch(api, &listed, &offered, &names))
            .into();
        let types = types.await;
        (offered, types)
    };
    let (zones, (offered, types)) = join(zones, types).await;

    let mut missing = Vec::new();
    let denied = slices::all_denied(&offered);
    // The host drops all data of a region that is not in the list of regions. Images are those of the home region.
    let lost = |region: &str, types_known: bool| {
        let lost = move |kind: &DataKind| match kind {
            DataKind::Regions | DataKind::Offers => true,
            DataKind::InstanceTypes => !types_known,
            DataKind::Prices => wanted.regions,
            DataKind::Images => wanted.regions && region == api.home,
            DataKind::Capacity => false,
        };
        kinds
            .iter()
            .copied()
            .filter(lost)
            .collect::<Vec<DataKind>>()
    };
    let places = gather(&listed, zones, offered, denied, lost, &mut missing)?;
    let types = types.transpose()?.map(|(types, gaps)| {
        missing.extend(gaps);
        types
    });
    Ok(Listing {
        regions: wanted
            .regions
            .then(|| places.iter().map(Place::region).collect()),
        offers: (wanted.offers && !denied).then(|| {
            let place = |place| offerings::offers(place, &names);
            places.iter().flat_map(place).collect()
        }),
        instance_types: types,
        missing,
        ..Listing::default()
    })
}

/// Merges the responses of each region. A region is included if its zones and its offers were fetched; otherwise it is
/// omitted, with a gap in each kind that loses data, so that no menu shows a region without data. No region at all is
/// an error.
fn gather(
    listed: &[String],
    zones: Vec<Result<Zoned, Error>>,
    offered: Vec<Result<Offered, Error>>,
    denied: bool,
    lost: impl Fn(&str, bool) -> Vec<DataKind>,
    missing: &mut Vec<Gap>,
) -> Result<Vec<Place>, Error> {
    let mut places = Vec::new();
    let mut failed = Vec::new();
    let mut zones = zones.into_iter();
    let mut offered = offered.into_iter();
    for name in listed {
        let here = |error: Error| error.in_scope(Scope::Region(name.clone()));
        let zones = zones.next().transpose();
        let types = match offered.next().transpose() {
            Err(_) if denied => Ok(None),
            other => other,
        };
        match (zones, types) {
            (Ok(zoned), Ok(types)) => {
                let (zones, in_zones) = zoned.unzip();
                let in_zones = in_zones.flatten().transpose().unwrap_or_else(|error| {
                    let error = error.context("the zones of the offers are unknown");
                    missing.push(here(error).into_gap(DataKind::Offers));
                    None
                });
                places.push(Place {
                    name: name.clone(),
                    zones,
                    offered: types.unwrap_or_default(),
                    in_zones,
                });
            }
            (zones, types) => {
                let kinds = lost(name, types.is_ok());
                let told = most_telling(zones.err().into_iter().chain(types.err()));
                let gap = |error: &Error, kind| here(error.clone()).into_gap(kind);
                failed.extend(
                    told.iter()
                        .flat_map(|error| kinds.iter().map(move |kind| gap(error, *kind))),
                );
            }
        }
    }
    if places.is_empty() && !failed.is_empty() {
        return Err(worst(failed.into_iter().map(|gap| gap.error)));
    }
    missing.append(&mut failed);
    if denied {
        let error = Error::new(
            ErrorKind::PermissionDenied,
            "DescribeInstanceTypeOfferings is not allowed in any region: the regions that offer a type are unknown",
        );
        missing.push(error.in_scope(Scope::Provider).into_gap(DataKind::Offers));
    }
    Ok(places)
}

/// Selects the most telling error of requests that all failed, with the whole provider as its scope.
fn worst(errors: impl IntoIterator<Item = Error>) -> Error {
    let told = most_telling(errors).unwrap_or_else(|| Error::internal("no request was sent"));
    told.in_scope(Scope::Provider)
}

/// The zones of a region, and the types that they offer, if requested.
type Zoned = (Vec<Zone>, Option<Result<Offered, Error>>);

/// Instance types, and the gaps among them.
type Types = (Vec<InstanceType>, Vec<Gap>);

#[cfg(test)]
mod tests;
