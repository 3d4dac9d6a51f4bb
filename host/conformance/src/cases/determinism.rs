//! The same responses at other times: again, a day later, in another order, and never.

use crate::harness::{
    Cases, MockCloud, Outcome, Replayed, Scenario, Spec, Verdict, sample, unrecorded,
};
use cloudhost::contract::exports::cloudhost::provider::catalog::Listing;
use std::sync::Arc;
use std::time::Duration;

const AGAIN: Spec = ("determinism", "the same responses give the same catalog");
const TIME: Spec = (
    "determinism.time",
    "the same responses a day later give the same catalog",
);
const ORDER: Spec = (
    "determinism.order",
    "responses in a different order give the same catalog",
);
const CANCEL: Spec = (
    "cancel",
    "a call can be cancelled at any response, and the next one is complete",
);

/// Responses at which a call is dropped.
const DROPS: usize = 8;
/// Runs with other hash tables: two entries of one are in the same order in half of all.
const AGAINS: u64 = 5;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

pub(super) async fn run(replayed: &Replayed<'_>, cases: &mut Cases) {
    cases.add(AGAIN, again(replayed).await);
    cases.add(TIME, later(replayed).await);
    let reversed = replayed.outcome(Scenario::Reversed).await;
    let given = "the same responses, the last one first";
    cases.add(ORDER, same(replayed, &reversed, given));
    cases.add(CANCEL, dropped(replayed).await);
}

/// Repeats the replay. The clock of guests seeds their hash tables: a nanosecond is enough for another order.
async fn again(replayed: &Replayed<'_>) -> Verdict {
    let given = "the same responses again, with hash tables in a different order";
    for run in 0..AGAINS {
        let again = Scenario::Later(Duration::from_nanos(run));
        let verdict = same(replayed, &replayed.outcome(again).await, given);
        if verdict != Verdict::Passed {
            return verdict;
        }
    }
    Verdict::Passed
}

async fn later(replayed: &Replayed<'_>) -> Verdict {
    let (outcome, calls) = replayed.replay(Scenario::Later(DAY)).await;
    match unrecorded(&calls) {
        Some(_) => Verdict::skipped("its requests depend on the time"),
        None => same(replayed, &outcome, "the same responses a day later"),
    }
}

/// Passes an outcome that is the listing of the first replay.
fn same(replayed: &Replayed<'_>, outcome: &Outcome, given: &str) -> Verdict {
    match outcome {
        Outcome::Listing(listing) if **listing == replayed.listing => Verdict::Passed,
        Outcome::Listing(listing) => Verdict::failed(
            given,
            format!(
                "it returned a different catalog: {}",
                difference(&replayed.listing, listing)
            ),
            "the same catalog",
        ),
        other => Verdict::failed(given, other.text(), "the same catalog"),
    }
}

/// Shows where two listings first differ.
fn difference(before: &Listing, after: &Listing) -> String {
    let (before, after) = (format!("{before:#?}"), format!("{after:#?}"));
    let mut lines = before.lines().zip(after.lines());
    let differing = lines.find(|(before, after)| before != after);
    match differing {
        Some((before, after)) => format!("`{}` became `{}`", before.trim(), after.trim()),
        None => "one has more records".to_owned(),
    }
}

async fn dropped(replayed: &Replayed<'_>) -> Verdict {
    for never in sample(replayed.replies.len(), DROPS) {
        let scenario = Scenario::Without(never);
        let cloud = Arc::new(MockCloud::new(Some(replayed.recording), scenario));
        let given = format!(
            "a call that is cancelled while it waits for response {}",
            never + 1
        );
        tokio::select! {
            () = cloud.held.notified() => {}
            // It did not wait for that one: nothing to drop.
            outcome = replayed.plugin.fetch(&cloud, &replayed.wanted) => if let Outcome::Crashed(why) = outcome {
                return Verdict::failed(given, why, "no crash");
            },
        }
        let next = replayed.outcome(Scenario::AsRecorded).await;
        let given = format!("{given}, and then one that is not");
        let verdict = same(replayed, &next, &given);
        if verdict != Verdict::Passed {
            return verdict;
        }
    }
    Verdict::Passed
}
