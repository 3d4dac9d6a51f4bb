//! The answer of `images list`.

use super::{CatalogView, GapView, gaps};
use crate::print;
use cloudhost::catalog::Catalog;
use cloudhost::contract::cloudhost::provider::types::Image;
use cloudhost::host::Summary;
use comfy_table::Table;
use serde::Serialize;

/// A list of images.
#[derive(Debug, Serialize)]
pub struct ImagesView<'a> {
    provider: &'a str,
    catalog: CatalogView,
    missing: Vec<GapView>,
    pub images: Vec<ImageView>,
}

/// One image.
#[derive(Debug, Serialize)]
pub struct ImageView {
    id: String,
    name: String,
    owner: String,
    distribution: String,
    release: String,
    architecture: String,
    name_glob: String,
    region: String,
    /// RFC 3339.
    created: Option<String>,
    gpu: bool,
}

impl From<Image> for ImageView {
    fn from(image: Image) -> Self {
        let created = image
            .created
            .and_then(|seconds| jiff::Timestamp::from_second(i64::try_from(seconds).ok()?).ok());
        Self {
            id: image.id,
            name: image.name,
            owner: image.owner,
            distribution: image.distribution,
            release: image.release,
            architecture: image.architecture,
            name_glob: image.name_glob,
            region: image.region,
            created: created.map(|created| created.to_string()),
            gpu: image.gpu,
        }
    }
}

impl<'a> ImagesView<'a> {
    pub fn new(provider: &'a str, summary: &Summary, catalog: Catalog) -> Self {
        Self {
            provider,
            catalog: CatalogView::new(summary),
            missing: gaps(summary),
            images: catalog.images.into_iter().map(ImageView::from).collect(),
        }
    }

    pub fn table(&self) -> Table {
        print::table(
            &[
                "DISTRIBUTION",
                "RELEASE",
                "ARCH",
                "GPU",
                "OWNER",
                "REGION",
                "ID",
                "NAME",
            ],
            self.images.iter().map(|image| {
                vec![
                    image.distribution.clone(),
                    image.release.clone(),
                    image.architecture.clone(),
                    if image.gpu { "yes" } else { "no" }.to_owned(),
                    image.owner.clone(),
                    image.region.clone(),
                    image.id.clone(),
                    image.name.clone(),
                ]
            }),
        )
    }
}
