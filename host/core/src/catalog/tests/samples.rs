//! Catalogs for tests.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;

use crate::SealKey;
use crate::catalog::{
    Catalog, CatalogError, CatalogLock, KINDS, MadeBy, NewCatalog, Origin, Scope, Source, Store,
};
use crate::contract::cloudhost::provider::types::*;
use crate::contract::exports::cloudhost::provider::catalog::Listing;

/// The time of all samples.
pub const TIME: &str = "2026-03-01T12:00:00Z";

pub fn time() -> Timestamp {
    TIME.parse().unwrap()
}

/// A store in a directory of its own, which lives as long as the first value.
pub fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).unwrap();
    (folder, store)
}

/// Opens the store in a directory, with the secret beside it.
pub fn open(folder: &Path) -> Result<Store, CatalogError> {
    let seal = SealKey::own(folder.join("secret"));
    Store::open(&folder.join("catalog"), &seal)
}

pub fn scope() -> crate::catalog::Scope {
    Scope::new(
        "aws",
        &["AKIA", "https://ec2.example"],
        "account 123456789012",
    )
    .unwrap()
}

/// The directory of a scope.
pub fn folder(root: &tempfile::TempDir) -> std::path::PathBuf {
    root.path().join("catalog").join("aws").join(scope().key())
}

pub fn origin(at: Timestamp) -> Origin {
    Origin {
        fetched_at: at,
        source: Source::Live("ec2.us-east-1.amazonaws.com".into()),
        account: Some("1234".into()),
    }
}

pub fn fetched(listing: Listing) -> NewCatalog {
    let made_by = MadeBy {
        plugin: "aws".into(),
        version: "0.1.0".into(),
        digest: "ab".repeat(32),
        contract: "0.1.0".into(),
        signer: None,
    };
    NewCatalog {
        listing,
        origin: origin(time()),
        freshness: Vec::new(),
        menus: KINDS.to_vec(),
        made_by,
    }
}

/// Runs a future of the store.
pub fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap()
        .block_on(future)
}

pub fn lock(store: &Store) -> CatalogLock {
    wait(store.lock(&scope(), Duration::from_secs(10))).unwrap()
}

pub fn save(store: &Store, listing: Listing) -> Catalog {
    lock(store).save(fetched(listing)).unwrap()
}

pub fn region(name: &str, zones: &[&str]) -> Region {
    let zone = |letter: &&str| Zone {
        name: format!("{name}{letter}"),
        id: None,
    };
    Region {
        place: None,
        country: None,
        name: name.into(),
        description: Some(format!("Place {name}")),
        zones: zones.iter().map(zone).collect(),
        location: None,
    }
}

pub fn machine(name: &str, vcpus: u32) -> InstanceType {
    InstanceType {
        name: name.into(),
        family: name.split('.').next().unwrap().into(),
        architectures: vec!["x86_64".into()],
        cpu_manufacturer: Some("Intel".into()),
        vcpus,
        memory_mib: u64::from(vcpus) * 4096,
        accelerators: Vec::new(),
        disks: Vec::new(),
        network: Some("Up to 10 Gigabit".into()),
        bare_metal: false,
        burstable: false,
        network_mbps: None,
        attributes: Vec::new(),
        free_tier: false,
        current_generation: true,
        markets: vec![Market::OnDemand, Market::Spot],
    }
}

pub fn accelerator(kind: AcceleratorKind, name: &str) -> Accelerator {
    let manufacturer = Some("NVIDIA".into());
    Accelerator {
        kind,
        name: name.into(),
        manufacturer,
        count: Some(8),
        memory_mib: Some(81_920),
    }
}

pub fn offer(kind: &str, region: &str) -> Offer {
    Offer {
        interruption: None,
        instance_type: kind.into(),
        region: region.into(),
        zones: vec![format!("{region}a"), format!("{region}b")],
        market: Market::OnDemand,
    }
}

/// An on-demand price of `nanos` billionths of a dollar.
pub fn price(kind: &str, region: &str, zone: Option<&str>, nanos: u64) -> Price {
    Price {
        instance_type: kind.into(),
        region: region.into(),
        zone: zone.map(str::to_owned),
        market: Market::OnDemand,
        per_hour: Money {
            nanos,
            currency: "USD".into(),
        },
        source: "pricing.us-east-1.amazonaws.com/offers".into(),
        published: None,
    }
}

/// On-demand capacity: available or not.
pub fn capacity(kind: &str, region: &str, zone: Option<&str>, available: bool) -> Capacity {
    Capacity {
        instance_type: kind.into(),
        region: region.into(),
        zone: zone.map(str::to_owned),
        market: Market::OnDemand,
        available,
    }
}

pub fn image(id: &str, architecture: &str) -> Image {
    Image {
        disk_gib: None,
        attributes: Vec::new(),
        id: id.into(),
        name: format!("debian-13-{architecture}-20260101-1"),
        owner: "136693071363".into(),
        distribution: "debian".into(),
        release: "13".into(),
        architecture: architecture.into(),
        name_glob: format!("debian-13-{architecture}-*"),
        region: Some("us-east-1".into()),
        created: Some(1_767_225_600),
        gpu: false,
    }
}

pub fn gap(kind: DataKind, scope: crate::contract::cloudhost::provider::types::Scope) -> Gap {
    let error = Error {
        advice: None,
        kind: ErrorKind::PermissionDenied,
        scope,
        code: Some("UnauthorizedOperation".into()),
        message: "You are not authorized".into(),
        request_id: Some("7b1f".into()),
        retry_after_ms: Some(1_000),
    };
    Gap { kind, error }
}

/// Two regions, four types, their offers, two images, three prices, and the capacity of two offers; every kind of
/// difference once. The first region has a location, and one price and one capacity hold for a zone.
pub fn small() -> Listing {
    let mut gpu = machine("p5.48xlarge", 192);
    gpu.accelerators = vec![accelerator(AcceleratorKind::Gpu, "H100")];
    gpu.disks = vec![Disk {
        count: 8,
        size_gb: 3_800,
        kind: DiskKind::Ssd,
    }];
    let mut arm = machine("m7g.large", 2);
    arm.architectures = vec!["arm64".into()];
    let mut published = price("m5.large", "us-east-1", None, 96_000_000);
    published.published = Some(1_770_000_000);
    let mut spot = price("m5.large", "us-east-1", Some("us-east-1a"), 35_123_456);
    spot.market = Market::Spot;
    let mut located = region("us-east-1", &["a", "b"]);
    located.location = Some(Location {
        latitude: 38_994_400,
        longitude: -77_452_800,
    });
    let mut neuron = machine("inf2.xlarge", 4);
    neuron.accelerators = vec![accelerator(AcceleratorKind::Neuron, "Inferentia2")];
    Listing {
        regions: Some(vec![located, region("eu-west-1", &["a", "b", "c"])]),
        instance_types: Some(vec![gpu, machine("m5.large", 2), arm, neuron]),
        offers: Some(vec![
            offer("p5.48xlarge", "us-east-1"),
            offer("m5.large", "us-east-1"),
            offer("m5.large", "eu-west-1"),
            offer("m7g.large", "eu-west-1"),
            offer("inf2.xlarge", "us-east-1"),
        ]),
        images: Some(vec![image("ami-2", "x86_64"), image("ami-1", "arm64")]),
        prices: Some(vec![
            published,
            spot,
            price("m7g.large", "eu-west-1", None, 91_200_000),
        ]),
        capacity: Some(vec![
            capacity("p5.48xlarge", "us-east-1", None, false),
            capacity("m5.large", "eu-west-1", Some("eu-west-1a"), true),
        ]),
        missing: Vec::new(),
    }
}

/// A catalog of the size of AWS: 1,395 types in 189 families, 21,255 offers with 64,394 zones, 38 regions, 400
/// images; and a price and the capacity of each offer.
pub fn large() -> Listing {
    let regions: Vec<Region> = (0..38)
        .map(|i| region(&format!("region-{i:02}-1"), &["a", "b", "c", "d"]))
        .collect();
    let machines: Vec<InstanceType> = (0..1_395u32)
        .map(|i| {
            let mut kind = machine(&format!("m{:03}id.{}xlarge", i % 189, i / 189), 1 + i % 96);
            kind.disks = vec![Disk {
                count: 1 + i % 4,
                size_gb: 475,
                kind: DiskKind::Ssd,
            }];
            if i % 9 == 0 {
                kind.accelerators = vec![accelerator(AcceleratorKind::Gpu, "H100")];
            }
            kind
        })
        .collect();
    let offers = (0..21_255usize).map(|i| {
        let place = &regions[(i / machines.len() * 2) % regions.len()];
        let mut offer = offer(&machines[i % machines.len()].name, &place.name);
        let count = if i < 64_394 - 3 * 21_255 { 4 } else { 3 };
        offer.zones = place
            .zones
            .iter()
            .take(count)
            .map(|zone| zone.name.clone())
            .collect();
        offer
    });
    let offers: Vec<Offer> = offers.collect();
    let prices = (1..).zip(&offers).map(|(nanos, offer)| {
        let nanos = nanos * 1_000_000;
        price(&offer.instance_type, &offer.region, None, nanos)
    });
    let prices = prices.collect();
    let capacities = offers
        .iter()
        .map(|offer| capacity(&offer.instance_type, &offer.region, None, true));
    let capacities = capacities.collect();
    let images = (0..400).map(|i| Image {
        region: Some(regions[i % 38].name.clone()),
        ..image(&format!("ami-{i:017}"), ["x86_64", "arm64"][i % 2])
    });
    let images = images.collect();
    Listing {
        offers: Some(offers),
        images: Some(images),
        regions: Some(regions),
        instance_types: Some(machines),
        prices: Some(prices),
        capacity: Some(capacities),
        missing: Vec::new(),
    }
}
