//! One answer of many that fails: the rest is there, and what is not is named.

use super::Replayed;
use super::case::{Cases, PARTIAL, PARTIAL_DAMAGED, Verdict};
use super::cloud::{Call, Way};
use super::errors::{FAULT, UNREADABLE};
use super::pages::same_question;
use super::records::{Key, Records};
use super::rows::emptied;
use super::subject::{Outcome, Subject, rows};
use super::twist::{self, Twist};
use cloudhost::catalog::{KINDS, kind_name};
use cloudhost::contract::Label as _;
use cloudhost::contract::cloudhost::provider::types::{DataKind, ErrorKind, Gap, Scope};
use cloudhost::contract::exports::cloudhost::provider::catalog::Listing;
use std::sync::atomic::{AtomicBool, Ordering};

/// Answers that are tried; more of the same cloud say nothing new.
const TRIED: usize = 24;

/// What goes wrong with one answer.
struct Fault {
    shown: &'static str,
    twist: fn() -> Twist,
    /// The kinds of error that are true of it.
    kinds: &'static [ErrorKind],
    /// Those of a gap; empty: any, for a part of an answer can be read.
    gaps: &'static [ErrorKind],
}

const FAILS: Fault = Fault {
    shown: "HTTP 500",
    twist: || twist::status(500),
    kinds: FAULT,
    gaps: FAULT,
};
const DAMAGED: Fault = Fault {
    shown: "its first half",
    twist: || twist::body(|body| body.get(..body.len() / 2).unwrap_or_default().to_vec()),
    kinds: UNREADABLE,
    gaps: &[],
};

/// What an answer is good for.
struct Part<'r> {
    call: &'r Call,
    /// The records that say the same without any page of this question.
    besides: Vec<Key>,
    /// What there is without this page and those that come after it.
    before: Records,
}

pub(super) async fn run(subject: &Subject<'_>, replayed: &Replayed<'_>, cases: &mut Cases) {
    let mut parts = Vec::new();
    for at in some(replayed.replies.len(), TRIED) {
        parts.extend(part(subject, replayed, at).await);
    }
    for (case, fault) in [(PARTIAL, FAILS), (PARTIAL_DAMAGED, DAMAGED)] {
        cases.add(case, each(subject, replayed, &parts, &fault).await);
    }
}

/// So many numbers below a count, spread over it.
pub(super) fn some(count: usize, most: usize) -> impl Iterator<Item = usize> {
    let step = count.div_ceil(most).max(1);
    (0..count).step_by(step)
}

async fn part<'r>(
    subject: &Subject<'_>,
    replayed: &'r Replayed<'_>,
    at: usize,
) -> Option<Part<'r>> {
    let (call, reply) = replayed.replies.get(at)?;
    let body = reply.as_ref().map_or([].as_slice(), |answer| &answer.body);
    let (mut besides, mut before) = (Vec::new(), Records::default());
    // What has no list cannot be taken out: then nothing is known of what else there is.
    if emptied(body) != body {
        let all = Records::of(&replayed.listing);
        if let Some(listing) = without(subject, replayed, call, true).await {
            let after = Records::of(&listing);
            // Regions can be known without asking.
            let kept = all.kept(&after).filter(|key| key.kind != "regions");
            besides = kept.cloned().collect();
        }
        let earlier = without(subject, replayed, call, false).await;
        before = earlier.as_ref().map(Records::of).unwrap_or_default();
    }
    Some(Part {
        call,
        besides,
        before,
    })
}

/// The catalog where this answer and those of the pages after it, or of all pages, have nothing in their lists.
async fn without(
    subject: &Subject<'_>,
    replayed: &Replayed<'_>,
    from: &Call,
    all: bool,
) -> Option<Listing> {
    let (of, empty, begun) = (from.clone(), twist::body(emptied), AtomicBool::new(all));
    let way = Way::Twisted(Box::new(move |call, reply| {
        if *call == of {
            begun.store(true, Ordering::SeqCst);
        }
        match begun.load(Ordering::SeqCst) && same_question(call, &of) {
            true => empty(call, reply),
            false => reply,
        }
    }));
    let asked = subject.ask_recorded(replayed.recording, way, &replayed.wanted);
    match asked.await.0 {
        Outcome::Listing(listing) => Some(*listing),
        _ => None,
    }
}

async fn each(
    subject: &Subject<'_>,
    replayed: &Replayed<'_>,
    parts: &[Part<'_>],
    fault: &Fault,
) -> Verdict {
    for part in parts {
        let way = Way::Twisted(twist::only(part.call.clone(), (fault.twist)()));
        let asked = subject.ask_recorded(replayed.recording, way, &replayed.wanted);
        let (outcome, _) = asked.await;
        let wrong = match &outcome {
            Outcome::Refused(error) if !fault.kinds.contains(&error.kind) => {
                Some("which is no kind of error for this".to_owned())
            }
            Outcome::Refused(_) => {
                let had = part.besides.first();
                had.map(|one| format!("though it had {one}"))
            }
            Outcome::Listing(listing) => untold(&replayed.listing, listing, part, fault),
            Outcome::Unbelievable(_) | Outcome::Broke(_) => Some("which is no answer".to_owned()),
        };
        if let Some(wrong) = wrong {
            let call = part.call.shown();
            let given = format!("{} for {call}, and all other answers", fault.shown);
            let kinds: Vec<&str> = fault.kinds.iter().map(|kind| kind.as_str()).collect();
            let expected = format!(
                "the other records and a gap of each kind that lost some, or, where nothing else was had, an error of kind {}",
                kinds.join(" or ")
            );
            return Verdict::failed(given, format!("{}, {wrong}", outcome.told()), expected);
        }
    }
    Verdict::Passed
}

/// What is lost and not told, or needed not be lost, or is new.
fn untold(before: &Listing, after: &Listing, part: &Part<'_>, fault: &Fault) -> Option<String> {
    let (was, is) = (Records::of(before), Records::of(after));
    let new = || {
        let gaps = after.missing.iter();
        gaps.filter(|gap| !before.missing.contains(gap))
    };
    let odd = |gap: &&Gap| !fault.gaps.is_empty() && !fault.gaps.contains(&gap.error.kind);
    if let Some(gap) = new().find(odd) {
        let kind = gap.error.kind.as_str();
        return Some(format!("with {kind}, which is no kind of error for this"));
    }
    let gaps: Vec<&str> = new().map(|gap| kind_name(gap.kind)).collect();
    let places: Vec<&str> = new()
        .filter_map(|gap| match &gap.error.scope {
            Scope::Region(name) => Some(name.as_str()),
            _ => None,
        })
        .collect();
    // What is kept of a kind is as fresh as any where no gap of that kind tells: so a region that is left out is a gap
    // of each kind, and a gap of one region tells nothing of another.
    let told = |key: &Key| {
        let covers = |gap: &Gap| match &gap.error.scope {
            Scope::Region(name) => key.region.as_ref().is_none_or(|region| region == name),
            _ => true,
        };
        new().any(|gap| kind_name(gap.kind) == key.kind && covers(gap))
    };
    // A record of a type that is lost itself goes with it.
    let types = kind_name(DataKind::InstanceTypes);
    let with_type = |key: &Key| {
        let mut strange = is.strange(key);
        gaps.contains(&types) && strange.any(|kind| kind == DataKind::InstanceTypes)
    };
    let goes_with = |key: &Key| with_type(key) || was.is_of(key, &places);
    let untold = |key: &&Key| !told(key) && !with_type(key);
    if let Some(key) = was.lost(&is).find(untold) {
        return Some(format!("without {key}, of which no gap tells"));
    }
    let besides = |key: &&Key| !is.has(key) && !goes_with(key);
    if let Some(key) = part.besides.iter().find(besides) {
        return Some(format!(
            "without {key}, which is in an answer that it was given"
        ));
    }
    // A list that was not had at all is none: an empty one says that there is nothing.
    let had = |kind: &DataKind| {
        let mut others = part.before.of_kind(*kind);
        rows(after, *kind) == Some(0) && others.any(|key| !was.is_of(key, &places))
    };
    if let Some(kind) = KINDS.iter().find(|kind| had(kind)) {
        return Some(format!(
            "and no {}, of which other answers have some",
            kind_name(*kind)
        ));
    }
    let new = is.lost(&was).find(|key| key.kind == "instance-types");
    if let Some(key) = new {
        return Some(format!("with {key}, of which no answer tells"));
    }
    let changed = was.changed(&is).next().or(is.lost(&was).next())?;
    gaps.is_empty()
        .then(|| format!("with another {changed}, and no gap tells why"))
}
