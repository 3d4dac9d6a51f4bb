//! The stand-in for EC2: each behaviour as boto3 sees it, and the typed side of its control interface.

use std::process::{Child, Stdio};
use std::time::Duration;

use cloudhost_tests::{ACCESS_KEY, Ec2Cloud, Ec2Fault, Ec2Settings, SECRET_KEY, python};

#[test]
fn boto3_sees_each_behaviour() {
    python::run("check_ec2.py", [""; 0]).unwrap();
}

/// Launches an instance by boto3, which sends one request. It prints the id, or the class of the error.
const LAUNCH: &str = r#"
import sys, boto3, botocore
from botocore.config import Config
ec2 = boto3.session.Session().client("ec2", region_name="us-east-1", endpoint_url=sys.argv[1],
    aws_access_key_id=sys.argv[2], aws_secret_access_key=sys.argv[3], config=Config(retries={"total_max_attempts": 1}))
try:
    made = ec2.run_instances(ImageId="ami-aa94c5fea00bc864f", InstanceType="t3.micro", MinCount=1, MaxCount=1,
        ClientToken=sys.argv[4])
    print(made["Instances"][0]["InstanceId"], end="")
except botocore.exceptions.ClientError as error:
    print(error.response["Error"]["Code"], end="")
except Exception as error:
    print(type(error).__name__, end="")
"#;

fn launch(cloud: &Ec2Cloud, token: &str) -> Child {
    let mut command = python::command().unwrap();
    let args = ["-c", LAUNCH, &cloud.url(), ACCESS_KEY, SECRET_KEY, token];
    command.args(args).stdout(Stdio::piped()).spawn().unwrap()
}

fn printed(child: Child) -> String {
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
}

#[test]
fn faults_requests_and_resources_are_typed() {
    let cloud = Ec2Cloud::with(&Ec2Settings::at_once()).unwrap();
    let lost = ["ConnectionClosedError", "ResponseParserError"];
    cloud.fault("RunInstances", 1, Ec2Fault::LostAfter).unwrap();
    let busy = Ec2Fault::error("RequestLimitExceeded");
    cloud.fault("RunInstances", 3, busy).unwrap();
    assert!(lost.contains(&printed(launch(&cloud, "one")).as_str()));
    let made = cloud.instances().unwrap();
    assert_eq!(made.len(), 1);
    assert!(made[0].is_alive() && !made[0].foreign);
    assert_eq!(
        (made[0].token.as_str(), made[0].state.as_str()),
        ("one", "running")
    );
    assert_eq!(printed(launch(&cloud, "one")), made[0].id);
    assert_eq!(printed(launch(&cloud, "one")), "RequestLimitExceeded");
    let requests = cloud.requests().unwrap();
    let seen: Vec<_> = requests
        .iter()
        .map(|request| {
            (
                request.status,
                request.effect,
                request.repeated,
                request.lost.as_str(),
            )
        })
        .collect();
    let expected = [
        (Some(200), true, false, "after"),
        (Some(200), false, true, ""),
        (Some(503), false, false, ""),
    ];
    assert_eq!(seen, expected);
    assert_eq!(requests[0].params["ClientToken"], "one");
    assert_eq!(
        (requests[0].action.as_str(), requests[0].key.as_str()),
        ("RunInstances", ACCESS_KEY)
    );

    cloud.reset(&Ec2Settings::at_once()).unwrap();
    assert_eq!(
        (
            cloud.requests().unwrap().len(),
            cloud.resources().unwrap().len()
        ),
        (0, 0)
    );
    cloud.expire(ACCESS_KEY).unwrap();
    assert_eq!(printed(launch(&cloud, "one")), "RequestExpired");
}

#[test]
fn a_killed_program_leaves_what_the_test_decides() {
    let cloud = Ec2Cloud::with(&Ec2Settings::at_once()).unwrap();
    for (fault, late, made) in [
        (Ec2Fault::HoldBefore, false, 0),
        (Ec2Fault::HoldBefore, true, 1),
        (Ec2Fault::HoldAfter, false, 1),
    ] {
        cloud.reset(&Ec2Settings::at_once()).unwrap();
        cloud.fault("*", 1, fault).unwrap();
        let mut child = launch(&cloud, "one");
        assert_eq!(cloud.wait_for_held(Duration::from_secs(60)).unwrap(), 1);
        child.kill().unwrap();
        child.wait().unwrap();
        if late {
            cloud.release().unwrap();
        } else {
            cloud.drop_held().unwrap();
        }
        // A request that goes on does so in its own time.
        for _ in 0..100 {
            if cloud.instances().unwrap().len() == made {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        assert_eq!(cloud.instances().unwrap().len(), made);
    }
    cloud.wait_for_held(Duration::from_millis(10)).unwrap_err();
}

#[test]
fn foreign_resources_are_known_by_their_maker() {
    let cloud = Ec2Cloud::start().unwrap();
    let instance = cloud
        .foreign_instance("us-east-1", ("cloudhost", "theirs"))
        .unwrap();
    let volume = cloud
        .foreign_volume("eu-west-1b", ("cloudhost", "theirs"))
        .unwrap();
    let before = cloud.foreign().unwrap();
    assert_eq!(
        (before.len(), before[0].id.as_str()),
        (3, instance.as_str())
    );
    assert_eq!(
        before[1].attached_to,
        [instance.as_str()],
        "its root volume is theirs, too"
    );
    assert_eq!(
        (before[2].id.as_str(), before[2].zone.as_str()),
        (volume.as_str(), "eu-west-1b")
    );
    assert_eq!(before[2].tags["cloudhost"], "theirs");
    let stop = [("InstanceId.1", instance.as_str())];
    cloud
        .by_another_hand("us-east-1", "StopInstances", &stop)
        .unwrap();
    assert_ne!(cloud.foreign().unwrap(), before);
    let error = cloud
        .by_another_hand("us-west-2", "StopInstances", &stop)
        .unwrap_err();
    assert!(
        error.to_string().contains("InvalidInstanceID.NotFound"),
        "{error}"
    );
}
