//! Tests of states, and of recovery.

use cloudhost_sdk::operations::Operations;
use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::Aws;
use crate::change::tests::{Cloud, id, intent, now, refused, said, step};

fn operation(action: Action, kind: ResourceKind, target: &str, handle: &Handle) -> Operation {
    Operation {
        handle: encode(handle).unwrap(),
        action,
        target: id(kind, target),
    }
}

fn instance(id: &str, state: &str, reason: &str) -> String {
    format!(
        "<item><instancesSet><item><instanceId>{id}</instanceId><instanceState><name>{state}</name></instanceState>\
         <placement><availabilityZone>us-east-1b</availabilityZone></placement>\
         <stateReason><code>{reason}</code><message>{reason}: told</message></stateReason></item></instancesSet></item>"
    )
}

fn instances(all: &str) -> Cloud {
    Cloud::new([said(
        "DescribeInstances",
        &format!("<reservationSet>{all}</reservationSet>"),
    )])
}

/// Names a state: `running PHASE`, `done`, or the kind of the failure.
fn told(status: &Result<Status, Error>) -> String {
    match status {
        Ok(Status::Running(progress)) => format!("running {}", progress.phase),
        Ok(Status::Succeeded(_)) => "done".into(),
        Ok(Status::Failed(error)) => format!("{:?}", error.kind).replace("ErrorKind::", ""),
        Ok(Status::Cancelled) => "cancelled".into(),
        Err(error) => format!("error: {}", error.message),
    }
}

fn one(cloud: &Cloud, operation: Operation) -> String {
    let all = now(Aws::poll(cloud, vec![operation]));
    assert_eq!((all.len(), cloud.changes().len()), (1, 0));
    told(&all[0])
}

use Action::{Attach, Copy, Create, Delete, Detach, Start, Stop};

#[rstest]
#[case(Create, "pending", "", "running pending")]
#[case(Create, "running", "", "done")]
#[case(Create, "stopped", "Client.InstanceInitiatedShutdown", "done")]
#[case(
    Create,
    "terminated",
    "Server.InsufficientInstanceCapacity",
    "InsufficientCapacity"
)]
#[case(Create, "terminated", "Client.VolumeLimitExceeded", "QuotaExceeded")]
#[case(
    Create,
    "shutting-down",
    "Client.UserInitiatedShutdown",
    "FailedPrecondition"
)]
#[case(Create, "hibernated", "", "running hibernated")]
#[case(Start, "stopped", "Client.UserInitiatedShutdown", "running stopped")]
#[case(
    Start,
    "stopped",
    "Server.InsufficientInstanceCapacity",
    "InsufficientCapacity"
)]
#[case(Start, "running", "", "done")]
#[case(Stop, "running", "", "running running")]
#[case(Stop, "stopping", "", "running stopping")]
#[case(Stop, "stopped", "", "done")]
#[case(
    Stop,
    "terminated",
    "Client.UserInitiatedShutdown",
    "FailedPrecondition"
)]
#[case(Delete, "running", "", "running running")]
#[case(Delete, "shutting-down", "", "running shutting-down")]
#[case(Delete, "terminated", "", "done")]
fn states_of_instances(
    #[case] action: Action,
    #[case] state: &str,
    #[case] reason: &str,
    #[case] is: &str,
) {
    let cloud = instances(&instance("i-1", state, reason));
    assert_eq!(
        one(
            &cloud,
            operation(action, ResourceKind::Instance, "i-1", &Handle::default())
        ),
        is
    );
    let polled = &cloud.bodies()[0];
    assert!(
        polled.contains("&Filter.1.Name=instance-id&Filter.1.Value.1=i-1"),
        "{polled}"
    );
}

#[rstest]
#[case(Create, "creating", "", "running creating")]
#[case(Create, "available", "", "done")]
#[case(Create, "error", "", "FailedPrecondition")]
#[case(Create, "thawing", "", "running thawing")]
#[case(Delete, "available", "", "running available")]
#[case(Delete, "deleting", "", "running deleting")]
#[case(Attach, "in-use", "i-9 attaching", "running in-use")]
#[case(Attach, "in-use", "i-9 attached", "done")]
#[case(Attach, "in-use", "i-8 attached", "running in-use")]
#[case(Detach, "in-use", "i-9 detaching", "running in-use")]
#[case(Detach, "in-use", "i-9 busy", "running busy")]
#[case(Detach, "in-use", "i-8 attached", "done")]
#[case(Detach, "available", "", "done")]
fn states_of_volumes(
    #[case] action: Action,
    #[case] state: &str,
    #[case] attached: &str,
    #[case] is: &str,
) {
    let attachment = attached.split_once(' ').map(|(instance, status)| {
        format!("<item><instanceId>{instance}</instanceId><status>{status}</status></item>")
    });
    let row = format!(
        "<volumeSet><item><volumeId>vol-1</volumeId><status>{state}</status><attachmentSet>{}</attachmentSet></item></volumeSet>",
        attachment.unwrap_or_default()
    );
    let cloud = Cloud::new([said("DescribeVolumes", &row)]);
    let handle = Handle {
        instance: Some("i-9".into()),
        ..Handle::default()
    };
    assert_eq!(
        one(
            &cloud,
            operation(action, ResourceKind::Volume, "vol-1", &handle)
        ),
        is
    );
}

#[rstest]
#[case(Create, "pending", "running pending")]
#[case(Copy, "completed", "done")]
#[case(Create, "error", "FailedPrecondition")]
#[case(Create, "recovering", "running recovering")]
fn states_of_snapshots(#[case] action: Action, #[case] state: &str, #[case] is: &str) {
    let row = format!(
        "<snapshotSet><item><snapshotId>snap-1</snapshotId><status>{state}</status><progress>42%</progress></item></snapshotSet>"
    );
    let cloud = Cloud::new([said("DescribeSnapshots", &row)]);
    let operation = operation(action, ResourceKind::Snapshot, "snap-1", &Handle::default());
    let all = now(Aws::poll(&cloud, vec![operation]));
    assert_eq!(told(&all[0]), is);
    if let Ok(Status::Running(progress)) = &all[0] {
        assert_eq!(progress.percent, Some(42));
    }
}

/// A list lags behind a create for five minutes at most, by the cloud's clock; the end of a resource is its absence.
#[rstest]
#[case(
    Create,
    Some(0),
    Some("Thu, 01 Jan 1970 00:04:59 GMT"),
    "running not listed yet"
)]
#[case(Create, Some(0), Some("Thu, 01 Jan 1970 00:05:01 GMT"), "NotFound")]
#[case(
    Create,
    None,
    Some("Thu, 01 Jan 1970 00:05:01 GMT"),
    "running not listed yet"
)]
#[case(Create, Some(0), None, "running not listed yet")]
#[case(Delete, Some(0), None, "done")]
#[case(Stop, Some(0), None, "NotFound")]
fn not_in_the_list(
    #[case] action: Action,
    #[case] at: Option<u64>,
    #[case] date: Option<&'static str>,
    #[case] is: &str,
) {
    let cloud = Cloud {
        date,
        ..instances("")
    };
    let handle = Handle { at, instance: None };
    assert_eq!(
        one(
            &cloud,
            operation(action, ResourceKind::Instance, "i-1", &handle)
        ),
        is
    );
}

proptest! {
    #[test]
    fn a_poll_keeps_order_and_length(
        wanted in proptest::collection::vec((0u8..3, 0usize..450, any::<bool>()), 0..60),
        broken in any::<bool>(),
    ) {
        let regions = ["us-east-1", "eu-west-1", "ap-east-1"];
        let rows: String = (0..450).filter(|n| n % 2 == 0).map(|n| instance(&format!("i-{n}"), "running", "")).collect();
        let mut cloud = instances(&rows);
        if broken {
            cloud.says.insert(0, refused("DescribeInstances", 503, "Unavailable", "away").with("i-1&"));
        }
        let operations: Vec<Operation> = wanted.iter().map(|(region, n, good)| {
            let mut operation = operation(Create, ResourceKind::Instance, &format!("i-{n}"), &Handle::default());
            operation.target.place.region = regions[usize::from(*region)].to_owned();
            if !good {
                operation.handle = "?".to_owned();
            }
            operation
        }).collect();
        let out = now(Aws::poll(&cloud, operations.clone()));
        prop_assert_eq!(out.len(), operations.len());
        for ((result, operation), (_, n, good)) in out.iter().zip(&operations).zip(&wanted) {
            match result {
                Ok(Status::Succeeded(target)) => {
                    prop_assert_eq!(&target.id, &operation.target.id);
                    prop_assert!(n % 2 == 0 && *good);
                }
                Ok(_) => prop_assert!(n % 2 == 1 && *good),
                Err(_) => prop_assert!(broken || !good),
            }
        }
        // One request a region, and no change.
        let mut regions: Vec<u8> = wanted.iter().map(|(region, ..)| *region).collect();
        regions.sort_unstable();
        regions.dedup();
        prop_assert_eq!(cloud.bodies().len(), regions.len());
        prop_assert_eq!(cloud.changes().len(), 0);
    }
}

#[test]
fn many_operations_are_read_in_slices() {
    let cloud = instances("");
    let all = (0..450).map(|n| {
        operation(
            Create,
            ResourceKind::Instance,
            &format!("i-{n}"),
            &Handle::default(),
        )
    });
    assert_eq!(now(Aws::poll(&cloud, all.collect())).len(), 450);
    let bodies = cloud.bodies();
    assert_eq!(bodies.len(), 3);
    assert!(
        bodies[0].contains("Filter.1.Value.200=") && !bodies[0].contains("Filter.1.Value.201=")
    );
}

fn recovered(cloud: &Cloud, step: Step) -> Vec<Begun> {
    let found = now(Aws::recover(cloud, step, Vec::new(), intent())).unwrap();
    assert_eq!(cloud.changes().len(), 0);
    found
}

#[test]
fn a_lost_launch_is_found_by_its_token() {
    let rows = instance("i-1", "pending", "") + &instance("i-2", "pending", "");
    let cloud = instances(&rows);
    let launch = step(Create, ResourceKind::Instance, &Call::new("RunInstances"));
    let found = recovered(&cloud, launch.clone());
    let ids: Vec<&str> = found
        .iter()
        .map(|begun| match begun {
            Begun::Running(operation) => operation.target.id.as_str(),
            Begun::Done(_) => panic!("{begun:?}"),
        })
        .collect();
    assert_eq!(ids, ["i-1", "i-2"]);
    let filter = format!(
        "&Filter.1.Name=client-token&Filter.1.Value.1={}",
        intent().token
    );
    assert!(cloud.bodies()[0].ends_with(&filter));
    assert_eq!(recovered(&instances(""), launch), []);
}

#[rstest]
#[case(
    "CreateVolume",
    Create,
    ResourceKind::Volume,
    "DescribeVolumes",
    "<volumeSet><item><volumeId>x</volumeId></item></volumeSet>"
)]
#[case(
    "CreateSnapshot",
    Create,
    ResourceKind::Snapshot,
    "DescribeSnapshots",
    "<snapshotSet><item><snapshotId>x</snapshotId></item></snapshotSet>"
)]
#[case(
    "CopySnapshot",
    Copy,
    ResourceKind::Snapshot,
    "DescribeSnapshots",
    "<snapshotSet><item><snapshotId>x</snapshotId></item></snapshotSet>"
)]
#[case(
    "ImportKeyPair",
    Create,
    ResourceKind::SshKey,
    "DescribeKeyPairs",
    "<keySet><item><keyPairId>x</keyPairId></item></keySet>"
)]
fn what_has_no_token_is_found_by_its_tag(
    #[case] name: &str,
    #[case] action: Action,
    #[case] kind: ResourceKind,
    #[case] listed: &'static str,
    #[case] rows: &str,
) {
    let cloud = Cloud::new([said(listed, rows)]);
    let found = recovered(&cloud, step(action, kind, &Call::new(name)));
    match &found[..] {
        [Begun::Running(operation)] => assert_eq!(operation.target.id, "x"),
        [Begun::Done(target)] => {
            assert_eq!((target.id.as_str(), kind), ("x", ResourceKind::SshKey))
        }
        other => panic!("{other:?}"),
    }
    assert!(cloud.bodies()[0].contains("Filter.1.Name=tag%3Acloudhost-token&"));
}

#[rstest]
#[case("StopInstances", Stop, "running", 0)]
#[case("StopInstances", Stop, "stopping", 1)]
#[case("StopInstances", Stop, "stopped", 1)]
#[case("TerminateInstances", Delete, "running", 0)]
#[case("TerminateInstances", Delete, "terminated", 1)]
#[case("StartInstances", Start, "stopped", 0)]
#[case("StartInstances", Start, "pending", 1)]
fn a_change_shows_or_not(
    #[case] name: &str,
    #[case] action: Action,
    #[case] state: &str,
    #[case] found: usize,
) {
    let cloud = instances(&instance("i-1", state, ""));
    let call = Call::new(name).set("InstanceId.1", "i-1");
    assert_eq!(
        recovered(&cloud, step(action, ResourceKind::Instance, &call)).len(),
        found
    );
}
