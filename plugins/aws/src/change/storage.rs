//! Volumes and snapshots of EBS.

use cloudhost_sdk::change::{Plan, state};
use cloudhost_sdk::query::Action as Query;
use cloudhost_sdk::resources::{Action, Place, ResourceId, ResourceKind, ResourceQuery, Step};
use cloudhost_sdk::storage::{
    Reach, Snapshot, SnapshotList, SnapshotState, Volume, VolumeClass, VolumeList, VolumeSpec,
    VolumeState,
};
use cloudhost_sdk::{Error, ErrorKind, World};
use futures::future::join;

use super::api;
use super::call::Call;
use super::instances;
use super::launch::free_devices;
use super::rows::{List, Row, TAG_KEY, TAG_VALUE};

/// Volumes in the response of `DescribeVolumes`.
pub(super) static VOLUMES: List = List {
    at: "volumeSet/item",
    fields: &[
        "volumeId",
        "status",
        "size",
        "volumeType",
        "iops",
        "encrypted",
        "createTime",
        "availabilityZone",
        "attachmentSet/item/instanceId",
        "attachmentSet/item/status",
        TAG_KEY,
        TAG_VALUE,
    ],
};

/// Snapshots in the response of `DescribeSnapshots`.
pub(super) static SNAPSHOTS: List = List {
    at: "snapshotSet/item",
    fields: &[
        "snapshotId",
        "volumeId",
        "status",
        "statusMessage",
        "startTime",
        "progress",
        "volumeSize",
        "encrypted",
        TAG_KEY,
        TAG_VALUE,
    ],
};

const VOLUME_STATES: [(&str, VolumeState); 6] = [
    ("creating", VolumeState::Creating),
    ("available", VolumeState::Available),
    ("in-use", VolumeState::InUse),
    ("deleting", VolumeState::Deleting),
    ("deleted", VolumeState::Deleted),
    ("error", VolumeState::Failed),
];

const SNAPSHOT_STATES: [(&str, SnapshotState); 3] = [
    ("pending", SnapshotState::Pending),
    ("completed", SnapshotState::Completed),
    ("error", SnapshotState::Failed),
];

/// The identifier of the volume of a snapshot that was copied.
const NO_VOLUME: &str = "vol-ffffffff";

fn paged(action: Query) -> Query {
    action.param("MaxResults", "500")
}

/// Lists volumes.
pub(super) async fn list_volumes<W: World>(
    world: &W,
    query: &ResourceQuery,
) -> Result<VolumeList, Error> {
    let listed = api::list(world, query, "DescribeVolumes", &VOLUMES, paged, volume);
    let (volumes, missing) = listed.await?;
    Ok(VolumeList { volumes, missing })
}

/// Reads a volume.
pub(super) async fn get_volume<W: World>(world: &W, id: &ResourceId) -> Result<Volume, Error> {
    let row = api::one(world, id, "DescribeVolumes", &VOLUMES, "VolumeId.1").await?;
    Ok(volume(&row, &id.place.region))
}

fn volume(row: &Row, region: &str) -> Volume {
    let place = row.place(region, "availabilityZone");
    let id = ResourceId::new(ResourceKind::Volume, row.text("volumeId"), place);
    let mut out = Volume::new(
        id.named(row.name()),
        state(row.text("status"), &VOLUME_STATES, VolumeState::Other),
    );
    out.status = row.owned("status");
    out.class = match row.text("volumeType") {
        "standard" | "sc1" | "st1" => Some(VolumeClass::Standard),
        "gp2" | "gp3" => Some(VolumeClass::Balanced),
        "io1" | "io2" => Some(VolumeClass::Provisioned),
        _ => None,
    };
    out.size_gib = row.number("size");
    let attached = row.all("attachmentSet/item/instanceId");
    out.attached_to = Some(attached.map(str::to_owned).collect());
    out.created = row.time("createTime");
    out.protected = Some(false);
    out.tags = row.tags();
    out
}

/// Returns EBS's type of a class.
fn volume_type(class: Option<VolumeClass>) -> Result<&'static str, Error> {
    match class {
        Some(VolumeClass::Standard) => Ok("standard"),
        None | Some(VolumeClass::Balanced | VolumeClass::Ssd) => Ok("gp3"),
        Some(VolumeClass::Provisioned) => Ok("io2"),
        Some(VolumeClass::SharedFileSystem) => {
            let message = "EC2 has no file system that several instances can use";
            let error = Error::new(ErrorKind::Unsupported, message);
            Err(error.advice("make one with another service: aws efs create-file-system"))
        }
    }
}

/// Plans a volume.
pub(super) async fn create_volume<W: World>(
    world: &W,
    spec: VolumeSpec,
) -> Result<Vec<Step>, Error> {
    let of = volume_type(spec.class)?;
    let no = |message: String, advice: &str| {
        Err(Error::new(ErrorKind::InvalidArgument, message).advice(advice))
    };
    let Some(zone) = &spec.place.zone else {
        let message = "a volume of EC2 lives in a zone".to_owned();
        return no(message, "name the zone of the instance that will have it");
    };
    if spec.protected {
        let message = "EC2 protects no volume against deletion";
        return Err(Error::new(ErrorKind::Unsupported, message));
    }
    if of == "io2" && spec.iops.is_none() {
        let message = "a provisioned volume needs its operations per second".to_owned();
        return no(
            message,
            "give a number of operations per second, or another class",
        );
    }
    if of == "standard" && spec.iops.is_some() {
        let message = "a standard volume has no operations per second to choose".to_owned();
        return no(message, "leave them out, or choose another class");
    }
    let mut size = spec.size_gib;
    if let Some(source) = &spec.snapshot {
        if source.place.region != spec.place.region {
            let message = format!("snapshot {} is in {}", source.id, source.place.region);
            let error = Error::new(ErrorKind::FailedPrecondition, message);
            return Err(error.advice(format!("copy it to {} first", spec.place.region)));
        }
        let source = get_snapshot(world, source).await?;
        restorable(&source)?;
        if let (Some(least), Some(wanted)) = (source.size_gib, size)
            && wanted < least
        {
            let message = format!("snapshot {} needs a volume of {least} GiB", source.id.id);
            return no(message, "give at least that size");
        }
        size = size.or(source.size_gib);
    }
    let Some(size) = size else {
        return no(
            "a volume of EC2 has a size".to_owned(),
            "give the size in GiB",
        );
    };
    let from = spec.snapshot.as_ref().map(|snapshot| &snapshot.id);
    let what = from.map_or(String::new(), |id| format!(", from snapshot {id}"));
    let summary = format!("volume {}, {size} GiB {of} in {zone}{what}", spec.name);
    let call = Call::new("CreateVolume")
        .set("AvailabilityZone", zone)
        .set("Size", size.to_string())
        .set("VolumeType", of)
        .set_some("Iops", spec.iops.map(|iops| iops.to_string()))
        .set_some("SnapshotId", from);
    let step = Step::create(ResourceKind::Volume, &spec.name, spec.place, summary);
    Ok(vec![call.on(step)?])
}

/// Checks that a snapshot is complete.
fn restorable(snapshot: &Snapshot) -> Result<(), Error> {
    if snapshot.state == SnapshotState::Completed {
        return Ok(());
    }
    let state = snapshot.status.as_deref().unwrap_or("not complete");
    let message = format!("snapshot {} is {state}", snapshot.id.id);
    let kind = match snapshot.state {
        SnapshotState::Pending => ErrorKind::Busy,
        _ => ErrorKind::FailedPrecondition,
    };
    Err(Error::new(kind, message))
}

/// Plans a copy of a volume: a snapshot, its copy if the region is another, the volume, and the end of the snapshots.
pub(super) async fn clone_volume<W: World>(
    world: &W,
    id: ResourceId,
    to: Place,
    name: String,
) -> Result<Vec<Step>, Error> {
    let row = api::one(world, &id, "DescribeVolumes", &VOLUMES, "VolumeId.1").await?;
    let source = volume(&row, &id.place.region);
    let there = to.region != id.place.region;
    if there && row.text("encrypted") == "true" {
        return Err(needs_signed_url(&id.id));
    }
    let zone = match (&to.zone, &source.id.place.zone) {
        (Some(zone), _) => zone.clone(),
        (None, Some(own)) if !there => own.clone(),
        _ => {
            let message = "a volume of EC2 lives in a zone";
            let error = Error::new(ErrorKind::InvalidArgument, message);
            return Err(error.advice(format!("name a zone of {}", to.region)));
        }
    };
    let to = Place::zone(&to.region, zone);
    let mut plan = Plan::default();
    let first = plan.add(snapshot_step(&source.id, &name)?);
    let mut taken = vec![(first, Place::region(&id.place.region))];
    if there {
        let summary = format!("copy the snapshot to {}", to.region);
        let place = Place::region(&to.region);
        let call = Call::new("CopySnapshot")
            .set("SourceRegion", &id.place.region)
            .made("SourceSnapshotId", first);
        let step = Step {
            action: Action::Copy,
            ..Step::create(ResourceKind::Snapshot, &name, place.clone(), summary)
        };
        taken.push((plan.add(call.on(step.after([first]))?), place));
    }
    let from = taken.last().map_or(first, |(step, _)| *step);
    let of = row.get("volumeType").unwrap_or("gp3");
    let size = source
        .size_gib
        .map(|size| format!(", {size} GiB"))
        .unwrap_or_default();
    let zone = to.zone.clone().unwrap_or_default();
    let summary = format!("volume {name}{size} {of} in {zone}, from the snapshot");
    let iops = row.get("iops").filter(|_| matches!(of, "io1" | "io2"));
    let call = Call::new("CreateVolume")
        .set("AvailabilityZone", zone)
        .set("VolumeType", of)
        .set_some("Iops", iops)
        .made("SnapshotId", from);
    let step = Step::create(ResourceKind::Volume, &name, to, summary);
    let mut before = plan.add(call.on(step.after([from]))?);
    for (snapshot, place) in taken {
        let summary = format!("delete the snapshot in {}", place.region);
        let call = Call::new("DeleteSnapshot").made("SnapshotId", snapshot);
        let step = Step {
            action: Action::Delete,
            ..Step::create(ResourceKind::Snapshot, &name, place, summary)
        };
        before = plan.add(call.on(step.after([before]))?);
    }
    Ok(plan.steps())
}

/// Plans the attachment of a volume; nothing, if the instance has it.
pub(super) async fn attach_volume<W: World>(
    world: &W,
    id: ResourceId,
    instance: ResourceId,
) -> Result<Vec<Step>, Error> {
    let (volume, row) = join(get_volume(world, &id), instances::read(world, &instance)).await;
    let (volume, row) = (volume?, row?);
    let precondition = |message: String| Error::new(ErrorKind::FailedPrecondition, message);
    let attached = volume.attached_to.as_deref().unwrap_or_default();
    if attached.contains(&instance.id) {
        return Ok(Vec::new());
    }
    if volume.state != VolumeState::Available {
        let status = volume.status.as_deref().unwrap_or("not available");
        let of = attached.join(", ");
        let error = precondition(format!("volume {} is {status}: {of}", id.id));
        return Err(error.advice("detach it first"));
    }
    let zone = row.get("placement/availabilityZone");
    if zone != volume.id.place.zone.as_deref() {
        let (own, zone) = (
            volume.id.place.zone.unwrap_or_default(),
            zone.unwrap_or_default(),
        );
        let error = precondition(format!(
            "volume {} is in {own}, and {} in {zone}",
            id.id, instance.id
        ));
        return Err(error.advice(format!("clone the volume to {zone}")));
    }
    if !matches!(row.text("instanceState/name"), "running" | "stopped") {
        let now = row.text("instanceState/name");
        return Err(precondition(format!("{} is {now}", instance.id)));
    }
    let Some(device) = free_devices(&row).next() else {
        return Err(precondition(format!(
            "{} has no free device name",
            instance.id
        )));
    };
    let summary = format!("attach volume {} to {} as {device}", id.id, instance.id);
    let call = Call::new("AttachVolume")
        .set("Device", device)
        .set("InstanceId", &instance.id)
        .set("VolumeId", &id.id);
    Ok(vec![call.on(Step::change(
        Action::Attach,
        &volume.id,
        summary,
    ))?])
}

/// Plans the detachment of a volume; nothing, if it is not attached.
pub(super) async fn detach_volume<W: World>(
    world: &W,
    id: ResourceId,
    instance: Option<ResourceId>,
) -> Result<Vec<Step>, Error> {
    let volume = get_volume(world, &id).await?;
    let attached = volume.attached_to.as_deref().unwrap_or_default();
    let from = match (&instance, attached) {
        (Some(instance), all) if all.contains(&instance.id) => &instance.id,
        (Some(_), _) | (None, []) => return Ok(Vec::new()),
        (None, [only]) => only,
        (None, several) => {
            let message = format!("volume {} is attached to {}", id.id, several.join(", "));
            let error = Error::new(ErrorKind::InvalidArgument, message);
            return Err(error.advice("name the instance to detach it from"));
        }
    };
    let summary = format!("detach volume {} from {from}", id.id);
    let call = Call::new("DetachVolume")
        .set("InstanceId", from)
        .set("VolumeId", &id.id);
    Ok(vec![call.on(Step::change(
        Action::Detach,
        &volume.id,
        summary,
    ))?])
}

/// Plans the end of a volume; nothing, if it has ended.
pub(super) async fn delete_volume<W: World>(world: &W, id: ResourceId) -> Result<Vec<Step>, Error> {
    let volume = get_volume(world, &id).await?;
    if matches!(volume.state, VolumeState::Deleting | VolumeState::Deleted) {
        return Ok(Vec::new());
    }
    let attached = volume.attached_to.as_deref().unwrap_or_default();
    if !attached.is_empty() {
        let message = format!("volume {} is attached to {}", id.id, attached.join(", "));
        let error = Error::new(ErrorKind::FailedPrecondition, message);
        return Err(error.advice("detach it first"));
    }
    let summary = format!("delete volume {}, with its data", id.id);
    let call = Call::new("DeleteVolume").set("VolumeId", &id.id);
    Ok(vec![call.on(Step::change(
        Action::Delete,
        &volume.id,
        summary,
    ))?])
}

/// Lists the account's own snapshots.
pub(super) async fn list_snapshots<W: World>(
    world: &W,
    query: &ResourceQuery,
) -> Result<SnapshotList, Error> {
    let own = |action: Query| paged(action).param("Owner.1", "self");
    let listed = api::list(world, query, "DescribeSnapshots", &SNAPSHOTS, own, snapshot);
    let (snapshots, missing) = listed.await?;
    Ok(SnapshotList { snapshots, missing })
}

/// Reads a snapshot.
pub(super) async fn get_snapshot<W: World>(world: &W, id: &ResourceId) -> Result<Snapshot, Error> {
    let row = api::one(world, id, "DescribeSnapshots", &SNAPSHOTS, "SnapshotId.1").await?;
    Ok(snapshot(&row, &id.place.region))
}

fn snapshot(row: &Row, region: &str) -> Snapshot {
    let id = ResourceId::new(
        ResourceKind::Snapshot,
        row.text("snapshotId"),
        Place::region(region),
    );
    let now = state(row.text("status"), &SNAPSHOT_STATES, SnapshotState::Other);
    let mut out = Snapshot::new(id.named(row.name()), now, Reach::Region);
    out.source = row.owned("volumeId").filter(|id| id != NO_VOLUME);
    out.status = row.owned("status");
    let percent = row.get("progress").and_then(|text| text.strip_suffix('%'));
    out.percent = percent
        .and_then(|text| text.parse().ok())
        .filter(|n| *n <= 100);
    out.size_gib = row.number("volumeSize");
    out.created = row.time("startTime");
    out.tags = row.tags();
    out.message = row.owned("statusMessage");
    out
}

/// Plans a snapshot of a volume.
pub(super) async fn create_snapshot<W: World>(
    world: &W,
    id: ResourceId,
    name: String,
) -> Result<Vec<Step>, Error> {
    let volume = get_volume(world, &id).await?;
    Ok(vec![snapshot_step(&volume.id, &name)?])
}

fn snapshot_step(volume: &ResourceId, name: &str) -> Result<Step, Error> {
    let summary = format!("snapshot {name} of volume {}", volume.id);
    let place = Place::region(&volume.place.region);
    let call = Call::new("CreateSnapshot").set("VolumeId", &volume.id);
    call.on(Step::create(ResourceKind::Snapshot, name, place, summary))
}

/// Plans a copy of a snapshot in a region.
pub(super) async fn copy_snapshot<W: World>(
    world: &W,
    id: ResourceId,
    to: Place,
    name: String,
) -> Result<Vec<Step>, Error> {
    let row = api::one(world, &id, "DescribeSnapshots", &SNAPSHOTS, "SnapshotId.1").await?;
    let source = snapshot(&row, &id.place.region);
    restorable(&source)?;
    if row.text("encrypted") == "true" && to.region != id.place.region {
        return Err(needs_signed_url(&id.id));
    }
    let summary = format!(
        "copy snapshot {} from {} to {}",
        id.id, id.place.region, to.region
    );
    let call = Call::new("CopySnapshot")
        .set("SourceRegion", &id.place.region)
        .set("SourceSnapshotId", &id.id);
    let step = Step {
        action: Action::Copy,
        ..Step::create(
            ResourceKind::Snapshot,
            name,
            Place::region(to.region),
            summary,
        )
    };
    Ok(vec![call.on(step)?])
}

/// Creates the error for a copy of an encrypted snapshot to another region: EC2 wants a URL that the user's key has signed
/// in it, and no plugin sees the key.
fn needs_signed_url(id: &str) -> Error {
    let message = format!(
        "{id} is encrypted: EC2 copies it to another region only with a URL that is signed for it"
    );
    let error = Error::new(ErrorKind::Unsupported, message);
    error.advice("copy it with aws ec2 copy-snapshot, and use the copy here")
}

/// Plans the end of a snapshot.
pub(super) async fn delete_snapshot<W: World>(
    world: &W,
    id: ResourceId,
) -> Result<Vec<Step>, Error> {
    let snapshot = get_snapshot(world, &id).await?;
    let summary = format!("delete snapshot {}", id.id);
    let call = Call::new("DeleteSnapshot").set("SnapshotId", &id.id);
    Ok(vec![call.on(Step::change(
        Action::Delete,
        &snapshot.id,
        summary,
    ))?])
}

#[cfg(test)]
#[path = "storage_tests.rs"]
mod tests;
