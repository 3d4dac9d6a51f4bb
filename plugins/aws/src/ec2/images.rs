//! Images: `DescribeImages` of each publisher in the home region, and the newest image of each release.

use std::collections::BTreeMap;

use cloudhost_sdk::query::Action;
use cloudhost_sdk::xml::Step;
use cloudhost_sdk::{DataKind, Error, Gap, Image, Scope, World, join_all, timestamp};

use super::api::Api;
use super::distributions::{DISTRIBUTIONS, Distribution};
use super::name_pattern;

/// Fetches the images of all publishers, with a gap for each publisher whose request failed.
pub(super) async fn fetch<W: World>(api: &Api<'_, W>) -> (Vec<Image>, Vec<Gap>) {
    let answers = join_all(DISTRIBUTIONS.iter().map(|of| newest(api, of))).await;
    let (mut images, mut gaps) = (Vec::new(), Vec::new());
    for (of, answer) in DISTRIBUTIONS.iter().zip(answers) {
        match answer {
            Ok(found) => images.extend(found),
            Err(error) => {
                let error = error.context(&format!("images of {}", of.title));
                let error = error.in_scope(Scope::Region(api.home.clone()));
                gaps.push(error.into_gap(DataKind::Images));
            }
        }
    }
    (images, gaps)
}

async fn newest<W: World>(api: &Api<'_, W>, of: &Distribution) -> Result<Vec<Image>, Error> {
    let action = Action::read("DescribeImages")
        .list("Owner", [of.owner])
        .filter(
            "name",
            of.rules
                .iter()
                .map(|(pattern, _)| name_pattern::filter(pattern)),
        )
        .filter("state", ["available"])
        .filter("image-type", ["machine"])
        .filter("virtualization-type", ["hvm"])
        .param("MaxResults", "1000");
    let mut newest: BTreeMap<(String, String), Image> = BTreeMap::new();
    let mut row = Row::default();
    let see = |path: &[&str], step: Step<'_>| match (path, step) {
        (["imagesSet", "item"], Step::Close(_)) => {
            let Some(image) = std::mem::take(&mut row).image(of, &api.home) else {
                return;
            };
            let key = (image.release.clone(), image.architecture.clone());
            let age = |image: &Image| (image.created, image.name.clone());
            match newest.get(&key) {
                Some(other) if age(other) >= age(&image) => {}
                _ => drop(newest.insert(key, image)),
            }
        }
        (["imagesSet", "item", field], Step::Close(Some(text))) => row.field(field, text),
        _ => {}
    };
    api.ask(&api.home, action, "DescribeImages", see).await?;
    Ok(newest.into_values().collect())
}

#[derive(Default)]
struct Row {
    id: String,
    name: String,
    architecture: String,
    created: Option<u64>,
}

impl Row {
    fn field(&mut self, field: &str, text: &str) {
        match field {
            "imageId" => text.clone_into(&mut self.id),
            "name" => text.clone_into(&mut self.name),
            "architecture" => text.clone_into(&mut self.architecture),
            "creationDate" => self.created = timestamp(text),
            _ => {}
        }
    }

    /// Returns the image, if its name is one that the publisher documents for released images.
    fn image(self, of: &Distribution, region: &str) -> Option<Image> {
        let mut rules = of.rules.iter();
        let (found, release) = rules.find_map(|(pattern, release)| {
            Some((name_pattern::find(pattern, &self.name)?, release))
        })?;
        if self.id.is_empty() || self.architecture.is_empty() {
            return None;
        }
        Some(Image {
            disk_gib: None,
            attributes: Vec::new(),
            id: self.id,
            owner: of.owner.to_owned(),
            distribution: of.name.to_owned(),
            release: found.release(release),
            name_glob: found.glob,
            name: self.name,
            architecture: self.architecture,
            region: Some(region.to_owned()),
            created: self.created,
            gpu: of.gpu,
        })
    }
}
