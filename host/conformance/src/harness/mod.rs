//! The bench that cases are tried on: a mock cloud, what goes wrong in it, the plugin under test, and verdicts.
//!
//! Cases use the harness, and it knows none of them. A recording says what the cloud answers, and [`Fields`] beside it
//! which parts of an answer mean what; nothing is guessed from names.

pub(crate) mod amounts;
pub(crate) mod case;
pub(crate) mod document;
pub(crate) mod faults;
pub(crate) mod fields;
pub(crate) mod mock_cloud;
pub(crate) mod mutation;
pub(crate) mod paging;
pub(crate) mod plugin_under_test;
pub(crate) mod records;
pub(crate) mod replayed;

pub use case::{Advice, Case, Failure, Skipped, Verdict};
pub use fields::{FieldPath, Fields, FieldsError, PageFields};
pub use replayed::RecordedRun;

/// Spreads at most `most` indices evenly over `0..count`.
pub(crate) fn sample(count: usize, most: usize) -> impl Iterator<Item = usize> {
    let step = count.div_ceil(most).max(1);
    (0..count).step_by(step)
}
