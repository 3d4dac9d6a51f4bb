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
    "recorded responses become a catalog that the host accepts, and a recorded failure the same error",
);
const ALL: Spec = ("replay.all", "every recorded request is still made");
const WHOAMI: Spec = (
    "whoami",
    "the account of a credential, or an error that says why it is unknown",
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

/// Replays all kinds of data, or those that the recording covers.
pub(super) async fn first(plugin: &PluginUnderTest<'_>, recording: &Recording) -> Replay {
    let first = Replay::of(plugin, recording, &KINDS).await;
    if first.missed.is_none() {
        return first;
    }
    // It was recorded by a command that did not need all kinds.
    let mut wanted = Vec::new();
    for kind in KINDS {
        let one = Replay::of(plugin, recording, &[kind]).await;
        let as_recorded = match &one.outcome {
            Outcome::Listing(_) => true,
            Outcome::Refused(error) => has_failure(recording, error.kind),
            _ => false,
        };
        if one.missed.is_none() && as_recorded {
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
        cases.skip(REPLAY, "it is not a recording of a catalog");
        return None;
    }
    let wrong = match (&outcome, missed) {
        (_, Some(missed)) => Some(format!("it requested {missed}")),
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
        // Nothing but gaps is an error too; which of the two depends on the requested kinds.
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
                "the recorded responses",
                format!(
                    "{}, and did not request {} of them, such as {}",
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
    let responses = format!("the {} recorded responses", recording.exchanges.len());
    let (recorded, tested) = (&recording.about.digest, plugin.digest());
    match *recorded == tested {
        true => responses,
        false => format!(
            "{responses}, which were recorded with another build of the plugin: {recorded} and not {tested}"
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
    let result = match plugin.session(&cloud) {
        Ok(session) => plugin.plugin.whoami(session).await,
        Err(error) => Err(error),
    };
    let calls = cloud.calls();
    if unrecorded(&calls).is_some() {
        return Vec::new();
    }
    match result {
        Ok(None) => return Vec::new(),
        Ok(Some(result)) => {
            let error = result.err();
            let kind = error.as_ref().map(|error| error.kind);
            let did = error.map(|error| Outcome::Refused(error).text());
            let did = did.unwrap_or_else(|| "it succeeded".to_owned());
            cases.add(WHOAMI, Verdict::Passed);
            same_outcome(recording, "whoami", kind, did, cases);
        }
        Err(error) => {
            let (given, expected) = ("the recorded responses", "an account, or an error");
            cases.add(WHOAMI, Verdict::failed(given, error.to_string(), expected));
        }
    }
    calls.into_iter().map(|(call, _)| call).collect()
}
