//! Columns of the tables as Rust values.

use crate::{Account, Operation, OperationId, Place, Row};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

/// Enumeration that is stored as a label.
pub(super) trait Labelled: Copy + PartialEq + 'static {
    /// All values with their labels.
    const LABELS: &'static [(Self, &'static str)];
}

/// Label of a value.
pub(super) fn label<T: Labelled>(value: T) -> &'static str {
    let found = T::LABELS.iter().find(|(one, _)| *one == value);
    found.map_or("", |(_, label)| label)
}

/// JSON of a record of this crate or of the contract: none of them can fail.
pub(super) fn json<T: Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// JSON of a place.
pub(super) fn place_json(place: &Place) -> String {
    json(place)
}

/// Time as milliseconds since 1970.
pub(super) fn millis(time: Timestamp) -> i64 {
    time.as_millisecond()
}

/// Time of milliseconds since 1970.
pub(super) fn time(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Reading of a column that SQLite has no type for.
pub(super) trait Column {
    /// A JSON value.
    fn json<T: DeserializeOwned>(&self, index: usize) -> Result<T, sqlx::Error>;
    /// A JSON value or NULL.
    fn optional_json<T: DeserializeOwned>(&self, index: usize) -> Result<Option<T>, sqlx::Error>;
    /// A time.
    fn time(&self, index: usize) -> Result<Timestamp, sqlx::Error>;
    /// A time or NULL.
    fn optional_time(&self, index: usize) -> Result<Option<Timestamp>, sqlx::Error>;
    /// A label.
    fn label<T: Labelled>(&self, index: usize) -> Result<T, sqlx::Error>;
}

fn wrong(error: impl std::error::Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::Decode(Box::new(error))
}

impl Column for SqliteRow {
    fn json<T: DeserializeOwned>(&self, index: usize) -> Result<T, sqlx::Error> {
        serde_json::from_str(self.try_get(index)?).map_err(wrong)
    }

    fn optional_json<T: DeserializeOwned>(&self, index: usize) -> Result<Option<T>, sqlx::Error> {
        let text: Option<&str> = self.try_get(index)?;
        text.map(serde_json::from_str).transpose().map_err(wrong)
    }

    fn time(&self, index: usize) -> Result<Timestamp, sqlx::Error> {
        Timestamp::from_millisecond(self.try_get(index)?).map_err(wrong)
    }

    fn optional_time(&self, index: usize) -> Result<Option<Timestamp>, sqlx::Error> {
        let millis: Option<i64> = self.try_get(index)?;
        millis
            .map(Timestamp::from_millisecond)
            .transpose()
            .map_err(wrong)
    }

    fn label<T: Labelled>(&self, index: usize) -> Result<T, sqlx::Error> {
        let text: &str = self.try_get(index)?;
        let found = T::LABELS.iter().find(|(_, label)| *label == text);
        let unknown = || sqlx::Error::Decode(format!("unknown label `{text}`").into());
        found.map(|(value, _)| *value).ok_or_else(unknown)
    }
}

fn unsigned(value: i64) -> Result<u64, sqlx::Error> {
    u64::try_from(value).map_err(wrong)
}

/// Reads an operation without its rows: its number, its fencing number, and the record.
pub(super) fn read_operation(row: &SqliteRow) -> Result<(i64, u64, Operation), sqlx::Error> {
    let decision: Option<&str> = row.try_get(14)?;
    let operation = Operation {
        id: OperationId(row.try_get(1)?),
        account: Account {
            provider: row.try_get(2)?,
            identity: row.try_get(3)?,
        },
        title: row.try_get(4)?,
        owner: row.try_get(5)?,
        created: row.time(6)?,
        options: row.json(7)?,
        state: row.label(8)?,
        attempt: row.try_get(9)?,
        next: row.try_get(10)?,
        error: row.optional_json(11)?,
        notes: row.json(12)?,
        cancel: row.try_get(13)?,
        decision: decision.map(|_| row.label(14)).transpose()?,
        requests: unsigned(row.try_get(15)?)?,
        due: row.optional_time(16)?,
        rows: Vec::new(),
    };
    Ok((row.try_get(0)?, unsigned(row.try_get(17)?)?, operation))
}

/// Reads a row.
pub(super) fn read_row(row: &SqliteRow) -> Result<Row, sqlx::Error> {
    let digest: Option<&str> = row.try_get(8)?;
    Ok(Row {
        seq: row.try_get(1)?,
        attempt: row.try_get(2)?,
        step: row.try_get(3)?,
        undo: row.optional_json(4)?,
        token: row.try_get(5)?,
        place: row.json(6)?,
        state: row.label(7)?,
        digest: digest.map(str::parse).transpose().map_err(wrong)?,
        sends: row.try_get(9)?,
        first_sent: row.optional_time(10)?,
        last_sent: row.optional_time(11)?,
        unknown: row.try_get(12)?,
        repeated: row.try_get(13)?,
        refused: row.try_get(14)?,
        cancelled: row.try_get(15)?,
        handle: row.optional_json(16)?,
        result: row.optional_json(17)?,
        progress: row.optional_json(18)?,
        error: row.optional_json(19)?,
        failures: row.try_get(20)?,
        due: row.time(21)?,
    })
}
