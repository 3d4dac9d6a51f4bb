//! Changes, instances and SSH keys.

use crate::Fixture;
use cloudhost_sdk::http::{Method, Request};
use cloudhost_sdk::instances::{
    Instance, InstanceList, InstanceSpec, InstanceState, Instances, SshKey, SshKeyList,
};
use cloudhost_sdk::operations::{
    Begun, Ending, Guarantee, Intent, Made, Operation, Operations, Progress, Repetition, Status,
};
use cloudhost_sdk::resources::{Action, Place, ResourceId, ResourceKind, ResourceQuery, Step};
use cloudhost_sdk::{Error, ErrorKind, Market, Scope, Timestamp, World, join_all};

const HERE: &str = "https://api.fixture.test";

pub(crate) fn place() -> Place {
    Place::zone("eu-west-1", "eu-west-1a")
}

pub(crate) fn named(kind: ResourceKind, id: &str) -> ResourceId {
    ResourceId {
        parent: Some("parent".to_owned()),
        ..ResourceId::new(kind, id, place()).named(format!("name of {id}"))
    }
}

pub(crate) fn missing() -> Vec<Error> {
    let error = Error::new(ErrorKind::Unavailable, "a part is away");
    vec![error.in_scope(Scope::Region("eu-west-1".to_owned()))]
}

impl Operations for Fixture {
    fn guarantees(kind: ResourceKind, action: Action) -> Guarantee {
        Guarantee {
            repetition: match action {
                Action::Create => Repetition::SameToken(3_600),
                Action::Delete => Repetition::SameOutcome,
                Action::Copy => Repetition::Another,
                _ => Repetition::RefusedByName,
            },
            settles_in_ms: 1_500,
            ending: match kind {
                ResourceKind::Instance => Ending::Movable,
                ResourceKind::Volume => Ending::Fixed,
                _ => Ending::Never,
            },
            keeps_tags: kind != ResourceKind::SshKey,
            cancellable: true,
        }
    }

    /// Sends one change; its handle has all that it was given.
    async fn run<W: World>(
        world: &W,
        step: Step,
        made: Vec<Made>,
        intent: Intent,
    ) -> Result<Begun, Error> {
        let request = Request::post(format!("{HERE}/run")).header("idempotency-key", &intent.token);
        let response = request.bearer("fixture").json(&(&step, &made, &intent))?;
        let response = response.send(world).await?.ok("run")?;
        let target = named(step.kind, &String::from_utf8_lossy(&response.body));
        Ok(match step.action {
            Action::Create => Begun::Running(Operation {
                handle: step.data,
                action: step.action,
                target,
            }),
            _ => Begun::Done(target),
        })
    }

    async fn undo<W: World>(
        world: &W,
        _step: Step,
        target: ResourceId,
        _intent: Intent,
    ) -> Result<Begun, Error> {
        let request = Request::new(Method::Delete, format!("{HERE}/undo"));
        request.bearer("fixture").send(world).await?.ok("undo")?;
        Ok(Begun::Done(target))
    }

    async fn cancel<W: World>(world: &W, _operation: Operation) -> Result<(), Error> {
        let request = Request::new(Method::Put, format!("{HERE}/cancel"));
        request.bearer("fixture").send(world).await?.ok("cancel")?;
        Ok(())
    }

    /// The handle says how far it is.
    async fn poll<W: World>(world: &W, operations: Vec<Operation>) -> Vec<Result<Status, Error>> {
        let poll = |operation: Operation| async move {
            let request = Request::get(format!("{HERE}/me")).bearer("fixture");
            request.send(world).await?.ok("poll")?;
            Ok(match operation.handle.as_str() {
                "running" => Status::Running(Progress {
                    percent: Some(50),
                    message: Some("half of it".to_owned()),
                    ..Progress::new("CREATING", 2_000)
                }),
                "failed" => {
                    Status::Failed(Error::new(ErrorKind::InsufficientCapacity, "none left"))
                }
                "cancelled" => Status::Cancelled,
                _ => Status::Succeeded(operation.target),
            })
        };
        join_all(operations.into_iter().map(poll)).await
    }

    async fn recover<W: World>(
        _world: &W,
        step: Step,
        _made: Vec<Made>,
        intent: Intent,
    ) -> Result<Vec<Begun>, Error> {
        Ok(vec![Begun::Done(named(step.kind, &intent.token))])
    }

    async fn protect<W: World>(_world: &W, id: ResourceId, on: bool) -> Result<Vec<Step>, Error> {
        let action = if on {
            Action::Protect
        } else {
            Action::Unprotect
        };
        Ok(vec![Step::change(action, &id, "protection")])
    }

    async fn set_end<W: World>(
        _world: &W,
        id: ResourceId,
        ends_at: Option<Timestamp>,
    ) -> Result<Vec<Step>, Error> {
        Ok(vec![Step::change(
            Action::SetEnd,
            &id,
            format!("ends {ends_at:?}"),
        )])
    }
}

fn instance(id: &str) -> Instance {
    Instance {
        status: Some("running".to_owned()),
        market: Some(Market::Spot),
        public_ip: Some("192.0.2.1".to_owned()),
        private_ip: Some("10.0.0.1".to_owned()),
        login: Some("debian".to_owned()),
        created: Some(1_793_232_000),
        ends_at: Some(1_793_235_600),
        protected: Some(true),
        tags: vec![("owner".to_owned(), "me".to_owned())],
        message: Some("well".to_owned()),
        ..Instance::new(
            named(ResourceKind::Instance, id),
            InstanceState::Running,
            "large",
        )
    }
}

impl Instances for Fixture {
    async fn list<W: World>(_world: &W, query: ResourceQuery) -> Result<InstanceList, Error> {
        let ids = query.regions.into_iter().chain(["i-1".to_owned()]);
        Ok(InstanceList {
            instances: ids.map(|id| instance(&id)).collect(),
            missing: missing(),
        })
    }

    async fn get<W: World>(_world: &W, id: ResourceId) -> Result<Instance, Error> {
        Ok(instance(&id.id))
    }

    /// A plan of two steps; the data of the second is the whole specification.
    async fn create<W: World>(_world: &W, spec: InstanceSpec) -> Result<Vec<Step>, Error> {
        let key = Step::create(ResourceKind::SshKey, "key", spec.place.clone(), "key");
        let step = Step::create(
            ResourceKind::Instance,
            &spec.name,
            spec.place.clone(),
            format!("{} as {}", spec.instance_type, spec.name),
        );
        let data = serde_json::to_string(&spec).map_err(|e| Error::internal(e.to_string()))?;
        let step = step
            .priced(&spec.instance_type, spec.market, 1)
            .after([0])
            .data(data);
        Ok(vec![key, step])
    }

    async fn start<W: World>(_world: &W, id: ResourceId) -> Result<Vec<Step>, Error> {
        Ok(vec![Step::change(Action::Start, &id, "start")])
    }

    async fn stop<W: World>(_world: &W, id: ResourceId) -> Result<Vec<Step>, Error> {
        Ok(vec![Step::change(Action::Stop, &id, "stop")])
    }

    async fn delete<W: World>(_world: &W, id: ResourceId) -> Result<Vec<Step>, Error> {
        Ok(vec![Step::change(Action::Delete, &id, "delete")])
    }

    async fn list_ssh_keys<W: World>(
        _world: &W,
        _query: ResourceQuery,
    ) -> Result<SshKeyList, Error> {
        Ok(SshKeyList {
            ssh_keys: vec![SshKey {
                id: named(ResourceKind::SshKey, "key-1"),
                fingerprint: Some("SHA256:x".to_owned()),
            }],
            missing: missing(),
        })
    }

    async fn add_ssh_key<W: World>(
        _world: &W,
        place: Place,
        name: String,
        public_key: String,
    ) -> Result<Vec<Step>, Error> {
        let step = Step::create(ResourceKind::SshKey, name, place, "key");
        Ok(vec![step.data(public_key)])
    }

    async fn delete_ssh_key<W: World>(_world: &W, id: ResourceId) -> Result<Vec<Step>, Error> {
        Ok(vec![Step::change(Action::Delete, &id, "delete")])
    }
}
