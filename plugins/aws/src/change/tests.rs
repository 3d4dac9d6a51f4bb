//! A canned EC2 for the tests of changes. Bodies have the elements of EC2's model, version 2016-11-15, without those that
//! are not used.

use std::cell::RefCell;

use cloudhost_sdk::http::{Header, HttpError, HttpErrorKind, Request, Response};
use cloudhost_sdk::operations::{Begun, Intent, Operation, Operations};
use cloudhost_sdk::resources::{Action, Place, ResourceId, ResourceKind, ResourceQuery, Step};
use cloudhost_sdk::{Error, ErrorKind, Facts, Scope, World};
use futures::FutureExt;
use proptest::prelude::*;
use rstest::rstest;

use super::call::Call;
use crate::Aws;

/// Response to the requests of an action with these parameters in their body.
pub(super) struct Said {
    pub action: &'static str,
    pub with: &'static str,
    pub answer: Result<(u16, String), HttpErrorKind>,
}

/// A success: the elements below the root.
pub(super) fn said(action: &'static str, inside: &str) -> Said {
    let body = format!(
        "<{action}Response xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">{inside}</{action}Response>"
    );
    Said {
        action,
        with: "",
        answer: Ok((200, body)),
    }
}

/// An error with a code.
pub(super) fn refused(action: &'static str, status: u16, code: &str, message: &str) -> Said {
    let body = format!(
        "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>\
         <RequestID>r-1</RequestID></Response>"
    );
    Said {
        action,
        with: "",
        answer: Ok((status, body)),
    }
}

impl Said {
    /// Limits it to requests with this in their body.
    pub fn with(mut self, with: &'static str) -> Said {
        self.with = with;
        self
    }
}

/// An EC2 that says what it was told to say, to all else an empty list.
#[derive(Default)]
pub(super) struct Cloud {
    pub says: Vec<Said>,
    /// Time of the responses, as a header has it.
    pub date: Option<&'static str>,
    /// The requests: host names and bodies.
    pub heard: RefCell<Vec<(String, String)>>,
}

impl Cloud {
    pub fn new(says: impl IntoIterator<Item = Said>) -> Cloud {
        Cloud {
            says: says.into_iter().collect(),
            ..Cloud::default()
        }
    }

    /// Returns the bodies of the requests.
    pub fn bodies(&self) -> Vec<String> {
        self.heard
            .borrow()
            .iter()
            .map(|(_, body)| body.clone())
            .collect()
    }

    /// Returns the requests that change something.
    pub fn changes(&self) -> Vec<String> {
        let reads =
            |body: &String| body.starts_with("Action=Describe") || body.contains("&DryRun=true");
        self.bodies()
            .into_iter()
            .filter(|body| !reads(body))
            .collect()
    }
}

impl World for Cloud {
    async fn fetch(&self, request: Request) -> Result<Response, HttpError> {
        let host = request
            .url
            .trim_start_matches("https://")
            .trim_end_matches('/')
            .to_owned();
        let body = String::from_utf8(request.body.unwrap()).unwrap();
        self.heard.borrow_mut().push((host, body.clone()));
        let action = body
            .strip_prefix("Action=")
            .unwrap()
            .split('&')
            .next()
            .unwrap()
            .to_owned();
        let mut says = self.says.iter();
        let said = says.find(|said| said.action == action && body.contains(said.with));
        let empty = || Ok((200, format!("<{action}Response/>")));
        let (status, body) = said
            .map_or_else(empty, |said| said.answer.clone())
            .map_err(|kind| HttpError {
                kind,
                message: "no answer".into(),
            })?;
        let date = self.date.iter().map(|date| Header {
            name: "Date".into(),
            value: (*date).into(),
        });
        Ok(Response {
            status,
            headers: date.collect(),
            body: body.into_bytes(),
        })
    }

    async fn credential(&self, _name: &str) -> Result<Facts, String> {
        Err("none".into())
    }
}

/// Runs a future of the canned cloud, which never waits.
pub(super) fn now<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().unwrap()
}

pub(super) fn zone() -> Place {
    Place::zone("us-east-1", "us-east-1a")
}

pub(super) fn id(kind: ResourceKind, id: &str) -> ResourceId {
    ResourceId::new(kind, id, zone())
}

pub(super) fn intent() -> Intent {
    Intent {
        token: "0b7e9f5c-1111-4222-8333-944455556666".into(),
        tags: vec![
            ("cloudhost-owner".into(), "me".into()),
            ("cloudhost-operation".into(), "op-1".into()),
        ],
        ends_at: None,
    }
}

/// A step whose request is this one.
pub(super) fn step(action: Action, kind: ResourceKind, call: &Call) -> Step {
    let mut step = Step::create(kind, "web", zone(), "it");
    step.action = action;
    call.on(step).unwrap()
}

fn launch() -> Step {
    let call = Call::new("RunInstances")
        .set("ImageId", "ami-1")
        .set("MinCount", "1")
        .set("MaxCount", "1");
    step(Action::Create, ResourceKind::Instance, &call)
}

fn run(cloud: &Cloud, step: Step) -> Result<Begun, Error> {
    now(Aws::run(cloud, step, Vec::new(), intent()))
}

const LAUNCHED: &str = "<instancesSet><item><instanceId>i-1</instanceId><instanceState><name>pending</name></instanceState>\
    <placement><availabilityZone>us-east-1b</availabilityZone></placement></item></instancesSet>";

#[test]
fn a_launch_has_its_token_and_tags() {
    let cloud = Cloud::new([said("RunInstances", LAUNCHED)]);
    let begun = run(&cloud, launch()).unwrap();
    let Begun::Running(Operation { target, action, .. }) = begun else {
        panic!("{begun:?}")
    };
    assert_eq!(
        (target.id.as_str(), target.name.as_str(), action),
        ("i-1", "web", Action::Create)
    );
    assert_eq!(target.place.zone.as_deref(), Some("us-east-1b"));
    let tags = |n: u8| {
        ["Name=web", "cloudhost-operation=op-1", "cloudhost-owner=me"]
            .iter()
            .zip(1..)
            .map(|(tag, t)| {
                let (key, value) = tag.split_once('=').unwrap();
                format!("&TagSpecification.{n}.Tag.{t}.Key={key}&TagSpecification.{n}.Tag.{t}.Value={value}")
            })
            .collect::<String>()
    };
    let expected = format!(
        "Action=RunInstances&Version=2016-11-15&ClientToken={}&ImageId=ami-1&MaxCount=1&MinCount=1\
         &TagSpecification.1.ResourceType=instance{}&TagSpecification.2.ResourceType=volume{}",
        intent().token,
        tags(1),
        tags(2)
    );
    assert_eq!(cloud.bodies(), [expected]);
    assert_eq!(cloud.heard.borrow()[0].0, "ec2.us-east-1.amazonaws.com");
}

#[test]
fn what_has_no_token_has_it_as_a_tag() {
    let cloud = Cloud::new([said(
        "CreateSnapshot",
        "<snapshotId>snap-1</snapshotId><status>pending</status>",
    )]);
    let call = Call::new("CreateSnapshot").set("VolumeId", "vol-1");
    run(&cloud, step(Action::Create, ResourceKind::Snapshot, &call)).unwrap();
    let body = &cloud.bodies()[0];
    assert!(
        body.contains(&format!(
            "Key=cloudhost-token&TagSpecification.1.Tag.4.Value={}",
            intent().token
        )),
        "{body}"
    );
    assert!(!body.contains("ClientToken"), "{body}");
}

#[test]
fn results_of_earlier_steps_take_their_places() {
    let call = Call::new("AttachVolume")
        .set("Device", "/dev/sdf")
        .set("VolumeId", "vol-1")
        .made("InstanceId", 1);
    let attach = step(Action::Attach, ResourceKind::Volume, &call);
    let cloud = Cloud::new([said("AttachVolume", "<status>attaching</status>")]);
    let made = vec![(1, id(ResourceKind::Instance, "i-7"))];
    let begun = now(Aws::run(&cloud, attach.clone(), made, intent())).unwrap();
    let Begun::Running(operation) = begun else {
        panic!("{begun:?}")
    };
    assert_eq!(
        (
            operation.target.id.as_str(),
            operation.handle.contains("i-7")
        ),
        ("vol-1", true)
    );
    assert!(cloud.bodies()[0].contains("&InstanceId=i-7&"));
    let error = now(Aws::run(&cloud, attach, Vec::new(), intent())).unwrap_err();
    assert_eq!(error.message, "step 1 of the plan has no result");
    assert_eq!(cloud.bodies().len(), 1);
}

proptest! {
    /// The same step, results and intent give the same bytes, in whatever order a plan sets the parameters.
    #[test]
    fn a_request_is_a_function_of_its_arguments(
        mut params in proptest::collection::btree_map("[A-Z][a-z]{1,6}", "[ -~]{0,9}", 0..6).prop_map(|map| map.into_iter().collect::<Vec<_>>()),
        mut tags in proptest::collection::vec(("[a-z]{1,4}", "[ -~]{0,6}"), 0..4),
        turn in 0usize..4,
    ) {
        let body = |params: &[(String, String)], tags: &[(String, String)]| {
            let call = params.iter().fold(Call::new("CreateVolume"), |call, (k, v)| call.set(k, v));
            let step = step(Action::Create, ResourceKind::Volume, &call);
            let intent = Intent { tags: tags.to_vec(), ..intent() };
            let cloud = Cloud::new([said("CreateVolume", "<volumeId>vol-1</volumeId>")]);
            now(Aws::run(&cloud, step.clone(), Vec::new(), intent)).unwrap();
            (step.data, cloud.bodies())
        };
        tags.dedup_by(|a, b| a.0 == b.0);
        tags.sort();
        tags.dedup_by(|a, b| a.0 == b.0);
        let first = body(&params, &tags);
        let n = params.len().max(1);
        params.rotate_left(turn % n);
        let n = tags.len().max(1);
        tags.rotate_left(turn % n);
        prop_assert_eq!(body(&params, &tags), first);
    }
}

#[rstest]
#[case(Err(HttpErrorKind::Timeout), ErrorKind::Indeterminate)]
#[case(Err(HttpErrorKind::Interrupted), ErrorKind::Indeterminate)]
#[case(Err(HttpErrorKind::Unreachable), ErrorKind::Unavailable)]
#[case(Ok((503, "<html>".to_owned())), ErrorKind::Indeterminate)]
#[case(Ok((200, "<RunInstancesResponse><instan".to_owned())), ErrorKind::Indeterminate)]
#[case(Ok((200, "<RunInstancesResponse/>".to_owned())), ErrorKind::Indeterminate)]
fn an_unknown_outcome_is_told(
    #[case] answer: Result<(u16, String), HttpErrorKind>,
    #[case] kind: ErrorKind,
) {
    let cloud = Cloud::new([Said {
        action: "RunInstances",
        with: "",
        answer,
    }]);
    assert_eq!(run(&cloud, launch()).unwrap_err().kind, kind);
}

#[rstest]
#[case(503, "RequestLimitExceeded", ErrorKind::RateLimited)]
#[case(500, "InsufficientInstanceCapacity", ErrorKind::InsufficientCapacity)]
#[case(500, "InternalError", ErrorKind::Indeterminate)]
#[case(400, "VcpuLimitExceeded", ErrorKind::QuotaExceeded)]
fn an_answer_is_an_outcome(#[case] status: u16, #[case] code: &str, #[case] kind: ErrorKind) {
    let cloud = Cloud::new([refused("RunInstances", status, code, "no")]);
    let error = run(&cloud, launch()).unwrap_err();
    assert_eq!(
        (error.kind, error.request_id.as_deref()),
        (kind, Some("r-1"))
    );
    if kind == ErrorKind::InsufficientCapacity {
        assert_eq!(error.scope, Scope::Zone("us-east-1a".into()));
    }
}

#[rstest]
#[case(
    "TerminateInstances",
    "InstanceId.1",
    Action::Delete,
    ResourceKind::Instance,
    "InvalidInstanceID.NotFound",
    "gone"
)]
#[case(
    "DeleteVolume",
    "VolumeId",
    Action::Delete,
    ResourceKind::Volume,
    "InvalidVolume.NotFound",
    "gone"
)]
#[case(
    "DeleteSnapshot",
    "SnapshotId",
    Action::Delete,
    ResourceKind::Snapshot,
    "InvalidSnapshot.NotFound",
    "gone"
)]
#[case(
    "DetachVolume",
    "VolumeId",
    Action::Detach,
    ResourceKind::Volume,
    "IncorrectState",
    "Volume 'x' is in the 'available' state."
)]
fn what_is_not_there_has_ended(
    #[case] name: &'static str,
    #[case] parameter: &str,
    #[case] action: Action,
    #[case] kind: ResourceKind,
    #[case] code: &str,
    #[case] message: &str,
) {
    let cloud = Cloud::new([refused(name, 400, code, message)]);
    let call = Call::new(name).set(parameter, "x");
    let begun = run(&cloud, step(action, kind, &call)).unwrap();
    assert!(
        matches!(&begun, Begun::Done(target) if target.id == "x"),
        "{begun:?}"
    );
}

#[test]
fn a_busy_volume_is_not_detached() {
    let cloud = Cloud::new([refused(
        "DetachVolume",
        400,
        "IncorrectState",
        "Volume 'x' is busy",
    )]);
    let call = Call::new("DetachVolume").set("VolumeId", "x");
    let error = run(&cloud, step(Action::Detach, ResourceKind::Volume, &call)).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Busy);
}

#[rstest]
#[case(
    "RunInstances",
    ResourceKind::Instance,
    Some("TerminateInstances&Version=2016-11-15&InstanceId.1=x")
)]
#[case(
    "CreateVolume",
    ResourceKind::Volume,
    Some("DeleteVolume&Version=2016-11-15&VolumeId=x")
)]
#[case(
    "CopySnapshot",
    ResourceKind::Snapshot,
    Some("DeleteSnapshot&Version=2016-11-15&SnapshotId=x")
)]
#[case(
    "ImportKeyPair",
    ResourceKind::SshKey,
    Some("DeleteKeyPair&Version=2016-11-15&KeyPairId=x")
)]
#[case(
    "AttachVolume",
    ResourceKind::Volume,
    Some("DetachVolume&Version=2016-11-15&VolumeId=x")
)]
#[case("DeleteVolume", ResourceKind::Volume, None)]
fn steps_are_reverted(#[case] name: &str, #[case] kind: ResourceKind, #[case] sent: Option<&str>) {
    let cloud = Cloud::default();
    let step = step(Action::Create, kind, &Call::new(name));
    let undone = now(Aws::undo(&cloud, step, id(kind, "x"), intent()));
    let sent: Vec<String> = sent.iter().map(|body| format!("Action={body}")).collect();
    assert_eq!(cloud.bodies(), sent);
    assert_eq!(undone.is_err(), sent.is_empty());
}

#[test]
fn data_of_another_plugin_is_refused() {
    let cloud = Cloud::default();
    for data in ["", "{}", r#"{"action": "DeleteVpc", "params": {}}"#] {
        let step = launch().data(data);
        assert_eq!(run(&cloud, step).unwrap_err().kind, ErrorKind::Internal);
    }
    assert_eq!(cloud.bodies(), [""; 0]);
}

#[test]
fn a_region_that_is_no_name_is_not_asked() {
    let cloud = Cloud::default();
    let mut step = launch();
    step.place.region = "evil.example.com/".into();
    assert_eq!(
        run(&cloud, step).unwrap_err().kind,
        ErrorKind::InvalidArgument
    );
    let query = ResourceQuery {
        regions: vec!["evil.example.com/".into()],
        tags: Vec::new(),
    };
    let error = now(super::instances::list(&cloud, &query)).unwrap_err();
    assert_eq!(error.kind, ErrorKind::InvalidArgument);
    assert_eq!(cloud.bodies(), [""; 0]);
}
