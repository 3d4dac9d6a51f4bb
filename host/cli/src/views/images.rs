//! Table of images.

use super::yes_or_no;
use crate::print;
use cloudhost_api::Images;
use comfy_table::Table;

pub fn images(record: &Images) -> Table {
    let header = [
        "DISTRIBUTION",
        "RELEASE",
        "ARCH",
        "GPU",
        "OWNER",
        "REGION",
        "ID",
        "NAME",
    ];
    let rows = record.images.iter().map(|image| {
        vec![
            image.distribution.clone(),
            image.release.clone(),
            image.architecture.clone(),
            yes_or_no(Some(image.gpu)),
            image.owner.clone(),
            image.region.clone().unwrap_or_else(|| "all".to_owned()),
            image.id.clone(),
            image.name.clone(),
        ]
    });
    print::table(&header, rows)
}
