//! Building blocks of changes: what plugins share beside the records of [`crate::operations`].
//!
//! | block | use |
//! |---|---|
//! | [`encode`], [`decode`] | the plugin's own data of steps and handles, as JSON |
//! | [`Plan`] | steps in their order |
//! | [`made`] | the result of an earlier step |
//! | [`tags`] | the tags of a new resource |
//! | [`state`] | a cloud's word for a state as the contract's |
//! | [`Guarantee::new`] | the promises of a cloud |
//! | [`Error::of_change`], [`Error::after_change`] | a request that may have had an effect |
//! | [`poll_together`] | one request for many operations, and their results in order |
//! | [`in_places`] | one list of many places, with the places that failed |

use std::collections::BTreeMap;

use serde::{Serialize, de::DeserializeOwned};

use crate::http::{HttpError, HttpErrorKind};
use crate::operations::{Ending, Guarantee, Intent, Made, Operation, Repetition, Status};
use crate::resources::{ResourceId, Step, Tag};
use crate::{Error, ErrorKind, excerpt, join_all, most_telling};

/// Encodes the plugin's own data of a step or a handle: the same value gives the same text if its maps are sorted.
///
/// # Errors
/// A value that JSON cannot represent, such as a map with keys that are not text.
pub fn encode(value: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::internal(format!("cannot encode: {error}")))
}

/// Decodes the text of [`encode`], perhaps from an earlier version of the plugin; `what` names it in the error.
///
/// # Errors
/// The text is not such data.
pub fn decode<T: DeserializeOwned>(text: &str, what: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|error| {
        let error = excerpt(error.to_string().as_bytes());
        Error::internal(format!("{what} is not of this plugin: {error}"))
    })
}

/// Steps of a plan, in their order.
///
/// ```
/// use cloudhost_sdk::change::Plan;
/// use cloudhost_sdk::resources::{Place, ResourceKind, Step};
///
/// let mut plan = Plan::default();
/// let place = || Place::region("east");
/// let key = plan.add(Step::create(ResourceKind::SshKey, "k", place(), "SSH key k"));
/// plan.add(Step::create(ResourceKind::Instance, "a", place(), "instance a").after([key]));
/// assert_eq!(plan.steps()[1].after, [0]);
/// ```
#[derive(Debug, Default)]
pub struct Plan(Vec<Step>);

impl Plan {
    /// Adds a step and returns its index, for the steps that must wait for it.
    pub fn add(&mut self, step: Step) -> u32 {
        self.0.push(step);
        u32::try_from(self.0.len() - 1).unwrap_or(u32::MAX)
    }

    /// Returns true if it has no step yet.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the steps.
    pub fn steps(self) -> Vec<Step> {
        self.0
    }
}

/// Returns the result of an earlier step.
///
/// # Errors
/// The step has no result yet: a bug of the caller.
pub fn made(made: &[Made], index: u32) -> Result<&ResourceId, Error> {
    let found = made.iter().find(|(step, _)| *step == index);
    let missing = || Error::internal(format!("step {index} of the plan has no result"));
    found.map(|(_, id)| id).ok_or_else(missing)
}

/// Returns the tags of a new resource, sorted: those of the intent, and these, which win.
pub fn tags<'t>(intent: &Intent, more: impl IntoIterator<Item = (&'t str, &'t str)>) -> Vec<Tag> {
    let mut all: BTreeMap<String, String> = intent.tags.iter().cloned().collect();
    all.extend(more.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())));
    all.into_iter().collect()
}

/// Maps a cloud's word for a state by a table; a word that is not in it is `other`.
///
/// ```
/// use cloudhost_sdk::change::state;
/// use cloudhost_sdk::instances::InstanceState::{Other, Pending, Running};
///
/// let table = [("booting", Pending), ("active", Running)];
/// assert_eq!(state("active", &table, Other), Running);
/// assert_eq!(state("hibernated", &table, Other), Other);
/// ```
pub fn state<T: Copy>(word: &str, table: &[(&str, T)], other: T) -> T {
    let found = table.iter().find(|(known, _)| *known == word);
    found.map_or(other, |(_, state)| *state)
}

impl Guarantee {
    /// Creates the promises of a cloud that keeps no tags of the resource, never ends it and cancels nothing, with the
    /// effect of a repeated request and the longest time for which lists may not show a change.
    pub fn new(repetition: Repetition, settles_in_ms: u32) -> Guarantee {
        Guarantee {
            repetition,
            settles_in_ms,
            ending: Ending::Never,
            keeps_tags: false,
            cancellable: false,
        }
    }

    /// Declares that the resource has tags.
    #[must_use]
    pub fn with_tags(mut self) -> Guarantee {
        self.keeps_tags = true;
        self
    }
}

impl Error {
    /// Creates the error of a change without a response: `indeterminate`, unless the request never left.
    ///
    /// ```
    /// use cloudhost_sdk::http::{HttpError, HttpErrorKind};
    /// use cloudhost_sdk::{Error, ErrorKind};
    ///
    /// let lost = |kind| Error::of_change(&HttpError { kind, message: "no".into() }, "POST /servers").kind;
    /// assert_eq!(lost(HttpErrorKind::Timeout), ErrorKind::Indeterminate);
    /// assert_eq!(lost(HttpErrorKind::Unreachable), ErrorKind::Unavailable);
    /// ```
    pub fn of_change(error: &HttpError, request: &str) -> Error {
        let mut out = Error::from_http(error, request);
        let sent = match error.kind {
            // Among the limits of a call is its time.
            HttpErrorKind::Interrupted
            | HttpErrorKind::Timeout
            | HttpErrorKind::BodyTooLarge
            | HttpErrorKind::LimitReached => true,
            HttpErrorKind::Unreachable
            | HttpErrorKind::Denied
            | HttpErrorKind::CredentialMissing
            | HttpErrorKind::InvalidRequest => false,
        };
        if sent {
            out.kind = ErrorKind::Indeterminate;
        }
        out
    }

    /// Converts the error of a response to a change: a server that failed, or a response that is not understood, may have
    /// carried it out.
    #[must_use]
    pub fn after_change(mut self) -> Error {
        if matches!(self.kind, ErrorKind::Unavailable | ErrorKind::Internal) {
            self.kind = ErrorKind::Indeterminate;
        }
        self
    }
}

/// Polls operations group by group, concurrently: `key` gives the group of an operation, and `read` the state of all
/// operations of a group, usually with one request. The results are in the order of the operations; a result that `read`
/// leaves out is an error.
pub async fn poll_together<K: Ord + Clone>(
    operations: Vec<Operation>,
    key: impl Fn(&Operation) -> Result<K, Error>,
    read: impl AsyncFn(K, Vec<Operation>) -> Vec<Result<Status, Error>>,
) -> Vec<Result<Status, Error>> {
    let mut out: Vec<Result<Status, Error>> = Vec::with_capacity(operations.len());
    let mut groups: BTreeMap<K, (Vec<usize>, Vec<Operation>)> = BTreeMap::new();
    for (index, operation) in operations.into_iter().enumerate() {
        let unread =
            || Error::internal(format!("the state of {} was not read", operation.target.id));
        match key(&operation) {
            Ok(key) => {
                out.push(Err(unread()));
                let (indices, group) = groups.entry(key).or_default();
                indices.push(index);
                group.push(operation);
            }
            Err(error) => out.push(Err(error)),
        }
    }
    let read = &read;
    let answers = join_all(
        groups
            .into_iter()
            .map(|(key, (indices, group))| async move { (indices, read(key, group).await) }),
    );
    for (indices, results) in answers.await {
        for (index, result) in indices.into_iter().zip(results) {
            if let Some(slot) = out.get_mut(index) {
                *slot = result;
            }
        }
    }
    out
}

/// Reads one list in each of some places, concurrently, and joins them: the rows, and an error for each place that
/// failed. If all failed, the result is the error that says most about the remedy.
///
/// # Errors
/// No place could be read.
pub async fn in_places<P, T>(
    places: impl IntoIterator<Item = P>,
    read: impl AsyncFn(P) -> Result<Vec<T>, Error>,
) -> Result<(Vec<T>, Vec<Error>), Error> {
    let read = &read;
    let answers = join_all(
        places
            .into_iter()
            .map(|place| async move { read(place).await }),
    )
    .await;
    let (mut rows, mut missing, mut any) = (Vec::new(), Vec::new(), answers.is_empty());
    for answer in answers {
        match answer {
            Ok(list) => {
                any = true;
                rows.extend(list);
            }
            Err(error) => missing.push(error),
        }
    }
    match most_telling(missing.iter().cloned()) {
        Some(error) if !any => Err(error),
        _ => Ok((rows, missing)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::Progress;
    use crate::resources::{Action, Place, ResourceKind};
    use futures::FutureExt;
    use proptest::prelude::*;

    fn operation(id: &str, region: &str) -> Operation {
        Operation {
            handle: String::new(),
            action: Action::Create,
            target: ResourceId::new(ResourceKind::Instance, id, Place::region(region)),
        }
    }

    proptest! {
        #[test]
        fn a_poll_keeps_order_and_length(regions in proptest::collection::vec("[a-e]", 0..40)) {
            let all: Vec<Operation> = regions.iter().enumerate().map(|(n, r)| operation(&n.to_string(), r)).collect();
            // `e` is a group whose key is unknown, `d` one that answers nothing.
            let key = |o: &Operation| match o.target.place.region.as_str() {
                "e" => Err(Error::internal("no key")),
                region => Ok(region.to_owned()),
            };
            let read = async |key: String, group: Vec<Operation>| match key.as_str() {
                "d" => Vec::new(),
                _ => group.iter().map(|o| Ok(Status::Running(Progress::new(o.target.id.clone(), 1)))).collect(),
            };
            let out = poll_together(all, key, read).now_or_never().unwrap();
            prop_assert_eq!(out.len(), regions.len());
            for (n, (region, result)) in regions.iter().zip(out).enumerate() {
                match (region.as_str(), result) {
                    ("d", Err(error)) => prop_assert!(error.message.contains("was not read")),
                    ("e", Err(error)) => prop_assert_eq!(error.message, "no key"),
                    (_, Ok(Status::Running(p))) => prop_assert_eq!(p.phase, n.to_string()),
                    (region, other) => prop_assert!(false, "{} {:?}", region, other),
                }
            }
        }
    }

    #[test]
    fn a_place_that_failed_is_missing_and_all_are_an_error() {
        let read = async |n: u8| match n {
            0 => Err(Error::new(ErrorKind::Unavailable, "away")),
            n => Ok(vec![n]),
        };
        let (rows, missing) = in_places([1, 0, 2], read).now_or_never().unwrap().unwrap();
        assert_eq!((rows, missing.len()), (vec![1, 2], 1));
        let error = in_places([0, 0], read).now_or_never().unwrap().unwrap_err();
        assert_eq!(error.message, "away");
        assert_eq!(
            in_places([], read).now_or_never().unwrap(),
            Ok((vec![], vec![]))
        );
    }

    #[test]
    fn tags_are_sorted_and_the_later_ones_win() {
        let tag = |k: &str, v: &str| (k.to_owned(), v.to_owned());
        let intent = Intent {
            token: "t".into(),
            tags: vec![tag("z", "1"), tag("a", "2"), tag("Name", "x")],
            ends_at: None,
        };
        let all = tags(&intent, [("Name", "web")]);
        assert_eq!(all, [tag("Name", "web"), tag("a", "2"), tag("z", "1")]);
    }

    #[test]
    fn a_server_that_failed_may_have_done_it() {
        let kind = |kind| Error::new(kind, "x").after_change().kind;
        assert_eq!(kind(ErrorKind::Unavailable), ErrorKind::Indeterminate);
        assert_eq!(kind(ErrorKind::QuotaExceeded), ErrorKind::QuotaExceeded);
    }
}
