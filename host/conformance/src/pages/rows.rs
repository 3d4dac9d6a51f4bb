//! Whether the rows of every page are in the catalog.

use super::find::{Page, same_question};
use crate::Replayed;
use crate::case::Verdict;
use crate::cloud::{Call, Way};
use crate::parts::some;
use crate::rows::{emptied, joined};
use crate::subject::{Outcome, Subject};
use crate::twist::{self, Twist};
use cloudhost::contract::exports::cloudhost::provider::catalog::Listing;
use cloudhost::egress::Answer;

/// Pages that are tried, of all lists.
const TRIED: usize = 24;

/// Takes the rows of one page away: if nothing is lost by that, they are of no use on any page, or that page is lost.
pub(super) async fn all(subject: &Subject<'_>, replayed: &Replayed<'_>, lists: &[Page]) -> Verdict {
    let pages: Vec<(&Call, &Answer)> = replayed
        .replies
        .iter()
        .filter(|(call, _)| lists.iter().any(|page| same_question(&page.second, call)))
        .filter_map(|(call, reply)| Some((call, reply.as_ref().ok()?)))
        .collect();
    for at in some(pages.len(), TRIED) {
        let Some((call, answer)) = pages.get(at) else {
            continue;
        };
        let empty = || twist::only((*call).clone(), twist::body(emptied));
        if emptied(&answer.body) == answer.body
            || catalog(subject, replayed, empty()).await.as_ref() != Some(&replayed.listing)
        {
            continue;
        }
        let mut others = pages
            .iter()
            .rev()
            .filter(|(other, _)| other != call && same_question(other, call));
        let moved = others.find_map(|(other, to)| Some((other, joined(&to.body, &answer.body)?)));
        let Some((other, both)) = moved else {
            continue;
        };
        let (empty, join) = (empty(), twist::only((*other).clone(), replace(both)));
        let both: Twist = Box::new(move |call, reply| join(call, empty(call, reply)));
        if catalog(subject, replayed, both).await.as_ref() != Some(&replayed.listing) {
            return Verdict::failed(
                format!("all pages, and then none of the rows of {}", call.shown()),
                "it gave the same catalog, though these rows count on another page",
                "the rows of every page",
            );
        }
    }
    Verdict::Passed
}

fn replace(body: Vec<u8>) -> Twist {
    twist::body(move |_| body.clone())
}

async fn catalog(subject: &Subject<'_>, replayed: &Replayed<'_>, twist: Twist) -> Option<Listing> {
    let way = Way::Twisted(twist);
    let asked = subject.ask_recorded(replayed.recording, way, &replayed.wanted);
    match asked.await.0 {
        Outcome::Listing(listing) => Some(*listing),
        _ => None,
    }
}
