//! Tests of plans of instances.

use cloudhost_sdk::instances::Instances;
use cloudhost_sdk::resources::{ResourceId, ResourceKind};
use rstest::rstest;

use super::*;
use crate::Aws;
use crate::change::tests::{Cloud, Said, id, now, refused, said, zone};

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJabcdefghijklmnop me@home";

fn spec() -> InstanceSpec {
    InstanceSpec {
        name: "web".into(),
        place: Place::region("us-east-1"),
        instance_type: "t3.micro".into(),
        image: Some("ami-1".into()),
        ssh_keys: Vec::new(),
        login: None,
        user_data: None,
        market: Market::OnDemand,
        disk_gib: None,
        network: None,
        subnet: None,
        security_groups: Vec::new(),
        public_address: None,
        role: None,
        volumes: Vec::new(),
        protected: false,
        settings: Vec::new(),
    }
}

fn image() -> Said {
    said(
        "DescribeImages",
        "<imagesSet><item><imageId>ami-1</imageId><name>debian-13</name><imageState>available</imageState>\
         <architecture>x86_64</architecture><rootDeviceName>/dev/xvda</rootDeviceName><rootDeviceType>ebs</rootDeviceType>\
         <blockDeviceMapping><item><deviceName>/dev/sdf</deviceName><virtualName>ephemeral0</virtualName></item>\
         <item><deviceName>/dev/xvda</deviceName><ebs><volumeSize>8</volumeSize></ebs></item></blockDeviceMapping></item></imagesSet>",
    )
}

fn network() -> Said {
    said(
        "DescribeVpcs",
        "<vpcSet><item><vpcId>vpc-1</vpcId></item></vpcSet>",
    )
}

fn subnets() -> Said {
    let subnet = |id: &str, zone: &str, free: u32| {
        format!(
            "<item><subnetId>{id}</subnetId><vpcId>vpc-1</vpcId><availabilityZone>{zone}</availabilityZone>\
             <availableIpAddressCount>{free}</availableIpAddressCount></item>"
        )
    };
    let all = [
        subnet("subnet-a", "us-east-1a", 5),
        subnet("subnet-b", "us-east-1b", 9),
        subnet("subnet-c", "us-east-1b", 7),
    ];
    said(
        "DescribeSubnets",
        &format!("<subnetSet>{}</subnetSet>", all.concat()),
    )
}

fn cloud(more: impl IntoIterator<Item = Said>) -> Cloud {
    Cloud::new(more.into_iter().chain([image(), network(), subnets()]))
}

fn plan(cloud: &Cloud, spec: InstanceSpec) -> Result<Vec<Step>, Error> {
    let plan = now(Aws::create(cloud, spec));
    assert_eq!(cloud.changes(), [""; 0]);
    plan
}

/// Returns the parameter of a step.
fn parameter(step: &Step, name: &str) -> Option<String> {
    Call::of(step).unwrap().text(name).map(str::to_owned)
}

#[test]
fn a_plain_instance_is_one_step() {
    let steps = plan(&cloud([]), spec()).unwrap();
    let [step] = &steps[..] else {
        panic!("{steps:?}")
    };
    assert_eq!(
        step.summary,
        "instance web, t3.micro in us-east-1, image debian-13"
    );
    assert_eq!(
        (step.priced.len(), step.after.len(), step.id.as_ref()),
        (1, 0, None)
    );
    let data = r#"{"action":"RunInstances","params":{"ImageId":"ami-1","InstanceType":"t3.micro","MaxCount":"1","MinCount":"1"}}"#;
    assert_eq!(step.data, data);
}

#[test]
fn all_that_was_chosen_is_in_the_request() {
    let spec = InstanceSpec {
        ssh_keys: vec!["build".into()],
        user_data: Some(b"#!/bin/sh\n".to_vec()),
        market: Market::Spot,
        disk_gib: Some(20),
        security_groups: vec!["sg-1".into()],
        public_address: Some(false),
        role: Some("reader".into()),
        place: Place::zone("us-east-1", "us-east-1b"),
        ..spec()
    };
    let cloud = cloud([
        said(
            "DescribeKeyPairs",
            "<keySet><item><keyPairId>key-1</keyPairId><keyName>build</keyName></item></keySet>",
        ),
        said(
            "DescribeSecurityGroups",
            "<securityGroupInfo><item><groupId>sg-1</groupId><vpcId>vpc-1</vpcId></item></securityGroupInfo>",
        ),
    ]);
    let steps = plan(&cloud, spec).unwrap();
    assert_eq!(steps.len(), 1);
    let data = r#"{"action":"RunInstances","params":{"BlockDeviceMapping.1.DeviceName":"/dev/xvda","BlockDeviceMapping.1.Ebs.DeleteOnTermination":"true","BlockDeviceMapping.1.Ebs.VolumeSize":"20","IamInstanceProfile.Name":"reader","ImageId":"ami-1","InstanceMarketOptions.MarketType":"spot","InstanceMarketOptions.SpotOptions.SpotInstanceType":"one-time","InstanceType":"t3.micro","KeyName":"build","MaxCount":"1","MinCount":"1","NetworkInterface.1.AssociatePublicIpAddress":"false","NetworkInterface.1.DeleteOnTermination":"true","NetworkInterface.1.DeviceIndex":"0","NetworkInterface.1.SecurityGroupId.1":"sg-1","NetworkInterface.1.SubnetId":"subnet-b","Placement.AvailabilityZone":"us-east-1b","UserData":"IyEvYmluL3NoCg=="}}"#;
    assert_eq!(steps[0].data, data);
}

#[test]
fn a_role_by_its_arn_and_protection_are_parameters() {
    let spec = InstanceSpec {
        role: Some("arn:aws:iam::1:instance-profile/reader".into()),
        protected: true,
        subnet: Some("subnet-a".into()),
        ..spec()
    };
    let subnet = "<subnetSet><item><subnetId>subnet-a</subnetId><vpcId>vpc-1</vpcId><availabilityZone>us-east-1a</availabilityZone></item></subnetSet>";
    let steps = plan(&cloud([said("DescribeSubnets", subnet)]), spec).unwrap();
    assert_eq!(steps[0].place, zone());
    for (name, value) in [
        (
            "IamInstanceProfile.Arn",
            "arn:aws:iam::1:instance-profile/reader",
        ),
        ("DisableApiTermination", "true"),
        ("SubnetId", "subnet-a"),
    ] {
        assert_eq!(parameter(&steps[0], name).as_deref(), Some(value));
    }
}

#[test]
fn a_new_public_key_is_stored_first() {
    let spec = InstanceSpec {
        ssh_keys: vec![KEY.into()],
        ..spec()
    };
    let steps = plan(&cloud([]), spec.clone()).unwrap();
    let [key, instance] = &steps[..] else {
        panic!("{steps:?}")
    };
    assert_eq!(
        (key.kind, key.name.as_str()),
        (ResourceKind::SshKey, "cloudhost-abcdefghijklmnop")
    );
    assert_eq!(
        parameter(instance, "KeyName").as_deref(),
        Some("cloudhost-abcdefghijklmnop")
    );
    assert_eq!(instance.after, [0]);
    // The comment, a name of a person, stays here.
    assert!(!key.data.contains("me@home"));
    // A key that the region has is used by its name there.
    let known = format!(
        "<keySet><item><keyPairId>key-1</keyPairId><keyName>mine</keyName><publicKey>{KEY}</publicKey></item></keySet>"
    );
    let cloud = cloud([said("DescribeKeyPairs", &known)]);
    let steps = plan(&cloud, spec).unwrap();
    assert_eq!(steps.len(), 1);
    assert_eq!(parameter(&steps[0], "KeyName").as_deref(), Some("mine"));
}

fn volume(state: &str, zone: &str) -> Said {
    let row = format!(
        "<volumeSet><item><volumeId>vol-1</volumeId><status>{state}</status><availabilityZone>{zone}</availabilityZone></item></volumeSet>"
    );
    said("DescribeVolumes", &row)
}

fn with_volume() -> InstanceSpec {
    InstanceSpec {
        volumes: vec![id(ResourceKind::Volume, "vol-1")],
        protected: true,
        ..spec()
    }
}

#[test]
fn volumes_are_attached_and_then_it_is_protected() {
    let steps = plan(&cloud([volume("available", "us-east-1b")]), with_volume()).unwrap();
    let told: Vec<(Action, Vec<u32>)> = steps
        .iter()
        .map(|step| (step.action, step.after.clone()))
        .collect();
    assert_eq!(
        told,
        [
            (Action::Create, vec![]),
            (Action::Attach, vec![0]),
            (Action::Protect, vec![1])
        ]
    );
    assert_eq!(steps[0].place.zone.as_deref(), Some("us-east-1b"));
    assert_eq!(parameter(&steps[0], "DisableApiTermination"), None);
    // The image has /dev/sdf.
    assert_eq!(parameter(&steps[1], "Device").as_deref(), Some("/dev/sdg"));
    assert!(steps[1].data.contains(r#""InstanceId":{"made":0}"#));
}

#[test]
fn the_default_image_is_the_newest_for_the_processor() {
    let types = "<instanceTypeSet><item><processorInfo><supportedArchitectures><item>arm64</item></supportedArchitectures></processorInfo></item></instanceTypeSet>";
    let image = |id: &str, of: &str, day: u8| {
        format!(
            "<item><imageId>{id}</imageId><architecture>{of}</architecture><creationDate>2026-08-{day:02}T00:00:00.000Z</creationDate></item>"
        )
    };
    let images = [
        image("ami-old", "arm64", 1),
        image("ami-new", "arm64", 2),
        image("ami-other", "x86_64", 3),
    ]
    .concat();
    let cloud = cloud([
        said("DescribeInstanceTypes", types),
        said(
            "DescribeImages",
            &format!("<imagesSet>{images}</imagesSet>"),
        ),
    ]);
    let spec = InstanceSpec {
        image: None,
        ..spec()
    };
    let steps = plan(&cloud, spec).unwrap();
    assert_eq!(parameter(&steps[0], "ImageId").as_deref(), Some("ami-new"));
}

type Change = fn(&mut InstanceSpec);

#[rstest]
#[case::image(|_: &mut InstanceSpec| {}, refused("DescribeImages", 400, "InvalidAMIID.NotFound", "no"), ErrorKind::NotFound, "list the images")]
#[case::default_network(|_: &mut InstanceSpec| {}, said("DescribeVpcs", "<vpcSet/>"), ErrorKind::FailedPrecondition, "aws ec2 create-default-vpc --region us-east-1")]
#[case::network(|s: &mut InstanceSpec| s.network = Some("vpc-9".into()), said("DescribeVpcs", "<vpcSet/>"), ErrorKind::NotFound, "aws ec2 describe-vpcs")]
#[case::subnet(|s: &mut InstanceSpec| s.subnet = Some("subnet-9".into()), said("DescribeSubnets", "<subnetSet/>"), ErrorKind::NotFound, "aws ec2 describe-subnets")]
#[case::zone_without_subnet(|s: &mut InstanceSpec| s.place.zone = Some("us-east-1c".into()), said("None", ""), ErrorKind::FailedPrecondition, "choose another zone")]
#[case::group(|s: &mut InstanceSpec| s.security_groups = vec!["sg-9".into()], said("None", ""), ErrorKind::NotFound, "aws ec2 describe-security-groups")]
#[case::key(|s: &mut InstanceSpec| s.ssh_keys = vec!["nobody".into()], said("None", ""), ErrorKind::NotFound, "give the public key")]
#[case::two_keys(|s: &mut InstanceSpec| s.ssh_keys = vec!["a".into(), "b".into()], said("None", ""), ErrorKind::InvalidArgument, "user data")]
#[case::small_disk(|s: &mut InstanceSpec| s.disk_gib = Some(4), said("None", ""), ErrorKind::InvalidArgument, "")]
#[case::block(|s: &mut InstanceSpec| s.market = Market::CapacityBlock, said("None", ""), ErrorKind::Unsupported, "")]
#[case::volume_elsewhere(|s: &mut InstanceSpec| { *s = with_volume(); s.place.zone = Some("us-east-1a".into()) }, volume("available", "us-east-1b"), ErrorKind::FailedPrecondition, "choose the zone us-east-1b")]
#[case::volume_in_use(|s: &mut InstanceSpec| *s = with_volume(), volume("in-use", "us-east-1b"), ErrorKind::FailedPrecondition, "")]
#[case::volume(|s: &mut InstanceSpec| *s = with_volume(), said("None", ""), ErrorKind::NotFound, "")]
#[case::user_data(|s: &mut InstanceSpec| s.user_data = Some(vec![0; 16 * 1024 + 1]), said("None", ""), ErrorKind::InvalidArgument, "compress it")]
fn what_is_missing_is_told_before_anything_is_made(
    #[case] change: Change,
    #[case] says: Said,
    #[case] kind: ErrorKind,
    #[case] advice: &str,
) {
    let mut spec = spec();
    change(&mut spec);
    let error = plan(&cloud([says]), spec).unwrap_err();
    assert_eq!(error.kind, kind, "{error:?}");
    assert!(
        error.advice.unwrap_or_default().contains(advice),
        "{}",
        error.message
    );
}

fn row(state: &str, more: &str) -> Said {
    let row = format!(
        "<reservationSet><item><instancesSet><item><instanceId>i-1</instanceId><instanceType>t3.micro</instanceType>\
         <instanceState><name>{state}</name></instanceState>{more}</item></instancesSet></item></reservationSet>"
    );
    said("DescribeInstances", &row)
}

fn protected(on: bool) -> Said {
    let value = format!(
        "<instanceId>i-1</instanceId><disableApiTermination><value>{on}</value></disableApiTermination>"
    );
    said("DescribeInstanceAttribute", &value)
}

fn it() -> ResourceId {
    id(ResourceKind::Instance, "i-1")
}

#[rstest]
#[case("stopped", Some(1), Some(0), Some(1))]
#[case("running", Some(0), Some(1), Some(1))]
#[case("terminated", None, None, Some(0))]
fn plans_follow_the_state(
    #[case] state: &str,
    #[case] start: Option<usize>,
    #[case] stop: Option<usize>,
    #[case] delete: Option<usize>,
) {
    let cloud = Cloud::new([row(state, "")]);
    let steps = |plan: Result<Vec<Step>, Error>| plan.ok().map(|steps| steps.len());
    assert_eq!(steps(now(Aws::start(&cloud, it()))), start);
    assert_eq!(steps(now(Aws::stop(&cloud, it()))), stop);
    assert_eq!(steps(now(Aws::delete(&cloud, it()))), delete);
    assert_eq!(cloud.changes(), [""; 0]);
}

#[test]
fn a_spot_instance_is_not_stopped() {
    let cloud = Cloud::new([row(
        "running",
        "<instanceLifecycle>spot</instanceLifecycle>",
    )]);
    let error = now(Aws::stop(&cloud, it())).unwrap_err();
    assert_eq!(error.kind, ErrorKind::FailedPrecondition);
}

#[test]
fn a_protected_instance_is_not_ended() {
    use cloudhost_sdk::operations::Operations;
    let cloud = Cloud::new([row("running", ""), protected(true)]);
    assert_eq!(
        now(Aws::delete(&cloud, it())).unwrap_err().kind,
        ErrorKind::FailedPrecondition
    );
    assert_eq!(now(Aws::protect(&cloud, it(), true)), Ok(vec![]));
    let steps = now(Aws::protect(&cloud, it(), false)).unwrap();
    assert_eq!(steps[0].action, Action::Unprotect);
    assert_eq!(parameter(&steps[0], PROTECTION).as_deref(), Some("false"));
    assert_eq!(cloud.changes(), [""; 0]);
}

#[test]
fn what_stays_after_the_end_is_told() {
    let disks = "<blockDeviceMapping><item><deviceName>/dev/xvda</deviceName><ebs><volumeId>vol-0</volumeId><deleteOnTermination>true</deleteOnTermination></ebs></item>\
        <item><deviceName>/dev/sdf</deviceName><ebs><volumeId>vol-1</volumeId><deleteOnTermination>false</deleteOnTermination></ebs></item></blockDeviceMapping>";
    let cloud = Cloud::new([row("running", disks)]);
    let steps = now(Aws::delete(&cloud, it())).unwrap();
    assert_eq!(steps[0].summary, "end instance i-1, t3.micro; vol-1 stays");
}

#[test]
fn an_instance_is_read_with_all_that_is_told() {
    let more = "<instanceLifecycle>spot</instanceLifecycle><ipAddress>192.0.2.1</ipAddress><privateIpAddress>10.0.0.1</privateIpAddress>\
        <placement><availabilityZone>us-east-1a</availabilityZone></placement><launchTime>2026-09-09T00:00:00.000Z</launchTime>\
        <networkInterfaceSet><item><attachment><attachTime>2026-08-01T00:00:00.000Z</attachTime></attachment></item></networkInterfaceSet>\
        <tagSet><item><key>Name</key><value>web</value></item></tagSet>";
    let cloud = Cloud::new([row("running", more), protected(true)]);
    let instance = now(Aws::get(&cloud, it())).unwrap();
    assert_eq!(
        (instance.id.name.as_str(), instance.id.place.clone()),
        ("web", zone())
    );
    assert_eq!(
        (instance.market, instance.protected),
        (Some(Market::Spot), Some(true))
    );
    assert_eq!(
        instance.created,
        cloudhost_sdk::timestamp("2026-08-01T00:00:00Z")
    );
    assert_eq!(instance.public_ip.as_deref(), Some("192.0.2.1"));
    // A permission that is missing leaves it unknown.
    let cloud = Cloud::new([
        row("thawing", ""),
        refused(
            "DescribeInstanceAttribute",
            403,
            "UnauthorizedOperation",
            "no",
        ),
    ]);
    let instance = now(Aws::get(&cloud, it())).unwrap();
    assert_eq!(instance.protected, None);
    assert_eq!(
        instance.state,
        cloudhost_sdk::instances::InstanceState::Other
    );
    assert_eq!(instance.status.as_deref(), Some("thawing"));
}

#[test]
fn what_does_not_exist_is_not_found() {
    let cloud = Cloud::new([refused(
        "DescribeInstances",
        400,
        "InvalidInstanceID.NotFound",
        "no",
    )]);
    assert_eq!(
        now(Aws::get(&cloud, it())).unwrap_err().kind,
        ErrorKind::NotFound
    );
    assert_eq!(
        now(Aws::get(&Cloud::default(), it())).unwrap_err().kind,
        ErrorKind::NotFound
    );
}

#[test]
fn a_region_that_fails_is_missing() {
    use cloudhost_sdk::resources::ResourceQuery;
    struct Two(Cloud);
    impl World for Two {
        async fn fetch(
            &self,
            request: cloudhost_sdk::http::Request,
        ) -> Result<cloudhost_sdk::http::Response, cloudhost_sdk::http::HttpError> {
            if request.url.contains("eu-west-1") {
                return Err(cloudhost_sdk::http::HttpError {
                    kind: cloudhost_sdk::http::HttpErrorKind::Timeout,
                    message: "slow".into(),
                });
            }
            self.0.fetch(request).await
        }
        async fn credential(&self, name: &str) -> Result<cloudhost_sdk::Facts, String> {
            self.0.credential(name).await
        }
    }
    let cloud = Two(Cloud::new([row("running", "")]));
    let query = |regions: &[&str]| ResourceQuery {
        regions: regions.iter().map(|name| (*name).to_owned()).collect(),
        tags: vec![("cloudhost-owner".into(), "a*b".into())],
    };
    let list = now(Aws::list(&cloud, query(&["us-east-1", "eu-west-1"]))).unwrap();
    assert_eq!((list.instances.len(), list.missing.len()), (1, 1));
    assert_eq!(list.missing[0].scope, Scope::Region("eu-west-1".into()));
    assert!(now(Aws::list(&cloud, query(&["eu-west-1"]))).is_err());
    let asked = "&MaxResults=1000&Filter.1.Name=tag%3Acloudhost-owner&Filter.1.Value.1=a%5C%2Ab";
    assert!(
        cloud.0.bodies()[0].ends_with(asked),
        "{:?}",
        cloud.0.bodies()
    );
}
