//! Conversion of responses to records. Each row is parsed separately: an invalid one leaves a gap, and does not affect
//! the others.

use cloudhost_sdk::{
    Capacity, DataKind, Disk, DiskKind, Error, Gap, Image, InstanceType, Listing, Location, Market,
    Money, Offer, Price, Region, excerpt, timestamp,
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

/// Source of prices.
const PRICE_SOURCE: &str = "api.hetzner.cloud/v1/pricing";

/// A row of `GET /locations`.
#[derive(Deserialize)]
struct Place {
    name: String,
    country: String,
    city: String,
    latitude: f64,
    longitude: f64,
}

/// A row of `GET /server_types`.
#[derive(Deserialize)]
struct ServerType {
    name: String,
    /// This and the next two are documented as numbers, not as integers: half a GB of memory occurs.
    cores: f64,
    /// In GB of 2^30 bytes.
    memory: f64,
    /// In GB.
    disk: f64,
    /// `local` or `network`.
    storage_type: String,
    /// `x86` or `arm`.
    architecture: String,
    /// All locations that sell it.
    locations: Vec<Sold>,
}

#[derive(Deserialize)]
struct Sold {
    name: String,
    /// `null` if the type is not being withdrawn.
    deprecation: Option<Value>,
    available: bool,
}

/// The response of `GET /pricing`.
#[derive(Deserialize)]
pub(crate) struct Pricing {
    pricing: Lists,
}

#[derive(Deserialize)]
struct Lists {
    currency: String,
    server_types: Vec<Value>,
}

#[derive(Deserialize)]
struct Priced {
    name: String,
    prices: Vec<PriceAt>,
}

#[derive(Deserialize)]
struct PriceAt {
    location: String,
    price_hourly: Amount,
}

/// An amount as decimal text. The API's `gross`, with a tax that depends on the customer, is not used.
#[derive(Deserialize)]
struct Amount {
    net: String,
}

/// A row of `GET /images`.
#[derive(Deserialize)]
struct System {
    id: u64,
    name: String,
    os_flavor: String,
    os_version: String,
    architecture: String,
    created: Option<String>,
    /// This, or the next field in newer responses, is set on an image that is being withdrawn.
    deprecated: Option<Value>,
    deprecation: Option<Value>,
}

/// Converts Hetzner's locations to regions.
pub(crate) fn regions(rows: Vec<Value>, listing: &mut Listing) {
    let places = read::<Place>(rows, DataKind::Regions, &mut listing.missing);
    let region = |place: Place| Region {
        place: None,
        country: None,
        location: location(&place),
        description: Some(format!("{}, {}", place.city, place.country)),
        name: place.name,
        zones: Vec::new(),
    };
    listing.regions = Some(places.into_iter().map(region).collect());
}

/// Converts server types to instance types, offers and capacity.
pub(crate) fn server_types(rows: Vec<Value>, listing: &mut Listing) {
    let mut types = Vec::new();
    let mut offers = Vec::new();
    let mut capacity = Vec::new();
    for row in read::<ServerType>(rows, DataKind::InstanceTypes, &mut listing.missing) {
        let Some(machine) = instance_type(&row) else {
            let what = format!("invalid size of {}", shown(&row.name));
            listing.missing.push(odd(DataKind::InstanceTypes, what));
            continue;
        };
        types.push(machine);
        for at in row.locations {
            offers.push(Offer::on_demand(&row.name, &at.name));
            capacity.push(Capacity {
                instance_type: row.name.clone(),
                region: at.name,
                zone: None,
                market: Market::OnDemand,
                available: at.available,
            });
        }
    }
    listing.instance_types = Some(types);
    listing.offers = Some(offers);
    listing.capacity = Some(capacity);
}

/// Converts prices without tax. A price that is not decimal text above 0 is reported as a gap, and never 0.
pub(crate) fn prices(answer: Pricing, listing: &mut Listing) {
    let Lists {
        currency,
        server_types,
    } = answer.pricing;
    let mut prices = Vec::new();
    for row in read::<Priced>(server_types, DataKind::Prices, &mut listing.missing) {
        for at in row.prices {
            let Some(per_hour) = Money::from_decimal(&at.price_hourly.net, &currency) else {
                let (name, net) = (shown(&row.name), shown(&at.price_hourly.net));
                let what = format!("the price of {name} in {} is {net}", shown(&at.location));
                listing.missing.push(odd(DataKind::Prices, what));
                continue;
            };
            prices.push(Price {
                instance_type: row.name.clone(),
                region: at.location,
                zone: None,
                market: Market::OnDemand,
                per_hour,
                source: PRICE_SOURCE.to_owned(),
                published: None,
            });
        }
    }
    listing.prices = Some(prices);
}

/// Converts Hetzner's own images: one of each release and architecture, in every location.
pub(crate) fn images(rows: Vec<Value>, listing: &mut Listing) {
    let rows = read::<System>(rows, DataKind::Images, &mut listing.missing);
    let kept: Vec<System> = rows
        .into_iter()
        .filter(|row| row.deprecated.is_none() && row.deprecation.is_none())
        .collect();
    let regions = listing.regions.iter().flatten();
    let images = regions.flat_map(|region| kept.iter().map(|row| image(row, &region.name)));
    listing.images = Some(images.collect());
}

fn image(row: &System, region: &str) -> Image {
    Image {
        disk_gib: None,
        attributes: Vec::new(),
        id: row.id.to_string(),
        name: row.name.clone(),
        owner: "hetzner".to_owned(),
        distribution: row.os_flavor.clone(),
        release: row.os_version.clone(),
        architecture: architecture(&row.architecture),
        // A newer build has the same name.
        name_glob: row.name.clone(),
        region: Some(region.to_owned()),
        created: row.created.as_deref().and_then(timestamp),
        gpu: false,
    }
}

fn instance_type(row: &ServerType) -> Option<InstanceType> {
    let local = row.storage_type == "local";
    let disk = Disk {
        count: 1,
        size_gb: whole(row.disk)?,
        kind: DiskKind::Unknown,
    };
    Some(InstanceType {
        name: row.name.clone(),
        family: family(&row.name).to_owned(),
        architectures: vec![architecture(&row.architecture)],
        cpu_manufacturer: None,
        vcpus: whole(row.cores)?.try_into().ok()?,
        memory_mib: whole(row.memory * 1024.0)?,
        // The API describes none.
        accelerators: Vec::new(),
        disks: if local { vec![disk] } else { Vec::new() },
        network: None,
        bare_metal: false,
        burstable: false,
        network_mbps: None,
        attributes: Vec::new(),
        free_tier: false,
        current_generation: row.locations.iter().any(|at| at.deprecation.is_none()),
        markets: vec![Market::OnDemand],
    })
}

/// Strips the number at the end of a name: `cpx` of `cpx22`.
fn family(name: &str) -> &str {
    let letters = name.trim_end_matches(|c: char| c.is_ascii_digit());
    if letters.is_empty() { name } else { letters }
}

/// Maps an architecture to the contract's name.
fn architecture(name: &str) -> String {
    match name {
        "x86" => "x86_64",
        "arm" => "arm64",
        other => other,
    }
    .to_owned()
}

/// Converts a number to an integer above 0.
fn whole(number: f64) -> Option<u64> {
    ((1.0..1e15).contains(&number) && number.fract() == 0.0).then_some(number as u64)
}

fn location(place: &Place) -> Option<Location> {
    let millionths = |degrees: f64| (degrees * 1e6).round() as i32;
    let known = place.latitude.abs() <= 90.0 && place.longitude.abs() <= 180.0;
    known.then(|| Location {
        latitude: millionths(place.latitude),
        longitude: millionths(place.longitude),
    })
}

/// Parses the rows; each one that is not as documented leaves a gap.
fn read<T: DeserializeOwned>(rows: Vec<Value>, kind: DataKind, missing: &mut Vec<Gap>) -> Vec<T> {
    let mut out = Vec::new();
    for row in rows {
        let name = row.get("name").and_then(Value::as_str);
        let name = shown(name.unwrap_or("a row without a name"));
        match serde_json::from_value(row) {
            Ok(row) => out.push(row),
            Err(error) => {
                let why = shown(&error.to_string());
                missing.push(odd(kind, format!("{name} is not as documented: {why}")));
            }
        }
    }
    out
}

/// Creates the gap for an invalid item in an otherwise good response.
fn odd(kind: DataKind, message: String) -> Gap {
    Error::unusable(message).into_gap(kind)
}

/// Makes text from the cloud safe to show.
fn shown(text: &str) -> String {
    excerpt(text.as_bytes())
}
