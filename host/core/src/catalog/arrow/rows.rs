//! Records from columns. The table is untrusted: missing or unknown values are damage.

use std::ops::Range;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, TimestampSecondType};
use arrow_array::{
    Array, ArrayRef, ArrowPrimitiveType, BooleanArray, ListArray, PrimitiveArray, RecordBatch,
};
use arrow_array::{DictionaryArray, StringArray, StructArray};
use arrow_schema::ArrowError;
use thiserror::Error;

use crate::contract::Label;

/// Reason that a file cannot be used.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{0}")]
pub(in super::super) struct Damage(String);

impl Damage {
    /// Damage with its reason.
    pub(in super::super) fn new(reason: impl Into<String>) -> Damage {
        Damage(reason.into())
    }
}

impl From<ArrowError> for Damage {
    fn from(error: ArrowError) -> Damage {
        Damage(format!("invalid data: {error}"))
    }
}

/// Requires a value.
pub(super) fn need<T>(value: Option<T>) -> Result<T, Damage> {
    value.ok_or_else(|| Damage::new("a value is missing"))
}

/// The columns of a table, or of a struct inside one.
pub(super) enum Columns<'a> {
    Table(&'a RecordBatch),
    Struct(&'a StructArray),
}

impl<'a> Columns<'a> {
    fn array(&self, name: &str) -> Result<&'a ArrayRef, Damage> {
        let array = match self {
            Columns::Table(table) => table.column_by_name(name),
            Columns::Struct(array) => array.column_by_name(name),
        };
        array.ok_or_else(|| Damage::new(format!("the column {name} is missing")))
    }

    /// A column of texts or words.
    pub(super) fn texts(&self, name: &str) -> Result<Texts<'a>, Damage> {
        Texts::of(self.array(name)?)
    }

    /// A column of numbers.
    pub(super) fn numbers<T: ArrowPrimitiveType>(
        &self,
        name: &str,
    ) -> Result<Numbers<'a, T>, Damage> {
        self.array(name)?
            .as_primitive_opt()
            .map(Numbers)
            .ok_or_else(wrong)
    }

    /// A column of times.
    pub(super) fn times(&self, name: &str) -> Result<Numbers<'a, TimestampSecondType>, Damage> {
        self.numbers(name)
    }

    /// A column of booleans.
    pub(super) fn flags(&self, name: &str) -> Result<Flags<'a>, Damage> {
        self.array(name)?
            .as_boolean_opt()
            .map(Flags)
            .ok_or_else(wrong)
    }

    /// A column of keys and values.
    pub(super) fn pairs(&self, name: &str) -> Result<Pairs<'a>, Damage> {
        let rows = self.lists(name)?;
        let items = rows.structs()?;
        Ok(Pairs {
            keys: items.texts("key")?,
            values: items.texts("value")?,
            rows,
        })
    }

    /// A column of lists.
    pub(super) fn lists(&self, name: &str) -> Result<Lists<'a>, Damage> {
        self.array(name)?.as_list_opt().map(Lists).ok_or_else(wrong)
    }
}

fn wrong() -> Damage {
    Damage::new("unexpected column type")
}

/// Texts, plain or as a dictionary.
pub(super) enum Texts<'a> {
    Plain(&'a StringArray),
    Words(&'a DictionaryArray<Int32Type>, &'a StringArray),
}

impl<'a> Texts<'a> {
    fn of(array: &'a ArrayRef) -> Result<Texts<'a>, Damage> {
        if let Some(texts) = array.as_string_opt::<i32>() {
            return Ok(Texts::Plain(texts));
        }
        let words = array.as_dictionary_opt::<Int32Type>().ok_or_else(wrong)?;
        Ok(Texts::Words(
            words,
            words.values().as_string_opt().ok_or_else(wrong)?,
        ))
    }

    /// The text of a row, if known.
    pub(super) fn get(&self, row: usize) -> Option<&'a str> {
        match self {
            Texts::Plain(texts) => at(*texts, row).then(|| texts.value(row)),
            Texts::Words(words, values) => {
                let key = if at(*words, row) {
                    words.key(row)
                } else {
                    None
                };
                key.filter(|key| at(*values, *key))
                    .map(|key| values.value(key))
            }
        }
    }

    /// The text of a row as an owned value, if known.
    pub(super) fn maybe(&self, row: usize) -> Option<String> {
        self.get(row).map(str::to_owned)
    }

    /// The text of a row.
    pub(super) fn text(&self, row: usize) -> Result<String, Damage> {
        need(self.maybe(row))
    }

    /// The value that the row's word stands for.
    pub(super) fn word<W: Label>(&self, row: usize) -> Result<W, Damage> {
        let word = need(self.get(row))?;
        W::parse(word).ok_or_else(|| Damage::new(format!("unknown label {word:?}")))
    }
}

/// Reports whether the array has a value at a row.
fn at(array: &dyn Array, row: usize) -> bool {
    row < array.len() && array.is_valid(row)
}

/// Numbers of one type.
pub(super) struct Numbers<'a, T: ArrowPrimitiveType>(&'a PrimitiveArray<T>);

impl<T: ArrowPrimitiveType> Numbers<'_, T> {
    /// The number of a row, if known.
    pub(super) fn get(&self, row: usize) -> Option<T::Native> {
        at(self.0, row).then(|| self.0.value(row))
    }
}

impl Numbers<'_, TimestampSecondType> {
    /// The time of a row in seconds since 1970, if known.
    pub(super) fn seconds(&self, row: usize) -> Result<Option<u64>, Damage> {
        let before = |_| Damage::new("a time is before 1970");
        self.get(row).map(u64::try_from).transpose().map_err(before)
    }
}

/// Booleans.
pub(super) struct Flags<'a>(&'a BooleanArray);

impl Flags<'_> {
    /// The value of a row.
    pub(super) fn get(&self, row: usize) -> Result<bool, Damage> {
        need(at(self.0, row).then(|| self.0.value(row)))
    }
}

/// Keys and values of each row.
pub(super) struct Pairs<'a> {
    rows: Lists<'a>,
    keys: Texts<'a>,
    values: Texts<'a>,
}

impl Pairs<'_> {
    /// The keys and values of a row.
    pub(super) fn get(&self, row: usize) -> Result<Vec<(String, String)>, Damage> {
        let pair = |at| Ok((self.keys.text(at)?, self.values.text(at)?));
        self.rows.items(row)?.map(pair).collect()
    }
}

/// Lists: for each row a range of the rows of all items.
pub(super) struct Lists<'a>(&'a ListArray);

impl<'a> Lists<'a> {
    /// The items, which are texts or words.
    pub(super) fn texts(&self) -> Result<Texts<'a>, Damage> {
        Texts::of(self.0.values())
    }

    /// The columns of the items, each of which is a struct.
    pub(super) fn structs(&self) -> Result<Columns<'a>, Damage> {
        self.0
            .values()
            .as_struct_opt()
            .map(Columns::Struct)
            .ok_or_else(wrong)
    }

    /// The items of a row.
    pub(super) fn items(&self, row: usize) -> Result<Range<usize>, Damage> {
        let offset = |at: usize| {
            need(
                self.0
                    .value_offsets()
                    .get(at)
                    .and_then(|at| usize::try_from(*at).ok()),
            )
        };
        Ok(offset(row)?..offset(row + 1)?)
    }
}
