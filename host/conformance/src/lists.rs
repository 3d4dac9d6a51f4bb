//! A cloud that has nothing: every list in its answers is empty.

use super::Replayed;
use super::case::{Cases, EMPTY, Verdict};
use super::cloud::{Call, Reply, Way};
use super::pages::same_question;
use super::rows::emptied;
use super::subject::{Outcome, Subject, told_of};
use super::twist;

pub(super) async fn run(subject: &Subject<'_>, replayed: &Replayed<'_>, cases: &mut Cases) {
    let bodies = || replayed.bodies();
    if bodies().all(|body| emptied(body) == body) {
        cases.skip(
            EMPTY,
            "the recording has no list that this suite knows: JSON, or XML with <item>",
        );
        return;
    }
    let way = Way::Twisted(twist::body(emptied));
    let asked = subject.ask_recorded(replayed.recording, way, &replayed.wanted);
    let (outcome, calls) = asked.await;
    let kept = match &outcome {
        // What is left is not of these answers, as a list that the plugin also has elsewhere.
        Outcome::Listing(listing) => {
            let left = told_of(listing);
            left == 0 || left < told_of(&replayed.listing)
        }
        Outcome::Refused(_) => calls
            .first()
            .is_some_and(|(first, _)| calls.len() == 1 && begins(first, &replayed.replies)),
        Outcome::Unbelievable(_) | Outcome::Broke(_) => false,
    };
    let verdict = match kept {
        true => Verdict::Passed,
        false => Verdict::failed(
            "the recorded answers with every list empty",
            outcome.told(),
            "a listing with empty lists",
        ),
    };
    cases.add(EMPTY, verdict);
}

/// Whether one answer says what everything else is asked about, as the regions of an account: a cloud can be known
/// never to have none of these. A list that has pages is no such answer.
fn begins(first: &Call, replies: &[(Call, Reply)]) -> bool {
    let others = || replies.iter().filter(|(call, _)| call != first);
    others().count() > 0 && !others().any(|(call, _)| same_question(call, first))
}
