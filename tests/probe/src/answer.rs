//! A consistent listing with one record of each kind.

use cloudhost_sdk::{
    Bundle, Capacity, DataKind, Error, ErrorKind, Gap, Image, InstanceType, Listing, Market, Money,
    Offer, Price, Region,
};

/// Fetch time of the bundle: 2026-02-02T02:40:00Z.
const BUNDLED: u64 = 1_770_000_000;

/// Returns exactly the wanted kinds, and a gap of the kind that `gap` names.
pub fn answer(wanted: &[DataKind], gap: &str) -> Result<Listing, Error> {
    let mut listing = Listing::default();
    for kind in wanted {
        match kind {
            DataKind::Regions => listing.regions = Some(vec![region()]),
            DataKind::InstanceTypes => listing.instance_types = Some(vec![instance_type()]),
            DataKind::Offers => listing.offers = Some(vec![Offer::on_demand("small", "here")]),
            DataKind::Images => listing.images = Some(vec![image()]),
            DataKind::Prices => listing.prices = Some(vec![price()]),
            DataKind::Capacity => listing.capacity = Some(vec![capacity()]),
        }
    }
    let kind = match gap {
        "" => return Ok(listing),
        "images" => DataKind::Images,
        "offers" => DataKind::Offers,
        other => {
            let message = format!("the probe knows no gap of {other:?}");
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        }
    };
    let error = Error::new(ErrorKind::PermissionDenied, "the probe was told to lack it");
    listing.missing = vec![Gap { kind, error }];
    Ok(listing)
}

/// Returns a region and its offer: less than menus show, and no capacity.
pub fn bundle() -> Bundle {
    Bundle {
        listing: Listing {
            regions: Some(vec![region()]),
            offers: Some(vec![Offer::on_demand("small", "here")]),
            ..Listing::default()
        },
        fetched_at: BUNDLED,
        source: "the probe itself".to_owned(),
    }
}

pub fn region() -> Region {
    Region {
        place: None,
        country: None,
        name: "here".to_owned(),
        description: None,
        zones: Vec::new(),
        location: None,
    }
}

pub fn instance_type() -> InstanceType {
    InstanceType {
        name: "small".to_owned(),
        family: "small".to_owned(),
        architectures: vec!["x86_64".to_owned()],
        cpu_manufacturer: None,
        vcpus: 1,
        memory_mib: 1_024,
        accelerators: Vec::new(),
        disks: Vec::new(),
        network: None,
        bare_metal: false,
        burstable: false,
        network_mbps: None,
        attributes: Vec::new(),
        free_tier: false,
        current_generation: true,
        markets: vec![Market::OnDemand],
    }
}

pub fn image() -> Image {
    Image {
        disk_gib: None,
        attributes: Vec::new(),
        id: "image-1".to_owned(),
        name: "debian-13".to_owned(),
        owner: "probe".to_owned(),
        distribution: "debian".to_owned(),
        release: "13".to_owned(),
        architecture: "x86_64".to_owned(),
        name_glob: "debian-13*".to_owned(),
        region: Some("here".to_owned()),
        created: None,
        gpu: false,
    }
}

pub fn price() -> Price {
    Price {
        instance_type: "small".to_owned(),
        region: "here".to_owned(),
        zone: None,
        market: Market::OnDemand,
        per_hour: Money {
            nanos: 20_000_000,
            currency: "USD".to_owned(),
        },
        source: "probe".to_owned(),
        published: None,
    }
}

fn capacity() -> Capacity {
    Capacity {
        instance_type: "small".to_owned(),
        region: "here".to_owned(),
        zone: None,
        market: Market::OnDemand,
        available: true,
    }
}
