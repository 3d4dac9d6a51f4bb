//! A cloud that has nothing: every list in its responses is empty.

use crate::harness::{
    Call, Cases, Outcome, Replayed, Scenario, Spec, Verdict, empty_lists, fetched_rows, have_rows,
};

const EMPTY: Spec = (
    "empty",
    "empty lists in responses are an empty catalog, not an error",
);

pub(super) async fn run(replayed: &Replayed<'_>, cases: &mut Cases) {
    let rows = replayed.fields().rows;
    if !have_rows(&replayed.replies, &rows) {
        return cases.add(EMPTY, Verdict::unnamed("rows"));
    }
    let (outcome, calls) = replayed.replay(Scenario::Mutated(empty_lists(&rows))).await;
    let passed = match &outcome {
        // What is left is from elsewhere, such as a list inside the plugin.
        Outcome::Listing(listing) => {
            let left = fetched_rows(listing);
            left == 0 || left < fetched_rows(&replayed.listing)
        }
        Outcome::Refused(_) => matches!(calls.as_slice(), [(only, _)] if begins(only, replayed)),
        Outcome::Invalid(_) | Outcome::Crashed(_) => false,
    };
    let verdict = match passed {
        true => Verdict::Passed,
        false => Verdict::failed(
            "the recorded responses with every list empty",
            outcome.text(),
            "a listing with empty lists",
        ),
    };
    cases.add(EMPTY, verdict);
}

/// Returns true if all other requests depend on this one, such as that for the regions of an account: such a list is
/// never empty in a real cloud. A list that has pages is not one of these.
fn begins(first: &Call, replayed: &Replayed<'_>) -> bool {
    let fields = replayed.fields();
    let others = replayed.replies.iter().map(|(call, _)| call);
    let mut others = others.filter(|call| *call != first).peekable();
    others.peek().is_some() && !others.any(|call| fields.are_pages(call, first))
}
