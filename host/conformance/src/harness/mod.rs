//! Test harness of the cases: a mock cloud, mutations of its responses, the plugin under test, and verdicts.
//!
//! Cases use the harness, and it knows none of them. A recording has the cloud's responses, and [`Fields`] beside it
//! the meaning of their parts; nothing is guessed from names.

mod amounts;
mod case;
mod document;
pub(crate) mod faults;
mod fields;
mod mock_cloud;
pub(crate) mod mutation;
mod paging;
mod plugin_under_test;
mod records;
mod replayed;

pub(crate) use amounts::{Amount, Amounts};
pub use case::{Advice, Case, Failure, Skipped, Verdict};
pub(crate) use case::{Cases, Spec};
pub(crate) use document::{Document, emptied, swapped};
pub(crate) use faults::{FAULT, ROWS, UNREADABLE, any_of, refused};
pub use fields::{FieldPath, Fields, FieldsError, PageFields};
pub(crate) use mock_cloud::{MockCloud, Scenario};
pub(crate) use mutation::{Call, Mutation, Reply};
pub(crate) use paging::{Page, lists, parameters};
pub(crate) use plugin_under_test::{Outcome, PluginUnderTest, REQUEST_LIMIT, fetched_rows, rows};
pub(crate) use records::{Key, Records};
pub use replayed::RecordedRun;
pub(crate) use replayed::{
    Replayed, empty_lists, have_rows, recorded_outcome, same_outcome, unrecorded,
};

/// Spreads at most `most` indices evenly over `0..count`.
pub(crate) fn sample(count: usize, most: usize) -> impl Iterator<Item = usize> {
    let step = count.div_ceil(most).max(1);
    (0..count).step_by(step)
}
