//! Single rules, one test each.

use super::cloud::{Manners, Only, fault};
use super::world::{MANNERS, World, account, end_plan, operation};
use crate::journal::{Filter, memory::Memory};
use crate::plan::next_place;
use crate::{
    Account, Action, Decision, Environment as _, ErrorKind, MAX_STEPS, MAX_TEXT, OnFailure,
    Operation, Plan, PlanError, PlannedStep, Repetition, Request, RowState, Runner, Scope,
    Settings, State, Stopped, System,
};
use futures::executor::block_on;
use rstest::rstest;
use std::sync::Arc;
use std::time::Duration;

fn world(manners: Manners) -> World {
    World::new(3, manners)
}

fn slow(cancellable: bool) -> Manners {
    Manners {
        takes: Some(Duration::from_secs(30)),
        cancellable,
        ..MANNERS
    }
}

fn one(world: &World, zone: &str) -> Plan {
    Plan::new(vec![world.step("a", zone, &[])]).unwrap()
}

fn script(world: &World, errors: &[(bool, ErrorKind)]) {
    let errors = errors
        .iter()
        .map(|(sent, kind)| (*sent, fault(*kind, Scope::Request)));
    *world.cloud.script.lock().unwrap() = errors.collect();
}

async fn run(world: &World, new: &crate::NewOperation) -> Operation {
    let id = world.runner().start(new).await.unwrap();
    let operation = world.drive(&id).await;
    if operation.state.is_final() {
        world.verify(&operation).await;
    }
    operation
}

fn sent(world: &World) -> usize {
    world.cloud.calls.lock().unwrap().sent
}

#[rstest]
#[case(0, "", PlanError::Steps(0))]
#[case(MAX_STEPS + 1, "", PlanError::Steps(MAX_STEPS + 1))]
#[case(2, "after itself", PlanError::Order { step: 1, after: 1 })]
#[case(2, "after a later one", PlanError::Order { step: 1, after: 2 })]
#[case(2, "after none", PlanError::Order { step: 1, after: u32::MAX })]
#[case(2, "large", PlanError::Size(1))]
#[case(2, "nowhere", PlanError::Missing { step: 1, field: "region" })]
#[case(2, "the end of nothing", PlanError::Missing { step: 1, field: "id" })]
fn a_plan_is_checked(#[case] steps: usize, #[case] fault: &str, #[case] expected: PlanError) {
    let world = world(MANNERS);
    let mut steps: Vec<PlannedStep> = (0..steps).map(|_| world.step("a", "z", &[])).collect();
    if let Some(planned) = steps.get_mut(1) {
        let step = &mut planned.step;
        match fault {
            "after itself" => step.after = vec![0, 1],
            "after a later one" => step.after = vec![2],
            "after none" => step.after = vec![u32::MAX],
            "large" => step.data = "x".repeat(MAX_TEXT),
            "nowhere" => step.place.region.clear(),
            "the end of nothing" => step.action = Action::Delete,
            _ => {}
        }
    }
    assert_eq!(Plan::new(steps), Err(expected));
}

#[test]
fn a_stored_plan_is_checked_too() {
    let plan = Plan::new(vec![world(MANNERS).step("a", "z", &[])]).unwrap();
    let json = serde_json::to_string(&plan).unwrap();
    assert_eq!(serde_json::from_str::<Plan>(&json).unwrap(), plan);
    assert!(serde_json::from_str::<Plan>("[]").is_err());
}

#[rstest]
#[case::zone(ErrorKind::InsufficientCapacity, Scope::Zone("r-a".to_owned()), Some(2))]
#[case::region(ErrorKind::QuotaExceeded, Scope::Region("r".to_owned()), Some(3))]
#[case::provider(ErrorKind::QuotaExceeded, Scope::Provider, Some(3))]
#[case::request(ErrorKind::InsufficientCapacity, Scope::Request, Some(2))]
#[case::other(ErrorKind::PermissionDenied, Scope::Zone("r-a".to_owned()), None)]
fn an_error_says_where_it_can_work(
    #[case] kind: ErrorKind,
    #[case] scope: Scope,
    #[case] expected: Option<u32>,
) {
    let world = world(MANNERS);
    let plan = |zone: &str, instance_type: &str| {
        let mut step = world.step("a", zone, &[]);
        step.step.priced = vec![cloudhost_contract::cloudhost::provider::resources::Priced {
            instance_type: instance_type.to_owned(),
            market: cloudhost_contract::cloudhost::provider::types::Market::OnDemand,
            count: 1,
        }];
        Plan::new(vec![world.step("key", "", &[]), step]).unwrap()
    };
    let plans = [
        plan("r-a", "large"),
        plan("r-a", "large"),
        plan("r-b", "large"),
        plan("r-a", "small"),
    ];
    assert_eq!(next_place(&plans, 0, &fault(kind, scope)), expected);
    assert_eq!(
        next_place(&plans, 3, &fault(ErrorKind::QuotaExceeded, Scope::Provider)),
        None
    );
}

#[test]
fn a_create_is_one_request() {
    let world = world(MANNERS);
    let operation = block_on(run(&world, &operation(vec![one(&world, "z")])));
    assert_eq!(operation.state, State::Done);
    let calls = *world.cloud.calls.lock().unwrap();
    assert_eq!((calls.sent, calls.looks, calls.polls), (1, 0, 0));
}

#[test]
fn another_place_has_another_token() {
    let world = world(MANNERS);
    world.cloud.fill("z1");
    let operation = block_on(run(
        &world,
        &operation(vec![
            one(&world, "z1"),
            one(&world, "z1"),
            one(&world, "z2"),
        ]),
    ));
    assert_eq!(
        (operation.state, operation.attempt, operation.rows.len()),
        (State::Done, 2, 2)
    );
    assert_ne!(operation.rows[0].token, operation.rows[1].token);
    assert_eq!(operation.rows[1].place.zone.as_deref(), Some("z2"));
    assert_eq!(operation.notes.len(), 1);
    assert_eq!(operation.error, None);
}

#[test]
fn a_token_never_goes_with_another_body() {
    let world = world(MANNERS);
    script(&world, &[(true, ErrorKind::RateLimited)]);
    block_on(async {
        let runner = world.runner();
        let id = runner
            .start(&operation(vec![one(&world, "z")]))
            .await
            .unwrap();
        runner.tick(None).await.unwrap();
        // The plugin is replaced.
        *world.cloud.version.lock().unwrap() = 2;
        let operation = world.drive(&id).await;
        assert_eq!(operation.state, State::Failed);
        assert!(
            operation
                .error
                .unwrap()
                .message
                .contains("different request")
        );
        assert_eq!(sent(&world), 0);
    });
}

/// The end of something goes on with the body of a replaced plugin, with another token.
#[test]
fn an_end_goes_on_with_another_body() {
    let world = world(MANNERS);
    block_on(async {
        let made = run(&world, &operation(vec![one(&world, "z")])).await;
        let plan = end_plan(&made.rows[0].result.clone().unwrap());
        script(&world, &[(true, ErrorKind::RateLimited)]);
        let runner = world.runner();
        let id = runner.start(&operation(vec![plan])).await.unwrap();
        runner.tick(None).await.unwrap();
        let before = world.journal.get(&id).await.unwrap().unwrap();
        *world.cloud.version.lock().unwrap() = 2;
        let operation = world.drive(&id).await;
        assert_eq!(operation.state, State::Done);
        assert_ne!(operation.rows[0].token, before.rows[0].token);
        assert!(world.cloud.live().is_empty() && world.cloud.violations().is_empty());
    });
}

#[rstest]
#[case::throttled(true, ErrorKind::RateLimited)]
#[case::busy(true, ErrorKind::Busy)]
#[case::unreachable(false, ErrorKind::Unavailable)]
#[case::unknown_but_not_sent(false, ErrorKind::Indeterminate)]
fn what_passes_is_tried_again(#[case] sent: bool, #[case] kind: ErrorKind) {
    let world = world(Manners {
        repetition: Repetition::Another,
        ..MANNERS
    });
    script(&world, &[(sent, kind), (sent, kind)]);
    let operation = block_on(run(&world, &operation(vec![one(&world, "z")])));
    assert_eq!(operation.state, State::Done);
    // The outcome was known: no look.
    assert_eq!(world.cloud.calls.lock().unwrap().looks, 0);
    assert!(!operation.rows[0].unknown && !operation.rows[0].repeated);
}

#[rstest]
#[case(Repetition::SameToken(86_400), 0, 1, false)]
#[case(Repetition::SameToken(1), 50, 3, true)]
#[case(Repetition::RefusedByName, 0, 2, true)]
#[case(Repetition::SameOutcome, 0, 1, true)]
#[case(Repetition::Another, 50, 3, true)]
fn an_unknown_outcome_is_treated_as_the_cloud_promises(
    #[case] repetition: Repetition,
    #[case] waits: i64,
    #[case] looks: usize,
    #[case] repeated: bool,
) {
    let world = world(Manners {
        repetition,
        ..MANNERS
    });
    script(&world, &[(true, ErrorKind::Indeterminate)]);
    let operation = block_on(run(&world, &operation(vec![one(&world, "z")])));
    assert_eq!(operation.state, State::Done);
    let row = &operation.rows[0];
    assert_eq!((row.sends, row.unknown, row.repeated), (2, true, repeated));
    let pause = row
        .last_sent
        .unwrap()
        .duration_since(row.first_sent.unwrap())
        .as_secs();
    assert!(pause >= waits && pause < waits + 30, "{pause}");
    assert_eq!(world.cloud.calls.lock().unwrap().looks, looks);
}

/// An unknown outcome and then a refusal: nothing is given up before a look after the settling time.
#[rstest]
fn a_refusal_after_an_unknown_outcome_is_looked_into(
    #[values(
        Repetition::SameToken(86_400),
        Repetition::RefusedByName,
        Repetition::Another
    )]
    repetition: Repetition,
) {
    let world = world(Manners {
        repetition,
        ..MANNERS
    });
    script(
        &world,
        &[
            (true, ErrorKind::Indeterminate),
            (true, ErrorKind::PermissionDenied),
        ],
    );
    let operation = block_on(run(&world, &operation(vec![one(&world, "z")])));
    assert_eq!((operation.state, operation.rows.len()), (State::Failed, 1));
    assert!(operation.rows[0].refused);
    assert_eq!(operation.error.unwrap().kind, ErrorKind::PermissionDenied);
}

/// A name that another has taken is an error; ours is found.
#[test]
fn a_foreign_name_is_an_error() {
    let world = world(Manners {
        repetition: Repetition::RefusedByName,
        ..MANNERS
    });
    let foreign = world.cloud.add_foreign("a", "r", Vec::new());
    script(&world, &[(true, ErrorKind::Indeterminate)]);
    let operation = block_on(run(&world, &operation(vec![one(&world, "z")])));
    assert_eq!(operation.state, State::Failed);
    assert_eq!(operation.error.unwrap().kind, ErrorKind::AlreadyExists);
    assert_eq!(world.cloud.live().len(), 1);
    assert_eq!(world.cloud.live()[0].id, foreign);
}

/// A clock that goes back or forward shortens no wait, and makes no token young.
#[rstest]
fn a_clock_that_jumps_shortens_nothing(#[values(-7200, 7200, 200_000)] jump: i64) {
    let world = world(Manners {
        repetition: match jump {
            7200 => Repetition::Another,
            _ => Repetition::SameToken(86_400),
        },
        ..MANNERS
    });
    script(&world, &[(true, ErrorKind::Indeterminate)]);
    block_on(async {
        let runner = world.runner();
        let id = runner
            .start(&operation(vec![one(&world, "z")]))
            .await
            .unwrap();
        runner.tick(None).await.unwrap();
        world.clock.jump(jump);
        let before = world.clock.monotonic();
        // A process that begins now does not know how long ago the request was sent.
        let operation = world.drive(&id).await;
        assert_eq!(operation.state, State::Done);
        assert_eq!(operation.rows[0].sends, 2);
        assert!(world.clock.monotonic() - before >= Duration::from_secs(50));
    });
}

#[rstest]
#[case::gone(&[(true, ErrorKind::NotFound)])]
#[case::in_the_end(&[(true, ErrorKind::FailedPrecondition); 30])]
#[case::whatever(&[
    (true, ErrorKind::Indeterminate),
    (true, ErrorKind::PermissionDenied),
    (false, ErrorKind::Unauthenticated),
    (true, ErrorKind::Internal),
    (true, ErrorKind::Busy),
])]
fn a_delete_is_tried_until_it_is_done(#[case] errors: &[(bool, ErrorKind)]) {
    let world = world(slow(false));
    block_on(async {
        let made = run(&world, &operation(vec![one(&world, "z")])).await;
        let resource = made.rows[0].result.clone().unwrap();
        script(&world, errors);
        let id = world
            .runner()
            .start(&operation(vec![end_plan(&resource)]))
            .await
            .unwrap();
        let ended = world.drive(&id).await;
        assert_eq!((ended.state, ended.rows.len()), (State::Done, 1));
        assert!(world.journal.owned(&account()).await.unwrap().is_empty());
    });
}

#[rstest]
#[case(OnFailure::TakeBack, None, State::Failed, 0)]
#[case(OnFailure::Keep, None, State::Failed, 2)]
#[case(OnFailure::Ask, Some(Decision::TakeBack), State::Failed, 0)]
#[case(OnFailure::Ask, Some(Decision::Keep), State::Failed, 2)]
fn what_was_made_is_taken_back_or_kept(
    #[case] on_failure: OnFailure,
    #[case] decision: Option<Decision>,
    #[case] state: State,
    #[case] left: usize,
) {
    let world = world(slow(false));
    let step = |name: &str, after: &[u32]| world.step(name, "z", after);
    let mut last = step("c", &[0, 1]);
    last.step.place.zone = Some("full".to_owned());
    world.cloud.fill("full");
    let mut new = operation(vec![
        Plan::new(vec![step("a", &[]), step("b", &[0]), last]).unwrap(),
    ]);
    new.options.on_failure = on_failure;
    block_on(async {
        let id = world.runner().start(&new).await.unwrap();
        let mut operation = world.drive(&id).await;
        if let Some(decision) = decision {
            assert_eq!((operation.state, operation.due), (State::Undecided, None));
            assert_eq!(world.runner().tick(None).await.unwrap(), 0);
            world.runner().decide(&id, decision).await.unwrap();
            operation = world.drive(&id).await;
        }
        assert_eq!(operation.state, state);
        assert_eq!(
            operation.error.clone().unwrap().kind,
            ErrorKind::InsufficientCapacity
        );
        assert_eq!(world.cloud.live().len(), left);
        assert_eq!(world.journal.owned(&account()).await.unwrap().len(), left);
        let undone: Vec<_> = operation
            .rows
            .iter()
            .filter_map(|row| row.undo.clone())
            .collect();
        let names: Vec<_> = undone.iter().map(|id| id.name.as_str()).collect();
        assert_eq!(names, if left == 0 { vec!["b", "a"] } else { vec![] });
    });
}

/// A resource that could not be taken back is named, and stays in the journal as ours.
#[test]
fn what_cannot_be_taken_back_is_named() {
    let world = world(slow(false));
    let steps = vec![world.step("a", "z", &[]), world.step("b", "z", &[0])];
    let new = operation(vec![Plan::new(steps).unwrap()]);
    block_on(async {
        let runner = world.runner();
        let id = runner.start(&new).await.unwrap();
        runner.tick(None).await.unwrap();
        script(
            &world,
            &[
                (true, ErrorKind::PermissionDenied),
                (true, ErrorKind::Unsupported),
            ],
        );
        let operation = world.drive(&id).await;
        assert_eq!(operation.state, State::Failed);
        assert_eq!(operation.error.unwrap().kind, ErrorKind::PermissionDenied);
        assert_eq!(
            operation.notes,
            ["`i-1` could not be taken back: ErrorKind::Unsupported"]
        );
        let owned = world.journal.owned(&account()).await.unwrap();
        assert_eq!((owned.len(), world.cloud.live().len()), (1, 1));
    });
}

#[rstest]
#[case::cancellable(true)]
#[case::not_cancellable(false)]
fn a_running_change_can_be_cancelled(#[case] cancellable: bool) {
    let world = world(slow(cancellable));
    block_on(async {
        let runner = world.runner();
        let plan = Plan::new(vec![world.step("a", "z", &[]), world.step("b", "z", &[0])]).unwrap();
        let id = runner.start(&operation(vec![plan])).await.unwrap();
        runner.tick(None).await.unwrap();
        assert!(runner.cancel(&id).await.unwrap());
        let operation = world.drive(&id).await;
        assert_eq!(operation.state, State::Cancelled);
        assert_eq!(operation.rows[0].cancelled, cancellable);
        assert!(
            operation.rows.iter().all(|row| row.step == 0),
            "the next step never begins"
        );
        world.verify(&operation).await;
        assert!(!runner.cancel(&id).await.unwrap());
    });
}

#[test]
fn what_was_not_sent_is_not_sent_after_a_cancellation() {
    let world = world(MANNERS);
    block_on(async {
        let runner = world.runner();
        let id = runner
            .start(&operation(vec![one(&world, "z")]))
            .await
            .unwrap();
        runner.cancel(&id).await.unwrap();
        let operation = world.drive(&id).await;
        assert_eq!((operation.state, sent(&world)), (State::Cancelled, 0));
        // An unknown outcome is looked into, and not sent again.
        script(&world, &[(true, ErrorKind::Indeterminate)]);
        let id = runner
            .start(&super::world::operation(vec![one(&world, "z")]))
            .await
            .unwrap();
        runner.tick(None).await.unwrap();
        runner.cancel(&id).await.unwrap();
        let operation = world.drive(&id).await;
        assert_eq!((operation.state, sent(&world)), (State::Cancelled, 0));
        assert_eq!(operation.rows[0].sends, 1);
    });
}

/// Many changes are asked for at once, and their times are written at once.
#[test]
fn polls_are_batched() {
    let world = world(Manners {
        takes: Some(Duration::from_secs(3600)),
        settles: Duration::ZERO,
        ..MANNERS
    });
    block_on(async {
        let runner = world.runner();
        for number in 0..500 {
            let step = world.step(&format!("n{number}"), "z", &[]);
            runner
                .start(&operation(vec![Plan::new(vec![step]).unwrap()]))
                .await
                .unwrap();
        }
        runner.tick(None).await.unwrap();
        world.clock.pass(Duration::from_secs(5));
        let before = cloudhost_files::failpoint::taken();
        assert_eq!(runner.tick(None).await.unwrap(), 500);
        assert_eq!(world.cloud.calls.lock().unwrap().polls, 3);
        // A claim, and one write for each poll.
        assert_eq!(cloudhost_files::failpoint::taken() - before, 4);
        let list = world
            .journal
            .list(1000, Filter { unfinished: true })
            .await
            .unwrap();
        let later = world.clock.now() + Duration::from_secs(2);
        assert!(list.iter().all(|line| line.due == Some(later)));
    });
}

/// An expired credential holds the operation up, says why, and loses nothing.
#[test]
fn an_operation_that_needs_the_user_says_so() {
    let world = world(MANNERS);
    block_on(async {
        let mut new = operation(vec![one(&world, "z")]);
        new.account = Account {
            identity: "expired".to_owned(),
            ..account()
        };
        let runner = world.runner();
        let id = runner.start(&new).await.unwrap();
        runner.tick(None).await.unwrap();
        let operation = world.journal.get(&id).await.unwrap().unwrap();
        assert_eq!(
            operation.stalled().unwrap().kind,
            ErrorKind::Unauthenticated
        );
        assert_eq!(
            (operation.state, operation.rows[0].state),
            (State::Running, RowState::Intent)
        );
        assert_eq!(runner.tick(None).await.unwrap(), 0);
        assert!(runner.resume(&id).await.unwrap());
        assert_eq!(runner.tick(None).await.unwrap(), 1);
        assert_eq!(sent(&world), 0);
    });
}

/// A worker whose lease was lost during the call applies nothing; the other finds what it made.
#[test]
fn a_lost_lease_applies_nothing() {
    let world = Arc::new(world(Manners {
        repetition: Repetition::Another,
        ..MANNERS
    }));
    world.cloud.faults.lock().unwrap().stalls = 1000;
    let other = world.clone();
    *world.cloud.hook.lock().unwrap() = Some(Arc::new(move || {
        let world = other.clone();
        Box::pin(async move {
            world.clock.pass(Duration::from_secs(61));
            assert_eq!(world.runner().tick(None).await.unwrap(), 1);
        })
    }));
    block_on(async {
        let runner = world.runner();
        let id = runner
            .start(&operation(vec![one(&world, "z")]))
            .await
            .unwrap();
        runner.tick(None).await.unwrap();
        let operation = world.journal.get(&id).await.unwrap().unwrap();
        assert_eq!(operation.state, State::Done, "by the other worker");
        assert_eq!(operation.rows[0].sends, 1);
        world.verify(&operation).await;
    });
}

fn real_world() -> (World, Runner) {
    let world = world(slow(false));
    let system = Arc::new(System::default());
    let journal = Arc::new(Memory::new(system.clone()));
    let clouds = Arc::new(Only(world.cloud.clone()));
    let runner = Runner::new(journal, clouds, system, Settings::default()).unwrap();
    (world, runner)
}

#[tokio::test]
async fn waiting_ends_as_the_caller_wants() {
    let (world, runner) = real_world();
    let id = runner
        .start(&operation(vec![one(&world, "z")]))
        .await
        .unwrap();
    let never = || std::future::pending::<()>();
    let short = Some(Duration::from_millis(200));
    let stopped = runner.wait(&id, short, never()).await.unwrap();
    assert!(matches!(stopped, Stopped::TimedOut(operation) if operation.rows.len() == 1));
    let stopped = runner
        .wait(&id, None, std::future::ready(()))
        .await
        .unwrap();
    assert!(matches!(stopped, Stopped::Detached(_)));
    world.clock.pass(Duration::from_secs(60));
    runner.resume(&id).await.unwrap();
    let stopped = runner.wait(&id, None, never()).await.unwrap();
    assert!(matches!(stopped, Stopped::Ended(operation) if operation.state == State::Done));
    let unknown = crate::OperationId("none".to_owned());
    assert_eq!(
        runner.wait(&unknown, None, never()).await.unwrap(),
        Stopped::Unknown
    );
    let mut new = operation(vec![one(&world, "z")]);
    new.account.identity = "expired".to_owned();
    let id = runner.start(&new).await.unwrap();
    let stopped = runner.wait(&id, None, never()).await.unwrap();
    assert!(matches!(stopped, Stopped::Stalled(_)));
    assert!(
        runner
            .journal()
            .request(&id, Request::Cancel)
            .await
            .unwrap()
    );
    let stopped = runner.wait(&id, None, never()).await.unwrap();
    assert!(matches!(stopped, Stopped::Ended(operation) if operation.state == State::Cancelled));
}

/// A lease is renewed for as long as the work takes, so that no other worker begins it.
#[tokio::test]
async fn a_lease_is_renewed_while_work_goes_on() {
    let (world, runner) = real_world();
    let settings = Settings {
        lease: Duration::from_millis(200),
        ..Settings::default()
    };
    let worker = || {
        let clouds = Arc::new(Only(world.cloud.clone()));
        let system = Arc::new(System::default());
        Runner::new(runner.journal().clone(), clouds, system, settings).unwrap()
    };
    let (first, second) = (worker(), worker());
    world.cloud.faults.lock().unwrap().stalls = 1000;
    *world.cloud.hook.lock().unwrap() = Some(Arc::new(|| {
        Box::pin(tokio::time::sleep(Duration::from_millis(900)))
    }));
    let id = first
        .start(&operation(vec![one(&world, "z")]))
        .await
        .unwrap();
    let other = async {
        let mut claimed = 0;
        for _ in 0..12 {
            tokio::time::sleep(Duration::from_millis(50)).await;
            claimed += second.tick(None).await.unwrap();
        }
        claimed
    };
    let (worked, others) = futures::join!(first.tick(None), other);
    assert_eq!((worked.unwrap(), others), (1, 0));
    let operation = runner.journal().get(&id).await.unwrap().unwrap();
    assert_eq!(operation.rows[0].state, RowState::Accepted);
    assert_eq!(runner.resume_all().await.unwrap(), [id]);
}

#[tokio::test]
async fn a_server_carries_out_everything() {
    let (world, runner) = real_world();
    let id = runner
        .start(&operation(vec![one(&world, "z")]))
        .await
        .unwrap();
    world.clock.pass(Duration::from_secs(1));
    let served = runner.serve(tokio::time::sleep(Duration::from_millis(300)));
    served.await.unwrap();
    let operation = runner.journal().get(&id).await.unwrap().unwrap();
    assert_eq!(operation.rows[0].state, RowState::Accepted);
}
