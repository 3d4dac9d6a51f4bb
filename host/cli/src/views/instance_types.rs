//! Table of instance types.

use super::{joined, known};
use crate::print;
use cloudhost_api::{Accelerator, Disk, InstanceTypes, gib};
use comfy_table::Table;

pub fn instance_types(record: &InstanceTypes) -> Table {
    let header = [
        "TYPE",
        "VCPUS",
        "MEMORY",
        "ARCH",
        "ACCELERATORS",
        "DISKS",
        "NETWORK",
        "REGIONS",
        "AVAILABLE",
        "PRICE/H",
    ];
    let rows = record.instance_types.iter().map(|one| {
        vec![
            one.name.clone(),
            one.vcpus.to_string(),
            gib(one.memory_mib),
            one.architectures.join(","),
            joined(&one.accelerators, accelerator),
            joined(&one.disks, disk),
            known(one.network.as_ref()),
            known(one.regions.as_ref().map(Vec::len)),
            known(one.available_regions),
            known(one.price_per_hour.as_ref()),
        ]
    });
    print::table(&header, rows)
}

fn accelerator(one: &Accelerator) -> String {
    match one.count {
        Some(count) => format!("{count}x {}", one.name),
        None => format!("share of {}", one.name),
    }
}

fn disk(one: &Disk) -> String {
    format!("{}x {} GB", one.count, one.size_gb)
}
