//! The table of images.

use std::sync::Arc;

use arrow_array::types::UInt32Type;
use arrow_array::{BooleanArray, RecordBatch, UInt32Array};
use arrow_schema::{ArrowError, DataType, Schema};

use super::columns::{
    always, maybe, pairs, pairs_type, texts, time_type, times, words, words_type,
};
use super::rows::{Columns, Damage};
use crate::contract::cloudhost::provider::types::Image;

pub(super) fn schema() -> Schema {
    Schema::new(vec![
        always("id", DataType::Utf8),
        always("name", DataType::Utf8),
        always("owner", words_type()),
        always("distribution", words_type()),
        always("release", words_type()),
        always("architecture", words_type()),
        always("name_glob", words_type()),
        maybe("region", words_type()),
        maybe("created", time_type()),
        always("gpu", DataType::Boolean),
        maybe("disk_gib", DataType::UInt32),
        always("attributes", pairs_type()),
    ])
}

pub(super) fn batch(images: &[Image]) -> Result<RecordBatch, ArrowError> {
    let column = |field: fn(&Image) -> &String| {
        words(images.iter().map(move |image| Some(field(image).as_str())))
    };
    let columns = vec![
        texts(images.iter().map(|image| &image.id)),
        texts(images.iter().map(|image| &image.name)),
        column(|image| &image.owner)?,
        column(|image| &image.distribution)?,
        column(|image| &image.release)?,
        column(|image| &image.architecture)?,
        column(|image| &image.name_glob)?,
        words(images.iter().map(|image| image.region.as_deref()))?,
        times(images.iter().map(|image| image.created))?,
        Arc::new(
            images
                .iter()
                .map(|image| Some(image.gpu))
                .collect::<BooleanArray>(),
        ),
        Arc::new(
            images
                .iter()
                .map(|image| image.disk_gib)
                .collect::<UInt32Array>(),
        ),
        pairs(images.iter().map(|image| &image.attributes))?,
    ];
    RecordBatch::try_new(Arc::new(schema()), columns)
}

pub(super) fn records(table: &RecordBatch, records: &mut Vec<Image>) -> Result<(), Damage> {
    let columns = Columns::Table(table);
    let (id, name, owner) = (
        columns.texts("id")?,
        columns.texts("name")?,
        columns.texts("owner")?,
    );
    let (distribution, release) = (columns.texts("distribution")?, columns.texts("release")?);
    let (architecture, name_glob) = (columns.texts("architecture")?, columns.texts("name_glob")?);
    let (region, created, gpu) = (
        columns.texts("region")?,
        columns.times("created")?,
        columns.flags("gpu")?,
    );
    let disk_gib = columns.numbers::<UInt32Type>("disk_gib")?;
    let attributes = columns.pairs("attributes")?;
    for row in 0..table.num_rows() {
        records.push(Image {
            id: id.text(row)?,
            name: name.text(row)?,
            owner: owner.text(row)?,
            distribution: distribution.text(row)?,
            release: release.text(row)?,
            architecture: architecture.text(row)?,
            name_glob: name_glob.text(row)?,
            region: region.maybe(row),
            created: created.seconds(row)?,
            gpu: gpu.get(row)?,
            disk_gib: disk_gib.get(row),
            attributes: attributes.get(row)?,
        });
    }
    Ok(())
}
