//! Reasons to reject a plugin's result.

use thiserror::Error;

use crate::catalog::kind_name;
use crate::contract::cloudhost::provider::types::DataKind;

/// A reason to reject a result. Texts of the result are quoted and escaped.
#[derive(Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum AnswerError {
    /// No kind of data is present. The plugin should have returned an error.
    #[error("the result holds no data, not even an empty list")]
    Nothing,
    /// There are more entries than any cloud has.
    #[error("the result has {count} {what}, more than the limit of {limit}")]
    TooMany {
        /// Name of the entries.
        what: &'static str,
        /// Number of entries.
        count: usize,
        /// Most entries that are accepted.
        limit: usize,
    },
    /// No record is left, because of the names of all of them.
    #[error("no {what} can be used: {message}")]
    Names {
        /// Name of the records.
        what: &'static str,
        /// The names and the reason.
        message: String,
    },
    /// A required text is empty.
    #[error("{owner}: the {field} is empty")]
    Empty {
        /// The field.
        field: &'static str,
        /// The record.
        owner: String,
    },
    /// A text is longer than any real one.
    #[error("{owner}: the {field} has {length} bytes, more than the limit of {limit}")]
    TooLong {
        /// The field.
        field: &'static str,
        /// The record.
        owner: String,
        /// Its length in bytes.
        length: usize,
        /// The longest that is accepted.
        limit: usize,
    },
    /// A text has an invisible or control character.
    #[error("{owner}: the {field} {value} has a control character")]
    Control {
        /// The field.
        field: &'static str,
        /// The record.
        owner: String,
        /// The text, escaped.
        value: String,
    },
    /// A number is 0 where only "unknown" or more can be meant.
    #[error("{owner}: the {field} is 0; expected at least 1, or unknown")]
    Zero {
        /// The field.
        field: &'static str,
        /// The record.
        owner: String,
    },
    /// A number is higher than that of any instance type.
    #[error("{owner}: the {field} is {value}, more than the limit of {limit}")]
    TooHigh {
        /// The field.
        field: &'static str,
        /// The record.
        owner: String,
        /// The number.
        value: u64,
        /// The highest that is accepted.
        limit: u64,
    },
    /// A location is outside the range of degrees.
    #[error("{owner}: the location is out of range")]
    Location {
        /// The record.
        owner: String,
    },
    /// A country is not an ISO 3166-1 code.
    #[error("{owner}: the country {value} is not two capital letters such as `DE`")]
    Country {
        /// The record.
        owner: String,
        /// The text, escaped.
        value: String,
    },
    /// A share is no range of per cents.
    #[error("{owner}: the share of interruptions is not a range from 0 to 100 per cent")]
    Interruption {
        /// The record.
        owner: String,
    },
    /// A currency is not an ISO 4217 code.
    #[error("{owner}: the currency {value} is not three capital letters such as `USD`")]
    Currency {
        /// The record.
        owner: String,
        /// The text, escaped.
        value: String,
    },
    /// A time is after the year 9999.
    #[error("{owner}: the time of {seconds} seconds since 1970 is out of range")]
    Time {
        /// The record.
        owner: String,
        /// The value.
        seconds: u64,
    },
    /// Two records with one key differ.
    #[error("{owner} is listed twice, and the two differ")]
    Conflict {
        /// The record.
        owner: String,
    },
    /// A record names something that the same result does not list.
    #[error("{owner} names the {field} {value}, which the result does not list")]
    Unlisted {
        /// The record.
        owner: String,
        /// `region` or `type`.
        field: &'static str,
        /// The name, escaped.
        value: String,
    },
}

impl AnswerError {
    /// No record of a kind is left.
    pub(super) fn names(kind: DataKind, message: String) -> AnswerError {
        AnswerError::Names {
            what: kind_name(kind),
            message,
        }
    }
}
