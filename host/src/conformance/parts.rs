//! One answer of many that fails: the rest is there, and what is not is named.

use super::Replayed;
use super::case::{Cases, PARTIAL, PARTIAL_DAMAGED, Verdict};
use super::cloud::Way;
use super::subject::{Outcome, Subject};
use super::twist::{self, Twist};
use crate::contract::exports::cloudhost::provider::catalog::Listing;
use std::collections::HashSet;

/// Answers that are tried; more of the same cloud say nothing new.
const TRIED: usize = 24;

pub(super) async fn run(subject: &Subject<'_>, replayed: &Replayed<'_>, cases: &mut Cases) {
    let failing = |subject, replayed| each(subject, replayed, "HTTP 500", || twist::status(500));
    cases.add(PARTIAL, failing(subject, replayed).await);
    let cut = || twist::body(|body| body.get(..body.len() / 2).unwrap_or_default().to_vec());
    let verdict = each(subject, replayed, "its first half", cut).await;
    cases.add(PARTIAL_DAMAGED, verdict);
}

/// So many numbers below a count, spread over it.
pub(super) fn some(count: usize, most: usize) -> impl Iterator<Item = usize> {
    let step = count.div_ceil(most).max(1);
    (0..count).step_by(step)
}

async fn each(
    subject: &Subject<'_>,
    replayed: &Replayed<'_>,
    answer: &str,
    twist: impl Fn() -> Twist,
) -> Verdict {
    for at in some(replayed.replies.len(), TRIED) {
        let Some((call, _)) = replayed.replies.get(at) else {
            continue;
        };
        let way = Way::Twisted(twist::only(call.clone(), twist()));
        let asked = subject.ask_recorded(replayed.recording, way, &replayed.wanted);
        let (outcome, _) = asked.await;
        let given = format!("{answer} for {}, and all other answers", call.shown());
        let lost = match &outcome {
            // A part that is the whole, or a request that others depend on.
            Outcome::Refused(_) => false,
            Outcome::Listing(listing) => !is_told(&replayed.listing, listing),
            Outcome::Unbelievable(_) | Outcome::Broke(_) => true,
        };
        if lost {
            let expected = "the other records and a gap for what is missing, or an error";
            return Verdict::failed(given, outcome.told(), expected);
        }
    }
    Verdict::Passed
}

/// Whether the records are those of before, or a gap that was not there before says what became of them; and no machine
/// type is new.
fn is_told(before: &Listing, after: &Listing) -> bool {
    let records = Listing {
        missing: before.missing.clone(),
        ..after.clone()
    };
    let mut gaps = after.missing.iter();
    let told = gaps.any(|gap| !before.missing.contains(gap));
    let names = |listing: &Listing| -> HashSet<String> {
        let types = listing.instance_types.iter().flatten();
        types.map(|one| one.name.clone()).collect()
    };
    (told || records == *before) && names(after).is_subset(&names(before))
}
