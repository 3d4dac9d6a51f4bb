//! Prices and charges of recorded responses, at the author's paths, and mutations of them.

use super::document::{Document, Place};
use super::fields::FieldPath;
use super::mutation::{Call, Reply};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Mutation of an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Amount {
    Zero,
    Unknown,
}

impl Amount {
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Zero => "0",
            Self::Unknown => "unknown",
        }
    }

    fn instead_of(self, old: &Value) -> Value {
        match (self, old) {
            (Self::Unknown, _) => Value::Null,
            (Self::Zero, Value::String(_)) => json!("0"),
            (Self::Zero, _) => json!(0),
        }
    }
}

/// Returns true if a value is an amount other than 0.
fn is_amount(value: &Value) -> bool {
    let has_digit = |text: &str| text.contains(|c: char| ('1'..='9').contains(&c));
    match value {
        Value::String(text) => has_digit(text),
        Value::Number(number) => has_digit(&number.to_string()),
        _ => false,
    }
}

/// The amounts of one response, row by row: those of one object are a row, and change together.
#[derive(Clone, Debug)]
pub(crate) struct Amounts {
    document: Document,
    rows: Vec<Vec<(Place, Value)>>,
}

impl Amounts {
    /// Finds the amounts at these paths. Unknown ones take the first amount of the same path, so that they are tried
    /// too.
    pub(crate) fn find(replies: &[(Call, Reply)], paths: &[FieldPath]) -> Vec<(Call, Self)> {
        let bodies = replies.iter().filter_map(|(call, reply)| {
            let document = Document::parse(&reply.as_ref().ok()?.body)?;
            Some((call.clone(), document))
        });
        let mut all: Vec<(Call, Document)> = bodies.collect();
        for path in paths {
            let mut values = all.iter().flat_map(|(_, document)| document.find(path));
            let Some((_, known)) = values.find(|(_, value)| is_amount(value)) else {
                continue;
            };
            for (_, document) in &mut all {
                for (place, value) in document.find(path) {
                    if value.is_null() || value == "" {
                        document.set(&place, known.clone());
                    }
                }
            }
        }
        all.into_iter()
            .filter_map(|(call, document)| Some((call, Self::of(document, paths)?)))
            .collect()
    }

    fn of(document: Document, paths: &[FieldPath]) -> Option<Self> {
        let mut rows: BTreeMap<Place, Vec<(Place, Value)>> = BTreeMap::new();
        for (place, value) in paths.iter().flat_map(|path| document.find(path)) {
            if is_amount(&value) {
                let parent = place
                    .split_last()
                    .map_or([].as_slice(), |(_, parent)| parent);
                let row = rows.entry(parent.to_vec()).or_default();
                row.push((place, value));
            }
        }
        let rows: Vec<_> = rows.into_values().collect();
        (!rows.is_empty()).then_some(Self { document, rows })
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows.len()
    }

    /// The body with all amounts.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        self.document.to_bytes()
    }

    /// The body in which one row, or all, has this amount.
    pub(crate) fn with(&self, row: Option<usize>, amount: Amount) -> Vec<u8> {
        let mut document = self.document.clone();
        let rows = self.rows.iter().enumerate();
        let meant = rows.filter(|(at, _)| row.is_none_or(|row| row == *at));
        for (place, value) in meant.flat_map(|(_, row)| row) {
            document.set(place, amount.instead_of(value));
        }
        document.to_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::super::paging::tests::exchange;
    use super::*;
    use rstest::rstest;

    fn amounts(bodies: &[&str], paths: &[&str]) -> Vec<Amounts> {
        let replies: Vec<_> = bodies
            .iter()
            .map(|body| exchange("https://a/", "", body))
            .collect();
        let path = |path: &&str| FieldPath::try_from((*path).to_owned()).unwrap();
        let paths: Vec<FieldPath> = paths.iter().map(path).collect();
        let found = Amounts::find(&replies, &paths);
        found.into_iter().map(|(_, amounts)| amounts).collect()
    }

    #[rstest]
    #[case::numbers(r#"[{"c":5},{"c":"1.5","v":2}]"#, &["/*/c"], 2, r#"[{"c":0},{"c":"0","v":2}]"#)]
    #[case::one_object(r#"{"t":{"h":{"gross":"0.6","net":"0.5"}}}"#, &["/t/h/net", "/t/h/gross"], 1, r#"{"t":{"h":{"gross":"0","net":"0"}}}"#)]
    #[case::members(r#"{"a":{"x/y":{"p":1},"z":{"p":2}}}"#, &["/a/*/p"], 2, r#"{"a":{"x/y":{"p":0},"z":{"p":0}}}"#)]
    #[case::xml("<r><i><p>0.5</p><v>2</v></i></r>", &["/r/i/p"], 1, "<r><i><p>0</p><v>2</v></i></r>")]
    fn amounts_at_their_paths(
        #[case] body: &str,
        #[case] paths: &[&str],
        #[case] rows: usize,
        #[case] free: &str,
    ) {
        let [amounts] = &amounts(&[body], paths)[..] else {
            panic!("none")
        };
        assert_eq!(amounts.rows(), rows);
        let text = |bytes| String::from_utf8(bytes).unwrap();
        assert_eq!(text(amounts.with(None, Amount::Zero)), free);
        assert_eq!(text(amounts.to_bytes()), body);
    }

    #[rstest]
    #[case(r#"{"v":2}"#)]
    #[case(r#"{"p":null}"#)]
    #[case(r#"{"p":0}"#)]
    #[case(r#"{"p":[5]}"#)]
    #[case("p 5")]
    fn no_amounts(#[case] body: &str) {
        assert!(amounts(&[body], &["/p"]).is_empty());
    }

    #[test]
    fn one_row_at_a_time_and_unknown_ones_are_filled() {
        let found = amounts(&[r#"[{"p":null},{"p":5}]"#, r#"[{"p":null}]"#], &["/*/p"]);
        let text = |at: usize, row, amount| String::from_utf8(found[at].with(row, amount)).unwrap();
        assert_eq!(found[0].rows(), 2);
        assert_eq!(text(0, Some(1), Amount::Unknown), r#"[{"p":5},{"p":null}]"#);
        assert_eq!(text(0, Some(0), Amount::Zero), r#"[{"p":0},{"p":5}]"#);
        assert_eq!(found[1].to_bytes(), br#"[{"p":5}]"#);
    }
}
