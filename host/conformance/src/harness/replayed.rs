//! A recording that was replayed once, and can be replayed again in other scenarios.

use super::case::{Cases, Spec, Verdict};
use super::document::emptied;
use super::fields::{FieldPath, Fields};
use super::mock_cloud::Scenario;
use super::mutation::{self, Call, Mutation, Reply};
use super::paging::same_place;
use super::plugin_under_test::{Outcome, PluginUnderTest};
use cloudhost::contract::Label as _;
use cloudhost::contract::cloudhost::provider::types::{DataKind, ErrorKind};
use cloudhost::contract::exports::cloudhost::provider::catalog::Listing;
use cloudhost::egress::FetchError;
use cloudhost::recording::Recording;

pub(crate) const OUTCOME: Spec = (
    "replay.outcome",
    "the plugin succeeds or fails as when it was recorded, with the same error",
);

/// A recording, and the author's description of its fields.
#[derive(Clone, Debug)]
pub struct RecordedRun {
    /// Name in verdicts, such as that of its file.
    pub name: String,
    /// The requests and responses.
    pub recording: Recording,
    /// The fields file, if there is one.
    pub fields: Option<Fields>,
}

/// A replayed recording of a catalog, with its listing and its requests.
pub(crate) struct Replayed<'r> {
    pub plugin: &'r PluginUnderTest<'r>,
    pub recording: &'r Recording,
    /// Fields named by its author; `None`: there is no fields file.
    pub named: Option<&'r Fields>,
    pub wanted: Vec<DataKind>,
    pub listing: Listing,
    pub replies: Vec<(Call, Reply)>,
}

impl Replayed<'_> {
    /// Fields that are named.
    pub(crate) fn fields(&self) -> Fields {
        self.named.cloned().unwrap_or_default()
    }

    /// Replays it in another scenario.
    pub(crate) async fn replay(&self, scenario: Scenario) -> (Outcome, Vec<(Call, Reply)>) {
        let replay = self.plugin.replay(self.recording, scenario, &self.wanted);
        replay.await
    }

    pub(crate) async fn outcome(&self, scenario: Scenario) -> Outcome {
        self.replay(scenario).await.0
    }

    /// The listing with mutated responses; `None` where there is none.
    pub(crate) async fn mutated(&self, mutation: Mutation) -> Option<Listing> {
        match self.outcome(Scenario::Mutated(mutation)).await {
            Outcome::Listing(listing) => Some(*listing),
            _ => None,
        }
    }

    /// Returns true if two requests can be for pages of one list: if none is named, all that differ only in parameters.
    pub(crate) fn may_be_pages(&self, one: &Call, other: &Call) -> bool {
        match self.named {
            Some(fields) if !fields.pages.is_empty() => fields.are_pages(one, other),
            _ => same_place(one, other),
        }
    }
}

/// Bodies of the responses.
pub(crate) fn bodies(replies: &[(Call, Reply)]) -> impl Iterator<Item = &[u8]> {
    let responses = replies.iter().filter_map(|(_, reply)| reply.as_ref().ok());
    responses.map(|response| response.body.as_slice())
}

/// Takes the rows out of every list.
pub(crate) fn empty_lists(rows: &[FieldPath]) -> Mutation {
    let rows = rows.to_vec();
    mutation::body(move |body| emptied(body, &rows).unwrap_or_else(|| body.to_vec()))
}

/// Returns true if a response has a list with rows.
pub(crate) fn have_rows(replies: &[(Call, Reply)], rows: &[FieldPath]) -> bool {
    bodies(replies).any(|body| emptied(body, rows).is_some())
}

/// The first request that is not in the recording.
pub(crate) fn unrecorded(calls: &[(Call, Reply)]) -> Option<String> {
    let missed = calls
        .iter()
        .find(|(_, reply)| matches!(reply, Err(FetchError::NotRecorded { .. })));
    missed.map(|(call, _)| format!("{}, which is not in the recording", call.shown()))
}

/// Outcome of the first call of this export when it was recorded, if that is known: `Some(None)` is no error.
pub(crate) fn recorded_outcome(recording: &Recording, export: &str) -> Option<Option<ErrorKind>> {
    let mut results = recording.results.iter();
    let first = results.find(|result| result.export == export)?;
    Some(first.error)
}

/// Compares an outcome with the recorded one.
pub(crate) fn same_outcome(
    recording: &Recording,
    export: &str,
    error: Option<ErrorKind>,
    did: String,
    cases: &mut Cases,
) {
    let expected = match recorded_outcome(recording, export) {
        None => {
            let why = format!("the recording lacks the outcome of {export}");
            return cases.skip(OUTCOME, why);
        }
        Some(recorded) if recorded == error => return cases.add(OUTCOME, Verdict::Passed),
        Some(None) => "a success".to_owned(),
        Some(Some(kind)) => format!("the error {}", kind.as_str()),
    };
    let expected = format!("{expected}, as when it was recorded");
    cases.add(
        OUTCOME,
        Verdict::failed("the recorded responses", did, expected),
    );
}
