//! Error codes of a cloud: which of them mean "later", and advice for a person.
//!
//! Neither grants anything, so neither is a part of the consent. A retry rule lets the host resend requests that only
//! read, as often as it resends them after a 503. Advice is a line of text beside an error of the plugin, which has
//! texts of its own.

use super::manifest::{check_count, check_once, field};
use super::{Manifest, ManifestError};
use crate::contract::is_invisible_or_control;
use http::HeaderName;
use serde::{Deserialize, Serialize};

const MAX_RULES: usize = 16;
const MAX_LOCATIONS: usize = 8;
const MAX_ADVICE: usize = 32;
const MAX_CODES: usize = 64;
/// Longest code, name of a header or an element, and JSON pointer.
const MAX_NAME: usize = 128;
const MAX_TEXT: usize = 400;

/// Responses by which a cloud says "later" with a status that does not: a status, the locations of the error code,
/// and the codes. 429, 500, 502, 503 and 504 need no rule.
///
/// ```
/// let manifest = cloudhost::capability::Manifest::parse(r#"
///     name = "example"
///     version = "0.1.0"
///     contract = "0.2.0"
///     [[retry]]
///     status = 400
///     code = [{ header = "x-error", before = ":" }, { xml = "Code" }, { json = "/error/reason" }]
///     codes = ["SlowDown"]
/// "#)?;
/// assert_eq!(manifest.retry[0].code.len(), 3);
/// # Ok::<(), cloudhost::capability::ManifestError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetryRule {
    /// HTTP status: 400 to 599.
    pub status: u16,
    /// Locations of the error code. The first one that has a code counts.
    pub code: Vec<CodeLocation>,
    /// Codes that mean "later", compared exactly.
    pub codes: Vec<String>,
}

/// Location of an error code in a response: one of `header`, `xml` and `json`, and how it is cut out of the text there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeLocation {
    /// Name of a header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// Name of an XML element without attributes, the first of this name in the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub xml: Option<String>,
    /// JSON pointer (RFC 6901) to a text or a number of the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub json: Option<String>,
    /// The code follows the last of these characters, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<char>,
    /// The code ends before the first of these characters, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<char>,
}

/// Text for a person, for errors with one of these codes.
///
/// ```
/// let manifest = cloudhost::capability::Manifest::parse(r#"
///     name = "example"
///     version = "0.1.0"
///     contract = "0.2.0"
///     [[advice]]
///     codes = ["account-inactive"]
///     text = "activate the account in the console"
/// "#)?;
/// assert_eq!(manifest.advice("account-inactive"), Some("activate the account in the console"));
/// assert_eq!(manifest.advice("other"), None);
/// # Ok::<(), cloudhost::capability::ManifestError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Advice {
    /// Codes of errors, as the plugin reports them.
    pub codes: Vec<String>,
    /// One line of at most 400 characters.
    pub text: String,
}

impl CodeLocation {
    /// The code in the text of this location.
    pub(crate) fn cut<'t>(&self, text: &'t str) -> &'t str {
        let text = match self.after.and_then(|mark| text.rsplit_once(mark)) {
            Some((_, rest)) => rest,
            None => text,
        };
        match self.before.and_then(|mark| text.split_once(mark)) {
            Some((code, _)) => code.trim(),
            None => text.trim(),
        }
    }

    fn check(&self) -> Result<(), ManifestError> {
        let wrong = |why: &str| Err(field("retry.code", why));
        let name = match (&self.header, &self.xml, &self.json) {
            (Some(name), None, None) | (None, Some(name), None) | (None, None, Some(name)) => name,
            _ => return wrong("expected one of `header`, `xml` and `json`"),
        };
        if name.len() > MAX_NAME {
            return Err(field(
                "retry.code",
                format!("a name has at most {MAX_NAME} bytes"),
            ));
        }
        if self.header.is_some() && HeaderName::from_bytes(name.as_bytes()).is_err() {
            return wrong("`header` is the name of a header");
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
        if self.xml.is_some() && (name.is_empty() || !name.chars().all(plain)) {
            return wrong("`xml` is the name of an element");
        }
        if self.json.is_some() && !name.starts_with('/') {
            return wrong("`json` is a pointer, such as /error/code");
        }
        let marks = [self.after, self.before];
        if marks.into_iter().flatten().any(is_invisible_or_control) {
            return wrong("`after` and `before` are visible characters");
        }
        Ok(())
    }
}

pub(super) fn check_all(manifest: &Manifest) -> Result<(), ManifestError> {
    check_count("retry", manifest.retry.len(), MAX_RULES)?;
    for rule in &manifest.retry {
        if !(400..=599).contains(&rule.status) {
            return Err(field("retry.status", "expected 400 to 599"));
        }
        if rule.code.is_empty() {
            return Err(field("retry.code", "expected at least one location"));
        }
        check_count("retry.code", rule.code.len(), MAX_LOCATIONS)?;
        rule.code.iter().try_for_each(CodeLocation::check)?;
        check_codes("retry.codes", &rule.codes)?;
    }
    check_count("advice", manifest.advice.len(), MAX_ADVICE)?;
    for advice in &manifest.advice {
        check_codes("advice.codes", &advice.codes)?;
        let length = advice.text.chars().count();
        let blank = advice.text.trim().is_empty();
        if blank || length > MAX_TEXT || advice.text.contains(is_invisible_or_control) {
            return Err(field(
                "advice.text",
                format!("expected one line of at most {MAX_TEXT} characters"),
            ));
        }
    }
    let codes = manifest.advice.iter().flat_map(|advice| &advice.codes);
    check_once("advice.codes", codes)
}

fn check_codes(what: &'static str, codes: &[String]) -> Result<(), ManifestError> {
    check_count(what, codes.len(), MAX_CODES)?;
    let plain = |code: &String| {
        (1..=MAX_NAME).contains(&code.len()) && code.chars().all(|c| c.is_ascii_graphic())
    };
    if codes.is_empty() || !codes.iter().all(plain) {
        return Err(field(
            what,
            format!("expected codes of at most {MAX_NAME} visible ASCII characters"),
        ));
    }
    Ok(())
}
