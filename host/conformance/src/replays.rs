//! The plugin on a good day: what it says of itself, the catalog inside it, and recorded answers.

use super::case::{ASKED, BUNDLED, Cases, DESCRIBE, OUTCOME, REPLAY, SETTINGS, Verdict, WHOAMI};
use super::cloud::{Call, Cloud, Reply, Way};
use super::errors;
use super::subject::{Outcome, Subject};
use super::{Replayed, bills};
use cloudhost::catalog::{KINDS, checked, kind_name};
use cloudhost::contract::Label as _;
use cloudhost::contract::cloudhost::provider::types::{DataKind, ErrorKind};
use cloudhost::contract::exports::cloudhost::provider::catalog::Listing;
use cloudhost::contract::exports::cloudhost::provider::provider::Description;
use cloudhost::egress::FetchError;
use cloudhost::host::nothing_in;
use cloudhost::plugin::PluginError;
use cloudhost::recording::{Mask, Recording, Replay};
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

fn nobody() -> Arc<Cloud> {
    Arc::new(Cloud::new(None, Way::AsRecorded))
}

/// What it says of itself, if it says it.
pub(super) async fn describe(subject: &Subject<'_>, cases: &mut Cases) -> Option<Description> {
    let cloud = nobody();
    let once = async || {
        let session = subject.session(&cloud)?;
        let said = subject.plugin.describe(session).await?;
        Ok::<_, PluginError>(said)
    };
    let (first, second) = (once().await, once().await);
    let verdict = match (&first, &second) {
        (Ok(first), Ok(second)) if first != second => Verdict::failed(
            "two calls of describe",
            format!("it said {first:?}, and then {second:?}"),
            "the same",
        ),
        (Err(error), _) | (_, Err(error)) => {
            Verdict::failed("a call of describe", error.to_string(), "a description")
        }
        _ if cloud.asked() > 0 => Verdict::failed(
            "two calls of describe",
            format!("it made {} requests", cloud.asked()),
            "none",
        ),
        _ => Verdict::Passed,
    };
    cases.add(DESCRIBE, verdict);
    let description = first.ok()?;
    settings(subject, &description, cases);
    Some(description)
}

/// What a user is shown before the plugin runs is what it takes then.
fn settings(subject: &Subject<'_>, description: &Description, cases: &mut Cases) {
    let names = |names: &BTreeSet<&str>| format!("settings = {:?}", Vec::from_iter(names));
    let described = description.settings.iter().map(|one| one.name.as_str());
    let described: BTreeSet<&str> = described.collect();
    let Some(listed) = subject.listed() else {
        let add = names(&described);
        let why = format!("the manifest does not list them: add {add} to manifest.toml");
        return cases.skip(SETTINGS, why);
    };
    let listed: BTreeSet<&str> = listed.iter().map(String::as_str).collect();
    let verdict = match listed == described {
        true => Verdict::Passed,
        false => Verdict::failed(
            format!("a manifest with {}", names(&listed)),
            format!("describe has others: {}", names(&described)),
            format!("the same: {} in manifest.toml", names(&described)),
        ),
    };
    cases.add(SETTINGS, verdict);
}

/// The catalog inside, if there is one that can be believed.
pub(super) async fn bundled(subject: &Subject<'_>, cases: &mut Cases) -> Option<Listing> {
    let cloud = nobody();
    let bundle = match subject.session(&cloud) {
        Ok(session) => subject.plugin.bundled(session).await,
        Err(error) => Err(error),
    };
    let given = "a call of bundled";
    let bundle = match bundle {
        Ok(Some(bundle)) => bundle,
        Ok(None) => {
            cases.skip(BUNDLED, "it carries no catalog");
            return None;
        }
        Err(error) => {
            cases.add(
                BUNDLED,
                Verdict::failed(given, error.to_string(), "a catalog, or none"),
            );
            return None;
        }
    };
    let now = u64::try_from(cloudhost::clock::timestamp().as_second()).unwrap_or_default();
    let (verdict, listing) = match checked(bundle.listing) {
        _ if cloud.asked() > 0 => {
            let did = format!("it made {} requests", cloud.asked());
            (Verdict::failed(given, did, "no request"), None)
        }
        _ if bundle.fetched_at == 0 || bundle.fetched_at > now => {
            let did = format!("it says that it was fetched at {}", bundle.fetched_at);
            let expected = "seconds since 1970, in the past";
            (Verdict::failed(given, did, expected), None)
        }
        Ok(listing) => (Verdict::Passed, Some(listing)),
        Err(error) => {
            let did = format!("its catalog is refused: {error}");
            (
                Verdict::failed(given, did, "one that the host accepts"),
                None,
            )
        }
    };
    cases.add(BUNDLED, verdict);
    listing
}

/// Replays a recording as it is.
pub(super) async fn run<'r>(
    subject: &Subject<'_>,
    recording: &'r Recording,
    cases: &mut Cases,
) -> Option<Replayed<'r>> {
    let mut wanted = KINDS.to_vec();
    let mut first = ask(subject, recording, &wanted).await;
    if first.2.is_some() {
        // It was recorded by a command that did not need all kinds: of which can it tell?
        wanted.clear();
        for kind in KINDS {
            let (outcome, _, missed) = ask(subject, recording, &[kind]).await;
            let answered = match &outcome {
                Outcome::Listing(_) => true,
                Outcome::Refused(error) => recorded(recording, error.kind),
                _ => false,
            };
            if missed.is_none() && answered {
                wanted.push(kind);
            }
        }
        if !wanted.is_empty() {
            first = ask(subject, recording, &wanted).await;
        }
    }
    let (outcome, calls, missed) = first;
    let mut who = whoami(subject, recording, cases).await;
    if missed.is_some() {
        who.extend(bills::run(subject, recording, cases).await);
    }
    let given = given(subject, recording);
    let expected = "a catalog that the host accepts";
    let verdict = match (&outcome, missed) {
        // Recorded by another command.
        (_, Some(_)) if !who.is_empty() => {
            cases.skip(REPLAY, "it is no recording of a catalog");
            return None;
        }
        (_, Some(missed)) => Verdict::failed(given, format!("it asked for {missed}"), expected),
        (Outcome::Listing(listing), None) => match nothing_in(listing) {
            None => Verdict::Passed,
            Some(kind) => {
                let did = format!("{}: no {}", outcome.told(), kind_name(kind));
                Verdict::failed(given, did, expected)
            }
        },
        (Outcome::Refused(error), None) if recorded(recording, error.kind) => Verdict::Passed,
        (other, None) => Verdict::failed(given, other.told(), expected),
    };
    let passed = verdict == Verdict::Passed;
    cases.add(REPLAY, verdict);
    if !passed {
        return None;
    }
    let error = match &outcome {
        Outcome::Refused(error) => Some(error.kind),
        // Nothing but gaps is an error too, and which of both it is depends on what was asked for.
        Outcome::Listing(_) => answered(recording, "fetch")
            .flatten()
            .filter(|kind| errors::refused(&outcome, "", &[*kind]) == Verdict::Passed),
        Outcome::Unbelievable(_) | Outcome::Broke(_) => None,
    };
    same_outcome(recording, "fetch", error, outcome.told(), cases);
    cases.add(ASKED, all_asked(recording, &calls, &who, &outcome));
    let Outcome::Listing(listing) = outcome else {
        return None;
    };
    Some(Replayed {
        recording,
        wanted,
        listing: *listing,
        replies: calls,
    })
}

/// What a replay gives to the plugin.
fn given(subject: &Subject<'_>, recording: &Recording) -> String {
    let answers = format!("the {} recorded answers", recording.exchanges.len());
    match recording.about.digest == subject.digest() {
        true => answers,
        false => format!(
            "{answers}, which were recorded with another build of the plugin: {} and not {}",
            recording.about.digest,
            subject.digest()
        ),
    }
}

/// Whether an error of this kind is what a recorded failure is.
fn recorded(recording: &Recording, kind: ErrorKind) -> bool {
    let mut outcomes = recording.exchanges.iter().map(|one| &one.outcome);
    outcomes.any(|outcome| errors::is_failure(outcome, kind))
}

/// What came of the first call of this export when it was recorded, if that is known: `Some(None)` is an answer.
fn answered(recording: &Recording, export: &str) -> Option<Option<ErrorKind>> {
    let mut answers = recording.answers.iter();
    let first = answers.find(|answer| answer.export == export)?;
    Some(first.error)
}

/// Whether a question comes to what it did when it was recorded.
pub(super) fn same_outcome(
    recording: &Recording,
    export: &str,
    error: Option<ErrorKind>,
    told: String,
    cases: &mut Cases,
) {
    let expected = match answered(recording, export) {
        None => {
            let why = format!("it is not recorded what {export} came to");
            return cases.skip(OUTCOME, why);
        }
        Some(recorded) if recorded == error => return cases.add(OUTCOME, Verdict::Passed),
        Some(None) => "an answer".to_owned(),
        Some(Some(kind)) => format!("the error {}", kind.as_str()),
    };
    let expected = format!("{expected}, as when it was recorded");
    cases.add(
        OUTCOME,
        Verdict::failed("the recorded answers", told, expected),
    );
}

/// Asks, and tells the first request that was not recorded.
async fn ask(
    subject: &Subject<'_>,
    recording: &Recording,
    wanted: &[DataKind],
) -> (Outcome, Vec<(Call, Reply)>, Option<String>) {
    let (outcome, calls) = subject
        .ask_recorded(recording, Way::AsRecorded, wanted)
        .await;
    let missed = missed(&calls);
    (outcome, calls, missed)
}

pub(super) fn missed(calls: &[(Call, Reply)]) -> Option<String> {
    let missed = calls
        .iter()
        .find(|(_, reply)| matches!(reply, Err(FetchError::NotRecorded { .. })));
    missed.map(|(call, _)| format!("{}, which is not in the recording", call.shown()))
}

/// Asks whose the credential is, where the plugin can tell and the recording knows. Gives what it asked.
async fn whoami(subject: &Subject<'_>, recording: &Recording, cases: &mut Cases) -> Vec<Call> {
    let cloud = Arc::new(Cloud::new(
        Some(Replay::new(recording.clone(), "")),
        Way::AsRecorded,
    ));
    let answer = match subject.session(&cloud) {
        Ok(session) => subject.plugin.whoami(session).await,
        Err(error) => Err(error),
    };
    let calls = cloud.calls();
    if missed(&calls).is_some() {
        return Vec::new();
    }
    match answer {
        Ok(None) => return Vec::new(),
        Ok(Some(answer)) => {
            let error = answer.err();
            let told = match &error {
                Some(error) => Outcome::Refused(error.clone()).told(),
                None => "it answered".to_owned(),
            };
            let kind = error.map(|error| error.kind);
            cases.add(WHOAMI, Verdict::Passed);
            same_outcome(recording, "whoami", kind, told, cases);
        }
        Err(error) => cases.add(
            WHOAMI,
            Verdict::failed(
                "the recorded answers",
                error.to_string(),
                "an account, or an error",
            ),
        ),
    }
    calls.into_iter().map(|(call, _)| call).collect()
}

fn all_asked(
    recording: &Recording,
    calls: &[(Call, Reply)],
    who: &[Call],
    outcome: &Outcome,
) -> Verdict {
    let mask = Mask::new(&recording.about.salt);
    let calls = calls.iter().map(|(call, _)| call).chain(who);
    let asked: HashSet<Call> = calls.map(|call| call.clone().masked(&mask)).collect();
    let recorded = recording.exchanges.iter();
    let recorded = recorded.map(|exchange| exchange.request.clone().masked(&mask));
    let forgotten: Vec<Call> = recorded.filter(|call| !asked.contains(call)).collect();
    let Some(first) = forgotten.first().map(|call| call.shown()) else {
        return Verdict::Passed;
    };
    Verdict::failed(
        "the recorded answers",
        format!(
            "{}, and did not ask for {} of them, as {first}",
            outcome.told(),
            forgotten.len()
        ),
        "every recorded request, or a new recording if they are not needed any more",
    )
}
