//! Instances: lists, and plans.

use std::collections::BTreeMap;

use cloudhost_sdk::change::{Plan, state};
use cloudhost_sdk::instances::{Instance, InstanceList, InstanceSpec, InstanceState};
use cloudhost_sdk::resources::{
    Action, Place, ResourceId, ResourceKind, ResourceQuery, Step, Tag, has_tags,
};
use cloudhost_sdk::{Error, ErrorKind, Market, Timestamp, World, excerpt};
use futures::future::{OptionFuture, join3};
use serde::Deserialize;
use serde_json::{Value, json};

use super::call::{Call, check_id};
use super::{gone, keys, storage};
use crate::api::{ask, ask_dated};

/// A region by its name.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Named {
    pub name: String,
}

/// An instance. Its fields with a token, `jupyter_token` and `jupyter_url`, are not read.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Row {
    pub id: String,
    name: Option<String>,
    ip: Option<String>,
    private_ip: Option<String>,
    pub status: String,
    region: Named,
    instance_type: Named,
    tags: Option<Vec<TagEntry>>,
}

#[derive(Clone, Debug, Deserialize)]
struct TagEntry {
    key: String,
    value: String,
}

const STATES: [(&str, InstanceState); 6] = [
    ("booting", InstanceState::Pending),
    ("active", InstanceState::Running),
    ("unhealthy", InstanceState::Failed),
    ("terminating", InstanceState::Terminating),
    ("terminated", InstanceState::Terminated),
    ("preempted", InstanceState::Terminated),
];

/// The user of Lambda's images: "ssh ubuntu@INSTANCE-IP".
const LOGIN: &str = "ubuntu";

impl Row {
    /// Returns the tags.
    pub fn tags(&self) -> Vec<Tag> {
        let tags = self.tags.iter().flatten();
        tags.map(|tag| (tag.key.clone(), tag.value.clone()))
            .collect()
    }

    fn instance(self) -> Instance {
        let tags = self.tags();
        let id = ResourceId::new(
            ResourceKind::Instance,
            self.id,
            Place::region(self.region.name),
        );
        let id = id.named(self.name.unwrap_or_default());
        let now = state(&self.status, &STATES, InstanceState::Other);
        Instance {
            status: Some(self.status),
            market: Some(Market::OnDemand),
            public_ip: self.ip,
            private_ip: self.private_ip,
            login: Some(LOGIN.to_owned()),
            protected: Some(false),
            tags,
            ..Instance::new(id, now, self.instance_type.name)
        }
    }
}

/// Fetches all instances, and the time of the response.
pub(super) async fn all<W: World>(world: &W) -> Result<(Vec<Row>, Option<Timestamp>), Error> {
    ask_dated(world, "instances").await
}

/// Lists instances.
pub(super) async fn list<W: World>(
    world: &W,
    query: &ResourceQuery,
) -> Result<InstanceList, Error> {
    let (rows, _) = all(world).await?;
    let wanted = |instance: &Instance| {
        let regions = &query.regions;
        (regions.is_empty() || regions.contains(&instance.id.place.region))
            && has_tags(&instance.tags, &query.tags)
    };
    Ok(InstanceList {
        instances: rows.into_iter().map(Row::instance).filter(wanted).collect(),
        missing: Vec::new(),
    })
}

/// Reads an instance.
pub(super) async fn get<W: World>(world: &W, id: &ResourceId) -> Result<Instance, Error> {
    let row: Row = ask(world, &format!("instances/{}", check_id(&id.id)?)).await?;
    Ok(row.instance())
}

/// Plans an instance, with the key that it needs before it. Reads, all concurrent: keys, images, file systems.
pub(super) async fn create<W: World>(world: &W, spec: InstanceSpec) -> Result<Vec<Step>, Error> {
    let [wanted] = spec.ssh_keys.as_slice() else {
        let message = "Lambda takes exactly one SSH key for an instance";
        let mut error = Error::new(ErrorKind::InvalidArgument, message);
        // The host then makes one.
        error.code = spec
            .ssh_keys
            .is_empty()
            .then(|| "ssh-key-required".to_owned());
        return Err(error.advice("give one SSH key, and further ones by the user data"));
    };
    check(&spec)?;
    let images: OptionFuture<_> = spec
        .image
        .as_ref()
        .map(|_| ask::<Vec<Image>>(world, "images"))
        .into();
    let systems: OptionFuture<_> = (!spec.volumes.is_empty())
        .then(|| storage::all(world))
        .into();
    let (keys, images, systems) = join3(keys::all(world), images, systems).await;

    let mut plan = Plan::default();
    let (key, before) = keys::named(wanted, &keys?, &mut plan)?;
    let region = &spec.place.region;
    let mut body = BTreeMap::from([
        ("region_name", json!(region)),
        ("instance_type_name", json!(spec.instance_type)),
        ("ssh_key_names", json!([key])),
        ("name", json!(spec.name)),
    ]);
    if let (Some(wanted), Some(images)) = (&spec.image, images.transpose()?) {
        body.insert("image", image(wanted, region, &images)?);
    }
    if let Some(systems) = systems.transpose()? {
        let names = spec
            .volumes
            .iter()
            .map(|volume| storage::name_in(volume, region, &systems));
        body.insert(
            "file_system_names",
            json!(names.collect::<Result<Vec<_>, _>>()?),
        );
    }
    if !spec.security_groups.is_empty() {
        let rules = spec.security_groups.iter().map(|id| json!({"id": id}));
        body.insert("firewall_rulesets", rules.collect());
    }
    if let Some(data) = &spec.user_data {
        body.insert("user_data", user_data(data)?);
    }
    let summary = format!("instance {}, {} in {region}", spec.name, spec.instance_type);
    let step = Step::create(
        ResourceKind::Instance,
        &spec.name,
        Place::region(region),
        summary,
    )
    .priced(&spec.instance_type, Market::OnDemand, 1)
    .after(before);
    let body = body
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    plan.add(Call::Launch { body }.on(step)?);
    Ok(plan.steps())
}

/// Rejects what Lambda cannot do.
fn check(spec: &InstanceSpec) -> Result<(), Error> {
    let cannot = [
        (spec.market != Market::OnDemand, "sells no spot instances"),
        (
            spec.disk_gib.is_some(),
            "fixes the size of the boot disk by the instance type",
        ),
        (
            spec.network.is_some() || spec.subnet.is_some(),
            "has no networks to choose",
        ),
        (
            spec.public_address == Some(false),
            "gives each instance a public address",
        ),
        (spec.role.is_some(), "has no roles of instances"),
        (spec.protected, "protects no instance against deletion"),
    ];
    if let Some((_, what)) = cannot.into_iter().find(|(is, _)| *is) {
        return Err(Error::new(ErrorKind::Unsupported, format!("Lambda {what}")));
    }
    if spec.name.chars().count() > 64 {
        let message = "a name of an instance of Lambda has at most 64 characters";
        return Err(Error::new(ErrorKind::InvalidArgument, message));
    }
    Ok(())
}

#[derive(Deserialize)]
struct Image {
    id: String,
    family: String,
    region: Named,
}

/// Returns the image of a request: by its identifier, or the newest of a family.
fn image(wanted: &str, region: &str, images: &[Image]) -> Result<Value, Error> {
    let here = || images.iter().filter(|image| image.region.name == region);
    if here().any(|image| image.id == wanted) {
        return Ok(json!({"id": wanted}));
    }
    if here().any(|image| image.family == wanted) {
        return Ok(json!({"family": wanted}));
    }
    let shown = excerpt(wanted.as_bytes());
    let message = format!("{region} has no image with the identifier or family {shown}");
    let error = Error::new(ErrorKind::NotFound, message);
    Err(error.advice(format!(
        "an image has another identifier in each region: list the images of {region}"
    )))
}

fn user_data(data: &[u8]) -> Result<Value, Error> {
    const MOST: usize = 1_000_000;
    match std::str::from_utf8(data) {
        Ok(text) if data.len() <= MOST => Ok(json!(text)),
        _ => {
            let message = "Lambda takes user data of plain text and at most 1 MB";
            Err(Error::new(ErrorKind::InvalidArgument, message))
        }
    }
}

/// Plans the end of an instance; nothing, if it has ended.
pub(super) async fn delete<W: World>(world: &W, id: ResourceId) -> Result<Vec<Step>, Error> {
    let (rows, _) = all(world).await?;
    let row = rows
        .into_iter()
        .find(|row| row.id == id.id)
        .ok_or_else(|| gone(&id.id))?;
    let now = row.instance();
    if matches!(
        now.state,
        InstanceState::Terminating | InstanceState::Terminated
    ) {
        return Ok(Vec::new());
    }
    let summary = format!(
        "end instance {}, {}; its file systems stay",
        now.id.id, now.instance_type
    );
    let step = Step::change(Action::Delete, &now.id, summary).priced(
        now.instance_type,
        Market::OnDemand,
        1,
    );
    let call = Call::Terminate { id: now.id.id };
    Ok(vec![call.on(step)?])
}
