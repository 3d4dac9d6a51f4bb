//! One failed response of many: the other records are returned, and the missing ones are reported as gaps.

use crate::harness::{
    Call, Cases, FAULT, Key, Mutation, Outcome, Records, Replayed, Scenario, Spec, UNREADABLE,
    Verdict, any_of, emptied, empty_lists, mutation, rows, sample,
};
use cloudhost::catalog::{KINDS, kind_name};
use cloudhost::contract::Label as _;
use cloudhost::contract::cloudhost::provider::types::{DataKind, ErrorKind, Gap, Scope};
use cloudhost::contract::exports::cloudhost::provider::catalog::Listing;
use std::sync::atomic::{AtomicBool, Ordering};

const PARTIAL: Spec = (
    "partial",
    "one failed response leaves a gap of each kind that lost data, or is an error if no data is left",
);
const DAMAGED: Spec = (
    "partial.damaged",
    "one invalid response leaves the same gaps, or is an error if no data is left",
);

/// Limit on the responses to fail.
const TRIED: usize = 24;

/// Fault of one response.
struct Fault {
    given: &'static str,
    mutation: fn() -> Mutation,
    /// Expected kinds of error.
    kinds: &'static [ErrorKind],
    /// Those of a gap; empty: any, for a part of a response can be read.
    gaps: &'static [ErrorKind],
}

const FAILS: Fault = Fault {
    given: "HTTP 500",
    mutation: || mutation::status(500),
    kinds: FAULT,
    gaps: FAULT,
};
const CUT: Fault = Fault {
    given: "its first half",
    mutation: || mutation::body(|body| body.get(..body.len() / 2).unwrap_or_default().to_vec()),
    kinds: UNREADABLE,
    gaps: &[],
};

/// A response, and the records that do not depend on it.
struct Part<'r> {
    call: &'r Call,
    /// The records that stay the same without any page of its list.
    besides: Vec<Key>,
    /// The records without this page and those that come after it.
    before: Records,
}

pub(super) async fn run(replayed: &Replayed<'_>, cases: &mut Cases) {
    let mut parts = Vec::new();
    for at in sample(replayed.replies.len(), TRIED) {
        parts.extend(part(replayed, at).await);
    }
    for (case, fault) in [(PARTIAL, FAILS), (DAMAGED, CUT)] {
        cases.add(case, each(replayed, &parts, &fault).await);
    }
}

async fn part<'r>(replayed: &'r Replayed<'_>, at: usize) -> Option<Part<'r>> {
    let (call, reply) = replayed.replies.get(at)?;
    let body = reply
        .as_ref()
        .map_or([].as_slice(), |response| &response.body);
    let (mut besides, mut before) = (Vec::new(), Records::default());
    // A response without a list cannot be emptied: then the remaining records are unknown.
    if emptied(body, &replayed.fields().rows).is_some() {
        if let Some(after) = without(replayed, call, true).await {
            let all = Records::of(&replayed.listing);
            // Regions can be known without a request.
            let common = all.common(&after).filter(|key| key.kind != "regions");
            besides = common.cloned().collect();
        }
        before = without(replayed, call, false).await.unwrap_or_default();
    }
    Some(Part {
        call,
        besides,
        before,
    })
}

/// The records where this response and those of the pages after it, or of all pages, have nothing in their lists.
async fn without(replayed: &Replayed<'_>, from: &Call, all: bool) -> Option<Records> {
    let empty = empty_lists(&replayed.fields().rows);
    let mut pages = replayed.replies.iter().map(|(call, _)| call);
    let pages: Vec<Call> = pages
        .by_ref()
        .filter(|call| replayed.may_be_pages(call, from))
        .cloned()
        .collect();
    let (from, begun) = (from.clone(), AtomicBool::new(all));
    let mutation = Box::new(move |call: &Call, reply| {
        if *call == from {
            begun.store(true, Ordering::SeqCst);
        }
        match begun.load(Ordering::SeqCst) && pages.contains(call) {
            true => empty(call, reply),
            false => reply,
        }
    });
    let listing = replayed.mutated(mutation).await;
    listing.as_ref().map(Records::of)
}

async fn each(replayed: &Replayed<'_>, parts: &[Part<'_>], fault: &Fault) -> Verdict {
    for part in parts {
        let mutation = mutation::only(part.call.clone(), (fault.mutation)());
        let outcome = replayed.outcome(Scenario::Mutated(mutation)).await;
        let wrong = match &outcome {
            Outcome::Refused(error) if !fault.kinds.contains(&error.kind) => {
                Some("which is the wrong kind of error".to_owned())
            }
            Outcome::Refused(_) => {
                let had = part.besides.first();
                had.map(|one| format!("although it had {one}"))
            }
            Outcome::Listing(listing) => unnamed(&replayed.listing, listing, part, fault),
            Outcome::Invalid(_) | Outcome::Crashed(_) => {
                Some("which is neither a catalog nor an error".to_owned())
            }
        };
        if let Some(wrong) = wrong {
            let call = part.call.shown();
            return Verdict::failed(
                format!("{} for {call}, and all other responses", fault.given),
                format!("{}, {wrong}", outcome.text()),
                format!(
                    "the other records and a gap of each kind that lost some, or else an error of kind {}",
                    any_of(fault.kinds)
                ),
            );
        }
    }
    Verdict::Passed
}

/// Names a record that is lost without a gap, or for no reason, or is new.
fn unnamed(before: &Listing, after: &Listing, part: &Part<'_>, fault: &Fault) -> Option<String> {
    let (was, is) = (Records::of(before), Records::of(after));
    let new = || {
        let gaps = after.missing.iter();
        gaps.filter(|gap| !before.missing.contains(gap))
    };
    let odd = |gap: &&Gap| !fault.gaps.is_empty() && !fault.gaps.contains(&gap.error.kind);
    if let Some(gap) = new().find(odd) {
        let kind = gap.error.kind.as_str();
        return Some(format!("with {kind}, which is the wrong kind of error"));
    }
    let gaps: Vec<&str> = new().map(|gap| kind_name(gap.kind)).collect();
    let places: Vec<&str> = new()
        .filter_map(|gap| match &gap.error.scope {
            Scope::Region(name) => Some(name.as_str()),
            _ => None,
        })
        .collect();
    // Cached data of a kind counts as fresh unless a gap of that kind covers it: so a missing region is a gap
    // of each kind, and a gap of one region does not cover another.
    let named = |key: &Key| {
        let covers = |gap: &Gap| match &gap.error.scope {
            Scope::Region(name) => key.region.as_ref().is_none_or(|region| region == name),
            _ => true,
        };
        new().any(|gap| kind_name(gap.kind) == key.kind && covers(gap))
    };
    // A record of a type that is lost itself goes with it.
    let types = kind_name(DataKind::InstanceTypes);
    let with_type = |key: &Key| {
        let mut dangling = is.dangling(key);
        gaps.contains(&types) && dangling.any(|kind| kind == DataKind::InstanceTypes)
    };
    let goes_with = |key: &Key| with_type(key) || was.is_of(key, &places);
    let unnamed = |key: &&Key| !named(key) && !with_type(key);
    if let Some(key) = was.lost(&is).find(unnamed) {
        return Some(format!("without {key}, which no gap covers"));
    }
    let besides = |key: &&Key| !is.has(key) && !goes_with(key);
    if let Some(key) = part.besides.iter().find(besides) {
        return Some(format!("without {key}, which is in a response that it got"));
    }
    // A list that was not fetched is `None`: an empty one means that there is nothing.
    let had = |kind: &DataKind| {
        let mut others = part.before.of_kind(*kind);
        rows(after, *kind) == Some(0) && others.any(|key| !was.is_of(key, &places))
    };
    if let Some(kind) = KINDS.iter().find(|kind| had(kind)) {
        return Some(format!(
            "and no {}, which other responses have",
            kind_name(*kind)
        ));
    }
    let new = is.lost(&was).find(|key| key.kind == "instance-types");
    if let Some(key) = new {
        return Some(format!("with {key}, which no response has"));
    }
    let changed = was.changed(&is).next().or(is.lost(&was).next())?;
    gaps.is_empty()
        .then(|| format!("with a different {changed}, which no gap explains"))
}
