//! Conformance: what every journal promises, tried on each with two handles, as two workers have.

use super::memory::Memory;
use super::{Change, Claimed, FURTHEST, Filter, Journal, Lease, Sqlite, WorkerId};
use crate::tests::virtual_time::Virtual;
use crate::{
    Account, Action, Decision, Ending, Environment as _, Error, ErrorKind, Guarantee, NewOperation,
    OnFailure, OperationId, Options, Owned, Place, Plan, PlannedStep, Progress, Repetition,
    Request, ResourceId, ResourceKind, Row, RowState, Running, Scope, State, Step,
};
use cloudhost_contract::Digest;
use rstest::rstest;
use std::sync::Arc;
use std::time::Duration;

const LEASE: Duration = Duration::from_secs(60);

/// The journals.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Memory,
    Sqlite,
}

/// Two handles of one journal, and their clock.
struct Pair {
    one: Arc<dyn Journal>,
    two: Arc<dyn Journal>,
    clock: Arc<Virtual>,
    root: tempfile::TempDir,
}

async fn pair(kind: Kind) -> Pair {
    let root = tempfile::tempdir().unwrap();
    let clock = Arc::new(Virtual::new(1));
    let (one, two): (Arc<dyn Journal>, Arc<dyn Journal>) = match kind {
        Kind::Memory => {
            let memory = Arc::new(Memory::new(clock.clone()));
            (memory.clone(), memory)
        }
        Kind::Sqlite => {
            let open = || Sqlite::open(root.path(), clock.clone());
            (
                Arc::new(open().await.unwrap()),
                Arc::new(open().await.unwrap()),
            )
        }
    };
    Pair {
        one,
        two,
        clock,
        root,
    }
}

fn worker(name: &str) -> WorkerId {
    WorkerId(name.to_owned())
}

pub(crate) fn id(name: &str) -> OperationId {
    OperationId(name.to_owned())
}

pub(crate) fn account() -> Account {
    Account {
        provider: "cloud".to_owned(),
        identity: "1".to_owned(),
    }
}

pub(crate) fn resource(id: &str) -> ResourceId {
    ResourceId {
        kind: ResourceKind::Instance,
        id: id.to_owned(),
        name: "dev".to_owned(),
        place: Place {
            region: "r".to_owned(),
            zone: Some("r-a".to_owned()),
        },
        parent: None,
    }
}

pub(crate) fn new_operation() -> NewOperation {
    let step = Step {
        action: Action::Create,
        kind: ResourceKind::Instance,
        id: None,
        name: "dev".to_owned(),
        place: resource("").place,
        parent: None,
        summary: "instance dev".to_owned(),
        priced: Vec::new(),
        after: Vec::new(),
        data: "{\"user\":\"data\"}".to_owned(),
    };
    let guarantee = Guarantee {
        repetition: Repetition::SameToken(86_400),
        settles_in_ms: 5_000,
        ending: Ending::Movable,
        keeps_tags: true,
        cancellable: true,
    };
    NewOperation {
        account: account(),
        title: "create instance dev".to_owned(),
        owner: "user".to_owned(),
        options: Options {
            ends_at: None,
            on_failure: OnFailure::TakeBack,
            protected: true,
            tags: vec![("team".to_owned(), "x".to_owned())],
        },
        plans: vec![Plan::new(vec![PlannedStep { step, guarantee }]).unwrap()],
    }
}

fn error() -> Error {
    Error {
        kind: ErrorKind::InsufficientCapacity,
        scope: Scope::Zone("r-a".to_owned()),
        code: Some("InsufficientInstanceCapacity".to_owned()),
        message: "no capacity".to_owned(),
        request_id: Some("1".to_owned()),
        retry_after_ms: Some(5),
        advice: None,
    }
}

fn row(token: &str, clock: &Virtual) -> Row {
    let now = clock.now();
    Row {
        seq: 0,
        attempt: 0,
        step: 0,
        undo: Some(resource("i-0")),
        token: token.to_owned(),
        place: resource("").place,
        state: RowState::Accepted,
        digest: Some(Digest::of(b"request")),
        sends: 2,
        first_sent: Some(now),
        last_sent: Some(now),
        unknown: true,
        repeated: true,
        refused: true,
        cancelled: true,
        handle: Some(Running {
            handle: "h".to_owned(),
            action: Action::Create,
            target: resource("i-1"),
        }),
        result: Some(resource("i-1")),
        progress: Some(Progress {
            phase: "CREATING".to_owned(),
            percent: Some(40),
            message: None,
            poll_after_ms: 1000,
        }),
        error: Some(error()),
        failures: 3,
        due: now,
    }
}

fn change(claimed: &Claimed) -> Change {
    let operation = &claimed.operation;
    Change {
        lease: claimed.lease.clone(),
        state: operation.state,
        attempt: operation.attempt,
        next: operation.next,
        error: operation.error.clone(),
        notes: operation.notes.clone(),
        requests: operation.requests,
        due: operation.due,
        rows: Vec::new(),
        made: Vec::new(),
        gone: Vec::new(),
        release: false,
    }
}

async fn claim(journal: &Arc<dyn Journal>, name: &str, limit: u32) -> Vec<Claimed> {
    journal
        .claim(&worker(name), LEASE, limit, None)
        .await
        .unwrap()
}

#[rstest]
#[tokio::test]
async fn what_is_written_is_read(#[values(Kind::Memory, Kind::Sqlite)] kind: Kind) {
    let Pair {
        one,
        two,
        clock,
        root: _root,
    } = pair(kind).await;
    assert_eq!(
        one.installation().await.unwrap(),
        two.installation().await.unwrap()
    );
    assert_eq!(two.get(&id("a")).await.unwrap(), None);
    let new = new_operation();
    one.add(&id("a"), &new).await.unwrap();
    let mut other = new.clone();
    other.title = "another".to_owned();
    one.add(&id("a"), &other).await.unwrap();
    let read = two.get(&id("a")).await.unwrap().unwrap();
    assert_eq!(
        (read.title, read.options, read.account),
        (new.title, new.options, new.account)
    );
    assert_eq!(
        (read.state, read.due, read.created),
        (State::Running, Some(clock.now()), clock.now())
    );
    assert_eq!(two.plans(&id("a")).await.unwrap(), new.plans);
    let claimed = claim(&one, "w", 10).await.remove(0);
    let mut done = change(&claimed);
    done.state = State::Reverting;
    done.attempt = 4;
    done.next = Some(5);
    done.error = Some(error());
    done.notes = vec!["note".to_owned()];
    done.due = None;
    done.rows = vec![row("t", &clock)];
    let mut second = row("u", &clock);
    second.seq = 1;
    second.undo = None;
    second.digest = None;
    second.handle = None;
    done.rows.push(second);
    assert_eq!(one.apply(&[done.clone()]).await.unwrap(), [true]);
    let read = two.get(&id("a")).await.unwrap().unwrap();
    assert_eq!(
        (read.state, read.attempt, read.next),
        (State::Reverting, 4, Some(5))
    );
    assert_eq!(
        (read.error, read.notes, read.due),
        (done.error.clone(), done.notes.clone(), None)
    );
    assert_eq!(read.rows, done.rows);
    let mut changed = done;
    changed.rows.truncate(1);
    changed.rows[0].state = RowState::Done;
    one.apply(&[changed.clone()]).await.unwrap();
    let read = two.get(&id("a")).await.unwrap().unwrap();
    assert_eq!((read.rows.len(), read.rows[0].state), (2, RowState::Done));
}

#[rstest]
#[tokio::test]
async fn one_worker_has_an_operation(#[values(Kind::Memory, Kind::Sqlite)] kind: Kind) {
    let Pair {
        one,
        two,
        clock,
        root: _root,
    } = pair(kind).await;
    for name in ["a", "b", "c"] {
        one.add(&id(name), &new_operation()).await.unwrap();
        clock.pass(Duration::from_secs(1));
    }
    let names = |claimed: &[Claimed]| -> Vec<String> {
        claimed
            .iter()
            .map(|claimed| claimed.operation.id.0.clone())
            .collect()
    };
    let first = claim(&one, "w", 2).await;
    let mut sorted = names(&first);
    sorted.sort();
    assert_eq!(sorted, ["a", "b"]);
    assert_eq!(names(&claim(&two, "v", 2).await), ["c"]);
    assert!(claim(&two, "v", 2).await.is_empty());
    let only = async |name: &str| {
        two.claim(&worker("v"), LEASE, 9, Some(&id(name)))
            .await
            .unwrap()
    };
    assert!(only("a").await.is_empty());
    // A lease that is renewed holds.
    clock.pass(LEASE / 2);
    one.renew(&[first[0].lease.clone()], LEASE).await.unwrap();
    clock.pass(LEASE / 2 + Duration::from_secs(3));
    let mut later = claim(&two, "v", 9).await;
    later.sort_by_key(|claimed| claimed.operation.id.clone());
    let lost = &first[1];
    assert_eq!(names(&later), [lost.operation.id.0.as_str(), "c"]);
    assert_eq!(later[0].lease.fence, lost.lease.fence + 1);
    // Whoever lost it changes nothing.
    let mut late = change(lost);
    late.state = State::Done;
    late.rows = vec![row("late", &clock)];
    assert_eq!(
        one.apply(&[change(&first[0]), late.clone()]).await.unwrap(),
        [true, false]
    );
    let read = two.get(&lost.operation.id).await.unwrap().unwrap();
    assert_eq!((read.state, read.rows.len()), (State::Running, 0));
    one.renew(std::slice::from_ref(&lost.lease), LEASE * 10)
        .await
        .unwrap();
    clock.pass(LEASE + Duration::from_secs(1));
    assert_eq!(claim(&one, "w", 9).await.len(), 3);
    let unknown = Lease {
        operation: id("none"),
        fence: 1,
    };
    late.lease = unknown;
    assert_eq!(one.apply(&[late]).await.unwrap(), [false]);
}

#[rstest]
#[tokio::test]
async fn due_time_and_state_decide(#[values(Kind::Memory, Kind::Sqlite)] kind: Kind) {
    let Pair {
        one,
        two,
        clock,
        root: _root,
    } = pair(kind).await;
    assert_eq!(two.next_due().await.unwrap(), None);
    one.add(&id("a"), &new_operation()).await.unwrap();
    assert_eq!(two.next_due().await.unwrap(), Some(Duration::ZERO));
    let claimed = claim(&one, "w", 1).await.remove(0);
    let mut later = change(&claimed);
    later.due = Some(clock.now() + Duration::from_secs(100));
    later.release = true;
    later.rows = vec![row("t", &clock)];
    later.rows[0].due = later.due.unwrap();
    one.apply(&[later.clone()]).await.unwrap();
    assert_eq!(
        two.next_due().await.unwrap(),
        Some(Duration::from_secs(100))
    );
    assert!(claim(&two, "v", 1).await.is_empty());
    // A user's request makes it due, with its rows.
    assert!(two.request(&id("a"), Request::Resume).await.unwrap());
    let claimed = claim(&one, "w", 1).await.remove(0);
    assert_eq!(claimed.operation.rows[0].due, clock.now());
    // A request that the worker has not seen makes it due again.
    assert!(two.request(&id("a"), Request::Cancel).await.unwrap());
    assert!(
        two.request(&id("a"), Request::Decide(Decision::Keep))
            .await
            .unwrap()
    );
    later.lease = claimed.lease.clone();
    later.requests = claimed.operation.requests;
    later.rows.clear();
    one.apply(&[later.clone()]).await.unwrap();
    let claimed = claim(&one, "w", 1).await.remove(0);
    let seen = (
        claimed.operation.cancel,
        claimed.operation.decision,
        claimed.operation.requests,
    );
    assert_eq!(seen, (true, Some(Decision::Keep), 3));
    let mut done = change(&claimed);
    done.state = State::Done;
    done.due = None;
    done.release = true;
    one.apply(&[done]).await.unwrap();
    assert!(!two.request(&id("a"), Request::Cancel).await.unwrap());
    assert!(!two.request(&id("none"), Request::Cancel).await.unwrap());
    assert!(claim(&two, "v", 1).await.is_empty());
    let only = two
        .claim(&worker("v"), LEASE, 1, Some(&id("a")))
        .await
        .unwrap();
    assert!(only.is_empty());
    assert_eq!(two.next_due().await.unwrap(), None);
}

#[rstest]
#[tokio::test]
async fn a_clock_that_went_back_holds_nothing_up(#[values(Kind::Memory, Kind::Sqlite)] kind: Kind) {
    let Pair {
        one,
        two,
        clock,
        root: _root,
    } = pair(kind).await;
    one.add(&id("leased"), &new_operation()).await.unwrap();
    claim(&one, "w", 1).await;
    one.add(&id("due"), &new_operation()).await.unwrap();
    clock.jump(-i64::try_from(FURTHEST.as_secs()).unwrap() - 100);
    assert_eq!(two.next_due().await.unwrap(), Some(Duration::ZERO));
    assert_eq!(claim(&two, "v", 9).await.len(), 2);
}

#[rstest]
#[tokio::test]
async fn the_newest_are_listed_first(#[values(Kind::Memory, Kind::Sqlite)] kind: Kind) {
    let Pair {
        one,
        two,
        clock: _,
        root: _root,
    } = pair(kind).await;
    for number in 0..5 {
        one.add(&id(&number.to_string()), &new_operation())
            .await
            .unwrap();
    }
    let claimed = one
        .claim(&worker("w"), LEASE, 1, Some(&id("3")))
        .await
        .unwrap()
        .remove(0);
    let mut failed = change(&claimed);
    failed.state = State::Failed;
    failed.error = Some(error());
    failed.due = None;
    one.apply(&[failed]).await.unwrap();
    let list = async |newest, unfinished| -> Vec<String> {
        let list = two.list(newest, Filter { unfinished }).await.unwrap();
        list.into_iter().map(|line| line.id.0).collect()
    };
    assert_eq!(list(3, false).await, ["4", "3", "2"]);
    assert_eq!(list(3, true).await, ["4", "2", "1"]);
    let line = two.list(2, Filter::default()).await.unwrap().remove(1);
    assert_eq!(
        (line.state, line.error, line.due),
        (State::Failed, Some(error()), None)
    );
}

#[rstest]
#[tokio::test]
async fn what_is_ours_is_known_by_account(#[values(Kind::Memory, Kind::Sqlite)] kind: Kind) {
    let Pair {
        one,
        two,
        clock,
        root: _root,
    } = pair(kind).await;
    one.add(&id("a"), &new_operation()).await.unwrap();
    let claimed = claim(&one, "w", 1).await.remove(0);
    let owned = |name: &str| Owned {
        account: account(),
        id: resource(name),
        operation: id("a"),
        since: clock.now(),
        until: clock.now(),
        created: None,
        ends_at: Some(clock.now()),
        protected: true,
        keeps_tags: false,
    };
    let mut made = change(&claimed);
    made.made = vec![owned("i-1"), owned("i-2")];
    one.apply(&[made.clone()]).await.unwrap();
    one.apply(&[made.clone()]).await.unwrap();
    assert_eq!(
        two.owned(&account()).await.unwrap(),
        [owned("i-1"), owned("i-2")]
    );
    let mut other = account();
    other.identity = "2".to_owned();
    assert!(two.owned(&other).await.unwrap().is_empty());
    let later = clock.now() + Duration::from_secs(5);
    one.seen(&account(), &resource("i-1"), clock.now())
        .await
        .unwrap();
    one.seen(&account(), &resource("i-1"), later).await.unwrap();
    one.set_end(&account(), &resource("i-1"), None)
        .await
        .unwrap();
    made.made.clear();
    made.gone = vec![resource("i-2"), resource("i-3")];
    one.apply(&[made]).await.unwrap();
    let mut expected = owned("i-1");
    expected.created = Some(clock.now());
    expected.ends_at = None;
    assert_eq!(two.owned(&account()).await.unwrap(), [expected]);
    one.gone(&other, &resource("i-1")).await.unwrap();
    assert_eq!(two.owned(&account()).await.unwrap().len(), 1);
    one.gone(&account(), &resource("i-1")).await.unwrap();
    assert!(two.owned(&account()).await.unwrap().is_empty());
}
