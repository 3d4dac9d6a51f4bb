//! Lists that come in pages: the rows of every page count, and a cloud whose next page never ends is given up.

use crate::harness::case::{Cases, Spec, Verdict};
use crate::harness::document::joined;
use crate::harness::fields::{Field, Fields};
use crate::harness::mock_cloud::Scenario;
use crate::harness::mutation::{self, Call};
use crate::harness::paging::{Page, lists};
use crate::harness::plugin_under_test::{Outcome, REQUEST_LIMIT};
use crate::harness::replayed::{Replayed, empty_lists, have_rows};
use crate::harness::sample;
use cloudhost::egress::Answer;

const ENDLESS: Spec = (
    "paging.endless",
    "pages that never end are given up, with an error or a gap",
);
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
                    true => Verdict::unnamed(Field::Pages),
                    false => Verdict::skipped("no recorded response has a second page"),
                },
            );
        }
        return;
    };
    cases.add(ALL, all(replayed, &lists, &fields).await);
    cases.add(ENDLESS, endless(replayed, page, &fields).await);
}

/// Whether pages without end are given up.
async fn endless(replayed: &Replayed<'_>, page: &Page, fields: &Fields) -> Verdict {
    for (fresh, next) in [
        (false, "each with the token of the same next one"),
        (true, "each with another token of the next one"),
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

/// Takes the rows of one page away. If nothing is lost by that, they are of no use on any page, or that page is lost.
async fn all(replayed: &Replayed<'_>, lists: &[Page], fields: &Fields) -> Verdict {
    let of_list = |call: &Call| lists.iter().any(|page| fields.are_pages(&page.second, call));
    let pages = replayed.replies.iter().filter(|(call, _)| of_list(call));
    let pages: Vec<(&Call, &Answer)> = pages
        .filter_map(|(call, reply)| Some((call, reply.as_ref().ok()?)))
        .collect();
    for at in sample(pages.len(), TRIED) {
        let Some((call, answer)) = pages.get(at) else {
            continue;
        };
        let empty = || mutation::only((*call).clone(), empty_lists(&fields.rows));
        let replies = [((*call).clone(), Ok((*answer).clone()))];
        if !have_rows(&replies, &fields.rows) || changes(replayed, empty()).await {
            continue;
        }
        let mut others = pages
            .iter()
            .rev()
            .filter(|(other, _)| other != call && fields.are_pages(other, call));
        let moved = others.find_map(|(other, to)| {
            let both = joined(&to.body, &answer.body, &fields.rows)?;
            Some((*other, both))
        });
        let Some((other, both)) = moved else {
            continue;
        };
        let (empty, join) = (
            empty(),
            mutation::only(other.clone(), mutation::body(move |_| both.clone())),
        );
        let mutation = Box::new(move |call: &Call, reply| join(call, empty(call, reply)));
        if changes(replayed, mutation).await {
            return Verdict::failed(
                format!("all pages, and then none of the rows of {}", call.shown()),
                "it gave the same catalog, though these rows count on another page",
                "the rows of every page",
            );
        }
    }
    Verdict::Passed
}

async fn changes(replayed: &Replayed<'_>, mutation: mutation::Mutation) -> bool {
    replayed.mutated(mutation).await.as_ref() != Some(&replayed.listing)
}
