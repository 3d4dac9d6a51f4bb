//! Records with all fields, and records with only the required ones.

use cloudhost_sdk::{
    Accelerator, AcceleratorKind, Capacity, DataKind, Disk, DiskKind, Error, Image, InstanceType,
    Listing, Location, Market, Money, Offer, Price, Region, Scope, Zone,
};

/// Returns records of all kinds, with a region for each text.
pub(crate) fn listing(texts: Vec<String>) -> Listing {
    let region = |(number, text): (usize, String)| Region {
        place: None,
        country: None,
        name: format!("r-{number}"),
        description: Some(text),
        zones: vec![],
        location: None,
    };
    let mut regions = vec![Region {
        place: Some("Dublin".to_owned()),
        country: Some("IE".to_owned()),
        name: "eu-west-1".to_owned(),
        description: None,
        zones: vec![
            Zone {
                name: "eu-west-1a".to_owned(),
                id: Some("euw1-az1".to_owned()),
            },
            Zone {
                name: "eu-west-1b".to_owned(),
                id: None,
            },
        ],
        location: Some(Location {
            latitude: 53_349_800,
            longitude: -6_260_300,
        }),
    }];
    regions.extend(texts.into_iter().enumerate().map(region));
    let gap = Error::unusable("an image without a name")
        .in_scope(Scope::Region("eu-west-1".to_owned()))
        .into_gap(DataKind::Images);
    Listing {
        regions: Some(regions),
        instance_types: Some(vec![large(), small()]),
        offers: Some(vec![
            Offer {
                zones: vec!["eu-west-1a".to_owned()],
                interruption: Some((5, 10)),
                ..Offer::on_demand("large", "eu-west-1")
            },
            Offer::on_demand("small", "eu-west-1"),
        ]),
        images: Some(vec![
            image(),
            Image {
                id: "img-2".to_owned(),
                release: "12".to_owned(),
                region: None,
                ..image()
            },
        ]),
        prices: Some(vec![
            price("large", Market::OnDemand, None, 31_000_000_000),
            price("small", Market::OnDemand, None, 10_000_000),
            price("large", Market::Spot, Some("eu-west-1a"), 9_000_000_001),
            price("large", Market::CapacityBlock, None, 20_000_000_000),
        ]),
        capacity: Some(vec![
            capacity("large", None, false),
            capacity("small", Some("eu-west-1b"), true),
        ]),
        missing: vec![gap],
    }
}

fn large() -> InstanceType {
    let accelerator = |kind, model: &str, count| Accelerator {
        kind,
        name: model.to_owned(),
        manufacturer: Some("ACME".to_owned()),
        count,
        memory_mib: Some(81_920),
    };
    let disk = |kind| Disk {
        count: 2,
        size_gb: 3_800,
        kind,
    };
    InstanceType {
        family: "big".to_owned(),
        cpu_manufacturer: Some("ACME".to_owned()),
        vcpus: 192,
        memory_mib: 2_097_152,
        accelerators: vec![
            accelerator(AcceleratorKind::Gpu, "G1", Some(8)),
            accelerator(AcceleratorKind::Tpu, "T1", Some(4)),
            accelerator(AcceleratorKind::Neuron, "N1", Some(1)),
            accelerator(AcceleratorKind::Fpga, "F1", None),
            accelerator(AcceleratorKind::Media, "M1", Some(1)),
            accelerator(AcceleratorKind::Inference, "I1", Some(1)),
        ],
        disks: vec![
            disk(DiskKind::Ssd),
            disk(DiskKind::Hdd),
            disk(DiskKind::Unknown),
        ],
        network: Some("3200 Gigabit".to_owned()),
        bare_metal: true,
        burstable: true,
        network_mbps: Some(3_200_000),
        attributes: vec![("rack".to_owned(), "whole".to_owned())],
        free_tier: true,
        current_generation: true,
        markets: vec![Market::OnDemand, Market::Spot, Market::CapacityBlock],
        ..bare("large", "x86_64")
    }
}

fn small() -> InstanceType {
    bare("small", "arm64")
}

fn bare(name: &str, architecture: &str) -> InstanceType {
    InstanceType {
        name: name.to_owned(),
        family: "little".to_owned(),
        architectures: vec![architecture.to_owned()],
        cpu_manufacturer: None,
        vcpus: 1,
        memory_mib: 512,
        accelerators: vec![],
        disks: vec![],
        network: None,
        bare_metal: false,
        burstable: false,
        network_mbps: None,
        attributes: Vec::new(),
        free_tier: false,
        current_generation: false,
        markets: vec![],
    }
}

fn image() -> Image {
    Image {
        disk_gib: Some(8),
        attributes: vec![("tested".to_owned(), "yes".to_owned())],
        id: "img-1".to_owned(),
        name: "debian-13-x86_64-1".to_owned(),
        owner: "debian".to_owned(),
        distribution: "debian".to_owned(),
        release: "13".to_owned(),
        architecture: "x86_64".to_owned(),
        name_glob: "debian-13-x86_64-*".to_owned(),
        region: Some("eu-west-1".to_owned()),
        created: Some(1_793_232_000),
        gpu: true,
    }
}

fn price(instance_type: &str, market: Market, zone: Option<&str>, nanos: u64) -> Price {
    Price {
        instance_type: instance_type.to_owned(),
        region: "eu-west-1".to_owned(),
        zone: zone.map(str::to_owned),
        market,
        per_hour: Money {
            nanos,
            currency: "USD".to_owned(),
        },
        source: "api.fixture.test/prices".to_owned(),
        published: zone.map(|_| 1_793_232_000),
    }
}

fn capacity(instance_type: &str, zone: Option<&str>, available: bool) -> Capacity {
    Capacity {
        instance_type: instance_type.to_owned(),
        region: "eu-west-1".to_owned(),
        zone: zone.map(str::to_owned),
        market: Market::OnDemand,
        available,
    }
}
