//! Crash matrix: the process ends at each write of the journal, and before and after the effect of each request; another
//! goes on. Afterwards nothing exists twice, nothing is left over, nothing of others was touched.

use super::cloud::{Faults, Manners, fault};
use super::world::{MANNERS, World, end_plan, operation};
use crate::journal::Sqlite;
use crate::{ErrorKind, NewOperation, Operation, Plan, Repetition, Scope, State};
use cloudhost_files::failpoint::{Injected, set};
use futures::executor::block_on;
use rstest::rstest;
use std::sync::Arc;
use std::time::Duration;

/// Scenario that is tried.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Scenario {
    One,
    Steps,
    Fails,
    Elsewhere,
    Delete,
    Cancel,
    /// Requests and responses are lost, late and throttled, as this seed has it.
    Faults(u64),
}

/// Where the process ends.
#[derive(Clone, Copy, Debug)]
enum End {
    Never,
    Write(usize),
    Point(usize),
}

fn plan(steps: Vec<crate::PlannedStep>) -> Plan {
    Plan::new(steps).unwrap()
}

fn scene(world: &World, scenario: Scenario) -> NewOperation {
    let step = |name: &str, after: &[u32]| world.step(name, "r-a", after);
    match scenario {
        Scenario::One | Scenario::Cancel | Scenario::Faults(0..10) => {
            operation(vec![plan(vec![step("a", &[])])])
        }
        Scenario::Steps | Scenario::Faults(_) => operation(vec![plan(vec![
            step("a", &[]),
            step("b", &[0]),
            step("c", &[0]),
            step("d", &[1, 2]),
        ])]),
        Scenario::Fails => {
            let refused = world.step("c", "full", &[0, 1]);
            operation(vec![plan(vec![step("a", &[]), step("b", &[]), refused])])
        }
        Scenario::Elsewhere => {
            let full = world.step("b", "full", &[0]);
            operation(vec![
                plan(vec![step("a", &[]), full]),
                plan(vec![step("a", &[]), step("b", &[0])]),
            ])
        }
        Scenario::Delete => operation(vec![plan(vec![step("a", &[])])]),
    }
}

/// Runs a scenario with an end of the process. Returns whether the process ended there.
async fn run(world: &World, scenario: Scenario, end: End) -> (bool, Operation) {
    world.cloud.fill("full");
    let copy = world.journal.installation().await.unwrap();
    world
        .cloud
        .add_foreign("a", "elsewhere", vec![(crate::OWNER_TAG.to_owned(), copy)]);
    let foreign = world.cloud.add_foreign("theirs", "r", Vec::new());
    if let Scenario::Faults(seed) = scenario {
        *world.cloud.faults.lock().unwrap() = Faults {
            lost_before: 200 * (seed % 2),
            lost_after: 200 * (seed / 2 % 2),
            late: 300 * (seed / 4 % 2),
            throttled: 100,
            unreachable: 100,
            reads: 100,
            ..Faults::default()
        };
    }
    let mut new = scene(world, scenario);
    if scenario == Scenario::Delete {
        let first = world.runner().start(&new).await.unwrap();
        let made = world.drive(&first).await;
        let id = made.rows[0].result.clone().unwrap();
        // What a user deletes is visible.
        world.clock.pass(world.cloud.manners.settles);
        new = operation(vec![end_plan(&id)]);
    }
    let runner = world.runner();
    let id = runner.start(&new).await.unwrap();
    if scenario == Scenario::Cancel {
        // Only the cancellation and what follows is of interest.
        runner.tick(None).await.unwrap();
        runner.cancel(&id).await.unwrap();
    }
    match end {
        End::Never => set(Injected::None),
        End::Write(at) => set(Injected::DiesAt(at)),
        End::Point(at) => *world.cloud.crash_at.lock().unwrap() = Some(world.cloud.points() + at),
    }
    let operation = world.drive(&id).await;
    let ended = world.crashes.load(std::sync::atomic::Ordering::Relaxed) > 0;
    set(Injected::None);
    let result = match scenario {
        Scenario::Delete => {
            let mut gone = operation.clone();
            // What it ended was of another operation.
            gone.rows.clear();
            gone
        }
        _ => operation.clone(),
    };
    *world.cloud.faults.lock().unwrap() = Faults::default();
    world.verify(&result).await;
    assert!(
        world
            .cloud
            .live()
            .iter()
            .any(|resource| resource.id == foreign)
    );
    let expected = match scenario {
        Scenario::Fails => vec![State::Failed],
        Scenario::Cancel => vec![State::Cancelled, State::Done],
        _ => vec![State::Done],
    };
    assert!(expected.contains(&operation.state), "{operation:#?}");
    if scenario == Scenario::Delete {
        assert_eq!(world.cloud.live().len(), 2);
    }
    (ended, operation)
}

fn manners(repetition: Repetition, slow: bool) -> Manners {
    Manners {
        repetition,
        takes: slow.then_some(Duration::from_secs(7)),
        cancellable: true,
        ..MANNERS
    }
}

const SCENARIOS: [Scenario; 6] = [
    Scenario::One,
    Scenario::Steps,
    Scenario::Fails,
    Scenario::Elsewhere,
    Scenario::Delete,
    Scenario::Cancel,
];

#[rstest]
fn the_process_ends_anywhere(
    #[values(
        Repetition::SameToken(86_400),
        Repetition::RefusedByName,
        Repetition::SameOutcome,
        Repetition::Another
    )]
    repetition: Repetition,
    #[values(false, true)] slow: bool,
) {
    let mut points = 0;
    let faults = [1, 2, 4, 7, 11, 12, 14, 15].map(Scenario::Faults);
    for scenario in SCENARIOS.into_iter().chain(faults) {
        let run = |end| {
            let world = World::new(11, manners(repetition, slow));
            block_on(run(&world, scenario, end))
        };
        run(End::Never);
        for at in 0.. {
            set(Injected::None);
            let (ended, _) = run(End::Write(at));
            points += 1;
            if !ended {
                break;
            }
        }
        for at in 0.. {
            let (ended, _) = run(End::Point(at));
            points += 1;
            if !ended {
                break;
            }
        }
    }
    println!("{points} points");
    assert!(points > 300);
}

/// A sample of the same with the journal in a file.
#[tokio::test]
async fn the_process_ends_anywhere_with_a_file() {
    for (scenario, at) in [
        (Scenario::Steps, 3),
        (Scenario::Fails, 7),
        (Scenario::Cancel, 2),
        (Scenario::Faults(15), 5),
    ] {
        let root = tempfile::tempdir().unwrap();
        let mut world = World::new(5, manners(Repetition::Another, true));
        world.journal = Arc::new(
            Sqlite::open(root.path(), world.clock.clone())
                .await
                .unwrap(),
        );
        run(&world, scenario, End::Write(at)).await;
    }
}

/// The tests can fail: a cloud that breaks its promise makes a second resource, and the check finds it.
#[test]
#[should_panic(expected = "left")]
fn a_broken_promise_is_found() {
    let mut manners = manners(Repetition::Another, false);
    manners.delay = Duration::from_secs(25);
    let world = World::new(1, manners);
    let mut step = world.step("a", "r-a", &[]);
    // The plugin says that the cloud knows its tokens, which it does not.
    step.guarantee.repetition = Repetition::SameToken(86_400);
    step.guarantee.settles_in_ms = 0;
    let lost = fault(ErrorKind::Indeterminate, Scope::Request);
    *world.cloud.faults.lock().unwrap() = Faults {
        late: 700,
        ..Faults::default()
    };
    block_on(async {
        let _ = lost;
        for _ in 0..50 {
            let new = operation(vec![plan(vec![step.clone()])]);
            let id = world.runner().start(&new).await.unwrap();
            let operation = world.drive(&id).await;
            world.verify(&operation).await;
        }
    });
}
