//! Lists that come in pages: the rows of every page count, and a list without a last page is given up.

use crate::harness::{
    Call, Cases, Fields, Outcome, Page, REQUEST_LIMIT, Replayed, Scenario, Spec, Verdict, lists,
    mutation, sample, swapped,
};

const ENDLESS: Spec = ("paging.endless", "endless pages end with an error or a gap");
const ALL: Spec = ("paging.all", "the rows of every page are in the catalog");

/// Pages that are tried, of all lists.
const TRIED: usize = 24;

pub(super) async fn run(replayed: &Replayed<'_>, cases: &mut Cases) {
    let fields = replayed.fields();
    let lists = lists(&replayed.replies, &fields);
    let Some(page) = lists.first() else {
        for case in [ENDLESS, ALL] {
            cases.add(
                case,
                match fields.pages.is_empty() {
                    true => Verdict::unnamed("pages"),
                    false => Verdict::skipped("no recorded response has a second page"),
                },
            );
        }
        return;
    };
    cases.add(ALL, all(replayed, &lists, &fields).await);
    cases.add(ENDLESS, endless(replayed, page, &fields).await);
}

/// Checks that a list without a last page is given up.
async fn endless(replayed: &Replayed<'_>, page: &Page, fields: &Fields) -> Verdict {
    for (fresh, next) in [
        (false, "each with the same next token"),
        (true, "each with a different next token"),
    ] {
        let scenario = Scenario::Mutated(page.endless(fresh, fields.clone()));
        let (outcome, calls) = replayed.replay(scenario).await;
        let ended = match &outcome {
            Outcome::Refused(_) => true,
            Outcome::Listing(listing) => !listing.missing.is_empty(),
            Outcome::Invalid(_) | Outcome::Crashed(_) => false,
        };
        if !ended || calls.len() >= REQUEST_LIMIT as usize {
            return Verdict::failed(
                format!("page after page for {}, {next}", page.second.shown()),
                format!("after {} requests, {}", calls.len(), outcome.text()),
                "an error or a gap after a bounded number of pages",
            );
        }
    }
    Verdict::Passed
}

/// Swaps the rows of the first page with those of each other one: where a page is lost, other rows are lost then.
async fn all(replayed: &Replayed<'_>, lists: &[Page], fields: &Fields) -> Verdict {
    let of_list = |call: &Call| {
        lists
            .iter()
            .find(|page| fields.are_pages(&page.second, call))
    };
    let pages = replayed
        .replies
        .iter()
        .filter_map(|(call, reply)| Some((of_list(call)?, call, reply.as_ref().ok()?)));
    let pages: Vec<_> = pages
        .filter(|(page, call, _)| page.first_call != **call)
        .collect();
    let mut verdict = Verdict::unnamed("rows");
    for at in sample(pages.len(), TRIED) {
        let Some((page, call, response)) = pages.get(at) else {
            continue;
        };
        let Some([first, other]) = swapped(&page.first.body, &response.body, &fields.rows) else {
            continue;
        };
        let first = mutation::replaced(page.first_call.clone(), first);
        let other = mutation::replaced((*call).clone(), other);
        let swap = Box::new(move |call: &Call, reply| other(call, first(call, reply)));
        if replayed.mutated(swap).await.as_ref() != Some(&replayed.listing) {
            return Verdict::failed(
                format!(
                    "the rows of {} on the first page, and those of that on it",
                    call.shown()
                ),
                "it returned a different catalog",
                "the rows of every page",
            );
        }
        verdict = Verdict::Passed;
    }
    verdict
}
