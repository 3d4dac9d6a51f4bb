//! Quotas of the service Service Quotas, and permissions that EC2 tells with `DryRun`.

use std::cell::RefCell;

use cloudhost_sdk::account::{Quota, QuotaList, Verdict};
use cloudhost_sdk::change::in_places;
use cloudhost_sdk::query::Action as Query;
use cloudhost_sdk::resources::{Action, Place, ResourceKind};
use cloudhost_sdk::{Error, Scope, World, all_pages};
use serde::Deserialize;
use serde_json::json;

use super::api::regions;
use crate::amazon_json::Service;
use crate::ec2::endpoint;
use crate::region;

/// Services with quotas for what this plugin makes: EC2 counts vCPUs, EBS GiB and snapshots.
const SERVICES: [&str; 2] = ["ec2", "ebs"];

/// Reads the quotas of regions, concurrently.
pub(super) async fn quotas<W: World>(world: &W, named: &[String]) -> Result<QuotaList, Error> {
    let regions = regions(world, named).await?;
    let all = regions
        .iter()
        .flat_map(|region| SERVICES.map(|service| (region.as_str(), service)));
    let read = in_places(all, async |(region, service): (&str, &'static str)| {
        let read = of_service(world, region, service).await;
        read.map_err(|error| error.in_scope(Scope::Region(region.to_owned())))
    });
    let (quotas, missing) = read.await?;
    Ok(QuotaList { quotas, missing })
}

#[derive(Deserialize)]
struct Page {
    #[serde(rename = "Quotas")]
    quotas: Vec<Limit>,
    #[serde(rename = "NextToken")]
    next: Option<String>,
}

#[derive(Deserialize)]
struct Limit {
    #[serde(rename = "QuotaName")]
    name: String,
    #[serde(rename = "Value")]
    value: Option<f64>,
}

async fn of_service<W: World>(
    world: &W,
    region: &str,
    service: &'static str,
) -> Result<Vec<Quota>, Error> {
    const ACTION: &str = "ListServiceQuotas";
    let host = format!("servicequotas.{region}.{}", region::domain(region));
    let limits = Service {
        host: &host,
        signs_as: "servicequotas",
        region,
        target: "ServiceQuotasV20190624",
    };
    let out = RefCell::new(Vec::new());
    let title = format!("{ACTION} of {service} in {region}");
    all_pages(&title, |token| {
        let mut question = json!({"ServiceCode": service, "MaxResults": 100});
        if let (Some(token), Some(fields)) = (token, question.as_object_mut()) {
            fields.insert("NextToken".to_owned(), token.into());
        }
        let (out, limits) = (&out, &limits);
        async move {
            let page: Page = limits.ask(world, ACTION, &question).await?;
            let quota = |limit: Limit| Quota {
                name: limit.name,
                region: Some(region.to_owned()),
                // The largest are far below the numbers that a float cannot tell apart.
                limit: limit
                    .value
                    .filter(|value| (0.0..1e15).contains(value))
                    .map(|value| value as u64),
                used: None,
            };
            out.borrow_mut().extend(page.quotas.into_iter().map(quota));
            Ok(page.next)
        }
    })
    .await?;
    Ok(out.into_inner())
}

/// Asks EC2 whether it would allow an action. It tells so only for a request that it understands, so that the resources
/// of these requests can be unknown to it: then the permission is unknown, too.
pub(super) async fn may<W: World>(
    world: &W,
    kind: ResourceKind,
    action: Action,
    place: &Place,
) -> Result<Verdict, Error> {
    let Some(query) = tried(kind, action, place) else {
        return Ok(Verdict::Unknown);
    };
    region::check(&place.region)?;
    let query = query.param("DryRun", "true");
    let sent = query.send(world, &endpoint(&place.region), |_, _| {}).await;
    let Err(error) = sent else {
        return Ok(Verdict::Unknown);
    };
    match error.code.as_deref() {
        Some("DryRunOperation") => Ok(Verdict::Allowed),
        Some("UnauthorizedOperation") => Ok(Verdict::Denied),
        Some(_) if error.kind != cloudhost_sdk::ErrorKind::Unauthenticated => Ok(Verdict::Unknown),
        _ => Err(error.in_scope(Scope::Region(place.region.clone()))),
    }
}

/// Returns the request to try, without `DryRun`.
fn tried(kind: ResourceKind, action: Action, place: &Place) -> Option<Query> {
    let zone = place
        .zone
        .clone()
        .unwrap_or_else(|| format!("{}a", place.region));
    let (instance, volume, snapshot) = (
        "i-0123456789abcdef0",
        "vol-0123456789abcdef0",
        "snap-0123456789abcdef0",
    );
    let on = |name, parameter: &str, id: &str| Query::read(name).param(parameter, id);
    Some(match (kind, action) {
        (ResourceKind::Instance, Action::Create) => Query::read("RunInstances")
            .param("ImageId", "ami-0123456789abcdef0")
            .param("InstanceType", "t3.micro")
            .param("MinCount", "1")
            .param("MaxCount", "1"),
        (ResourceKind::Instance, Action::Start) => on("StartInstances", "InstanceId.1", instance),
        (ResourceKind::Instance, Action::Stop) => on("StopInstances", "InstanceId.1", instance),
        (ResourceKind::Instance, Action::Delete) => {
            on("TerminateInstances", "InstanceId.1", instance)
        }
        (ResourceKind::Instance, Action::Protect | Action::Unprotect) => {
            on("ModifyInstanceAttribute", "InstanceId", instance)
                .param("DisableApiTermination.Value", "true")
        }
        (ResourceKind::Volume, Action::Create) => on("CreateVolume", "AvailabilityZone", &zone)
            .param("Size", "1")
            .param("VolumeType", "gp3"),
        (ResourceKind::Volume, Action::Delete) => on("DeleteVolume", "VolumeId", volume),
        (ResourceKind::Volume, Action::Attach) => on("AttachVolume", "VolumeId", volume)
            .param("InstanceId", instance)
            .param("Device", "/dev/sdf"),
        (ResourceKind::Volume, Action::Detach) => on("DetachVolume", "VolumeId", volume),
        (ResourceKind::Snapshot, Action::Create) => on("CreateSnapshot", "VolumeId", volume),
        (ResourceKind::Snapshot, Action::Copy) => {
            on("CopySnapshot", "SourceSnapshotId", snapshot).param("SourceRegion", &place.region)
        }
        (ResourceKind::Snapshot, Action::Delete) => on("DeleteSnapshot", "SnapshotId", snapshot),
        (ResourceKind::SshKey, Action::Create) => {
            let material = super::base64(
                b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            );
            on("ImportKeyPair", "KeyName", "cloudhost-permission")
                .param("PublicKeyMaterial", material)
        }
        (ResourceKind::SshKey, Action::Delete) => {
            on("DeleteKeyPair", "KeyName", "cloudhost-permission")
        }
        _ => return None,
    })
}

#[cfg(test)]
#[path = "limits_tests.rs"]
mod tests;
