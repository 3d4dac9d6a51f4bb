//! `GET /images`: every build of every image in every region. Only the newest is used.

use std::collections::BTreeMap;

use cloudhost_sdk::{DataKind, Gap, Image, excerpt, is_name, timestamp};
use serde::Deserialize;

use super::{Place, odd};

/// One build in one region.
#[derive(Debug, Deserialize)]
pub(super) struct Row {
    id: String,
    name: String,
    family: String,
    version: String,
    architecture: String,
    created_time: Option<String>,
    pub region: Place,
}

/// Selects the newest image of each distribution, release, architecture and region. A build with an invalid text is
/// omitted, and reported as a gap.
pub(super) fn newest(rows: Vec<Row>, missing: &mut Vec<Gap>) -> Vec<Image> {
    let mut out: BTreeMap<[String; 4], Image> = BTreeMap::new();
    for image in rows.into_iter().map(Row::image) {
        if !is_usable(&image) {
            let message = format!(
                "an image has invalid text: {}",
                excerpt(image.id.as_bytes())
            );
            missing.push(odd(DataKind::Images, message));
            continue;
        }
        let key = [
            image.distribution.clone(),
            image.release.clone(),
            image.architecture.clone(),
            image.region.clone().unwrap_or_default(),
        ];
        // The identifier is the tie-breaker, so that the same response gives the same catalog.
        let age = |image: &Image| (image.created, image.id.clone());
        match out.get_mut(&key) {
            Some(kept) if age(kept) >= age(&image) => {}
            Some(kept) => *kept = image,
            None => drop(out.insert(key, image)),
        }
    }
    out.into_values().collect()
}

fn is_usable(image: &Image) -> bool {
    let texts = [&image.id, &image.name, &image.name_glob];
    let more = [&image.distribution, &image.release, &image.architecture];
    let texts = texts.into_iter().chain(more).chain(&image.region);
    texts.into_iter().all(|text| is_name(text))
}

impl Row {
    fn image(self) -> Image {
        let (distribution, release) = match release(&self.family) {
            Some((distribution, release)) => (distribution.to_owned(), release),
            None => (self.family.clone(), self.version.clone()),
        };
        let name_glob = match self.version.as_str() {
            "" => self.name.clone(),
            version => self.name.replace(version, "*"),
        };
        Image {
            disk_gib: None,
            attributes: Vec::new(),
            gpu: is_gpu(&distribution),
            created: self.created_time.as_deref().and_then(timestamp),
            id: self.id,
            name: self.name,
            owner: "lambda".to_owned(),
            distribution,
            release,
            architecture: self.architecture,
            name_glob,
            region: Some(self.region.name),
        }
    }
}

/// Returns true for Lambda's families of images with drivers and frameworks inside.
fn is_gpu(distribution: &str) -> bool {
    matches!(distribution, "lambda-stack" | "gpu-base")
}

/// Parses distribution and release from a family, if it has a release: `lambda-stack` and `22.04` of
/// `lambda-stack-22-04`.
fn release(family: &str) -> Option<(&str, String)> {
    let (rest, minor) = family.rsplit_once('-')?;
    let (distribution, major) = rest.rsplit_once('-')?;
    let two = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
    let named = !distribution.is_empty() && two(major) && two(minor);
    named.then(|| (distribution, format!("{major}.{minor}")))
}
