//! Tests of changes against a canned cloud. Bodies have the fields of Lambda's OpenAPI description.

use std::cell::RefCell;

use cloudhost_sdk::http::{Auth, Header, HttpError, HttpErrorKind, Method, Request, Response};
use cloudhost_sdk::instances::InstanceState;
use cloudhost_sdk::storage::VolumeClass;
use cloudhost_sdk::{Facts, Market, Scope};
use futures::FutureExt;
use proptest::prelude::*;
use rstest::rstest;

use super::call::Call;
use super::*;

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJabcdefghijklmnop";

type Answer = Result<(u16, String), HttpErrorKind>;

/// A cloud with these responses by method and path; to all else it says 404.
#[derive(Default)]
struct Cloud {
    says: Vec<(&'static str, Answer)>,
    date: Option<&'static str>,
    heard: RefCell<Vec<String>>,
}

impl Cloud {
    fn new(says: impl IntoIterator<Item = (&'static str, String)>) -> Cloud {
        Cloud {
            says: says
                .into_iter()
                .map(|(to, data)| (to, Ok((200, format!(r#"{{"data": {data}}}"#)))))
                .collect(),
            ..Cloud::default()
        }
    }

    fn refusing(to: &'static str, status: u16, code: &str) -> Cloud {
        let body = format!(r#"{{"error": {{"code": "{code}", "message": "no"}}}}"#);
        Cloud {
            says: vec![(to, Ok((status, body)))],
            ..Cloud::default()
        }
    }

    fn heard(&self) -> Vec<String> {
        self.heard.borrow().clone()
    }

    fn changes(&self) -> Vec<String> {
        self.heard()
            .into_iter()
            .filter(|line| !line.starts_with("GET "))
            .collect()
    }
}

impl World for Cloud {
    async fn fetch(&self, request: Request) -> Result<Response, HttpError> {
        assert_eq!(request.auth, [Auth::Bearer("lambdalabs".into())]);
        let verb = match request.method {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Delete => "DELETE",
            other => panic!("{other:?}"),
        };
        let path = request
            .url
            .strip_prefix("https://cloud.lambda.ai/api/v1/")
            .unwrap();
        let to = format!("{verb} {path}");
        let body = String::from_utf8(request.body.unwrap_or_default()).unwrap();
        self.heard
            .borrow_mut()
            .push(format!("{to} {body}").trim_end().to_owned());
        let said = self.says.iter().find(|(known, _)| *known == to);
        let absent = || {
            Ok((
                404,
                r#"{"error": {"code": "global/object-does-not-exist", "message": "no"}}"#
                    .to_owned(),
            ))
        };
        let (status, body) = said
            .map_or_else(absent, |(_, answer)| answer.clone())
            .map_err(|kind| HttpError {
                kind,
                message: "no answer".into(),
            })?;
        let date = self.date.map(|date| Header {
            name: "date".into(),
            value: date.into(),
        });
        Ok(Response {
            status,
            headers: date.into_iter().collect(),
            body: body.into_bytes(),
        })
    }

    async fn credential(&self, name: &str) -> Result<Facts, String> {
        panic!("{name}")
    }
}

fn now<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().unwrap()
}

fn spec() -> InstanceSpec {
    InstanceSpec {
        name: "web".into(),
        place: Place::region("us-east-1"),
        instance_type: "gpu_1x_a10".into(),
        image: None,
        ssh_keys: vec!["build".into()],
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

fn keys() -> (&'static str, String) {
    (
        "GET ssh-keys",
        format!(r#"[{{"id": "k1", "name": "build", "public_key": "{KEY} me@home"}}]"#),
    )
}

fn systems() -> (&'static str, String) {
    let row = |id: &str, name: &str, used: bool, region: &str| {
        format!(
            r#"{{"id": "{id}", "name": "{name}", "mount_point": "/lambda/nfs/{name}", "created": "2026-08-01T00:00:00+00:00",
            "is_in_use": {used}, "region": {{"name": "{region}", "description": ""}}}}"#
        )
    };
    let rows = [
        row("f1", "data", true, "us-east-1"),
        row("f2", "far", false, "us-west-1"),
    ];
    ("GET file-systems", format!("[{}]", rows.join(",")))
}

fn instance(id: &str, status: &str, tags: &str) -> String {
    format!(
        r#"{{"id": "{id}", "name": "web", "ip": "192.0.2.1", "status": "{status}", "ssh_key_names": ["build"],
        "file_system_names": [], "region": {{"name": "us-east-1", "description": "Virginia, USA"}},
        "instance_type": {{"name": "gpu_1x_a10", "description": ""}}, "jupyter_token": "secret", "tags": [{tags}]}}"#
    )
}

fn instances(rows: &[String]) -> (&'static str, String) {
    ("GET instances", format!("[{}]", rows.join(",")))
}

fn id(kind: ResourceKind, id: &str) -> ResourceId {
    ResourceId::new(kind, id, Place::region("us-east-1"))
}

fn intent() -> Intent {
    Intent {
        token: "0b7e9f5c-1111-4222-8333-944455556666".into(),
        tags: vec![("cloudhost-owner".into(), "me".into())],
        ends_at: None,
    }
}

fn launch() -> Step {
    now(Lambda::create(&Cloud::new([keys()]), spec()))
        .unwrap()
        .remove(0)
}

fn run(cloud: &Cloud, step: Step) -> Result<Begun, Error> {
    now(Lambda::run(cloud, step, Vec::new(), intent()))
}

const LAUNCH: &str = "POST instance-operations/launch";

#[test]
fn a_launch_has_its_token_as_a_tag() {
    let cloud = Cloud::new([(LAUNCH, r#"{"instance_ids": ["i1"]}"#.to_owned())]);
    let begun = run(&cloud, launch()).unwrap();
    let Begun::Running(operation) = begun else {
        panic!("{begun:?}")
    };
    assert_eq!(
        (operation.target.id.as_str(), operation.target.name.as_str()),
        ("i1", "web")
    );
    let body = r#"{"instance_type_name":"gpu_1x_a10","name":"web","region_name":"us-east-1","ssh_key_names":["build"],"tags":[{"key":"cloudhost-owner","value":"me"},{"key":"cloudhost-token","value":"0b7e9f5c-1111-4222-8333-944455556666"}]}"#;
    assert_eq!(cloud.heard(), [format!("{LAUNCH} {body}")]);
    // Once more: the same bytes.
    run(&cloud, launch()).unwrap();
    assert_eq!(cloud.heard()[0], cloud.heard()[1]);
}

#[test]
fn all_that_was_chosen_is_in_the_request() {
    let images = r#"[{"id": "im1", "name": "", "family": "lambda-stack-24-04", "version": "", "architecture": "x86_64", "region": {"name": "us-east-1"}}]"#;
    let cloud = || Cloud::new([keys(), systems(), ("GET images", images.to_owned())]);
    let spec = |image: &str| InstanceSpec {
        image: Some(image.into()),
        ssh_keys: vec![KEY.into()],
        user_data: Some(b"#cloud-config".to_vec()),
        volumes: vec![id(ResourceKind::Volume, "f1")],
        security_groups: vec!["rules-1".into()],
        ..spec()
    };
    let steps = now(Lambda::create(&cloud(), spec("im1"))).unwrap();
    let [step] = &steps[..] else {
        panic!("{steps:?}")
    };
    assert_eq!(
        step.data,
        r##"{"call":"launch","body":{"file_system_names":["data"],"firewall_rulesets":[{"id":"rules-1"}],"image":{"id":"im1"},"instance_type_name":"gpu_1x_a10","name":"web","region_name":"us-east-1","ssh_key_names":["build"],"user_data":"#cloud-config"}}"##
    );
    let steps = now(Lambda::create(&cloud(), spec("lambda-stack-24-04"))).unwrap();
    assert!(
        steps[0]
            .data
            .contains(r#""image":{"family":"lambda-stack-24-04"}"#)
    );
    let error = now(Lambda::create(&cloud(), spec("im9"))).unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound);
}

#[test]
fn a_new_public_key_is_stored_first() {
    let cloud = Cloud::new([
        ("GET ssh-keys", "[]".to_owned()),
        (
            "POST ssh-keys",
            r#"{"id": "k2", "name": "n", "public_key": "p"}"#.to_owned(),
        ),
    ]);
    let spec = InstanceSpec {
        ssh_keys: vec![format!("{KEY} me@home")],
        ..spec()
    };
    let steps = now(Lambda::create(&cloud, spec)).unwrap();
    assert_eq!((steps.len(), steps[1].after.as_slice()), (2, &[0][..]));
    assert!(
        steps[1]
            .data
            .contains(r#""ssh_key_names":["cloudhost-abcdefghijklmnop"]"#)
    );
    assert_eq!(cloud.changes(), [""; 0]);
    let begun = run(&cloud, steps[0].clone()).unwrap();
    assert!(
        matches!(&begun, Begun::Done(made) if made.id == "k2"),
        "{begun:?}"
    );
    assert_eq!(
        cloud.changes(),
        [format!(
            r#"POST ssh-keys {{"name":"cloudhost-abcdefghijklmnop","public_key":"{KEY}"}}"#
        )]
    );
}

type Change = fn(&mut InstanceSpec);

#[rstest]
#[case(|s: &mut InstanceSpec| s.ssh_keys.clear(), ErrorKind::InvalidArgument)]
#[case(|s: &mut InstanceSpec| s.ssh_keys = vec!["nobody".into()], ErrorKind::NotFound)]
#[case(|s: &mut InstanceSpec| s.market = Market::Spot, ErrorKind::Unsupported)]
#[case(|s: &mut InstanceSpec| s.disk_gib = Some(5), ErrorKind::Unsupported)]
#[case(|s: &mut InstanceSpec| s.subnet = Some("s".into()), ErrorKind::Unsupported)]
#[case(|s: &mut InstanceSpec| s.protected = true, ErrorKind::Unsupported)]
#[case(|s: &mut InstanceSpec| s.user_data = Some(vec![0xff]), ErrorKind::InvalidArgument)]
#[case(|s: &mut InstanceSpec| s.volumes = vec![id(ResourceKind::Volume, "f2")], ErrorKind::FailedPrecondition)]
#[case(|s: &mut InstanceSpec| s.volumes = vec![id(ResourceKind::Volume, "f9")], ErrorKind::NotFound)]
#[case(|s: &mut InstanceSpec| s.name = "x".repeat(65), ErrorKind::InvalidArgument)]
fn what_cannot_be_is_told_before_anything_is_made(#[case] change: Change, #[case] kind: ErrorKind) {
    let mut spec = spec();
    change(&mut spec);
    let cloud = Cloud::new([keys(), systems()]);
    let error = now(Lambda::create(&cloud, spec)).unwrap_err();
    assert_eq!(error.kind, kind, "{error:?}");
    assert_eq!(cloud.changes(), [""; 0]);
}

#[rstest]
#[case(
    400,
    "instance-operations/launch/insufficient-capacity",
    ErrorKind::InsufficientCapacity
)]
#[case(400, "global/quota-exceeded", ErrorKind::QuotaExceeded)]
#[case(
    400,
    "instance-operations/launch/file-system-in-wrong-region",
    ErrorKind::FailedPrecondition
)]
#[case(401, "global/invalid-api-key", ErrorKind::Unauthenticated)]
#[case(429, "global/too-many-requests", ErrorKind::RateLimited)]
#[case(500, "global/internal-error", ErrorKind::Indeterminate)]
#[case(503, "provider/internal-unavailable", ErrorKind::Indeterminate)]
fn codes(#[case] status: u16, #[case] code: &str, #[case] kind: ErrorKind) {
    let error = run(&Cloud::refusing(LAUNCH, status, code), launch()).unwrap_err();
    assert_eq!(error.kind, kind);
    match kind {
        ErrorKind::InsufficientCapacity => {
            assert_eq!(error.scope, Scope::Region("us-east-1".into()))
        }
        ErrorKind::RateLimited => assert_eq!(error.retry_after_ms, Some(12_000)),
        _ => {}
    }
}

#[rstest]
#[case(HttpErrorKind::Timeout, ErrorKind::Indeterminate)]
#[case(HttpErrorKind::Unreachable, ErrorKind::Unavailable)]
fn a_lost_response_may_be_an_instance(#[case] lost: HttpErrorKind, #[case] kind: ErrorKind) {
    let cloud = Cloud {
        says: vec![(LAUNCH, Err(lost))],
        ..Cloud::default()
    };
    assert_eq!(run(&cloud, launch()).unwrap_err().kind, kind);
}

#[test]
fn a_tag_that_lambda_does_not_take_is_refused_here() {
    let cloud = Cloud::default();
    let mut intent = intent();
    intent.tags.push(("Team".into(), "x".into()));
    let error = now(Lambda::run(&cloud, launch(), Vec::new(), intent)).unwrap_err();
    assert_eq!(
        (error.kind, cloud.heard().len()),
        (ErrorKind::InvalidArgument, 0)
    );
}

fn token_tag() -> String {
    format!(
        r#"{{"key": "cloudhost-token", "value": "{}"}}"#,
        intent().token
    )
}

#[test]
fn a_lost_launch_is_found_by_its_tag() {
    let other = r#"{"key": "cloudhost-token", "value": "another"}"#;
    let rows = [
        instance("i1", "booting", &token_tag()),
        instance("i2", "active", other),
    ];
    let cloud = Cloud::new([instances(&rows)]);
    let found = now(Lambda::recover(&cloud, launch(), Vec::new(), intent())).unwrap();
    let [Begun::Running(operation)] = &found[..] else {
        panic!("{found:?}")
    };
    assert_eq!(
        (operation.target.id.as_str(), operation.action),
        ("i1", Action::Create)
    );
    assert_eq!(cloud.changes(), [""; 0]);
}

fn operation(action: Action, id_of: &str, at: Option<u64>) -> Operation {
    Operation {
        handle: format!(
            r#"{{"at": {}}}"#,
            at.map_or("null".to_owned(), |at| at.to_string())
        ),
        action,
        target: id(ResourceKind::Instance, id_of),
    }
}

#[rstest]
#[case(Action::Create, "booting", "running booting")]
#[case(Action::Create, "active", "done")]
#[case(Action::Create, "unhealthy", "FailedPrecondition")]
#[case(Action::Create, "preempted", "InsufficientCapacity")]
#[case(Action::Create, "terminated", "FailedPrecondition")]
#[case(Action::Create, "thawing", "running thawing")]
#[case(Action::Delete, "active", "running active")]
#[case(Action::Delete, "terminating", "running terminating")]
#[case(Action::Delete, "terminated", "done")]
fn states(#[case] action: Action, #[case] status: &str, #[case] is: &str) {
    let cloud = Cloud::new([instances(&[instance("i1", status, "")])]);
    assert_eq!(
        told(&now(Lambda::poll(&cloud, vec![operation(action, "i1", None)]))[0]),
        is
    );
    let list = now(Lambda::list(
        &cloud,
        ResourceQuery {
            regions: vec![],
            tags: vec![],
        },
    ))
    .unwrap();
    assert_eq!(list.instances[0].status.as_deref(), Some(status));
    assert_eq!(
        list.instances[0].state == InstanceState::Other,
        status == "thawing"
    );
}

fn told(status: &Result<Status, Error>) -> String {
    match status {
        Ok(Status::Running(progress)) => format!("running {}", progress.phase),
        Ok(Status::Succeeded(_)) => "done".into(),
        Ok(Status::Failed(error)) => format!("{:?}", error.kind).replace("ErrorKind::", ""),
        Ok(Status::Cancelled) => "cancelled".into(),
        Err(error) => format!("error: {}", error.message),
    }
}

#[rstest]
#[case(
    Action::Create,
    Some(0),
    Some("Thu, 01 Jan 1970 00:00:59 GMT"),
    "running not listed yet"
)]
#[case(
    Action::Create,
    Some(0),
    Some("Thu, 01 Jan 1970 00:01:00 GMT"),
    "NotFound"
)]
#[case(Action::Create, None, None, "running not listed yet")]
#[case(Action::Delete, Some(0), None, "done")]
fn not_in_the_list(
    #[case] action: Action,
    #[case] at: Option<u64>,
    #[case] date: Option<&'static str>,
    #[case] is: &str,
) {
    let cloud = Cloud {
        date,
        ..Cloud::new([instances(&[])])
    };
    assert_eq!(
        told(&now(Lambda::poll(&cloud, vec![operation(action, "i1", at)]))[0]),
        is
    );
}

proptest! {
    #[test]
    fn a_poll_is_one_request_in_order(wanted in proptest::collection::vec((0u8..20, 0u8..3), 0..40)) {
        let rows: Vec<String> = (0..10).map(|n| instance(&format!("i{n}"), "active", "")).collect();
        let cloud = Cloud::new([instances(&rows)]);
        let operations: Vec<Operation> = wanted.iter().map(|(n, kind)| {
            let mut operation = operation(Action::Create, &format!("i{n}"), None);
            match kind {
                0 => operation.handle.clear(),
                1 => operation.target.kind = ResourceKind::Snapshot,
                _ => {}
            }
            operation
        }).collect();
        let out = now(Lambda::poll(&cloud, operations));
        prop_assert_eq!(out.len(), wanted.len());
        for (result, (n, kind)) in out.iter().zip(&wanted) {
            match result {
                Ok(Status::Succeeded(target)) => {
                    let expected = format!("i{n}");
                    prop_assert_eq!(&target.id, &expected);
                    prop_assert!(*n < 10 && *kind == 2);
                }
                Ok(_) => prop_assert!(*n >= 10 && *kind == 2),
                Err(_) => prop_assert!(*kind < 2),
            }
        }
        let any = wanted.iter().any(|(_, kind)| *kind != 1);
        prop_assert_eq!(cloud.heard(), if any { vec!["GET instances".to_owned()] } else { vec![] });
    }
}

#[test]
fn an_end_is_planned_and_sent() {
    let cloud = Cloud::new([
        instances(&[instance("i1", "active", "")]),
        (
            "POST instance-operations/terminate",
            r#"{"terminated_instances": []}"#.to_owned(),
        ),
    ]);
    let steps = now(Lambda::delete(&cloud, id(ResourceKind::Instance, "i1"))).unwrap();
    assert_eq!(cloud.changes(), [""; 0]);
    let begun = run(&cloud, steps[0].clone()).unwrap();
    assert!(matches!(&begun, Begun::Running(operation) if operation.target.id == "i1"));
    assert_eq!(
        cloud.changes(),
        [r#"POST instance-operations/terminate {"instance_ids":["i1"]}"#]
    );
    // Once more, when it is gone: that is the outcome.
    let begun = run(&Cloud::default(), steps[0].clone()).unwrap();
    assert!(matches!(&begun, Begun::Done(target) if target.id == "i1"));
    let error = now(Lambda::delete(&cloud, id(ResourceKind::Instance, "i9"))).unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound);
}

#[rstest]
#[case(Call::Launch { body: Default::default() }, Some(r#"POST instance-operations/terminate {"instance_ids":["x"]}"#))]
#[case(Call::AddKey { name: "n".into(), public_key: "p".into() }, Some("DELETE ssh-keys/x"))]
#[case(Call::MakeFileSystem { name: "n".into(), region: "r".into() }, Some("DELETE filesystems/x"))]
#[case(Call::Terminate { id: "x".into() }, None)]
fn steps_are_reverted(#[case] call: Call, #[case] sent: Option<&str>) {
    let cloud = Cloud::default();
    let step = call.on(launch()).unwrap();
    let undone = now(Lambda::undo(
        &cloud,
        step,
        id(ResourceKind::Instance, "x"),
        intent(),
    ));
    assert_eq!(cloud.heard(), Vec::from_iter(sent));
    assert_eq!(undone.is_ok(), sent.is_some());
}

#[test]
fn an_identifier_that_is_a_path_is_not_sent() {
    let cloud = Cloud::default();
    let step = Call::DeleteKey {
        id: "../instances".into(),
    }
    .on(launch())
    .unwrap();
    assert_eq!(
        run(&cloud, step).unwrap_err().kind,
        ErrorKind::InvalidArgument
    );
    let error = now(Lambda::get(&cloud, id(ResourceKind::Instance, "a/b"))).unwrap_err();
    assert_eq!(
        (error.kind, cloud.heard().len()),
        (ErrorKind::InvalidArgument, 0)
    );
}

fn system(name: &str) -> VolumeSpec {
    VolumeSpec {
        name: name.into(),
        place: Place::region("us-east-1"),
        size_gib: None,
        class: None,
        iops: None,
        snapshot: None,
        protected: false,
        settings: Vec::new(),
    }
}

#[test]
fn file_systems_are_volumes() {
    let cloud = Cloud::new([
        systems(),
        ("POST filesystems", r#"{"id": "f3"}"#.to_owned()),
    ]);
    let query = ResourceQuery {
        regions: vec!["us-east-1".into()],
        tags: Vec::new(),
    };
    let list = now(Lambda::list_volumes(&cloud, query)).unwrap();
    assert_eq!(list.volumes.len(), 1);
    assert_eq!(list.volumes[0].class, Some(VolumeClass::SharedFileSystem));
    assert_eq!(
        list.volumes[0].created,
        cloudhost_sdk::timestamp("2026-08-01T00:00:00Z")
    );
    let steps = now(Lambda::create_volume(&cloud, system("more"))).unwrap();
    assert_eq!(cloud.changes(), [""; 0]);
    assert!(matches!(run(&cloud, steps[0].clone()), Ok(Begun::Done(made)) if made.id == "f3"));
    assert_eq!(
        cloud.changes(),
        [r#"POST filesystems {"name":"more","region":"us-east-1"}"#]
    );
    let kind = |plan: Result<Vec<Step>, Error>| plan.unwrap_err().kind;
    assert_eq!(
        kind(now(Lambda::create_volume(&cloud, system("data")))),
        ErrorKind::AlreadyExists
    );
    assert_eq!(
        kind(now(Lambda::create_volume(&cloud, system("9")))),
        ErrorKind::InvalidArgument
    );
    let sized = VolumeSpec {
        size_gib: Some(1),
        ..system("more")
    };
    assert_eq!(
        kind(now(Lambda::create_volume(&cloud, sized))),
        ErrorKind::Unsupported
    );
    assert_eq!(
        kind(now(Lambda::delete_volume(
            &cloud,
            id(ResourceKind::Volume, "f1")
        ))),
        ErrorKind::FailedPrecondition
    );
    let instance = id(ResourceKind::Instance, "i1");
    let error = now(Lambda::attach_volume(
        &cloud,
        id(ResourceKind::Volume, "f1"),
        instance,
    ))
    .unwrap_err();
    assert!(error.kind == ErrorKind::Unsupported && error.advice.is_some());
}

#[test]
fn what_lambda_cannot_do_is_unsupported() {
    let it = || id(ResourceKind::Instance, "i1");
    let cloud = Cloud::default();
    assert_eq!(
        now(Lambda::start(&cloud, it())).unwrap_err().kind,
        ErrorKind::Unsupported
    );
    assert_eq!(
        now(Lambda::stop(&cloud, it())).unwrap_err().kind,
        ErrorKind::Unsupported
    );
    assert_eq!(
        now(Lambda::protect(&cloud, it(), true)).unwrap_err().kind,
        ErrorKind::Unsupported
    );
    assert_eq!(cloud.heard(), [""; 0]);
}
