//! Tests of the menus with a reader like Kconfig's: it maps an assignment of the choices to the strings.

mod reader;
mod rules;

use super::*;
use cloudhost_sdk::{Accelerator, AcceleratorKind, Capacity, InstanceType, Market, Money, Price};
use proptest::prelude::*;
use reader::Tree;

const X86: &str = "TARGET_ARCH_X86_64";
const ARM: &str = "TARGET_ARCH_ARM64";
const REGION: &str = "TERRAFORM_LAMBDALABS_REGION";
const TYPE: &str = "TERRAFORM_LAMBDALABS_INSTANCE_TYPE";
const REGION_SMART: &str = "TERRAFORM_LAMBDALABS_REGION_SMART";
const REGION_INFER: &str = "TERRAFORM_LAMBDALABS_REGION_SMART_INFER";
const TYPE_SMART: &str = "TERRAFORM_LAMBDALABS_INSTANCE_TYPE_SMART";

fn machine(name: &str, arch: &str) -> InstanceType {
    InstanceType {
        name: name.to_owned(),
        family: "f".into(),
        architectures: vec![arch.to_owned()],
        cpu_manufacturer: None,
        vcpus: 30,
        memory_mib: 200 * 1024,
        accelerators: vec![Accelerator {
            kind: AcceleratorKind::Gpu,
            name: "A10".into(),
            manufacturer: Some("NVIDIA".into()),
            count: Some(1),
            memory_mib: Some(24 * 1024),
        }],
        disks: vec![],
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

/// A type with its architecture, its price in cents, and its known capacity in regions `r0`, `r1` and so on.
type Row<'a> = (&'a str, &'a str, Option<u64>, &'a [Option<bool>]);

fn catalog(rows: &[Row<'_>]) -> Catalog {
    let mut out = Catalog::default();
    for (name, arch, cents, free) in rows {
        out.instance_types.push(machine(name, arch));
        for (number, free) in free.iter().enumerate() {
            let region = format!("r{number}");
            if !out.regions.iter().any(|one| one.name == region) {
                out.regions.push(crate::places::region(&region, None));
            }
            out.prices.extend(cents.map(|cents| Price {
                instance_type: (*name).to_owned(),
                region: region.clone(),
                zone: None,
                market: Market::OnDemand,
                per_hour: Money::from_cents(cents).unwrap(),
                source: "s".into(),
                published: None,
            }));
            out.capacity.extend(free.map(|available| Capacity {
                instance_type: (*name).to_owned(),
                region,
                zone: None,
                market: Market::OnDemand,
                available,
            }));
        }
    }
    out
}

fn any_catalog() -> impl Strategy<Value = Catalog> {
    let free = proptest::collection::vec(proptest::option::of(any::<bool>()), 4);
    let row = (any::<bool>(), proptest::option::of(1u64..500), free);
    (1usize..4, proptest::collection::vec(row, 1..6)).prop_map(|(regions, rows)| {
        let names: Vec<String> = (0..rows.len()).map(|n| format!("gpu_{n}")).collect();
        let rows: Vec<Row<'_>> = rows
            .iter()
            .zip(&names)
            .map(|((arm, cents, free), name)| {
                let arch = if *arm { "arm64" } else { "x86_64" };
                (name.as_str(), arch, *cents, &free[..regions])
            })
            .collect();
        catalog(&rows)
    })
}

fn any_dialect() -> impl Strategy<Value = Dialect> {
    prop::sample::select(vec![Dialect::Plain, Dialect::Kdevops, Dialect::KdevopsMain])
}

/// Returns the capacity of a type in a region, if known.
fn free(catalog: &Catalog, of: &str, at: &str) -> Option<bool> {
    let mut all = catalog.capacity.iter();
    let found = all.find(|c| c.instance_type == of && c.region == at);
    found.map(|c| c.available)
}

proptest! {
    #[test]
    fn every_choice_gives_its_strings(catalog in any_catalog(), dialect in any_dialect()) {
        let tree = Tree::new(emit(&catalog, dialect).unwrap());
        for (arch, name) in [(X86, "x86_64"), (ARM, "arm64")] {
            let some = catalog.instance_types.iter().any(|t| t.architectures == [name]);
            let regions = tree.visible(REGION, &[arch]);
            prop_assert_eq!(regions.len(), tree.members(REGION).len());
            for region in regions {
                let types = tree.visible(TYPE, &[arch, &region]);
                prop_assert_eq!(!types.is_empty(), some);
                let at = tree.text(REGION, &[arch, &region]).unwrap();
                prop_assert_eq!(format!("{REGION}_{}", at.to_uppercase()), region.clone());
                let mut names = Vec::new();
                for one in &types {
                    let prompt = tree.prompt(one);
                    let name = tree.text(TYPE, &[arch, &region, one]).unwrap();
                    // What a prompt says without a region is true of this one.
                    let here = free(&catalog, &name, &at);
                    let fits = match prompt.rsplit_once(" [").unwrap().1 {
                        "AVAILABLE]" => here == Some(true),
                        "NO CAPACITY]" => here == Some(false),
                        "CAPACITY UNKNOWN]" => here.is_none(),
                        "NO KNOWN CAPACITY]" => here != Some(true),
                        other => other.starts_with("AVAILABLE in "),
                    };
                    prop_assert!(fits, "{prompt} in {at}: {here:?}");
                    prop_assert_eq!(&format!("{TYPE}_{}", name.to_uppercase()), one);
                    names.push(name);
                }
                // Where there is capacity, a type that has some only elsewhere is hidden.
                if names.iter().any(|name| free(&catalog, name, &at) == Some(true)) {
                    let hopeless = names.iter().any(|n| {
                        let elsewhere = catalog.capacity.iter().any(|c| c.instance_type == *n && c.available);
                        elsewhere && free(&catalog, n, &at) == Some(false)
                    });
                    prop_assert!(!hopeless, "{names:?} in {at}");
                }
                let Some(default) = tree.default(TYPE, &[arch, &region]) else { continue };
                if dialect == Dialect::KdevopsMain {
                    prop_assert_eq!(&default, &types[0]);
                    continue;
                }
                // The default is the cheapest that is not known to be unavailable, if there is one.
                let default = tree.text(TYPE, &[arch, &region, &default]).unwrap();
                let cost = |name: &str| {
                    let price = catalog.prices.iter().find(|p| p.instance_type == name);
                    price.map_or(u64::MAX, |p| p.per_hour.nanos)
                };
                let maybe = names.iter().filter(|n| free(&catalog, n, &at) != Some(false));
                if let Some(least) = maybe.map(|name| cost(name)).min() {
                    prop_assert_ne!(free(&catalog, &default, &at), Some(false));
                    prop_assert_eq!(cost(&default), least);
                }
            }
        }
    }

    #[test]
    fn the_region_follows_from_the_type(catalog in any_catalog()) {
        let tree = Tree::new(emit(&catalog, Dialect::Kdevops).unwrap());
        for (arch, name) in [(X86, "x86_64"), (ARM, "arm64")] {
            prop_assert!(tree.visible(REGION, &[arch, REGION_INFER]).is_empty());
            let types = tree.visible(TYPE, &[arch, REGION_INFER]);
            let all = catalog.instance_types.iter().filter(|t| t.architectures == [name]);
            prop_assert_eq!(types.len(), all.count());
            for one in types {
                let set = [arch, REGION_INFER, one.as_str()];
                let (of, at) = (tree.text(TYPE, &set).unwrap(), tree.text(REGION, &set).unwrap());
                let some = catalog.capacity.iter().any(|c| c.instance_type == of && c.available);
                prop_assert!(!some || free(&catalog, &of, &at) == Some(true), "{of} in {at}");
            }
        }
    }

    #[test]
    fn a_tree_that_chooses_is_not_contradicted(catalog in any_catalog()) {
        let tree = Tree::new(emit(&catalog, Dialect::Kdevops).unwrap());
        let set = [X86, REGION_SMART, TYPE_SMART];
        prop_assert!(tree.visible(REGION, &set).is_empty() && tree.visible(TYPE, &set).is_empty());
        prop_assert_eq!((tree.text(REGION, &set), tree.text(TYPE, &set)), (None, None));
        let types = tree.visible(TYPE, &[X86, REGION_SMART]);
        let all = catalog.instance_types.iter().filter(|t| t.architectures == ["x86_64"]);
        prop_assert_eq!(types.len(), all.count());
    }
}
