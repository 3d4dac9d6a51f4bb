//! The same answers at other times: again, in another order, and never.

use super::Replayed;
use super::case::{AGAIN, CANCEL, Cases, ORDER, TIME, Verdict};
use super::cloud::{Cloud, Way};
use super::parts::some;
use super::replays::missed;
use super::subject::{Outcome, Subject};
use cloudhost::contract::exports::cloudhost::provider::catalog::Listing;
use cloudhost::recording::Replay;
use std::sync::Arc;
use std::time::Duration;

/// Answers at which a call is dropped.
const DROPS: usize = 8;
/// Runs with other hash tables: two entries of one stand in the same order in half of all.
const AGAINS: u64 = 5;
/// How much later another day is.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

pub(super) async fn run(subject: &Subject<'_>, replayed: &Replayed<'_>, cases: &mut Cases) {
    cases.add(AGAIN, again(subject, replayed).await);
    later(subject, replayed, cases).await;
    let turned = ask(subject, replayed, Way::Backwards).await;
    let given = "the same answers, the last one first";
    cases.add(ORDER, same(replayed, &turned, given));
    cases.add(CANCEL, dropped(subject, replayed).await);
}

async fn ask(subject: &Subject<'_>, replayed: &Replayed<'_>, way: Way) -> Outcome {
    let asked = subject.ask_recorded(replayed.recording, way, &replayed.wanted);
    asked.await.0
}

/// The clock of guests makes the order of their hash tables: a nanosecond is enough for another one.
async fn again(subject: &Subject<'_>, replayed: &Replayed<'_>) -> Verdict {
    for run in 0..AGAINS {
        let again = ask(subject, replayed, Way::Later(Duration::from_nanos(run))).await;
        let verdict = same(
            replayed,
            &again,
            "the same answers again, with hash tables in another order",
        );
        if verdict != Verdict::Passed {
            return verdict;
        }
    }
    Verdict::Passed
}

async fn later(subject: &Subject<'_>, replayed: &Replayed<'_>, cases: &mut Cases) {
    let asked = subject.ask_recorded(replayed.recording, Way::Later(DAY), &replayed.wanted);
    let (outcome, calls) = asked.await;
    if missed(&calls).is_some() {
        cases.skip(TIME, "what it asks for depends on the time");
        return;
    }
    cases.add(
        TIME,
        same(replayed, &outcome, "the same answers a day later"),
    );
}

/// Passed where the outcome is what the recording gave before.
fn same(replayed: &Replayed<'_>, outcome: &Outcome, given: &str) -> Verdict {
    match outcome {
        Outcome::Listing(listing) if **listing == replayed.listing => Verdict::Passed,
        Outcome::Listing(listing) => Verdict::failed(
            given,
            format!(
                "it gave another catalog: {}",
                difference(&replayed.listing, listing)
            ),
            "the same catalog",
        ),
        other => Verdict::failed(given, other.told(), "the same catalog"),
    }
}

/// Where two listings first differ, in a few words.
fn difference(before: &Listing, after: &Listing) -> String {
    let (before, after) = (format!("{before:#?}"), format!("{after:#?}"));
    let mut lines = before.lines().zip(after.lines());
    let differing = lines.find(|(before, after)| before != after);
    match differing {
        Some((before, after)) => format!("`{}` became `{}`", before.trim(), after.trim()),
        None => "one has more records".to_owned(),
    }
}

async fn dropped(subject: &Subject<'_>, replayed: &Replayed<'_>) -> Verdict {
    for never in some(replayed.replies.len(), DROPS) {
        let tape = Replay::new(replayed.recording.clone(), "");
        let cloud = Arc::new(Cloud::new(Some(tape), Way::Without(never)));
        let given = format!(
            "a call that is dropped while it waits for answer {}",
            never + 1
        );
        tokio::select! {
            () = cloud.held.notified() => {}
            // It did not wait for that one: nothing to drop.
            outcome = subject.ask(&cloud, &replayed.wanted) => if let Outcome::Broke(why) = outcome {
                return Verdict::failed(given, why, "no crash");
            },
        }
        let next = ask(subject, replayed, Way::AsRecorded).await;
        let verdict = same(
            replayed,
            &next,
            &format!("{given}, and then one that is not"),
        );
        if verdict != Verdict::Passed {
            return verdict;
        }
    }
    Verdict::Passed
}
