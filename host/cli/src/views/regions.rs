//! Table of regions.

use super::{joined, known, or_dash};
use crate::print;
use cloudhost_api::Regions;
use comfy_table::Table;

pub fn regions(record: &Regions) -> Table {
    let mut regions = record.regions.iter();
    let with_availability = regions.any(|region| region.available_types.is_some());
    let mut header = vec!["REGION", "DESCRIPTION", "ZONES", "TYPES"];
    header.extend(with_availability.then_some("AVAILABLE"));
    let rows = record.regions.iter().map(|region| {
        let mut row = vec![
            region.name.clone(),
            or_dash(&region.description),
            joined(&region.zones, |zone| zone.name.clone()),
            known(region.instance_types),
        ];
        row.extend(region.available_types.map(known));
        row
    });
    print::table(&header, rows)
}
