//! Records of `images list`.

use crate::units::time;
use crate::{CatalogInfo, Gap};
use cloudhost::catalog::Catalog;
use cloudhost::contract::cloudhost::provider::types;
use cloudhost::host::Summary;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Operating system images of a provider.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Images {
    /// Name of the provider.
    pub provider: String,
    /// Source and age of the data.
    pub catalog: CatalogInfo,
    /// Missing parts of the data.
    pub missing: Vec<Gap>,
    /// The images.
    pub images: Vec<Image>,
}

/// One operating system image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Image {
    /// The cloud's id of the image.
    pub id: String,
    /// The cloud's name of the image.
    pub name: String,
    /// Account or project that publishes it.
    pub owner: String,
    /// Distribution, such as `debian`.
    pub distribution: String,
    /// Release of the distribution, such as `13`.
    pub release: String,
    /// Architecture, such as `x86_64` or `arm64`.
    pub architecture: String,
    /// Pattern with `*` that matches the names of this and later builds of the release.
    pub name_glob: String,
    /// Region in which the id is valid; `null`: all regions.
    pub region: Option<String>,
    /// Time of publication; `null`: unknown.
    pub created: Option<Timestamp>,
    /// Drivers and frameworks for GPUs are installed.
    pub gpu: bool,
    /// Size of the smallest boot disk in GiB; `null`: unknown.
    pub disk_gib: Option<u32>,
}

impl From<types::Image> for Image {
    fn from(image: types::Image) -> Self {
        Self {
            id: image.id,
            name: image.name,
            owner: image.owner,
            distribution: image.distribution,
            release: image.release,
            architecture: image.architecture,
            name_glob: image.name_glob,
            region: image.region,
            created: time(image.created),
            gpu: image.gpu,
            disk_gib: image.disk_gib,
        }
    }
}

impl Images {
    /// Makes the record of a catalog's images, at this time.
    pub fn new(provider: &str, summary: &Summary, catalog: Catalog, now: Timestamp) -> Self {
        Self {
            provider: provider.to_owned(),
            catalog: CatalogInfo::new(summary, now),
            missing: Gap::all(summary),
            images: catalog.images.into_iter().map(Image::from).collect(),
        }
    }
}
