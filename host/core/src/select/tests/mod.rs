//! Catalogs to choose from, and the tests.

mod amounts;
mod choices;
mod hardware;
mod joins;
mod places;
mod random;
mod tiers;

use jiff::Timestamp;

use super::{Candidates, Choice, LocationSource, Mode, SelectError, SelectionRequest};
use crate::catalog::{Catalog, Origin, Source};
use crate::contract::cloudhost::provider::types::*;
use crate::contract::exports::cloudhost::provider::catalog::Listing;

/// A catalog that is filled step by step.
#[derive(Clone, Debug, Default)]
struct Made {
    regions: Vec<Region>,
    types: Vec<InstanceType>,
    offers: Vec<Offer>,
    prices: Vec<Price>,
    capacity: Vec<Capacity>,
}

/// Locations of the tests' regions: Seattle, New York, Frankfurt, Sydney, and an unknown one.
const REGIONS: [(&str, Option<(i32, i32)>); 5] = [
    ("west", Some((47_606_000, -122_332_000))),
    ("east", Some((40_713_000, -74_006_000))),
    ("europe", Some((50_110_000, 8_682_000))),
    ("down-under", Some((-33_869_000, 151_209_000))),
    ("hidden", None),
];

fn made() -> Made {
    let region = |(name, place): (&str, Option<(i32, i32)>)| Region {
        place: None,
        country: None,
        name: name.into(),
        description: None,
        zones: vec![],
        location: place.map(|(latitude, longitude)| Location {
            latitude,
            longitude,
        }),
    };
    Made {
        regions: REGIONS.map(region).into(),
        ..Made::default()
    }
}

impl Made {
    /// A type with so many processors of this model, none where the model is empty.
    fn machine(mut self, name: &str, gpu: &str, count: u32) -> Self {
        self.types.push(machine(name, gpu, count));
        self
    }

    /// An offer on demand with its price in thousandths of a dollar; 0 is unknown.
    fn sold(mut self, name: &str, region: &str, price: u64, capacity: Option<bool>) -> Self {
        self.offers.push(Offer {
            interruption: None,
            instance_type: name.into(),
            region: region.into(),
            zones: vec![],
            market: Market::OnDemand,
        });
        if price > 0 {
            self.prices.push(priced(name, region, price));
        }
        if let Some(available) = capacity {
            self.capacity.push(Capacity {
                instance_type: name.into(),
                region: region.into(),
                zone: None,
                market: Market::OnDemand,
                available,
            });
        }
        self
    }

    fn catalog(self) -> Catalog {
        let listing = Listing {
            regions: Some(self.regions),
            instance_types: Some(self.types),
            offers: Some(self.offers),
            images: None,
            prices: Some(self.prices),
            capacity: Some(self.capacity),
            missing: vec![],
        };
        let origin = Origin {
            fetched_at: Timestamp::UNIX_EPOCH,
            source: Source::Bundled("a test".into()),
            account: None,
        };
        Catalog::from_listing(listing, origin).unwrap()
    }
}

fn machine(name: &str, gpu: &str, count: u32) -> InstanceType {
    let gpus = Accelerator {
        kind: AcceleratorKind::Gpu,
        name: gpu.into(),
        manufacturer: None,
        count: Some(count),
        memory_mib: Some(40_960),
    };
    InstanceType {
        name: name.into(),
        family: name.split(['.', '_']).next().unwrap().into(),
        architectures: vec!["x86_64".into()],
        cpu_manufacturer: None,
        vcpus: 8,
        memory_mib: 65_536,
        accelerators: if gpu.is_empty() { vec![] } else { vec![gpus] },
        disks: vec![],
        network: None,
        bare_metal: false,
        burstable: false,
        network_mbps: None,
        attributes: Vec::new(),
        free_tier: false,
        current_generation: true,
        markets: vec![],
    }
}

fn priced(name: &str, region: &str, thousandths: u64) -> Price {
    Price {
        instance_type: name.into(),
        region: region.into(),
        zone: None,
        market: Market::OnDemand,
        per_hour: dollars(thousandths),
        source: "prices.example/list".into(),
        published: None,
    }
}

fn dollars(thousandths: u64) -> Money {
    Money {
        nanos: thousandths * 1_000_000,
        currency: "USD".into(),
    }
}

fn seattle() -> super::Location {
    super::Location::parse("47.6,-122.3", LocationSource::Given).unwrap()
}

fn mode(mode: Mode) -> SelectionRequest {
    SelectionRequest {
        mode,
        ..SelectionRequest::default()
    }
}

/// Asks, and names what was chosen: `type region`.
fn chosen(made: Made, ask: &SelectionRequest) -> Result<String, SelectError> {
    let catalog = made.catalog();
    let from = seattle();
    let candidates = Candidates::new(&catalog, true, Some(&from));
    candidates.choose(ask).map(|choice| named(&choice))
}

fn named(choice: &Choice) -> String {
    format!(
        "{} {}",
        choice.candidate.instance_type.name, choice.candidate.region
    )
}
