//! The collector: what it lists, what it ends, and what it leaves alone.

use super::cloud::{Faults, fault};
use super::world::{MANNERS, World, account, operation};
use crate::{
    Collector, Decision, Environment as _, ErrorKind, OPERATION_TAG, OWNER_TAG, OnFailure,
    Operation, Outcome, Plan, Proofs, Reason, Report, Scope, State, Subject,
};
use futures::executor::block_on;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

fn collector(world: &World) -> Collector {
    Collector::new(
        world.journal.clone(),
        world.cloud.clone(),
        world.clock.clone(),
    )
}

/// An instance that ends in an hour.
async fn make(world: &World, name: &str, change: impl Fn(&mut crate::NewOperation)) -> Operation {
    let mut new = operation(vec![Plan::new(vec![world.step(name, "z", &[])]).unwrap()]);
    new.options.ends_at = Some(world.clock.now() + HOUR);
    change(&mut new);
    let id = world.runner().start(&new).await.unwrap();
    world.drive(&id).await
}

fn names(report: &Report) -> Vec<(String, Proofs, bool)> {
    let line = |finding: &crate::Finding| {
        (
            finding.subject.id().name.clone(),
            finding.proofs,
            finding.can_end(),
        )
    };
    let mut names: Vec<_> = report.findings.iter().map(line).collect();
    names.sort_by(|a, b| a.0.cmp(&b.0));
    names
}

async fn end(world: &World, report: &Report) -> Vec<Outcome> {
    let ordered = collector(world).end(&world.runner(), report).await.unwrap();
    for (_, operation) in &ordered {
        world.drive(operation).await;
    }
    collector(world).verify(&account(), &ordered).await.unwrap()
}

#[test]
fn what_is_past_its_end_ends_if_two_proofs_say_it_is_ours() {
    let world = World::new(1, MANNERS);
    block_on(async {
        let first = make(&world, "expired", |_| {}).await;
        make(&world, "protected", |new| new.options.protected = true).await;
        make(&world, "later", |new| {
            new.options.ends_at = Some(world.clock.now() + HOUR * 5)
        })
        .await;
        make(&world, "forever", |new| new.options.ends_at = None).await;
        let installation = world.journal.installation().await.unwrap();
        let copied = vec![
            (OWNER_TAG.to_owned(), installation.clone()),
            (OPERATION_TAG.to_owned(), first.id.0.clone()),
        ];
        world.cloud.add_foreign("copy", "r", copied);
        world
            .cloud
            .add_foreign("odd", "r", vec![(OWNER_TAG.to_owned(), installation)]);
        world.cloud.add_foreign("foreign", "r", Vec::new());
        world.clock.pass(HOUR + Duration::from_secs(60));
        let report = collector(&world).report(&account()).await.unwrap();
        assert_eq!(
            names(&report),
            [
                ("expired".to_owned(), Proofs::Ours, true),
                ("odd".to_owned(), Proofs::TagOnly, false),
                ("protected".to_owned(), Proofs::Ours, false),
            ]
        );
        let odd = report
            .findings
            .iter()
            .find(|f| f.subject.id().name == "odd")
            .unwrap();
        assert_eq!(odd.reason, Reason::UnknownOperation);
        assert_eq!(end(&world, &report).await, [Outcome::Gone]);
        assert_eq!(world.cloud.live().len(), 6);
        assert_eq!(world.cloud.violations(), Vec::<String>::new());
        // A second time there is nothing left to do.
        let report = collector(&world).report(&account()).await.unwrap();
        assert_eq!(end(&world, &report).await, []);
    });
}

#[test]
fn what_a_failed_operation_left_is_found() {
    let world = World::new(1, MANNERS);
    world.cloud.fill("full");
    block_on(async {
        let two = |name: &str| {
            Plan::new(vec![
                world.step(name, "z", &[]),
                world.step("b", "full", &[0]),
            ])
            .unwrap()
        };
        let fail = async |name: &str, on_failure| {
            make(&world, name, |new| {
                new.plans = vec![two(name)];
                new.options.on_failure = on_failure;
            })
            .await
        };
        // Undecided: that is the user's question, not the collector's.
        let undecided = fail("undecided", OnFailure::Ask).await;
        fail("kept", OnFailure::Keep).await;
        // It could not be taken back.
        let unsupported = fault(ErrorKind::Unsupported, Scope::Request);
        let left = fail("left", OnFailure::Ask).await;
        world
            .runner()
            .decide(&left.id, Decision::TakeBack)
            .await
            .unwrap();
        *world.cloud.script.lock().unwrap() = vec![(true, unsupported)];
        let left = world.drive(&left.id).await;
        assert_eq!(left.state, State::Failed);
        let report = collector(&world).report(&account()).await.unwrap();
        assert_eq!(
            names(&report),
            [
                ("left".to_owned(), Proofs::Ours, true),
                ("undecided".to_owned(), Proofs::Ours, false),
            ]
        );
        let unfinished = report
            .findings
            .iter()
            .find(|finding| !finding.can_end())
            .unwrap();
        assert_eq!(unfinished.reason, Reason::Unfinished(undecided.id));
        assert_eq!(end(&world, &report).await, [Outcome::Gone]);
    });
}

#[test]
fn a_list_with_missing_parts_says_nothing_is_gone() {
    let world = World::new(1, MANNERS);
    block_on(async {
        make(&world, "expired", |_| {}).await;
        world.clock.pass(HOUR * 2);
        let reads = |reads| {
            *world.cloud.faults.lock().unwrap() = Faults {
                reads,
                ..Faults::default()
            }
        };
        let report = collector(&world).report(&account()).await.unwrap();
        reads(1000);
        let partial = collector(&world).report(&account()).await.unwrap();
        assert_eq!((partial.missing.len(), partial.findings.len()), (1, 1));
        assert!(matches!(partial.findings[0].subject, Subject::NotSeen(_)));
        assert!(!partial.findings[0].can_end());
        // Nothing is ordered while the list is not whole.
        assert_eq!(end(&world, &report).await, []);
        reads(0);
        let ordered = collector(&world)
            .end(&world.runner(), &report)
            .await
            .unwrap();
        let before = collector(&world)
            .verify(&account(), &ordered)
            .await
            .unwrap();
        assert_eq!(before, [Outcome::Remains]);
        world.drive(&ordered[0].1).await;
        reads(1000);
        let unknown = collector(&world)
            .verify(&account(), &ordered)
            .await
            .unwrap();
        assert_eq!(unknown, [Outcome::Unknown]);
        reads(0);
        let gone = collector(&world)
            .verify(&account(), &ordered)
            .await
            .unwrap();
        assert_eq!(gone, [Outcome::Gone]);
    });
}

/// A resource that another hand has ended is forgotten when the cloud says that it is gone, and not before lists cannot lag.
#[test]
fn what_is_gone_is_forgotten() {
    let world = World::new(1, MANNERS);
    block_on(async {
        let made = make(&world, "expired", |new| {
            new.options.ends_at = Some(world.clock.now() + Duration::from_secs(10));
        })
        .await;
        world.cloud.remove(&made.rows[0].result.clone().unwrap());
        world.clock.pass(Duration::from_secs(60));
        let report = collector(&world).report(&account()).await.unwrap();
        assert_eq!(
            names(&report),
            [("expired".to_owned(), Proofs::JournalOnly, false)]
        );
        world.clock.pass(HOUR);
        world.cloud.faults.lock().unwrap().reads = 1000;
        let report = collector(&world).report(&account()).await.unwrap();
        assert_eq!(
            names(&report),
            [("expired".to_owned(), Proofs::JournalOnly, false)]
        );
        world.cloud.faults.lock().unwrap().reads = 0;
        let report = collector(&world).report(&account()).await.unwrap();
        assert_eq!(names(&report), []);
        assert!(world.journal.owned(&account()).await.unwrap().is_empty());
    });
}

/// A resource that changed between the report and the user's agreement is not ended.
#[test]
fn only_what_is_still_the_same_is_ended() {
    let world = World::new(1, MANNERS);
    block_on(async {
        let made = make(&world, "expired", |_| {}).await;
        world.clock.pass(HOUR * 2);
        let report = collector(&world).report(&account()).await.unwrap();
        assert_eq!(names(&report).len(), 1);
        let id = made.rows[0].result.clone().unwrap();
        let later = world.clock.now() + HOUR;
        world
            .journal
            .set_end(&account(), &id, Some(later))
            .await
            .unwrap();
        assert_eq!(end(&world, &report).await, []);
        assert_eq!(world.cloud.live().len(), 1);
    });
}
