//! Tests of plans of volumes, snapshots and keys.

use cloudhost_sdk::instances::Instances;
use cloudhost_sdk::storage::Storage;
use rstest::rstest;

use super::*;
use crate::Aws;
use crate::change::tests::{Cloud, Said, id, now, refused, said, zone};

fn spec() -> VolumeSpec {
    VolumeSpec {
        name: "data".into(),
        place: zone(),
        size_gib: Some(10),
        class: None,
        iops: None,
        snapshot: None,
        protected: false,
        settings: Vec::new(),
    }
}

fn data(steps: &[Step]) -> Vec<&str> {
    steps.iter().map(|step| step.data.as_str()).collect()
}

#[rstest]
#[case(None, None, "gp3")]
#[case(Some(VolumeClass::Standard), None, "standard")]
#[case(Some(VolumeClass::Balanced), None, "gp3")]
#[case(Some(VolumeClass::Ssd), None, "gp3")]
#[case(Some(VolumeClass::Provisioned), Some(3000), "io2")]
fn classes(#[case] class: Option<VolumeClass>, #[case] iops: Option<u32>, #[case] of: &str) {
    let spec = VolumeSpec {
        class,
        iops,
        ..spec()
    };
    let steps = now(Aws::create_volume(&Cloud::default(), spec)).unwrap();
    let iops = iops
        .map(|iops| format!(r#""Iops":"{iops}","#))
        .unwrap_or_default();
    let expected = format!(
        r#"{{"action":"CreateVolume","params":{{"AvailabilityZone":"us-east-1a",{iops}"Size":"10","VolumeType":"{of}"}}}}"#
    );
    assert_eq!(data(&steps), [expected]);
}

type Change = fn(&mut VolumeSpec);

#[rstest]
#[case(|s: &mut VolumeSpec| s.class = Some(VolumeClass::SharedFileSystem), ErrorKind::Unsupported)]
#[case(|s: &mut VolumeSpec| s.class = Some(VolumeClass::Provisioned), ErrorKind::InvalidArgument)]
#[case(|s: &mut VolumeSpec| s.place.zone = None, ErrorKind::InvalidArgument)]
#[case(|s: &mut VolumeSpec| s.size_gib = None, ErrorKind::InvalidArgument)]
#[case(|s: &mut VolumeSpec| s.protected = true, ErrorKind::Unsupported)]
#[case(|s: &mut VolumeSpec| s.snapshot = Some(ResourceId::new(ResourceKind::Snapshot, "snap-1", Place::region("eu-west-1"))), ErrorKind::FailedPrecondition)]
fn volumes_that_cannot_be(#[case] change: Change, #[case] kind: ErrorKind) {
    let mut spec = spec();
    change(&mut spec);
    let error = now(Aws::create_volume(&Cloud::default(), spec)).unwrap_err();
    assert_eq!(error.kind, kind, "{error:?}");
    assert!(error.advice.is_some() || error.kind == ErrorKind::Unsupported);
}

fn snapshots(state: &str, encrypted: bool) -> Said {
    let row = format!(
        "<snapshotSet><item><snapshotId>snap-1</snapshotId><volumeId>vol-ffffffff</volumeId><status>{state}</status>\
         <progress>7%</progress><volumeSize>8</volumeSize><encrypted>{encrypted}</encrypted></item></snapshotSet>"
    );
    said("DescribeSnapshots", &row)
}

fn source() -> ResourceId {
    ResourceId::new(ResourceKind::Snapshot, "snap-1", Place::region("us-east-1"))
}

#[test]
fn a_volume_of_a_snapshot_has_its_size() {
    let of = |size_gib, state| {
        let spec = VolumeSpec {
            size_gib,
            snapshot: Some(source()),
            ..spec()
        };
        now(Aws::create_volume(
            &Cloud::new([snapshots(state, false)]),
            spec,
        ))
    };
    let steps = of(None, "completed").unwrap();
    assert!(
        steps[0]
            .data
            .contains(r#""Size":"8","SnapshotId":"snap-1""#)
    );
    assert_eq!(
        of(Some(4), "completed").unwrap_err().kind,
        ErrorKind::InvalidArgument
    );
    assert_eq!(of(None, "pending").unwrap_err().kind, ErrorKind::Busy);
    assert_eq!(
        of(None, "error").unwrap_err().kind,
        ErrorKind::FailedPrecondition
    );
}

fn volume(state: &str, more: &str) -> Said {
    let row = format!(
        "<volumeSet><item><volumeId>vol-1</volumeId><status>{state}</status><size>8</size><volumeType>gp3</volumeType><iops>3000</iops>\
         <availabilityZone>us-east-1a</availabilityZone>{more}</item></volumeSet>"
    );
    said("DescribeVolumes", &row)
}

fn attached(instances: &[&str]) -> Said {
    let items = instances
        .iter()
        .map(|id| format!("<item><instanceId>{id}</instanceId><status>attached</status></item>"));
    volume(
        "in-use",
        &format!(
            "<attachmentSet>{}</attachmentSet>",
            items.collect::<String>()
        ),
    )
}

fn it() -> ResourceId {
    id(ResourceKind::Volume, "vol-1")
}

#[test]
fn a_clone_in_the_region_leaves_no_snapshot() {
    let cloud = Cloud::new([volume("in-use", "")]);
    let steps = now(Aws::clone_volume(
        &cloud,
        it(),
        Place::region("us-east-1"),
        "copy".into(),
    ))
    .unwrap();
    assert_eq!(
        data(&steps),
        [
            r#"{"action":"CreateSnapshot","params":{"VolumeId":"vol-1"}}"#,
            r#"{"action":"CreateVolume","params":{"AvailabilityZone":"us-east-1a","SnapshotId":{"made":0},"VolumeType":"gp3"}}"#,
            r#"{"action":"DeleteSnapshot","params":{"SnapshotId":{"made":0}}}"#,
        ]
    );
    let after: Vec<&[u32]> = steps.iter().map(|step| step.after.as_slice()).collect();
    assert_eq!(after, [&[][..], &[0], &[1]]);
    assert_eq!(cloud.changes(), [""; 0]);
}

#[test]
fn a_clone_elsewhere_goes_through_a_copy() {
    let to = Place::zone("eu-west-1", "eu-west-1c");
    let steps = now(Aws::clone_volume(
        &Cloud::new([volume("available", "")]),
        it(),
        to,
        "copy".into(),
    ))
    .unwrap();
    let told: Vec<(Action, &str)> = steps
        .iter()
        .map(|step| (step.action, step.place.region.as_str()))
        .collect();
    use Action::{Copy, Create, Delete};
    assert_eq!(
        told,
        [
            (Create, "us-east-1"),
            (Copy, "eu-west-1"),
            (Create, "eu-west-1"),
            (Delete, "us-east-1"),
            (Delete, "eu-west-1")
        ]
    );
    assert!(steps[2].data.contains(r#""SnapshotId":{"made":1}"#));
    // EC2 wants a signed URL in the request for an encrypted one.
    let cloud = Cloud::new([volume("available", "<encrypted>true</encrypted>")]);
    let to = Place::zone("eu-west-1", "eu-west-1c");
    let error = now(Aws::clone_volume(&cloud, it(), to, "copy".into())).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unsupported);
    let to = Place::region("eu-west-1");
    let error = now(Aws::clone_volume(
        &Cloud::new([volume("available", "")]),
        it(),
        to,
        "c".into(),
    ))
    .unwrap_err();
    assert_eq!(error.kind, ErrorKind::InvalidArgument);
}

fn instance(zone: &str, state: &str) -> Said {
    let row = format!(
        "<reservationSet><item><instancesSet><item><instanceId>i-1</instanceId><instanceState><name>{state}</name></instanceState>\
         <placement><availabilityZone>{zone}</availabilityZone></placement><blockDeviceMapping><item><deviceName>/dev/sdf</deviceName></item>\
         </blockDeviceMapping></item></instancesSet></item></reservationSet>"
    );
    said("DescribeInstances", &row)
}

#[rstest]
#[case(volume("available", ""), instance("us-east-1a", "running"), Ok(1))]
#[case(attached(&["i-1"]), instance("us-east-1a", "running"), Ok(0))]
#[case(attached(&["i-2"]), instance("us-east-1a", "running"), Err(ErrorKind::FailedPrecondition))]
#[case(
    volume("available", ""),
    instance("us-east-1b", "running"),
    Err(ErrorKind::FailedPrecondition)
)]
#[case(
    volume("available", ""),
    instance("us-east-1a", "pending"),
    Err(ErrorKind::FailedPrecondition)
)]
#[case(volume("available", ""), said("None", ""), Err(ErrorKind::NotFound))]
fn attachments(
    #[case] volume: Said,
    #[case] instance: Said,
    #[case] expected: Result<usize, ErrorKind>,
) {
    let cloud = Cloud::new([volume, instance]);
    let plan = now(Aws::attach_volume(
        &cloud,
        it(),
        id(ResourceKind::Instance, "i-1"),
    ));
    if let Ok([step]) = plan.as_deref() {
        assert!(
            step.data.contains(r#""Device":"/dev/sdg""#),
            "{}",
            step.data
        );
    }
    assert_eq!(
        plan.map(|steps| steps.len()).map_err(|error| error.kind),
        expected
    );
    assert_eq!(cloud.changes(), [""; 0]);
}

#[rstest]
#[case(&["i-1"], None, Ok(1))]
#[case(&["i-1"], Some("i-1"), Ok(1))]
#[case(&["i-1"], Some("i-2"), Ok(0))]
#[case(&[], None, Ok(0))]
#[case(&["i-1", "i-2"], None, Err(ErrorKind::InvalidArgument))]
fn detachments(
    #[case] on: &[&str],
    #[case] from: Option<&str>,
    #[case] expected: Result<usize, ErrorKind>,
) {
    let cloud = Cloud::new([attached(on)]);
    let from = from.map(|name| id(ResourceKind::Instance, name));
    let plan = now(Aws::detach_volume(&cloud, it(), from));
    assert_eq!(
        plan.map(|steps| steps.len()).map_err(|error| error.kind),
        expected
    );
}

#[test]
fn an_attached_volume_is_not_deleted() {
    let error = now(Aws::delete_volume(&Cloud::new([attached(&["i-1"])]), it())).unwrap_err();
    assert_eq!(
        (error.kind, error.message.as_str()),
        (
            ErrorKind::FailedPrecondition,
            "volume vol-1 is attached to i-1"
        )
    );
    let steps = now(Aws::delete_volume(
        &Cloud::new([volume("available", "")]),
        it(),
    ))
    .unwrap();
    assert_eq!(
        data(&steps),
        [r#"{"action":"DeleteVolume","params":{"VolumeId":"vol-1"}}"#]
    );
}

#[test]
fn volumes_and_snapshots_are_read() {
    let volume = now(Aws::get_volume(
        &Cloud::new([volume(
            "thawing",
            "<createTime>2026-08-01T00:00:00.000Z</createTime>",
        )]),
        it(),
    ))
    .unwrap();
    assert_eq!(
        (volume.state, volume.status.as_deref()),
        (VolumeState::Other, Some("thawing"))
    );
    assert_eq!(
        (volume.class, volume.size_gib),
        (Some(VolumeClass::Balanced), Some(8))
    );
    assert_eq!(
        volume.created,
        cloudhost_sdk::timestamp("2026-08-01T00:00:00Z")
    );
    let cloud = Cloud::new([snapshots("recovering", false)]);
    let snapshot = now(Aws::get_snapshot(&cloud, source())).unwrap();
    assert_eq!(
        (snapshot.state, snapshot.percent, snapshot.source),
        (SnapshotState::Other, Some(7), None)
    );
    let gone = Cloud::new([refused(
        "DescribeSnapshots",
        400,
        "InvalidSnapshot.NotFound",
        "no",
    )]);
    assert_eq!(
        now(Aws::get_snapshot(&gone, source())).unwrap_err().kind,
        ErrorKind::NotFound
    );
}

#[test]
fn only_own_snapshots_are_listed() {
    let cloud = Cloud::new([snapshots("completed", false)]);
    let query = ResourceQuery {
        regions: vec!["us-east-1".into()],
        tags: Vec::new(),
    };
    assert_eq!(
        now(Aws::list_snapshots(&cloud, query))
            .unwrap()
            .snapshots
            .len(),
        1
    );
    assert!(cloud.bodies()[0].contains("&Owner.1=self"));
}

#[test]
fn an_encrypted_snapshot_is_copied_in_its_region_alone() {
    let cloud = || Cloud::new([snapshots("completed", true)]);
    let copy = |to| {
        now(Aws::copy_snapshot(
            &cloud(),
            source(),
            Place::region(to),
            "c".into(),
        ))
    };
    assert_eq!(copy("us-east-1").unwrap()[0].action, Action::Copy);
    assert_eq!(copy("eu-west-1").unwrap_err().kind, ErrorKind::Unsupported);
}

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJabcdefghijklmnop";

#[rstest]
#[case(KEY, "", Ok(1))]
#[case(KEY, KEY, Ok(0))]
#[case(
    KEY,
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJanother",
    Err(ErrorKind::AlreadyExists)
)]
#[case(
    "-----BEGIN OPENSSH PRIVATE KEY-----",
    "",
    Err(ErrorKind::InvalidArgument)
)]
fn keys_are_added_once(
    #[case] key: &str,
    #[case] there: &str,
    #[case] expected: Result<usize, ErrorKind>,
) {
    let row = format!(
        "<keySet><item><keyPairId>key-1</keyPairId><keyName>me</keyName><publicKey>{there}</publicKey></item></keySet>"
    );
    let cloud = Cloud::new((!there.is_empty()).then(|| said("DescribeKeyPairs", &row)));
    let plan = now(Aws::add_ssh_key(&cloud, zone(), "me".into(), key.into()));
    assert_eq!(
        plan.map(|steps| steps.len()).map_err(|error| error.kind),
        expected
    );
    assert_eq!(cloud.changes(), [""; 0]);
}
