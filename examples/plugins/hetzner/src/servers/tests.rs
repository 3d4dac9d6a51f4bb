//! Tests of plans and changes against a canned cloud.

use std::cell::RefCell;

use cloudhost_sdk::http::{Auth, HttpError, HttpErrorKind, Method, Request, Response};
use cloudhost_sdk::operations::{Begun, Intent, Operation, Operations, Status};
use cloudhost_sdk::{Facts, Scope};
use futures::FutureExt;
use rstest::rstest;

use super::*;

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJabcdefghijklmnop";

type Answer = Result<(u16, String), HttpErrorKind>;

/// A cloud with these responses by method and path, without the query.
#[derive(Default)]
struct Cloud {
    says: Vec<(&'static str, Answer)>,
    heard: RefCell<Vec<String>>,
}

impl Cloud {
    fn new(says: impl IntoIterator<Item = (&'static str, u16, String)>) -> Cloud {
        Cloud {
            says: says
                .into_iter()
                .map(|(to, status, body)| (to, Ok((status, body))))
                .collect(),
            ..Cloud::default()
        }
    }

    fn changes(&self) -> Vec<String> {
        self.heard
            .borrow()
            .iter()
            .filter(|line| !line.starts_with("GET "))
            .cloned()
            .collect()
    }
}

impl World for Cloud {
    async fn fetch(&self, request: Request) -> Result<Response, HttpError> {
        assert_eq!(request.auth, [Auth::Bearer("hetzner".into())]);
        let verb = match request.method {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Delete => "DELETE",
            other => panic!("{other:?}"),
        };
        let path = request
            .url
            .strip_prefix("https://api.hetzner.cloud/v1/")
            .unwrap();
        let body = String::from_utf8(request.body.unwrap_or_default()).unwrap();
        self.heard
            .borrow_mut()
            .push(format!("{verb} {path} {body}").trim_end().to_owned());
        let to = format!("{verb} {}", path.split('?').next().unwrap());
        let said = self.says.iter().find(|(known, _)| *known == to);
        let absent = || {
            Ok((
                404,
                r#"{"error": {"code": "not_found", "message": "no"}}"#.to_owned(),
            ))
        };
        let (status, body) = said
            .map_or_else(absent, |(_, answer)| answer.clone())
            .map_err(|kind| HttpError {
                kind,
                message: "no answer".into(),
            })?;
        Ok(Response {
            status,
            headers: Vec::new(),
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

fn list(what: &'static str, name: &str, rows: &[String]) -> (&'static str, u16, String) {
    let rows = rows.join(",");
    (
        what,
        200,
        format!(r#"{{"{name}": [{rows}], "meta": {{"pagination": {{"next_page": null}}}}}}"#),
    )
}

fn servers(rows: &[String]) -> (&'static str, u16, String) {
    list("GET servers", "servers", rows)
}

fn server(id: u64, status: &str, token: &str) -> String {
    format!(
        r#"{{"id": {id}, "name": "web", "status": "{status}", "created": "2026-08-01T00:00:00+00:00",
        "location": {{"name": "fsn1"}}, "server_type": {{"name": "cpx22"}}, "public_net": {{"ipv4": {{"ip": "192.0.2.1"}}}},
        "private_net": [], "protection": {{"delete": false}}, "labels": {{"cloudhost-token": "{token}"}}}}"#
    )
}

fn keys() -> (&'static str, u16, String) {
    list(
        "GET ssh_keys",
        "ssh_keys",
        &[format!(
            r#"{{"id": 5, "name": "build", "public_key": "{KEY} me"}}"#
        )],
    )
}

fn spec() -> InstanceSpec {
    InstanceSpec {
        name: "web".into(),
        place: Place::region("fsn1"),
        instance_type: "cpx22".into(),
        image: None,
        ssh_keys: vec!["build".into()],
        login: None,
        user_data: None,
        market: Market::OnDemand,
        disk_gib: None,
        network: None,
        subnet: None,
        security_groups: vec!["8".into()],
        public_address: None,
        role: None,
        volumes: Vec::new(),
        protected: false,
        settings: Vec::new(),
    }
}

fn intent() -> Intent {
    Intent {
        token: "t-1".into(),
        tags: vec![("cloudhost-owner".into(), "me".into())],
        ends_at: None,
    }
}

fn create() -> Step {
    let cloud = Cloud::new([servers(&[]), keys()]);
    let mut steps = now(Hetzner::create(&cloud, spec())).unwrap();
    assert_eq!((steps.len(), cloud.changes().len()), (1, 0));
    steps.remove(0)
}

const MADE: &str = r#"{"server": {"id": 42}, "action": {"id": 1, "status": "running", "command": "create_server"},
    "next_actions": [{"id": 2, "status": "running", "command": "start_server"}], "root_password": null}"#;

fn run(cloud: &Cloud) -> Result<Begun, Error> {
    now(Hetzner::run(cloud, create(), Vec::new(), intent()))
}

#[test]
fn a_server_is_planned_and_made() {
    let cloud = Cloud::new([("POST servers", 201, MADE.to_owned())]);
    let Begun::Running(operation) = run(&cloud).unwrap() else {
        panic!()
    };
    assert_eq!(
        (operation.target.id.as_str(), operation.handle.as_str()),
        ("42", r#"{"action":2}"#)
    );
    let body = r#"{"firewalls":[{"firewall":8}],"image":"debian-13","labels":{"cloudhost-owner":"me","cloudhost-token":"t-1"},"location":"fsn1","name":"web","server_type":"cpx22","ssh_keys":[5]}"#;
    assert_eq!(cloud.changes(), [format!("POST servers {body}")]);
    run(&cloud).unwrap();
    assert_eq!(cloud.changes()[0], cloud.changes()[1]);
}

#[rstest]
#[case(409, "uniqueness_error", ErrorKind::AlreadyExists)]
#[case(403, "resource_limit_exceeded", ErrorKind::QuotaExceeded)]
#[case(412, "resource_unavailable", ErrorKind::InsufficientCapacity)]
#[case(423, "locked", ErrorKind::Busy)]
#[case(403, "token_readonly", ErrorKind::PermissionDenied)]
#[case(503, "maintenance", ErrorKind::Indeterminate)]
fn codes(#[case] status: u16, #[case] code: &str, #[case] kind: ErrorKind) {
    let body = format!(r#"{{"error": {{"code": "{code}", "message": "no"}}}}"#);
    let error = run(&Cloud::new([("POST servers", status, body)])).unwrap_err();
    assert_eq!(error.kind, kind);
    if kind == ErrorKind::InsufficientCapacity {
        assert_eq!(error.scope, Scope::Region("fsn1".into()));
    }
}

#[test]
fn a_lost_server_is_found_by_its_name_and_label() {
    let cloud = Cloud {
        says: vec![("POST servers", Err(HttpErrorKind::Timeout))],
        ..Cloud::default()
    };
    assert_eq!(run(&cloud).unwrap_err().kind, ErrorKind::Indeterminate);
    let found = |token: &str| {
        let cloud = Cloud::new([servers(&[server(42, "initializing", token)])]);
        let found = now(Hetzner::recover(&cloud, create(), Vec::new(), intent())).unwrap();
        assert_eq!(*cloud.heard.borrow(), ["GET servers?per_page=50&name=web"]);
        found
    };
    assert_eq!(found("another"), []);
    let [Begun::Running(operation)] = &found("t-1")[..] else {
        panic!()
    };
    let cloud = Cloud::new([servers(&[server(42, "running", "t-1")])]);
    let states = now(Hetzner::poll(&cloud, vec![operation.clone()]));
    assert!(matches!(&states[..], [Ok(Status::Succeeded(target))] if target.id == "42"));
}

fn operation(action: u64) -> Operation {
    Operation {
        handle: format!(r#"{{"action": {action}}}"#),
        action: Action::Create,
        target: ResourceId::new(
            ResourceKind::Instance,
            action.to_string(),
            Place::region("fsn1"),
        ),
    }
}

#[test]
fn one_request_tells_many_actions() {
    let row = |id: u64, status: &str, error: &str| {
        format!(
            r#"{{"id": {id}, "status": "{status}", "command": "create_server", "progress": 40, "error": {error}}}"#
        )
    };
    let failed = r#"{"code": "resource_unavailable", "message": "none left"}"#;
    let rows = [
        row(3, "error", failed),
        row(1, "running", "null"),
        row(2, "success", "null"),
        row(5, "dreaming", "null"),
    ];
    let cloud = Cloud::new([list("GET actions", "actions", &rows)]);
    let states = now(Hetzner::poll(
        &cloud,
        [1, 2, 3, 4, 5].map(operation).to_vec(),
    ));
    let [
        Ok(Status::Running(one)),
        Ok(Status::Succeeded(_)),
        Ok(Status::Failed(three)),
        Err(four),
        Ok(Status::Running(_)),
    ] = &states[..]
    else {
        panic!("{states:?}")
    };
    assert_eq!(
        (one.percent, three.kind, four.kind),
        (
            Some(40),
            ErrorKind::InsufficientCapacity,
            ErrorKind::NotFound
        )
    );
    assert_eq!(
        *cloud.heard.borrow(),
        ["GET actions?per_page=50&id=1&id=2&id=3&id=4&id=5"]
    );
}

#[test]
fn an_end_is_planned_sent_and_taken_as_done() {
    let cloud = Cloud::new([
        servers(&[server(42, "running", "t-1")]),
        (
            "DELETE servers/42",
            200,
            r#"{"action": {"id": 9, "status": "running", "command": "delete_server"}}"#.to_owned(),
        ),
    ]);
    let id = |id: &str| ResourceId::new(ResourceKind::Instance, id, Place::region("fsn1"));
    let steps = now(Hetzner::delete(&cloud, id("42"))).unwrap();
    assert_eq!(cloud.changes(), [""; 0]);
    let end =
        |cloud: &Cloud| now(Hetzner::run(cloud, steps[0].clone(), Vec::new(), intent())).unwrap();
    assert!(
        matches!(end(&cloud), Begun::Running(operation) if operation.handle == r#"{"action":9}"#)
    );
    assert_eq!(cloud.changes(), ["DELETE servers/42"]);
    assert!(matches!(end(&Cloud::default()), Begun::Done(target) if target.id == "42"));
    assert_eq!(
        now(Hetzner::delete(&cloud, id("7"))).unwrap_err().kind,
        ErrorKind::NotFound
    );
    let undone = now(Hetzner::undo(
        &Cloud::default(),
        create(),
        id("42"),
        intent(),
    ));
    assert!(matches!(undone, Ok(Begun::Done(_))));
}

type Change = fn(&mut InstanceSpec);

#[rstest]
#[case(|s: &mut InstanceSpec| s.ssh_keys.clear(), ErrorKind::InvalidArgument)]
#[case(|s: &mut InstanceSpec| s.ssh_keys = vec!["nobody".into()], ErrorKind::NotFound)]
#[case(|s: &mut InstanceSpec| s.market = Market::Spot, ErrorKind::Unsupported)]
#[case(|s: &mut InstanceSpec| s.security_groups = vec!["x".into()], ErrorKind::InvalidArgument)]
#[case(|s: &mut InstanceSpec| s.user_data = Some(vec![0xff]), ErrorKind::InvalidArgument)]
fn what_cannot_be_is_told_before(#[case] change: Change, #[case] kind: ErrorKind) {
    let mut spec = spec();
    change(&mut spec);
    let cloud = Cloud::new([servers(&[]), keys()]);
    assert_eq!(now(Hetzner::create(&cloud, spec)).unwrap_err().kind, kind);
    assert_eq!(cloud.changes(), [""; 0]);
}

#[test]
fn a_name_that_is_taken_is_told_before() {
    let cloud = Cloud::new([servers(&[server(1, "running", "")]), keys()]);
    assert_eq!(
        now(Hetzner::create(&cloud, spec())).unwrap_err().kind,
        ErrorKind::AlreadyExists
    );
}

#[test]
fn servers_are_instances() {
    let cloud = Cloud::new([servers(&[server(42, "thawing", "t-1")])]);
    let query = |key: &str| ResourceQuery {
        regions: vec!["fsn1".into()],
        tags: vec![(key.into(), "t-1".into())],
    };
    let instances = now(Hetzner::list(&cloud, query("cloudhost-token")))
        .unwrap()
        .instances;
    assert_eq!(
        (instances[0].state, instances[0].status.as_deref()),
        (InstanceState::Other, Some("thawing"))
    );
    assert_eq!(instances[0].created, timestamp("2026-08-01T00:00:00Z"));
    assert_eq!(
        now(Hetzner::list(&cloud, query("other")))
            .unwrap()
            .instances,
        []
    );
}
