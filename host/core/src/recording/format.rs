//! Format of a recording: its lines, and the seal over them.

use super::{
    About, CallResult, Exchange, FORMAT, FormatError, LARGEST, RecordedResponse, Recording,
};
use crate::capability::is_name;
use crate::contract::Label as _;
use crate::contract::cloudhost::provider::http::HttpErrorKind;
use crate::contract::cloudhost::provider::types::ErrorKind;
use crate::contract::{escape_untrusted, excerpt};
use crate::credentials::Facts;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Outcome of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// A response, of any status. The alias is the name of earlier builds.
    #[serde(alias = "answer")]
    Response(RecordedResponse),
    /// A failure without a response.
    Error(Failure),
}

/// A request failed without a response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// Its kind, by the name in the contract, such as `unreachable`.
    #[serde(serialize_with = "kind_name", deserialize_with = "kind_of")]
    pub kind: HttpErrorKind,
    /// Message for the plugin.
    pub message: String,
}

/// A body: a string if it is UTF-8, else `{"base64": "..."}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Body(pub Vec<u8>);

impl Serialize for Body {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(&self.0) {
            Ok(text) => serializer.serialize_str(text),
            Err(_) => Packed {
                base64: STANDARD.encode(&self.0),
            }
            .serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "expected a string or {\"base64\": \"...\"}")]
        enum Either {
            Text(String),
            Packed(Packed),
        }
        match Either::deserialize(deserializer)? {
            Either::Text(text) => Ok(Self(text.into_bytes())),
            Either::Packed(packed) => STANDARD
                .decode(packed.base64)
                .map(Self)
                .map_err(D::Error::custom),
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Packed {
    base64: String,
}

/// Names of `http-error-kind` in the contract.
const KINDS: [(&str, HttpErrorKind); 8] = [
    ("denied", HttpErrorKind::Denied),
    ("invalid-request", HttpErrorKind::InvalidRequest),
    ("credential-missing", HttpErrorKind::CredentialMissing),
    ("limit-reached", HttpErrorKind::LimitReached),
    ("body-too-large", HttpErrorKind::BodyTooLarge),
    ("unreachable", HttpErrorKind::Unreachable),
    ("interrupted", HttpErrorKind::Interrupted),
    ("timeout", HttpErrorKind::Timeout),
];

fn kind_name<S: Serializer>(kind: &HttpErrorKind, serializer: S) -> Result<S::Ok, S::Error> {
    let found = KINDS.iter().find(|(_, one)| one == kind);
    serializer.serialize_str(found.map_or("interrupted", |(name, _)| name))
}

fn kind_of<'de, D: Deserializer<'de>>(deserializer: D) -> Result<HttpErrorKind, D::Error> {
    let text = Cow::<str>::deserialize(deserializer)?;
    let found = KINDS.iter().find(|(name, _)| *name == text);
    found
        .map(|(_, kind)| *kind)
        .ok_or_else(|| D::Error::custom(format_args!("unknown kind of error `{text}`")))
}

pub(super) fn error_name<S: Serializer>(
    kind: &Option<ErrorKind>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    kind.map(ErrorKind::as_str).serialize(serializer)
}

pub(super) fn error_of<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<ErrorKind>, D::Error> {
    let Some(text) = Option::<Cow<str>>::deserialize(deserializer)? else {
        return Ok(None);
    };
    let unknown = || D::Error::custom(format_args!("unknown kind of error `{text}`"));
    ErrorKind::parse(&text).ok_or_else(unknown).map(Some)
}

/// A line: an object with one field, which is the type of the line.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Line<'a> {
    /// The first line.
    Recording(Cow<'a, About>),
    Credential(Credential<'a>),
    Exchange(Cow<'a, Exchange>),
    #[serde(rename = "result", alias = "answered")]
    CallResult(Cow<'a, CallResult>),
    /// The last one.
    End(End),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Credential<'a> {
    name: Cow<'a, str>,
    facts: Cow<'a, Facts>,
}

/// The last line.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum End {
    /// The seal: BLAKE3 of all bytes before this line.
    Blake3(String),
    /// Marker that a person edited the lines before this one deliberately.
    Edited(bool),
}

/// The format alone, which the first line of any version has.
#[derive(Deserialize)]
struct First {
    recording: Version,
}

#[derive(Deserialize)]
struct Version {
    format: u32,
}

impl Recording {
    /// Encodes the recording as a file, with the seal.
    ///
    /// # Errors
    /// [`FormatError::TooLarge`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, FormatError> {
        let credentials = self.credentials.iter().map(|(name, facts)| {
            Line::Credential(Credential {
                name: name.into(),
                facts: Cow::Borrowed(facts),
            })
        });
        let exchanges = self.exchanges.iter().map(Cow::Borrowed).map(Line::Exchange);
        let results = self.results.iter().map(Cow::Borrowed).map(Line::CallResult);
        let first = Line::Recording(Cow::Borrowed(&self.about));
        let lines = std::iter::once(first).chain(credentials);
        let mut bytes = Vec::new();
        for line in lines.chain(exchanges).chain(results) {
            put(&mut bytes, &line)?;
        }
        let seal = blake3::hash(&bytes).to_string();
        put(&mut bytes, &Line::End(End::Blake3(seal)))?;
        Ok(bytes)
    }

    /// Parses the output of [`Self::to_bytes`]. Modified bytes are rejected, unless the last line is
    /// `{"end":{"edited":true}}`: a person who edits a recording replaces the seal with it.
    ///
    /// # Errors
    /// [`FormatError`], with the invalid line.
    pub fn parse(bytes: &[u8]) -> Result<Self, FormatError> {
        if bytes.len() as u64 > LARGEST {
            return Err(FormatError::TooLarge);
        }
        let mut lines = bytes.split_inclusive(|byte| *byte == b'\n').zip(1..);
        let (first, _) = lines.next().ok_or(FormatError::None)?;
        let about = about(first)?;
        let content = ended(bytes)?;
        let mut recording = Self {
            about,
            credentials: BTreeMap::new(),
            exchanges: Vec::new(),
            results: Vec::new(),
        };
        let mut at = first.len();
        for (text, number) in lines {
            if at >= content.len() {
                break;
            }
            at += text.len();
            let wrong = |why: String| FormatError::Line { number, why };
            match serde_json::from_slice(text) {
                Ok(Line::Credential(one)) => {
                    let (name, facts) = (one.name.into_owned(), one.facts.into_owned());
                    recording.credentials.insert(name, facts);
                }
                Ok(Line::Exchange(one)) => recording.exchanges.push(one.into_owned()),
                Ok(Line::CallResult(one)) => recording.results.push(one.into_owned()),
                Ok(Line::Recording(_) | Line::End(_)) => {
                    return Err(wrong("only the first or last line can be this".to_owned()));
                }
                Err(error) => return Err(wrong(excerpt(&error.to_string()))),
            }
        }
        Ok(recording)
    }
}

fn put(bytes: &mut Vec<u8>, line: &Line<'_>) -> Result<(), FormatError> {
    serde_json::to_writer(&mut *bytes, line).map_err(|error| FormatError::Line {
        number: 0,
        why: error.to_string(),
    })?;
    bytes.push(b'\n');
    match bytes.len() as u64 > LARGEST {
        true => Err(FormatError::TooLarge),
        false => Ok(()),
    }
}

/// Parses the first line.
fn about(line: &[u8]) -> Result<About, FormatError> {
    let first: First = serde_json::from_slice(line).map_err(|_| FormatError::None)?;
    let format = first.recording.format;
    if format != FORMAT {
        return Err(FormatError::Version { format });
    }
    match serde_json::from_slice(line) {
        Ok(Line::Recording(about)) if !is_name(&about.plugin) => Err(FormatError::Line {
            number: 1,
            why: format!("invalid plugin name `{}`", escape_untrusted(&about.plugin)),
        }),
        Ok(Line::Recording(about)) => Ok(about.into_owned()),
        Ok(_) => Err(FormatError::None),
        Err(error) => Err(FormatError::Line {
            number: 1,
            why: excerpt(&error.to_string()),
        }),
    }
}

/// Returns everything before the last line, if that is a valid seal or marks an edited recording.
fn ended(bytes: &[u8]) -> Result<&[u8], FormatError> {
    let whole = bytes.trim_ascii_end();
    let start = whole.iter().rposition(|byte| *byte == b'\n');
    let (content, last) = start
        .and_then(|at| whole.split_at_checked(at + 1))
        .ok_or(FormatError::Cut)?;
    let seal = match serde_json::from_slice(last) {
        Ok(Line::End(End::Edited(true))) => return Ok(content),
        Ok(Line::End(End::Blake3(seal))) => seal,
        _ => return Err(FormatError::Cut),
    };
    let as_written = bytes.strip_suffix(b"\n") == Some(whole);
    match as_written && blake3::hash(content).to_string() == seal {
        true => Ok(content),
        false => Err(FormatError::Changed),
    }
}
