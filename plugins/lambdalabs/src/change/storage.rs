//! File systems, as volumes that several instances can use.

use cloudhost_sdk::resources::{Action, Place, ResourceId, ResourceKind, ResourceQuery, Step};
use cloudhost_sdk::storage::{Volume, VolumeClass, VolumeList, VolumeSpec, VolumeState};
use cloudhost_sdk::{Error, ErrorKind, Scope, World, timestamp};
use serde::Deserialize;

use super::call::Call;
use super::gone;
use super::instances::Named;
use crate::api::ask;

/// A file system.
#[derive(Debug, Deserialize)]
pub(super) struct Row {
    pub id: String,
    pub name: String,
    created: String,
    is_in_use: bool,
    pub region: Named,
}

impl Row {
    fn volume(&self) -> Volume {
        let place = Place::region(&self.region.name);
        let id = ResourceId::new(ResourceKind::Volume, &self.id, place).named(&self.name);
        let now = match self.is_in_use {
            true => VolumeState::InUse,
            false => VolumeState::Available,
        };
        Volume {
            class: Some(VolumeClass::SharedFileSystem),
            created: timestamp(&self.created),
            protected: Some(false),
            ..Volume::new(id, now)
        }
    }
}

/// Fetches all file systems.
pub(super) async fn all<W: World>(world: &W) -> Result<Vec<Row>, Error> {
    ask(world, "file-systems").await
}

/// Lists file systems. They have no tags: a query by tags finds none.
pub(super) async fn list<W: World>(world: &W, query: &ResourceQuery) -> Result<VolumeList, Error> {
    let rows = all(world).await?;
    let wanted = |row: &&Row| {
        query.tags.is_empty()
            && (query.regions.is_empty() || query.regions.contains(&row.region.name))
    };
    Ok(VolumeList {
        volumes: rows.iter().filter(wanted).map(Row::volume).collect(),
        missing: Vec::new(),
    })
}

/// Reads a file system: Lambda has a list alone.
pub(super) async fn get<W: World>(world: &W, id: &ResourceId) -> Result<Volume, Error> {
    let rows = all(world).await?;
    let row = rows.iter().find(|row| row.id == id.id);
    row.map(Row::volume).ok_or_else(|| gone(&id.id))
}

/// Plans a file system.
pub(super) async fn create<W: World>(world: &W, spec: VolumeSpec) -> Result<Vec<Step>, Error> {
    let cannot = [
        (
            spec.class
                .is_some_and(|class| class != VolumeClass::SharedFileSystem),
            "has no volumes but shared file systems",
        ),
        (spec.snapshot.is_some(), "has no snapshots"),
        (
            spec.size_gib.is_some(),
            "has file systems that grow, without a size to choose",
        ),
        (
            spec.iops.is_some(),
            "has no operations per second to choose",
        ),
        (spec.protected, "protects no file system against deletion"),
    ];
    if let Some((_, what)) = cannot.into_iter().find(|(is, _)| *is) {
        return Err(Error::new(ErrorKind::Unsupported, format!("Lambda {what}")));
    }
    if !is_name(&spec.name) {
        let message = "a name of a file system has at most 60 letters, digits and `-`, and begins with a letter";
        return Err(Error::new(ErrorKind::InvalidArgument, message));
    }
    if all(world).await?.iter().any(|row| row.name == spec.name) {
        let message = format!("the account has a file system by the name {}", spec.name);
        return Err(Error::new(ErrorKind::AlreadyExists, message));
    }
    let region = &spec.place.region;
    let summary = format!(
        "file system {} in {region}, which costs by its use",
        spec.name
    );
    let call = Call::MakeFileSystem {
        name: spec.name.clone(),
        region: region.clone(),
    };
    let step = Step::create(
        ResourceKind::Volume,
        &spec.name,
        Place::region(region),
        summary,
    );
    Ok(vec![call.on(step)?])
}

/// Tests a name against `^[a-zA-Z]+[0-9a-zA-Z-]*$`, of at most 60 characters.
fn is_name(name: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '-';
    name.len() <= 60
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(legal)
}

/// Returns the name of a file system in a region, for a launch.
pub(super) fn name_in(id: &ResourceId, region: &str, rows: &[Row]) -> Result<String, Error> {
    let row = rows
        .iter()
        .find(|row| row.id == id.id)
        .ok_or_else(|| gone(&id.id))?;
    if row.region.name != region {
        let message = format!(
            "file system {} is in {}, and the instance in {region}",
            row.name, row.region.name
        );
        let error = Error::new(ErrorKind::FailedPrecondition, message);
        let error = error.in_scope(Scope::Region(region.to_owned()));
        return Err(error.advice(format!(
            "choose the region {}, or another file system",
            row.region.name
        )));
    }
    Ok(row.name.clone())
}

/// Plans the end of a file system.
pub(super) async fn delete<W: World>(world: &W, id: ResourceId) -> Result<Vec<Step>, Error> {
    let rows = all(world).await?;
    let row = rows
        .iter()
        .find(|row| row.id == id.id)
        .ok_or_else(|| gone(&id.id))?;
    if row.is_in_use {
        let message = format!("an instance uses the file system {}", row.name);
        let error = Error::new(ErrorKind::FailedPrecondition, message);
        return Err(error.advice("end the instance first"));
    }
    let summary = format!("delete the file system {}, with its data", row.name);
    let call = Call::DeleteFileSystem { id: row.id.clone() };
    Ok(vec![call.on(Step::change(
        Action::Delete,
        &row.volume().id,
        summary,
    ))?])
}
