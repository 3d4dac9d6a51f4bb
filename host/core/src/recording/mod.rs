//! What a plugin asked and was answered, in a file: so that a run can be repeated without a cloud.
//!
//! A recording is text for people and tools: JSON lines, one exchange a line. It holds no secret: what signs is added
//! to a request after it was recorded, and what repeats it is taken out of the answer before. What is left of what may
//! be one, as a signature in a URL that an answer gave, is masked by a salted digest of 6 bytes: requests that differ
//! stay apart, and what can be guessed, as a password of a few letters, can be tried against it. It is complete or not
//! there, for its owner alone (mode 0600), and its last line is a seal over the others: a file that was cut off or
//! changed is refused, unless its last line says that it was edited.
//!
//! A run that replays reads no credential, asks nobody and waits for nothing. What was not recorded is an error, which
//! the plugin cannot pass over. Plugins see the clock stand at the time of the recording, while it is made and while
//! it is replayed: what depends on the time is the same in both.
//!
//! [`Recorder`] and [`Replay`] are [`Interceptor`](crate::egress::Interceptor)s; [`Recording`] is what they write and
//! read, and can be changed as a value in between.

mod error;
mod file;
mod format;
mod mask;
mod recorder;
mod replay;

pub use error::{FormatError, RecordingError};
pub use file::RecordingFile;
pub use format::{Body, Failure, Outcome};
pub use recorder::Recorder;
pub use replay::Replay;

use mask::Mask;

use crate::contract::cloudhost::provider::types::ErrorKind;
use crate::credentials::Facts;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};

/// The version of the format that is written, and the only one that is read.
pub const FORMAT: u32 = 2;

/// Bytes of a recording: more than all answers of the largest cloud, and no full disk.
pub const LARGEST: u64 = 256 * 1024 * 1024;

/// A recording as a value.
///
/// ```
/// use cloudhost::recording::{Recording, RecordingError};
///
/// fn show(path: &std::path::Path) -> Result<(), RecordingError> {
///     let recording = Recording::read(path)?;
///     println!("{} of {}", recording.about.plugin, recording.about.recorded_at);
///     for exchange in &recording.exchanges {
///         println!("{} {}", exchange.request.method, exchange.request.url);
///     }
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// What was recorded.
    pub about: About,
    /// What the plugin, and the host for it, was told of credentials, by their names.
    pub credentials: BTreeMap<String, Facts>,
    /// Requests and their outcomes, in the order in which they were asked.
    pub exchanges: Vec<Exchange>,
    /// What the plugin made of them, call by call. None of a call that crashed, met a limit or was interrupted, nor of
    /// a recording from which somebody took it out.
    pub answers: Vec<Answered>,
}

impl Recording {
    /// Recorded requests that are not among these, which are compared as the recording masks them.
    pub fn requests_besides<'a>(&self, made: impl Iterator<Item = &'a Request>) -> Vec<Request> {
        let mask = Mask::new(&self.about.salt);
        let made: HashSet<Request> = made.map(|one| one.clone().masked(&mask)).collect();
        let recorded = self.exchanges.iter();
        let recorded = recorded.map(|exchange| exchange.request.clone().masked(&mask));
        recorded.filter(|request| !made.contains(request)).collect()
    }
}

/// What was recorded: the first line of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// The version of the format: [`FORMAT`].
    pub format: u32,
    /// The plugin's name.
    pub plugin: String,
    /// Its version.
    pub version: String,
    /// The identity of its code, as `sha256:...`.
    pub digest: String,
    /// When the recording began; plugins see this time while it is made and while it is replayed.
    pub recorded_at: Timestamp,
    /// What goes into the digests of masked values, of any form: another one for each recording. No secret.
    #[serde(default)]
    pub salt: String,
    /// What ran, word by word, without the name of the program and the words that ask for a recording.
    pub ran: Vec<String>,
}

/// A request and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    /// What was asked.
    pub request: Request,
    /// What came of it.
    pub outcome: Outcome,
}

/// A request as it was before it was signed. Requests are the same where all of this is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// As `GET`.
    pub method: String,
    /// The real URL, with what may be secret in its query masked. Where a person writes one, the value itself will do.
    pub url: String,
    /// Header fields as the plugin set them, names in lower case.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// The body, if any.
    #[serde(default)]
    pub body: Option<Body>,
    /// The name of the credential that signed it, if any.
    #[serde(default)]
    pub credential: Option<String>,
    /// It changes nothing in the cloud.
    #[serde(default)]
    pub read_only: bool,
}

/// An answer as the plugin saw it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// Header fields.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// Decoded body.
    #[serde(default)]
    pub body: Body,
}

/// What came of a call of the plugin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answered {
    /// The export that was called, as `fetch`.
    pub export: String,
    /// The kind of error that it gave, by its name in the contract, as `unauthenticated`; `None`: it gave none.
    #[serde(
        serialize_with = "format::error_name",
        deserialize_with = "format::error_of"
    )]
    pub error: Option<ErrorKind>,
}

#[cfg(test)]
mod tests;
