//! The fields file: which parts of recorded responses are prices, charges, rows and pages.

use cloudhost::contract::excerpt_at;
use serde::Deserialize;
use std::fmt;

/// Meaning of the fields in the responses of one recording, from a TOML file beside it: `NAME.toml` for `NAME.jsonl`.
///
/// A path is a JSON pointer (RFC 6901), or the elements of XML from the root on. `*` stands for each item, member or
/// element.
///
/// ```
/// use cloudhost_conformance::Fields;
///
/// let fields = Fields::parse(
///     r#"
///     prices = ["/types/*/price_hourly"]
///     rows = ["/regions/*"]
///     pages = [{ next = "/meta/next_page", parameter = "page" }]
///     "#,
/// )?;
/// assert_eq!(fields.pages[0].parameter, "page");
/// assert!(Fields::parse("price = []").is_err());
/// # Ok::<(), cloudhost_conformance::FieldsError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fields {
    /// Prices. Those of one object belong to one record.
    pub prices: Vec<FieldPath>,
    /// Amounts of a bill, of which each counts.
    pub charges: Vec<FieldPath>,
    /// Rows of lists that are not arrays of JSON: members of an object, or elements of XML.
    pub rows: Vec<FieldPath>,
    /// Lists that come in pages.
    pub pages: Vec<PageFields>,
}

/// The way from one page to the next.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageFields {
    /// Path of the next page in a response: its number, a token, or a URL that has the parameter.
    pub next: FieldPath,
    /// The request parameter that it becomes: of the query, or of a body that is a form or JSON.
    pub parameter: String,
}

/// Path to fields of a response.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct FieldPath {
    text: String,
    steps: Vec<String>,
}

/// Error of a fields file, with its line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FieldsError(String);

impl Fields {
    /// Reads the text of a fields file.
    ///
    /// # Errors
    /// When it is not TOML, has an unknown key, or a path does not begin with `/`.
    pub fn parse(text: &str) -> Result<Self, FieldsError> {
        toml::from_str(text).map_err(|error| {
            let start = error.span().map(|span| span.start);
            FieldsError(excerpt_at(text, start, error.message()))
        })
    }
}

impl FieldPath {
    /// Names on the way, unescaped.
    pub(crate) fn steps(&self) -> &[String] {
        &self.steps
    }
}

impl TryFrom<String> for FieldPath {
    type Error = FieldsError;

    fn try_from(text: String) -> Result<Self, FieldsError> {
        let Some(path) = text.strip_prefix('/') else {
            return Err(FieldsError(format!(
                "invalid path `{text}`: expected a JSON pointer such as /types/*/price"
            )));
        };
        let step = |step: &str| step.replace("~1", "/").replace("~0", "~");
        let steps = path.split('/').map(step).collect();
        Ok(Self { text, steps })
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn names_are_unescaped() {
        let path = FieldPath::try_from("/a~1b/*/~01".to_owned()).unwrap();
        assert_eq!(path.steps(), ["a/b", "*", "~1"]);
    }

    #[rstest]
    #[case::key("price = []", "unknown field `price`")]
    #[case::path("prices = [\"a/b\"]", "invalid path `a/b`")]
    #[case::page("pages = [{ next = \"/n\" }]", "missing field `parameter`")]
    #[case::toml("prices", "line 1")]
    fn mistakes_are_errors(#[case] text: &str, #[case] why: &str) {
        let error = Fields::parse(text).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
}
