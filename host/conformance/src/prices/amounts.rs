//! Prices in a body: numbers, or texts that are one, in or below a field or an element named price, cost or rate.

use crate::rows::is_list;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::ops::Range;

/// What a price becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Amount {
    AsItIs,
    Zero,
    Unknown,
    /// Another one of as many digits.
    Other,
}

impl Amount {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::AsItIs => "as it is",
            Self::Zero => "0",
            Self::Unknown => "not told",
            Self::Other => "another one",
        }
    }

    fn of(self, old: &str) -> String {
        match self {
            Self::AsItIs => old.to_owned(),
            Self::Zero => "0".to_owned(),
            Self::Unknown => String::new(),
            Self::Other => other(old),
        }
    }
}

/// The prices of one body, row by row.
#[derive(Debug)]
pub(crate) enum Amounts {
    /// Pointers (RFC 6901).
    Json(Value, Vec<Vec<String>>),
    Xml(String, Vec<Range<usize>>),
}

impl Amounts {
    /// `None`: there are none. In JSON, what was not known takes a price of the same name, of this body or of one before
    /// it.
    pub(crate) fn of(body: &[u8], known: &mut BTreeMap<String, Value>) -> Option<Self> {
        if let Ok(mut json) = serde_json::from_slice::<Value>(body) {
            let mut found = Found::default();
            found.walk(&json, "", 0, false);
            for at in found.rows.iter().flatten() {
                if let Some((price, name)) = json.pointer(at).zip(at.rsplit('/').next()) {
                    known
                        .entry(name.to_owned())
                        .or_insert_with(|| price.clone());
                }
            }
            for (at, name) in std::mem::take(&mut found.unknown) {
                if let Some((place, price)) = json.pointer_mut(&at).zip(known.get(&name)) {
                    *place = price.clone();
                }
            }
            let mut found = Found::default();
            found.walk(&json, "", 0, false);
            found.rows.retain(|row| !row.is_empty());
            return (!found.rows.is_empty()).then_some(Self::Json(json, found.rows));
        }
        let text = std::str::from_utf8(body).ok()?;
        let places = elements(text);
        (!places.is_empty()).then(|| Self::Xml(text.to_owned(), places))
    }

    pub(crate) fn rows(&self) -> usize {
        match self {
            Self::Json(_, rows) => rows.len(),
            Self::Xml(_, places) => places.len(),
        }
    }

    /// Where a row stands, but for its place in lists: rows of one form mean the same.
    pub(crate) fn shape(&self, row: usize) -> String {
        let pointer = match self {
            Self::Json(_, rows) => rows.get(row).and_then(|row| row.first()),
            Self::Xml(..) => None,
        };
        let parts = pointer.into_iter().flat_map(|pointer| pointer.split('/'));
        let names: Vec<&str> = parts.filter(|part| part.parse::<u64>().is_err()).collect();
        names.join("/")
    }

    /// The body in which one row, or all, has this amount.
    pub(crate) fn with(&self, row: Option<usize>, amount: Amount) -> Vec<u8> {
        let meant = |at: usize| row.is_none_or(|row| row == at);
        match self {
            Self::Json(json, rows) => {
                let mut json = json.clone();
                let rows = rows.iter().enumerate().filter(|(at, _)| meant(*at));
                for pointer in rows.flat_map(|(_, row)| row) {
                    if let Some(place) = json.pointer_mut(pointer) {
                        *place = value(place, amount);
                    }
                }
                json.to_string().into_bytes()
            }
            Self::Xml(text, places) => {
                let (mut out, mut from) = (String::new(), 0);
                for (_, place) in places.iter().enumerate().filter(|(at, _)| meant(*at)) {
                    out.push_str(text.get(from..place.start).unwrap_or_default());
                    out.push_str(&amount.of(text.get(place.clone()).unwrap_or_default()));
                    from = place.end;
                }
                out.push_str(text.get(from..).unwrap_or_default());
                out.into_bytes()
            }
        }
    }
}

fn value(old: &Value, amount: Amount) -> Value {
    match (amount, old) {
        (Amount::AsItIs, _) => old.clone(),
        (Amount::Unknown, _) => Value::Null,
        (_, Value::String(text)) => json!(amount.of(text)),
        _ => serde_json::from_str(&amount.of(&old.to_string())).unwrap_or(Value::Null),
    }
}

/// A number with another first digit.
fn other(number: &str) -> String {
    match number.find(|c: char| ('1'..='9').contains(&c)) {
        Some(at) => {
            let (before, rest) = number.split_at(at);
            let digit = if rest.starts_with('1') { "2" } else { "1" };
            [before, digit, rest.get(1..).unwrap_or_default()].concat()
        }
        None => number.to_owned(),
    }
}

/// Whether a text is a number other than 0.
fn is_amount(text: &str) -> bool {
    text.parse::<f64>()
        .is_ok_and(|number| number.is_finite() && number != 0.0)
}

/// Whether a name says that what it names is a price.
fn is_price(name: &str) -> bool {
    let lower = name.to_lowercase();
    let mut words = lower.split(|c: char| !c.is_alphanumeric());
    lower.contains("price")
        || lower.contains("cost")
        || words.any(|word| matches!(word, "rate" | "rates"))
        || name.ends_with("Rate")
}

/// Prices in JSON.
#[derive(Default)]
struct Found {
    rows: Vec<Vec<String>>,
    /// Places that have the name of a price and nothing in them, with that name.
    unknown: Vec<(String, String)>,
}

impl Found {
    fn walk(&mut self, json: &Value, at: &str, row: usize, priced: bool) {
        match json {
            Value::Array(list) => {
                for (number, one) in list.iter().enumerate() {
                    self.item(one, format!("{at}/{number}"), row, priced);
                }
            }
            Value::Object(map) => {
                let list = is_list(map);
                for (name, one) in map {
                    let escaped = name.replace('~', "~0").replace('/', "~1");
                    let at = format!("{at}/{escaped}");
                    if is_price(name) && one.is_null() {
                        self.unknown.push((at, escaped));
                    } else if list {
                        self.item(one, at, row, priced);
                    } else {
                        // Of a price inside prices, the inner one is meant.
                        let priced = match is_price(name) {
                            true => !has_price(one),
                            false => priced,
                        };
                        self.walk(one, &at, row, priced);
                    }
                }
            }
            Value::Null | Value::Bool(_) => {}
            Value::String(text) if !is_amount(text) => {}
            Value::Number(number) if !is_amount(&number.to_string()) => {}
            Value::String(_) | Value::Number(_) => {
                if priced {
                    while self.rows.len() <= row {
                        self.rows.push(Vec::new());
                    }
                    if let Some(row) = self.rows.get_mut(row) {
                        row.push(at.to_owned());
                    }
                }
            }
        }
    }

    /// An item of a list is a row of its own, unless the whole list is a price.
    fn item(&mut self, one: &Value, at: String, row: usize, priced: bool) {
        let row = if priced { row } else { self.rows.len() };
        self.walk(one, &at, row, priced);
    }
}

fn has_price(json: &Value) -> bool {
    match json {
        Value::Array(list) => list.iter().any(has_price),
        Value::Object(map) => map
            .iter()
            .any(|(name, one)| is_price(name) || has_price(one)),
        _ => false,
    }
}

/// Where text in XML is a price.
fn elements(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut open: Vec<&str> = Vec::new();
    for (start, _) in text.match_indices('<') {
        let piece = text.get(start + 1..).unwrap_or_default();
        let piece = piece.split('<').next().unwrap_or_default();
        let Some((tag, inside)) = piece.split_once('>') else {
            continue;
        };
        if tag.starts_with('/') {
            open.pop();
        } else if !tag.ends_with('/') && !tag.starts_with(['?', '!']) {
            open.extend(tag.split_whitespace().next());
        }
        if is_amount(inside.trim()) && open.iter().any(|name| is_price(name)) {
            let from = start + 1 + tag.len() + 1;
            found.push(from..from + inside.len());
        }
    }
    found
}

#[cfg(test)]
mod tests;
