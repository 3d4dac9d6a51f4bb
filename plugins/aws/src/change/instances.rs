//! Instances: lists, and plans for those that exist.

use cloudhost_sdk::change::state;
use cloudhost_sdk::instances::{Instance, InstanceList, InstanceState};
use cloudhost_sdk::resources::{Action, ResourceId, ResourceKind, ResourceQuery, Step};
use cloudhost_sdk::{Error, ErrorKind, Market, World, timestamp};
use futures::future::join;

use super::api;
use super::call::Call;
use super::rows::{List, Row, TAG_KEY, TAG_VALUE};
use super::run::protection;

/// Instances in the response of `DescribeInstances`.
pub(super) static INSTANCES: List = List {
    at: "reservationSet/item/instancesSet/item",
    fields: &[
        "instanceId",
        "instanceType",
        "instanceState/name",
        "instanceLifecycle",
        "ipAddress",
        "privateIpAddress",
        "placement/availabilityZone",
        "stateReason/code",
        "stateReason/message",
        "rootDeviceName",
        "rootDeviceType",
        DEVICE,
        DEVICE_VOLUME,
        DEVICE_ENDS,
        ATTACHED,
        TAG_KEY,
        TAG_VALUE,
    ],
};

/// Field with the name of a block device.
pub(super) const DEVICE: &str = "blockDeviceMapping/item/deviceName";

/// Field with the volume of a block device.
const DEVICE_VOLUME: &str = "blockDeviceMapping/item/ebs/volumeId";

/// Field that tells whether a volume ends with the instance.
const DEVICE_ENDS: &str = "blockDeviceMapping/item/ebs/deleteOnTermination";

/// Field with the time at which a network interface was attached.
const ATTACHED: &str = "networkInterfaceSet/item/attachment/attachTime";

const STATES: [(&str, InstanceState); 6] = [
    ("pending", InstanceState::Pending),
    ("running", InstanceState::Running),
    ("stopping", InstanceState::Stopping),
    ("stopped", InstanceState::Stopped),
    ("shutting-down", InstanceState::Terminating),
    ("terminated", InstanceState::Terminated),
];

/// Lists instances. EC2 leaves out those that ended more than an hour ago.
pub(super) async fn list<W: World>(
    world: &W,
    query: &ResourceQuery,
) -> Result<InstanceList, Error> {
    let paged = |action: cloudhost_sdk::query::Action| action.param("MaxResults", "1000");
    let listed = api::list(
        world,
        query,
        "DescribeInstances",
        &INSTANCES,
        paged,
        instance,
    );
    let (instances, missing) = listed.await?;
    Ok(InstanceList { instances, missing })
}

/// Reads an instance, and whether it is protected, if that may be read.
pub(super) async fn get<W: World>(world: &W, id: &ResourceId) -> Result<Instance, Error> {
    let (row, protected) = join(read(world, id), is_protected(world, id)).await;
    let mut instance = instance(&row?, &id.place.region);
    instance.protected = protected.ok();
    Ok(instance)
}

pub(super) async fn read<W: World>(world: &W, id: &ResourceId) -> Result<Row, Error> {
    api::one(world, id, "DescribeInstances", &INSTANCES, "InstanceId.1").await
}

/// Reads whether EC2 refuses to end an instance.
pub(super) async fn is_protected<W: World>(world: &W, id: &ResourceId) -> Result<bool, Error> {
    static ATTRIBUTE: List = List {
        at: "disableApiTermination",
        fields: &["value"],
    };
    let ask = |action: cloudhost_sdk::query::Action| {
        action
            .param("InstanceId", &id.id)
            .param("Attribute", "disableApiTermination")
    };
    let read = api::rows(
        world,
        &id.place.region,
        "DescribeInstanceAttribute",
        &ATTRIBUTE,
        ask,
    );
    let rows = read.await.map_err(api::absent)?;
    Ok(rows.first().is_some_and(|row| row.text("value") == "true"))
}

fn instance(row: &Row, region: &str) -> Instance {
    let word = row.text("instanceState/name");
    let id = ResourceId::new(
        ResourceKind::Instance,
        row.text("instanceId"),
        row.place(region, "placement/availabilityZone"),
    );
    let state = state(word, &STATES, InstanceState::Other);
    let mut out = Instance::new(id.named(row.name()), state, row.text("instanceType"));
    out.status = row.owned("instanceState/name");
    out.market = match row.get("instanceLifecycle") {
        None => Some(Market::OnDemand),
        Some("spot") => Some(Market::Spot),
        Some("capacity-block") => Some(Market::CapacityBlock),
        Some(_) => None,
    };
    out.public_ip = row.owned("ipAddress");
    out.private_ip = row.owned("privateIpAddress");
    // `launchTime` is that of the last start. The first network interface stays for life.
    out.created = row.all(ATTACHED).filter_map(timestamp).min();
    out.tags = row.tags();
    out.message = row.owned("stateReason/message");
    out
}

/// Plans the start of an instance; nothing, if it runs.
pub(super) async fn start<W: World>(world: &W, id: ResourceId) -> Result<Vec<Step>, Error> {
    let row = read(world, &id).await?;
    let now = instance(&row, &id.place.region);
    match row.text("instanceState/name") {
        "pending" | "running" => Ok(Vec::new()),
        "shutting-down" | "terminated" => Err(ended(&id, &row)),
        _ => {
            let market = now.market.unwrap_or(Market::OnDemand);
            let summary = format!("start instance {}, {}", id.id, now.instance_type);
            let step =
                Step::change(Action::Start, &now.id, summary).priced(now.instance_type, market, 1);
            let call = Call::new("StartInstances").set("InstanceId.1", &id.id);
            Ok(vec![call.on(step)?])
        }
    }
}

/// Plans the stop of an instance; nothing, if it is stopped.
pub(super) async fn stop<W: World>(world: &W, id: ResourceId) -> Result<Vec<Step>, Error> {
    let row = read(world, &id).await?;
    let now = instance(&row, &id.place.region);
    let cannot = |why: &str, advice: &str| {
        let message = format!("cannot stop {}: {why}", id.id);
        Err(Error::new(ErrorKind::FailedPrecondition, message).advice(advice))
    };
    match row.text("instanceState/name") {
        "stopping" | "stopped" => return Ok(Vec::new()),
        "shutting-down" | "terminated" => return Err(ended(&id, &row)),
        _ => {}
    }
    if row.get("rootDeviceType") == Some("instance-store") {
        return cannot(
            "its root device ends with it",
            "end it instead, when its data is saved",
        );
    }
    if now.market == Some(Market::Spot) {
        return cannot(
            "it is a spot instance of a single request",
            "end it instead, when its data is saved",
        );
    }
    let market = now.market.unwrap_or(Market::OnDemand);
    let summary = format!("stop instance {}; its volumes stay, and cost", id.id);
    let step = Step::change(Action::Stop, &now.id, summary).priced(now.instance_type, market, 1);
    let call = Call::new("StopInstances").set("InstanceId.1", &id.id);
    Ok(vec![call.on(step)?])
}

/// Plans the end of an instance; nothing, if it has ended. Its own network interface and address end with it.
pub(super) async fn delete<W: World>(world: &W, id: ResourceId) -> Result<Vec<Step>, Error> {
    let (row, protected) = join(read(world, &id), is_protected(world, &id)).await;
    let row = row?;
    let now = instance(&row, &id.place.region);
    if matches!(
        row.text("instanceState/name"),
        "shutting-down" | "terminated"
    ) {
        return Ok(Vec::new());
    }
    if protected == Ok(true) {
        let message = format!("{} is protected against deletion", id.id);
        let error = Error::new(ErrorKind::FailedPrecondition, message);
        return Err(error.advice("remove the protection first"));
    }
    let stays = row
        .pairs(DEVICE_VOLUME, DEVICE_ENDS)
        .filter(|(_, ends)| *ends == "false");
    let stays: Vec<&str> = stays.map(|(volume, _)| volume).collect();
    let summary = match stays.as_slice() {
        [] => format!("end instance {}, {}", id.id, now.instance_type),
        stays => format!(
            "end instance {}, {}; {} stays",
            id.id,
            now.instance_type,
            stays.join(", ")
        ),
    };
    let mut step = Step::change(Action::Delete, &now.id, summary);
    // A stopped instance costs nothing by the hour.
    if !matches!(now.state, InstanceState::Stopped | InstanceState::Stopping) {
        step = step.priced(now.instance_type, now.market.unwrap_or(Market::OnDemand), 1);
    }
    let call = Call::new("TerminateInstances").set("InstanceId.1", &id.id);
    Ok(vec![call.on(step)?])
}

/// Plans a change of the protection of an instance; nothing, if it is as wanted.
pub(super) async fn protect<W: World>(
    world: &W,
    id: ResourceId,
    on: bool,
) -> Result<Vec<Step>, Error> {
    if id.kind != ResourceKind::Instance {
        let message = "EC2 protects instances alone against deletion";
        return Err(Error::new(ErrorKind::Unsupported, message));
    }
    if is_protected(world, &id).await? == on {
        return Ok(Vec::new());
    }
    let (action, verb) = match on {
        true => (Action::Protect, "protect"),
        false => (Action::Unprotect, "no longer protect"),
    };
    let summary = format!("{verb} instance {} against deletion", id.id);
    Ok(vec![
        protection(&id.id, on).on(Step::change(action, &id, summary))?,
    ])
}

/// Creates the error for a change of an instance that has ended.
fn ended(id: &ResourceId, row: &Row) -> Error {
    let message = format!("{} is {}", id.id, row.text("instanceState/name"));
    Error::new(ErrorKind::FailedPrecondition, message)
}
