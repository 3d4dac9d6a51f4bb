//! Changes: each function sends the requests that it is given.

use crate::Probe;
use crate::act::in_turn;
use cloudhost_sdk::instances::{Instance, InstanceList, Instances};
use cloudhost_sdk::operations::{
    Begun, Ending, Guarantee, Intent, Made, Operation, Operations, Repetition, Status,
};
use cloudhost_sdk::resources::{Action, Place, ResourceId, ResourceKind, ResourceQuery, Step};
use cloudhost_sdk::{Error, World, join_all};

fn seen(text: String) -> ResourceId {
    ResourceId::new(ResourceKind::Other, text, Place::region("here"))
}

impl Operations for Probe {
    fn guarantees(_kind: ResourceKind, _action: Action) -> Guarantee {
        Guarantee {
            repetition: Repetition::SameToken(3_600),
            settles_in_ms: 0,
            ending: Ending::Never,
            keeps_tags: true,
            cancellable: true,
        }
    }

    async fn run<W: World>(
        world: &W,
        step: Step,
        _made: Vec<Made>,
        _intent: Intent,
    ) -> Result<Begun, Error> {
        Ok(Begun::Done(seen(in_turn(world, &step.data).await?)))
    }

    async fn undo<W: World>(
        world: &W,
        step: Step,
        _target: ResourceId,
        _intent: Intent,
    ) -> Result<Begun, Error> {
        Ok(Begun::Done(seen(in_turn(world, &step.data).await?)))
    }

    async fn cancel<W: World>(world: &W, operation: Operation) -> Result<(), Error> {
        Err(Error::internal(in_turn(world, &operation.handle).await?))
    }

    async fn poll<W: World>(world: &W, operations: Vec<Operation>) -> Vec<Result<Status, Error>> {
        let states = operations.iter().map(|operation| async {
            Ok(Status::Succeeded(seen(
                in_turn(world, &operation.handle).await?,
            )))
        });
        join_all(states).await
    }

    async fn recover<W: World>(
        world: &W,
        step: Step,
        _made: Vec<Made>,
        _intent: Intent,
    ) -> Result<Vec<Begun>, Error> {
        Ok(vec![Begun::Done(seen(in_turn(world, &step.data).await?))])
    }

    async fn protect<W: World>(world: &W, id: ResourceId, _on: bool) -> Result<Vec<Step>, Error> {
        let text = in_turn(world, &id.id).await?;
        Ok(vec![Step::change(Action::Protect, &id, text)])
    }
}

impl Instances for Probe {
    async fn list<W: World>(world: &W, query: ResourceQuery) -> Result<InstanceList, Error> {
        let mut missing = Vec::new();
        for requests in query.regions {
            missing.push(Error::internal(in_turn(world, &requests).await?));
        }
        Ok(InstanceList {
            instances: Vec::new(),
            missing,
        })
    }

    async fn get<W: World>(world: &W, id: ResourceId) -> Result<Instance, Error> {
        Err(Error::internal(in_turn(world, &id.id).await?))
    }
}
