//! A seeded simulation: many operations, two workers that crash and stall, faults of all kinds, a clock that jumps.
//!
//! `CLOUDHOST_SIMULATED_OPERATIONS` sets the number of operations, `CLOUDHOST_SIMULATION_SEED` the first world.

use super::cloud::{Faults, Hook, Manners};
use super::world::{World, create, operation};
use crate::{Decision, OnFailure, Operation, OperationId, Plan, Repetition, Runner, State};
use cloudhost_files::failpoint::{Injected, set};
use futures::executor::block_on;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Operations in a world.
const WORLD: usize = 40;
/// Operations in the suite.
const SUITE: usize = 4000;
/// Seconds for which some clouds know a token.
const SHORT: u64 = 40;
/// Rounds with faults; after them the cloud is calm, so that everything comes to an end.
const ROUGH: usize = 400;

fn world(seed: u64) -> World {
    let pick = |choices: u64, shift: u32| (seed / 7_u64.pow(shift)) % choices;
    let manners = Manners {
        repetition: match seed % 4 {
            // Tokens that are forgotten while the operation goes on.
            0 if seed.is_multiple_of(12) => Repetition::SameToken(SHORT),
            0 => Repetition::SameToken(86_400),
            1 => Repetition::RefusedByName,
            2 => Repetition::SameOutcome,
            _ => Repetition::Another,
        },
        settles: Duration::from_secs([0, 3, 20, 60][pick(4, 1) as usize]),
        delay: Duration::from_secs(28),
        takes: (seed / 4)
            .is_multiple_of(2)
            .then(|| Duration::from_secs(5 + 30 * pick(3, 2))),
        keeps_tags: true,
        cancellable: pick(2, 3) == 0,
    };
    World::new(seed, manners)
}

fn faults(world: &World, very_late: bool) -> Faults {
    let some = |most: u64| world.clock.number() % (most + 1);
    if very_late {
        return Faults {
            very_late: 300,
            reads: some(100),
            throttled: some(100),
            ..Faults::default()
        };
    }
    Faults {
        lost_before: some(150),
        lost_after: some(150),
        late: some(150),
        throttled: some(100),
        unreachable: some(100),
        reads: some(100),
        refused: some(50),
        full: some(100),
        fails_later: some(50),
        stalls: some(60),
        very_late: 0,
    }
}

async fn begin(world: &World, runner: &Runner, number: usize) -> OperationId {
    let clock = &world.clock;
    let steps = 1 + clock.number() % 3;
    let plans = 1 + clock.number() % 3;
    let plan = |place: u64| {
        let region = format!("r{}", place / 2);
        let zone = format!("{region}-{}", place % 2);
        let steps = (0..steps).map(|step| {
            let name = format!("n{number}-{step}");
            let after: Vec<u32> = (0..step as u32).filter(|_| clock.chance(500)).collect();
            create(&world.cloud.manners, &name, &region, &zone, &after)
        });
        Plan::new(steps.collect()).unwrap()
    };
    let mut new = operation((0..plans).map(plan).collect());
    if clock.chance(300) {
        new.options.on_failure = OnFailure::Ask;
    }
    runner.start(&new).await.unwrap()
}

/// Event.
#[derive(Debug, Default)]
struct Statistics {
    states: BTreeMap<String, usize>,
    crashes: usize,
    duplicates: usize,
    unknown: usize,
    elsewhere: usize,
    sent: usize,
}

async fn simulate(seed: u64, statistics: &mut Statistics) {
    let world = Arc::new(world(seed));
    let clock = &world.clock;
    // Beyond the time that a failure waits for: a success still finds the second resource.
    let very_late = seed % 8 == 3;
    *world.cloud.faults.lock().unwrap() = faults(&world, very_late);
    let installation = world.journal.installation().await.unwrap();
    let tags = vec![(crate::OWNER_TAG.to_owned(), installation)];
    let foreign = [
        world.cloud.add_foreign("n0-0", "r9", tags),
        world.cloud.add_foreign("theirs", "r0", Vec::new()),
    ];
    let mut workers = [world.runner(), world.runner()];
    let other: Hook = {
        let world = world.clone();
        Arc::new(move || {
            let world = world.clone();
            Box::pin(async move {
                world.clock.pass(Duration::from_secs(90));
                let _ = world.runner().tick(None).await;
            })
        })
    };
    *world.cloud.hook.lock().unwrap() = Some(other);
    let mut ids = Vec::new();
    for number in 0..WORLD {
        ids.push(begin(&world, &workers[0], number).await);
    }
    let mut open = ids.clone();
    for round in 0.. {
        assert!(round < 20_000, "seed {seed}: no end of {open:?}");
        let rough = round < ROUGH;
        if round == ROUGH {
            *world.cloud.faults.lock().unwrap() = Faults::default();
        }
        if rough && clock.chance(250) {
            let at = usize::try_from(clock.number() % 60).unwrap();
            set(Injected::DiesAt(at));
        }
        let worker = usize::try_from(clock.number() % 2).unwrap();
        let result = workers[worker].tick(None).await;
        set(Injected::None);
        match result {
            Ok(0) => world.pass().await,
            Ok(_) => clock.pass(Duration::from_millis(clock.number() % 3000)),
            Err(_) => {
                statistics.crashes += 1;
                workers = [world.runner(), world.runner()];
            }
        }
        // Half of a token's time is more than a clock may go back unnoticed.
        let jumps = world.cloud.manners.repetition != Repetition::SameToken(SHORT);
        if rough && jumps && clock.chance(20) {
            clock.jump(i64::try_from(clock.number() % 72_000).unwrap() - 36_000);
        }
        if rough && !very_late && clock.chance(30) {
            let id = &ids[usize::try_from(clock.number()).unwrap_or(0) % ids.len()];
            workers[0].cancel(id).await.unwrap();
        }
        if round % 16 == 0 {
            let mut left = Vec::new();
            for id in open {
                let operation = world.journal.get(&id).await.unwrap().unwrap();
                if operation.state == State::Undecided {
                    workers[0].decide(&id, Decision::TakeBack).await.unwrap();
                }
                if !operation.state.is_final() {
                    left.push(id);
                }
            }
            open = left;
            if open.is_empty() {
                break;
            }
        }
    }
    *world.cloud.faults.lock().unwrap() = Faults::default();
    for id in &ids {
        let operation = world.journal.get(id).await.unwrap().unwrap();
        world.verify(&operation).await;
        count(&operation, statistics);
    }
    for id in &foreign {
        assert!(world.cloud.live().iter().any(|resource| resource.id == *id));
    }
    statistics.sent += world.cloud.calls.lock().unwrap().sent;
}

fn count(operation: &Operation, statistics: &mut Statistics) {
    *statistics
        .states
        .entry(format!("{:?}", operation.state))
        .or_default() += 1;
    let second = operation
        .notes
        .iter()
        .filter(|note| note.contains("made a second"));
    statistics.duplicates += second.count();
    statistics.unknown += usize::from(operation.rows.iter().any(|row| row.unknown));
    statistics.elsewhere += usize::from(operation.attempt > 0);
}

fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

#[test]
fn nothing_is_made_twice_and_nothing_is_left() {
    let operations = setting("CLOUDHOST_SIMULATED_OPERATIONS", SUITE);
    let first = setting("CLOUDHOST_SIMULATION_SEED", 0) as u64;
    let start = Instant::now();
    let mut statistics = Statistics::default();
    for seed in first..first + operations.div_ceil(WORLD) as u64 {
        let run = std::panic::AssertUnwindSafe(|| block_on(simulate(seed, &mut statistics)));
        if let Err(panic) = std::panic::catch_unwind(run) {
            println!("seed {seed}");
            std::panic::resume_unwind(panic);
        }
    }
    println!(
        "{operations} operations in {:?}: {statistics:?}",
        start.elapsed()
    );
    assert!(statistics.crashes > 0 && statistics.duplicates > 0 && statistics.elsewhere > 0);
    assert!(statistics.unknown > operations / 10);
    assert!(statistics.states.len() == 3);
}
