//! Properties of the menus of any catalog, checked by a small reader of Kconfig.

mod reading;
mod single;

use super::*;
use cloudhost_sdk::kconfig::{Choice, Condition, Entry, Symbol, SymbolKind, Term, Value};
use cloudhost_sdk::{Image, InstanceType, Offer, Region, Zone};
use proptest::prelude::*;
use reading::{Read, read};
use std::collections::{BTreeMap, BTreeSet};

fn region(name: &str, zones: usize) -> Region {
    let zone = |letter: char| Zone {
        name: format!("{name}{letter}"),
        id: None,
    };
    Region {
        name: name.into(),
        description: None,
        zones: ('a'..).take(zones).map(zone).collect(),
        location: None,
        place: None,
        country: None,
    }
}

fn machine(name: &str, architectures: &[&str], vcpus: u32, memory_mib: u64) -> InstanceType {
    InstanceType {
        name: name.into(),
        family: name.split('.').next().unwrap().into(),
        architectures: architectures.iter().map(ToString::to_string).collect(),
        cpu_manufacturer: None,
        vcpus,
        memory_mib,
        accelerators: vec![],
        disks: vec![],
        network: None,
        bare_metal: name.contains("metal"),
        burstable: false,
        network_mbps: None,
        attributes: Vec::new(),
        free_tier: false,
        current_generation: true,
        markets: vec![],
    }
}

fn offer(name: &str, region: &str) -> Offer {
    Offer {
        zones: vec![format!("{region}a")],
        ..Offer::on_demand(name, region)
    }
}

fn image(distribution: &str, release: &str, architecture: &str) -> Image {
    Image {
        disk_gib: None,
        attributes: Vec::new(),
        id: "ami-1".into(),
        name: format!("{distribution}-{release}-1"),
        owner: "1".into(),
        distribution: distribution.into(),
        release: release.into(),
        architecture: architecture.into(),
        name_glob: format!("{distribution}-{release}-{architecture}-*"),
        region: Some("eu-west-1".into()),
        created: None,
        gpu: distribution == "deep-learning",
    }
}

fn catalog() -> impl Strategy<Value = Catalog> {
    const REGIONS: [&str; 4] = ["af-south-1", "eu-west-1", "us-east-1", "us-west-2"];
    const TYPES: [(&str, &[&str], u32); 9] = [
        ("m5.large", &["x86_64"], 2),
        ("m5.xlarge", &["x86_64"], 4),
        ("m5.metal", &["x86_64"], 1),
        ("m8g.medium", &["arm64"], 1),
        ("mac2.metal", &["arm64_mac"], 8),
        ("t2.micro", &["i386", "x86_64"], 1),
        ("mix.a", &["x86_64"], 2),
        ("mix.b", &["arm64"], 2),
        ("odd.one", &["riscv64"], 2),
    ];
    let subset = |n| proptest::sample::subsequence((0..n).collect::<Vec<usize>>(), 0..=n);
    let offers = proptest::collection::vec((0..TYPES.len(), 0..REGIONS.len()), 0..20);
    let images = proptest::sample::subsequence(
        vec![
            ("debian", "12", "x86_64"),
            ("debian", "13", "arm64"),
            ("deep-learning", "base", "arm64"),
            ("gone", "1", "x86_64"),
        ],
        0..=4,
    );
    (subset(4), subset(9), offers, images, 0usize..3).prop_map(
        |(regions, types, offers, images, zones)| Catalog {
            regions: regions
                .into_iter()
                .map(|n| region(REGIONS[n], zones))
                .collect(),
            instance_types: types
                .into_iter()
                .map(|n| machine(TYPES[n].0, TYPES[n].1, TYPES[n].2, 1024))
                .collect(),
            offers: offers
                .into_iter()
                .map(|(t, r)| offer(TYPES[t].0, REGIONS[r]))
                .collect(),
            images: images.into_iter().map(|(d, r, a)| image(d, r, a)).collect(),
            ..Catalog::default()
        },
    )
}

fn holds(condition: &Condition, on: &BTreeSet<&str>) -> bool {
    condition.iter().all(|list| {
        list.iter().any(|term| match term {
            Term::Set(name) => on.contains(name.as_str()),
            Term::Unset(name) => !on.contains(name.as_str()),
        })
    })
}

fn check(catalog: &Catalog, dialect: Dialect) {
    let files = emit(catalog, dialect).unwrap();
    let read: BTreeMap<&str, Read<'_>> = files.iter().map(|f| (f.path.as_str(), read(f))).collect();
    assert_eq!(read.len(), files.len());
    let main = dialect == Dialect::KdevopsMain;
    let fixed: &[&str] = if main {
        &[INSTANCE, LOCATION, AMI]
    } else {
        &[COMPUTE, LOCATION, AMI, GPU_AMIS]
    };
    assert!(fixed.iter().all(|path| read.contains_key(path)));
    assert!(!main || read.len() == fixed.len());

    // Every symbol is defined once, and no other is mentioned.
    let mut defined = BTreeSet::new();
    for symbol in read.values().flat_map(|r| &r.all) {
        let new = defined.insert(symbol.name.as_str());
        assert!(
            new || symbol.name == "TERRAFORM_AWS_INSTANCE_TYPE",
            "{} twice",
            symbol.name
        );
        assert!(!symbol.exported || (symbol.kind == SymbolKind::Text && dialect != Dialect::Plain));
    }
    if dialect != Dialect::Plain {
        defined.extend(["TARGET_ARCH_X86_64", "TARGET_ARCH_ARM64"]);
    }
    for condition in read.values().flat_map(|r| &r.conditions) {
        for Term::Set(name) | Term::Unset(name) in condition.iter().flatten() {
            assert!(defined.contains(name.as_str()), "{name} is not defined");
        }
    }

    // No choice is empty, and each default is a symbol of its choice.
    for (choice, symbols) in read.values().flat_map(|r| &r.choices) {
        assert!(!symbols.is_empty(), "{} is empty", choice.prompt);
        for default in &choice.defaults {
            assert!(
                symbols.iter().any(|s| s.name == default.symbol),
                "{}",
                default.symbol
            );
        }
    }

    // Each file of a family is sourced once.
    let mut sources: Vec<&str> = read.values().flat_map(|r| r.sources.clone()).collect();
    sources.retain(|path| path.starts_with("instance-types/"));
    let paths: Vec<&str> = read
        .keys()
        .copied()
        .filter(|p| p.starts_with("instance-types/"))
        .collect();
    sources.sort_unstable();
    assert_eq!(sources, paths);
    assert!(!main || sources.is_empty());

    for arch in ["TARGET_ARCH_X86_64", "TARGET_ARCH_ARM64"] {
        for region in &catalog.regions {
            check_place(catalog, &read, arch, &region.name);
        }
    }
}

/// Checks that a family is visible exactly if one of its types is, and a type exactly if it is sold.
fn check_place(catalog: &Catalog, read: &BTreeMap<&str, Read<'_>>, arch: &str, region: &str) {
    let chosen = format!(
        "TERRAFORM_AWS_REGION_{}",
        region.replace('-', "_").to_uppercase()
    );
    let on = BTreeSet::from([arch, chosen.as_str()]);
    // The choice of the family is the first of its file; in the layout of main the choices of the types follow it.
    let main = read.get(INSTANCE);
    let of_families = main.unwrap_or_else(|| &read[COMPUTE]);
    let families = of_families
        .choices
        .first()
        .into_iter()
        .flat_map(|(_, symbols)| symbols);
    let visible: BTreeSet<&str> = families
        .filter(|f| holds(&f.depends_on, &on))
        .map(|f| f.prompt.as_deref().unwrap())
        .collect();
    let mut expected = BTreeSet::new();
    for of in &catalog.instance_types {
        let fits = match of.architectures[0].as_str() {
            "x86_64" | "i386" | "x86_64_mac" => arch == "TARGET_ARCH_X86_64",
            "riscv64" => true,
            _ => arch == "TARGET_ARCH_ARM64",
        };
        let mut offers = catalog.offers.iter();
        let sold = catalog.offers.is_empty()
            || offers.any(|o| o.instance_type == of.name && o.region == region);
        if fits && sold {
            expected.insert(of.family.as_str());
        }
        let path = format!("instance-types/Kconfig.{}.generated", of.family);
        let Some(file) = main.or(read.get(path.as_str())) else {
            assert!(!(fits && sold), "{path} is missing");
            continue;
        };
        let symbol = file
            .all
            .iter()
            .find(|s| s.prompt.as_ref() == Some(&of.name));
        assert_eq!(
            symbol.is_some_and(|s| holds(&s.depends_on, &on)),
            fits && sold,
            "{} in {region}",
            of.name
        );
        if let Some(symbol) = symbol {
            let mut defaults = file.texts.iter().flat_map(|text| &text.defaults);
            let when = vec![vec![Term::Set(symbol.name.clone())]];
            assert!(defaults.any(|d| d.value == Value::Text(of.name.clone()) && d.when == when));
        }
    }
    assert_eq!(visible, expected, "families in {region} with {arch}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn menus_of_any_catalog_are_consistent(catalog in catalog()) {
        check(&catalog, Dialect::Kdevops);
        check(&catalog, Dialect::KdevopsMain);
        check(&catalog, Dialect::Plain);
    }

    #[test]
    fn order_carries_no_meaning(catalog in catalog(), seed in any::<u64>()) {
        let mut other = catalog.clone();
        let by = |n: usize| (n as u64 + 1).wrapping_mul(seed | 1) >> 7;
        let mut n = 0;
        other.instance_types.sort_by_cached_key(|_| { n += 1; by(n) });
        other.offers.sort_by_cached_key(|_| { n += 1; by(n) });
        other.regions.reverse();
        let files = |catalog| { let mut f = emit(catalog, Dialect::Kdevops).unwrap(); f.sort_by(|a, b| a.path.cmp(&b.path)); f };
        prop_assert_eq!(files(&catalog), files(&other));
    }
}

#[test]
fn menus_of_the_shipped_catalog_are_consistent() {
    let listing = crate::bundle::decode(crate::bundle::CATALOG)
        .unwrap()
        .listing;
    let catalog = Catalog {
        regions: listing.regions.unwrap(),
        instance_types: listing.instance_types.unwrap(),
        offers: listing.offers.unwrap(),
        images: listing.images.unwrap(),
        ..Catalog::default()
    };
    check(&catalog, Dialect::Kdevops);
    check(&catalog, Dialect::KdevopsMain);
}
