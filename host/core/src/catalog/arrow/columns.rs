//! Columns from records: the types that a table uses, and how each is filled.

use std::sync::Arc;

use arrow_array::builder::StringDictionaryBuilder;
use arrow_array::types::Int32Type;
use arrow_array::{Array, ArrayRef, ListArray, StringArray, StructArray, TimestampSecondArray};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{ArrowError, DataType, Field, FieldRef, Fields, TimeUnit};

/// A column that always has a value.
pub(super) fn always(name: &str, data: DataType) -> Field {
    Field::new(name, data, false)
}

/// A column whose value can be unknown.
pub(super) fn maybe(name: &str, data: DataType) -> Field {
    Field::new(name, data, true)
}

/// The type of words that repeat.
pub(super) fn words_type() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

/// The type of a time.
pub(super) fn time_type() -> DataType {
    DataType::Timestamp(TimeUnit::Second, Some("UTC".into()))
}

/// The type of a list without unknown items.
pub(super) fn list_type(item: DataType) -> DataType {
    DataType::List(item_field(item))
}

fn item_field(item: DataType) -> FieldRef {
    Arc::new(always("item", item))
}

/// Texts.
pub(super) fn texts<'a>(values: impl Iterator<Item = &'a String>) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(values))
}

/// Texts that can be unknown.
pub(super) fn maybe_texts<'a>(values: impl Iterator<Item = &'a Option<String>>) -> ArrayRef {
    Arc::new(values.map(Option::as_deref).collect::<StringArray>())
}

/// Words that repeat; `None` is unknown.
pub(super) fn words<'a>(
    values: impl Iterator<Item = Option<&'a str>>,
) -> Result<ArrayRef, ArrowError> {
    let mut builder = StringDictionaryBuilder::<Int32Type>::new();
    for value in values {
        match value {
            Some(value) => drop(builder.append(value)?),
            None => builder.append_null(),
        }
    }
    Ok(Arc::new(builder.finish()))
}

/// Times in seconds since 1970.
pub(super) fn times(values: impl Iterator<Item = Option<u64>>) -> Result<ArrayRef, ArrowError> {
    let out_of_range = |_| ArrowError::CastError("a time is out of range".into());
    let seconds = |value: Option<u64>| value.map(i64::try_from).transpose().map_err(out_of_range);
    let values = values.map(seconds).collect::<Result<Vec<_>, _>>()?;
    Ok(Arc::new(
        TimestampSecondArray::from(values).with_timezone("UTC"),
    ))
}

/// A list per row. `items` holds the items of all rows, one after the other.
pub(super) fn lists(
    lengths: impl Iterator<Item = usize>,
    items: ArrayRef,
) -> Result<ArrayRef, ArrowError> {
    let offsets = OffsetBuffer::from_lengths(lengths);
    Ok(Arc::new(ListArray::try_new(
        item_field(items.data_type().clone()),
        offsets,
        items,
        None,
    )?))
}

fn pair_fields() -> Fields {
    Fields::from(vec![
        always("key", words_type()),
        always("value", words_type()),
    ])
}

/// The type of a list of keys and values.
pub(super) fn pairs_type() -> DataType {
    list_type(DataType::Struct(pair_fields()))
}

/// A list of keys and values per row.
pub(super) fn pairs<'a>(
    rows: impl Iterator<Item = &'a Vec<(String, String)>> + Clone,
) -> Result<ArrayRef, ArrowError> {
    let all = || rows.clone().flatten();
    let columns = vec![
        words(all().map(|(key, _)| Some(key.as_str())))?,
        words(all().map(|(_, value)| Some(value.as_str())))?,
    ];
    lists(rows.clone().map(Vec::len), structs(pair_fields(), columns)?)
}

/// Several columns as one.
pub(super) fn structs(fields: Fields, columns: Vec<ArrayRef>) -> Result<ArrayRef, ArrowError> {
    Ok(Arc::new(StructArray::try_new(fields, columns, None)?))
}
