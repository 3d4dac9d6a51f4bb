//! An unmodified recording: the recorded responses become a catalog, and a recorded failure the same error.

use crate::harness::{
    Call, Cases, MockCloud, Outcome, PluginUnderTest, RecordedRun, Replayed, Reply, Scenario, Spec,
    Verdict, faults, recorded_outcome, same_outcome, unrecorded,
};
use cloudhost::catalog::{KINDS, kind_name};
use cloudhost::contract::cloudhost::provider::types::{DataKind, ErrorKind};
use cloudhost::host::nothing_in;
use cloudhost::recording::Recording;
use std::sync::Arc;

pub(super) const REPLAY: Spec = (
    "replay",
    "recorded answers become a catalog that the host accepts, and a recorded failure the error that it was",
);
const ALL: Spec = ("replay.all", "every recorded request is still made");
const WHOAMI: Spec = (
    "whoami",
    "whose a credential is, or an error that says why that is not known",
);

/// A first replay.
pub(super) struct Replay {
    wanted: Vec<DataKind>,
    outcome: Outcome,
    replies: Vec<(Call, Reply)>,
    /// The first request that was not recorded.
    pub missed: Option<String>,
}

impl Replay {
    async fn of(plugin: &PluginUnderTest<'_>, recording: &Recording, wanted: &[DataKind]) -> Self {
        let replay = plugin.replay(recording, Scenario::AsRecorded, wanted);
        let (outcome, replies) = replay.await;
        Self {
            wanted: wanted.to_vec(),
            outcome,
            missed: unrecorded(&replies),
            replies,
        }
    }
}

/// Replays all kinds of data, or those of which the recording can tell.
pub(super) async fn first(plugin: &PluginUnderTest<'_>, recording: &Recording) -> Replay {
    let first = Replay::of(plugin, recording, &KINDS).await;
    if first.missed.is_none() {
        return first;
    }
    // It was recorded by a command that did not need all kinds.
    let mut wanted = Vec::new();
    for kind in KINDS {
        let one = Replay::of(plugin, recording, &[kind]).await;
        let answered = match &one.outcome {
            Outcome::Listing(_) => true,
            Outcome::Refused(error) => has_failure(recording, error.kind),
            _ => false,
        };
        if one.missed.is_none() && answered {
            wanted.push(kind);
        }
    }
    match wanted.is_empty() {
        true => first,
        false => Replay::of(plugin, recording, &wanted).await,
    }
}

/// Judges a first replay, where other exports made these requests.
pub(super) fn run<'r>(
    plugin: &'r PluginUnderTest<'r>,
    run: &'r RecordedRun,
    replay: Replay,
    others: &[Call],
    cases: &mut Cases,
) -> Option<Replayed<'r>> {
    let recording = &run.recording;
    let Replay {
        wanted,
        outcome,
        replies,
        missed,
    } = replay;
    if missed.is_some() && !others.is_empty() {
        cases.skip(REPLAY, "it is no recording of a catalog");
        return None;
    }
    let wrong = match (&outcome, missed) {
        (_, Some(missed)) => Some(format!("it asked for {missed}")),
        (Outcome::Listing(listing), None) => {
            let kind = nothing_in(listing).map(kind_name);
            kind.map(|kind| format!("{}: no {kind}", outcome.text()))
        }
        (Outcome::Refused(error), None) if has_failure(recording, error.kind) => None,
        (other, None) => Some(other.text()),
    };
    if let Some(did) = wrong {
        let expected = "a catalog that the host accepts";
        let verdict = Verdict::failed(given(plugin, recording), did, expected);
        cases.add(REPLAY, verdict);
        return None;
    }
    cases.add(REPLAY, Verdict::Passed);
    let error = match &outcome {
        Outcome::Refused(error) => Some(error.kind),
        // Nothing but gaps is an error too, and which of both it is depends on what was asked for.
        Outcome::Listing(_) => recorded_outcome(recording, "fetch")
            .flatten()
            .filter(|kind| faults::refused(&outcome, "", &[*kind]) == Verdict::Passed),
        Outcome::Invalid(_) | Outcome::Crashed(_) => None,
    };
    same_outcome(recording, "fetch", error, outcome.text(), cases);
    let made = replies.iter().map(|(call, _)| call).chain(others);
    let forgotten = recording.requests_besides(made);
    cases.add(
        ALL,
        match forgotten.first() {
            None => Verdict::Passed,
            Some(first) => Verdict::failed(
                "the recorded answers",
                format!(
                    "{}, and did not ask for {} of them, such as {}",
                    outcome.text(),
                    forgotten.len(),
                    first.shown()
                ),
                "every recorded request, or a new recording if they are not needed any more",
            ),
        },
    );
    let Outcome::Listing(listing) = outcome else {
        return None;
    };
    Some(Replayed {
        plugin,
        recording,
        named: run.fields.as_ref(),
        wanted,
        listing: *listing,
        replies,
    })
}

/// The input of a replay, for messages.
fn given(plugin: &PluginUnderTest<'_>, recording: &Recording) -> String {
    let answers = format!("the {} recorded answers", recording.exchanges.len());
    let (recorded, tested) = (&recording.about.digest, plugin.digest());
    match *recorded == tested {
        true => answers,
        false => format!(
            "{answers}, which were recorded with another build of the plugin: {recorded} and not {tested}"
        ),
    }
}

/// Returns true if an error of this kind is right for a recorded failure.
fn has_failure(recording: &Recording, kind: ErrorKind) -> bool {
    let mut outcomes = recording.exchanges.iter().map(|one| &one.outcome);
    outcomes.any(|outcome| faults::is_failure(outcome, kind))
}

/// Requests the owner of the credential, if the plugin supports it and the recording has it. Returns its requests.
pub(super) async fn whoami(
    plugin: &PluginUnderTest<'_>,
    recording: &Recording,
    cases: &mut Cases,
) -> Vec<Call> {
    let cloud = Arc::new(MockCloud::new(Some(recording), Scenario::AsRecorded));
    let answer = match plugin.session(&cloud) {
        Ok(session) => plugin.plugin.whoami(session).await,
        Err(error) => Err(error),
    };
    let calls = cloud.calls();
    if unrecorded(&calls).is_some() {
        return Vec::new();
    }
    match answer {
        Ok(None) => return Vec::new(),
        Ok(Some(answer)) => {
            let error = answer.err();
            let kind = error.as_ref().map(|error| error.kind);
            let did = error.map(|error| Outcome::Refused(error).text());
            let did = did.unwrap_or_else(|| "it answered".to_owned());
            cases.add(WHOAMI, Verdict::Passed);
            same_outcome(recording, "whoami", kind, did, cases);
        }
        Err(error) => {
            let (given, expected) = ("the recorded answers", "an account, or an error");
            cases.add(WHOAMI, Verdict::failed(given, error.to_string(), expected));
        }
    }
    calls.into_iter().map(|(call, _)| call).collect()
}
