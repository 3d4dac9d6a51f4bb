//! A model of the protocol, searched exhaustively: two workers, crashes, lost responses, late arrivals, tokens that are
//! forgotten, no capacity in the first zone, a cancellation.
//!
//! The decisions are those of the engine (`next`, `outcome`); the model adds what surrounds them: leases, the journal's
//! fence, the cloud, and time in steps of ten seconds. A request arrives within one step or is lost; a list shows what is
//! a step old, and perhaps what is younger. `CLOUDHOST_MODEL_STEPS`, `_FAULTS` and `_CRASHES` set its size.

use super::world::{MANNERS, create, operation};
use crate::journal::has_come;
use crate::runner::next::{Next, next, planned, to_take_back};
use crate::runner::outcome::Context;
use crate::tests::cloud::{Manners, fault};
use crate::{
    Begun, ErrorKind, Operation, OperationId, Plan, Repetition, ResourceId, Row, RowState, Scope,
    State,
};
use jiff::Timestamp;
use stateright::{Checker as _, Model, Property};
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::time::Duration;

const STEP: Duration = Duration::from_secs(10);
/// Steps for which the cloud knows a token.
const TOKEN: u8 = 2;
const WORKERS: usize = 2;

#[derive(Clone, Debug)]
struct Protocol {
    repetition: Repetition,
    /// Steps of the settling time and of the longest flight together.
    wait: u8,
    ticks: u8,
    faults: u8,
    crashes: u8,
    plans: Vec<Plan>,
    /// Fencing is left out, to see that the model notices.
    unfenced: bool,
}

/// An operation, hashed by what counts.
#[derive(Clone, Debug, PartialEq)]
struct Hashed(Operation);

impl Hash for Hashed {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let operation = &self.0;
        let header = (
            operation.state as u8,
            operation.attempt,
            operation.next,
            operation.cancel,
        );
        header.hash(state);
        for row in &operation.rows {
            let times = (row.first_sent, row.last_sent, row.due);
            let flags = (
                row.unknown,
                row.repeated,
                row.refused,
                row.failures,
                row.sends,
            );
            let target = row.undo.as_ref().map(|id| &id.id);
            let result = row.result.as_ref().map(|id| &id.id);
            let error = row.error.as_ref().map(|error| error.kind as u8);
            (
                row.seq,
                row.attempt,
                row.state as u8,
                times,
                flags,
                target,
                result,
                error,
            )
                .hash(state);
        }
    }
}

/// Fencing number. Only the order of claims counts, which the workers show.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Fence(u64);

impl Hash for Fence {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

#[derive(Clone, Debug, PartialEq, Hash)]
enum Response {
    Made(String),
    Ended,
    Exists,
    Full,
    Gone,
    Unknown,
}

#[derive(Clone, Debug, PartialEq, Hash)]
struct Local {
    fence: Fence,
    operation: Hashed,
    /// The row that is being sent, the number of its send, and the response.
    call: Option<(u32, u32, Option<Response>)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Flight {
    token: String,
    seq: u32,
    send: u32,
    zone: u32,
    ends: Option<String>,
    sent: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Thing {
    id: String,
    token: String,
    zone: u32,
    made: u8,
    live: bool,
}

#[derive(Clone, Debug, PartialEq, Hash)]
struct World {
    tick: u8,
    journal: Hashed,
    fence: Fence,
    leased: Option<u8>,
    workers: Vec<Option<Local>>,
    /// Of each process and row: sends, and the step at which the process saw the last.
    seen: Vec<BTreeMap<u32, (u32, u8)>>,
    flights: Vec<Flight>,
    things: Vec<Thing>,
    count: u8,
    faults: u8,
    crashes: u8,
    tokens: BTreeMap<String, u32>,
    broken: bool,
}

#[derive(Clone, Debug, PartialEq)]
enum Act {
    Tick,
    Claim(usize),
    Work(usize),
    /// A look that shows the youngest too.
    Lucky(usize),
    GiveUp(usize),
    Crash(usize),
    Cancel,
    Deliver(usize),
    DeliverUnheard(usize),
    Full(usize),
    Lose(usize),
}

fn setting(name: &str, default: u8) -> u8 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

fn time(tick: u8) -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap() + STEP * u32::from(tick)
}

fn resource(thing: &Thing) -> ResourceId {
    let mut id = crate::journal::tests::resource(&thing.id);
    id.place.zone = Some(thing.zone.to_string());
    id
}

impl Protocol {
    fn new(repetition: Repetition) -> Self {
        let manners = Manners {
            repetition,
            settles: STEP,
            ..MANNERS
        };
        let plan = |zone: &str| Plan::new(vec![create(&manners, "a", "r", zone, &[])]).unwrap();
        Self {
            repetition,
            wait: 2,
            // Where a second request is harmless, there is less to wait for.
            ticks: setting(
                "CLOUDHOST_MODEL_STEPS",
                4 - u8::from(crate::plan::harmless_again(&repetition)),
            ),
            faults: setting("CLOUDHOST_MODEL_FAULTS", 1),
            crashes: setting("CLOUDHOST_MODEL_CRASHES", 1),
            plans: vec![plan("0"), plan("1")],
            unfenced: false,
        }
    }

    /// Writes under the fence. Returns false if the lease was lost.
    fn apply(&self, world: &mut World, worker: usize, release: bool) -> bool {
        let local = world.workers[worker].clone().unwrap();
        if local.fence != world.fence && !self.unfenced {
            world.workers[worker] = None;
            return false;
        }
        let cancel = world.journal.0.cancel;
        world.journal = local.operation;
        world.journal.0.cancel = cancel;
        if release {
            world.leased = None;
            world.workers[worker] = None;
        }
        true
    }

    fn context<'a>(
        &self,
        world: &mut World,
        worker: usize,
        row: &Row,
        planned: &'a crate::PlannedStep,
    ) -> Context<'a> {
        let first = (row.sends, world.tick);
        let seen = world.seen[worker].entry(row.seq).or_insert(first);
        if seen.0 != row.sends {
            *seen = first;
        }
        let left = self.wait.saturating_sub(first.1 - seen.1);
        Context {
            planned,
            now: time(world.tick),
            left: STEP * u32::from(left),
            shown: Duration::ZERO,
            pause: &|_, _| Duration::ZERO,
        }
    }

    /// Decisions of a worker up to the next call of the cloud, or the end of its work. Each is written.
    fn work(&self, world: &mut World, worker: usize, lucky: bool) -> Option<()> {
        let mut moved = None;
        loop {
            let call = |world: &World| {
                let local = world.workers[worker].as_ref()?;
                let now = time(world.tick);
                let decision = next(&local.operation.0, &self.plans, now);
                local
                    .call
                    .is_none()
                    .then_some(matches!(decision, Next::Send(_) | Next::Look(_)))
            };
            match call(world) {
                None => return moved,
                Some(true) if moved.is_some() => return moved,
                Some(_) => moved = Some(self.decide(world, worker, lucky && moved.is_none())?),
            }
        }
    }

    /// One decision of a worker.
    fn decide(&self, world: &mut World, worker: usize, lucky: bool) -> Option<()> {
        let mut local = world.workers[worker].clone()?;
        if local.call.is_some() {
            return None;
        }
        let operation = &mut local.operation.0;
        let decision = next(operation, &self.plans, time(world.tick));
        if lucky && !matches!(decision, Next::Look(_)) {
            return None;
        }
        let mut release = false;
        match decision {
            Next::Open(_) => open(operation, None, world.tick),
            Next::Undo(seq) => {
                let row = operation.rows.iter().find(|row| row.seq == seq)?;
                let target = row.resource().cloned();
                open(operation, target, world.tick);
            }
            Next::Send(seq) => return self.send(world, worker, local, seq),
            Next::Look(seq) => {
                let row = operation.rows.iter().find(|row| row.seq == seq)?.clone();
                return self.look(world, worker, local, row, lucky);
            }
            Next::Drop(seq) => {
                let row = operation.rows.iter_mut().find(|row| row.seq == seq)?;
                row.state = RowState::Failed;
            }
            Next::Fail(seq) => {
                let row = operation.rows.iter().find(|row| row.seq == seq)?;
                let elsewhere =
                    crate::plan::next_place(&self.plans, operation.attempt, row.error.as_ref()?);
                operation.next = elsewhere;
                let left = to_take_back(operation, &self.plans).is_some();
                operation.state = match elsewhere.is_some() || left {
                    true => State::Reverting,
                    false => State::Failed,
                };
            }
            Next::TakeBack => {
                operation.state = State::Reverting;
                operation.next = None;
            }
            Next::End => {
                operation.state = match (operation.state, operation.next.take()) {
                    (State::Running, _) => State::Done,
                    (_, Some(next)) => {
                        operation.attempt = next;
                        State::Running
                    }
                    _ if operation.cancel => State::Cancelled,
                    _ => State::Failed,
                };
            }
            Next::Poll(_) | Next::Cancel(_) => return None,
            Next::Wait(due) => {
                operation.due = due;
                release = true;
            }
        }
        world.workers[worker] = Some(local);
        self.apply(world, worker, release);
        Some(())
    }

    fn send(&self, world: &mut World, worker: usize, mut local: Local, seq: u32) -> Option<()> {
        let row = local
            .operation
            .0
            .rows
            .iter()
            .find(|row| row.seq == seq)?
            .clone();
        let planned = planned(&self.plans, &row)?;
        let again = self.context(world, worker, &row, planned).can_repeat(&row);
        let row = local
            .operation
            .0
            .rows
            .iter_mut()
            .find(|row| row.seq == seq)?;
        let now = time(world.tick);
        row.state = RowState::Sent;
        row.sends += 1;
        row.first_sent = row.first_sent.or(Some(now));
        row.last_sent = Some(now);
        row.repeated |= again;
        row.due = now;
        let flight = Flight {
            token: row.token.clone(),
            seq,
            send: row.sends,
            zone: row.attempt,
            ends: row.undo.as_ref().map(|id| id.id.clone()),
            sent: world.tick,
        };
        local.call = Some((seq, row.sends, None));
        world.seen[worker].insert(seq, (row.sends, world.tick));
        world.workers[worker] = Some(local);
        if self.apply(world, worker, false) {
            let zone = *world
                .tokens
                .entry(flight.token.clone())
                .or_insert(flight.zone);
            world.broken |= zone != flight.zone;
            world.flights.push(flight);
        }
        Some(())
    }

    fn look(
        &self,
        world: &mut World,
        worker: usize,
        mut local: Local,
        mut row: Row,
        lucky: bool,
    ) -> Option<()> {
        let planned = planned(&self.plans, &row)?;
        let context = self.context(world, worker, &row, planned);
        let back = local.operation.0.state == State::Reverting;
        if row.state == RowState::Settling && !context.left.is_zero() {
            row.due = time(world.tick) + context.left;
        } else {
            let shown = |thing: &&Thing| {
                thing.live && thing.token == row.token && (lucky || thing.made < world.tick)
            };
            let found: Vec<ResourceId> = world.things.iter().filter(shown).map(resource).collect();
            let young = world
                .things
                .iter()
                .any(|thing| thing.live && thing.made == world.tick);
            if lucky && !young {
                return None;
            }
            if row.state == RowState::Settling {
                row.state = RowState::Done;
                let kept = row.result.clone();
                end_others(&mut local.operation.0, found, kept, world.tick);
            } else if let Some(first) = found.first().cloned() {
                row.refused = false;
                context.begun(&mut row, Begun::Done(first.clone()));
                end_others(&mut local.operation.0, found, Some(first), world.tick);
            } else if context.not_found(&mut row, back) {
                put(&mut local.operation.0, row.clone());
                return self.send(world, worker, local, row.seq);
            }
        }
        put(&mut local.operation.0, row);
        world.workers[worker] = Some(local);
        self.apply(world, worker, false);
        Some(())
    }

    fn finish(&self, world: &mut World, worker: usize) -> Option<()> {
        let mut local = world.workers[worker].clone()?;
        let (seq, _, response) = local.call.take()?;
        let response = response?;
        let mut row = local
            .operation
            .0
            .rows
            .iter()
            .find(|row| row.seq == seq)?
            .clone();
        let planned = planned(&self.plans, &row)?;
        let made = |id: &String| {
            let thing = world.things.iter().find(|thing| thing.id == *id).unwrap();
            Ok(Begun::Done(resource(thing)))
        };
        let ended = row.undo.clone().map(|id| Ok(Begun::Done(id)));
        let error = |kind, scope| Err(fault(kind, scope));
        let result = match &response {
            Response::Made(id) => made(id),
            Response::Ended => ended?,
            Response::Exists => error(ErrorKind::AlreadyExists, Scope::Request),
            Response::Full => error(ErrorKind::InsufficientCapacity, Scope::Zone("0".to_owned())),
            Response::Gone => error(ErrorKind::NotFound, Scope::Request),
            Response::Unknown => error(ErrorKind::Indeterminate, Scope::Request),
        };
        self.context(world, worker, &row, planned)
            .responded(&mut row, true, result);
        // How often it failed does not count here: it only makes pauses longer.
        row.failures = 0;
        put(&mut local.operation.0, row);
        world.workers[worker] = Some(local);
        self.apply(world, worker, false);
        Some(())
    }

    /// Forgets what makes no difference any more, so that states that differ in it are one.
    fn forget(&self, world: &mut World) {
        let tokens = matches!(self.repetition, Repetition::SameToken(_));
        let now = time(world.tick);
        let locals = world
            .workers
            .iter_mut()
            .flatten()
            .map(|local| &mut local.operation);
        for operation in locals.chain([&mut world.journal]) {
            for row in &mut operation.0.rows {
                if row.state.is_final() || !tokens {
                    (row.first_sent, row.last_sent) = (None, None);
                }
                if row.state.is_final() || row.due <= now {
                    row.due = time(0);
                }
            }
            operation.0.due = operation
                .0
                .due
                .map(|due| if due <= now { time(0) } else { due });
        }
        let rows = &world.journal.0.rows;
        for seen in &mut world.seen {
            seen.retain(|seq, _| {
                let row = rows.iter().find(|row| row.seq == *seq);
                row.is_some_and(|row| !row.state.is_final() && row.sends > 0)
            });
        }
        world.things.retain(|thing| tokens || thing.live);
        for thing in &mut world.things {
            if !tokens && thing.made < world.tick {
                thing.made = 0;
            }
        }
    }

    /// The effect of a request on the cloud.
    fn arrive(&self, world: &mut World, flight: &Flight) -> Response {
        let tick = world.tick;
        if let Some(id) = &flight.ends {
            return match world
                .things
                .iter_mut()
                .find(|thing| thing.id == *id && thing.live)
            {
                Some(thing) => {
                    thing.live = false;
                    Response::Ended
                }
                None => Response::Gone,
            };
        }
        let same = |thing: &&Thing| thing.token == flight.token && thing.zone == flight.zone;
        let known = world.things.iter().find(same);
        let named = world.things.iter().find(|thing| thing.live);
        match (self.repetition, known, named) {
            (Repetition::SameToken(_), Some(thing), _) if tick - thing.made <= TOKEN => {
                return Response::Made(thing.id.clone());
            }
            (Repetition::RefusedByName, _, Some(_)) => return Response::Exists,
            (Repetition::SameOutcome, _, Some(thing)) => return Response::Made(thing.id.clone()),
            _ => {}
        }
        let thing = Thing {
            id: format!("i-{}", world.count),
            token: flight.token.clone(),
            zone: flight.zone,
            made: tick,
            live: true,
        };
        let id = thing.id.clone();
        world.count += 1;
        world.things.push(thing);
        Response::Made(id)
    }
}

fn put(operation: &mut Operation, row: Row) {
    let old = operation
        .rows
        .iter_mut()
        .find(|old| old.seq == row.seq)
        .unwrap();
    *old = row;
}

fn open(operation: &mut Operation, undo: Option<ResourceId>, tick: u8) {
    let seq = u32::try_from(operation.rows.len()).unwrap();
    operation.rows.push(Row {
        seq,
        attempt: operation.attempt,
        step: 0,
        undo,
        token: format!("t-{seq}"),
        place: crate::journal::tests::resource("").place,
        state: RowState::Intent,
        digest: None,
        sends: 0,
        first_sent: None,
        last_sent: None,
        unknown: false,
        repeated: false,
        refused: false,
        cancelled: false,
        handle: None,
        result: None,
        progress: None,
        error: None,
        failures: 0,
        due: time(tick),
    });
}

fn end_others(
    operation: &mut Operation,
    found: Vec<ResourceId>,
    kept: Option<ResourceId>,
    tick: u8,
) {
    for other in found
        .into_iter()
        .filter(|other| Some(&other.id) != kept.as_ref().map(|id| &id.id))
    {
        open(operation, Some(other), tick);
    }
}

impl Model for Protocol {
    type State = World;
    type Action = Act;

    fn init_states(&self) -> Vec<World> {
        let new = operation(self.plans.clone());
        let begun = Operation {
            id: OperationId("op".to_owned()),
            account: new.account,
            title: new.title,
            owner: new.owner,
            created: time(0),
            options: new.options,
            state: State::Running,
            attempt: 0,
            next: None,
            error: None,
            notes: Vec::new(),
            cancel: false,
            decision: None,
            requests: 0,
            due: Some(time(0)),
            rows: Vec::new(),
        };
        vec![World {
            tick: 0,
            journal: Hashed(begun),
            fence: Fence(0),
            leased: None,
            workers: vec![None; WORKERS],
            seen: vec![BTreeMap::new(); WORKERS],
            flights: Vec::new(),
            things: Vec::new(),
            count: 0,
            faults: 0,
            crashes: 0,
            tokens: BTreeMap::new(),
            broken: false,
        }]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Act>) {
        actions.push(Act::Tick);
        actions.push(Act::Cancel);
        for worker in 0..WORKERS {
            let of: [fn(usize) -> Act; 5] =
                [Act::Claim, Act::Work, Act::Lucky, Act::GiveUp, Act::Crash];
            actions.extend(of.map(|act| act(worker)));
        }
        for flight in 0..world.flights.len() {
            let of: [fn(usize) -> Act; 4] =
                [Act::Deliver, Act::DeliverUnheard, Act::Full, Act::Lose];
            actions.extend(of.map(|act| act(flight)));
        }
    }

    fn next_state(&self, last: &World, act: Act) -> Option<World> {
        let mut world = last.clone();
        let spend = |world: &mut World| {
            world.faults += 1;
            (world.faults <= self.faults).then_some(())
        };
        match act {
            Act::Tick => {
                // A request arrives within a step.
                let late = world.flights.iter().any(|flight| flight.sent < world.tick);
                if late || world.tick == self.ticks {
                    return None;
                }
                world.tick += 1;
            }
            Act::Claim(worker) => {
                let free = world.leased.is_none_or(|until| until <= world.tick);
                let due = world
                    .journal
                    .0
                    .due
                    .is_some_and(|due| has_come(due, time(world.tick)));
                if !free
                    || !due
                    || world.journal.0.state.is_final()
                    || world.workers[worker].is_some()
                {
                    return None;
                }
                world.fence.0 += 1;
                if !self.unfenced {
                    // Whatever the others do now is refused by the journal; only their requests count.
                    world.workers.fill(None);
                }
                world.leased = Some(world.tick + 1);
                let mut operation = world.journal.clone();
                for row in &mut operation.0.rows {
                    if row.state == RowState::Sent {
                        row.state = RowState::Recovering;
                        row.unknown = true;
                    }
                }
                world.workers[worker] = Some(Local {
                    fence: world.fence,
                    operation,
                    call: None,
                });
            }
            Act::Work(worker) => self.work(&mut world, worker, false)?,
            Act::Lucky(worker) => self.work(&mut world, worker, true)?,
            Act::GiveUp(worker) => {
                spend(&mut world)?;
                let call = world.workers[worker].as_mut()?.call.as_mut()?;
                if call.2.is_some() {
                    return None;
                }
                call.2 = Some(Response::Unknown);
                self.finish(&mut world, worker)?;
            }
            Act::Crash(worker) => {
                world.crashes += 1;
                if world.crashes > self.crashes || world.workers[worker].is_none() {
                    return None;
                }
                world.workers[worker] = None;
                world.seen[worker].clear();
            }
            Act::Cancel => {
                if world.journal.0.cancel || world.journal.0.state.is_final() {
                    return None;
                }
                spend(&mut world)?;
                world.journal.0.cancel = true;
                world.journal.0.due = Some(time(world.tick));
            }
            Act::Deliver(index)
            | Act::DeliverUnheard(index)
            | Act::Full(index)
            | Act::Lose(index) => {
                if act != Act::Deliver(index) {
                    spend(&mut world)?;
                }
                let flight = world.flights.remove(index);
                let response = match act {
                    Act::Lose(_) => Response::Unknown,
                    Act::Full(_) if flight.zone == 0 && flight.ends.is_none() => Response::Full,
                    Act::Full(_) => return None,
                    Act::DeliverUnheard(_) => {
                        self.arrive(&mut world, &flight);
                        Response::Unknown
                    }
                    _ => self.arrive(&mut world, &flight),
                };
                // What is heard is written at once: to end before that is to end before the response.
                for worker in 0..WORKERS {
                    let local = world.workers[worker].as_mut();
                    if let Some((seq, send, waiting @ None)) = local.and_then(|l| l.call.as_mut())
                        && (*seq, *send) == (flight.seq, flight.send)
                    {
                        *waiting = Some(response.clone());
                        self.finish(&mut world, worker)?;
                    }
                }
            }
        }
        self.forget(&mut world);
        Some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        fn live(world: &World) -> Vec<&str> {
            let live = world.things.iter().filter(|thing| thing.live);
            live.map(|thing| thing.id.as_str()).collect()
        }
        vec![
            Property::always("the end is what the cloud has", |_, world: &World| {
                let operation = &world.journal.0;
                match operation.state {
                    State::Done => {
                        let done = operation
                            .rows
                            .iter()
                            .find(|row| row.undo.is_none() && row.attempt == operation.attempt);
                        let result = done.and_then(|row| row.result.as_ref());
                        live(world)
                            == result
                                .map(|id| id.id.as_str())
                                .into_iter()
                                .collect::<Vec<_>>()
                    }
                    State::Failed | State::Cancelled => live(world).is_empty(),
                    _ => true,
                }
            }),
            Property::always("nothing exists twice", |_, world: &World| {
                live(world).len() <= 1
            }),
            Property::always("a token has one place", |_, world: &World| !world.broken),
            Property::sometimes("it is done", |_, world: &World| {
                world.journal.0.state == State::Done && world.journal.0.attempt == 0
            }),
            Property::sometimes("it is done elsewhere", |_, world: &World| {
                world.journal.0.state == State::Done && world.journal.0.attempt == 1
            }),
            Property::sometimes("it is cancelled", |_, world: &World| {
                world.journal.0.state == State::Cancelled && world.count > 0
            }),
            Property::sometimes(
                "a resource is made again after a loss",
                |_, world: &World| {
                    world.journal.0.state == State::Done && world.journal.0.rows[0].sends > 1
                },
            ),
        ]
    }
}

#[rstest::rstest]
fn the_protocol_holds(
    #[values(
        Repetition::SameToken(10 * TOKEN as u64),
        Repetition::RefusedByName,
        Repetition::SameOutcome,
        Repetition::Another
    )]
    repetition: Repetition,
) {
    let checker = Protocol::new(repetition).checker().spawn_bfs().join();
    println!("{repetition:?}: {} states", checker.unique_state_count());
    checker.assert_properties();
}

/// The model can fail: without the whole wait, without fences, or with tokens that are forgotten too early.
#[rstest::rstest]
#[case::no_wait(Repetition::Another, 1, false)]
#[case::no_fence(Repetition::Another, 2, true)]
fn a_broken_protocol_is_found(
    #[case] repetition: Repetition,
    #[case] wait: u8,
    #[case] unfenced: bool,
) {
    let mut protocol = Protocol::new(repetition);
    protocol.wait = wait;
    protocol.unfenced = unfenced;
    let found = stateright::HasDiscoveries::AnyFailures;
    let checker = protocol.checker().finish_when(found).spawn_bfs().join();
    let found = checker.discoveries();
    let broken = ["the end is what the cloud has", "nothing exists twice"];
    assert!(
        broken.iter().any(|name| found.contains_key(name)),
        "{:?}",
        found.keys()
    );
}
